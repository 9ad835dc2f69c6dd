"""Writes a table as CSV that Excel and WPS open rightly: UTF-8 with a byte-order mark, every cell quoted. RFC 4180."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from agent.onsite.ledger.files.read_csv import is_guarded
from agent.text.harmless import printable


def csv_bytes(headings: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    """Encode the file. What a spreadsheet would calculate or round gets an apostrophe, which reading removes."""
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL)
    writer.writerow(headings)
    writer.writerows([_guarded(one) if isinstance(one, str) else one for one in row] for row in rows)
    return written.getvalue().encode("utf-8-sig")


def _guarded(text: str) -> str:
    plain = printable(text)
    return f"'{plain}" if is_guarded(plain) else plain

"""Reads a ledger in separated text, and writes CSV that Excel and WPS open rightly.

Read are UTF-8 with or without a mark, UTF-16, or GB18030; by comma, semicolon, tab. Written is UTF-8 with a byte-order
mark, every cell quoted. Source: RFC 4180.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

from agent.model.finding import Message
from agent.onsite.ledger.files.grid import Book, Row, Sheet, Unreadable, Value
from agent.text.harmless import is_formula, printable

SEPARATORS: Final = (",", ";", "\t", "|")
ROWS_MAX: Final = 20_000
COLUMNS_MAX: Final = 500
_SPOILT: Final = re.compile(r"0[0-9]+|[0-9]{16,}|[0-9.]+[eE][0-9]+")
_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig", "UTF-8 with a byte-order mark"),
    (b"\xff\xfe", "utf-16", "UTF-16"),
    (b"\xfe\xff", "utf-16", "UTF-16"),
)


def books(data: bytes) -> tuple[Book, ...]:
    """Parse the file with each separator; the caller takes the result whose headings it knows.

    Raises Unreadable where it is no text, or too long.
    """
    text, encoding = _decoded(data)
    if "\0" in text:
        raise Unreadable("the file is neither a spreadsheet nor text: save it as .xlsx or .csv")
    if text.count("\n") > 2 * ROWS_MAX:
        raise Unreadable(too_many_rows())
    found = []
    for separator in SEPARATORS:
        named = "TAB" if separator == "\t" else separator
        if separator == "," or separator in text:
            form = f"CSV, {encoding}, separated by {named}"
            found.append(Book(form, (Sheet("", _rows(text, separator)),)))
    return tuple(found)


def too_many_rows() -> Message:
    """Return the message about a sheet that no site can have."""
    return Message(
        "the sheet has more than {most} rows: delete the rows below the last camera (formatted empty rows count too), "
        "or split the ledger",
        {"most": ROWS_MAX},
    )


def _decoded(data: bytes) -> tuple[str, str]:
    for mark, name, told in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(name), told
            except UnicodeDecodeError:
                raise Unreadable("the file says that it is {told}, and is not: save it as UTF-8", told=told) from None
    line = 0
    for name, told in (("utf-8", "UTF-8"), ("gb18030", "GB18030")):
        try:
            return data.decode(name), told
        except UnicodeDecodeError as error:  # the one that came farther tells where the trouble is
            line = max(line, data.count(b"\n", 0, error.start) + 1)
    raise Unreadable("line {line} is neither UTF-8 nor GB18030: save the file as CSV UTF-8", line=line)


def _rows(text: str, separator: str) -> tuple[Row, ...]:
    rows = []
    try:
        for number, fields in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), start=1):
            if number > ROWS_MAX:
                raise Unreadable(too_many_rows())
            cells: dict[int, Value] = {
                column: unquoted(value) for column, value in enumerate(fields[:COLUMNS_MAX]) if value.strip()
            }
            rows.append(Row(number, cells))
    except csv.Error as error:
        raise Unreadable("the file is no separated text ({error}): save it as .xlsx or .csv", error=error) from None
    return tuple(rows)


def unquoted(value: str) -> str:
    """Remove a spreadsheet's guard of a text: `'=x`, `'012` and `="012"`."""
    match = re.fullmatch(r'="([^"]*)"', value.strip())
    if match:
        return match[1]
    return value[1:] if value.startswith("'") and is_guarded(value[1:]) else value


def is_guarded(text: str) -> bool:
    """Return whether a spreadsheet would change a text, so that it needs an apostrophe.

    It calculates formulas, drops leading zeros, and stores 15 digits of what could be a number.
    """
    return is_formula(text) or text.lstrip(" ").startswith("'") or bool(_SPOILT.fullmatch(text))


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

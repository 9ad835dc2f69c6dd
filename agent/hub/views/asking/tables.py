"""Renders the answer to a question as CSV and as a workbook: names are texts there, never formulas."""

import csv
import importlib
import io
from collections.abc import Iterable, Sequence
from typing import Final

from agent.hub.domain.asking.question import Answer, Question
from agent.text.harmless import csv_cell

COUNT: Final = "count"


def rows_of(asked: Question, answer: Answer) -> list[tuple[tuple[str, ...], int]]:
    """Return the groups; of a question that groups by nothing, the total."""
    return [(row.names, row.count) for row in answer.rows] if asked.by else [((), answer.total)]


def csv_text(asked: Question, answer: Answer, about: Iterable[tuple[str, ...]] = ()) -> str:
    """Return comma-separated values: what is said about them and an empty line, the headings, and the groups."""
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL)
    lines = [tuple(map(csv_cell, one)) for one in about]
    writer.writerows([*lines, ()] if lines else ())
    writer.writerow((*asked.by, COUNT))
    writer.writerows((*map(csv_cell, names), count) for names, count in rows_of(asked, answer))
    return written.getvalue()


def workbook_bytes(asked: Question, answer: Answer, lang: str, about: Sequence[tuple[str, str]] = ()) -> bytes:
    """Return a workbook; its library, which is large, is loaded for that alone."""
    made: bytes = importlib.import_module("agent.hub.views.asking.book").book(asked, answer, lang, about)
    return made

"""Ledgers of many makers' habits, each with what a careful person reads in it: writes their files, compares a reading.

A ledger of the corpus is a grid of cells and its truth, both as text; `fixtures/ledgers/habits/` holds those made by
hand, `ledger_habits.py` makes the others. The truth names no cell that only people use (number, note, contact, phone,
kind of camera).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import tomli
from openpyxl import Workbook

from agent.onsite.ledger.rows import Ledger

HAND_MADE = Path(__file__).parents[1] / "fixtures" / "ledgers" / "habits"
FOR_PEOPLE = frozenset({"number", "note", "contact", "phone", "kind"})
ENCODINGS = {
    "csv": ("utf-8-sig", ","), "csv-gb18030": ("gb18030", ","), "csv-semicolon": ("utf-8", ";"),
    "tsv-utf-16": ("utf-16", "\t"),
}  # fmt: skip

Truth = Mapping[int, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet: cells as text, `#5` a number, `@2024-03-01` a date; `merged` are areas, `hidden` rows from 1."""

    name: str
    grid: Sequence[Sequence[str]]
    merged: Sequence[str] = ()
    hidden: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One ledger of the corpus.

    `truth` is by the row that the spreadsheet shows and the key of the column; `refused` are cells that cannot be read
    without guessing, and have to be named.
    """

    name: str
    what: str
    form: str
    pages: tuple[Page, ...]
    truth: Truth
    refused: frozenset[str] = field(default_factory=frozenset)

    def data(self) -> bytes:
        """Return the ledger's file."""
        return _workbook(self.pages) if self.form == "xlsx" else _text(self.pages[0], *ENCODINGS[self.form])


@dataclass(frozen=True, slots=True)
class Compared:
    """What a reading has and the truth has not (`wrong`), and what it lacks or asks without need (`missing`)."""

    wrong: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def is_read(self) -> bool:
        """Return whether the ledger was read as a careful person reads it."""
        return not self.wrong and not self.missing


def hand_made() -> list[Case]:
    """Return the ledgers that were written by hand."""
    return [_described(path) for path in sorted(HAND_MADE.glob("*.toml"))]


def compare(case: Case, ledger: Ledger) -> Compared:
    """Compare a reading with the truth, cell by cell."""
    wrong, missing = [], []
    entries = {entry.row: entry for entry in ledger.entries}
    for row in sorted({*entries, *case.truth}):
        truth = case.truth.get(row, {})
        read = {k: _plain(v) for k, v in entries[row].values.items() if k not in FOR_PEOPLE} if row in entries else {}
        wrong += [f"row {row}, {key}: {value!r} is read" for key, value in read.items() if truth.get(key) != value]
        missing += [f"row {row}, {key}: {value!r} is not read" for key, value in truth.items() if key not in read]
        if row in entries and row not in case.truth and not read:
            wrong.append(f"row {row}: is no camera")
    told = {problem.where.rpartition("!")[2] for problem in ledger.problems}
    missing += [f"{cell}: is refused" for cell in sorted(told - case.refused)]
    missing += [f"{cell}: is not named" for cell in sorted(case.refused - told)]
    return Compared(tuple(wrong), tuple(missing))


def _plain(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _described(path: Path) -> Case:
    text = tomli.loads(path.read_text("utf-8"))
    pages = [
        Page(page.get("name", "Sheet1"), _split(page["grid"]), page.get("merged", ()), page.get("hidden", ()))
        for page in text["sheet"]
    ]
    keys, *rows = _split(text["truth"])
    truth = {int(row[0]): {key: value for key, value in zip(keys[1:], row[1:], strict=True) if value} for row in rows}
    return Case(
        name=path.stem,
        what=text["what"],
        form=text["form"],
        pages=tuple(pages),
        truth=truth,
        refused=frozenset(text.get("refused", ())),
    )


def _split(text: str) -> list[list[str]]:
    """Split a description's lines at `|`; a backslash and n is a line break in a cell."""
    return [
        [cell.strip().replace("\\n", "\n") for cell in line.split("|")] for line in text.removesuffix("\n").split("\n")
    ]


def _workbook(pages: Iterable[Page]) -> bytes:
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    for page in pages:
        sheet = book.create_sheet(page.name)
        for row in page.grid:
            sheet.append([_cell(text) for text in row])
        for area in page.merged:
            sheet.merge_cells(area)
        for number in page.hidden:
            sheet.row_dimensions[number].hidden = True
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _cell(text: str) -> str | int | float | date | None:
    if text.startswith("#"):
        return float(text[1:]) if "." in text else int(text[1:])
    if text.startswith("@"):
        return date.fromisoformat(text[1:])
    return text or None


def _text(page: Page, encoding: str, separator: str) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator)
    for row in page.grid:
        writer.writerow([_shown(text) for text in row])
    return written.getvalue().encode(encoding)


def _shown(text: str) -> str:
    """Return a cell as a spreadsheet program shows it in a file of text."""
    found = _cell(text)
    return f"{found.year}/{found.month}/{found.day}" if isinstance(found, date) else "" if found is None else str(found)

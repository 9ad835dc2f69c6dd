"""Writes a table as a workbook: texts stay texts, choices are drop-downs, the headings stay in view."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from agent.text.harmless import printable

EMPTY_ROWS = 200
"""Rows below the last camera in which the drop-downs work too."""
WIDTH_MAX = 42
CHOICES = "choices"
LIST_MAX_CHARS = 250
"""Excel takes 255 characters in a list that stands in the rule itself."""
COLOURS = {
    "heading": "1F3864",
    "declare": "FFF2CC",
    "seen": "E7E6E6",
    "missing": "F8CBAD",
    "extra": "FFE699",
    "differs": "F4B084",
    "same": "C6E0B4",
}
"""Fills by what a cell is: light enough for black text, but for the headings."""


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column to write: `comment` explains its heading, `choices` are offered, `fill` is a key of `COLOURS`.

    `numbers` is Excel's format of its numbers, such as `0.0%`; empty: the general one.
    """

    heading: str
    comment: str = ""
    choices: tuple[str, ...] = ()
    fill: str = ""
    numbers: str = ""


@dataclass(frozen=True, slots=True)
class Painted:
    """A cell of another colour than its column's, with a comment of its own."""

    text: str | int
    fill: str
    comment: str = ""


Value = str | int | float | Painted


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its title, its columns, and the rows below their headings."""

    title: str
    columns: Sequence[SheetColumn]
    rows: Sequence[Sequence[Value]]


def workbook(*sheets: Sheet) -> bytes:
    """Encode a file of some sheets."""
    book = Workbook()
    if book.active is not None:
        book.remove(book.active)
    for sheet in sheets:
        _fill_in(book, book.create_sheet(sheet.title), sheet.columns, sheet.rows)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _fill_in(book: Workbook, sheet: Worksheet, columns: Sequence[SheetColumn], rows: Sequence[Sequence[Value]]) -> None:
    sheet.freeze_panes = "A2"
    for number, column in enumerate(columns, start=1):
        head = sheet.cell(1, number)
        _put(head, column.heading)
        head.font = Font(bold=True, color="FFFFFF")
        head.fill = _fill("heading")
        head.alignment = Alignment(vertical="center", wrap_text=True)
        if column.comment:
            head.comment = Comment(column.comment, "camwarden", width=320, height=90)
        texts = [column.heading, *(str(_text(row[number - 1])) for row in rows[:200])]
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = min(WIDTH_MAX, 3 + max(_width(text) for text in texts))
        sheet.column_dimensions[letter].number_format = column.numbers or "@"
        if column.choices:
            offered = DataValidation("list", formula1=_offered(book, column.choices, letter), allow_blank=True)
            offered.add(f"{letter}2:{letter}{len(rows) + 1 + EMPTY_ROWS}")
            sheet.add_data_validation(offered)
    for line, row in enumerate(rows, start=2):
        for number, value in enumerate(row, start=1):
            cell = sheet.cell(line, number)
            fill = value.fill if isinstance(value, Painted) else columns[number - 1].fill
            _put(cell, _text(value), columns[number - 1].numbers)
            if fill:
                cell.fill = _fill(fill)
            if isinstance(value, Painted) and value.comment:
                cell.comment = Comment(printable(value.comment), "camwarden", width=320, height=90)
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(rows) + 1}"


def _offered(book: Workbook, choices: Sequence[str], letter: str) -> str:
    """Return the formula of a drop-down; a long list, or one with commas, goes to a hidden sheet."""
    joined = ",".join(choices)
    if len(joined) <= LIST_MAX_CHARS and not any("," in one for one in choices):
        return f'"{joined}"'
    if CHOICES not in book.sheetnames:
        book.create_sheet(CHOICES).sheet_state = "hidden"
    for number, choice in enumerate(choices, start=1):
        book[CHOICES][f"{letter}{number}"] = choice
    return f"{CHOICES}!${letter}$1:${letter}${len(choices)}"


def _put(cell: Cell | MergedCell, value: str | int | float, numbers: str = "") -> None:
    """Write a value; a text is marked as one, so that it is never calculated and loses no digit or zero."""
    if isinstance(value, int | float):
        cell.value = value
        cell.number_format = numbers or "General"
    elif value:
        cell.value = printable(value)
        cell.data_type = "s"
        cell.quotePrefix = True
        cell.number_format = "@"


def _text(value: Value) -> str | int | float:
    return value.text if isinstance(value, Painted) else value


def _width(text: str) -> int:
    """Return the width of a text in digits: Chinese characters take two."""
    return sum(1 if character.isascii() else 2 for character in text)


def _fill(name: str) -> PatternFill:
    return PatternFill("solid", start_color=COLOURS[name])

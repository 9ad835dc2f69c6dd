"""Parses the rows of a ledger from a file: picks the sheet, maps the headings, parses each cell, lists what is wrong.

`sites.py` decides which rows are one device or site.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from agent.model.finding import Json, Message
from agent.onsite.ledger.columns import BY_KEY
from agent.onsite.ledger.files import csv_file, read_workbook
from agent.onsite.ledger.files.grid import Book, Row, Sheet, Unreadable, letters
from agent.onsite.ledger.headings import Heading, Headings, find
from agent.onsite.ledger.values import Refused

FILE_MAX_BYTES: Final = 16 * 1024 * 1024
EMPTY: Final = frozenset({"", "-", "--", "/", "\\", "—", "——", "无", "N/A", "n/a", "NULL", "null", "暂无"})
"""What people write into a cell that has nothing to say."""
_NOTE: Final = re.compile(
    r"\s*(?:合\s*计|总\s*计|小\s*计|说\s*明|备\s*注|注\s*[:\uff1a]|填表|制表|审核|日期\s*[:\uff1a]|note|total)",
    re.IGNORECASE,
)
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a cell or row: `where` is its place as the spreadsheet shows it, `row` 0 the whole ledger."""

    where: str
    row: int
    message: Message


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: `values` by column key, absent where the cell is empty; `cells` has the place of each.

    `refused` are the keys of cells that cannot be used, each reported already.
    """

    row: int
    values: Mapping[str, Json] = field(repr=False)
    cells: Mapping[str, str] = field(repr=False)
    refused: frozenset[str] = frozenset()

    def where(self, key: str) -> str:
        """Return the cell of a value, or the row where there is none."""
        return self.cells.get(key, str(self.row))


@dataclass(frozen=True, slots=True)
class Ledger:
    """A parsed ledger. `form` and `sheet` are its origin; `unknown` are headings without a known meaning."""

    form: str
    sheet: str
    entries: tuple[Entry, ...] = field(repr=False)
    problems: tuple[Problem, ...]
    remarks: tuple[Message, ...]
    headings: tuple[Heading, ...]

    @property
    def unknown(self) -> tuple[Heading, ...]:
        """Headings that are not read, those of passwords apart."""
        return tuple(h for h in self.headings if not h.key and not h.password)


def read(data: bytes, mapped: Mapping[str, str], wanted_sheet: str = "") -> Ledger:
    """Parse a ledger out of a file's bytes.

    `mapped` is a person's mapping: normal heading -> key, or `-` for one that means nothing. Without `wanted_sheet` the
    sheet that fits best is taken.

    Raises Unreadable where the file cannot be read, or no sheet of it has headings of a ledger.
    """
    candidates = [
        (book, sheet, headings)
        for book in _books(data)
        for sheet in book.sheets
        if (headings := find(sheet, mapped)) is not None and wanted_sheet in ("", sheet.name)
    ]
    if not candidates:
        raise Unreadable(_no_headings(data, wanted_sheet))
    # A sheet with more known headings fits better; of equal ones the longer, then the first.
    candidates.sort(key=lambda one: (len(one[2].by_key), len(one[1].rows)), reverse=True)
    book, sheet, headings = candidates[0]
    prefix = f"{sheet.name}!" if len(book.sheets) > 1 else ""
    body, remarks = _body(sheet, headings)
    remarks += _other_sheets(sheet, [c[1] for c in candidates[1:] if c[0] is book])
    entries, problems = [], _twice(headings, prefix)
    for row in body:
        entry, refused = _entry(row, headings, prefix)
        entries.append(entry)
        problems += refused
    return Ledger(book.form, sheet.name, tuple(entries), tuple(problems), tuple(remarks), headings.found)


def _books(data: bytes) -> tuple[Book, ...]:
    if len(data) > FILE_MAX_BYTES:
        raise Unreadable(
            "the file is larger than {mib} MiB: no ledger is, take out pictures", mib=FILE_MAX_BYTES // 1024 // 1024
        )
    if not data.strip():
        raise Unreadable("the file is empty")
    if data.startswith(_OLD_EXCEL):
        raise Unreadable(
            "the file is an old .xls or has a password; open it in Excel or WPS and save it as plain .xlsx"
        )
    return (read_workbook.book(data),) if data.startswith(b"PK") else csv_file.books(data)


def _no_headings(data: bytes, wanted_sheet: str) -> Message:
    sheets = [sheet.name for book in _books(data) for sheet in book.sheets if sheet.name]
    if wanted_sheet and wanted_sheet not in sheets:
        line = Message('there is no sheet "{sheet}"', {"sheet": wanted_sheet})
    else:
        line = Message(
            "no row of headings was found: a ledger needs a row with such as 摄像机名称, IP地址, 通道号; "
            'say what others mean with --map "HEADING=COLUMN"'
        )
    if not sheets:
        return line
    return Message("{line}; its sheets: {sheets}", {"line": line, "sheets": ", ".join(sheets[:20])})


def _body(sheet: Sheet, headings: Headings) -> tuple[list[Row], list[Message]]:
    """Return the rows of cameras, and remarks on the others."""
    columns = {heading.column: heading for heading in headings.found if heading.key}
    below = [row for row in sheet.rows if row.number > headings.last_row and row.own]
    texts = {column: heading.text for column, heading in columns.items()}
    rows: list[Row] = []
    left_out: list[int] = []
    full = [row.number for row in below if sum(column in columns for column in row.own) > 1]
    for row in below:
        repeated = all(str(row.cells.get(column, "")).strip() == text for column, text in texts.items())
        first = str(row.own[min(row.own)])
        lonely = len(row.own) == 1 and (not columns.keys() & row.own.keys() or row.number > max(full, default=0))
        number_only = {columns[c].key for c in row.own if c in columns} <= {"number"}
        if repeated or lonely or number_only or (len(row.own) <= 2 and _NOTE.match(first)):
            left_out.append(row.number)
        else:
            rows.append(row)
    remarks = []
    if left_out:
        shown = ", ".join(str(number) for number in left_out[:10]) + (", ..." if len(left_out) > 10 else "")
        remarks.append(
            Message("rows that are no cameras (notes, totals, headings) were left out: {rows}", {"rows": shown})
        )
    if sheet.hidden_rows:
        remarks.append(Message("{count} hidden rows were read like the others", {"count": sheet.hidden_rows}))
    return rows, remarks


def _other_sheets(taken: Sheet, others: list[Sheet]) -> list[Message]:
    if not others:
        return []
    names = ", ".join(sheet.name for sheet in others)
    return [
        Message(
            "sheet {taken} was read; these look like ledgers too: {names} (--sheet NAME)",
            {"taken": taken.name, "names": names},
        )
    ]


def _twice(headings: Headings, prefix: str) -> list[Problem]:
    return [
        Problem(
            f"{prefix}{letters(second.column)}{headings.last_row}",
            0,
            Message(
                'the headings in {first} and {second} both mean "{key}": --map "HEADING=-" leaves one out',
                {"first": letters(one.column), "second": letters(second.column), "key": second.key},
            ),
        )
        for one, second in headings.twice
    ]


def _entry(row: Row, headings: Headings, prefix: str) -> tuple[Entry, list[Problem]]:
    values: dict[str, Json] = {}
    cells: dict[str, str] = {}
    problems = []
    wrong = set()
    for key, heading in headings.by_key.items():
        if heading.column not in row.cells:
            continue
        value = row.cells[heading.column]
        where = f"{prefix}{letters(heading.column)}{row.number}"
        if isinstance(value, str) and value.strip() in EMPTY:
            continue
        try:
            values[key] = BY_KEY[key].parse(value)
            cells[key] = where
        except Refused as refused:
            wrong.add(key)
            problems.append(Problem(where, row.number, refused.message))
    return Entry(row.number, values, cells, frozenset(wrong)), problems

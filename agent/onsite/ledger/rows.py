"""Parses the rows of a ledger from a file: picks the sheet, maps the headings, parses each cell, lists what is wrong.

`sites.py` decides which rows are one device or site.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from agent.model.finding import Json, Message, listed
from agent.onsite.ledger.columns import BY_KEY
from agent.onsite.ledger.files import csv_file, read_workbook
from agent.onsite.ledger.files.grid import Book, Row, Sheet, Unreadable, letters
from agent.onsite.ledger.headings import Heading, Headings, find
from agent.onsite.ledger.no_cameras import cameras_of
from agent.onsite.ledger.values import Refused, is_recorders_name

FILE_MAX_BYTES: Final = 16 * 1024 * 1024
EMPTY: Final = frozenset({"", "-", "--", "/", "\\", "—", "——", "无", "N/A", "n/a", "NULL", "null", "暂无"})
"""What people write into a cell that has nothing to say."""
NO: Final = "无"
"""What stands in `EMPTY` and is an answer where yes or no is asked."""
RECORDERS: Final = ("recorder_address", "recorder_port", "recorder_maker", "user")
"""What a sheet of recorders says of one."""
GUESS_ROWS: Final = 50
_RECORDER: Final = ("recorder", "recorder_address")
"""Columns in which people write a recorder's name or its address, whatever the heading says."""
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
"""The stream of a workbook with a password. Source: MS-OFFCRYPTO 2.3.4.4."""


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
    body, remarks = cameras_of(sheet, headings)
    others = [(other, found) for its_book, other, found in candidates[1:] if its_book is book]
    lists = [(other, found) for other, found in others if _lists_recorders(found)]
    remarks += _other_sheets(sheet, [other for other, found in others if not _lists_recorders(found)])
    entries, problems = [], _twice(headings, prefix)
    for row in body:
        entry, refused = _entry(row, headings, prefix)
        entries.append(entry)
        problems += refused
    if any("recorder" in entry.values for entry in entries):
        for other, found in lists:
            entries, said = _with_recorders(entries, other, found)
            remarks += said
    told = tuple(_with_likely_guess(heading, body) for heading in headings.found)
    return Ledger(book.form, sheet.name, tuple(entries), tuple(problems), tuple(remarks), told)


def _lists_recorders(headings: Headings) -> bool:
    """Return whether a sheet lists recorders by name and address, and no cameras."""
    return {"recorder", "recorder_address"} <= headings.by_key.keys() and "channel" not in headings.by_key


def _with_recorders(entries: list[Entry], sheet: Sheet, headings: Headings) -> tuple[list[Entry], list[Message]]:
    """Fill in what a sheet of recorders says of those that rows name; a name with two addresses says nothing."""
    known: dict[Json, Entry | None] = {}
    for row in cameras_of(sheet, headings)[0]:
        entry, _ = _entry(row, headings, f"{sheet.name}!")
        name = entry.values.get("recorder")
        first = known.setdefault(name, entry)
        if first is not None and first.values.get("recorder_address") != entry.values.get("recorder_address"):
            known[name] = None
    filled = []
    for entry in entries:
        there = known.get(entry.values["recorder"]) if "recorder" in entry.values else None
        if there is not None and "recorder_address" not in entry.values:
            more = {key: value for key, value in there.values.items() if key in RECORDERS}
            cells = {key: there.cells[key] for key in more}
            entry = replace(entry, values={**more, **entry.values}, cells={**cells, **entry.cells})
        filled.append(entry)
    count = sum(one is not other for one, other in zip(filled, entries, strict=True))
    if not count:
        return filled, []
    said = Message(
        "sheet {sheet} lists the recorders: their addresses were taken from it for {count} rows",
        {"sheet": sheet.name, "count": count},
    )
    return filled, [said]


def _with_likely_guess(heading: Heading, body: list[Row]) -> Heading:
    """Drop a guess that cells of the column refute: what follows from it would be refused at every later import."""
    if not heading.guess:
        return heading
    cells = [row.cells[heading.column] for row in body if heading.column in row.cells]
    for value in cells[:GUESS_ROWS]:
        try:
            if not (isinstance(value, str) and value.strip() in EMPTY):
                BY_KEY[heading.guess].parse(value)
        except Refused:
            return replace(heading, guess="")
    return heading


def _books(data: bytes) -> tuple[Book, ...]:
    if len(data) > FILE_MAX_BYTES:
        raise Unreadable(
            "the file is larger than {mib} MiB: no ledger is, take out pictures", mib=FILE_MAX_BYTES // 1024 // 1024
        )
    if not data.strip():
        raise Unreadable("the file is empty: give a ledger with a row of headings")
    if data.startswith(_OLD_EXCEL):
        if _ENCRYPTED in data:
            raise Unreadable(
                "the workbook is locked: open it in Excel or WPS with its password and save it as .xlsx without one"
            )
        raise Unreadable(
            "the file is an old .xls (Excel 97 to 2003), which is not read: open it in Excel or WPS, save it as .xlsx"
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
    return Message("{line}; its sheets: {sheets}", {"line": line, "sheets": listed(sheets[:20])})


def _other_sheets(taken: Sheet, others: list[Sheet]) -> list[Message]:
    if not others:
        return []
    names = listed(sheet.name for sheet in others)
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
        word = value.strip() if isinstance(value, str) else None
        if word in EMPTY and not (word == NO and BY_KEY[key].is_flag):
            continue
        if key in _RECORDER and word is not None:
            key = _RECORDER[not is_recorders_name(word)]
            if key in values or (key != heading.key and key in headings.by_key):
                key = heading.key  # the other column says it
        try:
            values[key] = BY_KEY[key].parse(value)
            cells[key] = where
        except Refused as refused:
            wrong.add(key)
            problems.append(Problem(where, row.number, refused.message))
    return Entry(row.number, values, cells, frozenset(wrong)), problems

"""Reads a workbook (XLSX) with openpyxl, after a check of the archive that refuses bombs.

Values only: of a formula the value that the spreadsheet program stored. A merged cell's value is spread downwards over
its rows, not sideways.
"""

import io
import re
import warnings
import zipfile
import zlib
from datetime import date, datetime, time
from html import unescape
from typing import Final

from openpyxl import load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

from agent.model.finding import Message
from agent.onsite.ledger.files.csv_file import COLUMNS_MAX, ROWS_MAX, too_many_rows
from agent.onsite.ledger.files.grid import Book, Row, Sheet, Unread, Unreadable, Value

PARTS_MAX: Final = 2_000
UNPACKED_MAX_BYTES: Final = 48 * 1024 * 1024
CELLS_MAX: Final = 600_000
_UNCALCULATED: Final = Unread(
    Message("is a formula without a stored value: save the file in Excel once, or paste values only")
)
_SPREADS: Final = re.compile(rb"(?:[\w.-]+:)?(?:mergeCell|hyperlink)\b")
"""What openpyxl makes a cell of for each place in its area."""
_REF: Final = re.compile(rb"""\bref\s*=\s*["']([^"']*)""")
_DAMAGED: Final = Message("the file is damaged: open it in Excel or WPS and save it again as .xlsx")


def book(data: bytes) -> Book:
    """Parse the visible sheets of a workbook.

    Raises Unreadable where it is no workbook, is too large, or holds what no workbook holds.
    """
    has_formulas = _look_into(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells of extensions that it drops, which are no cells
            values = load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
            formulas = load_workbook(io.BytesIO(data), keep_links=False) if has_formulas else values
    except (KeyError, ValueError, TypeError, OSError, AttributeError, IndexError, SyntaxError, zipfile.BadZipFile) as e:
        raise Unreadable("{damaged} ({kind})", damaged=_DAMAGED, kind=type(e).__name__) from None
    sheets = tuple(
        _sheet(sheet, formulas[sheet.title]) for sheet in values.worksheets if sheet.sheet_state == "visible"
    )
    return Book("XLSX", sheets)


def _look_into(data: bytes) -> bool:
    """Refuse what would fill the memory before anything parses it; return whether there are formulas."""
    total = rows = cells = 0
    has_formulas = False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if "mimetype" in names and "content.xml" in names:
                raise Unreadable("the file is an OpenDocument table (.ods): save it as .xlsx")
            if "[Content_Types].xml" not in names:
                raise Unreadable("the file is a ZIP archive and no workbook: give the .xlsx file itself")
            total = sum(part.file_size for part in parts)
            if len(parts) > PARTS_MAX or total > UNPACKED_MAX_BYTES:
                raise Unreadable(
                    "the workbook unpacks to {mib} MiB in {count} parts, more than a ledger has: delete "
                    "pictures and empty formatted rows, and save it again",
                    mib=total // 1024 // 1024,
                    count=len(parts),
                )
            for part in parts:
                if not part.filename.lower().endswith((".xml", ".rels")):
                    continue
                text = archive.read(part).replace(b"\0", b"")  # UTF-16 reads like ASCII so
                if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                    raise Unreadable("the workbook declares XML entities, which no spreadsheet program writes")
                if part.filename.startswith("xl/worksheets/"):
                    rows = max(rows, text.count(b"<row"), text.count(b":row "))
                    cells += text.count(b"<c ") + text.count(b":c ")
                    cells += _spread_cells(text)
                    has_formulas = has_formulas or b"<f" in text or b":f>" in text
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise Unreadable("{damaged} ({kind})", damaged=_DAMAGED, kind=type(error).__name__) from None
    if rows > ROWS_MAX:
        raise Unreadable(too_many_rows())
    if cells > CELLS_MAX:
        raise Unreadable("the workbook has more than {most} cells: keep the ledger's sheet alone in it", most=CELLS_MAX)
    return has_formulas


def _spread_cells(text: bytes) -> int:
    """Count the cells that openpyxl would make of areas; each byte is read a few times, whatever it is.

    An element ends at the next "<": a ">" may be in an attribute, a "<" may not.
    """
    elements = (element for element in text.split(b"<") if _SPREADS.match(element))
    return sum(_area(ref.decode("latin-1")) for element in elements for ref in _REF.findall(element))


def _area(ref: str) -> int:
    """Count the cells of an area as openpyxl reads it, 0 where it will refuse it."""
    try:
        left, top, right, bottom = range_boundaries(unescape(ref))
    except ValueError:
        return 0
    if left is None or top is None or right is None or bottom is None:
        return 0
    return max(0, right - left + 1) * max(0, bottom - top + 1)


def _sheet(values: Worksheet, formulas: Worksheet) -> Sheet:
    cells: dict[int, dict[int, Value]] = {}
    # Not by rows and columns: one formatted cell in the last corner would make millions of them.
    for (number, position), cell in values._cells.items():
        if position > COLUMNS_MAX:
            continue
        value = cell.value
        if value is None and formulas is not values and (number, position) in formulas._cells:
            if formulas._cells[number, position].data_type == "f":
                cells.setdefault(number, {})[position - 1] = _UNCALCULATED
        elif value is not None and (read := _value(value, cell.data_type)) != "":
            cells.setdefault(number, {})[position - 1] = read
    spread = _spread(values, cells)
    hidden = {number for number, one in values.row_dimensions.items() if one.hidden}
    rows = tuple(Row(number, cells[number], frozenset(spread.get(number, ()))) for number in sorted(cells))
    return Sheet(values.title, rows, sum(row.number in hidden for row in rows))


def _value(value: object, data_type: str) -> Value:
    if data_type == "e":
        return Unread(Message("holds the error {value}: correct the formula", {"value": str(value)[:20]}))
    if isinstance(value, str):
        return value if value.strip() else ""
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, bool | int | float | date):
        return value
    if isinstance(value, time):
        return value.isoformat()
    return str(value)


def _spread(sheet: Worksheet, cells: dict[int, dict[int, Value]]) -> dict[int, set[int]]:
    """Copy each merged cell's value down its first column; return the filled cells."""
    filled: dict[int, set[int]] = {}
    for area in sheet.merged_cells.ranges:
        column = area.min_col - 1
        top = cells.get(area.min_row, {}).get(column)
        if top is None:
            continue
        for number in range(area.min_row + 1, area.max_row + 1):
            cells.setdefault(number, {})[column] = top
            filled.setdefault(number, set()).add(column)
    return filled

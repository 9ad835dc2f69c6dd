"""Classifies the rows below the headings: cameras, and what people write between and below them. Pure.

Titles of sections, totals, notes, signatures, repeated headings and the example row of a form are no cameras. A row
that could be a camera is one: what it lacks is told at its cells.
"""

import re
from collections.abc import Mapping
from typing import Final

from agent.model.finding import Message, first_of
from agent.onsite.ledger.files.grid import Row, Sheet, Value, half_width
from agent.onsite.ledger.headings import Heading, Headings

_NOTE: Final = re.compile(
    r"\s*(?:合\s*计|总\s*计|小\s*计|说\s*明|备\s*注|注\s*[:\uff1a]|填表|制表|审核|日期\s*[:\uff1a]|note|total)",
    re.IGNORECASE,
)
NOTE_MAX_CELLS: Final = 2
_SECTION: Final = re.compile(
    r"\s*(?:[(\uff08]?[一二三四五六七八九十]{1,3}\s*[)\uff09、,\uff0c.\uff0e]|第[一二三四五六七八九十]+部分)"
)
_SIGNED: Final = re.compile(r"[^0-9:\uff1a]{1,10}[:\uff1a]")
"""填表人:, 审核:, 联系电话: before what was filled in there."""
_EXAMPLE: Final = re.compile(r"(?:填写|填表)?(?:示例|样例|范例|举例|例|例如|说明|要求)[0-9]*:?")


def cameras_of(sheet: Sheet, headings: Headings) -> tuple[list[Row], list[Message]]:
    """Return the rows of cameras, and remarks on the others."""
    columns = {heading.column: heading for heading in headings.found if heading.key}
    below = [row for row in sheet.rows if row.number > headings.last_row and row.own]
    full = max((row.number for row in below if sum(column in columns for column in row.own) > 1), default=0)
    left_out = [row.number for row in below if _is_no_camera(row, columns, full)]
    remarks = []
    if left_out:
        shown = first_of(left_out, 10)
        remarks.append(
            Message("rows that are no cameras (notes, totals, headings) were left out: {rows}", {"rows": shown})
        )
    if sheet.hidden_rows:
        remarks.append(Message("{count} hidden rows were read like the others", {"count": sheet.hidden_rows}))
    return [row for row in below if row.number not in set(left_out)], remarks


def _is_no_camera(row: Row, columns: Mapping[int, Heading], last_full: int) -> bool:
    own = row.own
    first = str(own[min(own)])
    if all(str(row.cells.get(column, "")).strip() == heading.text for column, heading in columns.items()):
        return True  # the headings again
    if {columns[column].key for column in own if column in columns} <= {"number"}:
        return True
    if len(own) == 1 and (not columns.keys() & own.keys() or row.number > last_full or _SECTION.match(first)):
        return True
    if len(own) <= NOTE_MAX_CELLS and _NOTE.match(first):
        return True
    return bool(_EXAMPLE.fullmatch(half_width(first))) or all(_is_signed(value) for value in own.values())


def _is_signed(value: Value) -> bool:
    return isinstance(value, str) and bool(_SIGNED.match(value.strip()))

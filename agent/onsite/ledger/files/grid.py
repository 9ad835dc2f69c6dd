"""Defines the sheets of a ledger as read from any file: rows of cells, and remarks on them."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

from agent.model import exits
from agent.model.errors import UsageError
from agent.model.finding import Message


@dataclass(frozen=True, slots=True)
class Unread:
    """A cell whose value cannot be known, and why."""

    why: Message


Value = str | int | float | bool | date | Unread
"""What a cell holds. Texts of a CSV file are always `str`; an Excel number has lost what its author typed."""


class Unreadable(UsageError):
    """The file cannot be read as a ledger: what is wrong with it, and what to do."""

    exit_code = exits.CONFIG


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `number` as the spreadsheet shows it, `cells` by column from 0, none for an empty one.

    `spread` are columns whose value came from a merged cell above.
    """

    number: int
    cells: dict[int, Value] = field(repr=False)
    spread: frozenset[int] = frozenset()

    @property
    def own(self) -> dict[int, Value]:
        """The cells that were filled in this row itself."""
        return {column: value for column, value in self.cells.items() if column not in self.spread}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet. `name` is empty for a CSV file; `hidden_rows` counts rows with content that Excel does not show."""

    name: str
    rows: tuple[Row, ...] = field(repr=False)
    hidden_rows: int = 0


@dataclass(frozen=True, slots=True)
class Book:
    """A file's sheets; `form` describes its format for people: `XLSX`, `CSV, GB18030, separated by ,`."""

    form: str
    sheets: tuple[Sheet, ...]


def letters(column: int) -> str:
    """Return the letters of a column counted from 0: A, B, ... AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def half_width(text: str) -> str:
    """Convert full-width digits, letters and punctuation to plain ones, and strip blanks.

    Source: Unicode Standard Annex 15, NFKC.
    """
    plain = unicodedata.normalize("NFKC", text).replace("。", ".").replace("、", ",")
    return re.sub("[\u200b-\u200f\u202a-\u202e\u2060\ufeff]", "", plain).strip()

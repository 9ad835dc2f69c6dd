"""Stores the bodies of reports as differences to a whole one of their chain, and reads them back.

One in `WHOLE_EACH` of a chain is whole, and each of which the difference would be large. What others are differences to
is near it in its chain; it is not dropped before they are, or before they are made whole.
"""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Protocol

from agent.hub.stores.keeping.encoded import base_of, decoded, difference, whole

STEP: Final = """
CREATE TABLE IF NOT EXISTS body_base (
    site TEXT NOT NULL, epoch TEXT NOT NULL, stream TEXT NOT NULL, report_id INTEGER NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (site, epoch, stream)
) WITHOUT ROWID
"""
"""The report of each chain whose body is whole and to which the next ones are differences."""

WHOLE_EACH: Final = 96
"""A day of health reports."""

SMALL: Final = 8
"""A difference of less than the eighth of a body is stored at once; a larger one where it halves the deflated body."""


_REFERRING: Final = (
    "SELECT b.id FROM report_row base JOIN report_row r ON r.lane = base.lane"  # noqa: S608
    f" AND r.seq BETWEEN base.seq - {WHOLE_EACH} AND base.seq + {WHOLE_EACH} JOIN body b ON b.id = r.id"
    " WHERE base.id = ? AND substr(b.payload, 1, 1) = x'02' AND substr(b.payload, 2, 8) = ?"
)


class Rows(Protocol):
    """The store, within its transaction."""

    def all(self, statement: str, *values: object) -> list[Any]:
        """Return every row of a query."""

    def run(self, statement: str, *values: object) -> int:
        """Change rows; return how many."""


@dataclass(frozen=True, slots=True)
class Connected:
    """An open database as `Rows`, for a migration; failures stay SQLite's own."""

    db: sqlite3.Connection

    def all(self, statement: str, *values: object) -> list[Any]:
        """Return every row of a query."""
        return self.db.execute(statement, values).fetchall()

    def run(self, statement: str, *values: object) -> int:
        """Change rows; return how many."""
        return self.db.execute(statement, values).rowcount


def encode(rows: Rows, key: tuple[str, str, str], seq: int, payload: bytes) -> tuple[bytes, bool]:
    """Return a body as it is to be stored in its chain, and whether it is whole: then the next ones differ from it."""
    based = rows.all("SELECT report_id, seq FROM body_base WHERE site = ? AND epoch = ? AND stream = ?", *key)
    base = read(rows, based[0][0]) if based and abs(seq - based[0][1]) < WHOLE_EACH else b""
    if not base:
        return whole(payload), True
    found = difference(payload, based[0][0], base)
    if len(found) * SMALL < len(payload) or len(found) * 2 < len(alone := whole(payload)):
        return found, False
    return alone, True


def note_base(rows: Rows, key: tuple[str, str, str], seq: int, number: int) -> None:
    """Note that the next bodies of a chain are differences to this one, within the caller's transaction."""
    rows.run("INSERT OR REPLACE INTO body_base VALUES (?, ?, ?, ?, ?)", *key, number, seq)


def read(rows: Rows, number: int) -> bytes:
    """Return the exact bytes of the body of a report; empty where it was dropped or is not there."""
    return exact(rows, _stored(rows, number))


def exact(rows: Rows, stored: object) -> bytes:
    """Return the exact bytes of a stored body; of one that cannot be decoded, what is stored."""
    return decoded(stored, lambda number: _stored(rows, number)) if isinstance(stored, bytes) else b""


def needed(rows: Rows, numbers: Collection[int]) -> set[int]:
    """Return which of these bodies others are differences to that are not among these."""
    return {number for number in numbers if any(one not in numbers for one in _referring(rows, number))}


def make_independent(rows: Rows, number: int) -> None:
    """Make those whole that are differences to a body, so that it can go, within the caller's transaction."""
    for one in _referring(rows, number):
        rows.run("UPDATE body SET payload = ? WHERE id = ?", whole(read(rows, one)), one)


def _referring(rows: Rows, number: int) -> list[int]:
    if base_of(_stored(rows, number)) is not None:
        return []
    found = rows.all(_REFERRING, number, number.to_bytes(8, signed=True))
    return [one for (one,) in found]


def _stored(rows: Rows, number: int) -> bytes:
    found = rows.all("SELECT CAST(payload AS BLOB) FROM body WHERE id = ?", number)
    return found[0][0] if found and isinstance(found[0][0], bytes) else b""

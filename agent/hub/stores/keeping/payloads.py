"""Stores the bodies of reports as differences to a whole one of their chain, and reads them back.

One in `WHOLE_EACH` of a chain is whole, and each of which the difference would be large. What others are differences to
is near it in its chain; it is not dropped before they are, or before they are made whole.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from agent.hub.stores.database import Connection
from agent.hub.stores.keeping.encoded import base_of, decoded, difference, references, whole

STEP: Final = """
CREATE TABLE IF NOT EXISTS body_base (
    site TEXT NOT NULL, epoch TEXT NOT NULL, stream TEXT NOT NULL, report_id INTEGER NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (site, epoch, stream)
) WITHOUT ROWID
"""
"""The report of each chain whose body is whole and to which the next ones are differences."""

WHOLE_EACH: Final = 96
"""A day of health reports."""

HELD_BYTES: Final = 16 * 1024 * 1024
"""Of bases that one transaction holds, and one body more."""

Place = tuple[str, str, str]
"""Site, epoch and stream."""

SMALL: Final = 8
"""A difference of less than the eighth of a body is stored at once; a larger one where it halves the deflated body."""


_REFERRING: Final = (
    "SELECT b.id FROM report_row base JOIN report_row r ON r.lane = base.lane"  # noqa: S608
    f" AND r.seq BETWEEN base.seq - {WHOLE_EACH} AND base.seq + {WHOLE_EACH} JOIN body b ON b.id = r.id"
    " WHERE base.id = ? AND substr(b.payload, 1, 9) IN (?, ?, ?)"
)


class Rows(Protocol):
    """The store, within its transaction."""

    def is_in_transaction(self) -> bool:
        """Return whether it is within one."""

    def all(self, statement: str, *values: object) -> list[Any]:
        """Return every row of a query."""

    def run(self, statement: str, *values: object) -> int:
        """Change rows; return how many."""


@dataclass(frozen=True, slots=True)
class Connected:
    """An open connection as `Rows`; failures stay those of its engine."""

    db: Connection

    def is_in_transaction(self) -> bool:
        """Return whether it is within one."""
        return self.db.in_transaction

    def all(self, statement: str, *values: object) -> list[Any]:
        """Return every row of a query."""
        return self.db.execute(statement, values).fetchall()

    def run(self, statement: str, *values: object) -> int:
        """Change rows; return how many."""
        return self.db.execute(statement, values).rowcount


@dataclass(frozen=True, slots=True)
class Body:
    """The exact bytes of a report's body, with the number of the report in its chain and that of its row.

    `prev`: the digest of the report before, where the engine puts it beside a stored body.
    """

    seq: int
    number: int
    payload: bytes = field(repr=False)
    prev: bytes = b""


@dataclass(slots=True)
class Bases:
    """The bodies to which the next ones of their chains are differences, as far as this transaction has read them."""

    _held: dict[Place, Body] = field(default_factory=dict)
    _bytes: int = 0

    def clear(self) -> None:
        """Drop everything: the transaction is over, or bodies are dropped in it."""
        self._held.clear()
        self._bytes = 0

    def keep(self, rows: Rows, key: Place, body: Body) -> None:
        """Store a body in its chain, within the caller's transaction; a whole one is the base of the next ones."""
        base = self._of(rows, key)
        stored, is_whole = stored_form(body, base)
        rows.run("INSERT INTO body VALUES (?, ?)", body.number, stored)
        if is_whole:
            rows.run("INSERT OR REPLACE INTO body_base VALUES (?, ?, ?, ?, ?)", *key, body.number, body.seq)
            self._hold(rows, key, body)

    def _of(self, rows: Rows, key: Place) -> Body | None:
        if key in self._held:
            return self._held[key]
        based = rows.all("SELECT report_id, seq FROM body_base WHERE site = ? AND epoch = ? AND stream = ?", *key)
        if not based or not (payload := read(rows, based[0][0])):
            return None
        base = Body(based[0][1], based[0][0], payload)
        self._hold(rows, key, base)
        return base

    def _hold(self, rows: Rows, key: Place, body: Body) -> None:
        if not rows.is_in_transaction():
            return
        if self._bytes > HELD_BYTES:
            self.clear()
        self._held[key] = body
        self._bytes += len(body.payload)


def stored_form(body: Body, base: Body | None) -> tuple[bytes, bool]:
    """Return a body as it is to be stored beside the whole one of its chain, and whether it is the next whole one."""
    if base is None or abs(body.seq - base.seq) >= WHOLE_EACH:
        return whole(body.payload), True
    found = difference(body.payload, base.number, base.payload, body.prev)
    if len(found) * SMALL < len(body.payload) or len(found) * 2 < len(alone := whole(body.payload)):
        return found, False
    return alone, True


def read(rows: Rows, number: int) -> bytes:
    """Return the exact bytes of the body of a report; empty where it was dropped or is not there."""
    return exact(rows, _stored(rows, number))


def exact(rows: Rows, stored: object) -> bytes:
    """Return the exact bytes of a stored body; of one that cannot be decoded, what is stored."""
    return decoded(stored, lambda number: _stored(rows, number)) if isinstance(stored, bytes) else b""


def needed(rows: Rows, numbers: Collection[int]) -> set[int]:
    """Return which of these bodies others are differences to that are not among these."""
    return {number for number in numbers if any(one not in numbers for one in _referring(rows, number))}


def make_whole(rows: Rows, number: int) -> None:
    """Store a body by itself where it is a difference, so that the other one can go, within the transaction."""
    if base_of(_stored(rows, number)) is not None:
        rows.run("UPDATE body SET payload = ? WHERE id = ?", whole(read(rows, number)), number)


def make_independent(rows: Rows, number: int) -> None:
    """Make those whole that are differences to a body, so that it can go, within the caller's transaction."""
    for one in _referring(rows, number):
        rows.run("UPDATE body SET payload = ? WHERE id = ?", whole(read(rows, one)), one)


def _referring(rows: Rows, number: int) -> list[int]:
    if base_of(_stored(rows, number)) is not None:
        return []
    found = rows.all(_REFERRING, number, *references(number))
    return [one for (one,) in found]


def _stored(rows: Rows, number: int) -> bytes:
    found = rows.all("SELECT CAST(payload AS BLOB) FROM body WHERE id = ?", number)
    return found[0][0] if found and isinstance(found[0][0], bytes) else b""

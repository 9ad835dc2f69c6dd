"""Stores reports byte for byte in partitions by month of arrival: those of a transaction together, at its end.

Until then they wait here; whatever asks for reports has them written before. Bodies are encoded first, and the rows are
written when no other transaction has given ids that it has not committed: so ids rise with the commits, and workers on
distinct sites wait for each other only that long.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from psycopg import sql

from agent.hub.domain.rows.intake import Key
from agent.hub.stores import case_columns
from agent.hub.stores.keeping.encoded import referring, without_digest
from agent.hub.stores.keeping.payloads import Body, stored_form
from agent.hub.stores.keeping.rows import ReportRow
from agent.hub.stores.postgres import lanes
from agent.hub.stores.postgres.database import Connected
from agent.hub.stores.postgres.rows import Packed, first_ms, month_after, month_of, packed

COLUMNS: Final = (
    ("id", "bigint"), ("arrived_at", "bigint"), ("seq", "bigint"), ("lane", "integer"), ("origin", "integer"),
    ("config", "integer"), ("made_after", "integer"), ("due_after", "integer"), ("event_head", "integer"),
    ("fork", "smallint"), ("clock_synced", "smallint"), ("digest", "bytea"), ("prev", "bytea"),
    ("signature", "bytea"), ("seal", "bytea"), ("odd", "jsonb"), ("payload", "bytea"),
)  # fmt: skip
_NAMES: Final = ", ".join(name for name, _ in COLUMNS)
_TAKEN: Final = _NAMES.replace("odd", "coalesce(odd::text, '')")
INSERT: Final = (
    f"INSERT INTO report_row ({_NAMES}) SELECT {_TAKEN}"  # noqa: S608  our own
    f" FROM unnest({', '.join(f'%b::{of}[]' for _, of in COLUMNS)}) AS v({_NAMES})"
)
_STORED: Final = (
    "SELECT lane, seq, r.digest FROM report_row r JOIN unnest(%b::integer[], %b::bigint[]) AS k(lane, seq)"
    " USING (lane, seq)"
)
_BASE: Final = "UPDATE lane SET base = ?, base_seq = ? WHERE id = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A report that waits to be written, with its findings by their digests.

    `is_new`: no report of its stream has its number, or a higher one. `follows`: the one before counts, and is `prev`.
    """

    row: ReportRow
    fork: bool
    payload: bytes = field(repr=False)
    findings: Mapping[str, tuple[str, ...]] = field(repr=False)
    is_new: bool = False
    follows: bool = False

    def key(self) -> Key:
        """Return its chain."""
        return self.row.site, self.row.epoch, self.row.stream  # type: ignore[return-value]  # as it was verified


class Pendings:
    """The reports of an open transaction that are not written yet, and the months that have a partition."""

    def __init__(self) -> None:
        self.lanes = lanes.Lanes()
        self._waiting: list[Pending] = []
        self._made: set[date] = set()

    def __bool__(self) -> bool:
        """Return whether any waits."""
        return bool(self._waiting)

    def add(self, one: Pending) -> None:
        """Have a report written at the end, or before somebody asks."""
        self._waiting.append(one)

    def forget(self) -> None:
        """Drop what a transaction that is over has left, and what it has made: it may be rolled back."""
        self.lanes.known.clear()
        self._waiting.clear()
        self._made.clear()

    def write(self, to: Connected) -> None:
        """Write what waits, within the caller's transaction, but for what is stored already."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        of = dict(zip(map(id, waiting), self.lanes.find(to, [one.key() for one in waiting]), strict=True))
        rows = {id(one): packed(one.row, one.follows) for one in waiting}
        waiting = _once(to, waiting, of, rows)
        if not waiting:
            return
        found, made = [of[id(one)] for one in waiting], [rows[id(one)] for one in waiting]
        for month in sorted({month_of(row.arrived_ms) for row in made} - self._made):
            prepare(to, month)
            self._made.add(month)
        signers = lanes.origins(
            to, [(one.row.kid, one.row.city, row.protected) for one, row in zip(waiting, made, strict=True)]
        )
        said = lanes.configs(to, [(lane.id, row.config) for lane, row in zip(found, made, strict=True)])
        bodies = _encoded(to, waiting, found, made)
        to.lock_numbers()
        ids = to.next_numbers("report_id", len(waiting))
        stored, based = _with_ids(bodies, found, waiting, ids)
        to.db.execute(INSERT, columns(ids, found, signers, said, [one.fork for one in waiting], made, stored))
        to.executemany(_BASE, based)
        for number, one in zip(ids, waiting, strict=True):
            case_columns.keep(to, number, one.row.site, one.findings)


def columns(
    ids: Sequence[int], found: Sequence[lanes.Lane], signers: Sequence[int], said: Sequence[int],
    forks: Sequence[bool], made: Sequence[Packed], stored: Sequence[bytes],
) -> list[list[object]]:  # fmt: skip
    """Return the values of rows as `INSERT` takes them: an array for each column."""
    rows = [
        (
            *(number, row.arrived_ms, row.seq, lane.id, origin, config, row.made_after, row.due_after, row.event_head),
            *(int(fork), row.clock_synced, row.digest, row.prev, row.signature, row.seal, row.odd_json(), payload),
        )
        for number, lane, origin, config, fork, row, payload in zip(
            ids, found, signers, said, forks, made, stored, strict=True
        )
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def _once(
    to: Connected, waiting: list[Pending], of: Mapping[int, lanes.Lane], rows: Mapping[int, Packed]
) -> list[Pending]:
    """Return those that are not stored, each once."""
    asked = [(of[id(one)].id, one.row.seq) for one in waiting if not one.is_new]
    seen: set[tuple[int, int, bytes]] = set()
    if asked:
        arrays = [[lane for lane, _ in asked], [seq for _, seq in asked]]
        seen.update(to.db.execute(_STORED, arrays, binary=True).fetchall())
    left = []
    for one in waiting:
        place = (of[id(one)].id, one.row.seq, rows[id(one)].digest)
        if place not in seen:
            seen.add(place)
            left.append(one)
    return left


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A body as it is stored. `to`: the place among those of the transaction to whose body it is a difference."""

    stored: bytes
    to: int | None
    is_base: bool


def _encoded(
    to: Connected, waiting: Sequence[Pending], found: Sequence[lanes.Lane], made: Sequence[Packed]
) -> list[_Encoded]:
    """Encode bodies before their ids are known."""
    stored = lanes.bases(to, found)
    here: dict[int, int] = {}
    done = []
    for place, (one, lane, row) in enumerate(zip(waiting, found, made, strict=True)):
        body = Body(one.row.seq, 0, one.payload, row.digest_before)
        data, is_whole = stored_form(body, stored.get(lane.id))
        done.append(_Encoded(without_digest(data), None if is_whole else here.get(lane.id), is_whole and not one.fork))
        if is_whole and not one.fork:
            stored[lane.id], here[lane.id] = body, place
    return done


def _with_ids(
    bodies: Sequence[_Encoded], found: Sequence[lanes.Lane], waiting: Sequence[Pending], ids: Sequence[int]
) -> tuple[list[bytes], list[tuple[int, int, int]]]:
    """Return bodies with the ids of those to which they are differences, and id, number and lane of each new base."""
    stored = [body.stored if body.to is None else referring(body.stored, ids[body.to]) for body in bodies]
    based: dict[int, tuple[int, int, int]] = {}
    for body, lane, one, number in zip(bodies, found, waiting, ids, strict=True):
        if body.is_base:
            lane.base, lane.base_seq = number, one.row.seq
            based[lane.id] = number, one.row.seq, lane.id
    return stored, list(based.values())


def prepare(to: Connected, month: date) -> None:
    """Make the partition of a month where there is none, beside the others; to attach it then blocks no reader."""
    name = f"report_row_{month:%Y_%m}"
    if to.execute("SELECT to_regclass(?)", (name,)).fetchone() != (None,):
        return
    to.lock_numbers()  # another worker may be making it
    if to.execute("SELECT to_regclass(?)", (name,)).fetchone() != (None,):
        return
    table = sql.Identifier(name)
    to.db.execute(sql.SQL("CREATE TABLE {} (LIKE report_row INCLUDING ALL)").format(table))
    to.db.execute(
        sql.SQL("ALTER TABLE report_row ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
            table, sql.Literal(first_ms(month)), sql.Literal(first_ms(month_after(month)))
        )
    )

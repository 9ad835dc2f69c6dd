"""Stores reports byte for byte in partitions by month of arrival: those of a transaction together, at its end.

Until then they wait here; whatever asks for reports has them written before. Bodies are encoded first, and the rows are
written when no other transaction has given ids that it has not committed: so ids rise with the commits, and workers on
distinct sites wait for each other only that long.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from agent.hub.domain.rows.intake import Key
from agent.hub.stores import case_columns
from agent.hub.stores.keeping.encoded import referring, without_digest
from agent.hub.stores.keeping.payloads import Body, stored_form
from agent.hub.stores.keeping.rows import ReportRow
from agent.hub.stores.postgres import lanes
from agent.hub.stores.postgres.columns import columns
from agent.hub.stores.postgres.database import Connected
from agent.hub.stores.postgres.months import prepare
from agent.hub.stores.postgres.rows import Packed, month_of, packed

_COLUMNS: Final = (
    ("id", "bigint"), ("arrived_at", "bigint"), ("seq", "bigint"), ("lane", "integer"), ("origin", "integer"),
    ("config", "integer"), ("made_after", "integer"), ("due_after", "integer"), ("event_head", "integer"),
    ("fork", "smallint"), ("clock_synced", "smallint"), ("digest", "bytea"), ("prev", "bytea"),
    ("signature", "bytea"), ("seal", "bytea"), ("odd", "text"), ("payload", "bytea"),
)  # fmt: skip
_TYPES: Final = tuple(of for _, of in _COLUMNS)
_NAMES: Final = ", ".join(name for name, _ in _COLUMNS)
_TAKEN: Final = _NAMES.replace("odd", "coalesce(odd::jsonb::text, '')")
_INSERT: Final = (
    f"INSERT INTO report_row ({_NAMES}) SELECT {_TAKEN}"  # noqa: S608  our own columns
    f" FROM unnest({', '.join(f'%b::{of}[]' for _, of in _COLUMNS)}) AS v({_NAMES})"
)
_STORED: Final = (
    "SELECT lane, seq, r.digest FROM report_row r JOIN unnest(%b::integer[], %b::bigint[]) AS k(lane, seq)"
    " USING (lane, seq)"
)
_BASE: Final = "UPDATE lane SET base = ?, base_seq = ? WHERE id = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A report that waits to be written, with its findings by their digests.

    `is_new`: no report of its stream has its number, or a higher one. `follows`: the one before counts, is `prev`, and
    came in the same month.
    `number`: the id that it has in another store, where its `payload` may be dropped (empty); 0: the next one.
    """

    row: ReportRow
    fork: bool
    payload: bytes = field(repr=False)
    findings: Mapping[str, tuple[str, ...]] = field(repr=False)
    is_new: bool = False
    follows: bool = False
    number: int = 0

    def key(self) -> Key:
        """Return its chain."""
        return self.row.site, self.row.epoch, self.row.stream  # type: ignore[return-value]  # as it was verified


@dataclass(frozen=True, slots=True)
class _Placed:
    """A report that waits, in its lane, and its columns."""

    report: Pending
    lane: lanes.Lane
    columns: Packed


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A body as it is stored. `to`: the place among those of the transaction to whose body it is a difference."""

    stored: bytes
    to: int | None
    is_base: bool


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
        found = self.lanes.find(to, [one.key() for one in waiting])
        placed = [_Placed(one, lane, packed(one.row, one.follows)) for one, lane in zip(waiting, found, strict=True)]
        if not (new := _once(to, placed)):
            return
        for month in sorted({month_of(one.columns.arrived_ms) for one in new} - self._made):
            prepare(to, month)
            self._made.add(month)
        _insert(to, new)


def _once(to: Connected, placed: Sequence[_Placed]) -> list[_Placed]:
    """Return those that are not stored, each once."""
    asked = [(one.lane.id, one.columns.seq) for one in placed if not one.report.is_new]
    seen: set[tuple[int, int, bytes]] = set()
    if asked:
        places = columns(("integer", "bigint"), asked)
        seen.update(to.db.execute(_STORED, places, binary=True).fetchall())
    new = []
    for one in placed:
        place = (one.lane.id, one.columns.seq, one.columns.digest)
        if place not in seen:
            seen.add(place)
            new.append(one)
    return new


def _insert(to: Connected, new: Sequence[_Placed]) -> None:
    """Insert rows with what they refer to; others wait from the first id to the end of the transaction."""
    origins = lanes.origins(to, [(one.report.row.kid, one.report.row.city, one.columns.protected) for one in new])
    configs = lanes.configs(to, [(one.lane.id, one.columns.config) for one in new])
    bodies = _encoded(to, new)
    to.lock_numbers()
    had = [one.report.number for one in new]
    ids = had if all(had) else to.next_numbers("report_id", len(new))
    rows = [
        _values(number, one, origin, config, body.stored if body.to is None else referring(body.stored, ids[body.to]))
        for number, one, origin, config, body in zip(ids, new, origins, configs, bodies, strict=True)
    ]
    to.db.execute(_INSERT, columns(_TYPES, rows))
    based: dict[int, tuple[int, int, int]] = {}
    for number, one, body in zip(ids, new, bodies, strict=True):
        if body.is_base:
            one.lane.base, one.lane.base_seq = number, one.columns.seq
            based[one.lane.id] = number, one.columns.seq, one.lane.id
        case_columns.keep(to, number, one.report.row.site, one.report.findings)
    to.executemany(_BASE, based.values())


def _values(number: int, one: _Placed, origin: int, config: int, stored: bytes) -> tuple[object, ...]:
    """Return the values of a row, in the order of its columns."""
    row = one.columns
    return (
        *(number, row.arrived_ms, row.seq, one.lane.id, origin, config, row.made_after, row.due_after, row.event_head),
        *(
            int(one.report.fork),
            row.clock_synced,
            row.digest,
            row.prev,
            row.signature,
            row.seal,
            row.odd_json(),
            stored,
        ),
    )


def _encoded(to: Connected, new: Sequence[_Placed]) -> list[_Encoded]:
    """Encode bodies before their ids are known."""
    bases = lanes.bases(to, [one.lane for one in new])
    here: dict[tuple[int, date], int] = {}
    done = []
    for place, one in enumerate(new):
        if not one.report.payload:
            done.append(_Encoded(b"", None, False))
            continue
        body = Body(one.columns.seq, 0, one.report.payload, one.columns.digest_before)
        within = one.lane.id, month_of(one.columns.arrived_ms)
        stored, is_whole = stored_form(body, bases.get(within))
        is_base = is_whole and not one.report.fork
        done.append(_Encoded(without_digest(stored), None if is_whole else here.get(within), is_base))
        if is_base:
            bases[within], here[within] = body, place
    return done

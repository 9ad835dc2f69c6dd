"""Stores reports byte for byte in partitions by month of arrival: those of a transaction together, at its end.

Until then they wait here; whatever asks for reports has them written before. Bodies are written first, and the rows
when no other transaction has given ids that it has not committed: so ids rise with the commits, and workers on
distinct sites wait for each other only that long.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from psycopg import sql

from agent.hub.domain.rows.intake import Key
from agent.hub.stores import case_columns
from agent.hub.stores.keeping.rows import ReportRow
from agent.hub.stores.postgres.database import Connected

_DECEMBER: Final = 12
_COLUMNS: Final = (
    ("id", "bigint"), ("site", "text"), ("epoch", "text"), ("stream", "text"), ("seq", "bigint"), ("digest", "text"),
    ("prev", "text"), ("city", "text"), ("kid", "text"), ("arrived_at", "text"), ("jws", "text"), ("made_at", "text"),
    ("config", "text"), ("clock_synced", "smallint"), ("due_at", "text"), ("event_head", "bigint"),
    ("fork", "smallint"), ("seal", "bytea"), ("month", "date"), ("body", "bigint"),
)  # fmt: skip
_INSERT: Final = (
    f"INSERT INTO report_row ({', '.join(name for name, _ in _COLUMNS)})"  # noqa: S608  our own columns
    f" SELECT * FROM unnest({', '.join(f'%b::{of}[]' for _, of in _COLUMNS)}) ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Pending:
    """A report that waits to be written, with its findings by their digests."""

    row: ReportRow
    fork: bool
    payload: bytes = field(repr=False)
    findings: Mapping[str, tuple[str, ...]] = field(repr=False)


class Pendings:
    """The reports of an open transaction that are not written yet, and the months that have a partition."""

    def __init__(self) -> None:
        self._waiting: list[Pending] = []
        self._made: set[date] = set()

    def __bool__(self) -> bool:
        """Return whether any waits."""
        return bool(self._waiting)

    def add(self, one: Pending) -> None:
        """Have a report written at the end, or before somebody asks."""
        self._waiting.append(one)

    def at(self, key: Key, seq: int) -> list[str]:
        """Return the digests of those under a number."""
        return [one.row.digest for one in self._waiting if (one.row[:3], one.row.seq) == (key, seq)]

    def forget(self) -> None:
        """Drop what a transaction that is over has left, and what it has made: it may be rolled back."""
        self._waiting.clear()
        self._made.clear()

    def write(self, to: Connected) -> None:
        """Write what waits, within the caller's transaction."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        months = [date.fromisoformat(one.row.arrived_at[:10]).replace(day=1) for one in waiting]
        for month in sorted(set(months) - self._made):
            _prepare(to, month)
            self._made.add(month)
        bodies = to.next_numbers("report_body_no", len(waiting))
        to.db.execute(
            "INSERT INTO report_body SELECT * FROM unnest(%b::date[], %b::bigint[], %b::bytea[])",
            (months, bodies, [one.payload for one in waiting]),
        )
        to.lock_numbers()
        ids = to.next_numbers("report_id", len(waiting))
        rows = [
            (number, *one.row[:10], *(one.row.said or ()), int(one.fork), one.row.seal(), month, body)
            for number, body, month, one in zip(ids, bodies, months, waiting, strict=True)
        ]
        to.db.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
        for number, one in zip(ids, waiting, strict=True):
            case_columns.keep(to, number, one.row.site, one.findings)


def _prepare(to: Connected, month: date) -> None:
    """Make the partition of a month where there is none, beside the others; to attach it then blocks no reader."""
    name = f"report_body_{month:%Y_%m}"
    if to.execute("SELECT to_regclass(?)", (name,)).fetchone() != (None,):
        return
    to.lock_numbers()  # another worker may be making it
    if to.execute("SELECT to_regclass(?)", (name,)).fetchone() != (None,):
        return
    following = date(month.year + month.month // _DECEMBER, month.month % _DECEMBER + 1, 1)
    table = sql.Identifier(name)
    to.db.execute(sql.SQL("CREATE TABLE {} (LIKE report_body INCLUDING ALL)").format(table))
    to.db.execute(
        sql.SQL("ALTER TABLE report_body ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
            table, sql.Literal(month.isoformat()), sql.Literal(following.isoformat())
        )
    )

"""Reads the reports of either engine as texts and exact bytes, and writes them in the rows of PostgreSQL.

They get the ids that they have: the log, holds and housekeeping go on by them. What a body is a difference to, which
digest the row before has, and which texts are stored once is decided anew by PostgreSQL's own store.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from agent.hub.stores import evidence
from agent.hub.stores.database import Database
from agent.hub.stores.keeping.encoded import base_of, decoded
from agent.hub.stores.keeping.payloads import Connected as Connection
from agent.hub.stores.keeping.payloads import Rows
from agent.hub.stores.keeping.rows import SAID, SEALED, ReportRow, config_out, sealed
from agent.hub.stores.postgres import keeping
from agent.hub.stores.postgres.ahead import Newest
from agent.hub.stores.postgres.database import Connected
from agent.hub.stores.postgres.moving.tables import Key, within
from agent.hub.stores.postgres.reports import Pending, Pendings
from agent.model.errors import NotVerified

_ROWS: Final = f"SELECT report.id, {SEALED}, fork, CAST(payload AS BLOB), seal, {SAID} FROM report"  # noqa: S608
_BEFORE: Final = (
    "SELECT r.id, p.digest, p.arrived_at FROM report_row r JOIN report_row p ON p.lane = r.lane AND p.seq = r.seq - 1"
    " AND p.fork = 0 WHERE r.id >= ? AND r.id <= ?"
)
_NAMED: Final = (
    "SELECT report_id, digest FROM telling_finding JOIN finding ON finding.id = finding_id"
    " WHERE report_id >= ? AND report_id <= ?"
)


@dataclass(frozen=True, slots=True)
class Moved:
    """A report as both engines have it. `payload`: its exact bytes, empty where they were dropped."""

    number: int
    row: ReportRow
    fork: bool
    seal: bytes
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports of the hub that is moved, as one more table. `source`: its `hub.db`."""

    source: Database
    name: str = "report_row"

    def key_of(self, row: Moved) -> Key:
        """Return the key of a report."""
        return (row.number,)

    def read(self, rows: Rows, after: Key | None, upto: Key | None, most: int) -> list[Moved]:
        """Return reports behind one id, up to another one."""
        where, values = within(("report.id",), after, upto)
        found = rows.all(f"{_ROWS}{where} ORDER BY report.id LIMIT ?", *values, most)
        places = slice(1, 1 + SEALED.count(",") + 1)
        bases = _bases(rows, [row[places.stop + 1] for row in found])
        moved = []
        for row in found:
            *columns, jws = sealed(row[places])
            fork, payload, seal, made_at, config, synced, due_at, event_head = row[places.stop :]
            said = (made_at or "", config_out(config), synced or 0, due_at or "", event_head)
            site, epoch, stream, seq, digest, prev, city, kid, arrived_at = columns
            text = ReportRow(site, epoch, stream, seq, digest, prev, city, kid, arrived_at, jws, said)
            moved.append(Moved(row[0], text, bool(fork), seal or b"", decoded(payload, partial(_base, bases))))
        return moved

    def write(self, to: Connected, rows: Sequence[Moved]) -> None:
        """Insert reports of the source, within the caller's transaction. Raises NotVerified where one was altered."""
        first, last = rows[0].number, rows[-1].number
        self._check(first - 1, len(rows))
        before = {
            number: (digest.hex() if isinstance(digest, bytes) else "", at if isinstance(at, int) else 0)
            for number, digest, at in self.source.all(_BEFORE, first, last)
        }
        named: dict[int, list[str]] = {}
        for number, digest in self.source.all(_NAMED, first, last):
            named.setdefault(number, []).append(digest)
        waiting = Pendings()
        for one in rows:
            newest = Newest(one.row.seq - 1, *before.get(one.number, ("", 0)))
            waiting.add(
                Pending(
                    row=ReportRow(*one.row[:-1], tuple(named.get(one.number, ()))), fork=one.fork, payload=one.payload,
                    findings={}, is_new=True, number=one.number,
                    follows=newest.precedes(one.row),
                )
            )  # fmt: skip
        waiting.write(to)

    def delete(self, to: Connected, after: Key | None, upto: Key | None) -> None:
        """Delete reports behind one id, up to another one, within the caller's transaction."""
        rows = Connection(to)
        where, values = within(("id",), after, upto)
        for (number,) in rows.all(f"SELECT id FROM report_row{where}", *values):  # noqa: S608  our own names
            keeping.delete_report(rows, number)

    def _check(self, after: int, most: int) -> None:
        """Hold rows against the digests beside them. Raises NotVerified."""
        _, altered = evidence.check_after(self.source, after, most)
        for one in altered:
            raise NotVerified(
                "altered",
                "{path}: report {seq} of {site} ({stream}) is not what was stored; `camwarden hub check` lists all:"
                " restore a backup, then migrate",
                path=self.source.directory / "hub.db", seq=one.seq, site=one.site, stream=one.stream,
            )  # fmt: skip


def _bases(rows: Rows, bodies: Sequence[object]) -> dict[int, bytes]:
    """Return the stored bodies to which some are differences, by id."""
    wanted = sorted({number for one in bodies if isinstance(one, bytes) and (number := base_of(one)) is not None})
    if not wanted:
        return {}
    marks = ", ".join("?" * len(wanted))
    return dict(rows.all(f"SELECT id, CAST(payload AS BLOB) FROM body WHERE id IN ({marks})", *wanted))  # noqa: S608


def _base(bases: dict[int, bytes], number: int) -> bytes:
    return bases.get(number, b"")

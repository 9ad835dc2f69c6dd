"""Stores the runs of reports that the hub lacks, and finds them. Decides nothing.

All reads and writes are within the caller's transaction.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple
from datetime import datetime

from agent.contract.chain import utc_text
from agent.hub.domain.rows.gaps import Hole, Kind, Run
from agent.hub.stores.database import ALL, Database
from agent.model.finding import StreamName


def quiet_sites(store: Database, quiet_since: datetime, now: datetime) -> list[str]:
    """Return the connected sites of which something is missing and no backlog has come since a time."""
    rows = store.all(
        "SELECT site FROM site WHERE status = 'ready' AND confirm <> 'file' AND (backlog_at <= ?1 OR backlog_at > ?2)"
        " AND site IN (SELECT site FROM chain WHERE position_seq < expected UNION SELECT site FROM hole"
        " UNION SELECT site FROM gap WHERE reason = 'confirmed-before')"
        # Long after a loss a search is slow: not again while nothing was found missing and all is answered.
        " AND (holes_at = '' OR site IN (SELECT site FROM hole WHERE state = ''))",
        *(utc_text(quiet_since), utc_text(now)),
    )
    return [site for (site,) in rows]


def note_search(store: Database, site: str, now: datetime) -> None:
    """Store when a site's holes were looked for."""
    store.run("UPDATE site SET holes_at = ? WHERE site = ?", utc_text(now), site)


def known_holes(store: Database, site: str) -> list[Hole]:
    """Return the holes of a site that were stored, by chain and number."""
    rows = store.all(
        "SELECT epoch, stream, from_seq, to_seq, kind, asked_at, times, state FROM hole WHERE site = ?"
        " ORDER BY epoch, stream, from_seq",
        site,
    )
    return [Hole(*row) for row in rows]


def keep_holes(store: Database, site: str, holes: Iterable[Hole]) -> None:
    """Store the holes of a site in the place of those before."""
    store.run("DELETE FROM hole WHERE site = ?", site)
    for hole in holes:
        store.run("INSERT INTO hole VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", site, *astuple(hole))


def absent(
    store: Database, site: str, epoch: str, stream: StreamName, after: int, last: int, most: int = -1
) -> list[Run]:
    """Return the runs above `after`, up to `last`, neither stored nor in a gap record: the first `most`, all for -1."""
    return store.all(
        "WITH span (a, b) AS ("
        "SELECT seq, seq FROM report WHERE site = ?1 AND epoch = ?2 AND stream = ?3 AND seq BETWEEN ?4 + 1 AND ?5"
        " UNION ALL SELECT from_seq, to_seq FROM gap WHERE site = ?1 AND epoch = ?2 AND stream = ?3"
        " AND to_seq > ?4 AND from_seq <= ?5 AND reason <> 'confirmed-before' UNION ALL SELECT ?5 + 1, ?5 + 1),"
        " seen AS (SELECT a, coalesce(max(b) OVER (ORDER BY a, b ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),"
        " ?4) AS before FROM span) SELECT before + 1, a - 1 FROM seen WHERE a > before + 1 ORDER BY 1"
        " LIMIT ?6",
        *(site, epoch, stream, after, last, most if most >= 0 else ALL),
    )


def absent_of(store: Database, site: str, most: int) -> Iterator[Hole]:
    """Yield the runs that a site has made, or was confirmed for, and that are not here; `most` of each chain."""
    made: Sequence[tuple[str, StreamName, int, int]] = store.all(
        "SELECT epoch, stream, position_seq, expected FROM chain"
        " WHERE site = ? AND position_seq < expected ORDER BY epoch, stream",
        site,
    )
    confirmed: Sequence[tuple[str, StreamName, int, int]] = store.all(
        "SELECT epoch, stream, from_seq - 1, to_seq FROM gap"
        " WHERE site = ? AND reason = 'confirmed-before' ORDER BY epoch, stream, from_seq",
        site,
    )
    kinds: tuple[tuple[Kind, Sequence[tuple[str, StreamName, int, int]]], ...] = (
        ("missing", made), ("before", confirmed),
    )  # fmt: skip
    for kind, runs in kinds:
        for epoch, stream, after, until in runs:
            for first, last in absent(store, site, epoch, stream, after, until, most):
                yield Hole(epoch, stream, first, last, kind)

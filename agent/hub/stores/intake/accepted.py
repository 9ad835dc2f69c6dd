"""Stores runs of reports that a person accepted as lost, with name and reason. Decides nothing.

All reads and writes are within the caller's transaction.
"""

from datetime import datetime

from agent.contract.chain import utc_text
from agent.hub.domain.rows.gaps import Accepted
from agent.hub.domain.rows.intake import Key
from agent.hub.stores.database import Database

_OF_CHAIN = "site = ? AND epoch = ? AND stream = ?"


def accepted_within(store: Database, key: Key, first: int, last: int) -> tuple[str, str] | None:
    """Return who has accepted a part of a run, and when; None where nobody has."""
    rows = store.all(
        f"SELECT accepted_by, accepted_at FROM accepted WHERE {_OF_CHAIN} AND from_seq <= ? AND to_seq >= ?",  # noqa: S608
        *(*key, last, first),
    )
    return rows[0] if rows else None


def keep_accepted(store: Database, key: Key, first: int, last: int, by: str, why: str, now: datetime) -> None:
    """Store that a person accepts a run as lost; the running hub looks for the site's holes anew."""
    store.run(
        "INSERT INTO accepted (site, epoch, stream, from_seq, to_seq, accepted_by, why, accepted_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        *(*key, first, last, by, why, utc_text(now)),
    )
    store.run("UPDATE site SET holes_at = '' WHERE site = ?", key[0])


def accepted(store: Database, site: str) -> list[Accepted]:
    """Return what was accepted of a site, by chain and number. Reads only."""
    rows = store.all(
        "SELECT epoch, stream, from_seq, to_seq, accepted_by, why, accepted_at, to_seq <= coalesce(position_seq, 0)"
        " FROM accepted LEFT JOIN chain USING (site, epoch, stream) WHERE site = ? ORDER BY epoch, stream, from_seq",
        site,
    )
    return [
        Accepted(epoch=epoch, stream=stream, first=first, last=last, by=by, why=why, at=at, closed=bool(closed))
        for epoch, stream, first, last, by, why, at, closed in rows
    ]


def unseen(store: Database) -> bool:
    """Return whether something was accepted that the running hub has not read."""
    return bool(store.all("SELECT 1 FROM accepted WHERE seen_at = '' LIMIT 1"))


def take_unseen(store: Database, now: datetime) -> list[tuple[Key, int, int]]:
    """Return chain, first and last number of what was accepted since the last call, and mark it seen."""
    rows = store.all(
        "SELECT site, epoch, stream, from_seq, to_seq FROM accepted WHERE seen_at = '' ORDER BY 1, 2, 3, 4"
    )
    store.run("UPDATE accepted SET seen_at = ? WHERE seen_at = ''", utc_text(now))
    return [((site, epoch, stream), first, last) for site, epoch, stream, first, last in rows]


def accepted_through(store: Database, key: Key, seq: int) -> int:
    """Return the last number of the accepted runs that follow one another from a number on; `seq` - 1: none does."""
    last = seq - 1
    while True:
        ((to_seq,),) = store.all(
            f"SELECT max(to_seq) FROM accepted WHERE {_OF_CHAIN} AND from_seq <= ? AND to_seq > ?",  # noqa: S608
            *(*key, last + 1, last),
        )
        if to_seq is None:
            return last
        last = int(to_seq)


def first_behind(store: Database, key: Key, seq: int, last: int) -> tuple[int, str, int] | None:
    """Return what is here first from `seq` to the number behind `last`: a report, else a gap record.

    Its first number, the digest that it names of what lies before it (a gap record's: of its own last), and the last
    number that this digest is of.
    """
    rows = store.all(
        f"SELECT seq, prev, seq - 1 FROM report WHERE {_OF_CHAIN} AND fork = 0 AND seq BETWEEN ? AND ?"  # noqa: S608
        " ORDER BY seq LIMIT 1",
        *(*key, seq, last + 1),
    ) or store.all(
        f"SELECT from_seq, last_digest, to_seq FROM gap WHERE {_OF_CHAIN} AND from_seq BETWEEN ? AND ?"  # noqa: S608
        " AND reason <> 'confirmed-before' ORDER BY from_seq LIMIT 1",
        *(*key, seq, last + 1),
    )
    return rows[0] if rows else None

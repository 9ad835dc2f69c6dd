"""Records runs of reports that a person accepts as lost: the site no longer has them, no gap record explains them.

Stored beside what is signed, with the person's name and reason, for ever. The chain goes on over such a run only where
a report behind it is here: its `prev` is the digest of the last one that is gone. What is gone is never verified: it is
listed among the gaps as `accepted-loss`, and the status for that time stays unknown. A report that comes after all,
before the chain has passed, is linked like any other.

`accept_loss` is for a command beside the running hub, which polls each second; the others read and write within the
caller's transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.stores.chains import Key
from agent.hub.stores.store import Store
from agent.hub.workers.resend import Hole, lost
from agent.model.errors import UsageError
from agent.model.finding import StreamName, listed
from agent.verify.message import Gap

REASON: Final = "accepted-loss"

_BY_MOST = 200
_WHY_MOST = 1000
_OF_CHAIN = "site = ? AND epoch = ? AND stream = ?"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A run that was accepted. `closed`: its chain has passed it; else a report behind it is still missing."""

    epoch: str
    stream: StreamName
    first: int
    last: int
    by: str
    why: str
    at: str
    closed: bool


def accept_loss(
    store: Store,
    site: str,
    epoch: str,
    stream: StreamName,
    from_seq: int,
    to_seq: int,
    by: str,
    why: str,
    now: datetime,
) -> None:
    """Accept that a run of reports is gone; the running hub goes on over it within a second.

    Args:
        store: Of a hub that has run.
        site: Its id.
        epoch: In which the run is numbered.
        stream: Of the run.
        from_seq: First number; it must lie in a run that is `lost`.
        to_seq: Last number, included; of the same run.
        by: Name of the person: 1 to 200 printable characters.
        why: 1 to 1,000 printable characters.
        now: Written into the record.

    Raises:
        UsageError: A name or reason is missing, the site has not reported them as gone, or they were accepted before.
        StoreFailed: Nothing has changed.
    """
    by, why = by.strip(), why.strip()
    if not (0 < len(by) <= _BY_MOST and 0 < len(why) <= _WHY_MOST and by.isprintable() and why.isprintable()):
        values = {"by_most": _BY_MOST, "why_most": _WHY_MOST}
        raise UsageError("say who accepts it, and why: at most {by_most} and {why_most} printable characters", **values)
    with store.transaction():
        known = store.all(
            f"SELECT accepted_by, accepted_at FROM accepted WHERE {_OF_CHAIN} AND from_seq <= ? AND to_seq >= ?",  # noqa: S608
            *(site, epoch, stream, to_seq, from_seq),
        )
        if known:
            raise UsageError("{by} has accepted it, or a part of it, at {at}", by=known[0][0], at=known[0][1])
        holes = lost(store, site)
        if not any(_holds(hole, epoch, stream, from_seq, to_seq) for hole in holes):
            place = {"epoch": epoch, "site": site}
            names = listed(f"{hole.stream} {hole.first}-{hole.last} of epoch {hole.epoch}" for hole in holes[:10])
            raise UsageError(
                "{stream} {from_seq}-{to_seq} of epoch {epoch!r} is not a run that site {site} says it no "
                "longer has; it says so of {names}",
                stream=stream,
                from_seq=from_seq,
                to_seq=to_seq,
                **place,
                names=names or "none",
            )
        store.run(
            "INSERT INTO accepted (site, epoch, stream, from_seq, to_seq, accepted_by, why, accepted_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(site, epoch, stream, from_seq, to_seq, by, why, utc_text(now)),
        )
        store.run("UPDATE site SET holes_at = '' WHERE site = ?", site)


def accepted(store: Store, site: str) -> list[Accepted]:
    """Return what was accepted of a site, by chain and number. Reads only."""
    rows = store.all(
        "SELECT epoch, stream, from_seq, to_seq, accepted_by, why, accepted_at, to_seq <= coalesce(position_seq, 0)"
        " FROM accepted LEFT JOIN chain USING (site, epoch, stream) WHERE site = ? ORDER BY epoch, stream, from_seq",
        site,
    )
    return [Accepted(row[0], row[1], row[2], row[3], row[4], row[5], row[6], bool(row[7])) for row in rows]


def unseen(store: Store) -> bool:
    """Return whether something was accepted that the running hub has not read."""
    return bool(store.all("SELECT 1 FROM accepted WHERE seen_at = '' LIMIT 1"))


def take_unseen(store: Store, now: datetime) -> list[tuple[Key, int, int]]:
    """Return chain, first and last number of what was accepted since the last call, and mark it seen."""
    rows = store.all(
        "SELECT site, epoch, stream, from_seq, to_seq FROM accepted WHERE seen_at = '' ORDER BY 1, 2, 3, 4"
    )
    store.run("UPDATE accepted SET seen_at = ? WHERE seen_at = ''", utc_text(now))
    return [((site, epoch, stream), first, last) for site, epoch, stream, first, last in rows]


def close(store: Store, key: Key, seq: int) -> tuple[int, str] | None:
    """Return last number and digest of an accepted run from its first one on; None where nothing behind it is here."""
    last = seq - 1
    while True:
        ((to_seq,),) = store.all(
            f"SELECT max(to_seq) FROM accepted WHERE {_OF_CHAIN} AND from_seq <= ? AND to_seq > ?",  # noqa: S608
            *(*key, last + 1, last),
        )
        if to_seq is None:
            break
        last = int(to_seq)
    if last < seq:
        return None
    behind = store.all(
        f"SELECT seq, prev, seq - 1 FROM report WHERE {_OF_CHAIN} AND fork = 0 AND seq BETWEEN ? AND ?"  # noqa: S608
        " ORDER BY seq LIMIT 1",
        *(*key, seq, last + 1),
    ) or store.all(
        f"SELECT from_seq, last_digest, to_seq FROM gap WHERE {_OF_CHAIN} AND from_seq BETWEEN ? AND ?"  # noqa: S608
        " AND reason <> 'confirmed-before' ORDER BY from_seq LIMIT 1",
        *(*key, seq, last + 1),
    )
    if not behind:
        return None
    ((following, due, end),) = behind
    site, epoch, stream = key
    digest = due if end == following - 1 else ""  # of a run before a gap record nobody knows it
    store.keep_gap(site, Gap(epoch, stream, seq, following - 1, following - seq, REASON, digest))
    return int(end), str(due)


def _holds(hole: Hole, epoch: str, stream: StreamName, first: int, last: int) -> bool:
    return (hole.epoch, hole.stream) == (epoch, stream) and hole.first <= first <= last <= hole.last

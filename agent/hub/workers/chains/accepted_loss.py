"""Records runs of reports that a person accepts as lost: the site no longer has them, no gap record explains them.

Stored beside what is signed, with the person's name and reason, for ever. The chain goes on over such a run only where
a report behind it is here: its `prev` is the digest of the last one that is gone. What is gone is never verified: it is
listed among the gaps as `accepted-loss`, and the status for that time stays unknown. A report that comes after all,
before the chain has passed, is linked like any other.

`accept_loss` is for a command beside the running hub, which polls each second; the others read and write within the
caller's transaction.
"""

from datetime import datetime
from typing import Final

from agent.hub.domain.rows.gaps import Hole
from agent.hub.domain.rows.intake import Key
from agent.hub.ports.store import Store
from agent.hub.workers.resend import lost
from agent.model.errors import UsageError
from agent.model.finding import StreamName, listed
from agent.verify.message import Gap

REASON: Final = "accepted-loss"

_BY_MOST = 200
_WHY_MOST = 1000


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
        key: Key = site, epoch, stream
        known = store.accepted.within(key, from_seq, to_seq)
        if known is not None:
            raise UsageError("{by} has accepted it, or a part of it, at {at}", by=known[0], at=known[1])
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
        store.accepted.keep(key, from_seq, to_seq, by, why, now)


def close(store: Store, key: Key, seq: int) -> tuple[int, str] | None:
    """Return last number and digest of an accepted run from its first one on; None where nothing behind it is here."""
    last = store.accepted.through(key, seq)
    if last < seq:
        return None
    behind = store.accepted.first_behind(key, seq, last)
    if behind is None:
        return None
    following, due, end = behind
    site, epoch, stream = key
    digest = due if end == following - 1 else ""  # of a run before a gap record nobody knows it
    store.keep_gap(site, Gap(epoch, stream, seq, following - 1, following - seq, REASON, digest))
    return end, due


def _holds(hole: Hole, epoch: str, stream: StreamName, first: int, last: int) -> bool:
    return (hole.epoch, hole.stream) == (epoch, stream) and hole.first <= first <= last <= hole.last

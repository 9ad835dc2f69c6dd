"""Verifies what the upper hub confirms of a site's streams, and stores it.

A watermark counts where a pinned key of the upper hub signed it for this site, its number is above every one before,
and each digest in it is that of the report here, or of the run that a gap record or a person has closed. One that goes
back counts: the upper hub was restored, and lacks what it had. Nothing else confirms, no PUBACK either.
"""

from collections.abc import Mapping
from datetime import datetime

from agent.contract.chain import GENESIS, STREAMS
from agent.contract.signing_keys import PublicKey
from agent.contract.watermark import Watermark, read_watermark
from agent.hub.domain.forwarding.rows import Lane, Told
from agent.hub.ports.store import Store
from agent.hub.workers.intake import Event
from agent.model.errors import NotVerified
from agent.model.finding import Head


def take(
    store: Store, keys: Mapping[str, PublicKey], site: str, payload: bytes, jws: str, now: datetime
) -> tuple[list[Event], dict[Lane, int]]:
    """Take a watermark; return the events to log, and how far each lane of which that has changed is confirmed."""
    try:
        mark = read_watermark(payload, jws, keys, site)
        with store.transaction():
            return _taken(store, mark, now)
    except NotVerified as error:
        return [{"event": "watermark-refused", "site": site, "reason": error.reason, "why": str(error)}], {}


def _taken(store: Store, mark: Watermark, now: datetime) -> tuple[list[Event], dict[Lane, int]]:
    site, epoch = mark.site, mark.epoch
    before = store.forwarding.told(site)
    if mark.ack_no == before.ack_no:
        return [], {}  # the retained one, once more
    if mark.ack_no < before.ack_no:
        raise NotVerified("old", "a watermark before the newest one")
    if store.epoch_of(site) is None:
        raise NotVerified("site", "a watermark for a site that is not known here")
    for stream, head in mark.streams.items():
        if not _is_here(store, Lane(site, epoch, stream), head):
            raise NotVerified("digest", "{stream} {seq} is another report here", stream=stream, seq=head.seq)
    known = store.forwarding.confirmed(site, epoch)
    changed: dict[Lane, int] = {}
    for stream in STREAMS:
        head = mark.streams.get(stream, GENESIS)
        if known.get(stream, GENESIS) != head:
            store.forwarding.keep_confirmed(Lane(site, epoch, stream), head.seq, head.digest, now)
            changed[Lane(site, epoch, stream)] = head.seq
    refused = _refused(store, mark)
    store.forwarding.keep_told(site, Told(mark.ack_no, refused))
    events: list[Event] = []
    if changed:
        events.append({"event": "confirmed-above", "site": site, "epoch": epoch} | {
            "streams": {lane.stream: seq for lane, seq in changed.items()}})  # fmt: skip
    if refused and refused != before.refused:
        events.append({"event": "rejected-above", "site": site, "epoch": epoch, "what": refused})
    return events, changed


def _refused(store: Store, mark: Watermark) -> str:
    """Return what the upper hub refuses, and why, where it is a report of this site, or a key; empty: nothing."""
    one, key = mark.rejected, mark.refused_key
    if one is not None:
        here = store.report_at(mark.site, mark.epoch, one.stream, one.seq)
        if here is not None and here[0] == one.digest:
            return f"{one.stream} {one.seq}: {one.reason}"
    return f"{key.kid}: {key.reason}" if key is not None else ""


def _is_here(store: Store, lane: Lane, head: Head) -> bool:
    """Return whether a confirmed place is what lies there here."""
    site, epoch, stream = lane
    one = store.report_at(site, epoch, stream, head.seq)
    if one is not None:
        return one[0] == head.digest
    if store.gap_at(site, epoch, stream, head.seq) == (head.seq, head.digest):
        return True
    behind = store.report_at(site, epoch, stream, head.seq + 1)
    return behind is not None and behind[1] == head.digest


def lacks(store: Store, lane: Lane, from_seq: int, now: datetime) -> int:
    """Store that the upper hub lacks a lane from a number on; return how far it is confirmed now.

    A request for a run above that changes nothing: it is on its way.
    """
    with store.transaction():
        head = store.forwarding.confirmed(lane.site, lane.epoch).get(lane.stream, GENESIS)
        if from_seq > head.seq:
            return head.seq
        before = store.report_at(lane.site, lane.epoch, lane.stream, from_seq - 1) if from_seq > 1 else None
        seq, digest = (from_seq - 1, before[0]) if before is not None else (0, GENESIS.digest)
        store.forwarding.keep_confirmed(lane, seq, digest, now)
        return seq

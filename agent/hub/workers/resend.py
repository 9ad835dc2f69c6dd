"""Decides when the hub requests missing reports from a site, and which are lost for good.

A site sends its backlog by itself, so the hub requests only when nothing of it has come for 10 minutes: the missing
numbers have then all been known for as long. Each hole is requested once, then again after waits that double up to a
day; near holes in one order, a few orders for a site at a time. What the site reports as gone is not requested again:
`lost`, if nobody explains it; `gone`, if a hub that lost its database had confirmed it.

`overlay` and `due` are pure; the others read and write within the caller's transaction.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from agent.contract.chain import utc_text
from agent.contract.orders import Range
from agent.contract.signing_keys import Signer
from agent.hub.domain.rows.gaps import Hole, Kind, Run
from agent.hub.ports.store import Store
from agent.hub.workers.orders import order_resend
from agent.model.finding import Json, StreamName

QUIET: Final = timedelta(minutes=10)
"""No backlog row came for so long: the rest does not come by itself. Also the first wait before asking again."""

WAIT_MOST: Final = timedelta(days=1)
ORDERS_MOST: Final = 3
"""Orders of this kind that a site has not answered yet."""

NEAR: Final = 100
"""Holes with at most so many reports between them are asked for together: what comes twice is dropped."""

HOLES_MOST: Final = 1000
"""Holes of a site that are followed at a time: a site can make as many as it likes. The others come after them."""


def overlay(known: Iterable[Hole], absent: Iterable[Hole]) -> list[Hole]:
    """Return what is absent now, with what is known about each part of it."""
    return _joined(
        replace(old, first=part.first, last=part.last, kind=part.kind) if old else part
        for part, old in _parts(known, absent)
    )


def _parts(known: Iterable[Hole], absent: Iterable[Hole]) -> Iterator[tuple[Hole, Hole | None]]:
    """Yield the absent runs, cut where known ones begin and end, each with its known one; no two of a list overlap."""
    olds, place = sorted(known, key=_place), 0
    for run in sorted(absent, key=_place):
        start = run.first
        while place < len(olds) and (olds[place].epoch, olds[place].stream, olds[place].last) < _place(run):
            place += 1
        for old in islice(olds, place, None):
            if (old.epoch, old.stream) != (run.epoch, run.stream) or old.first > run.last:
                break
            if old.first > start:
                yield replace(run, first=start, last=old.first - 1), None
            last = min(old.last, run.last)
            yield replace(run, first=max(old.first, start), last=last), old
            start = last + 1
        if start <= run.last:
            yield replace(run, first=start), None


def _place(hole: Hole) -> tuple[str, str, int]:
    return hole.epoch, hole.stream, hole.first


def due(holes: Iterable[Hole], now: datetime, most: int) -> list[Range]:
    """Return what to request now, at most so many ranges: first what is missing, then what was confirmed before."""
    ranges: list[tuple[Kind, Range]] = []
    for hole in sorted(holes, key=lambda hole: (hole.kind == "before", hole.epoch, hole.stream, hole.first)):
        asked_at = datetime.fromisoformat(hole.asked_at) if hole.times else now
        if hole.state or (hole.times and asked_at <= now < asked_at + wait(hole.times)):
            continue  # asked at a time to come: the clock was wrong then
        if ranges:
            kind, last = ranges[-1]
            near = hole.first - last.to_seq <= NEAR + 1
            if near and (kind, last.epoch, last.stream) == (hole.kind, hole.epoch, hole.stream):
                ranges[-1] = kind, replace(last, to_seq=hole.last)
                continue
        ranges.append((hole.kind, Range(hole.epoch, hole.stream, hole.first, hole.last)))
    return [asked for _, asked in ranges[: max(0, most)]]


def wait(times: int) -> timedelta:
    """Return how long to wait after so many requests."""
    return min(QUIET * (1 << min(times - 1, 20)), WAIT_MOST)


def request_due(store: Store, signer: Signer, now: datetime) -> list[dict[str, Json]]:
    """Request what is due from every site that is connected and quiet; return the events to log."""
    sites = store.holes.quiet_sites(now - QUIET, now)
    return [event for site in sites for event in _request_due_from(store, signer, site, now)]


def missing_from(store: Store, site: str, asked: Range, runs: Sequence[Run]) -> list[dict[str, Json]]:
    """Record a site's answer that it no longer has these runs of a range; return the events to log: what is lost.

    Numbers that are here, or explained, do not change, whatever the site reports.
    """
    inside: list[Hole] = []
    start = asked.from_seq
    for first, last in sorted(runs):
        run = Hole(asked.epoch, asked.stream, max(first, start), min(last, asked.to_seq))
        if run.first <= run.last:
            inside.append(run)
            start = run.last + 1
    holes: list[Hole] = []
    events: list[dict[str, Json]] = []
    for part, named in _parts(_joined(inside), refresh(store, site)):
        if named is None or part.state:
            holes.append(part)
            continue
        given_up = replace(part, state="lost" if part.kind == "missing" else "gone")
        holes.append(given_up)
        if given_up.state == "lost":
            store.chains.count(site, "lost")
            gone = run_json(given_up.epoch, given_up.stream, given_up.first, given_up.last)
            events.append({"event": "lost", "site": site, **gone})
    store.holes.keep(site, _joined(holes))
    return events


def lost(store: Store, site: str) -> list[Hole]:
    """Return what the site no longer has and nobody explains, as of now. Reads only."""
    known = [hole for hole in store.holes.known(site) if hole.state == "lost"]
    return [hole for hole in overlay(known, _absent(store, site)) if hole.state == "lost"] if known else []


def refresh(store: Store, site: str) -> list[Hole]:
    """Update a site's holes by the reports that have come."""
    known = store.holes.known(site)
    holes = overlay(known, _absent(store, site))
    if holes != known:
        store.holes.keep(site, _joined(holes))
    return holes


def _request_due_from(store: Store, signer: Signer, site: str, now: datetime) -> list[dict[str, Json]]:
    holes = refresh(store, site)
    store.holes.note_search(site, now)
    ranges = due(holes, now, ORDERS_MOST - store.commands.open_resends(site, now))
    events: list[dict[str, Json]] = []
    for asked in ranges:
        times = 1
        for place, hole in enumerate(holes):
            if _within(hole, asked) and not hole.state:
                holes[place] = replace(hole, asked_at=utc_text(now), times=hole.times + 1)
                times = max(times, hole.times + 1)
        command = order_resend(store, signer, site, asked, now, wait(times))
        run = run_json(asked.epoch, asked.stream, asked.from_seq, asked.to_seq)
        events.append({"event": "asked", "site": site, "id": command.id, **run})
    if ranges:
        store.holes.keep(site, _joined(holes))
    return events


def _within(hole: Hole, asked: Range) -> bool:
    same = (hole.epoch, hole.stream) == (asked.epoch, asked.stream)
    return same and asked.from_seq <= hole.first and hole.last <= asked.to_seq


def _absent(store: Store, site: str) -> list[Hole]:
    """Return the first runs that a site has made, or was confirmed for, and that are not here."""
    return list(islice(store.holes.absent_of(site, HOLES_MOST), HOLES_MOST))


def _joined(holes: Iterable[Hole]) -> list[Hole]:
    """Join neighbours that are alike in everything else; in the order of epoch, stream and number."""
    joined: list[Hole] = []
    for hole in sorted(holes, key=_place):
        if joined and joined[-1] == replace(hole, first=joined[-1].first, last=hole.first - 1):
            joined[-1] = replace(hole, first=joined[-1].first)
        else:
            joined.append(hole)
    return joined


def run_json(epoch: str, stream: StreamName, first: int, last: int) -> dict[str, Json]:
    """Return a run of reports as JSON names it everywhere."""
    return {"epoch": epoch, "stream": stream, "from_seq": first, "to_seq": last}

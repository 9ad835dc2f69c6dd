"""A case of a site with many holes takes time in proportion to them, and says the same as one that looks at each."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta

import pytest

from agent.contract.watermark import SEQ_MAX
from agent.hub.case import case, history
from agent.hub.case.history import CheckReport
from agent.model.finding import StreamName
from agent.verify.message import Gap

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def told(epoch: str, stream: StreamName, seq: int, heads: int = 0) -> CheckReport:
    return CheckReport(0, epoch, stream, seq, NOON + timedelta(seconds=seq), True, None, heads or None)


def gap(epoch: str, first: int, last: int) -> Gap:
    return Gap(epoch, "event", first, last, last - first + 1, "missing", "0" * 64)


def lost_slowly(ordered: list[CheckReport], missing: list[Gap]) -> set[str]:
    """Look at each report for each gap."""
    begins = set()
    for one in missing:
        before = [
            t
            for t in ordered
            if t.epoch == one.epoch
            and ((t.stream == "event" and t.seq < one.from_seq) or history._event_head(t) < one.from_seq)
        ]
        begins.add((before or ordered)[-1 if before else 0].id)
    return begins


@pytest.mark.parametrize("seed", range(30))
def test_where_events_are_missing_from_is_what_a_look_at_each_report_finds(seed: int) -> None:
    rng = random.Random(seed)
    ordered = [
        told(rng.choice("ab"), rng.choice(("event", "health", "config")), rng.randrange(1, 60), rng.randrange(60))
        for _ in range(rng.randrange(1, 40))
    ]
    ordered.sort(key=lambda one: one.at)
    missing = [gap(rng.choice("abc"), first := rng.randrange(1, 60), first + 2) for _ in range(20)]
    assert history._lost(ordered, missing) == lost_slowly(ordered, missing)


def bears_slowly(one: Gap, times: case.Times, begin: datetime, end: datetime) -> bool:
    of = [(seq, at) for epoch, seq, at in times[one.stream] if epoch == one.epoch]
    return not any(seq > one.to_seq and at < begin for seq, at in of) and not any(
        seq < one.from_seq and at >= end for seq, at in of
    )


@pytest.mark.parametrize("seed", range(30))
def test_which_holes_bear_on_a_time_is_what_a_look_at_each_report_finds(seed: int) -> None:
    rng = random.Random(seed)
    times: case.Times = {
        "event": [
            (rng.choice("ab"), rng.randrange(1, 60), NOON + timedelta(minutes=rng.randrange(120))) for _ in range(20)
        ]
    }
    begin, end = NOON + timedelta(minutes=40), NOON + timedelta(minutes=80)
    places: case.Places = {("a", "event"): (1, 60), ("b", "event"): (1, 60)}
    ends = case._ends(times, begin, end)
    for first in range(1, 60):
        one = gap(rng.choice("ab"), first, first + rng.randrange(5))
        assert case._bears(one, ends, places) == bears_slowly(one, times, begin, end)


def test_twenty_thousand_holes_between_twenty_thousand_events_take_seconds() -> None:
    """On release 0.1 they did not end in 300 s."""
    number = 20_000
    ordered = [told("a", "event", 2 * seq) for seq in range(1, number)]
    missing = [gap("a", 2 * seq + 1, 2 * seq + 1) for seq in range(1, number)]
    times: case.Times = {"event": [("a", one.seq, one.at) for one in ordered]}
    begun_s = time.process_time()
    ends = case._ends(times, NOON, NOON + timedelta(days=1))
    bearing = [one for one in missing if case._bears(one, ends, {("a", "event"): (1, SEQ_MAX)})]
    assert len(history._lost(ordered, bearing)) == number - 1
    assert time.process_time() - begun_s < 10

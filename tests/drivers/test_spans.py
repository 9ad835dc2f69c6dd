"""Arithmetic on stretches of time agrees with counting second by second, and a day is a day when clocks change."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from every_case import holds_for_every

from drivers.model import Span
from drivers.spans import (
    Spans,
    at_wall,
    clipped,
    common,
    covers,
    day_of,
    day_span,
    days_of,
    gaps,
    merged,
    seconds,
    subtracted,
    total_s,
)

START = datetime(2026, 11, 1, tzinfo=UTC)
LENGTH_S = 120


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def span(start: float, end: float) -> Span:
    return Span(at(start), at(end))


def spans(*pairs: tuple[float, float]) -> Spans:
    return tuple(span(*pair) for pair in pairs)


def counted(some: Spans) -> set[int]:
    """Return the seconds that lie in the spans."""
    return {
        second
        for one in some
        for second in range(int((one.start_at - START).total_seconds()), int((one.end_at - START).total_seconds()))
    }


def some_spans(dice: random.Random) -> list[Span]:
    pairs = [sorted((dice.randrange(LENGTH_S), dice.randrange(LENGTH_S))) for _ in range(dice.randrange(12))]
    return [span(a, b) for a, b in pairs]


def is_tidy(some: Spans) -> bool:
    """Tell whether spans are sorted, not empty, and apart."""
    inner = all(one.start_at < one.end_at for one in some)
    return inner and all(a.end_at < b.start_at for a, b in pairwise(some))


def agrees_with_counting(seed: int) -> None:
    dice = random.Random(seed)
    raw, other_raw = some_spans(dice), some_spans(dice)
    some, other = merged(raw), merged(other_raw)
    assert counted(some) == counted(tuple(raw))
    assert is_tidy(some)
    a, b = sorted((dice.randrange(LENGTH_S), dice.randrange(LENGTH_S)))
    within = span(a, b)
    inside = set(range(a, b))
    assert counted(clipped(some, within)) == counted(some) & inside
    assert counted(common(some, other)) == counted(some) & counted(other)
    assert counted(subtracted(some, other)) == counted(some) - counted(other)
    assert counted(gaps(some, within)) == inside - counted(some)
    assert total_s(some) == len(counted(some))
    assert covers(some, within) == (inside <= counted(some)) or not inside
    for result in (clipped(some, within), common(some, other), subtracted(some, other), gaps(some, within)):
        assert is_tidy(result)


def test_every_operation_agrees_with_counting_seconds() -> None:
    holds_for_every((f"seed {seed}", partial(agrees_with_counting, seed)) for seed in range(200))


def is_the_same_in_any_order(seed: int) -> None:
    dice = random.Random(seed)
    raw = some_spans(dice)
    shuffled = dice.sample(raw, len(raw))
    assert merged(shuffled, 3.0) == merged(raw, 3.0)
    assert merged(merged(raw, 3.0), 3.0) == merged(raw, 3.0)


def test_the_order_of_spans_does_not_matter() -> None:
    holds_for_every((f"seed {seed}", partial(is_the_same_in_any_order, seed)) for seed in range(50))


def test_a_hole_as_long_as_the_slack_is_none_and_a_longer_one_is() -> None:
    assert merged(spans((0, 10), (12, 20)), 2.0) == spans((0, 20))
    assert merged(spans((0, 10), (12.5, 20)), 2.0) == spans((0, 10), (12.5, 20))


def test_a_span_that_ends_before_it_starts_says_nothing() -> None:
    assert merged(spans((10, 5), (7, 7))) == ()
    assert gaps((), span(5, 5)) == ()


BERLIN, SHANGHAI, SAO_PAULO = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai"), ZoneInfo("America/Sao_Paulo")


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 3, 29), BERLIN, 23),
        (date(2026, 10, 25), BERLIN, 25),
        (date(2026, 7, 1), BERLIN, 24),
        (date(2026, 11, 24), SHANGHAI, 24),
        (date(2018, 11, 4), SAO_PAULO, 23),  # there is no midnight on this day
    ],
)
def test_a_local_day_is_as_long_as_it_is(day: date, zone: ZoneInfo, hours: int) -> None:
    whole = day_span(day, zone)
    assert seconds(whole) == hours * 3600
    assert day_of(whole.start_at, zone) == day
    assert day_of(whole.end_at - timedelta(seconds=1), zone) == day


@pytest.mark.parametrize("zone", [BERLIN, SHANGHAI, SAO_PAULO, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")])
def test_local_days_follow_one_another_without_a_gap_for_years(zone: ZoneInfo) -> None:
    some = Span(datetime(2017, 1, 1, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC))
    days = days_of(some, zone)
    assert [day for day, _ in days] == [days[0][0] + timedelta(days=n) for n in range(len(days))]
    assert all(a.end_at == b.start_at for (_, a), (_, b) in pairwise(days))
    assert days[0][1].start_at <= some.start_at < days[0][1].end_at
    assert days[-1][1].start_at < some.end_at <= days[-1][1].end_at


def test_a_wall_time_that_is_skipped_is_the_moment_of_the_skip_and_one_shown_twice_the_first() -> None:
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    skip = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert {at_wall(spring, second, BERLIN) for second in (7200, 9000, 10_799, 10_800)} == {skip}
    assert at_wall(autumn, 9000, BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert at_wall(autumn, 86_400, BERLIN) == day_span(autumn, BERLIN).end_at


def test_wall_times_of_a_day_never_run_backwards() -> None:
    for day in (date(2026, 3, 29), date(2026, 10, 25), date(2026, 7, 1)):
        moments = [at_wall(day, second, BERLIN) for second in range(0, 86_401, 450)]
        assert moments == sorted(moments)


def test_a_span_that_ends_at_midnight_does_not_touch_the_next_day() -> None:
    whole = day_span(date(2026, 11, 24), SHANGHAI)
    assert [day for day, _ in days_of(whole, SHANGHAI)] == [date(2026, 11, 24)]

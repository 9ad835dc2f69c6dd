"""Forecast: the day, the reason and the remedy, from what days took and what the space holds. Arithmetic by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from agent.observe.footage.forecast import Outlook, Producer, Ring, outlook

TODAY = date(2026, 11, 24)
GB = 1_000_000_000


def days(*sizes: int, until: date = TODAY) -> dict[date, int]:
    """Return sizes of the days up to `until`, the last one the day before it."""
    return {until - timedelta(days=len(sizes) - at): size for at, size in enumerate(sizes)}


def looked(ring: Ring, *producers: Producer, horizon_days: int = 60) -> Outlook:
    found = outlook(ring, producers, TODAY, horizon_days)
    assert found is not None
    return found


def test_a_full_ring_at_a_steady_rate_keeps_what_it_keeps() -> None:
    seen = looked(Ring("nvr", 400 * GB, 0), Producer("a", 30, days(*[10 * GB] * 40)))
    assert (seen.keeps_days, seen.short_on, seen.cause) == (40.0, None, None)


def test_a_rate_that_doubled_is_told_with_its_day_its_camera_and_what_would_hold() -> None:
    steady = Producer("a", 30, days(*[5 * GB] * 40))
    # 5 GB a day for 35 days, then 10: the ring of 400 GB holds 200 + 225 GB of them, and gives up the oldest.
    risen = Producer("b", 30, days(*[5 * GB] * 35, *[10 * GB] * 5))
    seen = looked(Ring("nvr", 425 * GB, 0), steady, risen)
    assert (seen.cause, seen.cause_camera, seen.cause_since) == ("rate-up", "b", TODAY - timedelta(days=5))
    assert seen.keeps_days == pytest.approx(425 / 15)
    # Each day adds 15 GB and frees days of 10: after 24 days 29 remain, 5 risen ones and 24 new ones of 15 GB.
    stored, day = [10] * 35 + [15] * 5, 0
    while True:
        stored.append(15)
        while sum(stored) > 425:
            stored.pop(0)
        if len(stored) < 30:
            break
        day += 1
    assert seen.short_on == TODAY + timedelta(days=day)
    assert seen.capacity_bytes == pytest.approx(450 * GB)
    assert seen.rate_ratio == pytest.approx(425 / 450)
    assert seen.cameras == 1


def test_a_ring_that_still_fills_and_will_not_reach_the_floor_is_told_before_it_overwrites() -> None:
    seen = looked(Ring("disk", 200 * GB, 100 * GB), Producer("a", 30, days(*[10 * GB] * 10)))
    # 97 of 100 GB can be used: nine more days fit, the tenth overwrites the first at 19 days of footage.
    assert seen.keeps_days == pytest.approx(19.7)
    assert (seen.short_on, seen.cause) == (TODAY + timedelta(days=9), "too-small")


def test_a_smaller_disk_is_the_cause_where_the_larger_one_held() -> None:
    seen = looked(Ring("nvr", 200 * GB, 150 * GB, 400 * GB), Producer("a", 30, days(*[10 * GB] * 5)))
    assert seen.cause == "capacity-down"


def test_cameras_that_were_added_are_the_cause_where_the_others_alone_held() -> None:
    old = Producer("a", 30, days(*[10 * GB] * 35))
    new = Producer("b", 30, days(*[10 * GB] * 4))
    seen = looked(Ring("nvr", 390 * GB, 0), old, new)
    assert (seen.cause, seen.cause_since) == ("cameras-added", TODAY - timedelta(days=4))


def test_the_band_spans_quiet_and_busy_days() -> None:
    sizes = [8 * GB, 12 * GB] * 20
    seen = looked(Ring("nvr", 400 * GB, 0), Producer("a", 38, days(*sizes)))
    assert seen.keeps_low_days < seen.keeps_days < seen.keeps_high_days
    short = looked(Ring("nvr", 330 * GB, 0), Producer("a", 33, days(*sizes[:33])))
    assert short.short_on is not None and short.short_earliest is not None
    assert short.short_earliest <= short.short_on


@pytest.mark.parametrize("known", [{}, days(1, 1), {TODAY: 5, TODAY + timedelta(days=1): 5}, days(0, 0, 0, 0)])
def test_with_too_few_complete_days_nothing_is_said(known: dict[date, int]) -> None:
    assert outlook(Ring("nvr", GB, 0), [Producer("a", 30, known)], TODAY, 30) is None


def test_beyond_the_horizon_nothing_is_warned_of() -> None:
    producer = Producer("a", 30, days(*[10 * GB] * 10))
    assert looked(Ring("disk", 200 * GB, 100 * GB), producer, horizon_days=9).short_on is None


def test_what_was_recorded_today_takes_space_and_tells_no_rate() -> None:
    # 30 whole days and half of today are stored: that is the whole ring, and it goes on holding 30.
    sizes = days(*[10 * GB] * 30) | {TODAY: 5 * GB}
    seen = looked(Ring("nvr", 400 * GB, 0), Producer("a", 30, sizes))
    assert (seen.keeps_days, seen.short_on) == (30.5, None)


def test_a_rise_of_one_camera_leaves_the_week_of_the_others() -> None:
    week = Producer("a", 30, days(*([10 * GB] * 5 + [2 * GB] * 2) * 5))
    risen = Producer("b", 30, days(*[GB] * 33, *[2 * GB] * 2))
    seen = looked(Ring("nvr", 400 * GB, 0), week, risen)
    assert seen.usual_bytes["a"] == pytest.approx(54 / 7 * GB)
    assert seen.usual_bytes["b"] == 2 * GB
    stored = (54 * 5 + 33 + 4) * GB
    assert seen.keeps_days == pytest.approx(stored / (54 / 7 + 2) / GB)


def test_a_new_camera_counts_in_full_from_its_first_days() -> None:
    old, new = Producer("a", 30, days(*[10 * GB] * 35)), Producer("b", 30, days(*[10 * GB] * 2))
    assert looked(Ring("nvr", 400 * GB, 0), old, new).keeps_days == pytest.approx(370 / 20)


def test_a_camera_that_records_every_other_day_takes_half() -> None:
    sizes = {day: size for day, size in days(*[10 * GB, 0] * 20).items() if size}
    seen = looked(Ring("nvr", 400 * GB, 0), Producer("a", 30, days(*[GB] * 40)), Producer("b", 30, sizes))
    assert seen.usual_bytes["b"] == pytest.approx(30 / 7 * GB)


def test_each_floor_has_its_own_day() -> None:
    many, few = Producer("a", 60, days(*[10 * GB] * 20)), Producer("b", 30, days(*[10 * GB] * 20))
    seen = looked(Ring("disk", 800 * GB, 400 * GB), many, few)
    assert seen.floor_days == 60
    # 388 GB more are 19.4 days: the twentieth overwrites, at 39 days that are more than 30.
    assert seen.short_by_floor == ((60, TODAY + timedelta(days=19)),)


def test_an_estimate_has_a_wider_band_while_a_disk_fills_than_on_a_full_one() -> None:
    sizes = days(*[10 * GB] * 20)

    def band(free: int, estimated: bool) -> float:
        seen = looked(Ring("disk", 800 * GB, free), Producer("a", 10, sizes, estimated))
        assert seen.keeps_low_days <= seen.keeps_days <= seen.keeps_high_days
        return (seen.keeps_high_days - seen.keeps_low_days) / seen.keeps_days

    assert band(0, False) == band(400 * GB, False) == 0
    assert 0 < band(0, True) < band(400 * GB, True)


def test_the_day_on_which_the_disks_became_smaller_is_told() -> None:
    ring = Ring("nvr", 200 * GB, 150 * GB, 400 * GB, TODAY - timedelta(days=3))
    assert looked(ring, Producer("a", 30, days(*[10 * GB] * 5))).cause_since == TODAY - timedelta(days=3)

"""When the hub's disk is full follows from what it stored more each day; a hub that drops as much as comes is level."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from agent.hub.domain.disk import HORIZON_DAYS, forecast

TODAY = date(2026, 11, 24)
GB = 10**9
DISK = 1000 * GB


def sizes(growth: Iterable[int], first: int = 50 * GB, until: date = TODAY) -> dict[date, int]:
    """Return the sizes at the end of each day up to the day before, of a hub that grew so."""
    steps = list(growth)
    found, held = {until - timedelta(days=len(steps) + 1): first}, first
    for number, step in enumerate(steps):
        held += step
        found[until - timedelta(days=len(steps) - number)] = held
    return found


def test_a_steady_hub_fills_its_disk_on_the_day_that_its_growth_says() -> None:
    found = forecast(sizes([2 * GB] * 7), 100 * GB, DISK, TODAY)
    assert (found.state, found.growth_bytes) == ("grows", 2 * GB)
    assert found.full_on == found.earliest == found.latest
    assert found.full_on is not None and (found.full_on - TODAY).days == 48  # 97 GB of 100 can be used: 48 whole days


def test_busy_and_quiet_days_give_the_earliest_and_the_latest_day() -> None:
    found = forecast(sizes([GB, 3 * GB, 2 * GB, 2 * GB, 3 * GB, GB, 2 * GB]), 100 * GB, DISK, TODAY)
    assert found.earliest is not None and found.latest is not None and found.full_on is not None
    assert found.earliest < found.full_on < found.latest


@pytest.mark.parametrize("days", range(7))
def test_before_a_week_of_days_nothing_is_known(days: int) -> None:
    found = forecast(sizes([2 * GB] * days), 100 * GB, DISK, TODAY)
    assert (found.state, found.growth_bytes, found.full_on) == ("unknown", None, None)
    assert forecast({}, 100 * GB, DISK, TODAY).state == "unknown"


def test_a_hub_that_was_off_lately_is_not_known_and_one_that_was_off_before_is() -> None:
    assert forecast(sizes([2 * GB] * 30, until=TODAY - timedelta(days=1)), 100 * GB, DISK, TODAY).state == "unknown"
    known = sizes([2 * GB] * 20)
    for number in range(2, 6):
        del known[TODAY - timedelta(days=number)]
    found = forecast(known, 100 * GB, DISK, TODAY)
    assert (found.state, found.growth_bytes) == ("grows", 2 * GB)


def test_today_and_days_to_come_of_a_wrong_clock_do_not_count() -> None:
    known = sizes([2 * GB] * 7)
    wrong = known | {TODAY: 900 * GB, TODAY + timedelta(days=400): 1, date.min: 1, date.max: 1}
    assert forecast(wrong, 100 * GB, DISK, TODAY) == forecast(known, 100 * GB, DISK, TODAY)


@pytest.mark.parametrize("growth", [[0] * 7, [GB, -GB, GB, -GB, GB, -GB, 0], [-GB] * 7], ids=["none", "even", "less"])
def test_housekeeping_that_drops_as_much_as_comes_levels_it_off(growth: list[int]) -> None:
    found = forecast(sizes(growth), 30 * GB, DISK, TODAY)
    assert (found.state, found.full_on) == ("level", None)


def test_the_growth_before_housekeeping_began_does_not_count() -> None:
    found = forecast(sizes([5 * GB] * 40 + [0] * 7), 30 * GB, DISK, TODAY)
    assert found.state == "level"


def test_a_day_on_which_much_was_dropped_is_a_part_of_the_mean() -> None:
    found = forecast(sizes([3 * GB] * 6 + [-4 * GB]), 100 * GB, DISK, TODAY)
    assert (found.state, found.growth_bytes) == ("grows", 2 * GB)
    assert found.full_on is not None and (found.full_on - TODAY).days == 48


def test_what_fills_in_many_years_is_level_and_what_is_full_is_full_today() -> None:
    slow = forecast(sizes([1000] * 7), 100 * GB, DISK, TODAY)
    assert (slow.state, slow.growth_bytes) == ("level", 1000)
    long = forecast(sizes([GB] * 7), int((HORIZON_DAYS - 5) * GB / 0.97), 10 * DISK, TODAY)
    assert long.full_on is not None and (long.full_on - TODAY).days < HORIZON_DAYS


@pytest.mark.parametrize("growth", [[], [0] * 7, [-GB] * 7, [2 * GB] * 7], ids=["unknown", "none", "less", "more"])
def test_a_disk_that_is_full_is_not_called_level_because_nothing_can_be_written(growth: list[int]) -> None:
    for free in (0, DISK // 50):
        found = forecast(sizes(growth), free, DISK, TODAY)
        assert (found.state, found.full_on, found.earliest, found.latest) == ("full", TODAY, TODAY, TODAY)
    assert forecast(sizes(growth), DISK // 40, DISK, TODAY).state != "full"

"""Look times walk through the digits of the minutes, whatever the period."""

import pytest

from masking.clock import steer
from masking.clock.digits import digits_of


@pytest.mark.parametrize("period_s", [300, 600, 900])
def test_twenty_looks_show_each_digit_of_the_minutes_twice(period_s: int) -> None:
    chosen: list[int] = []
    for number in range(20):
        first = 27_000 + number * period_s
        at = steer.best_moment(chosen, first, period_s)
        assert first <= at < first + period_s
        chosen.append(at)
    ones = [digits_of(at, False)[3] for at in chosen]
    tens = [digits_of(at, False)[2] for at in chosen]
    assert min(ones.count(digit) for digit in range(10)) >= (1 if period_s == 300 else 2)
    assert min(tens.count(digit) for digit in range(6)) >= 2


def test_a_period_shorter_than_a_minute_is_looked_at_at_once() -> None:
    assert steer.best_moment([], 1000, 10) == 1000


def test_a_look_stays_away_from_the_change_of_a_minute() -> None:
    assert steer.best_moment([], 36_000, 900) % 60 == 30

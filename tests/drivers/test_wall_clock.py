"""A time told in whole seconds, and how far the clock that told it may be from ours."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from drivers.exchange import Exchange
from drivers.model import Reply
from drivers.wall_clock import second_offset_s

EPOCH = datetime(2026, 11, 27, tzinfo=UTC)


def told(received_at: datetime, trip_s: float) -> Exchange:
    return Exchange(Reply("time", "/time", 200, "", b"", trip_s), True, received_at)


@given(
    ahead_s=st.floats(-5000, 5000),
    asked_s=st.floats(0, 2),
    trip_s=st.floats(0, 3),
    answered_share=st.floats(0, 1),
    tick_age_s=st.floats(0, 0.0099),
)
def test_the_truth_is_within_the_uncertainty_wherever_the_second_and_the_tick_fell(
    ahead_s: float, asked_s: float, trip_s: float, answered_share: float, tick_age_s: float
) -> None:
    device_s = ahead_s + asked_s + trip_s * answered_share
    said = EPOCH + timedelta(seconds=math.floor(device_s - tick_age_s))
    received_at = EPOCH + timedelta(seconds=asked_s + trip_s)
    offset_s, uncertainty_s = second_offset_s(said, told(received_at, trip_s))
    assert abs(offset_s - ahead_s) <= uncertainty_s <= 0.51 + trip_s / 2


def test_a_second_that_began_within_the_last_tick_is_still_told_as_the_one_before() -> None:
    """ipycam, which asks time(): 4 ms into a second it told the one before, and seemed 504 ms behind."""
    received_at = EPOCH + timedelta(seconds=1.004)
    offset_s, uncertainty_s = second_offset_s(EPOCH, told(received_at, 0.0))
    assert abs(offset_s) <= uncertainty_s

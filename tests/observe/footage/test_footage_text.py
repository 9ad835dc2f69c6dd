"""The memory of footage survives its text, and stays small."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sites import DAY, NOW

from agent.observe.footage.compact import from_data, to_data
from agent.observe.footage.days import (
    CameraFootage,
    Change,
    DatedValue,
    MonthAsked,
    RecordedDay,
    chain_head,
    first_anchor,
)
from agent.observe.footage.join import GAPS_MAX
from agent.observe.footage.sizes import NOTED_MAX
from drivers.footage import Schedule, SchedulePeriod

TODAY = date(2026, 11, 24)
CHANGE = Change("vanished", NOW, TODAY - 5 * DAY, TODAY - 5 * DAY, "86400", "79200", 7200)
PLAN = Schedule((SchedulePeriod(0, 0, 86_400, "continuous"), SchedulePeriod(6, 3600, 7200, "motion")), True, 40 * DAY)


def full(name: str, seed: int, days: int = 92) -> CameraFootage:
    """Return a memory with everything in it: digests, sizes, and as many holes as are kept."""
    dice = random.Random(seed)
    rows = []
    for ago in reversed(range(days)):
        gaps = GAPS_MAX // days + (ago < GAPS_MAX % days)
        cuts = sorted(dice.sample(range(86_400), 2 * gaps))
        placed = tuple(zip(cuts[::2], cuts[1::2], strict=True))
        rows.append(
            RecordedDay(
                TODAY - ago * DAY, dice.randrange(70_000, 86_400), placed, 12 + gaps, "segments",
                dice.randbytes(12).hex(), dice.randrange(10**10, 10**11), NOW.replace(second=0) - ago * DAY, True,
            )
        )  # fmt: skip
    anchor = first_anchor(name)
    return CameraFootage(
        name, "device:recorder 12 Asia/Shanghai", NOW, NOW - 80 * DAY, NOW - DAY, tuple(rows), NOW - 91 * DAY, NOW,
        NOW - 95 * DAY, -3.4, tuple(MonthAsked(2026, month, NOW) for month in (8, 9, 10, 11)), PLAN, anchor, 17,
        chain_head(anchor, rows), NOW.replace(second=0), (CHANGE,), (replace(CHANGE, kind="formatted", after=""),),
        tuple(DatedValue(TODAY - ago * DAY, 4096 + ago) for ago in reversed(range(NOTED_MAX))),
        tuple(DatedValue(TODAY - ago * DAY, 4 * 10**12 + ago) for ago in reversed(range(NOTED_MAX))),
    )  # fmt: skip


def through_text(footage: CameraFootage) -> CameraFootage:
    return from_data(json.loads(json.dumps(to_data(footage))))


def test_the_memory_survives_its_text() -> None:
    footage = full("gate", 1)
    assert through_text(footage) == footage


def test_an_empty_memory_survives_its_text() -> None:
    anchor = first_anchor("gate")
    empty = CameraFootage("gate", "device:box 1 UTC", NOW, NOW, NOW, anchor=anchor, sealed_head=anchor)
    assert through_text(empty) == empty


def test_a_text_of_before_there_were_bitrates_is_still_understood() -> None:
    footage = full("gate", 1)
    older = {name: value for name, value in to_data(footage).items() if name not in ("bitrates", "capacities")}
    assert from_data(older) == replace(footage, bitrates=(), capacities=())


@pytest.mark.parametrize(
    "row",
    [
        RecordedDay(TODAY, 0),
        RecordedDay(TODAY, 0, ((0, 86_400),), 1),
        RecordedDay(TODAY, 86_400),
        RecordedDay(TODAY, 86_400, level="segments", read_at=NOW),
        RecordedDay(TODAY, 80_000, (), 9, "segments", "", 0, NOW, True),
    ],
)
def test_every_kind_of_day_survives_its_text_and_days_may_be_missing_between(row: RecordedDay) -> None:
    anchor = first_anchor("gate")
    rows = (replace(row, day=TODAY - 3 * DAY), row)
    footage = CameraFootage("gate", "x", NOW, NOW, NOW, rows, anchor=anchor)
    footage = replace(footage, sealed_head=chain_head(anchor, (one for one in rows if one.sealed)))
    assert through_text(footage) == footage


def test_64_cameras_with_90_days_of_everything_take_less_than_400_kb() -> None:
    text = json.dumps([to_data(full(f"camera-{n:02}", n)) for n in range(64)])
    assert len(text) < 400_000


def test_times_that_few_cameras_have_survive_the_text_and_take_no_room_elsewhere() -> None:
    footage = replace(full("gate", 1), run_at=NOW - 3 * DAY, run_moved_at=NOW - DAY, clock_moved_at=NOW - 2 * DAY)
    assert through_text(footage) == footage
    assert not {"run_at", "run_moved_at", "clock_moved_at"} & set(to_data(full("gate", 1)))


def test_moments_keep_their_fraction_of_a_second() -> None:
    footage = replace(full("gate", 1), oldest_at=NOW + timedelta(microseconds=123_457))
    assert through_text(footage).oldest_at == footage.oldest_at


@pytest.mark.parametrize(
    "damage",
    [
        {"times": [1, 2]}, {"times": [None] * 7}, {"days": "2"}, {"days": "2,many"}, {"days": "2,5,6,x,7,8,9"},
        {"first_day": "never"}, {"anchor": "not hex"}, {"changes": [["vanished"]]}, {"months": [[1]]},
        {"schedule": [1]}, {"bitrates": [["x", 1]]}, {"days": "1,2,,,0,1,3"},
    ],
)  # fmt: skip
def test_a_text_of_something_else_is_refused(damage: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        from_data({**to_data(full("gate", 1, 2)), **damage})

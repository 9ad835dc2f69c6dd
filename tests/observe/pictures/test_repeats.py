"""Whether a moment of footage that was opened twice showed one picture: to the noise, or it is not told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from imprints import imprint
from sites import DAY, NOW, camera, picture, site

from agent.observe.pictures.judge import judge_pictures
from agent.observe.pictures.kept_turns import from_data, to_data
from agent.observe.pictures.repeats import is_repeated
from agent.observe.pictures.turns import PathResult
from drivers.footage import Opening
from drivers.model import Picture
from drivers.picture import FootageOpened
from masking.model import Job, Judged, WorkerError, Zone
from masking.view.likeness import GRAIN_BITS

FLOOR_AT = NOW - 30 * DAY
FLOOR = Picture("gate", "playback", FLOOR_AT, b"first", "h264", opening=Opening("floor", FLOOR_AT))
AGAIN = replace(FLOOR, data=b"again", opening=Opening("again", FLOOR_AT))
OLDEST = replace(FLOOR, opening=None)


def noisier(bits: str, share: float) -> str:
    """Return an imprint of which this share of the grain, its last bits, is inverted."""
    count = round(GRAIN_BITS * share)
    return f"{int(bits, 16) ^ ((1 << count) - 1):0{len(bits)}x}"


ONE = imprint(1, 1)


@pytest.mark.parametrize(
    ("again", "expected"),
    [
        (ONE, True),
        (noisier(ONE, 0.01), True),
        (noisier(ONE, 0.03), None),
        (noisier(ONE, 0.06), False),
        (imprint(1, 2), False),
        (imprint(2, 1), False),
        ("", None),
    ],
    ids=["same", "nearly", "between", "other noise", "other moment", "other scene", "nothing shown"],
)
def test_one_picture_is_equal_to_the_noise(again: str, expected: bool | None) -> None:
    assert is_repeated(ONE, again) is expected
    assert is_repeated(again, ONE) is expected


def judged(*pictures: Picture, again: str = imprint(1, 2), asked: list[Job] | None = None) -> FootageOpened:
    """Judge pictures of which those with the bytes `again` have this imprint, and return the last one's value."""

    def judge(job: Job) -> Judged:
        if asked is not None:
            asked.append(job)
        if job.data == b"broken":
            raise WorkerError("malformed")
        return Judged(640, 360, 90.0, 40.0, imprint=bytes.fromhex(again if job.data == b"again" else ONE))

    values = [one.value for one in judge_pictures(site(camera()), pictures, judge)]
    (last,) = [one for one in values if isinstance(one, FootageOpened) and one.name == "again"]
    return last


@pytest.mark.parametrize("first", [FLOOR, OLDEST, replace(FLOOR, opening=Opening("drawn", FLOOR_AT))])
def test_a_moment_is_compared_with_the_picture_that_came_for_it_before(first: Picture) -> None:
    neighbour = replace(FLOOR, data=b"again", opening=Opening("newest", NOW))
    assert judged(neighbour, first, AGAIN).repeats is False
    assert judged(neighbour, first, AGAIN, again=ONE).repeats is True


def test_its_zones_are_not_judged_a_second_time_and_its_imprint_is_compared_with_live_pictures_too() -> None:
    asked: list[Job] = []
    found = judged(FLOOR, AGAIN, asked=asked)
    assert asked[-1] == Job(b"again", "h264", device="box", camera="gate")
    assert any(isinstance(zone, Zone) for job in asked[:-1] for zone in job.zones)
    assert (found.imprint, found.at, found.asked_at) == (imprint(1, 2), FLOOR_AT, FLOOR_AT)


@pytest.mark.parametrize(("apart_s", "expected"), [(0.2, False), (2.0, None)])
def test_pictures_that_the_recorder_dates_otherwise_are_of_two_moments_and_tell_nothing(
    apart_s: float, expected: bool | None
) -> None:
    first = replace(FLOOR, dated=True)
    again = replace(AGAIN, dated=True, taken_at=FLOOR_AT + timedelta(seconds=apart_s))
    assert judged(first, again).repeats is expected


def test_a_picture_that_is_no_picture_the_second_time_did_not_open() -> None:
    found = judged(FLOOR, replace(AGAIN, data=b"broken"))
    assert (found.at, found.repeats, found.reason) == (None, None, "worker: malformed")


def test_without_a_picture_before_nothing_is_told() -> None:
    assert judged(AGAIN).repeats is None


NEWEST = replace(FLOOR, taken_at=NOW, opening=Opening("newest", NOW))


def several(*pictures: Picture) -> list[datetime | None]:
    """Judge pictures, all with one imprint but for those with the bytes `again`; return what each moment is same as."""

    def judge(job: Job) -> Judged:
        return Judged(640, 360, 90.0, 40.0, imprint=bytes.fromhex(imprint(1, 2) if job.data == b"again" else ONE))

    values = [one.value for one in judge_pictures(site(camera()), pictures, judge)]
    return [one.same_as_at for one in values if isinstance(one, FootageOpened)]


def test_one_picture_for_moments_of_several_days_is_told_of_each_behind_the_first() -> None:
    drawn = replace(FLOOR, taken_at=NOW - 9 * DAY, opening=Opening("drawn", NOW - 9 * DAY))
    assert several(FLOOR, drawn, NEWEST) == [None, FLOOR_AT, FLOOR_AT]
    assert several(OLDEST, NEWEST) == [FLOOR_AT], "the oldest is a moment too"
    assert several(FLOOR, replace(NEWEST, data=b"again")) == [None, None]
    assert several(FLOOR, replace(NEWEST, camera_id="yard")) == [None, None], "that is another camera's"


def test_the_same_bytes_are_enough_where_a_picture_shows_too_little_to_be_compared() -> None:
    def judge(job: Job) -> Judged:
        if job.data == b"broken":
            raise WorkerError("malformed")
        return Judged(640, 360, 90.0, 40.0)

    def told(*pictures: Picture) -> list[datetime | None]:
        values = [one.value for one in judge_pictures(site(camera()), pictures, judge)]
        return [one.same_as_at for one in values if isinstance(one, FootageOpened)]

    assert told(FLOOR, NEWEST) == [None, FLOOR_AT]
    assert told(OLDEST, NEWEST) == [FLOOR_AT]
    assert told(FLOOR, replace(NEWEST, data=b"again")) == [None, None], "it is dark: that is no picture of another day"
    assert told(replace(FLOOR, data=b"broken"), replace(NEWEST, data=b"broken")) == [None, None], "neither opened"


@pytest.mark.parametrize(("apart", "told"), [(timedelta(minutes=59), False), (timedelta(hours=1), True)])
def test_moments_that_are_near_each_other_may_show_one_picture(apart: timedelta, told: bool) -> None:
    near = replace(FLOOR, taken_at=FLOOR_AT + apart, opening=Opening("drawn", FLOOR_AT + apart))
    assert several(FLOOR, near) == [None, FLOOR_AT if told else None]


@pytest.mark.parametrize(("at", "told"), [(FLOOR_AT, False), (NOW, True)])
def test_a_recorder_that_dates_both_alike_says_itself_that_another_moment_came(at: datetime, told: bool) -> None:
    first, other = replace(FLOOR, dated=True), replace(NEWEST, dated=True, taken_at=at)
    assert several(first, other) == [None, FLOOR_AT if told else None]


def test_one_picture_for_several_moments_has_its_turn_again_in_an_hour_and_is_remembered() -> None:
    one = FootageOpened("newest", NOW, NOW, same_as_at=FLOOR_AT)
    turn = PathResult("gate", "playback", NOW, "", "", seen=picture("playback"), opened=(one,))
    assert not turn.came
    data = json.loads(json.dumps(to_data(turn)))
    assert from_data(data) == turn
    del data["opened"][0]["same_as_at"]
    assert from_data(data).opened == (replace(one, same_as_at=None),), "what the release before has written"


@pytest.mark.parametrize(("repeats", "came"), [(True, True), (None, True), (False, False)])
def test_two_pictures_of_one_moment_have_their_turn_again_in_an_hour_and_are_remembered(
    repeats: bool | None, came: bool
) -> None:
    again = FootageOpened("again", FLOOR_AT, FLOOR_AT, repeats=repeats)
    turn = PathResult("gate", "playback", NOW, "", "", seen=picture("playback"), opened=(again,))
    assert turn.came is came
    assert from_data(json.loads(json.dumps(to_data(turn)))) == turn

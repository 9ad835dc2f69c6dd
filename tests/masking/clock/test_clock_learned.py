"""A clock is learned from looks of known times and read in other pictures; what is not plain is refused."""

from datetime import datetime, timedelta
from functools import cache

import clock_pictures as pictures
import cv2
import numpy as np
import pytest

from masking.clock import kept, learn, read, steer, strip
from masking.clock.glyphs import Glyphs

START = datetime.fromisoformat("2026-11-03T08:20:00+00:00")
BEFORE = datetime.fromisoformat("2026-10-17T21:43:58+00:00")


def moments(count: int = 36, start: datetime = START) -> list[datetime]:
    begin, chosen = int(pictures.second_of(start)), list[int]()
    for number in range(count):
        chosen.append(steer.best_moment(chosen, begin + 900 * number, 900) + number * 7 % 20 - 10)
    return [pictures.EPOCH + timedelta(seconds=at) for at in chosen]


def strip_of(picture: pictures.Picture) -> strip.Strip:
    return strip.strip_of(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8))


def looks(known: list[datetime], form: str = "%Y-%m-%d %H:%M:%S", ahead_s: int = 0) -> list[learn.Look]:
    return [
        learn.Look(pictures.second_of(at) + 0.4, strip_of(pictures.shown_at(at + timedelta(seconds=ahead_s), form)))
        for at in known
    ]


@cache
def learned(form: str = "%Y-%m-%d %H:%M:%S") -> Glyphs:
    found = learn.learn(looks(moments(), form))
    assert found.glyphs is not None, found.refusal
    return kept.decode(kept.encode(found.glyphs))


@pytest.mark.parametrize("minutes", range(0, 60 * 24, 97))
def test_a_picture_of_a_month_before_is_read_with_its_date(minutes: int) -> None:
    at = BEFORE - timedelta(minutes=minutes)
    told = read.read_clock(strip_of(pictures.shown_at(at)), learned())
    assert told is not None
    assert (told.second, told.whole_day, told.day) == (int(pictures.second_of(at)) % 86_400, True, at.date())


@pytest.mark.parametrize(("form", "order"), [("%m/%d/%Y %H:%M:%S", "mdy"), ("%d-%m-%Y %H:%M:%S", "dmy")])
def test_the_order_of_a_date_is_learned(form: str, order: str) -> None:
    date = learned(form).date
    assert date is not None
    assert date.order == order
    told = read.read_clock(strip_of(pictures.shown_at(BEFORE, form)), learned(form))
    assert told is not None
    assert told.day == BEFORE.date()


def test_a_constant_second_is_found_and_a_clock_that_is_minutes_off_is_not_learned() -> None:
    found = learn.learn(looks(moments(), ahead_s=1))
    assert found.glyphs is not None
    assert found.ahead_s == pytest.approx(1, abs=0.6)
    assert learn.learn(looks(moments(), ahead_s=211)).glyphs is None


def test_a_clock_of_twelve_hours_never_tells_the_half_of_the_day() -> None:
    form = "%Y-%m-%d %I:%M:%S"
    assert learned(form).hours == "12"
    told = read.read_clock(strip_of(pictures.shown_at(BEFORE, form)), learned(form))
    assert told is not None
    assert not told.whole_day
    assert told.second == int(pictures.second_of(BEFORE)) % 43_200


def test_a_clock_taught_in_the_morning_is_undecided_and_tells_a_half_only_where_the_hour_proves_it() -> None:
    begin = START.replace(hour=2)
    morning = [at for at in moments(44, begin) if at < START.replace(hour=12, minute=59)]
    found = learn.learn(looks(morning))
    assert found.glyphs is not None
    assert found.glyphs.hours == "undecided"
    evening = read.read_clock(strip_of(pictures.shown_at(BEFORE)), found.glyphs)
    assert evening is not None
    assert evening.whole_day, "21 stands on no clock of twelve hours"
    noon = read.read_clock(strip_of(pictures.shown_at(BEFORE.replace(hour=9))), found.glyphs)
    assert noon is not None
    assert not noon.whole_day


@pytest.mark.parametrize("face", ["sans", "italic"])
@pytest.mark.parametrize("hour", [1, 9, 13, 22])
def test_another_drawing_is_refused(face: str, hour: int) -> None:
    picture = pictures.shown_at(BEFORE.replace(hour=hour), face=face)
    assert read.read_clock(strip_of(picture), learned()) is None


@pytest.mark.parametrize("form", ["", "camera 07 east gate", "%Y-%m-%d --:--:--", "%Y-%m-%d %H:%M:%S"])
def test_no_clock_other_text_and_one_that_stands_elsewhere_are_refused(form: str) -> None:
    at_px = 330 if form == "%Y-%m-%d %H:%M:%S" else 12
    assert read.read_clock(strip_of(pictures.shown_at(BEFORE, form, at_px=at_px)), learned()) is None


@pytest.mark.parametrize("column", range(100, 205, 8))
def test_a_clock_of_which_a_part_is_covered_is_refused_or_read_rightly(column: int) -> None:
    picture = pictures.shown_at(BEFORE)
    picture[10:36, column : column + 14] = 128
    told = read.read_clock(strip_of(picture), learned())
    assert told is None or told.second == int(pictures.second_of(BEFORE)) % 86_400


def test_another_size_of_picture_is_refused() -> None:
    larger = cv2.resize(pictures.shown_at(BEFORE), (1280, 720))
    assert read.read_clock(strip_of(np.asarray(larger, np.uint8)), learned()) is None


def test_looks_that_never_show_a_digit_teach_nothing() -> None:
    quarters = [START.replace(second=0) + timedelta(minutes=15 * number) for number in range(20)]
    assert learn.learn(looks(quarters)).glyphs is None


def test_few_looks_and_looks_of_two_sizes_teach_nothing() -> None:
    some = looks(moments(11))
    assert learn.learn(some).refusal == "few-looks"
    known = moments(14)
    mixed = looks(known[:13])
    odd = cv2.resize(pictures.shown_at(known[13]), (704, 576))
    mixed.append(learn.Look(pictures.second_of(known[13]), strip_of(np.asarray(odd, np.uint8))))
    assert learn.learn(mixed).refusal == "sizes-differ"

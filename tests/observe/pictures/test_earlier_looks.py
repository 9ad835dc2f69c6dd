"""What looks leave is held in memory for the camera it is of, counts once and for a day, and is shown nowhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sites import DAY, NOW, SQUARE, ZONE, camera, observed, site

from agent.observe.pictures.earlier_looks import APART, EarlierLooks, Taken, ZonePlace
from drivers.model import Mask, Masks
from masking.looks.kept import MOST_KEPT
from masking.model import Verdict

GATE = ZonePlace("gate", "sub", ZONE.name)
MINUTE = timedelta(minutes=1)
SITE = site(camera(), camera("yard"))
MASKS = observed("camera:gate", Masks((Mask("m1", SQUARE, "Color", True),)))


def taken(number: int) -> Taken:
    return Taken(NOW + number * MINUTE, f"{number:064x}")


def left(number: int, verdict: str = "PASS") -> Verdict:
    return Verdict(ZONE.name, verdict, "solid", evidence=b"look %d" % number)  # type: ignore[arg-type]


def after(*verdicts: str, place: ZonePlace = GATE) -> EarlierLooks:
    looks = EarlierLooks()
    for number, verdict in enumerate(verdicts):
        looks.keep(place, taken(number), left(number, verdict))
    return looks


def test_the_newest_looks_come_back_oldest_first() -> None:
    looks = after(*["PASS"] * 9)
    assert looks.of(GATE, taken(9)) == tuple(b"look %d" % number for number in range(9))[-MOST_KEPT:]


@pytest.mark.parametrize(
    "other",
    [replace(GATE, camera_id="yard"), replace(GATE, path="main"), replace(GATE, zone="z"), replace(GATE, preset="p")],
)
def test_of_another_camera_path_zone_or_preset_nothing_comes_back(other: ZonePlace) -> None:
    assert after("PASS", "PASS").of(other, taken(9)) == ()


def test_the_same_bytes_are_no_second_look() -> None:
    looks = after("PASS")
    again = replace(taken(0), at=NOW + 5 * MINUTE)
    assert looks.of(GATE, again) == ()
    looks.keep(GATE, again, left(7))
    assert looks.of(GATE, taken(9)) == (b"look 0",)


def test_pictures_within_two_seconds_are_one_look() -> None:
    looks = after("PASS")
    soon = Taken(NOW + APART - timedelta(milliseconds=1), "f" * 64)
    assert looks.of(GATE, soon) == ()
    looks.keep(GATE, soon, left(7))
    assert looks.of(GATE, taken(9)) == (b"look 0",)


def test_looks_count_for_a_day_and_none_from_the_future() -> None:
    looks = after("PASS")
    assert looks.of(GATE, Taken(NOW + DAY, "a")) == (b"look 0",)
    assert looks.of(GATE, Taken(NOW + DAY + MINUTE, "a")) == ()
    assert looks.of(GATE, Taken(NOW - MINUTE, "a")) == ()


def test_a_zone_that_was_bare_is_forgotten_after_two_looks_that_do_not_fail() -> None:
    assert after("FAIL", "PASS").of(GATE, taken(9)) == (b"look 0", b"look 1")
    assert after("FAIL", "PASS", "PASS").of(GATE, taken(9)) == (b"look 1", b"look 2")
    assert after("PASS", "FAIL", "FAIL").of(GATE, taken(9)) == (b"look 0", b"look 1", b"look 2")


def test_what_could_not_be_measured_leaves_nothing() -> None:
    looks = EarlierLooks()
    looks.keep(GATE, taken(0), Verdict(ZONE.name, "UNSURE", "too-small"))
    assert looks.of(GATE, taken(1)) == ()


def test_looks_end_with_their_basis() -> None:
    looks = after("PASS", "PASS")
    looks.rest_on(SITE, MASKS)
    looks.rest_on(SITE, ())
    looks.rest_on(SITE, MASKS)
    assert looks.of(GATE, taken(9)) != ()
    looks.rest_on(SITE, observed("camera:gate", Masks((Mask("m1", SQUARE, "Pixelated", True),))))
    assert looks.of(GATE, taken(9)) == ()
    looks = after("PASS")
    looks.rest_on(SITE, MASKS)
    looks.rest_on(site(camera(zones=(replace(ZONE, color="#ffffff"),))), MASKS)
    assert looks.of(GATE, taken(9)) == ()


def test_looks_that_were_set_aside_come_back_and_those_in_between_are_dropped() -> None:
    looks = after("PASS")
    looks.keep(replace(GATE, camera_id="yard"), taken(0), left(5))
    aside = looks.set_aside({"gate"})
    assert looks.of(GATE, taken(9)) == ()
    assert looks.of(replace(GATE, camera_id="yard"), taken(9)) == (b"look 5",)
    looks.keep(GATE, taken(1), left(1))
    looks.put_back({"gate"}, aside)
    assert looks.of(GATE, taken(9)) == (b"look 0",)


def test_no_byte_of_a_look_is_in_a_text() -> None:
    verdict = replace(left(0), together=left(1))
    assert "look" not in repr(verdict)
    assert "look 0" not in repr(after("PASS"))
    assert repr(after("PASS")._held).count("look 0") == 0

"""Of the looks of a day different light is held, so that what is drawn is still proven at the end of a night."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Literal

import numpy as np
import pictures
import pytest
from filled_masks import DESK, Filled, coded, masked, sensed
from pictures import Picture
from sites import NOW

from agent.observe.pictures.earlier_looks import KEPT, EarlierLooks, Taken, ZonePlace
from masking.looks.evidence_format import (
    BORDER_STRETCHES,
    CHANGE_BYTES,
    CHANGE_CELLS,
    NO_MOMENT,
    REST_BYTES,
    Single,
    pack,
)
from masking.looks.kept import MOST_KEPT, NEWEST, chosen
from masking.looks.together import judge_looks
from masking.model import Effect, Verdict, Zone

PLACE = ZonePlace("gate", "sub", "desk")
EACH_DAY = 12
"""Looks of a day here, one each two hours; a daemon has eight times as many."""

NIGHT = 0.4


def light_at(look: int) -> float:
    """Sun from six to six; at night one lamp, which does not change."""
    hour = look % EACH_DAY * 24 / EACH_DAY
    return NIGHT + 0.7 * max(0.0, math.sin((hour - 6) / 12 * math.pi)) + 0.004 * (look % 3)


def told(looks: list[Picture], zone: Zone) -> Iterator[tuple[Verdict, int]]:
    """Judge looks as the daemon does; yield each verdict, and how many bytes are held for the zone."""
    held = EarlierLooks()
    for number, picture in enumerate(looks):
        taken = Taken(NOW + number * timedelta(days=1) / EACH_DAY, f"{number:064x}")
        verdict = judge_looks(picture, replace(zone, earlier=held.of(PLACE, taken)))
        held.keep(PLACE, taken, verdict)
        assert verdict.together is not None
        yield verdict.together, sum(map(len, held.of(PLACE, Taken(taken.at + KEPT / 2, "a"))))


@cache
def days_of(kind: Filled, opacity: float = 1.0, bare_px: int = 0) -> list[Picture]:
    """Looks from midnight over a day, and through the night after it until six."""
    return masked(kind, tuple(light_at(look) for look in range(EACH_DAY + 4)), opacity, bare_px)


@pytest.mark.parametrize("kind", ["two", "slope", "hatch"])
def test_a_mask_of_any_fill_stays_proven_through_the_night(kind: Filled) -> None:
    verdicts = [(one.verdict, size) for one, size in told(days_of(kind), Zone("desk", DESK))]
    assert {verdict for verdict, _ in verdicts[6:]} == {"PASS"}, "once the sun has been up, and from then on"
    assert verdicts[2][0] == "UNSURE", "in its first night nothing has changed yet"
    assert max(size for _, size in verdicts) <= MOST_KEPT * 2400


def test_by_the_newest_looks_alone_it_would_be_open_again() -> None:
    left: tuple[bytes, ...] = ()
    zone, verdicts = Zone("desk", DESK), []
    for picture in days_of("slope"):
        answer = judge_looks(picture, replace(zone, earlier=left))
        left = (*left, answer.evidence)[-MOST_KEPT:]
        assert answer.together is not None
        verdicts.append(answer.together.verdict)
    assert (verdicts[6], verdicts[-1]) == ("PASS", "UNSURE")


@pytest.mark.parametrize("opacity", [0.0, 0.85, 0.96])
def test_what_the_scene_shines_through_never_passes(opacity: float) -> None:
    assert "PASS" not in {one.verdict for one, _ in told(days_of("two", opacity), Zone("desk", DESK))}


def test_a_fill_that_leaves_a_strip_bare_never_passes() -> None:
    assert "PASS" not in {one.verdict for one, _ in told(days_of("slope", bare_px=12), Zone("desk", DESK))}


def test_a_mask_that_is_taken_off_fails_as_soon_as_before() -> None:
    """The looks of another light that are held still show it hidden: they must not outvote what is seen now."""
    bare = [coded(sensed(pictures.scene(21), NIGHT, 100 + number)) for number in range(4)]
    looks = days_of("two")[: EACH_DAY - 1]
    verdicts = [one.verdict for one, _ in told([*looks, *bare], Zone("desk", DESK))]
    assert "FAIL" in verdicts[-4:-1]
    assert verdicts[-1] == "FAIL"


def look(light: int, judge: Effect | Literal[""] = "color", border: bool = True) -> bytes:
    level = np.full(CHANGE_CELLS, 50, ">u2")
    level[-BORDER_STRETCHES:] = light if border else 0
    single = Single(bytes(8), NO_MOMENT, "UNSURE", judge, True, False, 0.5)
    return pack(single, bytes(REST_BYTES), bytes(CHANGE_BYTES), level.tobytes())


def test_the_darkest_and_the_brightest_stay_beside_the_newest() -> None:
    looks = [look(light) for light in (90, 20, 60, 200, 70, 50, 51, 52)]
    assert chosen(looks) == (1, 3, 5, 6, 7)
    assert chosen(looks[:MOST_KEPT]) == tuple(range(MOST_KEPT)), "there is room"


def test_of_looks_of_one_light_the_later_ones_stay() -> None:
    assert chosen([look(60)] * 9) == (4, 5, 6, 7, 8)


def test_a_flash_of_light_takes_one_place_and_no_more() -> None:
    held: list[bytes] = []
    for number in range(40):
        held.append(look(30_000 if number == 3 else 60 + number % 7))
        held = [held[at] for at in chosen(held)]
        assert len(held) == min(number + 1, MOST_KEPT)
    assert held[-NEWEST:] == [look(60 + number % 7) for number in (37, 38, 39)]


@pytest.mark.parametrize(
    "newest", [look(60, "pixelated"), look(60, "blurred"), look(60, border=False), b"", b"x" * 2307, b"look 9"]
)
def test_of_a_mosaic_a_blur_and_of_what_is_no_look_the_newest_stay(newest: bytes) -> None:
    looks = [look(light) for light in (10, 200, 60, 61, 62, 63)]
    assert chosen([*looks, newest]) == (2, 3, 4, 5, 6)

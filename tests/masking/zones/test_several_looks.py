"""A blur too weak to hide takes the sensor's noise away as a strong one does: several looks must not pass it for that.

Played on courses of places that forests learn on, from rendering to encoder, as `tests/bench/masks.py` films them.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from masking.model import Effect, Verdict
from masking.zones.opinions import BLUR_MIN_SIGMA

BENCH = Path(__file__).resolve().parents[2] / "bench"
CASES = {
    "blurred": ("blur-1", "blur-1.5", "blur-4", "blur-6", "blur-10"),
    "pixelated": ("mosaic-shift-5%", "mosaic-8", "mosaic-12", "mosaic-16", "mosaic-24"),
}


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """What judges the zone that a course has at a number, look by look: its case and the joined verdicts."""
    monkeypatch.setattr(sys, "path", [str(BENCH), *sys.path])
    cases, courses, places, looking, verdicts = (
        importlib.import_module(f"scenes.{name}") for name in ("cases", "courses", "places", "looking", "verdicts")
    )
    monkeypatch.setattr(courses, "CACHE", tmp_path)
    by_name = {place.name: place for place in places.places()}

    def judge(place: str, number: int, at: int, effect: Effect = "blurred") -> tuple[str, list[Verdict]]:
        wanted = tuple(case for case in cases.CASES if case.name in CASES[effect])
        film = courses.film(courses.course(by_name[place], number, wanted))
        spot = film.course.spots[at]
        zone = verdicts.zone_of(spot, film.boxes[at], effect)
        return spot.case.name, list(looking.judge_each(film.pictures, zone))

    return judge


def numbers(verdict: Verdict) -> dict[str, float]:
    return dict(verdict.numbers)


@pytest.mark.parametrize(("place", "number", "at"), [("rendered-32", 1000, 5), ("rendered-1", 1001, 3)])
def test_several_looks_do_not_pass_a_blur_too_weak_to_hide(judged: Any, place: str, number: int, at: int) -> None:
    """It is measured as strong enough, the place's own detail being coarse, and nothing changes in it."""
    case, looks = judged(place, number, at)
    assert case == "blur-1.5"
    assert numbers(looks[-1])["sigma_px"] > BLUR_MIN_SIGMA
    assert numbers(looks[-1])["change_inside"] < -1
    assert "PASS" not in [one.verdict for one in looks]


@pytest.mark.parametrize(("place", "number", "at"), [("rendered-1", 2001, 3), ("rendered-6", 2001, 5)])
def test_one_sure_look_of_six_does_not_pass_a_mosaic_beside_its_zone(
    judged: Any, place: str, number: int, at: int
) -> None:
    """The five others see no texture around it and tell nothing, and their odds are low."""
    case, looks = judged(place, number, at, "pixelated")
    assert case == "mosaic-shift-5%"
    assert [one.verdict for one in looks] == ["UNSURE"] * 6


@pytest.mark.parametrize(
    ("place", "number", "at", "case"),
    [("rendered-7", 1000, 3, "blur-4"), ("rendered-41", 1000, 5, "blur-6"), ("rendered-25", 1000, 0, "blur-10")],
)
def test_several_looks_prove_a_strong_blur_and_one_that_leaves_nothing_to_see(
    judged: Any, place: str, number: int, at: int, case: str
) -> None:
    found, looks = judged(place, number, at)
    assert found == case
    assert (looks[-1].verdict, looks[-1].reason) == ("PASS", "several-looks")

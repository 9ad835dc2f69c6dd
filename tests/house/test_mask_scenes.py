"""What the bench of masks films is what it says: labels, surfaces and codecs, the same on every machine."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

BENCH = Path(__file__).resolve().parents[1] / "bench"


@pytest.fixture
def scenes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The modules of a bench as its scripts find them, with a cache of their own."""
    monkeypatch.setattr(sys, "path", [str(BENCH), *sys.path])
    courses = importlib.import_module("scenes.courses")
    monkeypatch.setattr(courses, "CACHE", tmp_path)
    return courses


def noise(seed: int) -> Any:
    """A place without two equal corners."""
    rough = np.random.default_rng(seed).integers(0, 256, (45, 80, 3), np.uint8)
    picture = np.asarray(cv2.resize(rough, (640, 360), interpolation=cv2.INTER_CUBIC), np.uint8)
    return importlib.import_module("scenes.places").Place(f"noise-{seed}", "test", lambda _: picture, False, False)


def insides(courses: Any, one: Any) -> list[Any]:
    """The middle of each zone of a course's first picture, before it is coded."""
    picture = courses.drawn(one)[0][0]
    height, width = picture.shape[:2]
    found = []
    for spot in one.spots:
        x, y = np.mean(spot.corners, 0) * (width, height)
        found.append(picture[int(y) - 4 : int(y) + 4, int(x) - 4 : int(x) + 4])
    return found


def test_a_third_of_the_zones_lies_on_a_bare_surface_whatever_is_drawn_by_lot(scenes: Any) -> None:
    for number in range(30):
        spots = scenes.course(noise(1), number).spots
        assert sum(spot.surface == "bare" for spot in spots) == 2 and len(spots) == 6


def test_nothing_of_a_place_is_in_an_opaque_mask_of_one_colour_and_something_is_in_a_translucent_one(
    scenes: Any,
) -> None:
    cases = importlib.import_module("scenes.cases").CASES
    for opacity, alike in ((1.0, True), (0.7, False)):
        wanted = tuple(c for c in cases if c.kind == "solid" and c.strength == opacity and c.fill == "plain")
        wanted = tuple(c for c in wanted if not (c.overlay or c.shift or c.cover < 1))
        one = scenes.course(noise(1), 3, wanted)
        other = scenes.replace(one, place=noise(2))
        pairs = zip(insides(scenes, one), insides(scenes, other), strict=True)
        assert all(np.array_equal(here, there) is alike for here, there in pairs)


def test_a_course_is_filmed_once_and_comes_out_of_the_cache_as_it_was(scenes: Any, tmp_path: Path) -> None:
    one = scenes.course(noise(1), 5)
    film = scenes.film(one)
    kept = sorted(path.name for path in tmp_path.iterdir())
    again = scenes.film(scenes.course(noise(1), 5))
    assert len(kept) == 2 and sorted(path.name for path in tmp_path.iterdir()) == kept
    assert all(np.array_equal(a, b) for a, b in zip(film.pictures, again.pictures, strict=True))


def test_each_codec_and_quality_gives_six_pictures_of_the_size_that_went_in(scenes: Any) -> None:
    codecs = importlib.import_module("scenes.codecs")
    pictures = [noise(number).frame(0) for number in range(6)]
    for quality in (*codecs.H264, *codecs.H265_FAST, codecs.H265_SLOW[0], *codecs.JPEG):
        out = list(codecs.decoded(codecs.encode(pictures, quality)))
        assert [picture.shape for picture in out] == [(360, 640, 3)] * 6, quality.name

"""How a path frames the approved view: found where a picture proves it, in the ways in which paths differ; else not."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pictures
import pytest

from agent.demo.scene import scene
from masking.model import Polygon
from masking.view import baseline, framing, picture
from masking.view.bars import both_sides, find_bars
from masking.view.model import AS_APPROVED, NO_BARS, Bars, Framing, FramingJob, FramingSeen
from masking.view.register import register

MASK: Polygon = ((0.55, 0.2), (0.8, 0.2), (0.8, 0.5), (0.55, 0.5))
CORNERS: Polygon = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def full(place: str = "yard", n: int = 0, light: pictures.Light = "day") -> pictures.Picture:
    """The sensor's picture at one moment, 1280x720, with the camera's mask."""
    wide = cv2.resize(scene.scene(place, 5.0 + 37.0 * n), (1280, 720), interpolation=cv2.INTER_AREA)
    out = pictures.lit(np.asarray(wide, np.uint8), light, n)
    out[144:360, 704:1024] = 0
    return out


def sized(seen: pictures.Picture, width: int, height: int) -> pictures.Picture:
    return np.asarray(cv2.resize(seen, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def letterboxed(seen: pictures.Picture) -> pictures.Picture:
    out = np.zeros((576, 704, 3), np.uint8)
    out[90:486] = sized(seen, 704, 396)
    return out


def reference(place: str = "yard") -> bytes:
    seen = [picture.describe(sized(full(place, n), 640, 360), (MASK,)) for n in range(5)]
    return baseline.encode(picture.median(seen))


@pytest.fixture(scope="module")
def approved() -> bytes:
    return reference()


def seen_in(shown: pictures.Picture, approved: bytes, **asked: object) -> FramingSeen:
    return register(shown, FramingJob((approved,), (MASK,), **asked))  # type: ignore[arg-type]


WAYS: dict[str, tuple[Callable[[pictures.Picture], pictures.Picture], Framing]] = {
    "the same": (lambda p: sized(p, 640, 360), AS_APPROVED),
    "squeezed": (lambda p: sized(p, 704, 576), AS_APPROVED),
    "cut left and right": (
        lambda p: sized(np.asarray(p[:, 160:-160]), 640, 480),
        Framing(scale_x=4 / 3, offset_x=-1 / 6),
    ),
    "with bars": (letterboxed, Framing(scale_y=396 / 576, offset_y=90 / 576)),
    "mirrored": (lambda p: sized(np.asarray(p[:, ::-1]), 640, 360), Framing(mirrored=True)),
    "on its head": (lambda p: sized(np.asarray(p[::-1, ::-1]), 640, 360), Framing(turn_deg=180)),
    "corridor": (
        lambda p: sized(np.asarray(cv2.rotate(p, cv2.ROTATE_90_CLOCKWISE), np.uint8), 360, 640),
        Framing(turn_deg=90),
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_way_in_which_paths_differ_is_found_and_measured(approved: bytes, way: str) -> None:
    change, wanted = WAYS[way]
    seen = seen_in(change(full(n=7)), approved)
    assert (seen.state, seen.reason) == ("found", "tiles")
    assert seen.framing is not None
    assert (seen.framing.turn_deg, seen.framing.mirrored) == (wanted.turn_deg, wanted.mirrored)
    found, expected = framing.framed(seen.framing, CORNERS), framing.framed(wanted, CORNERS)
    assert np.abs(np.array(found) - np.array(expected)).max() < 0.01


@pytest.mark.parametrize("way", WAYS)
def test_what_was_found_is_confirmed_without_a_search(approved: bytes, way: str) -> None:
    change, wanted = WAYS[way]
    seen = seen_in(change(full(n=9)), approved, known=wanted, search=False)
    assert (seen.state, seen.framing) == ("found", wanted)


def test_a_known_framing_is_given_up_once_the_path_frames_otherwise(approved: bytes) -> None:
    change, cut = WAYS["cut left and right"]
    seen = seen_in(sized(full(n=7), 640, 360), approved, known=cut)
    assert (seen.state, seen.framing) == ("found", AS_APPROVED)
    assert seen_in(change(full(n=7)), approved, known=Framing(mirrored=True), search=False).state == "unknown"


def test_another_place_and_a_view_that_was_panned_are_no_framing(approved: bytes) -> None:
    assert seen_in(sized(full("canteen", 7), 640, 360), approved).state == "unknown"
    wide = cv2.resize(scene.scene("yard", 264.0), (1600, 900), interpolation=cv2.INTER_AREA)
    panned = sized(np.asarray(wide[100:820, 20:1300], np.uint8), 640, 360)
    centre = [sized(np.asarray(cv2.resize(scene.scene("yard", 5 + 37.0 * n), (1600, 900))[100:820, 160:1440]), 640, 360)
              for n in range(5)]  # fmt: skip
    there = baseline.encode(picture.median([picture.describe(one) for one in centre]))
    seen = register(panned, FramingJob((there,)))
    assert (seen.state, seen.reason, seen.hinted) == ("unknown", "no-match", False)


def test_a_pattern_that_repeats_proves_no_cut() -> None:
    fence = np.full((720, 1280, 3), 90, np.uint8)
    fence[:, ::40] = 200
    fence[::60] = 160
    for shift in range(12):
        fence[:, shift::40] = 140 + 5 * shift
    noise = pictures.lit(fence, "day", 3)
    there = baseline.encode(picture.median([picture.describe(sized(pictures.lit(fence, "day", n), 640, 360))
                                            for n in range(5)]))  # fmt: skip
    seen = register(sized(np.asarray(noise[90:630, 160:1120]), 640, 360), FramingJob((there,)))
    assert seen.framing in (None, AS_APPROVED)


def test_a_picture_without_texture_holds_what_is_known_and_finds_nothing(approved: bytes) -> None:
    blank = np.full((480, 640, 3), 30, np.uint8)
    cut = WAYS["cut left and right"][1]
    assert seen_in(blank, approved, known=cut).state == "held"
    seen = seen_in(blank, approved)
    assert (seen.state, seen.reason, seen.hinted) == ("unknown", "no-texture", True)


def test_without_an_approved_view_only_bars_are_told() -> None:
    seen = register(letterboxed(full()), FramingJob())
    assert (seen.state, seen.reason, seen.framing) == ("unknown", "no-reference", None)
    assert seen.bars.top == pytest.approx(90 / 576, abs=0.01) and seen.bars.bottom == pytest.approx(90 / 576, abs=0.01)


def test_bars_are_black_and_even_and_more_than_a_line() -> None:
    grey = picture.grey_of(sized(full(), 640, 360))
    assert find_bars(grey) == NO_BARS
    barred = grey.copy()
    barred[:, :40], barred[:, -40:] = 16, 16
    barred[20:34, 4:30] = 230  # a clock over the bar
    assert find_bars(barred) == Bars(left=40 / 640, right=40 / 640)
    assert both_sides(find_bars(barred))
    dark = np.full_like(grey, 12)
    assert find_bars(dark) == NO_BARS
    night = np.clip(np.random.default_rng(1).normal(14, 6, grey.shape), 0, 255).astype(np.uint8)
    night[200:] = grey[200:]
    assert find_bars(night) == NO_BARS, "a sensor's noise is no bar"

"""Picture quality: what is measured, what is learned, and what is called bad, unknown or hidden."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pictures
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masking.model import Polygon
from masking.quality import indicators, learning, measure
from masking.quality.learning import QualityMemory
from masking.view import baseline
from masking.view import picture as view_picture
from masking.view.model import LightMode, QualityJob, QualitySeen, ViewSeen

BEGUN_AT = datetime(2026, 11, 1, tzinfo=UTC)
OVERLAY: Polygon = ((0.0, 0.9), (0.5, 0.9), (0.5, 1.0), (0.0, 1.0))
SCENE = 31
USUAL = QualitySeen("day", 110, 45, 0.01, 0.0, -1.0, 0.5, 1.0, 2.0, 5.0, 0.1, 0.0, 0.0, 2.0, 0.9, 0.0, (9.0,))


def view(n: int = 0, light: pictures.Light = "day", overlay: bool = True) -> pictures.Picture:
    out = pictures.lit(pictures.scene(SCENE), light, n)
    if overlay:
        out[324:, :320] //= 2
        cv2.putText(out, f"2026-11-24 12:{n:02d}:00", (5, 350), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1)
    return out


def measured(picture: pictures.Picture, previous: pictures.Picture | None = None) -> QualitySeen:
    before = b"" if previous is None else baseline.encode(measure.describe_for_next(previous, "day"))
    approved = baseline.encode(view_picture.describe(view(1), (OVERLAY,)))
    return measure.measure(picture, QualityJob(before, (approved,), (), (OVERLAY,)))


@pytest.mark.parametrize("light", ["day", "night", "ir"])
@pytest.mark.parametrize("tint", [(1.0, 1.0, 1.0), (0.6, 1.0, 1.2), (1.2, 0.8, 1.0)])
def test_a_cast_is_measured_in_lab_as_opencv_measures_it(light: pictures.Light, tint: tuple[float, ...]) -> None:
    """On a picture of one colour, nothing of which is dark or burnt out, so that every size of it is the same."""
    colour = np.clip(pictures.lit(pictures.scene(SCENE), light, 3).mean((0, 1)) * np.array(tint) + 40, 60, 200).astype(
        np.uint8
    )
    seen = measure.measure(np.tile(colour, (360, 640, 1)), QualityJob())
    lab = cv2.cvtColor(colour[None, None].astype(np.float32) / 255, cv2.COLOR_BGR2Lab)[0, 0]
    assert (seen.cast_a, seen.cast_b) == pytest.approx((float(lab[1]), float(lab[2])), abs=0.4)  # it interpolates


def taught(seen: QualitySeen = USUAL, count: int = 30, memory: QualityMemory | None = None) -> QualityMemory:
    """A memory of eight days of pictures that vary a little."""
    memory = memory or QualityMemory()
    for index in range(count):
        varied = replace(seen, luma=seen.luma + index % 5, contrast=seen.contrast + index % 3)
        memory = learning.learn(memory, varied, BEGUN_AT + timedelta(days=8) * index / (count - 1))
    return memory


def states(seen: QualitySeen | None, memory: QualityMemory, shifts: tuple[float, ...] = ()) -> dict[str, str]:
    return {one.indicator: one.state for one in indicators.judge(seen, memory, None, shifts)}


def bad(seen: QualitySeen | None, memory: QualityMemory, shifts: tuple[float, ...] = ()) -> list[str]:
    return [name for name, state in states(seen, memory, shifts).items() if state == "bad"]


def test_every_indicator_has_a_name_in_both_languages_and_hides_only_later_ones() -> None:
    names = [one.name for one in indicators.INDICATORS]
    assert len(names) == len(set(names)) == 13
    for index, one in enumerate(indicators.INDICATORS):
        assert one.en.isascii() and any("\u4e00" <= sign <= "\u9fff" for sign in one.zh)
        assert set(one.hides) <= set(names[index + 1 :])


def test_a_usual_picture_is_bad_in_nothing() -> None:
    assert bad(USUAL, taught()) == []


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"luma": 3.0, "contrast": 2.0}, "black"),
        ({"change": 0.1}, "frozen"),
        ({"luma": 240.0, "bright_ratio": 0.8}, "over-bright"),
        ({"covered_ratio": 0.7}, "covered"),
        ({"contrast": 15.0}, "low-contrast"),
        ({"sharpness": -1.6}, "blurred"),
        ({"cast_a": 20.0}, "colour-cast"),
        ({"cast_b": -12.0}, "colour-cast"),
        ({"noise": 6.0}, "noise"),
        ({"stripes": 6.0}, "stripes"),
        ({"ink": (1.0,)}, "overlay-missing"),
    ],
)
def test_each_fault_is_called_by_its_own_name_and_no_other(changed: dict[str, float], name: str) -> None:
    assert bad(replace(USUAL, **changed), taught()) == [name]  # type: ignore[arg-type]


def test_no_picture_is_a_lost_signal_and_says_nothing_else() -> None:
    judged = indicators.judge(None, taught())
    assert [(one.indicator, one.state) for one in judged if one.state != "unknown"] == [("signal-lost", "bad")]
    assert {one.reason for one in judged[1:]} == {"behind-signal-lost"}


def test_a_camera_shakes_when_most_pictures_went_somewhere_else() -> None:
    assert bad(USUAL, taught(), (1.0, 2.0, 0.9, 1.4)) == ["shaking"]
    assert bad(USUAL, taught(), (0.0, 0.0, 3.0, 0.0)) == [], "one push is a move"
    assert states(USUAL, taught(), (1.0, 2.0))["shaking"] == "unknown"


@pytest.mark.parametrize(("state", "expected"), [("moved", "bad"), ("still", "ok"), ("unknown", "unknown")])
def test_moved_is_what_the_settled_view_says(state: str, expected: str) -> None:
    settled = ViewSeen(state, "no-match", "day", "day", 0.9, 4, 16 / 9)  # type: ignore[arg-type]
    judged = {one.indicator: one for one in indicators.judge(USUAL, taught(), settled)}
    assert judged["moved"].state == expected
    assert {one.indicator: one.reason for one in indicators.judge(USUAL, taught())}["moved"] == "no-view"


def test_seven_days_are_learned_before_anything_is_warned_of() -> None:
    memory = QualityMemory()
    awful = replace(USUAL, sharpness=-9.0, noise=30.0, contrast=1.0, luma=2.0)
    for hour in range(6 * 24):
        memory = learning.learn(memory, USUAL, BEGUN_AT + timedelta(hours=hour))
    assert bad(awful, memory) == []
    assert {one.reason for one in indicators.judge(awful, memory) if one.indicator in ("blurred", "black")} == {
        "learning"
    }
    for hour in range(6 * 24, 7 * 24 + 1):
        memory = learning.learn(memory, USUAL, BEGUN_AT + timedelta(hours=hour))
    assert bad(awful, memory) == ["black"]
    assert "blurred" in bad(replace(USUAL, sharpness=-9.0), memory)


def test_a_switch_between_day_and_night_is_no_event() -> None:
    night = replace(USUAL, light="infrared", luma=60.0, contrast=30.0, sharpness=-2.0, noise=3.0, cast_a=0.0)
    memory = taught(night, memory=taught())
    memory = learning.learn(memory, USUAL, BEGUN_AT + timedelta(days=20))
    assert bad(night, memory) == []
    assert states(replace(night, sharpness=-4.0), memory)["blurred"] == "unknown"
    memory = learning.learn(memory, night, BEGUN_AT + timedelta(days=20))
    assert bad(replace(night, sharpness=-4.0), memory) == ["blurred"], "the second picture is judged"


def test_a_camera_that_is_always_so_is_not_bad() -> None:
    dark = replace(USUAL, luma=4.0, contrast=2.0)
    assert states(dark, taught(dark))["black"] == "unknown"
    still = replace(USUAL, change=0.1)
    assert states(still, taught(still))["frozen"] == "unknown"
    noisy = replace(USUAL, noise=9.0)
    assert bad(noisy, taught(noisy)) == []


def test_what_is_learned_is_fixed_after_the_week() -> None:
    memory = taught()
    for day in range(9, 60):
        memory = learning.learn(memory, replace(USUAL, sharpness=-3.0), BEGUN_AT + timedelta(days=day))
    assert bad(replace(USUAL, sharpness=-3.0), memory) == ["blurred"], "a lens that fogs up does not become usual"


@settings(max_examples=25)
@given(st.integers(1, 2000), st.integers(0, 5))
def test_the_sample_stays_small_and_spread_over_the_whole_week(count: int, overlays: int) -> None:
    memory = QualityMemory()
    seen = replace(USUAL, ink=(5.0,) * overlays)
    for index in range(count):
        at = BEGUN_AT + timedelta(days=6) * index / count
        memory = learning.learn(memory, replace(seen, luma=float(index)), at)
    (mode,) = memory.modes
    first = [row[0] or 0.0 for row in mode.rows]
    assert len(mode.rows) <= learning.ROWS_MAX and len(mode.rows[0]) == learning.COLUMNS
    assert first == sorted(first) and first[0] == 0 and first[-1] >= count - 1 - 2 * mode.stride
    assert learning.from_json(json.loads(json.dumps(learning.to_json(memory)))) == memory


def test_a_bad_minority_does_not_change_what_is_usual() -> None:
    memory = QualityMemory()
    for index in range(60):
        seen = USUAL if index % 3 else replace(USUAL, sharpness=-5.0, contrast=3.0)
        memory = learning.learn(memory, seen, BEGUN_AT + timedelta(days=8) * index / 59)
    assert bad(replace(USUAL, sharpness=-5.0), memory) == ["blurred"]


MODE = {"light": "day", "since": "2026-11-01T00:00:00+00:00", "stride": 1, "passed": 0, "rows": []}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"modes": 3, "last_light": None},
        {"modes": [], "last_light": "noon"},
        {"modes": [{"light": "day"}], "last_light": None},
        {"modes": [MODE | {"until": "x"}], "last_light": None},
        {"modes": [MODE | {"until": "2026-11-01"}], "last_light": None},
        {"modes": [MODE | {"until": MODE["since"], "rows": [["x"]]}], "last_light": None},
    ],
)
def test_a_memory_that_is_none_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        learning.from_json(wrong)


def test_measures_tell_a_fault_from_a_good_picture() -> None:
    good = measured(view(2), view(1))
    soft = measured(np.asarray(cv2.GaussianBlur(view(2), (0, 0), 3), np.uint8))
    assert good.sharpness - soft.sharpness > 0.3
    rng = np.random.default_rng(0)
    noisy = np.clip(view(2) + rng.normal(0, 20, (360, 640, 3)), 0, 255).astype(np.uint8)
    assert measured(noisy).noise > 4 * good.noise
    wave = 10 * np.sin(np.arange(360) * 2 * np.pi / 11)[:, None, None]
    assert measured(np.clip(view(2) + wave, 0, 255).astype(np.uint8)).stripes > good.stripes + 5
    covered = view(2)
    covered[:, :320] = 90
    found = measured(covered).covered_ratio
    assert found is not None and good.covered_ratio is not None and found > 0.35 > 0.1 > good.covered_ratio
    assert measured(view(2, overlay=False)).ink[0] < good.ink[0]
    frozen = measured(view(2), view(2))
    assert frozen.change == 0 and good.change is not None and good.change > 0.3
    pushed = measured(np.roll(view(2), 16, axis=1), view(2)).shift_percent
    assert pushed == pytest.approx(2.5, abs=0.2)
    assert good.shift_percent == pytest.approx(0, abs=0.1)


HOSTILE: dict[str, Callable[[], pictures.Picture]] = {
    "black": lambda: np.zeros((360, 640, 3), np.uint8),
    "white": lambda: np.full((360, 640, 3), 255, np.uint8),
    "tiny": lambda: np.full((16, 16, 3), 90, np.uint8),
    "thin": lambda: np.full((16, 3000, 3), 90, np.uint8),
    "upright": lambda: np.random.default_rng(1).integers(0, 255, (640, 360, 3)).astype(np.uint8),
    "huge": lambda: np.random.default_rng(1).integers(0, 255, (2160, 3840, 3), np.uint8),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("excluded", [(), (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),)])
def test_all_numbers_are_finite_and_in_range_for_any_picture(name: str, excluded: tuple[Polygon, ...]) -> None:
    approved = baseline.encode(view_picture.describe(view(1)))
    seen = measure.measure(HOSTILE[name](), QualityJob(b"nonsense", (approved, b""), excluded, (OVERLAY,)))
    values = [getattr(seen, one.name) for one in fields(seen) if one.name not in ("light", "ink")]
    assert all(math.isfinite(value) for value in [*values, *seen.ink] if value is not None)
    for ratio in (seen.dark_ratio, seen.bright_ratio, seen.flat_ratio):
        assert 0 <= ratio <= 1
    assert seen.change is None
    assert 0 <= seen.luma <= 255 and 0 <= seen.contrast <= 127.5


LIGHTS: list[tuple[pictures.Light, LightMode]] = [("day", "day"), ("night", "night"), ("ir", "infrared")]


@pytest.mark.parametrize(("light", "mode"), LIGHTS)
def test_the_light_is_told_from_the_picture(light: pictures.Light, mode: LightMode) -> None:
    assert view_picture.light_mode(view(3, light)) == mode


def test_a_coloured_mask_does_not_make_a_grey_picture_a_day_picture() -> None:
    grey = view(3, "ir")
    grey[100:200, 100:300] = (200, 60, 20)
    box: Polygon = ((0.15, 0.27), (0.48, 0.27), (0.48, 0.57), (0.15, 0.57))
    assert view_picture.light_mode(grey) != "infrared"
    assert view_picture.light_mode(grey, (box,)) == "infrared"


def test_a_card_is_a_lost_signal_and_nothing_else() -> None:
    card = replace(USUAL, drawn_ratio=0.9, luma=60.0, contrast=4.0, covered_ratio=1.0, change=0.0, ink=(0.0,))
    assert bad(card, taught()) == ["signal-lost"]
    assert bad(replace(USUAL, drawn_ratio=0.6), taught()) == []


def test_a_last_frame_with_a_clock_that_stands_is_a_lost_signal_and_with_one_that_runs_is_frozen() -> None:
    still = replace(USUAL, change=0.0)
    assert bad(replace(still, overlay_change=0.1), taught()) == ["signal-lost"]
    assert bad(replace(still, overlay_change=4.0), taught()) == ["frozen"]
    assert bad(still, taught()) == ["frozen"]
    assert bad(replace(USUAL, overlay_change=0.0), taught()) == []

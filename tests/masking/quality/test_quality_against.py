"""Faults against what the camera usually shows: fog is not a cloth, a lamp is not fog, a coat is no cast."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pictures
import pytest

from agent.observe.pictures.compact import quality_data, quality_from
from agent.observe.pictures.view_memory import CameraQuality
from masking.quality import indicators, learning, measure
from masking.quality.learning import QualityMemory
from masking.view import baseline
from masking.view import picture as view_picture
from masking.view.model import QualityJob, QualitySeen

BEGUN_AT = datetime(2026, 11, 1, tzinfo=UTC)
SCENE = 31
USUAL = QualitySeen(
    "day", 110, 45, 0.01, 0.0, -1.0, 0.5, 1.0, 2.0, 5.0, 0.1, 0.0, 0.0, 2.0, 0.9, 0.0, (9.0,), 0.0, 0.0, 4.0,
    40.0, 0.0, 0.1, -0.1, 0.0, 1.0, 0.2, 0.3, 0.0,
)  # fmt: skip


def view(n: int = 0) -> pictures.Picture:
    return pictures.lit(pictures.scene(SCENE), "day", n)


def measured(picture: pictures.Picture, previous: pictures.Picture | None = None) -> QualitySeen:
    before = b"" if previous is None else baseline.encode(measure.describe_for_next(previous, "day"))
    approved = baseline.encode(view_picture.describe(view(1)))
    return measure.measure(np.clip(picture, 0, 255).astype(np.uint8), QualityJob(before, (approved,)))


def cloth(picture: pictures.Picture, share: float) -> pictures.Picture:
    """Lay a cloth with folds over the left of a picture."""
    rng = np.random.default_rng(4)
    folds = cv2.GaussianBlur(rng.normal(0, 1, (360, 640)).astype(np.float32), (0, 0), 40)
    out = picture.astype(np.float32)
    wide = int(640 * share)
    out[:, :wide] = (90 + 6 * (folds / folds.std())[..., None] + rng.normal(0, 1.5, (360, 640, 1)))[:, :wide]
    return np.clip(out, 0, 255).astype(np.uint8)


def taught(usual: QualitySeen = USUAL, memory: QualityMemory | None = None) -> QualityMemory:
    memory = memory or QualityMemory()
    for index in range(40):
        memory = learning.learn(memory, usual, BEGUN_AT + timedelta(days=8) * index / 39)
    return memory


def states(seen: QualitySeen, memory: QualityMemory) -> dict[str, str]:
    return {one.indicator: one.state for one in indicators.judge(seen, memory)}


def bad(seen: QualitySeen, memory: QualityMemory) -> list[str]:
    return [name for name, state in states(seen, memory).items() if state == "bad"]


@pytest.mark.parametrize("share", [0.4, 0.7, 0.9])
def test_a_cloth_with_folds_covers_what_is_behind_it(share: float) -> None:
    found = measured(cloth(view(2), share)).covered_ratio
    assert found is not None and found > share - 0.15


def test_fog_leaves_the_view_pale_and_uncovered_and_a_soft_lens_does_not_make_it_pale() -> None:
    scene = view(2).astype(np.float32)
    fog = measured(0.25 * (scene - scene.mean()) + scene.mean() + 20)
    soft = measured(np.asarray(cv2.GaussianBlur(view(2), (0, 0), 3), np.uint8))
    dim = measured(0.6 * scene)
    assert fog.kept_contrast is not None and fog.kept_contrast < 0.35
    assert fog.covered_ratio is not None and fog.covered_ratio < 0.1
    assert soft.kept_contrast is not None and soft.kept_contrast > 0.6
    assert dim.kept_contrast == pytest.approx(1, abs=0.15), "a shorter exposure is not pale"


def test_stripes_are_measured_against_the_views_own() -> None:
    own = np.zeros((360, 640, 1), np.float32)
    own[60:300, ::8] = 60
    approved = np.clip(view(1) + own, 0, 255).astype(np.uint8)
    job = QualityJob(b"", (baseline.encode(view_picture.describe(approved)),))
    wave = 6 * np.sin(np.arange(360) * 2 * np.pi / 13)[:, None, None]
    good = measure.measure(np.clip(view(2) + own, 0, 255).astype(np.uint8), job)
    struck = measure.measure(np.clip(view(2) + own + wave, 0, 255).astype(np.uint8), job)
    assert good.stripes > 4, "a fence is a strong pattern by itself"
    assert good.stripes_over is not None and struck.stripes_over is not None
    assert good.stripes_over < 1 and struck.stripes_over > 3


def test_noise_is_told_from_texture_by_the_picture_before() -> None:
    rng = np.random.default_rng(5)
    good, noisy = measured(view(3), view(2)), measured(view(3) + rng.normal(0, 12, (360, 640, 3)), view(2))
    assert good.noise_change is not None and noisy.noise_change is not None
    assert noisy.noise_change > 2 * good.noise_change
    moved = measured(np.roll(view(3), 12, axis=1), view(2))
    assert moved.noise_change is None, "a camera that moved shows another texture, and no noise"


def test_a_cast_moves_both_thirds_of_the_tint_by_its_own_ratio_and_a_coat_but_one() -> None:
    good, cast = measured(view(2)), measured(view(2) * np.array([1.0, 1.0, 1.2]))
    coat = view(2).copy()
    coat[:, :200] = (30, 30, 190)
    dressed = measured(coat)
    for name in ("tint_red_low", "tint_red_high"):
        assert getattr(cast, name) - getattr(good, name) == pytest.approx(np.log(1.2), abs=0.05)
    assert min(abs(getattr(dressed, name) - getattr(good, name)) for name in ("tint_red_low", "tint_red_high")) < 0.1


def test_nothing_is_compared_with_a_view_of_another_light_or_shape() -> None:
    night = baseline.encode(view_picture.describe(pictures.lit(pictures.scene(SCENE), "ir", 1)))
    upright = baseline.encode(view_picture.describe(np.rot90(view(1)).copy()))
    for references in ((night,), (upright,), (b"no descriptor",), ()):
        seen = measure.measure(view(2), QualityJob(b"", references))
        assert (seen.covered_ratio, seen.lost_ratio, seen.kept_contrast, seen.stripes_over) == (None,) * 4


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"luma": 140.0, "floor": 95.0, "kept_contrast": 0.9}, ["over-bright"]),
        ({"luma": 170.0}, ["over-bright"]),
        ({"luma": 135.0, "floor": 95.0, "kept_contrast": 0.35}, ["low-contrast"]),
        ({"luma": 175.0, "covered_ratio": 0.9}, ["covered"]),
        ({"tint_red_low": 0.3, "tint_red_high": 0.4}, ["colour-cast"]),
        ({"tint_red_high": 0.4}, []),
        ({"noise_change": 0.9}, ["noise"]),
        ({"stripes_over": 2.0}, ["stripes"]),
    ],
)
def test_each_is_called_by_its_own_name(changed: dict[str, float], names: list[str]) -> None:
    assert bad(replace(USUAL, **changed), taught()) == names  # type: ignore[arg-type]


def test_contrast_varies_as_a_ratio_so_that_clouds_do_not_hide_fog() -> None:
    memory = QualityMemory()
    for index in range(40):
        kept = 1.0 + 0.15 * (index % 5 - 2)
        memory = learning.learn(memory, replace(USUAL, kept_contrast=kept), BEGUN_AT + timedelta(days=8) * index / 39)
    assert bad(replace(USUAL, kept_contrast=0.7), memory) == []
    assert bad(replace(USUAL, kept_contrast=0.25), memory) == ["low-contrast"]


def test_a_fault_that_makes_another_light_is_found_where_it_is_one_in_both() -> None:
    night = replace(USUAL, light="night", luma=40.0, contrast=18.0)
    memory = learning.learn(taught(memory=taught(night)), night, BEGUN_AT + timedelta(days=20))
    covered = replace(USUAL, covered_ratio=0.8)
    assert states(covered, memory)["covered"] == "bad"
    assert states(replace(USUAL, noise=2.0), memory)["blurred"] == "unknown", (
        "what the switch may have done is not told"
    )
    brighter = taught(replace(night, covered_ratio=0.7))
    brighter = learning.learn(taught(memory=brighter), night, BEGUN_AT + timedelta(days=20))
    assert states(covered, brighter)["covered"] == "unknown", "at night it is always so"


def test_a_card_that_took_the_clock_with_it_and_stands_is_a_lost_signal() -> None:
    still = replace(USUAL, change=0.0, overlay_change=0.0, ink=(0.0,))
    assert bad(still, taught()) == ["signal-lost"]
    never = replace(USUAL, ink=(0.2,))
    assert bad(replace(still, ink=(0.2,)), taught(never)) == ["frozen"], "nothing is ever written in this box"
    assert bad(replace(USUAL, ink=(0.0,)), taught()) == ["overlay-missing"]


def old(memory: QualityMemory) -> QualityMemory:
    """Return a memory as release 0.2 wrote it: one overlay, and nothing behind it."""
    width = len(learning.METRICS) + 1
    modes = tuple(replace(mode, rows=tuple(row[:width] for row in mode.rows)) for mode in memory.modes)
    return replace(memory, modes=modes)


def test_a_memory_of_an_earlier_release_is_read_and_judges_by_what_it_has() -> None:
    known = quality_from(quality_data(CameraQuality("", old(taught()))))
    assert known.learned
    assert bad(USUAL, known.memory) == []
    for changed, name in (({"contrast": 15.0}, "low-contrast"), ({"cast_a": 20.0}, "colour-cast")):
        assert bad(replace(USUAL, **changed), known.memory) == [name]  # type: ignore[arg-type]
    assert bad(replace(USUAL, noise_change=5.0, stripes_over=5.0, luma=130.0, floor=120.0), known.memory) == []


def test_a_memory_of_an_earlier_release_learns_what_it_lacks_and_is_fixed_again() -> None:
    memory = quality_from(quality_data(CameraQuality("", old(taught())))).memory
    for index in range(40):
        memory = learning.learn(memory, USUAL, BEGUN_AT + timedelta(days=20 + index / 4))
    assert bad(replace(USUAL, noise_change=5.0), memory) == ["noise"]
    fixed = memory
    for index in range(200):
        memory = learning.learn(memory, replace(USUAL, noise_change=5.0), BEGUN_AT + timedelta(days=40 + index))
    assert memory == fixed and bad(replace(USUAL, noise_change=5.0), memory) == ["noise"]
    assert quality_from(quality_data(CameraQuality("", memory))).memory.modes[0].whole


def test_a_lens_is_soft_only_where_the_approved_view_was_sharp() -> None:
    gone = replace(USUAL, sharpness=-1.6, kept_detail=-0.5)
    assert bad(gone, taught()) == [], "a car was all the detail, and has gone"
    assert bad(replace(gone, kept_detail=-0.7), taught()) == ["blurred"]
    bare = replace(USUAL, sharpness=-1.6, kept_detail=None)
    assert states(bare, taught())["blurred"] == "unknown", "nothing in the approved view could become soft"
    assert bad(replace(bare, stripes_over=None), taught()) == ["blurred"], "without an approved view the whole counts"


def test_detail_is_measured_where_the_approved_view_has_most() -> None:
    good, soft = measured(view(2)), measured(np.asarray(cv2.GaussianBlur(view(2), (0, 0), 3), np.uint8))
    half = measured(cloth(view(2), 0.3))
    wall = replace(view_picture.describe(np.full((360, 640, 3), 90, np.uint8)), light="day")
    bare = measure.measure(view(2), QualityJob(b"", (baseline.encode(wall),)))
    assert good.kept_detail == pytest.approx(0, abs=0.15)
    assert soft.kept_detail is not None and soft.kept_detail < -0.8
    assert half.kept_detail is not None and half.kept_detail > -0.3
    assert bare.kept_detail is None and bare.stripes_over is not None


def test_a_background_of_any_size_is_compared_alike() -> None:
    """Approved ones are 640 px long; what limits were learned on, and what is compared, has half of that."""
    large = view_picture.describe(view(1))
    half = measure.describe_for_next(view(1), large.light)
    assert max(large.width_px, half.width_px) == 640 and half.width_px == 320
    seen = [measure.measure(view(2), QualityJob(b"", (baseline.encode(one),))) for one in (large, half)]
    assert seen[0] == seen[1]


def test_a_picture_of_which_the_camera_draws_every_cell_is_measured() -> None:
    """Stripes of masks leave some pixels of each cell, and no cell."""
    bars = tuple(((n / 40, 0.0), ((n + 0.3) / 40, 0.0), ((n + 0.3) / 40, 1.0), (n / 40, 1.0)) for n in range(40))
    job = QualityJob(b"", (baseline.encode(view_picture.describe(view(1))),), bars)
    assert measure.measure(view(2), job).covered_ratio is None

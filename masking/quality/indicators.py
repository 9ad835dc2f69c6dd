"""Judges picture quality: thirteen indicators, each against what is usual for this camera. Pure Python, on numbers.

The daemon uses this module; `measure.py` measures in the worker, `learning.py` learns the usual values. An indicator is
`ok`, `bad` or `unknown` with a reason; the caller, who stores the results, decides whether a bad one lasts long enough
to be a finding. The names are those of Chinese video quality diagnosis (视频质量诊断). No standard with
thresholds for it was found, so the thresholds are design defaults, and conformity is not claimed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from masking.quality.learning import QualityMemory, Usual, usual_in
from masking.view.model import QualitySeen, ViewSeen
from masking.view.persistence import TURNED_AWAY

QualityState = Literal["ok", "bad", "unknown"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When an indicator is bad; `*_fall`, `*_rise`: off the usual in this light, by `deviations` of it at least."""

    deviations: float = 5.0
    frozen_change: float = 1.0
    frozen_ratio: float = 0.35
    frozen_usual_least: float = 0.8
    black_luma: float = 20.0
    black_contrast: float = 8.0
    bright_luma: float = 220.0
    bright_ratio: float = 0.4
    bright_rise: float = 0.25
    contrast_least_ratio: float = 0.6
    sharpness_fall: float = 0.3
    cast_rise: float = 8.0
    noise_rise: float = 0.6
    noise_ratio: float = 1.5
    stripes_rise: float = 1.2
    shift_percent: float = 0.5
    covered_ratio: float = 0.3
    covered_rise: float = 0.2
    drawn_ratio: float = 0.75
    standing_change: float = 0.3
    ink_least_ratio: float = 0.5
    ink_least: float = 1.0


@dataclass(frozen=True, slots=True)
class QualityJudged:
    """One indicator of one picture.

    `reason`: `measured` for `ok` and `bad`; for `unknown`: `learning`, `light-changed`, `not-measured`, `usual` (the
    camera is always so), `no-colour`, `no-overlay`, `no-view`, a reason of `ViewSeen`, or `behind-NAME`: hidden by that
    indicator. `value`, `usual`, `limit`: the measured and the usual value, and where bad begins, or None.
    """

    indicator: str
    state: QualityState
    reason: str
    value: float | None = None
    usual: float | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """The input of one picture's judgement.

    `seen`: None when the camera delivered no picture. `usual`: the usual values in this picture's light, None while
    learning. `darkest`: the lowest usual luma in any light. `shifts`: how far the last pictures went, each since the
    one before, newest last. `view`: the settled view, None where there is no approved one.
    """

    seen: QualitySeen | None
    usual: Mapping[str, Usual] | None
    darkest: float | None
    light_changed: bool
    shifts: tuple[float, ...]
    view: ViewSeen | None
    thresholds: Thresholds


@dataclass(frozen=True, slots=True)
class Indicator:
    """A row of the table. `hides`: later indicators that are unknown when this one is bad."""

    name: str
    zh: str
    en: str
    judge: Callable[[Case, QualitySeen], QualityJudged]
    hides: tuple[str, ...] = ()


SHAKES: Final = 4
"""Of so many pictures in a row, all but one must have gone somewhere else for the camera to be shaking."""


def judge(
    seen: QualitySeen | None,
    memory: QualityMemory,
    view: ViewSeen | None = None,
    shifts: Sequence[float] = (),
    thresholds: Thresholds | None = None,
) -> tuple[QualityJudged, ...]:
    """Judge one picture by all indicators, in the order of INDICATORS.

    Args:
        seen: The measured values, or None without a picture.
        memory: Learned from earlier pictures, without this one.
        view: The view that is settled (`persistence.py`), None where no view was approved.
        shifts: `shift_percent` of the last pictures, this one's last; those that could not be measured left out.
        thresholds: Defaults where None.
    """
    light = None if seen is None else seen.light
    case = Case(
        seen,
        None if light is None else usual_in(memory, light),
        memory.darkest(),
        memory.last_light is not None and light is not None and light != memory.last_light,
        tuple(shifts)[-SHAKES:],
        view,
        thresholds or Thresholds(),
    )
    judged: list[QualityJudged] = []
    hidden: dict[str, str] = {}
    for indicator in INDICATORS:
        if indicator.name in hidden:
            one = QualityJudged(indicator.name, "unknown", f"behind-{hidden[indicator.name]}")
        elif seen is None:
            one = _signal(case)
        else:
            one = indicator.judge(case, seen)
        if one.state == "bad":
            hidden |= {name: indicator.name for name in indicator.hides if name not in hidden}
        judged.append(one)
    return tuple(judged)


def _signal(case: Case) -> QualityJudged:
    """Lost is what sends nothing, a card, or one picture for ever, with the clock in it standing."""
    seen, t = case.seen, case.thresholds
    if seen is None:
        return QualityJudged("signal-lost", "bad", "measured")
    standing = seen.overlay_change is not None and seen.overlay_change <= t.standing_change
    stands = standing and seen.ink and min(seen.ink) >= t.ink_least and _frozen(case, seen).state == "bad"
    state: QualityState = "bad" if stands or seen.drawn_ratio >= t.drawn_ratio else "ok"
    return QualityJudged("signal-lost", state, "measured", seen.drawn_ratio, None, t.drawn_ratio)


def _compared(
    case: Case, name: str, value: float, metric: str, least: float, ratio: float = 1.0, sign: int = 1
) -> QualityJudged:
    """Bad beyond the usual by `least`, own variation, and `ratio` times it; `sign`: 1 when larger is worse, else -1."""
    if case.usual is None:
        return QualityJudged(name, "unknown", "learning", value)
    if case.light_changed:
        return QualityJudged(name, "unknown", "light-changed", value)
    usual = case.usual[metric]
    beyond = max(least, case.thresholds.deviations * usual.deviation, (ratio - 1) * usual.median)
    limit = usual.median + sign * beyond
    return QualityJudged(name, "bad" if sign * (value - limit) > 0 else "ok", "measured", value, usual.median, limit)


def _frozen(case: Case, seen: QualitySeen) -> QualityJudged:
    t = case.thresholds
    if seen.change is None:
        return QualityJudged("frozen", "unknown", "not-measured")
    if case.usual is None:
        return QualityJudged("frozen", "unknown", "learning", seen.change)
    if case.light_changed:
        return QualityJudged("frozen", "unknown", "light-changed", seen.change)
    usual = case.usual["change"].median
    limit = min(t.frozen_change, t.frozen_ratio * usual)
    if usual < t.frozen_usual_least:  # nothing ever changes here: a frozen picture would look no different
        return QualityJudged("frozen", "unknown", "usual", seen.change, usual, limit)
    return QualityJudged("frozen", "bad" if seen.change <= limit else "ok", "measured", seen.change, usual, limit)


def _black(case: Case, seen: QualitySeen) -> QualityJudged:
    t = case.thresholds
    if case.darkest is None:
        return QualityJudged("black", "unknown", "learning", seen.luma)
    dark = seen.luma <= t.black_luma and seen.contrast <= t.black_contrast
    if dark and case.darkest < 2 * seen.luma:
        return QualityJudged("black", "unknown", "usual", seen.luma, case.darkest, t.black_luma)
    return QualityJudged("black", "bad" if dark else "ok", "measured", seen.luma, case.darkest, t.black_luma)


def _bright(case: Case, seen: QualitySeen) -> QualityJudged:
    t = case.thresholds
    one = _compared(case, "over-bright", seen.bright_ratio, "bright_ratio", t.bright_rise)
    burnt = seen.luma >= t.bright_luma or seen.bright_ratio >= t.bright_ratio
    return one if one.state != "bad" or burnt else QualityJudged(one.indicator, "ok", one.reason, one.value, one.usual)


def _contrast(case: Case, seen: QualitySeen) -> QualityJudged:
    usual = case.usual["contrast"].median if case.usual else 0.0
    least = usual * (1 - case.thresholds.contrast_least_ratio)
    return _compared(case, "low-contrast", seen.contrast, "contrast", least, sign=-1)


def _blurred(case: Case, seen: QualitySeen) -> QualityJudged:
    return _compared(case, "blurred", seen.sharpness, "sharpness", case.thresholds.sharpness_fall, sign=-1)


def _cast(case: Case, seen: QualitySeen) -> QualityJudged:
    if seen.light == "infrared":
        return QualityJudged("colour-cast", "unknown", "no-colour")
    a = _compared(case, "colour-cast", seen.cast_a, "cast_a", case.thresholds.cast_rise)
    if a.usual is None or case.usual is None:
        return a
    b = case.usual["cast_b"]
    off = ((seen.cast_a - a.usual) ** 2 + (seen.cast_b - b.median) ** 2) ** 0.5
    varies = max(case.usual["cast_a"].deviation, b.deviation)
    limit = max(case.thresholds.cast_rise, case.thresholds.deviations * varies)
    return QualityJudged("colour-cast", "bad" if off > limit else "ok", "measured", off, 0.0, limit)


def _noise(case: Case, seen: QualitySeen) -> QualityJudged:
    t = case.thresholds
    return _compared(case, "noise", seen.noise, "noise", t.noise_rise, t.noise_ratio)


def _stripes(case: Case, seen: QualitySeen) -> QualityJudged:
    return _compared(case, "stripes", seen.stripes, "stripes", case.thresholds.stripes_rise)


def _shaking(case: Case, seen: QualitySeen) -> QualityJudged:
    limit = case.thresholds.shift_percent
    if len(case.shifts) < SHAKES:
        return QualityJudged("shaking", "unknown", "not-measured", seen.shift_percent, None, limit)
    shaken = sum(shift > limit for shift in case.shifts) >= SHAKES - 1
    return QualityJudged("shaking", "bad" if shaken else "ok", "measured", sorted(case.shifts)[1], None, limit)


def _covered(case: Case, seen: QualitySeen) -> QualityJudged:
    t = case.thresholds
    if case.view is not None and case.view.reason == TURNED_AWAY:
        return QualityJudged("covered", "unknown", "behind-moved")
    if seen.covered_ratio is None:
        return QualityJudged("covered", "unknown", "not-measured")
    one = _compared(case, "covered", seen.covered_ratio, "covered_ratio", t.covered_rise)
    if one.state == "bad" and seen.covered_ratio < t.covered_ratio:
        return QualityJudged(one.indicator, "ok", one.reason, one.value, one.usual, t.covered_ratio)
    return one


def _moved(case: Case, seen: QualitySeen) -> QualityJudged:
    if case.view is None or case.view.state == "unknown":
        return QualityJudged("moved", "unknown", "no-view" if case.view is None else case.view.reason)
    far = case.view.movement.largest_percent if case.view.movement else None
    return QualityJudged("moved", "bad" if case.view.state == "moved" else "ok", "measured", far)


def _overlay(case: Case, seen: QualitySeen) -> QualityJudged:
    t = case.thresholds
    if not seen.ink:
        return QualityJudged("overlay-missing", "unknown", "no-overlay")
    least = min(seen.ink)
    if case.usual is None:
        return QualityJudged("overlay-missing", "unknown", "learning", least)
    worst = QualityJudged("overlay-missing", "ok", "measured", least)
    for index, ink in enumerate(seen.ink):
        usual = case.usual.get(f"ink_{index}")
        if usual is None or usual.median < t.ink_least:
            return QualityJudged("overlay-missing", "unknown", "usual", ink, usual.median if usual else None)
        if ink < t.ink_least_ratio * usual.median:
            worst = QualityJudged(
                "overlay-missing", "bad", "measured", ink, usual.median, t.ink_least_ratio * usual.median
            )
    return worst


_RELATIVE = ("low-contrast", "blurred", "colour-cast", "noise", "stripes")
_ALL = ("black", "frozen", "over-bright", "covered", "moved", *_RELATIVE, "shaking", "overlay-missing")

INDICATORS: Final[tuple[Indicator, ...]] = (
    Indicator("signal-lost", "信号丢失", "signal lost", lambda case, seen: _signal(case), _ALL),
    Indicator("black", "画面全黑", "black", _black, ("frozen", "over-bright", "covered", *_RELATIVE, "shaking")),
    Indicator("frozen", "视频冻结", "frozen", _frozen),
    Indicator("over-bright", "亮度异常", "over-bright", _bright, ("covered", *_RELATIVE)),
    Indicator("covered", "画面遮挡", "covered", _covered, _RELATIVE),
    Indicator("moved", "场景变更", "moved", _moved, ("low-contrast", "blurred", "stripes")),
    Indicator("low-contrast", "对比度异常", "low contrast", _contrast, ("blurred", "colour-cast")),
    Indicator("blurred", "清晰度异常", "blurred", _blurred),
    Indicator("colour-cast", "偏色", "colour cast", _cast),
    Indicator("noise", "噪声干扰", "noise", _noise),
    Indicator("stripes", "条纹干扰", "stripes", _stripes),
    Indicator("shaking", "画面抖动", "shaking", _shaking),
    Indicator("overlay-missing", "OSD缺失", "overlay missing", _overlay),
)
"""The table of indicators, in the order in which they hide one another."""

"""Judges picture quality: thirteen indicators, each against what is usual for this camera. Pure Python, on numbers.

The daemon uses this module; `measure.py` measures in the worker, `learning.py` learns the usual values. An indicator is
`ok`, `bad` or `unknown` with a reason; the caller, who stores the results, decides whether a bad one lasts long enough
to be a finding. The names are those of Chinese video quality diagnosis (视频质量诊断). No standard with
thresholds for it was found, so the thresholds are design defaults, and conformity is not claimed.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from masking.quality.compared import Case, QualityJudged, QualityState, Thresholds, compared, fallen, usually, worse
from masking.quality.learning import LUMA_LEAST, RELATIVE, TINTS, VEIL, QualityMemory, Usual, usual_in
from masking.view.model import QualitySeen, ViewSeen
from masking.view.persistence import TURNED_AWAY


@dataclass(frozen=True, slots=True)
class Indicator:
    """A row of the table. `hides`: later indicators that are unknown when this one is bad."""

    name: str
    zh: str
    en: str
    judge: Callable[[Case, QualitySeen], QualityJudged]
    hides: tuple[str, ...] = ()


_VEIL_RISE: Final = 15.0
"""Levels by which the darkest tenth is brighter than the picture's brightness makes it, where light lies over it."""

_PALER: Final = 0.8
_PALER_FROM: Final = 35.0
"""Share of the usual contrast that light over the picture leaves, and by how many levels it is brighter then."""

_BRIGHTER: Final = 15.0
_BRIGHTER_BY_FAR: Final = 55.0
"""Levels by which an over-bright picture is brighter than usual at least; and by which no fog makes it brighter."""

_TINT_OF_CAST: Final = 0.015
"""By how much, as a logarithm, a ratio of channels moves for one unit of a* or b* in middle grey."""

_NOISE_CHANGE: Final = 0.33
_NOISE_CHANGE_RATIO: Final = 0.8
"""Noise in what differs from the picture before counts from these shares of rise and ratio: texture is not in it."""

_STRIPES_OVER: Final = 0.67
"""Stripes that the approved background does not have count from this share of the rise."""

_DETAIL: Final = 2.0
"""So many times as much of it is lost where the approved view is sharpest: on the whole less of it is detail."""

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
    light, last = None if seen is None else seen.light, memory.last_light
    case = Case(
        seen,
        None if light is None else usual_in(memory, light),
        usual_in(memory, last) if last is not None and last != light else None,
        memory.darkest(),
        last is not None and light is not None and light != last,
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
    state: QualityState = "bad" if _stands(case, seen) or seen.drawn_ratio >= t.drawn_ratio else "ok"
    return QualityJudged("signal-lost", state, "measured", seen.drawn_ratio, None, t.drawn_ratio)


def _stands(case: Case, seen: QualitySeen) -> bool:
    """Return whether nothing moves in a picture, not even its clock, which is written there or was as a rule."""
    t = case.thresholds
    if seen.overlay_change is None or seen.overlay_change > t.standing_change or not seen.ink:
        return False
    usual = case.usual or {}
    names = [f"ink_{index}" for index in range(len(seen.ink))]
    written = [
        max(ink, usual[name].median if name in usual else 0.0) for name, ink in zip(names, seen.ink, strict=True)
    ]
    return min(written) >= t.ink_least and _frozen(case, seen).state == "bad"


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
    """Burnt out in large parts, or nothing dark left in a picture whose contrast is not that of fog."""
    t = case.thresholds
    one = compared(case, "over-bright", seen.bright_ratio, "bright_ratio", t.bright_rise, by_itself=True)
    if one.state == "bad" and seen.luma < t.bright_luma and seen.bright_ratio < t.bright_ratio:
        one = QualityJudged(one.indicator, "ok", one.reason, one.value, one.usual)
    return next(
        (other for other in (_veiled(case, seen), _brighter(case, seen)) if one.state != other.state == "bad"), one
    )


def _brighter(case: Case, seen: QualitySeen) -> QualityJudged:
    """Brighter than usual by so much that neither weather nor fog makes it so; a bright cloth does."""
    t = case.thresholds

    def against(usual: Mapping[str, Usual]) -> QualityJudged:
        median = usual["luma"].median
        limit = median + max(_BRIGHTER_BY_FAR, t.deviations / 2 * usual["luma"].deviation)
        state: QualityState = "bad" if seen.luma >= limit else "ok"
        return QualityJudged("over-bright", state, "measured", seen.luma, median, limit)

    if seen.luma < t.bright_luma and _covered(case, seen).state == "bad":
        return QualityJudged("over-bright", "ok", "measured", seen.luma)
    return usually(case, "over-bright", seen.luma, against, by_itself=True)


def _veiled(case: Case, seen: QualitySeen) -> QualityJudged:
    """Brighter than usual, with light over what should be dark; what covers, blurs and fogs does so too."""
    luma = seen.luma + LUMA_LEAST
    one = compared(case, "over-bright", seen.floor / luma, VEIL, _VEIL_RISE / luma, by_itself=True)
    usual = case.usual["luma"] if case.usual else None
    others = (_covered, _contrast, _blurred)
    if (
        usual is None
        or seen.luma < usual.median + _BRIGHTER
        or any(judge(case, seen).state == "bad" for judge in others)
    ):
        return QualityJudged("over-bright", "ok", one.reason)
    if one.state == "bad" or seen.luma < usual.median + max(_PALER_FROM, 2 * usual.deviation):
        return one
    pale = _contrast(case, seen)
    paler = pale.state == "ok" and pale.value is not None and pale.usual and pale.value < _PALER * pale.usual
    return QualityJudged("over-bright", "bad" if paler else "ok", pale.reason, seen.luma, usual.median)


def _contrast(case: Case, seen: QualitySeen) -> QualityJudged:
    """Pale against the approved view, cell by cell; where there is none, as a whole. As a ratio: exposures multiply."""
    value, metric = seen.contrast / (seen.luma + LUMA_LEAST), RELATIVE
    if seen.kept_contrast is not None and case.usual and "kept_contrast" in case.usual:
        value, metric = seen.kept_contrast, "kept_contrast"
    return fallen(case, "low-contrast", value, metric, case.thresholds.contrast_least_ratio, by_itself=True)


def _blurred(case: Case, seen: QualitySeen) -> QualityJudged:
    """Softer than usual, and also where the approved view is sharpest: a car that went may have been all the detail."""
    fall = case.thresholds.sharpness_fall
    one = compared(case, "blurred", seen.sharpness, "sharpness", fall, sign=-1)
    if one.state == "unknown" or seen.stripes_over is None:  # nothing is known yet, or no view was approved
        return one
    if seen.kept_detail is None:  # nothing in the approved view could become soft
        return QualityJudged("blurred", "unknown", "usual", one.value, one.usual)
    if one.state == "bad" and seen.kept_detail > -_DETAIL * fall:
        return QualityJudged("blurred", "ok", one.reason, one.value, one.usual)
    return one


def _cast(case: Case, seen: QualitySeen) -> QualityJudged:
    if seen.light == "infrared":
        return QualityJudged("colour-cast", "unknown", "no-colour")
    if case.usual and all(name in case.usual and getattr(seen, name) is not None for name in TINTS):
        return _tinted(case, seen)
    a = compared(case, "colour-cast", seen.cast_a, "cast_a", case.thresholds.cast_rise)
    if a.usual is None or case.usual is None:
        return a
    b = case.usual["cast_b"]
    off = ((seen.cast_a - a.usual) ** 2 + (seen.cast_b - b.median) ** 2) ** 0.5
    varies = max(case.usual["cast_a"].deviation, b.deviation)
    limit = max(case.thresholds.cast_rise, case.thresholds.deviations * varies)
    return QualityJudged("colour-cast", "bad" if off > limit else "ok", "measured", off, 0.0, limit)


def _tinted(case: Case, seen: QualitySeen) -> QualityJudged:
    """Cast as the ratio by which channels went apart, as a logarithm, in shares of the limit.

    By day and at night it is much the same. What moves shifts a third of the picture, another light all of it alike.
    """
    t = case.thresholds
    least = _TINT_OF_CAST * t.cast_rise

    def against(usual: Mapping[str, Usual]) -> QualityJudged | None:
        if not all(name in usual for name in TINTS):
            return None
        off = [
            (getattr(seen, name) - usual[name].median) / max(least, t.deviations * usual[name].deviation)
            for name in TINTS
        ]
        value = min(math.hypot(off[0], off[2]), math.hypot(off[1], off[3]))
        return QualityJudged("colour-cast", "bad" if value > 1 else "ok", "measured", value, 0.0, 1.0)

    return usually(case, "colour-cast", None, against, by_itself=True)


def _noise(case: Case, seen: QualitySeen) -> QualityJudged:
    t = case.thresholds
    one = compared(case, "noise", seen.noise, "noise", t.noise_rise, t.noise_ratio, by_itself=True)
    if seen.noise_change is None:
        return one
    least, ratio = _NOISE_CHANGE * t.noise_rise, 1 + _NOISE_CHANGE_RATIO * (t.noise_ratio - 1)
    return worse(one, compared(case, "noise", seen.noise_change, "noise_change", least, ratio, by_itself=True))


def _stripes(case: Case, seen: QualitySeen) -> QualityJudged:
    t = case.thresholds
    one = compared(case, "stripes", seen.stripes, "stripes", t.stripes_rise, by_itself=True)
    if seen.stripes_over is None:
        return one
    least = _STRIPES_OVER * t.stripes_rise
    return worse(one, compared(case, "stripes", seen.stripes_over, "stripes_over", least, by_itself=True))


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
    one = compared(case, "covered", seen.covered_ratio, "covered_ratio", t.covered_rise, by_itself=True)
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
    Indicator("moved", "场景变更", "moved", _moved, ("low-contrast", "blurred", "colour-cast", "noise", "stripes")),
    Indicator("low-contrast", "对比度异常", "low contrast", _contrast, ("blurred", "colour-cast")),
    Indicator("blurred", "清晰度异常", "blurred", _blurred),
    Indicator("colour-cast", "偏色", "colour cast", _cast),
    Indicator("noise", "噪声干扰", "noise", _noise),
    Indicator("stripes", "条纹干扰", "stripes", _stripes),
    Indicator("shaking", "画面抖动", "shaking", _shaking),
    Indicator("overlay-missing", "OSD缺失", "overlay missing", _overlay),
)
"""The table of indicators, in the order in which they hide one another."""

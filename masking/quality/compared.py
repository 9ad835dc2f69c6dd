"""Compares a picture's numbers with what is usual for its camera in its light. Pure Python."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from masking.quality.learning import Usual
from masking.view.model import QualitySeen, ViewSeen

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
    contrast_least_ratio: float = 0.5
    sharpness_fall: float = 0.3
    cast_rise: float = 8.0
    noise_rise: float = 0.6
    noise_ratio: float = 1.5
    stripes_rise: float = 1.2
    shift_percent: float = 0.5
    covered_ratio: float = 0.2
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
    learning. `usual_before`: those in the light of the picture before, where that was another. `darkest`: the lowest
    usual luma in any light. `shifts`: how far the last pictures went, each since the one before, newest last. `view`:
    the settled view, None where there is no approved one.
    """

    seen: QualitySeen | None
    usual: Mapping[str, Usual] | None
    usual_before: Mapping[str, Usual] | None
    darkest: float | None
    light_changed: bool
    shifts: tuple[float, ...]
    view: ViewSeen | None
    thresholds: Thresholds


def usually(
    case: Case,
    name: str,
    value: float | None,
    against: Callable[[Mapping[str, Usual]], QualityJudged | None],
    by_itself: bool = False,
) -> QualityJudged:
    """Judge a value by what is usual in its light; `against` returns None for what is not learned.

    The first picture in another light may be one in which the camera adjusts itself. `by_itself`: such a fault may make
    the other light by itself, so that it is bad where it is bad in the light of the picture before, too.
    """
    one = against(case.usual) if case.usual is not None else None
    if one is None:
        return QualityJudged(name, "unknown", "learning", value)
    if not case.light_changed:
        return one
    before = against(case.usual_before) if by_itself and case.usual_before is not None else None
    if before is not None and before.state == one.state == "bad":
        return one
    return QualityJudged(name, "unknown", "light-changed", value)


def compared(
    case: Case,
    name: str,
    value: float,
    metric: str,
    least: float,
    ratio: float = 1.0,
    sign: int = 1,
    by_itself: bool = False,
) -> QualityJudged:
    """Bad beyond the usual by `least`, own variation, and `ratio` times it; `sign`: 1 when larger is worse, else -1."""

    def against(usual: Mapping[str, Usual]) -> QualityJudged | None:
        if metric not in usual:
            return None
        median, deviation = usual[metric].median, usual[metric].deviation
        limit = median + sign * max(least, case.thresholds.deviations * deviation, (ratio - 1) * median)
        return QualityJudged(name, "bad" if sign * (value - limit) > 0 else "ok", "measured", value, median, limit)

    return usually(case, name, value, against, by_itself)


def fallen(case: Case, name: str, value: float, metric: str, least_ratio: float, by_itself: bool) -> QualityJudged:
    """Bad below `least_ratio` of the usual, and below what own variation makes of it, which multiplies."""

    def against(usual: Mapping[str, Usual]) -> QualityJudged | None:
        if metric not in usual or usual[metric].median <= 0:
            return None
        median = usual[metric].median
        varies = math.exp(-case.thresholds.deviations * usual[metric].deviation / median)
        limit = median * min(least_ratio, varies)
        return QualityJudged(name, "bad" if value < limit else "ok", "measured", value, median, limit)

    return usually(case, name, value, against, by_itself)


def worse(one: QualityJudged, other: QualityJudged) -> QualityJudged:
    """Return the bad one of two results of one indicator, or else the first that was measured."""
    return next((each for state in ("bad", "ok") for each in (one, other) if each.state == state), one)

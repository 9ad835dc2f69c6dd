"""Counts verdicts on zones: which were right, wrong or open, with 95 % intervals that know of places."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from masking.model import Effect, Verdict
from scenes.cases import Case

READABLE_FROM = 0.5
"""A translucent mask's PASS is wrong where what is seen of the zone correlates more than so with the scene."""

_RESAMPLED = 1000
_Z = 1.959964
"""Of the normal distribution, for 95 %."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """The verdicts on a zone after each look, oldest first, when it was declared to be hidden by `effect`.

    `readable`: how far the zone, as the mean of its looks, correlates with the scene behind it; 0 where nothing of it
    can shine through. `shape`: `rectangle`, `slanted` or `thin`.
    """

    place: str
    is_real: bool
    case: Case
    effect: Effect
    surface: str
    shape: str
    quality: str
    size_px: tuple[int, int]
    light: str
    readable: float
    verdicts: tuple[Verdict, ...]

    def at(self, looks: int) -> Verdict:
        """The verdict after so many looks, or after all where there were fewer."""
        return self.verdicts[min(looks, len(self.verdicts)) - 1]

    def is_wrong_pass(self, looks: int) -> bool:
        """A zone that shows what it must hide, and passes."""
        shows = not self.case.is_good and (not self.case.is_translucent or self.readable > READABLE_FROM)
        return shows and self.at(looks).verdict == "PASS"

    def is_wrong_fail(self, looks: int) -> bool:
        """A zone that is hidden, and fails."""
        return self.case.is_good and self.at(looks).verdict == "FAIL"

    def is_wrong(self, looks: int) -> bool:
        return self.is_wrong_pass(looks) or self.is_wrong_fail(looks)


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (E. B. Wilson, Journal of the American Statistical Association 22, 1927)."""
    if not count:
        return 0.0, 1.0
    share, z2 = hits / count, _Z * _Z
    middle = share + z2 / (2 * count)
    half = _Z * math.sqrt(share * (1 - share) / count + z2 / (4 * count * count))
    return max((middle - half) / (1 + z2 / count), 0.0), min((middle + half) / (1 + z2 / count), 1.0)


def over_places(hits: dict[str, tuple[int, int]]) -> tuple[float, float]:
    """The 95 % interval of a share by drawing places anew: zones of one place are no independent samples.

    `hits`: hits and count of each place. Source: B. Efron, Annals of Statistics 7, 1979 (the bootstrap).
    """
    table = np.array(list(hits.values()), float)
    picked = np.random.default_rng(7).integers(0, len(table), (_RESAMPLED, len(table)))
    sums = table[picked].sum(1)
    shares = sums[:, 0] / np.maximum(sums[:, 1], 1)
    return float(np.quantile(shares, 0.025)), float(np.quantile(shares, 0.975))


def ratio(hits: int, count: int, goal: float, better: str) -> dict[str, Any]:
    """A share as a bench's figure, with Wilson's interval: what was counted is of many places alike."""
    low, high = wilson(hits, count)
    value = hits / count if count else 0.0
    interval = {"low": round(min(low, value), 5), "high": round(max(high, value), 5)}
    return {"value": round(value, 5), "unit": "ratio", "goal": goal, "better": better, "n": count, **interval}


def share(
    scored: Iterable[Scored], is_hit: Callable[[Scored], bool], goal: float, better: Literal["lower", "higher"]
) -> dict[str, Any]:
    """A share as a bench's figure; its interval is the wider one of Wilson's and of that over places."""
    by_place: dict[str, tuple[int, int]] = {}
    for one in scored:
        hits, count = by_place.get(one.place, (0, 0))
        by_place[one.place] = (hits + is_hit(one), count + 1)
    hits, count = (sum(pair[at] for pair in by_place.values()) for at in (0, 1))
    value = hits / count if count else 0.0
    low, high = wilson(hits, count)
    if by_place:
        low_places, high_places = over_places(by_place)
        low, high = min(low, low_places), max(high, high_places)
    return {
        "value": round(value, 5),
        "unit": "ratio",
        "goal": goal,
        "better": better,
        "n": count,
        "low": round(min(low, value), 5),
        "high": round(max(high, value), 5),
    }


def table(scored: Sequence[Scored], key: Callable[[Scored], str], looks: int) -> dict[str, dict[str, Any]]:
    """Counts by a key and the effect asked about: verdicts, reasons, and what was wrong."""
    rows: dict[str, list[Scored]] = {}
    for one in scored:
        rows.setdefault(f"{one.effect}: {key(one)}", []).append(one)
    return {name: _counts(group, looks) for name, group in sorted(rows.items())}


def _counts(group: list[Scored], looks: int) -> dict[str, Any]:
    counts = Counter(one.at(looks).verdict for one in group)
    good = [one for one in group if one.case.is_good]
    return {
        "n": len(group),
        "good": len(good),
        **{verdict: counts[verdict] for verdict in ("PASS", "FAIL", "UNSURE")},
        "wrong_pass": sum(one.is_wrong_pass(looks) for one in group),
        "wrong_fail": sum(one.is_wrong_fail(looks) for one in group),
        "proven": sum(one.at(looks).verdict == "PASS" for one in good),
        "reasons": dict(Counter(one.at(looks).reason for one in group).most_common()),
    }

"""Verdicts on samples, counted: which were right, wrong or open, with 95 % intervals."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from masking.model import Verdict
from scenes.samples import Sample

NO_TEXTURE = "no-texture"
_Z = 1.959964
"""Of the normal distribution, for 95 %."""


@dataclass(frozen=True)
class Scored:
    """A verdict on a sample that was declared to be hidden by `effect`; `looks` pictures stand behind it."""

    sample: Sample
    effect: str
    verdict: Verdict
    looks: int

    @property
    def is_wrong(self) -> bool:
        """A bare zone that passes, or a hidden one that fails."""
        return self.verdict.verdict == ("FAIL" if self.sample.case.is_good else "PASS")


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (E. B. Wilson, Journal of the American Statistical Association 22, 1927)."""
    if not count:
        return 0.0, 1.0
    share, z2 = hits / count, _Z * _Z
    middle = share + z2 / (2 * count)
    half = _Z * math.sqrt(share * (1 - share) / count + z2 / (4 * count * count))
    return max((middle - half) / (1 + z2 / count), 0.0), min((middle + half) / (1 + z2 / count), 1.0)


def ratio(hits: int, count: int, goal: float, better: str) -> dict[str, Any]:
    """A share as a bench's figure: its interval stands in `low` and `high`."""
    low, high = wilson(hits, count)
    value = hits / count if count else 0.0
    return {
        "value": round(value, 5),
        "unit": "ratio",
        "goal": goal,
        "better": better,
        "n": count,
        "low": round(min(low, value), 5),
        "high": round(max(high, value), 5),
    }


def errors(scored: list[Scored], goals: tuple[float, float, float]) -> dict[str, dict[str, Any]]:
    """The three shares of one effect: faulty zones that pass, hidden ones that fail, and those left open.

    An answer `no-texture` is none of the three: it is counted apart and taken out of what the third is a share of.
    """
    faulty = [one for one in scored if not one.sample.case.is_good]
    good = [one for one in scored if one.sample.case.is_good]
    told = [one for one in scored if one.verdict.reason != NO_TEXTURE]
    return {
        "wrong_pass_ratio": ratio(sum(one.is_wrong for one in faulty), len(faulty), goals[0], "lower"),
        "wrong_fail_ratio": ratio(sum(one.is_wrong for one in good), len(good), goals[1], "lower"),
        "unsure_ratio": ratio(sum(o.verdict.verdict == "UNSURE" for o in told), len(told), goals[2], "lower"),
    }


def found(scored: list[Scored], goal: float) -> dict[str, Any]:
    """The share of faulty zones that do not pass."""
    return ratio(sum(one.verdict.verdict != "PASS" for one in scored), len(scored), goal, "higher")


def table(scored: Iterable[Scored], key: str) -> dict[str, dict[str, Any]]:
    """Counts by `case`, `light`, `quality`, `texture` or `place`: verdicts, reasons, and the interval of the errors."""
    rows: dict[str, list[Scored]] = {}
    for one in scored:
        rows.setdefault(_key(one, key), []).append(one)
    out: dict[str, dict[str, Any]] = {}
    for name, group in rows.items():
        counts = Counter(one.verdict.verdict for one in group)
        wrong = sum(one.is_wrong for one in group)
        low, high = wilson(wrong, len(group))
        out[name] = {
            "n": len(group),
            **{verdict: counts[verdict] for verdict in ("PASS", "FAIL", "UNSURE")},
            NO_TEXTURE: sum(one.verdict.reason == NO_TEXTURE for one in group),
            "wrong": wrong,
            "wrong_low": round(low, 5),
            "wrong_high": round(high, 5),
            "reasons": dict(Counter(one.verdict.reason for one in group).most_common()),
        }
    return out


def _key(one: Scored, key: str) -> str:
    shot = one.sample.shot
    values = {
        "case": f"{one.effect}: {one.sample.case.name}",
        "light": f"{one.effect}: {shot.light}",
        "quality": f"{one.effect}: CRF {shot.crf}",
        "texture": f"{one.effect}: {one.sample.area.texture}",
        "place": f"{one.effect}: {shot.place.name}",
    }
    return values[key]

"""A share as a figure: how many of so many, with the interval in which the true share lies."""

from __future__ import annotations

import math
from typing import Any

from measure.figures import Figure

_Z_95 = 1.959964


def interval(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share; the whole of 0..1 where nothing was counted.

    Source: Wilson 1927, score interval.
    """
    if not of:
        return 0.0, 1.0
    share, z2 = hits / of, _Z_95**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z_95 * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(middle - half, 0.0) if hits else 0.0, min(middle + half, 1.0) if hits < of else 1.0


def share(figure: Figure, hits: int, of: int, per: int = 1) -> dict[str, Any]:
    """Return the figure as JSON: `hits` per `per` of `of`; `low` and `high` are the 95 % interval, `n` is `of`."""
    low, high = interval(hits, of)
    value = hits / of if of else math.nan
    return {
        "value": round(per * value, 4),
        "unit": figure.unit,
        "goal": figure.goal,
        "better": figure.better,
        "n": of,
        "low": round(per * low, 4),
        "high": round(per * high, 4),
    }

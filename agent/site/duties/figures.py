"""Bounds the figures that a hub or a rule may set: names, ranges, and which way is stricter. Pure.

What they mean for a site is in `agent/site/duties/bounds.py`; a hub, which has none, needs the table alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from agent.site.config import limits


@dataclass(frozen=True, slots=True)
class Bound:
    """Range of a figure that a hub may set: whole numbers or any, from `low` to `high`, and which way is stricter."""

    low: float
    high: float
    stricter: Literal["up", "down", "either"]
    whole: bool = False


PERIOD: Final = "period_s"
FLOOR: Final = "retention_floor_days"
CEILING: Final = "retention_ceiling_days"

RULES: Final[Mapping[str, Bound]] = {
    PERIOD: Bound(limits.PERIOD_MIN_S, limits.PERIOD_MAX_S, "either", whole=True),
    "retention_floor_days": Bound(limits.RETENTION_LAW_DAYS, limits.RETENTION_MAX_DAYS, "up", whole=True),
    "retention_ceiling_days": Bound(1, limits.RETENTION_MAX_DAYS, "down", whole=True),
    "forecast_days": Bound(1, limits.FORECAST_MAX_DAYS, "up", whole=True),
    "clock_warn_s": Bound(0, limits.CLOCK_MAX_S, "down"),
    "clock_fail_s": Bound(0, limits.CLOCK_MAX_S, "down"),
    "completeness_warn_ratio": Bound(0, 1, "up"),
    "completeness_fail_ratio": Bound(0, 1, "up"),
    "gap_warn_s": Bound(0, limits.GAP_MAX_S, "down"),
    "gap_fail_s": Bound(0, limits.GAP_MAX_S, "down"),
    "recording_stale_s": Bound(1, limits.STALE_MAX_S, "down"),
    "mask_uncovered_max_ratio": Bound(0, limits.UNCOVERED_MAX_RATIO, "down"),
}
"""The closed list; its bounds are those of site.toml. `own_clock`, which the operator vouches for, is not in it."""

ORDERED: Final = (
    ("clock_warn_s", "clock_fail_s"),
    ("gap_warn_s", "gap_fail_s"),
    ("completeness_fail_ratio", "completeness_warn_ratio"),
)
"""Pairs of figures of which the first may not be above the second."""


def is_stricter(name: str, value: float, than: float) -> bool:
    """Return whether a value of a name of `RULES` is stricter than another one."""
    way = RULES[name].stricter
    return (way == "up" and value > than) or (way == "down" and value < than)


def out_of_bounds(name: str, value: Any) -> str:
    """Return the fault of a value, empty where there is none."""
    rule = RULES.get(name)
    if rule is None:
        return f"{name[:64]!a}: no name that a hub may set; those are {', '.join(RULES)}"
    right = isinstance(value, int if rule.whole else int | float) and not isinstance(value, bool)
    if not right or not rule.low <= value <= rule.high:  # not-a-number is in no range
        kind = "a whole number" if rule.whole else "a number"
        return f"{name}: must be {kind} from {rule.low:.7g} to {rule.high:.7g}"
    return ""

"""Bounds the figures that a hub or a rule may set: names, ranges, and which way is stricter. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from agent.site.config import sections as bounds
from agent.site.config.site import PERIOD_MAX_S, PERIOD_MIN_S, Site


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
    PERIOD: Bound(PERIOD_MIN_S, PERIOD_MAX_S, "either", whole=True),
    "retention_floor_days": Bound(bounds.RETENTION_LAW_DAYS, bounds.RETENTION_MAX_DAYS, "up", whole=True),
    "retention_ceiling_days": Bound(1, bounds.RETENTION_MAX_DAYS, "down", whole=True),
    "forecast_days": Bound(1, bounds.FORECAST_MAX_DAYS, "up", whole=True),
    "clock_warn_s": Bound(0, bounds.CLOCK_MAX_S, "down"),
    "clock_fail_s": Bound(0, bounds.CLOCK_MAX_S, "down"),
    "completeness_warn_ratio": Bound(0, 1, "up"),
    "completeness_fail_ratio": Bound(0, 1, "up"),
    "gap_warn_s": Bound(0, bounds.GAP_MAX_S, "down"),
    "gap_fail_s": Bound(0, bounds.GAP_MAX_S, "down"),
    "recording_stale_s": Bound(1, bounds.STALE_MAX_S, "down"),
    "mask_uncovered_max_ratio": Bound(0, bounds.UNCOVERED_MAX_RATIO, "down"),
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


def overlay(local: Site, policy: Mapping[str, Any]) -> Site:
    """Return the site with a hub's judged values; a floor also raises cameras with a lower retention of their own."""
    values: dict[str, Any] = {
        name: value if RULES[name].whole else float(value) for name, value in policy.items() if name != PERIOD
    }
    site = replace(local, period_s=policy.get(PERIOD, local.period_s), policy=replace(local.policy, **values))
    floor = policy.get("retention_floor_days", 0)
    cameras = tuple(
        replace(camera, retention_days=max(camera.retention_days, floor)) if camera.retention_days else camera
        for camera in local.cameras
    )
    return replace(site, cameras=cameras)


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


def loosens(local: Site, name: str, value: Any) -> str:
    """Return how a value is looser than the site's own, empty where it is not."""
    own = local.period_s if name == PERIOD else getattr(local.policy, name)
    if name == "retention_ceiling_days" and own == 0:
        return ""
    if is_stricter(name, own, value):
        may = "rise" if RULES[name].stricter == "up" else "fall"
        return f"{name}: {value:.7g} is looser than the site's own {own:.7g}; it may only {may}"
    return ""


def contradiction(site: Site, said: set[str]) -> str:
    """Return which figures of a site contradict each other, empty where none do; `said` are the names just set."""
    policy = site.policy
    for lower, higher in ORDERED:
        low, high = getattr(policy, lower), getattr(policy, higher)
        if low > high:
            return f"{lower}: {low:.7g} would be above {higher} = {high:.7g}"
    floor = max([policy.retention_floor_days, *(camera.retention_days for camera in site.cameras)])
    if said & {"retention_floor_days", "retention_ceiling_days"} and 0 < policy.retention_ceiling_days < floor:
        return (
            f"retention_ceiling_days: footage cannot be gone after {policy.retention_ceiling_days} days "
            f"and kept for {floor}"
        )
    if site.probe.deadline_s >= site.period_s:
        return f"period_s: a device may take {site.probe.deadline_s:g} s, as long as the whole period"
    return ""

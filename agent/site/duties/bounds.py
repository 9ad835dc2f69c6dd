"""Merges a hub's figures into a site's own, and detects what they would loosen or contradict. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agent.site.config.site import Site
from agent.site.duties.figures import ORDERED, PERIOD, RULES, is_stricter


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

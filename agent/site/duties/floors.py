"""Selects which figures of the packs bind a site, the strictest where several apply. Pure.

Only figures read in a rule's own text bind (`confidence` primary); those of secondary sources, and our own defaults, a
site may override. The strictest always holds, whether set by a pack, the site or its hub.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from agent.model.finding import Source
from agent.site.config.site import Site
from agent.site.declarations.standing import holds
from agent.site.duties.bounds import overlay
from agent.site.duties.figures import CEILING, FLOOR, RULES, is_stricter
from agent.site.rules.pack import in_effect, obligations


@dataclass(frozen=True, slots=True)
class Floor:
    """A figure of `[policy]` that a rule sets: its value, and `obligation`, the `pack/obligation` that sets it."""

    name: str
    value: float
    obligation: str
    source: Source


def floors(site: Site, today: date) -> tuple[Floor, ...]:
    """Return the strictest figure for each name that a rule in effect sets, where the rule is known to apply."""
    found: dict[str, Floor] = {}
    for name, one in obligations(site.packs):
        if one.confidence != "primary" or not in_effect(one, today) or holds(site, one.when, today) is not True:
            continue
        for key, value in one.parameters.items():
            if key in RULES and (key not in found or is_stricter(key, value, found[key].value)):
                found[key] = Floor(key, value, name, one.source)
    return tuple(found.values())


def with_floors(site: Site, today: date) -> Site:
    """Return the site with every figure at least as strict as the rules; a ceiling is never below the floor."""
    policy: Mapping[str, Any] = {
        floor.name: int(floor.value) if RULES[floor.name].whole else floor.value
        for floor in floors(site, today)
        if is_stricter(floor.name, floor.value, getattr(site.policy, floor.name))
    }
    if 0 < site.policy.retention_ceiling_days < policy.get(FLOOR, 0):
        policy = {**policy, CEILING: policy[FLOOR]}
    return overlay(site, policy) if policy else site

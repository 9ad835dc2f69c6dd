"""Merges, validates and compares the thresholds that the hub sets at a site. Pure.

What a new order does not name stays as it was sent last; null takes a threshold back, and the site's own counts again.
Whether a value loosens what the site's own file says, only the site can judge.
"""

from collections.abc import Mapping
from typing import Any

from agent.model.errors import UsageError
from agent.model.finding import Json, listed
from agent.site.duties.agent_version import NAME, fault, figures_of
from agent.site.duties.figures import ORDERED, RULES, out_of_bounds

Policy = Mapping[str, Json]


def merged(before: Policy, given: Policy) -> dict[str, Json]:
    """Return the thresholds sent last, changed by the given ones.

    Raises:
        UsageError: A name is none that a hub may set, a value is out of its bounds, or two contradict each other.
    """
    policy: dict[str, Any] = {name: one for name, one in {**before, **given}.items() if one is not None}
    if fault(policy):
        raise UsageError(
            "{name} = {value}: a site takes a release such as 0.2.0", name=NAME, value=str(policy[NAME])[:64]
        )
    for name, value in figures_of(policy).items():
        if name not in RULES:
            raise UsageError(
                "{name}: no name that a hub may set (null takes it back); those are {names}",
                name=name[:64],
                names=listed((*RULES, NAME)),
            )
        if out_of_bounds(name, value):
            _refuse(name, value)
    for lower, higher in ORDERED:
        if lower in policy and higher in policy and policy[lower] > policy[higher]:
            values = {"lower": lower, "low": policy[lower], "higher": higher, "high": policy[higher]}
            raise UsageError(
                "{lower}: {low:.7g} would be above {higher} = {high:.7g}, and the site would refuse it; change one",
                **values,
            )
    return policy


def changes(before: Policy, after: Policy) -> tuple[tuple[str, Json, Json], ...]:
    """Return name, old and new value of each threshold that differs; None: the site's own counts."""
    names = sorted(before.keys() | after.keys())
    return tuple((name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name))


def _refuse(name: str, value: Json) -> None:
    rule = RULES[name]
    values = {"name": name, "value": str(value)[:64], "low": rule.low, "high": rule.high}
    if rule.whole:
        raise UsageError("{name} = {value}: a site takes a whole number from {low:.7g} to {high:.7g}", **values)
    raise UsageError("{name} = {value}: a site takes a number from {low:.7g} to {high:.7g}", **values)

"""Renders what became of a site's policy as messages, for `hub orders`, `hub status` and the pages."""

from collections.abc import Iterator
from typing import Any

from agent.model.finding import Message


def policy_lines(policy: Any, in_force: bool = True) -> Iterator[Message]:
    """Yield what became of a site's policy, with the site's own words; `in_force`: also where all is well."""
    if policy["desired_version"] != policy["reported_version"]:
        yield Message("policy {desired_version} is wanted, {reported_version} in force", policy)
    elif in_force:
        yield Message("policy {reported_version} is in force", policy)
    if policy["refused"]:
        yield Message("policy {version} was refused by the site: {reason}: {why}", policy["refused"])

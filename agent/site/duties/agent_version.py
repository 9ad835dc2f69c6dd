"""Validates the version of the agent that a hub names, and decides whether it is wanted here. Pure.

It travels as a member of the hub's policy beside the thresholds. A site takes it only where `[upgrade] allow` says so,
and only upwards. Nothing here installs: `packaging/upgrade.py`, run by root's timer, holds the same bounds once more.
"""

import re
from collections.abc import Mapping
from typing import Final

from agent.model.finding import Json

NAME: Final = "agent_version"
"""The member of the policy; a release such as 0.2.0, without the revision of a package."""

FORM: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){1,3}")


def is_version(value: object) -> bool:
    """Return whether a value names a release: two to four numbers with dots."""
    return isinstance(value, str) and FORM.fullmatch(value) is not None


def is_newer(version: str, than: str) -> bool:
    """Return whether a release is newer than another one, number by number; 1.0 and 1.0.0 are the same."""
    return _numbers(version) > _numbers(than)


def figures_of(policy: Mapping[str, Json]) -> dict[str, Json]:
    """Return a policy without the version: what thresholds and period are judged by."""
    return {name: value for name, value in policy.items() if name != NAME}


def fault(policy: Mapping[str, Json]) -> str:
    """Return the fault of a named version, empty where there is none or none is named."""
    if NAME not in policy or is_version(policy[NAME]):
        return ""
    return f"{NAME}: must be a release such as 0.2.0"


def refusal(
    is_allowed: bool, policy: Mapping[str, Json], before: Mapping[str, Json], running: str
) -> tuple[str, str] | None:
    """Return word and sentence of why a valid document's version is refused; None: it is not, or none is named.

    Args:
        is_allowed: `[upgrade] allow` of the site's own file.
        policy: What the new document names.
        before: What the last accepted one named: an older version in it was no mistake when it came, and the thresholds
            beside it count on.
        running: The version that runs.
    """
    named = policy.get(NAME)
    if named is None:
        return None
    if not is_allowed:
        return "not-allowed", f"{NAME}: [upgrade] allow is false in the site's own file; null takes the version back"
    if named != before.get(NAME) and is_newer(running, str(named)):
        return "not-newer", f"{NAME}: {named} is older than {running}, which runs; a site never goes back"
    return None


def wanted(is_allowed: bool, policy: Mapping[str, Json], running: str) -> str:
    """Return the version that is to be installed, empty for none: allowed, and newer than what runs."""
    named = policy.get(NAME)
    return str(named) if is_allowed and is_version(named) and is_newer(str(named), running) else ""


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in version.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)

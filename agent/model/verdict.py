"""Calculates the exit code of a set of findings, for scripts. Pure."""

from __future__ import annotations

from agent.model import exits
from agent.model.finding import Finding

REFUSED_REASONS = frozenset({"refused", "not-tried"})


def refused(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings that are unknown because a login was refused, causes only."""
    return tuple(f for f in findings if f.status == "unknown" and f.reason in REFUSED_REASONS and not f.caused_by)


def exit_code(findings: tuple[Finding, ...]) -> int:
    """Return 1 where something fails, else 4 where a login was refused, else 3 where something is unknown, else 0."""
    return exits.worst(
        fails=any(f.status == "fail" for f in findings),
        refused=bool(refused(findings)),
        unchecked=any(f.status == "unknown" for f in findings),
    )

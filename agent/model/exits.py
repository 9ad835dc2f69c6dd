"""Defines the exit codes of commands, and calculates that of a set of findings. Pure.

Of several, `1` before `4` before `3`; from 64 up those of sysexits.h.
"""

from typing import Final

from agent.model.finding import Finding

OK: Final = 0
"""All pass or warn."""
FAILS: Final = 1
"""Something fails."""
USAGE: Final = 2
"""The command line is wrong."""
UNCHECKED: Final = 3
"""Something could not be checked, or the status is stale."""
REFUSED: Final = 4
"""A device refused the credential."""
UNAVAILABLE: Final = 69
"""The hub, or what it stores in, cannot be reached now."""
BUG: Final = 70
"""camwarden itself is wrong."""
PERMISSION: Final = 77
"""A file may not be read or written by this user."""
CONFIG: Final = 78
"""The configuration is wrong; the service is not restarted."""
INTERRUPTED: Final = 130
"""Ctrl-C, as a shell reports it."""
PIPE_CLOSED: Final = 141
"""The reader of standard output went away, as a shell reports it."""


def worst(fails: bool, refused: bool, unchecked: bool) -> int:
    """Return the exit code for results: 1 before 4 before 3 before 0."""
    if fails:
        return FAILS
    if refused:
        return REFUSED
    return UNCHECKED if unchecked else OK


REFUSED_REASONS = frozenset({"refused", "not-tried"})


def refused(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings that are unknown because a login was refused, causes only."""
    return tuple(f for f in findings if f.status == "unknown" and f.reason in REFUSED_REASONS and not f.caused_by)


def exit_code(findings: tuple[Finding, ...]) -> int:
    """Return 1 where something fails, else 4 where a login was refused, else 3 where something is unknown, else 0.

    What only waits, with all that it explains, and what a person accepted is no open finding.
    """
    return worst(
        fails=any(f.status == "fail" for f in findings),
        refused=bool(refused(findings)),
        unchecked=any(f.status == "unknown" and not f.quiet for f in findings),
    )

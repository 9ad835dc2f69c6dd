"""Defines the exit codes of commands: of several, `1` before `4` before `3`; from 64 up those of sysexits.h."""

from __future__ import annotations

from typing import Final

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
"""The hub cannot be reached."""
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
    """Return the exit code for a set of results: 1 before 4 before 3 before 0."""
    if fails:
        return FAILS
    if refused:
        return REFUSED
    return UNCHECKED if unchecked else OK

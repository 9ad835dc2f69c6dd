"""Writes which version the hub wants installed, and reads what became of it.

The service runs nothing and installs nothing: root's timer reads the file (`packaging/upgrade.py`), holds it against
`[upgrade]` and the package folder, and leaves the outcome where this reads it.
"""

import json
from pathlib import Path
from typing import Any, Final

from agent.host.files import write_atomic
from agent.site.duties.agent_version import is_version

FILE_NAME: Final = "wanted-version"
"""In the state directory: one line, the release."""

FILE_MODE: Final = 0o600
OUTCOME_MAX_BYTES: Final = 4096
WHY_MAX_CHARS: Final = 400


def write_wanted(directory: Path, version: str) -> None:
    """Write the version that is wanted; empty: remove the file. Raises OSError."""
    path = directory / FILE_NAME
    if version:
        write_atomic(path, f"{version}\n".encode(), FILE_MODE)
    else:
        path.unlink(missing_ok=True)


def failure_of(outcome: Path, version: str) -> str:
    """Return why root could not install a version, empty where it did, has not tried, or nobody can say."""
    try:
        with outcome.open("rb") as file:
            told: Any = json.loads(file.read(OUTCOME_MAX_BYTES))
        why = told["why"] if told["version"] == version and is_version(version) else ""
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return ""
    return "".join(char if char.isprintable() else " " for char in str(why)[:WHY_MAX_CHARS])

"""Validates the path of a new output file: its folder exists, and nothing is overwritten."""

import os
from pathlib import Path

from agent.model.errors import Forbidden, UsageError


def require_new(path: Path) -> None:
    """Validate that a file can be written, before a device is asked.

    Raises UsageError where it exists already or its folder does not, and Forbidden where this user may not write there.
    """
    if os.path.lexists(path) or not path.parent.is_dir():
        raise UsageError("{path}: name a new file in a folder that is there; nothing is overwritten", path=path)
    if not os.access(path.parent, os.W_OK):
        raise Forbidden(
            "{folder}: this user may not write there; name a file in a folder of your own", folder=path.parent
        )

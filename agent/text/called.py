"""Renders commands in texts as this process was called: the hub's own package has `camwarden-hub X` alone."""

import os
import sys
from typing import Final

AGENT: Final = "camwarden"
HUB: Final = "camwarden-hub"


def program() -> str:
    """Return the name of the command that this process is: `camwarden`, or `camwarden-hub`."""
    return HUB if os.path.basename(sys.argv[0]) == HUB else AGENT  # noqa: PTH119 - asked for each text that is shown


def as_called(text: str) -> str:
    """Return a text whose commands of the hub can be typed where this process runs; both names are equally long."""
    return text.replace("camwarden hub", HUB) if program() == HUB else text

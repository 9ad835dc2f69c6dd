"""Checks that the packs name and nobody has written yet: the duties that no finding speaks of.

Who writes one takes its line out here; a test holds this list against the packs and the table of checks.
"""

from __future__ import annotations

from typing import Final

PLANNED: Final = frozenset(
    {
        "default-credential",
    }
)

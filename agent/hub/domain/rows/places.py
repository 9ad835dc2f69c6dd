"""Defines in which division a site lies, by its reports and by people at the hub. Pure.

Source: GB/T 2260 (codes of divisions: six digits).
"""

import re
from dataclasses import dataclass
from typing import Final

DIVISION: Final = re.compile(r"[0-9]{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """A site of which reports tell another division than the one that counts.

    `division`: counts, in lists and figures; `said_by` empty: because the site told it first, else because people said
    so. `told`: others that reports tell, or have told since people said so, the oldest first.
    """

    site: str
    division: str
    said_by: str
    told: tuple[str, ...]

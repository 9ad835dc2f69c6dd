"""Lists what each figure of the municipal assessment is called: all msgids."""

from collections.abc import Mapping
from typing import Final

HEADINGS: Final[Mapping[str, str]] = {
    "online": "online rate",
    "good": "good-condition rate",
    "linked": "linked rate",
    "recorded": "recording completeness",
    "clock": "clock right",
    "overlay": "overlay right",
    "file": "camera file complete",
}
"""What each figure is called."""

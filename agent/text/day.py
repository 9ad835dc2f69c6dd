"""Parses a day that a person typed."""

import re
from datetime import date


def read_day_text(text: str) -> date | None:
    """Return the day of a text such as 2026-01-31, 2026/1/31 or 20260131; None where it is none."""
    match = re.fullmatch(r"([0-9]{4})([-/.年]?)([0-9]{1,2})[-/.月]?([0-9]{1,2})日?", text.strip())
    if match is None or (not match[2] and len(text.strip()) != 8):
        return None
    try:
        return date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return None

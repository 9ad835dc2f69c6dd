"""Formats durations."""

from agent.text.translate import translate


def duration_text(seconds: float, lang: str) -> str:
    """Format a duration in two digits or so: 45 s, 12 min, 3.5 h, 2.1 d."""
    for unit, length, until, digits in (("{n} s", 1, 90, 0), ("{n} min", 60, 90, 0), ("{n} h", 3600, 48, 1)):
        if abs(seconds) < length * until:
            return translate(unit, lang).format(n=f"{seconds / length:.{digits}f}")
    return translate("{n} d", lang).format(n=f"{seconds / 86_400:.1f}")

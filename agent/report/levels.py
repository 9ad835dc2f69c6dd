"""Counts passes by the level of their evidence, and renders level and age in the reader's language. Pure.

A device's own word is not what we measured, and a reader of a pass must see which of them it is. An age is shown where
the evidence is older than a look takes: it was remembered.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from agent.model.finding import Basis, Finding, Json, Level, Message
from agent.text.duration import duration_text
from agent.text.translate import render, together, translate

LEVEL_WORDS: Final[Mapping[Level, str]] = {
    "seen": "seen by us",
    "both": "told and seen",
    "told": "told by the device",
    "declared": "declared",
    "own": "by the gateway",
}
"""The levels from the strongest evidence of a device to the gateway's own; all words are msgids."""

REMEMBERED_S: Final = 600
"""Evidence of this age and more is shown with it. House rule: a look of 64 cameras takes less."""


def passes_by_level(findings: Iterable[Finding], known: Mapping[str, Basis]) -> dict[Level, int]:
    """Count the passes of a look by level, in the order of `LEVEL_WORDS`, without zeros; `known` is by key."""
    passed = (one for one in findings if one.status == "pass" and not one.caused_by)
    return counted(known[one.key].level for one in passed if one.key in known)


def counted(levels: Iterable[Level | None]) -> dict[Level, int]:
    """Count levels in the order of `LEVEL_WORDS`, without zeros; None has no row."""
    totals = Counter(levels)
    return {level: totals[level] for level in LEVEL_WORDS if totals[level]}


def counts_text(totals: Mapping[Level, int], lang: str) -> str:
    """Render counts by level, such as `12 seen by us, 15 told by the device`; empty where there are none."""
    return together((f"{count} {translate(LEVEL_WORDS[level], lang)}" for level, count in totals.items()), lang)


def basis_text(known: Basis, lang: str) -> str:
    """Render how a finding is known, with the age of what was remembered; empty where nothing is known."""
    if known.level is None:
        return ""
    words = translate(LEVEL_WORDS[known.level], lang)
    if known.oldest_age_s is None or known.oldest_age_s < REMEMBERED_S:
        return words
    aged = Message("{words}, {age} ago", {"words": words, "age": duration_text(known.oldest_age_s, lang)})
    return render(aged, lang)


def basis_of_row(row: Mapping[str, Json]) -> Basis:
    """Return the basis that a row of `plain_findings` has, as far as it was reported."""
    level, age_s = row.get("level"), row.get("oldest_age_s")
    known = next((one for one in LEVEL_WORDS if one == level), None)
    return Basis(known, age_s if isinstance(age_s, int) else None)

"""Prints open findings of sites, one a line, for `camwarden hub findings` and `hub site`."""

from collections.abc import Sequence

from agent.hub.stores.findings import FindingRow
from agent.text.harmless import printable
from agent.text.recognize import recognize
from agent.text.translate import render, together, translate


def print_lines(found: Sequence[FindingRow], lang: str) -> None:
    """Print a line for each finding; names and sentences are the sites' own words."""
    for one in found:
        box = together((name for name in (one.model, one.firmware, one.maintainer) if name), lang)
        words = render(recognize(one.message, lang), lang)
        parts = (
            f"{one.site:23}", translate(one.status, lang), one.check, one.subject, one.since[:16] + "Z",
            words + (f" ({box})" if box else ""),
        )  # fmt: skip
        print("  ".join(printable(part) for part in parts))

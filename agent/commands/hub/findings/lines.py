"""Prints open findings of sites, one a line, for `camwarden hub findings` and `hub site`."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date

from agent.hub.domain.rows.findings import FindingRow
from agent.model.finding import Message
from agent.text.harmless import printable
from agent.text.recognize import recognize
from agent.text.translate import render, together, translate


def print_lines(found: Sequence[FindingRow], lang: str, today: date) -> None:
    """Print a line for each finding; names and sentences are the sites' own words."""
    for one in found:
        box = together((name for name in (one.model, one.firmware, one.maintainer) if name), lang)
        words = render(recognize(one.message, lang), lang)
        said = together((render(message, lang) for message in _said(one, today.isoformat())), lang)
        parts = (
            f"{one.site:23}", translate(one.status, lang), one.check, one.subject, one.since[:16] + "Z",
            words + (f" ({box})" if box else ""), *([said] if said else []),
        )  # fmt: skip
        print("  ".join(printable(part) for part in parts))


def _said(one: FindingRow, today: str) -> Iterator[Message]:
    """Yield what people at the hub said of a finding; an acknowledgement that has ended is none."""
    values = asdict(one)
    if one.acknowledged_until >= today:
        yield Message("acknowledged by {acknowledged_by} until {acknowledged_until}", values)
    if one.assigned_to and one.due_on < today:
        yield Message("{assigned_to} was to mend it by {due_on}", values)
    elif one.assigned_to:
        yield Message("{assigned_to} is to mend it by {due_on}", values)
    if one.planned_until >= today:
        yield Message("planned by {planned_by} until {planned_until}", values)
    if one.comments:
        yield Message("{comments} comments", values)

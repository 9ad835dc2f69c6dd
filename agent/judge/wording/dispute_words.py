"""Renders the words beside a disputed finding. Pure.

The dispute, and whose it is, is in `agent/judge/memory/disputes.py`, which takes longer to load than `status` may.
"""

from collections.abc import Mapping
from typing import Final

from agent.model.finding import Message

OUTCOMES: Final[Mapping[str, str]] = {
    "upheld": "disputed by {by}; the hub has decided: the finding stands ({decided_by}: {decided_why})",
    "overturned": "disputed by {by}; the hub has decided: the finding was wrong ({decided_by}: {decided_why})",
    "remedied": "disputed by {by}; the hub has decided: the finding was right and is mended ({decided_by}: "
    "{decided_why})",
}
"""What is said beside a finding once the hub has decided."""


def words_of(by: str, day: str, why: str, decided: tuple[str, str, str] | None) -> Message:
    """Return what is said beside a finding; `decided`: outcome, by whom and why, None before a decision."""
    values: dict[str, object] = {"by": by, "why": why, "day": day}
    if decided is None or decided[0] not in OUTCOMES:
        return Message("disputed by {by} on {day}: {why}; no decision of the hub yet", values)
    outcome, values["decided_by"], values["decided_why"] = decided
    return Message(OUTCOMES[outcome], values)

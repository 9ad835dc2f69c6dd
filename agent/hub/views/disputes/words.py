"""Renders disputes, their due dates and what was decided, for `hub disputes` and `hub status`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from agent.hub.domain.figures import CHINA
from agent.model.finding import Message
from agent.text.site_time import local

DELIVERED: Final = {
    "answered": Message("the site has it"),
    "refused": Message("the site refused it: see camwarden hub orders"),
    "expired": Message("the site has not answered yet: it is sent again"),
}
"""What became of a decision on its way, by the state of its order; any other one: it is on its way."""
ON_ITS_WAY: Final = Message("on its way to the site")

OUTCOMES: Final = {
    "upheld": Message("the finding was right"),
    "overturned": Message("the finding was wrong, and the figures are corrected"),
    "remedied": Message("the finding was right, and is mended since"),
}


def dispute_lines(found: Any) -> Iterator[Message]:
    """Yield the lines of the disputes that `write_disputes` returned."""
    if not found:
        yield Message("nothing is disputed")
    for one in found:
        yield due_line(one["site"], one, one["overdue"])
        yield Message("    disputed by {by} on {day}: {why}", {**one, "day": _day(one["at"])})
        if one["decision"]:
            word = one["decision"]
            state = DELIVERED.get(one["order"]["state"], ON_ITS_WAY)
            what = {"what": OUTCOMES[word["outcome"]], "day": _day(word["decided_at"]), "state": state}
            yield Message("    decided by {by} on {day}: {what} ({why}); {state}", {**word, **what})


def status_lines(site: str, found: Any, now: datetime) -> Iterator[Message]:
    """Yield what stands in the status of a site: each dispute with who says so, its due date or its decision."""
    for one in found:
        yield due_line(site, one, not one["decision"] and datetime.fromisoformat(one["due_at"]) <= now)
        yield Message("    disputed by {by} on {day}: {why}", {**one, "day": _day(one["at"])})
        if one["decision"]:
            word = one["decision"]
            what = {"what": OUTCOMES[word["outcome"]], "day": _day(word["decided_at"])}
            yield Message("    decided by {by} on {day}: {what} ({why})", {**word, **what})


def due_line(site: str, one: Any, overdue: bool) -> Message:
    """Return the line that says of which finding a dispute is, and by when a decision is due."""
    values = {**one, "site": site, "number": one["id"][:8], "due": _day(one["due_at"])}
    if one["decision"]:
        return Message("{site} {check} {subject}: dispute {number} is decided", values)
    if overdue:
        return Message("{site} {check} {subject}: dispute {number} was due for a decision on {due}: LATE", values)
    return Message("{site} {check} {subject}: dispute {number} is due for a decision by {due}", values)


def _day(text: str) -> str:
    return local(datetime.fromisoformat(text), CHINA)[:10]

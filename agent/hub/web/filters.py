"""Parses the filters of an address: those of `hub findings`, a day in China, how many, and behind which one.

A value that is none is refused: a filter that was dropped would show more than was asked for.
"""

from datetime import UTC, date, datetime, time
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.domain.figures import CHINA
from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.rows.findings import Place, Wanted, read_place
from agent.hub.web.asked import Asked
from agent.model.errors import UsageError
from agent.model.finding import listed

TEXTS: Final = ("site", "division", "maintainer", "check", "model", "operator", "assignee")
"""Filters that any text is a value of; with `status` and `since` those of findings."""

OF_FINDINGS: Final = (*TEXTS, "status", "since")
PAGE: Final = ("limit", "after", "lang")


def wanted_findings(asked: Asked) -> Wanted:
    """Return which open findings an address asks for, of those that may be seen. Raises UsageError."""
    status = asked.query.get("status", "")
    if status and status not in OPEN:
        raise UsageError("status {text!r}: it is one of {words}", text=status[:40], words=listed(OPEN))
    texts = {name: asked.query.get(name, "") for name in TEXTS}
    return Wanted(**texts, status=status, since=since(asked.query.get("since", "")), scope=asked.scope)


def since(text: str) -> str:
    """Return the moment at which a day in China began, RFC 3339 in UTC; of no day: an empty text. Raises UsageError."""
    if not text:
        return ""
    try:
        return utc_text(datetime.combine(date.fromisoformat(text), time(), CHINA).astimezone(UTC))
    except (ValueError, OverflowError):
        raise UsageError("since {text!r}: a day, such as 2026-11-24", text=text[:40]) from None


def limit(asked: Asked, usual: int, most: int) -> int:
    """Return how many an address asks for. Raises UsageError."""
    text = asked.query.get("limit", str(usual))
    if not (text.isascii() and text.isdecimal() and len(text) < 7 and 1 <= int(text) <= most):
        raise UsageError("limit {text!r}: a number from 1 to {most}", text=text[:40], most=most)
    return int(text)


def after_finding(asked: Asked) -> Place | None:
    """Return where the page before ended. Raises UsageError."""
    text = asked.query.get("after", "")
    try:
        return read_place(text) if text else None
    except ValueError:
        raise UsageError("after {text!r}: no page ended so; take `next` of the page before", text=text[:80]) from None


def refuse_others(asked: Asked, *names: str) -> None:
    """Refuse names in the address that mean nothing here: a mistyped filter would filter nothing. Raises UsageError."""
    for name in asked.query:
        if name not in (*names, *PAGE):
            raise UsageError("{name!r} is no filter here; there are {names}", name=name[:40], names=listed(names))

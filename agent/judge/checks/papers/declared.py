"""Checks that everything no device can show is declared: one finding for the site, however many are missing."""

from datetime import datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.claim import Held, declared, own
from agent.judge.verdict import verdict
from agent.model.finding import Finding, Json, Listed, Message, Source
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from agent.site.declarations.standing import (
    EXPIRING_SOON_DAYS,
    GRACE_DAYS,
    Declaration,
    Line,
    State,
    lines,
    local_day,
    standings,
)
from agent.site.declarations.words import duties_listed

DECLARATIONS_ID: Final = "declarations"

NAMED_MAX = 4


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the declarations that the profile demands.

    Missing, expired or without a detail that is asked for is unknown, expiring or in grace warns.
    """
    found = tuple(standings(site, local_day(site, now)))
    gone, grace, ending = (
        lines(found, "missing", "expired", "incomplete"),
        lines(found, "expired-grace"),
        lines(found, "expiring"),
    )
    evidence: dict[str, Json] = {
        "profile": site.rules.profile,
        "open": [_row(line) for line in (*gone, *grace, *ending)],
    }
    if gone:
        states = {line.state for line in gone}
        reason = "not-declared" if "missing" in states else "expired" if "expired" in states else "incomplete"
        message = Message(
            "{count} declarations are open ({duties}): camwarden declare",
            {"count": len(gone), "duties": _duty_names(gone)},
        )
        return (check.finding("site", "unknown", reason, evidence, message),)
    if grace:
        left = GRACE_DAYS + min(line.days_left or 0 for line in grace)
        message = Message(
            "{count} declarations have run out ({duties}) and count for {days} days more: camwarden declare",
            {"count": len(grace), "duties": _duty_names(grace), "days": left},
        )
        return (check.finding("site", "warn", "grace", evidence, message),)
    if ending:
        left = min(line.days_left or 0 for line in ending)
        message = Message(
            "{count} declarations run out ({duties}), the first in {days} days: camwarden declare",
            {"count": len(ending), "duties": _duty_names(ending), "days": left},
        )
        reason = "expiring-soon" if left <= EXPIRING_SOON_DAYS else "expiring"
        return (check.finding("site", "warn", reason, evidence, message),)
    # A profile may ask for nothing: that it does is what the configuration says.
    asked = {one.duty.id: Held(one.duty.id, declared("site", one.duty.id)) for one in found}
    outcomes = tuple(asked.values()) or (Held("asked", own("site", "profile")),)
    return (verdict(check, "site", outcomes, evidence, Message("what is asked for is declared")),)


def declaration_json(state: State, days_left: int | None, given: Declaration | None) -> dict[str, Json]:
    """Return state, author, day and end of a declaration, with the keys that every check uses."""
    return {
        "state": state,
        "by": given.by if given else None,
        "at": given.at.isoformat() if given else None,
        "until": given.until.isoformat() if given and given.until else None,
        "days_left": days_left,
    }


def _row(line: Line) -> Json:
    stands = declaration_json(line.state, line.days_left, line.declaration)
    return {"duty": line.duty.id, "cameras": len(line.cameras), **stands}


def _duty_names(found: tuple[Line, ...]) -> Listed:
    return duties_listed((line.duty.id for line in found), NAMED_MAX)


CHECK = Check(
    DECLARATIONS_ID,
    run,
    "minor",
    Source("camwarden", "what nobody can observe is declared"),
    "Somebody stands for what nobody can observe.",
)

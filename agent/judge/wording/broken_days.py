"""Selects the rules whose days a check of papers found broken: a deadline missed, a trial run too short. Pure.

Such a check tells the days themselves in its evidence, so that the rules are named once for all of them.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from agent.judge.check import Check
from agent.model.finding import Finding, Json
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day
from agent.site.duties.limits import Breaks, Limit, broken


def with_rules_of_days(check: Check, site: Site, findings: tuple[Finding, ...], now: datetime) -> tuple[Finding, ...]:
    """Return the findings of one check; what fails or warns names each rule whose days are broken, and no other."""
    return tuple(_named(check, site, one, now) for one in findings)


def _named(check: Check, site: Site, finding: Finding, now: datetime) -> Finding:
    if finding.status not in ("fail", "warn"):
        return finding
    for name, breaks in _BY_DAYS.items():
        held = check.limit_of_rules(site, name, now)
        if held is not None:  # what asks for something else is not broken by days
            held = replace(held, setters=tuple(one for one in held.setters if not one.by_default))
        found = breaks(finding, held, local_day(site, now)) if held is not None else None
        if held is not None and found is not None and any(found(one.value) for one in held.setters):
            return replace(finding, source=broken(finding.source, (held, found)))
    return finding


def _deadline(finding: Finding, held: Limit, today: date) -> Breaks | None:
    """Return whether a rule of so many days is broken: its deadline lies as much earlier or later as it asks for."""
    due, filed = _day(finding.evidence.get("due")), _day(finding.evidence.get("filed"))
    if due is None:
        return None
    late = ((filed or today) - due).days
    return lambda days: late > days - held.value


def _trial(finding: Finding, held: Limit, today: date) -> Breaks | None:
    began, accepted = _day(finding.evidence.get("trial_from")), _day(finding.evidence.get("accepted"))
    if began is None or accepted is None or finding.reason != "trial-short":
        return None
    lasted = (accepted - began).days
    return lambda days: lasted < days


def _day(value: Json) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


_BY_DAYS: Final[dict[str, Callable[[Finding, Limit, date], Breaks | None]]] = {
    "filing_days": _deadline,
    "legacy_filing_days": _deadline,
    "trial_days": _trial,
}

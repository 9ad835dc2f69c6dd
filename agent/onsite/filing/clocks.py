"""Calculates the filing deadlines as of today, and changes since the last filing, from the checks' findings. Pure.

Judges nothing: the findings are those of `agent/judge/checks/papers/filing.py`,
`agent/judge/checks/papers/filed.py` and `agent/judge/checks/papers/duties.py`, run even where the site's profile leaves
them out, since somebody wants to file.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.papers import acceptance, accepted_papers, contractors, duties, filed, filing
from agent.model.finding import PAST_BREACH, Finding, Message
from agent.observe.facts.facts import Facts
from agent.observe.facts.filed_system import Filing
from agent.site.config.site import Site
from agent.site.declarations.secret import nameless
from agent.site.declarations.standing import local_day, standing
from agent.site.declarations.table import PROFILES
from agent.site.duties.floors import with_floors

CLOCKS: Final = (filing.DATONG_DEADLINE, filing.NATIONAL_DEADLINE, filing.LEGACY)
"""Of acceptance, of use, and of what is older than the Measures."""

ORDERS: Final = (acceptance.ORDER, accepted_papers.PAPERS, acceptance.BEFORE_USE, contractors.CONTRACTORS)
"""What besides a filing may have been late or out of order."""

CHANGES: Final = (filed.CHANGE, filed.FACTS)


@dataclass(frozen=True, slots=True)
class Deadline:
    """One deadline, and its finding.

    `begins` is the day that it counts from, `due` its last day, `filed` the day of filing; None: not known, or none.
    `days_left` until the end of `due`, negative after it; None: it is filed, or not known. `disputed`: what is said
    beside the finding, if anything.
    """

    finding: Finding
    begins: date | None
    due: date | None
    filed: date | None
    days_left: int | None
    disputed: Message | None = None


def filing_site(site: Site, today: date) -> Site:
    """Return the site for a filing: at least the profile `filing`, the floors of the rules, secret cameras nameless."""
    wanted = max(site.rules.profile, "filing", key=PROFILES.index)
    return with_floors(replace(nameless(site, today), rules=replace(site.rules, profile=wanted)), today)


def deadlines(site: Site, now: datetime) -> tuple[Deadline, ...]:
    """List every deadline that runs here, or whose beginning is not known yet; `site` is that of `filing_site`.

    That of old systems is listed only once it is known that this is one: what is not declared is reported once.
    """
    accepted = standing(site, "acceptance-date", local_day(site, now)).value
    begun = {filing.NATIONAL_DEADLINE.id: site.in_use_since}
    found = []
    for check in CLOCKS:
        for finding in _run_check(check, site, None, now):
            begins = begun.get(check.id, accepted if isinstance(accepted, date) else None)
            told = finding.evidence
            due, day, left = told.get("due"), told.get("filed"), told.get("days_left")
            filed_day = _day(day)
            days_left = left if isinstance(left, int) and filed_day is None else None
            # A clock that runs and is not due soon is no finding yet, but a deadline all the same.
            hidden = ("not_applicable", "unknown") if check is filing.LEGACY else ("not_applicable",)
            if finding.status not in hidden or "due" in told:
                found.append(Deadline(finding, begins, _day(due), filed_day, days_left))
    return tuple(found)


def past_breaches(site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Return what was late or out of order, and no note of an authority has ended; `site` is that of `filing_site`."""
    found = (one for check in (*CLOCKS, *ORDERS) for one in check.run(check, site, facts, now))
    return tuple(one for one in found if one.reason == PAST_BREACH)


def papers_findings(site: Site, now: datetime) -> tuple[Finding, ...]:
    """Return the findings on the five papers together."""
    return _run_check(duties.FILING_PAPERS, site, None, now)


def change_findings(site: Site, last: Filing | None, now: datetime) -> tuple[Finding, ...]:
    """Return the findings on changes since the last filing, as far as they need no look at the devices."""
    return tuple(finding for check in CHANGES for finding in _run_check(check, site, last, now))


def _run_check(check: Check, site: Site, last: Filing | None, now: datetime) -> tuple[Finding, ...]:
    return check.run(check, site, Facts({}, filed=last), now)


def _day(text: object) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) else None

"""Checks that the system was filed with the police in time: from acceptance (Datong), and from use (national).

Deadlines count calendar days, without the first. Source: Civil Code of the PRC, article 201.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.papers.acceptance import ACCEPTANCE, not_accepted, use_unknown
from agent.judge.claim import Broken, Outcome
from agent.judge.freed import Rule
from agent.judge.wording.declared_words import DeclaredDuties, declared_duties
from agent.judge.wording.from_rules import ruled
from agent.judge.wording.past_breach import InOrder, in_order, with_notes
from agent.model.finding import Finding, Json, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from agent.site.declarations.standing import standing
from agent.site.declarations.table import NONE

DATONG: Final = "filing-datong"
ORGAN: Final = "supervising-organ"
NATIONAL: Final = "filing-national"
SOON_DAYS: Final = 7
DAYS: Final = 30
"""Where no pack sets it: Datong Measures, article 15(1); Order 799, article 14."""

LEGACY_DAYS: Final = 60
"""Where no pack sets it, from the day on which the rule was in force: Datong Measures, article 15(2)."""

NATIONAL_OLD_UNTIL: Final = date(2025, 7, 1)
"""Last day for systems in use before the Order was in force. Source: filing notices of county police, 2025."""


def run_datong(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the filing after acceptance."""
    found = declared_duties(check, site, now, DATONG, ACCEPTANCE)
    if isinstance(found, Finding):
        return (found,)
    accepted = found.value(ACCEPTANCE)
    if accepted == NONE:
        return (not_accepted(found),)
    if not isinstance(accepted, date):
        return (found.open() or use_unknown(found),)
    if accepted < _in_force(found):
        message = Message("it is older than the rule: whether it was filed is told by another finding")
        return (found.freed(_begins(found), "older-than-rule", message),)
    filed = found.document_day(DATONG)
    if filed is not None and filed < accepted:
        message = Message("the receipt of filing is older than the acceptance", next_step="correct one of the two days")
        return (found.finding("warn", "days-contradict", message, {"filed": filed.isoformat()}),)
    due = accepted + timedelta(days=found.figure("filing_days") or DAYS)
    return (_judged(found, DATONG, accepted, due, *_organ(site, found)),)


def run_national(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the filing after the system was put into use."""
    found = declared_duties(check, site, now, NATIONAL)
    if isinstance(found, Finding):
        return (found,)
    waits = next((one for one in found.due if one.reason), None)
    if waits is not None or site.in_use_since is None:
        return (found.open() if waits else use_unknown(found),)  # type: ignore[return-value]
    due = site.in_use_since + timedelta(days=found.figure("filing_days") or DAYS)
    if site.in_use_since < _in_force(found):
        due = max(due, NATIONAL_OLD_UNTIL)
    return (_judged(found, NATIONAL, site.in_use_since, due),)


def run_legacy(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the filing of a system that was accepted before the Measures were in force, within 60 days of that."""
    found = declared_duties(check, site, now, DATONG, ACCEPTANCE)
    if isinstance(found, Finding):
        return (found,)
    accepted = found.value(ACCEPTANCE)
    if accepted == NONE:
        return (not_accepted(found),)
    if not isinstance(accepted, date):
        return (found.open() or use_unknown(found),)
    if accepted >= _in_force(found):
        message = Message("it is no older than the rule: when it had to be filed is told by another finding")
        return (found.freed(_begins(found), "newer-than-rule", message),)
    due = _in_force(found) + timedelta(days=found.figure("legacy_filing_days") or LEGACY_DAYS)
    filed = found.document_day(DATONG)
    told: dict[str, Json] = {"due": due.isoformat(), "filed": filed.isoformat() if filed else None}
    if filed is None and not _has_expired(found, DATONG):
        message = Message(
            "no receipt of filing is declared",
            next_step="file it, then camwarden declare --set filing-datong=NUMBER --paper FILE --paper-date DAY",
        )
        return (found.finding("fail", "not-filed", message, told),)
    if filed is None:
        return (found.open() or use_unknown(found),)
    return (_when_filed(found, DATONG, filed, due, told),)


def _organ(site: Site, found: DeclaredDuties) -> tuple[Outcome, ...]:
    """Return that the filing went to another organ than the one that supervises the system, where both are declared."""
    organ, supervises = found.detail(DATONG, "organ"), standing(site, ORGAN, found.today).value
    if not organ or not isinstance(supervises, str) or _plain(organ) == _plain(supervises):
        return ()
    message = Message(
        "it was filed with another public security organ than the one that is declared to supervise it",
        next_step="find out which of them is competent: by affiliation first, else the district or county",
    )
    return (Broken("declared organ", "other-organ", message, mild=True),)


def _plain(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _when_filed(
    found: DeclaredDuties, receipt: str, filed: date, due: date, told: Mapping[str, Json], *beside: Outcome
) -> Finding:
    """Return whether it was filed in time; what was filed late is a breach of the past."""
    order = InOrder(receipt, filed, due, Message("it was filed {days} days after the deadline"))
    values = {"due": due.isoformat(), "late": order.days_late}
    message = Message("it was filed in time (until {due})", values)
    if order.days_late:
        message = Message("it was filed {late} days after the deadline ({due})", values)
    return found.counts(with_notes(found, message, order), told, *in_order(found, order), *beside)


def _judged(found: DeclaredDuties, receipt: str, began: date, due: date, *beside: Outcome) -> Finding:
    filed, left = found.document_day(receipt), (due - found.today).days
    told: dict[str, Json] = {"due": due.isoformat(), "filed": filed.isoformat() if filed else None, "days_left": left}
    values: dict[str, str | int | float] = {"due": due.isoformat(), "days": abs(left), "receipt": receipt}
    if filed is not None and filed > found.today:
        message = Message("the receipt of filing is of a day to come", next_step="correct it")
        return found.finding("warn", "days-contradict", message, told)
    if filed is not None:
        return _when_filed(found, receipt, filed, due, told, *beside)
    if _has_expired(found, receipt) or any(one.state == "expired" for one in found.due):
        return found.open() or use_unknown(found)
    if left < 0:
        message = Message(
            "it had to be filed until {due}, {days} days ago, and no receipt is declared",
            values,
            next_step="file it, then camwarden declare --set {receipt}=NUMBER --paper FILE --paper-date DAY",
        )
        return found.finding("fail", "overdue", message, told)
    if began <= found.today and left <= SOON_DAYS:
        message = Message(
            "it must be filed until {due}, in {days} days",
            values,
            next_step="file it, then camwarden declare --set {receipt}=NUMBER --paper FILE --paper-date DAY",
        )
        return found.finding("warn", "due-soon", message, told)
    message = Message("it must be filed until {due}, in {days} days", values)
    return found.freed(Rule(f"its deadline {due.isoformat()}"), "not-due-yet", message, told)


def _has_expired(found: DeclaredDuties, receipt: str) -> bool:
    one = found.of(receipt)
    return one is not None and one.state == "expired"


def _in_force(found: DeclaredDuties) -> date:
    return min((rule.effective_from for rule in found.rules if rule.effective_from), default=date.min)


def _begins(found: DeclaredDuties) -> Rule:
    return Rule(f"in force from {_in_force(found).isoformat()}")


DATONG_DEADLINE = ruled("filing-deadline-datong", run_datong)
NATIONAL_DEADLINE = ruled("filing-deadline-national", run_national)
LEGACY = ruled("filing-legacy", run_legacy)

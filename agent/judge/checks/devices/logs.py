"""Checks that logs of devices, and our own history, reach back as far as a rule demands and were never shortened.

A younger log proves nothing: the system may be new. One that reaches back less far than before, and less than due, was
cleared or is too small.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.devices.unread import fact_missing
from agent.judge.claim import Held, Open, grounds, own
from agent.judge.freed import Rule, freed
from agent.judge.verdict import verdict
from agent.judge.wording.from_rules import ruled
from agent.model.finding import Finding, Json, Message, utc_text
from agent.observe.facts.facts import Facts
from agent.observe.facts.log_reach import OWN
from agent.site.config.site import Site
from agent.site.duties.limits import Limit, broken
from drivers.details import OldestLog

FIGURE: Final = "log_retention_days"
EARLIEST: Final = datetime(2001, 1, 1, tzinfo=UTC)
"""Before it no entry of a device was written: its clock had not been set. Clocks that lost their time begin in 1970,
or in 2000 (field reports of Hikvision and Dahua units)."""
SLACK: Final = timedelta(hours=2)
"""How much later the oldest entry may be than it was: a device's clock is put right, and summer time ends."""


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the log of each device, and our own history.

    Source: Cybersecurity Law (2025 revision), article 23(3): six months.
    """
    held = check.limit_of_rules(site, FIGURE, now)
    if held is None:
        message = Message("no rule in effect asks for it")
        return (freed(check, "site", Rule("no rule in effect"), "no-rule", message, {}),)
    check = replace(check, source=held.source)
    found = [_device(check, site, facts, f"device:{device.id}", held, now) for device in site.devices]
    # What the profile does not ask for is said once, of our own history.
    return (_own_history(check, site, facts, held, now), *(one for one in found if one.status != "not_applicable"))


def _device(check: Check, site: Site, facts: Facts, subject: str, held: Limit, now: datetime) -> Finding:
    oldest, days = facts.one(subject, OldestLog), int(held.value)
    if oldest is None:
        return fact_missing(check, site, facts, subject, "oldest-log")
    if oldest.at < EARLIEST:
        message = Message(
            "the oldest entry of its log is of {first}, when its clock was not set: how far it reaches is not known",
            {"first": utc_text(oldest.at)},
        )
        return check.finding(subject, "unknown", "clock-not-set", {"oldest_at": utc_text(oldest.at)}, message)
    if oldest.alone and now - oldest.at >= timedelta(days=days):
        message = Message(
            "the oldest entries of its log, of {first}, stand alone: whether it was cleared since is not known",
            {"first": utc_text(oldest.at)},
            next_step="look in the log of the device",
        )
        lonely = Open("reach", "isolated-entry", message, doubted=True)
        return verdict(check, subject, [lonely], {"oldest_at": utc_text(oldest.at), "due_days": days}, message)
    return _reach(check, site, facts, subject, oldest.at, held, now)


def _own_history(check: Check, site: Site, facts: Facts, held: Limit, now: datetime) -> Finding:
    if facts.own_log_from is None and (first := facts.remembered.logs.get(OWN)) is not None:
        message = Message(
            "our own history is gone or cannot be read, and reached back to {first} before: find out who removed it",
            {"first": utc_text(first)},
        )
        return check.finding(
            OWN, "unknown", "gone", {"was_from": utc_text(first), "due_days": int(held.value)}, message
        )
    if facts.own_log_from is None:
        return _immature(check, site, OWN, {}, Message("nothing has changed here yet, so nothing was logged"))
    return _reach(check, site, facts, OWN, facts.own_log_from, held, now)


def _reach(
    check: Check, site: Site, facts: Facts, subject: str, oldest: datetime, held: Limit, now: datetime
) -> Finding:
    first = facts.remembered.logs.get(subject, oldest)
    reach_days, days = max(0, (now - oldest).days), int(held.value)
    evidence: dict[str, Json] = {"oldest_at": utc_text(oldest), "due_days": days}
    values = {"days": reach_days, "due": days}
    if now - oldest >= timedelta(days=days):
        rests_on = grounds(facts.observed(subject, OldestLog)) if subject != OWN else own(OWN, "history", oldest)
        message = Message("its log reaches back {days} days", values)
        return verdict(check, subject, [Held("reach", rests_on)], evidence, message)
    if oldest - first > SLACK:
        message = Message(
            "its log reaches back {days} days of {due}, and reached back to {first} before: it was cleared, or is too "
            "small",
            {**values, "first": utc_text(first)},
        )
        told, rules = (
            {**evidence, "was_from": utc_text(first)},
            broken(check.source, (held, partial(_short, now, oldest))),
        )
        return check.finding(subject, "fail", "shortened", told, message, source=rules)
    message = Message("its log reaches back {days} days of {due}, as far as was ever seen", values)
    return _immature(check, site, subject, evidence, message)


def _short(now: datetime, oldest: datetime, days: float) -> bool:
    return now - oldest < timedelta(days=days)


def _immature(check: Check, site: Site, subject: str, evidence: dict[str, Json], message: Message) -> Finding:
    """Return that a log proves nothing yet: unknown in the profile `full`, else not applicable."""
    if site.rules.profile != "full":
        profile = Message("the profile {profile} does not ask for it", {"profile": site.rules.profile})
        return freed(check, subject, Rule(f"profile {site.rules.profile}"), "profile", profile, evidence)
    return check.finding(subject, "unknown", "immature", evidence, message)


CHECK = ruled("audit-log-retention", run)

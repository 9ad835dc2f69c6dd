"""Checks the upkeep of the system: maintenance by declared days, registers and links as declared.

What no driver reads yet (the recorder's export log, the link to a view library) is unknown where due, never passed.
"""

from datetime import date, datetime, timedelta
from typing import Final

from agent.judge.check import Check
from agent.judge.wording.declared_words import declared_duties
from agent.judge.wording.from_rules import ruled
from agent.model.finding import Finding, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site

NOT_READ: Final = "not-read-yet"
EXPORT_LOG_ID: Final = "export-log-present"


def run_maintenance(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the day of the last maintenance by the declared interval."""
    found = declared_duties(check, site, now)
    if isinstance(found, Finding):
        return (found,)
    if (open_ := found.open()) is not None:
        return (open_,)
    every, last = found.value("maintenance-interval-days"), found.value("maintenance-last")
    assert isinstance(every, int | float) and isinstance(last, date)  # noqa: S101 - the loader takes nothing else
    left = (last + timedelta(days=int(every)) - found.today).days
    if last > found.today:
        message = Message("the last maintenance is of a day to come", next_step="correct it")
        return (found.finding("warn", "days-contradict", message),)
    if left < 0:
        message = Message(
            "maintenance is {days} days overdue",
            {"days": -left},
            next_step="have it done, then camwarden declare --set maintenance-last=DAY",
        )
        return (found.finding("fail", "overdue", message, {"days_left": left}),)
    return (found.counts(Message("maintenance is due in {days} days", {"days": left}), {"days_left": left}),)


def run_view_library(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the link to a view library: whether one is required is declared, whether it works is not read yet."""
    found = declared_duties(check, site, now)
    if isinstance(found, Finding):
        return (found,)
    if (open_ := found.open()) is not None:
        return (open_,)
    if found.value("view-library") is False:
        return (found.said_no("not-linked", Message("declared: it is not linked to one")),)
    message = Message("whether the link to the view library is up is not read yet")
    return (found.finding("unknown", NOT_READ, message),)


def run_register(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the register of viewings: its existence is declared; its completeness would need the export log."""
    found = declared_duties(check, site, now)
    if isinstance(found, Finding):
        return (found,)
    if (open_ := found.open()) is not None:
        return (open_,)
    if found.value("access-register") is False:
        message = Message(
            "no register of viewings is kept", next_step="begin one, then camwarden declare --set access-register=true"
        )
        return (found.finding("fail", "no-register", message),)
    message = Message("a register is kept; whether it has an entry for every export is not read yet")
    return (found.finding("unknown", NOT_READ, message, caused_by=f"{EXPORT_LOG_ID} site"),)


def run_export_log(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the recorder's log of exports, which no driver reads yet."""
    found = declared_duties(check, site, now, "access-register")
    if isinstance(found, Finding):
        return (found,)
    waits = any(one.reason for one in found.due)
    message = Message("whether the recorder writes down who viewed and exported what is not read yet")
    return ((found.open() if waits else None) or found.finding("unknown", NOT_READ, message),)


MAINTENANCE = ruled("maintenance-interval", run_maintenance)
VIEW_LIBRARY = ruled("view-library-keepalive", run_view_library)
REGISTER = ruled("access-register-match", run_register)
EXPORT_LOG = ruled(EXPORT_LOG_ID, run_export_log)

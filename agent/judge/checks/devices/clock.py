"""Checks each device's clock against our own, only while our own is known to be right."""

from datetime import datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.devices import online
from agent.judge.checks.devices.unread import fact_missing, time_source
from agent.judge.claim import Broken, Held, Open, Outcome, grounds
from agent.judge.verdict import verdict
from agent.judge.wording.from_rules import CLOCK as CLOCK_SOURCE
from agent.judge.wording.from_rules import ruled
from agent.model.finding import Finding, Json, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from agent.site.duties.limits import broken
from drivers.model import Clock, Device

NTP: Final = "set up NTP on the device"
NO_CLOCK_OF_OURS: Final = "own-clock-not-synchronised"
_NOT_SYNCHRONISED: Final = Message(
    "our own clock is not synchronised, so no other clock can be judged: set up NTP on this gateway"
)

UNITS: Final[tuple[tuple[int, Message, Message], ...]] = (
    (86_400, Message("its clock is {amount} days ahead"), Message("its clock is {amount} days behind")),
    (3600, Message("its clock is {amount} h ahead"), Message("its clock is {amount} h behind")),
    (60, Message("its clock is {amount} min ahead"), Message("its clock is {amount} min behind")),
    (1, Message("its clock is {amount} s ahead"), Message("its clock is {amount} s behind")),
)
"""Units in seconds with their messages; a unit is used from two of it on."""


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every device whose time was read; our own clock, where not synchronised, is one finding."""
    found = tuple(_device(check, site, facts, device, now) for device in site.devices)
    if not any(finding.reason == NO_CLOCK_OF_OURS for finding in found):
        return found
    return (check.finding("site", "unknown", NO_CLOCK_OF_OURS, {}, _NOT_SYNCHRONISED), *found)


def _device(check: Check, site: Site, facts: Facts, device: Device, now: datetime) -> Finding:
    subject = f"device:{device.id}"
    clock = facts.one(subject, Clock)
    if clock is None:
        why = facts.why_not(subject, "clock")
        message = Message("its time could not be read ({reason})", {"reason": why.reason})
        return check.finding(
            subject,
            "unknown",
            why.reason,
            {"detail": why.detail} if why.detail else {},
            message,
            online.key_of_device(site, device),
        )
    evidence: dict[str, Json] = {
        "offset_s": round(clock.offset_s, 3),
        "uncertainty_s": round(clock.uncertainty_s, 3),
        "ntp": clock.ntp,
        "drift_s": round(clock.drift_s, 3),
    }
    message = Message("its clock is right within {seconds} s", {"seconds": round(abs(clock.offset_s), 1)})
    outcomes = (_offset(check, site, facts, subject, clock, now), _zone(facts, subject, clock))
    return verdict(check, subject, outcomes, evidence, message)


def _offset(check: Check, site: Site, facts: Facts, subject: str, clock: Clock, now: datetime) -> Outcome:
    """Return whether the time is right; what is told as UTC and is not says nothing of it."""
    if clock.local_time_as_utc:
        message = Message("it gives the time of its zone as UTC, so its clock cannot be judged: correct its time zone")
        return Broken("offset", "local-time-as-utc", message, mild=True)
    if not facts.own_clock_trusted:
        return Open("offset", NO_CLOCK_OF_OURS, _NOT_SYNCHRONISED, caused_by=f"{check.id} site")
    certain_s = max(0.0, abs(clock.offset_s) - clock.uncertainty_s)
    warn, fail = (check.limit(site, name, now) for name in ("clock_warn_s", "clock_fail_s"))
    if certain_s <= warn.value:
        return Held("offset", grounds(facts.observed(subject, Clock)))
    rules = broken(check.source, *((one, lambda most_s: certain_s > most_s) for one in (warn, fail)))
    return Broken("offset", "offset", _offset_message(clock.offset_s), mild=certain_s <= fail.value, source=rules)


def _zone(facts: Facts, subject: str, clock: Clock) -> Outcome:
    if not clock.zone_wrong:
        return Held("zone", grounds(facts.observed(subject, Clock)))
    # DS-7716NI-I4: an hour off in daylight saving time, although the digits are right.
    # ONVIF boxes that nobody set up are in UTC: the clock is right, and pictures carry another hour.
    message = Message(
        "its time zone or daylight saving is not that of the site, so its pictures may carry another hour: set both"
    )
    return Broken("zone", "zone-wrong", message, mild=True)


def run_source(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every device by the time source it reports."""
    return tuple(_source(check, site, facts, device) for device in site.devices)


def _source(check: Check, site: Site, facts: Facts, device: Device) -> Finding:
    subject = f"device:{device.id}"
    ntp = time_source(facts, subject)
    if ntp is None:
        return fact_missing(check, site, facts, subject, "clock")
    if ntp:
        message = Message("it says that it takes its time from NTP")
        held = Held("time source", grounds(facts.observed(subject, Clock)))
        return verdict(check, subject, [held], {"ntp": True}, message)
    message = Message("its time was set by hand and will drift", next_step=NTP)
    return check.finding(subject, "warn", "manual", {"ntp": False}, message, f"{CHECK.id} {subject}")


def _offset_message(offset_s: float) -> Message:
    unit_s, ahead, behind = next(row for row in UNITS if abs(offset_s) >= 2 * row[0] or row[0] == 1)
    row = ahead if offset_s > 0 else behind
    return Message(row.template, {"amount": round(abs(offset_s) / unit_s, 1 if unit_s == 1 else None)}, NTP)


CHECK = Check("clock-offset", run, "major", CLOCK_SOURCE, "Recorded time is true time, within 30 s at the most.")
SOURCE = ruled("clock-source", run_source)

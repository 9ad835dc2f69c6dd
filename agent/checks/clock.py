"""Is each device's clock right? Judged against our own clock, and only while that one is known to be right."""

from __future__ import annotations

from datetime import datetime

from agent.checks import online
from agent.checks.sources import CLOCK as CLOCK_SOURCE
from agent.config import Site
from agent.facts import Facts
from agent.model import Check, Finding, Json, Message, Status
from drivers.model import Clock, Device


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every device that said what time it has."""
    return tuple(_device(check, site, facts, device) for device in site.devices)


def _device(check: Check, site: Site, facts: Facts, device: Device) -> Finding:
    subject = f"device:{device.id}"
    clock = facts.one(subject, Clock)
    if clock is None:
        why = facts.why_not(subject, "clock")
        return check.finding(
            subject,
            "unknown",
            why.reason,
            {"detail": why.detail} if why.detail else {},
            Message("its time could not be read ({reason})", {"reason": why.reason}),
            online.key_of_device(site, device),
        )
    policy = site.policy
    evidence: dict[str, Json] = {
        "offset_s": round(clock.offset_s, 3),
        "uncertainty_s": round(clock.uncertainty_s, 3),
        "ntp": clock.ntp,
        "drift_s": round(clock.drift_s, 3),
    }
    if clock.local_time_as_utc:
        return check.finding(
            subject,
            "warn",
            "local-time-as-utc",
            evidence,
            Message("it gives the time of its zone as UTC, so its clock cannot be judged: correct its time zone"),
        )
    if clock.zone_wrong:
        # DS-7716NI-I4: an hour off in daylight saving time, although the digits are right.
        message = Message(
            "the device writes a wrong offset behind its local time: set its time zone and daylight saving"
        )
        return check.finding(subject, "warn", "zone-wrong", evidence, message)
    if not facts.own_clock_trusted:
        return check.finding(
            subject,
            "unknown",
            "own-clock-not-synchronised",
            evidence,
            Message("our own clock is not synchronised, so no other clock can be judged: set up NTP on this gateway"),
        )
    certain_s = max(0.0, abs(clock.offset_s) - clock.uncertainty_s)
    values = {"seconds": round(abs(clock.offset_s), 1)}
    status: Status = "pass"
    if certain_s > policy.clock_warn_s:
        status = "warn"
    if certain_s > policy.clock_fail_s:
        status = "fail"
    if status == "pass":
        message = Message("its clock is right within {seconds} s", values)
    elif clock.offset_s > 0:
        message = Message("its clock is {seconds} s ahead: set up NTP on the device", values)
    else:
        message = Message("its clock is {seconds} s behind: set up NTP on the device", values)
    reason = "" if status == "pass" else "offset"
    return check.finding(subject, status, reason, evidence, message)


CHECK = Check("clock-offset", run, "major", CLOCK_SOURCE, "Recorded time is true time, within 30 s at the most.")

"""Checks the retention of footage by the oldest moment that was opened, and by what limits it.

A system younger than the floor cannot have older footage: unknown until the day on which it can be judged, unless older
footage is known to have existed. All moments are by the recorder's own clock.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from agent.judge.check import Check
from agent.judge.checks.footage.retention_doubts import OpenedFootage, doubts
from agent.judge.checks.footage.shared import RETENTION_ID, SHORTENING, not_read, one_open_item, swept_away
from agent.judge.wording.from_rules import ORDER_799_RETENTION
from agent.judge.wording.held import passed
from agent.model.finding import Finding, Json, Message, utc_text
from agent.observe.facts.facts import Facts
from agent.observe.footage.days import BEGINNING, END, CameraFootage, floor_of, zone_of
from agent.site.config.site import CameraConfig, Site
from drivers.details import RetentionLimits
from drivers.footage import Schedule
from drivers.model import Recordings
from drivers.picture import PictureSeen
from drivers.spans import at_wall, day_of

COMPLETENESS_ID = "recording-completeness"

OPENED_NEAR_OLDEST = timedelta(hours=1)
"""How near to the oldest recorded moment the opened picture must lie. House rule: one file of a recorder."""

STANDS_STILL = timedelta(days=1)
"""How long the oldest moment must be unchanged until footage counts as growing. House rule."""

DAY = timedelta(days=1)


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the age of the oldest recording that was opened, and name cameras without a declared recorder."""
    undeclared = [c.camera.id for c in site.cameras if not c.recorded]
    each = (_days(check, site, facts, camera, now) for camera in site.cameras if camera.recorded)
    young = Message("it is younger than the floor of its {count} cameras: all can be judged on {day}")
    findings = list(one_open_item(check, site.cameras, each, "history-immature", young))
    if undeclared:
        message = Message(
            "nobody declared where the recordings of {count} cameras are kept: set recorded = true at the camera of "
            "the recorder's channel",
            {"count": len(undeclared)},
        )
        findings.append(check.finding("site", "unknown", "not-declared", {"cameras": undeclared}, message))
    return tuple(findings)


def _days(check: Check, site: Site, facts: Facts, camera: CameraConfig, now: datetime) -> Finding:
    subject = f"camera:{camera.camera.id}"
    known = facts.footage.get(camera.camera.id)
    floor = floor_of(site, camera)
    evidence: dict[str, Json] = {"floor_days": floor.days}
    limit = limit_of(facts, subject, known)
    if limit is not None and limit < floor:
        days = round(limit / DAY, 2)
        message = Message(
            "the recorder deletes footage of this camera after {limit} days where {floor} are due: raise that limit",
            {"limit": days, "floor": floor.days},
        )
        return check.finding(subject, "fail", "limit-too-short", {**evidence, "limit_days": days}, message)
    recordings = facts.one(subject, Recordings)
    if recordings is None:
        return not_read(check, facts, subject)
    cause = swept_away(known, subject)
    if not recordings.spans:
        message = Message("the recorder holds no footage of this camera: look at its schedule and disks")
        return check.finding(subject, "fail", "no-recordings", evidence, message, cause)
    there = known.there(now) if known else now
    oldest = max(BEGINNING, min(recordings.spans[0].start_at, there))
    picture = _opened(facts, subject, oldest)
    opened = picture.taken_at if picture else None
    kept_days = (there - oldest) / DAY
    evidence["kept_days"] = round(kept_days, 2)
    evidence["oldest_at"] = utc_text(oldest)
    evidence["opened_at"] = utc_text(opened) if opened else None
    if known and known.offset_s:
        evidence["clock_offset_s"] = known.offset_s
    if there - oldest < floor:
        young = _judged_from(site, camera, known, oldest, floor)
        if young > there:
            day = day_of(young, zone_of(site, camera)).isoformat()
            message = Message(
                "footage goes back {kept} days and the system is younger than {floor}: it can be judged on {day}",
                {"kept": round(kept_days, 1), "floor": floor.days, "day": day},
            )
            return check.finding(subject, "unknown", "history-immature", {**evidence, "judged_on": day}, message)
        return _too_short(check, site, camera, known, oldest, now, evidence, cause)
    if picture is None or opened is None:
        message = Message(
            "the recorder claims {kept} days, but its oldest footage could not be opened", {"kept": round(kept_days, 1)}
        )
        return check.finding(subject, "unknown", "oldest-not-opened", evidence, message)
    message = Message(
        "footage of {kept} days ago was opened; {floor} are due",
        {"kept": round((there - opened) / DAY, 1), "floor": floor.days},
    )
    return passed(
        check,
        subject,
        evidence,
        message,
        doubts(site, facts, camera, recordings, OpenedFootage(there - opened, picture.dated), now),
    )


def _too_short(
    check: Check,
    site: Site,
    camera: CameraConfig,
    known: CameraFootage | None,
    oldest: datetime,
    now: datetime,
    evidence: dict[str, Json],
    caused_by: str,
) -> Finding:
    """Return the fail of footage that is too short; where it grows, with the day on which it is long enough."""
    subject, floor = f"camera:{camera.camera.id}", floor_of(site, camera)
    kept_days = evidence["kept_days"]
    values = {"kept": round(kept_days, 1) if isinstance(kept_days, float) else 0.0, "floor": floor.days}
    recovering = known is not None and _grows(known, now)
    evidence["recovering"] = recovering
    if not recovering:
        message = Message(
            "footage goes back {kept} days where {floor} are due: add storage or lower the bitrate", values
        )
        return check.finding(subject, "fail", "too-short", evidence, message, caused_by)
    day = day_of(oldest + floor, zone_of(site, camera)).isoformat()
    evidence["floor_met_on"] = day
    message = Message(
        "footage goes back {kept} days where {floor} are due, and nothing older is lost: the floor is met on {day}",
        {**values, "day": day},
    )
    return check.finding(subject, "fail", "too-short", evidence, message, caused_by)


def _grows(known: CameraFootage, now: datetime) -> bool:
    """Tell whether the oldest moment is unchanged: since footage was swept away, or for long enough."""
    swept = any(one.kind in SHORTENING and one.found_at >= known.oldest_moved_at for one in known.changes)
    return swept or now - known.oldest_moved_at >= STANDS_STILL


def _judged_from(
    site: Site, camera: CameraConfig, known: CameraFootage | None, oldest: datetime, floor: timedelta
) -> datetime:
    """Return when footage can be as old as the floor: from commissioning, or from when it was first seen."""
    if known is not None and known.earliest_at is not None and known.earliest_at < oldest - OPENED_NEAR_OLDEST:
        return known.earliest_at
    declared = camera.in_use_since or site.in_use_since
    if declared is None:
        return oldest + floor
    return at_wall(min(max(declared, BEGINNING.date()), END.date()), 0, zone_of(site, camera)) + floor


def limit_of(facts: Facts, subject: str, known: CameraFootage | None) -> timedelta | None:
    """Return the age at which the recorder deletes a camera's footage, None where none is known.

    Of several recordings of one camera the longest limit counts: some footage reaches it.
    """
    schedule = facts.one(subject, Schedule) or (known.schedule if known else None)
    found = [schedule.expires_after] if schedule is not None and schedule.expires_after is not None else []
    limits = facts.one(subject, RetentionLimits)
    ages = [one.limit for one in limits.limits if one.limit is not None] if limits is not None else []
    if limits is not None and ages and len(ages) == len(limits.limits):
        found.append(max(ages))
    return min(found, default=None)


def _opened(facts: Facts, subject: str, oldest: datetime) -> PictureSeen | None:
    """Return the decoded playback picture, if its moment proves the oldest footage.

    It does when it is near the oldest moment, or before it: then it was opened within the last day and has been
    overwritten since.
    """
    opened = [one for one in facts.all(subject, PictureSeen) if one.path == "playback"]
    near = (one for one in opened if -DAY - OPENED_NEAR_OLDEST <= one.taken_at - oldest <= OPENED_NEAR_OLDEST)
    return next(near, None)


CHECK = Check(RETENTION_ID, run, "critical", ORDER_799_RETENTION, "Footage is kept for at least 30 days.")

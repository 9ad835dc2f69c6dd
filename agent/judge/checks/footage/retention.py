"""Checks the retention of footage by the oldest moment that was opened, and by what limits it.

A system younger than the floor cannot have older footage: unknown until the day on which it can be judged, unless older
footage is known to have existed. All moments are by the recorder's own clock.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from agent.judge.check import Check
from agent.judge.checks.footage.claims import clocks, floor_declared, of_footage
from agent.judge.checks.footage.opened import another_day, at_floor, drawn, is_dated, shown_live, whose
from agent.judge.checks.footage.shared import (
    COMPLETENESS_ID,
    RETENTION_ID,
    SHORTENING,
    days_of_footage,
    not_read,
    one_open_item,
    swept_away,
)
from agent.judge.claim import Broken, Held, Open, Outcome, grounds
from agent.judge.verdict import verdict
from agent.judge.wording.from_rules import ORDER_799_RETENTION
from agent.model.finding import Finding, Json, Message, Source, utc_text
from agent.observe.facts.facts import Facts
from agent.observe.footage.days import BEGINNING, END, CameraFootage, zone_of
from agent.observe.footage.runs import ISOLATING, due_s, holes_of, ring_of, run_from
from agent.site.config.site import CameraConfig, Site
from agent.site.duties.figures import FLOOR
from agent.site.duties.limits import Limit, broken
from drivers.details import RetentionLimits
from drivers.footage import Schedule
from drivers.model import Recordings, Span
from drivers.picture import BLANK_CONTRAST, PictureSeen
from drivers.spans import at_wall, day_of, seconds

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
    held = check.limit(site, FLOOR, now, camera)
    floor = timedelta(days=held.value)
    check = replace(check, source=held.source)
    evidence: dict[str, Json] = {"floor_days": floor.days}
    limit = _limit(facts, subject, known, held)
    if isinstance(limit, Broken):
        return verdict(check, subject, (limit,), evidence, limit.message)
    recordings = facts.one(subject, Recordings)
    if recordings is None:
        return not_read(check, facts, subject)
    if not recordings.spans:
        message = Message("the recorder holds no footage of this camera: look at its schedule and disks")
        cause, all_of_them = swept_away(known, subject), broken(check.source, (held, lambda _: True))
        return check.finding(subject, "fail", "no-recordings", evidence, message, cause, all_of_them)
    there = known.there(now) if known else now
    oldest = max(BEGINNING, min(recordings.spans[0].start_at, there))
    picture = _opened(facts, subject, oldest)
    kept_days = (there - oldest) / DAY
    evidence["kept_days"] = round(kept_days, 2)
    evidence["oldest_at"] = utc_text(oldest)
    evidence["opened_at"] = utc_text(picture.taken_at) if picture else None
    if known and known.offset_s:
        evidence["clock_offset_s"] = known.offset_s
    age = there - picture.taken_at if picture else there - oldest
    outcomes = (
        *((limit,) if limit else ()),
        _reach(site, facts, camera, held, oldest, there, now),
        _opening(facts, subject, picture, kept_days),
        *shown_live(facts, camera),
        *another_day(facts, camera),
        *whose(check, facts, camera),
        _run(site, facts, camera, held, recordings, there),
        *at_floor(facts, camera, recordings, there - floor),
        *drawn(facts, camera),
        *of_footage(check, site, facts, camera, recordings, now),
        *clocks(facts, camera, floor, now),
        *floor_declared(site, camera, age, now),
    )
    values = {"kept": round(age / DAY, 1), "floor": floor.days}
    message = Message("footage of {kept} days ago was opened; {floor} are due", values)
    if picture is not None and not is_dated(picture):
        message = Message(
            "footage of {kept} days ago was asked for and came, by the recorder's word for its time; {floor} are due",
            values,
        )
    return verdict(check, subject, outcomes, evidence, message)


def _limit(facts: Facts, subject: str, known: CameraFootage | None, held: Limit) -> Outcome | None:
    """Return whether the recorder deletes by an age below the floor; None where it tells of no such age."""
    limit, floor = limit_of(facts, subject, known), timedelta(days=held.value)
    if limit is not None and limit < floor:
        days = round(limit / DAY, 2)
        message = Message(
            "the recorder deletes footage of this camera after {limit} days where {floor} are due: raise that limit",
            {"limit": days, "floor": floor.days},
        )
        return Broken("limit", "limit-too-short", message, {"limit_days": days}, source=_shorter_than(held, limit))
    told = grounds((*facts.observed(subject, Schedule), *facts.observed(subject, RetentionLimits)))
    told = told or (days_of_footage(known) if known is not None and known.schedule is not None else ())
    return Held("limit", told) if told else None


def _shorter_than(held: Limit, kept: timedelta) -> Source:
    """Return the rules whose floor a time falls short of."""
    return broken(held.source, (held, lambda days: kept < timedelta(days=days)))


def _reach(
    site: Site, facts: Facts, camera: CameraConfig, held: Limit, oldest: datetime, there: datetime, now: datetime
) -> Outcome:
    """Return whether the oldest footage is as old as the floor, or since when it can be."""
    subject, floor = f"camera:{camera.camera.id}", timedelta(days=held.value)
    known = facts.footage.get(camera.camera.id)
    if there - oldest >= floor:
        return Held("reach", grounds(facts.observed(subject, Recordings)))
    if not facts.own_clock_trusted:
        unknown = next(one for one in clocks(facts, camera, floor, now) if isinstance(one, Open))
        return replace(unknown, key="reach")
    young = _judged_from(site, camera, known, oldest, floor)
    if young <= there:
        return _too_short(site, camera, held, oldest, there, known, now)
    day = day_of(young, zone_of(site, camera)).isoformat()
    message = Message(
        "footage goes back {kept} days and the system is younger than {floor}: it can be judged on {day}",
        {"kept": round((there - oldest) / DAY, 1), "floor": floor.days, "day": day},
    )
    return Open("reach", "history-immature", message, {"judged_on": day})


def _opening(facts: Facts, subject: str, picture: PictureSeen | None, kept_days: float) -> Outcome:
    """Return whether the oldest footage was played; a picture that does not date itself proves it by word only."""
    if picture is None:
        message = Message(
            "the recorder claims {kept} days, but its oldest footage could not be opened", {"kept": round(kept_days, 1)}
        )
        return Open("opened", "oldest-not-opened", message)
    if picture.contrast < BLANK_CONTRAST:
        message = Message(
            "nothing is seen in its oldest footage of {at}: whether that is footage is not known",
            {"at": utc_text(picture.taken_at)},
            next_step="play that day at the recorder",
        )
        return Open("opened", "oldest-blank", message, doubted=True)
    seen = grounds(one for one in facts.observed(subject, PictureSeen) if one.value is picture)
    return Held("opened", seen if is_dated(picture) else tuple(replace(one, level="told") for one in seen))


def _run(
    site: Site, facts: Facts, camera: CameraConfig, held: Limit, recordings: Recordings, there: datetime
) -> Outcome:
    """Return whether the footage that reaches to now is as old as the floor; what is older may be locked clips."""
    subject, floor, zone = f"camera:{camera.camera.id}", timedelta(days=held.value), zone_of(site, camera)
    known = facts.footage.get(camera.camera.id)
    plan = known.schedule if known else None
    stopped = Span(min(recordings.spans[-1].end_at, there), there)
    if due_s(stopped, plan, zone) >= ISOLATING.total_seconds():
        message = Message(
            "the footage ends {days} days ago: how long it is kept shows once recording goes on",
            {"days": round(seconds(stopped) / DAY.total_seconds(), 1)},
        )
        return Open("run", "recording-stopped", message, caused_by=f"{COMPLETENESS_ID} {subject}")
    run_at = run_from(
        ring_of(recordings.spans, recordings.locked), holes_of(known.days if known else (), zone), plan, zone
    )
    if run_at is None and recordings.locked:
        message = Message("all of its footage is locked: how long it is kept is not known")
        return Open("run", "isolated-clip", message, doubted=True)
    if run_at is None or run_at <= recordings.spans[0].start_at or there - run_at >= floor:
        read = grounds(facts.observed(subject, Recordings))
        return Held("run", (*read, *(days_of_footage(known) if known else ())))
    run_days = round((there - run_at) / DAY, 1)
    evidence: dict[str, Json] = {"run_days": run_days, "run_from": utc_text(run_at)}
    if known is not None and known.run_moved_at is not None:
        message = Message(
            "what is older than {run} days stands alone, and the rest is recorded over: {floor} days are due without "
            "a hole: add storage or lower the bitrate",
            {"run": run_days, "floor": floor.days},
        )
        rules = _shorter_than(held, there - run_at)
        return Broken("run", "too-short", message, {**evidence, "recovering": False}, source=rules)
    message = Message(
        "what is older than {run} days stands alone, before a longer hole: {floor} days are due without one",
        {"run": run_days, "floor": floor.days},
        next_step="look whether somebody locked that footage",
    )
    return Open("run", "isolated-clip", message, evidence, doubted=True)


def _too_short(
    site: Site,
    camera: CameraConfig,
    held: Limit,
    oldest: datetime,
    there: datetime,
    known: CameraFootage | None,
    now: datetime,
) -> Broken:
    """Return that footage is too short; where it grows, with the day on which it is long enough."""
    subject, floor = f"camera:{camera.camera.id}", timedelta(days=held.value)
    rules = _shorter_than(held, there - oldest)
    cause = swept_away(known, subject)
    values: dict[str, object] = {"kept": round((there - oldest) / DAY, 1), "floor": floor.days}
    if known is None or not _grows(known, now):
        message = Message(
            "footage goes back {kept} days where {floor} are due: add storage or lower the bitrate", values
        )
        return Broken("reach", "too-short", message, {"recovering": False}, cause, source=rules)
    day = day_of(oldest + floor, zone_of(site, camera)).isoformat()
    message = Message(
        "footage goes back {kept} days where {floor} are due, and nothing older is lost: the floor is met on {day}",
        {**values, "day": day},
    )
    return Broken("reach", "too-short", message, {"recovering": True, "floor_met_on": day}, cause, source=rules)


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

"""Checks that footage is complete and recording goes on, on days whose segments were listed one by one.

A day that the recorder only reports as a whole is counted apart and never passes; a reported hole always counts.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from agent.judge.check import Check, Looks
from agent.judge.checks.devices import online
from agent.judge.checks.footage.claims import by_one_clock, of_footage, undated
from agent.judge.checks.footage.opened import newest, whose
from agent.judge.checks.footage.shared import (
    COMPLETENESS_ID,
    RETENTION_ID,
    TAMPER_ID,
    changed_on,
    days_of_footage,
    not_read,
    one_open_item,
)
from agent.judge.claim import Broken, Held, Open, Outcome, grounds
from agent.judge.verdict import verdict
from agent.judge.wording.from_rules import ORDER_799_OPERATION
from agent.model.finding import Finding, Json, Message, Source, joined, utc_text
from agent.observe.facts.facts import Facts
from agent.observe.footage.days import SWEEPING, CameraFootage, floor_of, zone_of
from agent.observe.footage.due import due_hours
from agent.observe.footage.gaps import (
    Causes,
    Coverage,
    GapClass,
    cause_of,
    causes_of,
    coverage,
    due_of,
    is_motion_only,
    planned,
)
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.standing import local_day
from agent.site.duties.limits import broken
from drivers.footage import Schedule
from drivers.model import Recordings, Span
from drivers.spans import clipped, common, day_of, days_of, seconds, total_s

GAPS_MAX = 16
"""How many holes a finding lists, the longest first."""

FIGURES = ("completeness_warn_ratio", "completeness_fail_ratio", "gap_warn_s", "gap_fail_s")
"""What holes are judged by."""

LONGEST: dict[GapClass, Message] = {
    "unknown": Message("{count} hole(s) in the footage, the longest of {hours} hours from {start}: find out why"),
    "camera-off": Message(
        "{count} hole(s) in the footage, the longest of {hours} hours from {start}, while the camera was offline: look "
        "at its power and network"
    ),
    "recorder-off": Message(
        "{count} hole(s) in the footage, the longest of {hours} hours from {start}, while the recorder was off: look "
        "at its power and network"
    ),
    "disk": Message(
        "{count} hole(s) in the footage, the longest of {hours} hours from {start}, while a disk was not well: look at "
        "the recorder's disks"
    ),
}


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge holes in the due window, and whether recording goes on."""
    causes = causes_of(site, facts.footage, facts.remembered.outages)
    findings = tuple(_camera(check, site, facts, causes, camera, now) for camera in site.cameras if camera.recorded)
    waiting = Message("the footage of its {count} cameras is whole as far as it was listed, and is listed day by day")
    untold = Message(
        "it does not tell holes in the footage of its {count} cameras: whether it is complete is not known"
    )
    cut = Message(
        "its plan records less of {count} cameras than it did", next_step="find out who changed it, and set it back"
    )
    findings = one_open_item(check, site.cameras, findings, "plan-cut", cut, "warn")
    findings = one_open_item(check, site.cameras, findings, "not-all-listed", waiting)
    return one_open_item(check, site.cameras, findings, "holes-not-told", untold)


def _camera(check: Check, site: Site, facts: Facts, causes: Causes, camera: CameraConfig, now: datetime) -> Finding:
    subject = f"camera:{camera.camera.id}"
    retention = f"{RETENTION_ID} {subject}"
    recordings = facts.one(subject, Recordings)
    known = facts.footage.get(camera.camera.id)
    if recordings is None:
        return not_read(check, facts, subject)
    if not recordings.spans:
        message = Message("there is no footage to judge")
        return check.finding(subject, "unknown", "no-recordings", {}, message, retention)
    if known is not None and any(change.kind in SWEEPING for change in known.suspected):
        message = Message("the recorder says something else than before: the next look will tell")
        return check.finding(subject, "unknown", "to-be-confirmed", {}, message, f"{TAMPER_ID} {subject}")
    there = known.there(now) if known else now
    newest = max(span.end_at for span in recordings.spans)
    evidence: dict[str, Json] = {"newest_at": utc_text(newest)}
    if known and known.offset_s:
        evidence["clock_offset_s"] = known.offset_s
    unknown = undated(facts, camera, now)
    if unknown is not None:
        return verdict(check, subject, (unknown,), evidence, unknown.message)
    if newest <= there - floor_of(site, camera):
        message = Message("nothing was recorded within the window that is due: look at the schedule and disks")
        return check.finding(subject, "fail", "stopped", evidence, message, retention)
    schedule = known.schedule if known else None
    if is_motion_only(schedule):
        return _on_motion(check, site, facts, camera, recordings, evidence, now)
    hours = due_hours(site, local_day(site, now))
    silent_s = _due_since(site, camera, known, Span(newest, there), hours)
    cover = coverage(site, camera, known, now, hours) if known else None
    if cover is not None:
        evidence |= _numbers(cover)
        evidence["gaps"] = _gaps(camera, causes, cover)
    stale = check.limit(site, "recording_stale_s", now, camera)
    if silent_s > stale.value:
        message = Message(
            "nothing was recorded for the last {hours} hours: look at the schedule and disks",
            {"hours": round(silent_s / 3600, 1)},
        )
        rules = broken(check.source, (stale, lambda most_s: silent_s > most_s))
        cause = online.cause_of_silence(facts, subject)
        return check.finding(subject, "fail", "stopped", evidence, message, cause, rules)
    return _judged(check, site, facts, causes, camera, recordings, cover, evidence, now)


def _judged(
    check: Check,
    site: Site,
    facts: Facts,
    causes: Causes,
    camera: CameraConfig,
    recordings: Recordings,
    cover: Coverage | None,
    evidence: dict[str, Json],
    now: datetime,
) -> Finding:
    """Judge footage that goes on: the holes in it, then whether each of its days was listed, then whose it is."""
    subject = f"camera:{camera.camera.id}"
    known = facts.footage.get(camera.camera.id)
    read = grounds(facts.observed(subject, Recordings))
    outcomes: list[Outcome] = [Held("recording goes on", read)]
    if cover is None or known is None or not cover.listed_days:
        message = Message("the recorder does not tell holes in its footage: whether it is complete is not known")
        outcomes.append(
            _holes(check, site, facts, causes, camera, cover, now) or Open("days listed", "holes-not-told", message)
        )
    else:
        holes = _holes(check, site, facts, causes, camera, cover, now)
        outcomes += (holes or Held("holes", (*read, *days_of_footage(known))), _listed(known, cover))
    outcomes += (*newest(facts, camera, recordings, known.there(now) if known else now), *whose(check, facts, camera))
    outcomes += of_footage(check, site, facts, camera, recordings, now)
    outcomes += by_one_clock(facts, camera, floor_of(site, camera), now)
    ratio = cover.ratio if cover is not None else 0.0
    message = Message("{percent} % of the due window is recorded", {"percent": round(100 * ratio, 2)})
    return verdict(check, subject, outcomes, evidence, message)


def _listed(known: CameraFootage, cover: Coverage) -> Outcome:
    """Return whether every complete day of the window was listed, segment by segment."""
    if not cover.unlisted_days:
        return Held("days listed", days_of_footage(known))
    message = Message(
        "{listed} of {days} days were listed so far and are whole; the others have their turn in the next looks",
        {"listed": cover.listed_days, "days": cover.listed_days + cover.unlisted_days},
    )
    return Open("days listed", "not-all-listed", message)


def _holes(
    check: Check,
    site: Site,
    facts: Facts,
    causes: Causes,
    camera: CameraConfig,
    cover: Coverage | None,
    now: datetime,
) -> Broken | None:
    """Return the breach by holes, None where there are none, or few and short ones."""
    if cover is None:
        return None
    subject = f"camera:{camera.camera.id}"
    longest = max(cover.gaps, key=seconds, default=None)
    longest_s = seconds(longest) if longest else 0.0
    is_breach, fails, rules = _breach(check, site, camera, cover, longest_s, now)
    if not is_breach:
        return None
    if longest is None:
        message = Message(
            "{percent} % of what is due is recorded, with many short holes: look at the network and the disks",
            {"percent": round(100 * cover.ratio, 2)},
        )
        return Broken("holes", "many-holes", message, mild=not fails, source=rules)
    zone = zone_of(site, camera)
    known = facts.footage.get(camera.camera.id)
    cause = changed_on(known, subject, day_of(longest.start_at, zone), day_of(longest.end_at, zone))
    template = LONGEST.get(cause_of(longest, camera, causes), LONGEST["unknown"])
    values: dict[str, object] = {
        "count": len(cover.gaps),
        "hours": round(longest_s / 3600, 1),
        "start": longest.start_at.astimezone(zone).isoformat(timespec="minutes"),
    }
    return Broken("holes", "gap", Message(template.template, values), caused_by=cause, mild=not fails, source=rules)


def _breach(
    check: Check, site: Site, camera: CameraConfig, cover: Coverage, longest_s: float, now: datetime
) -> tuple[bool, bool, Source]:
    """Return whether holes are a breach, whether one that fails, and the rules that are broken.

    A day without any footage fails by what stands behind the check, whatever its figures.
    """
    few, too_few, long_, too_long = (check.limit(site, name, now, camera) for name in FIGURES)
    fails = cover.ratio < too_few.value or longest_s >= too_long.value or cover.missing_days > 0
    is_breach = fails or cover.ratio < few.value or longest_s >= long_.value
    measured = (
        *((one, lambda least: cover.ratio < least) for one in (few, too_few)),
        *((one, lambda most_s: longest_s >= most_s) for one in (long_, too_long)),
    )
    rules = broken(check.source, *measured)
    return is_breach, fails, joined((check.source, rules)) if cover.missing_days else rules


def _on_motion(
    check: Check,
    site: Site,
    facts: Facts,
    camera: CameraConfig,
    recordings: Recordings,
    evidence: dict[str, Json],
    now: datetime,
) -> Finding:
    """Judge footage recorded on motion only: a hole is no fault, and no proof of completeness."""
    subject = f"camera:{camera.camera.id}"
    goes_on: Outcome = Held("recording goes on", grounds(facts.observed(subject, Recordings)))
    known = facts.footage.get(camera.camera.id)
    there = known.there(now) if known else now
    silent = there - max(span.end_at for span in recordings.spans)
    evidence |= _clips(site, camera, known, there) if known else {}
    most = check.limit(site, "gap_fail_s", now, camera)
    if silent.total_seconds() >= most.value:
        message = Message(
            "it is recorded on motion only, and nothing was for {days} days: look whether it still records",
            {"days": round(silent / timedelta(days=1), 1)},
        )
        rules = broken(check.source, (most, lambda most_s: silent.total_seconds() >= most_s))
        goes_on = Broken("recording goes on", "motion-silent", message, mild=True, source=rules)
    message = Message("it is recorded on motion only: holes in its footage are not judged")
    outcomes = (goes_on, *of_footage(check, site, facts, camera, recordings, now))
    return verdict(check, subject, outcomes, evidence, message)


def _clips(site: Site, camera: CameraConfig, known: CameraFootage, there: datetime) -> dict[str, Json]:
    """Return of how many days of the due window anything was recorded, and of how many nothing."""
    first = day_of(there - floor_of(site, camera), zone_of(site, camera))
    due = [row for row in known.days if row.day >= first and not row.is_untold]
    return {
        "days_with_clip": sum(row.recorded_s > 0 for row in due),
        "days_without": sum(row.is_missing for row in due),
    }


def _due_since(
    site: Site, camera: CameraConfig, known: CameraFootage | None, since: Span, hours: Schedule | None
) -> float:
    """Return the due time since the newest footage, in seconds."""
    zone, of_site = zone_of(site, camera), ZoneInfo(site.time_zone)
    schedule = known.schedule if known else None
    parts = ((whole, clipped((since,), whole)[0]) for _, whole in days_of(since, zone))
    return sum(
        total_s(common(planned(schedule, whole, part, zone), due_of(hours, part, of_site))) for whole, part in parts
    )


def _numbers(cover: Coverage) -> dict[str, Json]:
    numbers: dict[str, Json] = {
        "completeness_ratio": round(cover.ratio, 5) if cover.listed_days else None,
        "recorded_s": round(cover.due_s - cover.lost_s),
        "scheduled_s": round(cover.due_s),
        "lost_hours": round(cover.lost_s / 3600, 2),
        "days_listed": cover.listed_days,
        "days_not_listed": cover.unlisted_days,
        "days_missing": cover.missing_days,
        "gap_count": len(cover.gaps),
    }
    return {**numbers, "motion_hours": round(cover.motion_s / 3600, 1)} if cover.motion_s else numbers


def _gaps(camera: CameraConfig, causes: Causes, cover: Coverage) -> list[Json]:
    """Return the longest holes with their class, then time not requested yet, at most `GAPS_MAX`."""
    longest = sorted(cover.gaps, key=seconds, reverse=True)[:GAPS_MAX]
    classed = [(gap, cause_of(gap, camera, causes)) for gap in longest]
    unasked: list[tuple[Span, GapClass]] = [(span, "not-asked") for span in cover.not_asked]
    rows = (*classed, *unasked)[:GAPS_MAX]
    return [{"from": utc_text(gap.start_at), "to": utc_text(gap.end_at), "class": name} for gap, name in rows]


CHECK = Check(COMPLETENESS_ID, run, "major", ORDER_799_OPERATION, "Footage is complete, without gaps.", Looks(fail=2))

"""Is footage kept as long as it must be, and is it complete? Judged on what the recorder holds and what was opened."""

from __future__ import annotations

from datetime import datetime, timedelta

from agent.checks import online
from agent.checks.sources import ORDER_799_OPERATION, ORDER_799_RETENTION
from agent.config import CameraConfig, Site
from agent.facts import Facts
from agent.model import Check, Finding, Json, Message, Status, utc_text
from drivers.model import PictureSeen, Recordings, Span

RETENTION_ID = "retention-days"
COMPLETENESS_ID = "recording-completeness"

OPENED_NEAR_OLDEST = timedelta(hours=1)
"""How near to the oldest recorded moment the opened picture must lie. House rule: one file of a recorder."""

DAY = timedelta(days=1)


def run_days(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the age of the oldest recording that was opened, and name cameras whose recorder nobody declared."""
    undeclared = [c.camera.id for c in site.cameras if not c.recorded]
    findings = [_days(check, site, facts, camera, now) for camera in site.cameras if camera.recorded]
    if undeclared:
        findings.append(
            check.finding(
                "site",
                "unknown",
                "not-declared",
                {"cameras": undeclared},
                Message(
                    "nobody declared where the recordings of {count} cameras are kept: set recorded = true "
                    "at the camera of the recorder's channel",
                    {"count": len(undeclared)},
                ),
            )
        )
    return tuple(findings)


def _days(check: Check, site: Site, facts: Facts, camera: CameraConfig, now: datetime) -> Finding:
    subject = f"camera:{camera.camera.id}"
    floor = camera.retention_days or site.policy.retention_floor_days
    recordings = facts.one(subject, Recordings)
    if recordings is None:
        return _not_read(check, facts, subject)
    if not recordings.spans:
        return check.finding(
            subject,
            "fail",
            "no-recordings",
            {"floor_days": floor},
            Message("the recorder holds no footage of this camera: look at its schedule and disks"),
        )
    oldest = recordings.spans[0].start_at
    kept_days = (now - oldest) / DAY
    opened = _opened(facts, subject, oldest)
    evidence: dict[str, Json] = {
        "floor_days": floor,
        "kept_days": round(kept_days, 2),
        "oldest_at": utc_text(oldest),
        "opened_at": utc_text(opened) if opened else None,
    }
    if kept_days < floor:
        return check.finding(
            subject,
            "fail",
            "too-short",
            evidence,
            Message(
                "footage goes back {kept} days where {floor} are due: add storage or lower the bitrate",
                {"kept": round(kept_days, 1), "floor": floor},
            ),
        )
    if opened is None:
        return check.finding(
            subject,
            "unknown",
            "oldest-not-opened",
            evidence,
            Message(
                "the recorder claims {kept} days, but its oldest footage could not be opened",
                {"kept": round(kept_days, 1)},
            ),
        )
    return check.finding(
        subject,
        "pass",
        "",
        evidence,
        Message(
            "footage of {kept} days ago was opened; {floor} are due",
            {
                "kept": round((now - opened) / DAY, 1),
                "floor": floor,
            },
        ),
    )


def run_completeness(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge gaps in the window that is due, and whether recording goes on."""
    return tuple(_completeness(check, site, facts, camera, now) for camera in site.cameras if camera.recorded)


def _completeness(check: Check, site: Site, facts: Facts, camera: CameraConfig, now: datetime) -> Finding:
    subject = f"camera:{camera.camera.id}"
    cause = f"{RETENTION_ID} {subject}"
    recordings = facts.one(subject, Recordings)
    if recordings is None:
        return _not_read(check, facts, subject, cause)
    if not recordings.spans:
        return check.finding(subject, "unknown", "no-recordings", {}, Message("there is no footage to judge"), cause)
    policy = site.policy
    floor = timedelta(days=camera.retention_days or policy.retention_floor_days)
    start = max(recordings.spans[0].start_at, now - floor)
    spans = tuple(s for s in recordings.spans if s.end_at > start)
    if not spans:
        return check.finding(
            subject,
            "fail",
            "stopped",
            {"newest_at": utc_text(recordings.spans[-1].end_at)},
            Message("nothing was recorded within the window that is due: look at the schedule and disks"),
            cause,
        )
    gaps = _gaps(spans, start)
    silent_s = max(0.0, (now - spans[-1].end_at).total_seconds())
    recorded = sum((min(s.end_at, now) - max(s.start_at, start) for s in spans), timedelta())
    ratio = min(1.0, recorded / (now - start)) if now > start else 1.0
    longest = max(gaps, key=lambda gap: gap.end_at - gap.start_at, default=None)
    longest_s = (longest.end_at - longest.start_at).total_seconds() if longest else 0.0
    evidence: dict[str, Json] = {
        "completeness_ratio": round(ratio, 5),
        "newest_at": utc_text(spans[-1].end_at),
        "gaps": [{"from": utc_text(g.start_at), "to": utc_text(g.end_at)} for g in gaps],
    }
    if silent_s > policy.recording_stale_s:
        return check.finding(
            subject,
            "fail",
            "stopped",
            evidence,
            Message(
                "nothing was recorded for the last {hours} hours: look at the schedule and disks",
                {"hours": round(silent_s / 3600, 1)},
            ),
        )
    status: Status = "pass"
    if ratio < policy.completeness_warn_ratio or longest_s >= policy.gap_warn_s:
        status = "warn"
    if ratio < policy.completeness_fail_ratio or longest_s >= policy.gap_fail_s:
        status = "fail"
    if longest and status != "pass":
        return check.finding(
            subject,
            status,
            "gap",
            evidence,
            Message(
                "{count} hole(s) in the footage, the longest of {hours} hours from {start}: find out why",
                {"count": len(gaps), "hours": round(longest_s / 3600, 1), "start": utc_text(longest.start_at)},
            ),
        )
    return check.finding(
        subject,
        status,
        "",
        evidence,
        Message("{percent} % of the due window is recorded", {"percent": round(100 * ratio, 2)}),
    )


def _gaps(spans: tuple[Span, ...], start: datetime) -> tuple[Span, ...]:
    """Return the holes between `start` and the newest recorded moment; spans are sorted and merged."""
    gaps: list[Span] = []
    until = start
    for span in spans:
        if span.start_at > until:
            gaps.append(Span(until, span.start_at))
        until = max(until, span.end_at)
    return tuple(gaps)


def _opened(facts: Facts, subject: str, oldest: datetime) -> datetime | None:
    """Return the recorded moment of the decoded playback picture, if it proves the oldest footage.

    It does when it lies near the oldest moment, or before it: then it was opened within the last day and has been
    recorded over since.
    """
    opened = [s.taken_at for s in facts.all(subject, PictureSeen) if s.path == "playback"]
    return next((at for at in opened if -DAY - OPENED_NEAR_OLDEST <= at - oldest <= OPENED_NEAR_OLDEST), None)


def _not_read(check: Check, facts: Facts, subject: str, caused_by: str = "") -> Finding:
    why = facts.why_not(subject, "recordings")
    return check.finding(
        subject,
        "unknown",
        why.reason,
        {"detail": why.detail} if why.detail else {},
        Message("the recorder's footage of this camera could not be read ({reason})", {"reason": why.reason}),
        caused_by or online.cause_of_silence(facts, subject),
    )


DAYS = Check(RETENTION_ID, run_days, "critical", ORDER_799_RETENTION, "Footage is kept for at least 30 days.")
COMPLETENESS = Check(
    COMPLETENESS_ID, run_completeness, "major", ORDER_799_OPERATION, "Footage is complete, without gaps."
)

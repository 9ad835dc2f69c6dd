"""Shares rules of the checks on footage: what was not read, and which findings one cause explains."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from agent.judge.check import Check
from agent.judge.checks.devices import online
from agent.model.finding import Finding, Ground, Json, Message, Unproven
from agent.observe.facts.facts import Facts
from agent.observe.footage.days import CameraFootage, ChangeKind, recorder_of
from agent.site.config.site import CameraConfig

FOOTAGE = "footage"
"""The remembered area that holds each day of a camera's footage (`agent/observe/remembered/areas/footage.py`)."""

COMPLETENESS_ID = "recording-completeness"
RETENTION_ID = "retention-days"
TAMPER_ID = "recording-tamper"

_NONE_HERE = Message(
    "it is declared as recorded, and the device it is read through says that it keeps no recordings",
    next_step="name the recorder and its channel, or a store; where nothing is recorded: recorded = false",
)

SHORTENING: frozenset[ChangeKind] = frozenset({"formatted", "oldest-jumped"})
"""The changes that leave less footage than there was."""


def not_read(check: Check, facts: Facts, subject: str) -> Finding:
    """Return the finding of a camera with unread recordings; that of `retention-days` is the cause of the others."""
    why = facts.why_not(subject, "recordings")
    message = Message("the recorder's footage of this camera could not be read ({reason})", {"reason": why.reason})
    if why.reason == "unsupported":
        message = _NONE_HERE
    return check.finding(
        subject,
        "unknown",
        why.reason,
        {"detail": why.detail} if why.detail else {},
        message,
        online.cause_of_silence(facts, subject) if check.id == RETENTION_ID else f"{RETENTION_ID} {subject}",
    )


def days_of_footage(known: CameraFootage, true_at: datetime | None = None) -> tuple[Ground, ...]:
    """Return the remembered days of a camera as evidence, as of its last look unless another time is given."""
    return (Ground(FOOTAGE, f"camera:{known.camera_id}", "told", true_at or known.read_at),)


def swept_away(known: CameraFootage | None, subject: str) -> str:
    """Return the key of the finding that much footage went at once, confirmed or suspected; else empty."""
    changes = (*known.changes, *known.suspected) if known else ()
    return f"{TAMPER_ID} {subject}" if any(change.kind in SHORTENING for change in changes) else ""


def changed_on(known: CameraFootage | None, subject: str, first: date, last: date) -> str:
    """Return the key of the finding that footage of these days is gone; else empty."""
    changes = known.changes if known else ()
    found = any(change.from_day <= last and first <= change.until_day for change in changes if change.lost_s)
    return f"{TAMPER_ID} {subject}" if found else ""


def one_open_item(
    check: Check,
    cameras: Iterable[CameraConfig],
    findings: Iterable[Finding],
    reason: str,
    message: Message,
    status: Unproven = "unknown",
) -> tuple[Finding, ...]:
    """Put one finding of the recorder before those of its cameras, where several have this status and reason.

    A recorder that has its own finding already gets no second one. `message` takes the `count` of cameras and, as
    `day`, the latest `judged_on` among them.
    """
    findings = tuple(findings)
    recorders = {f"camera:{camera.camera.id}": recorder_of(camera) for camera in cameras}
    waiting: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.status == status and finding.reason == reason and finding.subject in recorders:
            waiting.setdefault(recorders[finding.subject], []).append(finding)
    causes: list[Finding] = []
    keys: dict[str, str] = {}
    taken = {finding.subject for finding in findings}
    for recorder, own in waiting.items():
        if len(own) < 2 or recorder in taken:
            continue
        day = max(str(one.evidence.get("judged_on", "")) for one in own)
        evidence: dict[str, Json] = {"cameras": [one.subject.removeprefix("camera:") for one in own]}
        values: dict[str, str | int | float] = {"count": len(own), "day": day}
        cause = check.finding(recorder, status, reason, evidence, Message(message.template, values, message.next_step))
        causes.append(cause)
        keys |= {one.key: cause.key for one in own}
    return (*causes, *(replace(one, caused_by=keys.get(one.key, one.caused_by)) for one in findings))

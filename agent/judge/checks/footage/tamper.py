"""Checks that footage seen earlier is still there and unchanged, by contradictions of later looks.

A listed day that is over is sealed and listed again later; a difference means deletion or change, except for what a
full recorder overwrites at the old end. Only a day that was read again can pass.
"""

from collections.abc import Iterable
from datetime import datetime

from agent.judge.check import Check
from agent.judge.checks.footage.shared import TAMPER_ID, days_of_footage, not_read, one_open_item
from agent.judge.claim import Held, Open, Outcome, grounds
from agent.judge.freed import Declaration, freed
from agent.judge.verdict import verdict, waiting
from agent.judge.wording.from_rules import ORDER_799_INTEGRITY
from agent.model.finding import Finding, Json, Message, utc_text
from agent.observe.facts.facts import Facts
from agent.observe.footage.days import CameraFootage, Change, ChangeKind, recorder_of
from agent.site.config.site import CameraConfig, Site
from drivers.model import Recordings

WORST_FIRST: tuple[ChangeKind, ...] = (
    "formatted", "oldest-jumped", "vanished", "changed", "newest-back", "in-future",
)  # fmt: skip

MESSAGES: dict[ChangeKind, Message] = {
    "formatted": Message(
        "nothing is left of the footage from {first} to {last}: find out who formatted or replaced a disk"
    ),
    "oldest-jumped": Message(
        "footage from {first} to {last} went at once: find out whether a disk failed or was taken"
    ),
    "vanished": Message("footage of {first} that was there is not any more: find out who deleted it"),
    "changed": Message("footage of {first} is not what it was: find out who changed it"),
    "newest-back": Message("the newest footage went back from {before} to {after}: find out who set the clock back"),
    "in-future": Message("there is footage of a time to come, {after}: find out who set the recorder's clock"),
}


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every camera; a recorder whose cameras have all lost everything is one finding of its own."""
    findings: list[Finding] = []
    swept: dict[str, str] = {}
    for recorder in dict.fromkeys(recorder_of(camera) for camera in site.cameras if camera.recorded):
        own = [c for c in site.cameras if c.recorded and recorder_of(c) == recorder]
        found = _whole_recorder(check, facts, recorder, own)
        if found is not None:
            findings.append(found)
            swept[recorder] = found.key
    findings += (_camera(check, facts, camera, swept.get(recorder_of(camera), "")) for camera in site.cameras)
    waiting = Message("no day of the footage of its {count} cameras was read a second time yet")
    return one_open_item(check, site.cameras, findings, "not-read-again", waiting)


def _whole_recorder(check: Check, facts: Facts, recorder: str, cameras: Iterable[CameraConfig]) -> Finding | None:
    """Return the finding of a recorder with several cameras, all of which lost all footage."""
    lost = []
    for camera in cameras:
        known = facts.footage.get(camera.camera.id)
        if known is not None and known.days:
            gone = [change for change in known.changes if change.kind == "formatted"]
            if not gone:
                return None
            lost.append((camera.camera.id, gone[-1]))
    if len(lost) < 2:
        return None
    changes = [change for _, change in lost]
    values: dict[str, str | int | float] = {
        "count": len(lost),
        "first": min(change.from_day for change in changes).isoformat(),
        "last": max(change.until_day for change in changes).isoformat(),
    }
    message = Message(
        "nothing is left of the footage of its {count} cameras from {first} to {last}: find out who formatted or "
        "replaced a disk",
        values,
    )
    evidence: dict[str, Json] = {"cameras": [name for name, _ in lost], "changes": [_row(*one) for one in lost]}
    return check.finding(recorder, "fail", "formatted", evidence, message)


def _camera(check: Check, facts: Facts, camera: CameraConfig, whole_recorder: str) -> Finding:
    name = camera.camera.id
    subject = f"camera:{name}"
    if not camera.recorded:
        message = Message("no recordings of this camera are declared")
        return freed(check, subject, Declaration("recorded"), "not-recorded", message, {})
    known = facts.footage.get(name)
    if known is not None and known.changes:
        return _changed(check, subject, known, whole_recorder)
    if facts.one(subject, Recordings) is None:
        return not_read(check, facts, subject)
    evidence: dict[str, Json] = {"sealed_days": known.sealed_days if known else 0}
    if known is not None and known.suspected:
        evidence["suspected"] = [_row(name, change) for change in known.suspected]
        message = Message("the recorder says something else than before: the next look will tell")
        return check.finding(subject, "unknown", "to-be-confirmed", evidence, message)
    if known is None or known.first_seen_at == known.read_at:
        message = Message("this is the first look at its footage: there is nothing to compare it with")
        return waiting(check, subject, "look", "first-look", message, evidence)
    if known.read_again_at is not None:
        evidence["read_again_at"] = utc_text(known.read_again_at)
    message = Message(
        "{days} days of footage are sealed, and those read again are what they were", {"days": known.sealed_days}
    )
    return verdict(check, subject, (_read_again(known), _ends_as_they_were(facts, subject)), evidence, message)


def _read_again(known: CameraFootage) -> Outcome:
    """Return whether a sealed day was listed a second time; no look contradicted it."""
    if known.read_again_at is None:
        message = Message("no day of its footage was read a second time yet")
        return Open("sealed days", "not-read-again", message, doubted=True)
    return Held("sealed days", days_of_footage(known, known.read_again_at))


def _ends_as_they_were(facts: Facts, subject: str) -> Outcome:
    """Return that neither end of the footage moved against time, as the recordings of this look say."""
    return Held("ends", grounds(facts.observed(subject, Recordings)))


def _changed(check: Check, subject: str, known: CameraFootage, whole_recorder: str) -> Finding:
    worst = min(known.changes, key=lambda change: (WORST_FIRST.index(change.kind), change.from_day))
    evidence: dict[str, Json] = {
        "sealed_days": known.sealed_days,
        "changes": [_row(known.camera_id, change) for change in known.changes],
    }
    values = {
        "first": worst.from_day.isoformat(),
        "last": worst.until_day.isoformat(),
        "before": worst.before,
        "after": worst.after,
    }
    message = Message(MESSAGES[worst.kind].template, values)
    cause = whole_recorder if worst.kind == "formatted" else ""
    return check.finding(subject, "fail", worst.kind, evidence, message, cause)


def _row(camera_id: str, change: Change) -> Json:
    return {
        "id": change.id_of(camera_id),
        "kind": change.kind,
        "from_day": change.from_day.isoformat(),
        "until_day": change.until_day.isoformat(),
        "before": change.before,
        "after": change.after,
        "lost_s": change.lost_s,
        "found_at": utc_text(change.found_at),
    }


CHECK = Check(TAMPER_ID, run, "critical", ORDER_799_INTEGRITY, "No footage is deleted or changed before its time.")

"""Checks that the masks of a camera that can turn hide what is private in every direction.

The agent never moves a camera. Either it is declared locked and its view matches the approved one, or its presets are
declared with their zones (`ptz_presets.py`): then every picture is matched with the approved view of each preset.
"""

from datetime import datetime

from agent.judge.check import Check
from agent.judge.checks.devices import online
from agent.judge.checks.pictures import ptz_presets, quality, view
from agent.judge.claim import Broken, Held, Outcome, declared
from agent.judge.freed import Declaration, freed
from agent.judge.verdict import verdict, waiting
from agent.judge.wording.from_rules import PRIVACY
from agent.model.finding import Finding, Json, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import CameraConfig, PtzLock, Site
from drivers.details import Movable
from masking.view.model import ViewSeen

CHECK_ID = "privacy-mask-ptz"


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every camera, and name once on the site those that can turn and have no declaration."""
    open_ids = [camera.camera.id for camera in site.cameras if _is_open(facts, camera)]
    found = [_camera(check, facts, camera, now) for camera in site.cameras if camera.camera.id not in open_ids]
    findings = [one for one in found if one is not None]
    if open_ids:
        message = Message(
            "{count} cameras can turn or zoom: declare that they are locked, or their presets with the zones of each",
            {"count": len(open_ids)},
        )
        findings.append(check.finding("site", "unknown", "ptz-not-declared", {"cameras": open_ids}, message))
    return tuple(findings)


def _is_open(facts: Facts, camera: CameraConfig) -> bool:
    movable = facts.one(f"camera:{camera.camera.id}", Movable)
    declared = camera.ptz_lock is not None or bool(camera.presets) or camera.no_private_area is not None
    return movable is not None and movable.ptz and not declared


def _camera(check: Check, facts: Facts, camera: CameraConfig, now: datetime) -> Finding | None:
    """Return the finding of one camera; None where its device says that it cannot move, so that nothing is due."""
    subject = f"camera:{camera.camera.id}"
    if camera.ptz_lock is not None:
        return _locked(check, facts, camera, camera.ptz_lock, now)
    if camera.presets:
        return ptz_presets.judge(check, facts, camera, now)
    movable = facts.one(subject, Movable)
    word = camera.no_private_area
    if movable is not None and movable.ptz and word is not None:
        message = Message("{by} declared on {at} that nothing private is in view", {"by": word.by, "at": word.at})
        told = {"by": word.by, "at": word.at}
        return freed(check, subject, Declaration("no_private_area", **told), "no-private-area", message, told)
    if movable is not None:
        return None
    if online.cause_of_silence(facts, subject):
        return quality.no_picture(check, facts, subject)
    message = Message("neither its device nor anybody else says that it can turn or zoom")
    return waiting(check, subject, "device", "movable-not-told", message)


def _locked(check: Check, facts: Facts, camera: CameraConfig, lock: PtzLock, now: datetime) -> Finding:
    """Compare the declaration with the view: alone it is no proof."""
    subject = f"camera:{camera.camera.id}"
    evidence: dict[str, Json] = {"by": lock.by, "at": lock.at}
    known = facts.remembered.views.get(camera.camera.id)
    if known is None:
        message = Message("it is declared to be locked, but nobody approved its view: run camwarden masks adopt")
        return check.finding(subject, "unknown", "no-baseline", evidence, message, f"{view.CHECK_ID} site")
    if facts.one(subject, ViewSeen) is None:
        return quality.no_picture(check, facts, subject)
    settled = known.settled(now)
    cause = f"{view.CHECK_ID} {subject}"
    if settled is None or settled.state == "unknown":
        reason = "not-settled" if settled is None else settled.reason
        message = Message(
            "it is declared to be locked, but whether its view is the approved one cannot be told ({reason})",
            {"reason": reason},
        )
        return check.finding(subject, "unknown", reason, evidence, message, cause)
    values: dict[str, str | int | float] = {"by": lock.by, "at": lock.at}
    proof = (*view.settled_view(facts, camera), *declared(subject, "ptz-lock"))
    outcome: Outcome = Held("locked", proof)
    if settled.state == "moved":
        message = Message(
            "{by} declared on {at} that it is locked, but its view has moved: "
            "turn it back and lock it, or have the new view approved",
            values,
        )
        outcome = Broken("locked", "moved", message, caused_by=cause)
    message = Message(
        "{by} declared on {at} that it is locked, and it looks where it looked when it was approved", values
    )
    return verdict(check, subject, (outcome,), evidence, message)


CHECK = Check(CHECK_ID, run, "major", PRIVACY, "Masks hide what is private wherever a camera turns.")

"""Checks that each camera still shows its approved view. Judged when several pictures agree.

Cameras without an approved view are one open item on the site.
"""

from collections.abc import Iterable
from datetime import datetime

from agent.judge.check import Check
from agent.judge.checks.pictures import drift, quality
from agent.judge.claim import Broken, Held, Open, Outcome, grounds
from agent.judge.freed import Declaration, freed
from agent.judge.verdict import verdict, waiting
from agent.judge.wording.from_rules import ORDER_799_CAMERAS
from agent.model.finding import Finding, Ground, Json, Message, listed
from agent.observe.approvals.approvals import lights
from agent.observe.facts.facts import Facts
from agent.site.config.site import CameraConfig, Site
from drivers.model import Masks
from masking.view.model import Movement, ViewSeen
from masking.view.persistence import TURNED_AWAY
from masking.view.zones import zone_after

CHECK_ID = "camera-moved"
APPROVED_VIEW = "approved view"
_OTHER = ("no-match", "other-scene")
_BACK = Message("its newest picture shows the approved view again; three pictures that agree decide")
_TURNED_AWAY = Message(
    "three pictures in a row show another scene than the approved one, and nothing of that: it was turned away, or "
    "something fills its view; turn it back, or have the new view approved"
)
INDICATOR = "moved"
"""The name under which a camera's view may be muted."""


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every camera, and name once on the site those without an approved view."""
    bare = [c.camera.id for c in site.cameras if c.camera.id not in facts.remembered.views and not c.presets]
    findings = [_camera(check, site, facts, camera, now) for camera in site.cameras]
    if bare:
        message = Message(
            "nobody approved the view of {count} cameras: run camwarden masks adopt, so that a moved camera is noticed",
            {"count": len(bare)},
        )
        # A camera that nobody approved at all is asked for by the other finding, with the same next step.
        cause = "" if any(name in facts.approvals for name in bare) else f"{drift.APPROVAL_ID} site"
        findings.append(check.finding("site", "unknown", "no-baseline", {"cameras": bare}, message, cause))
    return tuple(findings)


def _camera(check: Check, site: Site, facts: Facts, camera: CameraConfig, now: datetime) -> Finding:
    subject = f"camera:{camera.camera.id}"
    known = facts.remembered.views.get(camera.camera.id)
    if known is None and camera.presets:
        message = Message("it turns between presets: at which of them it was seen is told by another finding")
        return freed(check, subject, Declaration("preset"), "presets", message, {})
    if known is None:
        message = Message("nobody approved its view: there is nothing to compare it with")
        return waiting(check, subject, "person", "no-baseline", message, caused_by=f"{CHECK_ID} site")
    if (mute := quality.muted(site, camera, INDICATOR, now)) is not None:
        return quality.muted_finding(check, subject, mute)
    newest = facts.one(subject, ViewSeen)
    if newest is None:
        return quality.no_picture(check, facts, subject)
    settled = known.settled(now)
    if settled is None:
        return _not_settled(check, facts, subject)
    evidence: dict[str, Json] = {"light": settled.light, "reference_light": settled.reference_light}
    message = Message("it looks where it looked when it was approved")
    if settled.state == "unknown":
        return verdict(check, subject, (_not_comparable(site, facts, camera, settled, now),), evidence, message)
    approval = facts.approvals.get(camera.camera.id)
    if approval is not None and settled.reference_light not in (None, *lights(approval)):
        evidence["reference"] = "derived"
    evidence |= _numbers(settled.movement) if settled.movement is not None else {}
    evidence["agreeing_ratio"] = round(settled.agreeing_ratio, 3)
    outcome: Outcome = Held(APPROVED_VIEW, settled_view(facts, camera))
    if settled.movement is None and newest.state == "still":
        outcome = Open(APPROVED_VIEW, "newest-differs", _BACK, {"newest": newest.reason})
    elif settled.movement is None:
        outcome = Broken(APPROVED_VIEW, TURNED_AWAY, _TURNED_AWAY)
    elif settled.state != "still":
        rows, bare = _zones(site, facts, camera, settled)
        shown: dict[str, Json] = {"zones": rows} if rows else {}
        outcome = Broken(APPROVED_VIEW, "moved", _moved(settled.movement, bare), shown)
    elif _differs(newest):
        outcome = _newest_differs(site, facts, camera, newest, now)
    return verdict(check, subject, (outcome,), evidence, message)


def settled_view(facts: Facts, camera: CameraConfig) -> tuple[Ground, ...]:
    """Return as evidence the newest picture of a view, and the memory of those that settled it."""
    subject = f"camera:{camera.camera.id}"
    known = facts.remembered.views.get(camera.camera.id)
    settled = (Ground("views", subject, "seen", known.held_at),) if known is not None else ()
    return (*grounds(facts.observed(subject, ViewSeen)), *settled)


def _not_comparable(site: Site, facts: Facts, camera: CameraConfig, settled: ViewSeen, now: datetime) -> Open:
    message = Message("its view cannot be compared with the approved one ({reason})", {"reason": settled.reason})
    cause = quality.why_unseen(site, facts, camera, now)
    return Open(APPROVED_VIEW, settled.reason, message, caused_by=cause)


def _differs(newest: ViewSeen) -> bool:
    """Tell whether a picture in the light of its reference shows something else than the approved view."""
    return newest.state == "moved" or (newest.reason in _OTHER and newest.light == newest.reference_light)


def _newest_differs(site: Site, facts: Facts, camera: CameraConfig, newest: ViewSeen, now: datetime) -> Open:
    """Return that one picture proves no movement, and holds back a pass: a recorder may have exchanged its sources."""
    message = Message(
        "its newest picture does not show the approved view ({reason}); three pictures that agree decide",
        {"reason": newest.reason},
    )
    told: dict[str, Json] = {"newest": newest.reason}
    return Open(APPROVED_VIEW, "newest-differs", message, told, quality.why_unseen(site, facts, camera, now))


def _moved(move: Movement, bare: Iterable[str]) -> Message:
    values: dict[str, object] = {
        "percent": round(move.largest_percent, 1),
        "degrees": round(move.rotation_deg, 1),
        "zoom": round(move.zoom_percent, 1),
    }
    if not (zones := listed(bare)):
        return Message(
            "its view has moved by up to {percent} % of its width (turned by {degrees} degrees, zoomed by {zoom} %): "
            "turn it back, or have the new view approved",
            values,
        )
    return Message(
        "its view has moved by up to {percent} % of its width (turned by {degrees} degrees, zoomed by {zoom} %), and "
        "its masks no longer cover {zones}: turn it back, or correct the masks and have the new view approved",
        {**values, "zones": zones},
    )


def _zones(site: Site, facts: Facts, camera: CameraConfig, seen: ViewSeen) -> tuple[list[Json], list[str]]:
    """Return how the declared zones lie in the moved picture, and the names of those no longer covered by masks."""
    listed = facts.one(f"camera:{camera.camera.id}", Masks)
    if listed is None or seen.movement is None:
        return [], []
    masks = [mask.polygon for mask in listed.masks if mask.enabled is not False and mask.polygon]
    rows: list[Json] = []
    bare = []
    for zone in camera.zones:
        after = zone_after(seen.movement, seen.aspect, zone.polygon, masks)
        rows.append(
            {
                "zone": zone.name,
                "in_view_ratio": round(after.in_view_ratio, 3),
                "uncovered_before_ratio": round(after.uncovered_before_ratio, 4),
                "uncovered_ratio": round(after.uncovered_ratio, 4),
            }
        )
        if after.uncovered_ratio > max(site.policy.mask_uncovered_max_ratio, after.uncovered_before_ratio):
            bare.append(zone.name)
    return rows, bare


def _numbers(move: Movement) -> dict[str, Json]:
    names = ("right_percent", "down_percent", "rotation_deg", "zoom_percent", "largest_percent")
    return {name: round(getattr(move, name), 2) for name in names}


def _not_settled(check: Check, facts: Facts, subject: str) -> Finding:
    seen = facts.one(subject, ViewSeen)
    newest = seen.reason if seen is not None and seen.state == "unknown" else ""
    evidence: dict[str, Json] = {"newest": newest} if newest else {}
    message = Message("its view is not settled yet: it takes three pictures that say the same")
    return check.finding(subject, "unknown", "not-settled", evidence, message)


CHECK = Check(CHECK_ID, run, "major", ORDER_799_CAMERAS, "Nobody moves, turns or zooms a camera unnoticed.")

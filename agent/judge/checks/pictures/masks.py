"""Checks that private zones are hidden: configured, in place, and above all in the pictures that leave the camera.

The three checks share a cause where they can: a mask that is switched off is one finding (`present`), named as
`caused_by` in geometry and pictures.
"""

import operator
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from agent.judge.check import Check
from agent.judge.checks.devices import online
from agent.judge.checks.pictures import own_masks
from agent.judge.checks.pictures.hidden import hidden
from agent.judge.checks.pictures.platform_path import on_platform, void_json, with_void
from agent.judge.checks.pictures.told_objects import told_objects
from agent.judge.checks.pictures.worth import with_worth, worth_json
from agent.judge.claim import Broken, Held, Open, Outcome, grounds
from agent.judge.freed import Declaration, freed
from agent.judge.verdict import verdict
from agent.judge.wording.framing_words import framed_paths, framing_json, is_told
from agent.judge.wording.from_rules import PRIVACY
from agent.model.finding import Finding, Ground, Json, Message
from agent.observe.facts.facts import Facts
from agent.observe.pictures.own_masks import is_undeclared
from agent.site.config.site import CameraConfig, PrivateZone, Site
from agent.site.duties.limits import broken
from drivers.model import Masks, Unavailable
from drivers.picture import PLATFORM, PathName, PictureSeen, ZoneVerdict
from masking.coverage import uncovered_ratio

PRESENT_ID = "privacy-mask-present"
GEOMETRY_ID = "privacy-mask-geometry"
EFFECTIVE_ID = "privacy-mask-effective"
NOT_DECLARED = f"{PRESENT_ID} site"
"""The key of the finding that names the cameras of which nobody declared anything."""

TOUCHES_RATIO = 0.05
"""Share of a zone that a mask must cover to count as meant for it. House rule: less is a neighbour's edge."""


def run_present(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge whether each zone has an enabled mask in the device's own list, and name undeclared cameras."""
    # What is private by preset is for `ptz.py`: nothing here would be judged, so that nothing here may pass.
    declared = [c for c in site.cameras if c.zones or c.no_private_area is not None]
    bare = [c for c in site.cameras if is_undeclared(c)]
    findings = [_present(check, facts, camera) for camera in declared]
    findings += [own_masks.present(check, facts, camera, NOT_DECLARED) for camera in bare]
    if undeclared := [c.camera.id for c in bare]:
        findings.append(
            check.finding(
                "site",
                "unknown",
                "not-declared",
                {"cameras": undeclared},
                Message(
                    "nobody declared what is private in the view of {count} cameras: "
                    "declare zones, or that there are none",
                    {"count": len(undeclared)},
                ),
            )
        )
    return tuple(findings)


def _present(check: Check, facts: Facts, camera: CameraConfig) -> Finding:
    if camera.no_private_area is not None:
        return _no_private_area(check, camera)
    subject = _subject(camera)
    masks = facts.one(subject, Masks)
    if masks is None:
        return _not_read(check, facts, subject)
    told = grounds(facts.observed(subject, Masks))
    outcomes = [_has_mask(zone, masks, told) for zone in camera.zones]
    message = Message("the device lists an enabled mask for every declared zone")
    return verdict(check, subject, outcomes, {"zones": [zone.name for zone in camera.zones]}, message)


def _has_mask(zone: PrivateZone, masks: Masks, told: tuple[Ground, ...]) -> Outcome:
    key = f"mask {zone.name}"
    touching = [m for m in masks.masks if m.polygon and _touches(zone, m.polygon)]
    evidence: dict[str, Json] = {"zone": zone.name, "masks": [m.token for m in touching]}
    values = {"zone": zone.name}
    if any(m.enabled for m in touching):
        return Held(key, told)
    if any(m.enabled is None for m in touching):
        return Open(key, "enabled-unreadable", _unclear(zone.name), evidence)
    if touching:
        message = Message("zone {zone}: its mask is configured but switched off: switch it on", values)
        return Broken(key, "disabled", message, evidence)
    if any(not m.polygon for m in masks.masks):
        message = Message("zone {zone}: the device lists a mask without saying where it is", values)
        return Open(key, "polygon-unreadable", message, evidence)
    return Broken(key, "missing", Message("zone {zone}: the device has no mask there: draw one", values), evidence)


def _unclear(zone: str) -> Message:
    return Message("zone {zone}: the device does not say clearly whether its mask is switched on", {"zone": zone})


def run_geometry(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge whether the enabled masks of the device's list cover each zone, once a picture agrees with the list."""
    return tuple(_geometry(check, site, facts, camera, now) for camera in site.cameras if camera.zones)


def _geometry(check: Check, site: Site, facts: Facts, camera: CameraConfig, now: datetime) -> Finding:
    subject = _subject(camera)
    masks = facts.one(subject, Masks)
    if masks is None:
        return _not_read(check, facts, subject, caused_by=f"{PRESENT_ID} {subject}")
    held = check.limit(site, "mask_uncovered_max_ratio", now, camera)
    most = held.value
    enabled = tuple(m.polygon for m in masks.masks if m.enabled and m.polygon)
    uncovered = {zone.name: round(uncovered_ratio(zone.polygon, enabled), 4) for zone in camera.zones}
    absent = any(
        not any(m.enabled and m.polygon and _touches(zone, m.polygon) for m in masks.masks) for zone in camera.zones
    )
    cause = f"{PRESENT_ID} {subject}" if absent else ""
    told = grounds(facts.observed(subject, Masks))
    perhaps = tuple(m.polygon for m in masks.masks if m.enabled is not False and m.polygon)
    unclear = {zone.name for zone in camera.zones if uncovered_ratio(zone.polygon, perhaps) <= most}
    outcomes: list[Outcome] = []
    for name in sorted(uncovered, key=lambda name: -uncovered[name]):
        key, open_ = f"covered {name}", uncovered[name]
        message = Message(
            "zone {zone}: enabled masks leave {percent} % of it open: redraw the mask",
            {"zone": name, "percent": round(100 * open_, 1)},
        )
        if open_ <= most:
            outcomes.append(Held(key, told))
        elif name in unclear:
            outcomes.append(Open(key, "enabled-unreadable", _unclear(name)))
        else:
            rules = broken(check.source, (held, partial(operator.gt, open_)))
            outcomes.append(Broken(key, "uncovered", message, caused_by=cause, source=rules))
    outcomes += _confirmed(facts, camera, now)
    message = Message("enabled masks cover every zone, and a picture agrees")
    return verdict(check, subject, outcomes, {"uncovered_ratio": uncovered}, message)


def _confirmed(facts: Facts, camera: CameraConfig, now: datetime) -> Iterator[Outcome]:
    """Yield what the pictures of every due path say of the device's coordinates, zone by zone."""
    seen = hidden(facts, camera, now)
    for zone in (one.name for one in camera.zones):
        for (name, path), outcome in seen.items():
            if name == zone and isinstance(outcome, Held):
                yield outcome
            elif name == zone:
                message = Message(
                    "zone {zone}: the device's coordinates cover it, but no picture confirms them", {"zone": zone}
                )
                cause = f"{EFFECTIVE_ID} {_subject(camera)}"
                yield Open(f"confirmed {zone} {path}", "not-confirmed-by-picture", message, caused_by=cause)


def run_effective(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the pictures: one bare path is a fail, a missing path is unknown, all paths hidden is a pass.

    Where nobody declared anything, the device's own masks are looked for in them.
    """
    found = [_effective(check, facts, camera, now) for camera in site.cameras if camera.zones]
    for camera in site.cameras:
        if is_undeclared(camera):
            paths = list(_evidence(facts, _subject(camera)))
            found.append(own_masks.effective(check, facts, camera, paths, NOT_DECLARED))
    return tuple(found)


def _effective(check: Check, facts: Facts, camera: CameraConfig, now: datetime) -> Finding:
    subject = _subject(camera)
    seen = hidden(facts, camera, now, _switched_off(facts, camera)).values()
    platform = on_platform(facts, camera, now)
    outcomes = (*seen, *told_objects(facts, camera))
    framings = facts.remembered.framings
    own_paths: list[PathName] = [one.path for one in facts.all(subject, PictureSeen)]
    shown = platform.observations if platform is not None and not platform.void else None
    paths = framed_paths(framings, camera.camera.id, (*own_paths, *((PLATFORM,) if shown is not None else ())))
    message = Message("every zone is hidden on {paths}", {"paths": paths})
    message = with_void(platform, with_worth(facts, camera, message))
    rows = [*_evidence(facts, subject), *((_verdict_json(one) for _, one in shown[1]) if shown is not None else ())]
    evidence: dict[str, Json] = {"paths": rows, **void_json(platform)}
    own = [framing_json(one) for (name, _), one in framings.items() if name == camera.camera.id and is_told(one)]
    return verdict(check, subject, outcomes, evidence | ({"framings": own} if own else {}), message)


def _evidence(facts: Facts, subject: str) -> Iterator[Json]:
    """Yield one entry per path and zone: verdict and numbers, or why there is no picture."""
    for one in facts.all(subject, ZoneVerdict):
        yield {**_verdict_json(one), **worth_json(facts, subject, one.path, one.zone)}
    for missing in facts.all(subject, Unavailable):
        if missing.fact == "picture" and missing.path is not None:
            yield {"path": missing.path, "verdict": "not looked at", "reason": missing.reason}


def _verdict_json(one: ZoneVerdict) -> dict[str, Json]:
    return {
        "path": one.path,
        "zone": one.zone,
        "verdict": one.verdict,
        "reason": one.reason,
        "numbers": dict(one.numbers),
    }


def _switched_off(facts: Facts, camera: CameraConfig) -> str:
    """Return the key of `present` where the device reports a zone's mask as off or missing; else empty."""
    subject = _subject(camera)
    masks = facts.one(subject, Masks)
    if masks is None:
        return ""
    for zone in camera.zones:
        touching = [m for m in masks.masks if not m.polygon or _touches(zone, m.polygon)]
        if not any(m.enabled is not False for m in touching):
            return f"{PRESENT_ID} {subject}"
    return ""


def _subject(camera: CameraConfig) -> str:
    return f"camera:{camera.camera.id}"


def _touches(zone: PrivateZone, polygon: tuple[tuple[float, float], ...]) -> bool:
    return uncovered_ratio(zone.polygon, (polygon,)) < 1.0 - TOUCHES_RATIO


def _no_private_area(check: Check, camera: CameraConfig) -> Finding:
    declared = camera.no_private_area
    assert declared is not None  # noqa: S101 - the caller has looked
    message = Message("{by} declared on {at} that nothing private is in view", {"by": declared.by, "at": declared.at})
    told = {"by": declared.by, "at": declared.at}
    return freed(check, _subject(camera), Declaration("no_private_area", **told), "no-private-area", message, told)


def _not_read(check: Check, facts: Facts, subject: str, caused_by: str = "") -> Finding:
    why = facts.why_not(subject, "masks")
    asked = why.reason == "unsupported"
    message = (
        Message("the device does not list masks over this protocol: only its pictures can tell")
        if asked
        else Message("the device's masks could not be read ({reason})", {"reason": why.reason})
    )
    cause = caused_by or online.cause_of_silence(facts, subject)
    return check.finding(subject, "unknown", why.reason, {"detail": why.detail}, message, cause)


PRESENT = Check(PRESENT_ID, run_present, "critical", PRIVACY, "What is private in a camera's view has an enabled mask.")
GEOMETRY = Check(
    GEOMETRY_ID, run_geometry, "critical", PRIVACY, "Masks cover the whole of what is private in the view."
)
EFFECTIVE = Check(
    EFFECTIVE_ID, run_effective, "critical", PRIVACY, "No picture that leaves the camera shows what is private."
)

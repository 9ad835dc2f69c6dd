"""Checks that private zones are hidden: configured, in place, and above all in the pictures that leave the camera.

The three checks share a cause where they can: a mask that is switched off is one finding (`present`), named as
`caused_by` in geometry and pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from agent.judge.check import Check
from agent.judge.checks.devices import online
from agent.judge.wording.from_rules import PRIVACY
from agent.judge.wording.held import Doubt, passed
from agent.model.finding import Finding, Json, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import CameraConfig, PrivateZone, Site
from drivers.model import Masks, Recordings, Streams, Unavailable
from drivers.picture import PathName, PictureSeen, ZoneVerdict
from masking.coverage import uncovered_ratio

PRESENT_ID = "privacy-mask-present"
GEOMETRY_ID = "privacy-mask-geometry"
EFFECTIVE_ID = "privacy-mask-effective"

NOT_LOOKED_AT = "path-not-looked-at"

TOUCHES_RATIO = 0.05
"""Share of a zone that a mask must cover to count as meant for it. House rule: less is a neighbour's edge."""


def run_present(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge whether each zone has an enabled mask in the device's own list, and name undeclared cameras."""
    # What is private by preset is for `ptz.py`: nothing here would be judged, so that nothing here may pass.
    declared = [c for c in site.cameras if c.zones or c.no_private_area is not None]
    undeclared = [c.camera.id for c in site.cameras if c not in declared and not c.presets]
    findings = [_present(check, facts, camera) for camera in declared]
    if undeclared:
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
    for zone in camera.zones:
        touching = [m for m in masks.masks if m.polygon and _touches(zone, m.polygon)]
        evidence: dict[str, Json] = {"zone": zone.name, "masks": [m.token for m in touching]}
        values = {"zone": zone.name}
        if any(m.enabled for m in touching):
            continue
        if any(m.enabled is None for m in touching):
            return check.finding(subject, "unknown", "enabled-unreadable", evidence, _unclear(zone.name))
        if touching:
            message = Message("zone {zone}: its mask is configured but switched off: switch it on", values)
            return check.finding(subject, "fail", "disabled", evidence, message)
        if any(not m.polygon for m in masks.masks):
            message = Message("zone {zone}: the device lists a mask without saying where it is", values)
            return check.finding(subject, "unknown", "polygon-unreadable", evidence, message)
        message = Message("zone {zone}: the device has no mask there: draw one", values)
        return check.finding(subject, "fail", "missing", evidence, message)
    message = Message("the device lists an enabled mask for every declared zone")
    return check.finding(subject, "pass", "", {"zones": [z.name for z in camera.zones]}, message)


def _unclear(zone: str) -> Message:
    return Message("zone {zone}: the device does not say clearly whether its mask is switched on", {"zone": zone})


def run_geometry(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge whether the enabled masks of the device's list cover each zone, once a picture agrees with the list."""
    return tuple(_geometry(check, site, facts, camera) for camera in site.cameras if camera.zones)


def _geometry(check: Check, site: Site, facts: Facts, camera: CameraConfig) -> Finding:
    subject = _subject(camera)
    masks = facts.one(subject, Masks)
    if masks is None:
        return _not_read(check, facts, subject, caused_by=f"{PRESENT_ID} {subject}")
    enabled = tuple(m.polygon for m in masks.masks if m.enabled and m.polygon)
    uncovered = {zone.name: round(uncovered_ratio(zone.polygon, enabled), 4) for zone in camera.zones}
    worst = max(uncovered, key=lambda name: uncovered[name])
    evidence: dict[str, Json] = {"uncovered_ratio": uncovered}
    if uncovered[worst] > site.policy.mask_uncovered_max_ratio:
        perhaps = tuple(m.polygon for m in masks.masks if m.enabled is not False and m.polygon)
        if all(uncovered_ratio(one.polygon, perhaps) <= site.policy.mask_uncovered_max_ratio for one in camera.zones):
            return check.finding(subject, "unknown", "enabled-unreadable", evidence, _unclear(worst))
        absent = any(
            not any(m.enabled and m.polygon and _touches(zone, m.polygon) for m in masks.masks) for zone in camera.zones
        )
        message = Message(
            "zone {zone}: enabled masks leave {percent} % of it open: redraw the mask",
            {"zone": worst, "percent": round(100 * uncovered[worst], 1)},
        )
        return check.finding(
            subject, "fail", "uncovered", evidence, message, f"{PRESENT_ID} {subject}" if absent else ""
        )
    confirmed = {v.zone for v in facts.all(subject, ZoneVerdict) if v.verdict == "PASS"}
    doubtful = [zone.name for zone in camera.zones if zone.name not in confirmed]
    if doubtful:
        message = Message(
            "zone {zone}: the device's coordinates cover it, but no picture confirms them", {"zone": doubtful[0]}
        )
        return check.finding(
            subject, "unknown", "not-confirmed-by-picture", evidence, message, f"{EFFECTIVE_ID} {subject}"
        )
    return check.finding(subject, "pass", "", evidence, Message("enabled masks cover every zone, and a picture agrees"))


def run_effective(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the pictures: one bare path is a fail, a missing path is unknown, all paths hidden is a pass."""
    return tuple(_effective(check, facts, camera) for camera in site.cameras if camera.zones)


def _effective(check: Check, facts: Facts, camera: CameraConfig) -> Finding:
    subject = _subject(camera)
    evidence = list(_evidence(facts, subject))
    verdicts = facts.all(subject, ZoneVerdict)
    failed = next((v for v in verdicts if v.verdict == "FAIL"), None)
    if failed is not None:
        bare = [v.path for v in verdicts if v.verdict == "FAIL" and v.zone == failed.zone]
        message = Message(
            "zone {zone} is not hidden on {paths} ({reason}): correct the mask and look again",
            {"zone": failed.zone, "paths": ", ".join(bare), "reason": failed.reason},
        )
        return check.finding(subject, "fail", failed.reason, {"paths": evidence}, message, _switched_off(facts, camera))
    if facts.one(subject, Streams) is None or online.is_empty(facts, subject):
        why = facts.why_not(subject, "streams")
        return _not_looked_at(check, subject, "streams", why, evidence, online.cause_of_silence(facts, subject))
    seen = {s.path: s for s in facts.all(subject, PictureSeen)}
    dark = [path for path, picture in seen.items() if online.is_dark(picture)]
    for path, why in _due_paths(facts, camera):
        if path not in seen:
            return _not_looked_at(check, subject, path, why, evidence, online.cause_of_silence(facts, subject))
    if dark:
        message = Message("path {path} is dark: no mask can be judged in it", {"path": dark[0]})
        return check.finding(subject, "unknown", "dark", {"paths": evidence}, message, online.finding_key(subject))
    if set(seen) == {"snapshot"}:
        message = Message("only a snapshot was seen: whether the video hides what is private is not known")
        return check.finding(subject, "unknown", "snapshot-only", {"paths": evidence}, message)
    judged = {(v.path, v.zone): v for v in verdicts}
    for path in seen:
        for zone in camera.zones:
            verdict = judged.get((path, zone.name))
            if verdict is None or verdict.verdict != "PASS":
                reason = verdict.reason if verdict else "not-judged"
                message = Message(
                    "zone {zone} on path {path}: cannot be told ({reason})",
                    {"zone": zone.name, "path": path, "reason": reason},
                )
                return check.finding(subject, "unknown", reason, {"paths": evidence}, message)
    message = Message("every zone is hidden on {paths}", {"paths": ", ".join(seen)})
    return passed(check, subject, {"paths": evidence}, message, _missing_streams(facts, subject))


def _missing_streams(facts: Facts, subject: str) -> Iterator[Doubt]:
    """Yield a doubt for every listed stream without a picture.

    One without an address is included; a device need not offer snapshots.
    """
    streams = facts.one(subject, Streams)
    known = {one.path for one in streams.streams} if streams else set()
    for why in facts.all(subject, Unavailable):
        if why.fact != "picture" or why.path in (None, "playback", *known):
            continue
        if why.path != "snapshot" or why.reason != "unsupported":
            values = {"path": why.path, "reason": why.reason}
            yield Doubt(NOT_LOOKED_AT, Message("path {path} was not looked at ({reason})", values))
    if streams and streams.further:
        message = Message(
            "the device lists more streams ({names}), at which nobody looks: what they show is not known",
            {"names": ", ".join(streams.further)},
            next_step="switch off in the device what nobody needs",
        )
        yield Doubt(NOT_LOOKED_AT, message)


def _due_paths(facts: Facts, camera: CameraConfig) -> Iterator[tuple[PathName, Unavailable]]:
    """Yield every path on which this camera's picture leaves, with the reason that holds if it is missing."""
    subject = _subject(camera)
    streams = facts.one(subject, Streams)
    for stream in streams.streams if streams else ():
        yield stream.path, facts.why_not(subject, "picture", stream.path)
    if camera.recorded:
        recordings = facts.one(subject, Recordings)
        why = facts.why_not(subject, "picture", "playback")
        yield "playback", why if recordings else facts.why_not(subject, "recordings")


def _evidence(facts: Facts, subject: str) -> Iterator[Json]:
    """Yield one entry per path and zone: verdict and numbers, or why there is no picture."""
    for verdict in facts.all(subject, ZoneVerdict):
        yield {
            "path": verdict.path,
            "zone": verdict.zone,
            "verdict": verdict.verdict,
            "reason": verdict.reason,
            "numbers": dict(verdict.numbers),
        }
    for missing in facts.all(subject, Unavailable):
        if missing.fact == "picture" and missing.path is not None:
            yield {"path": missing.path, "verdict": "not looked at", "reason": missing.reason}


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
    return check.finding(
        _subject(camera), "not_applicable", "no-private-area", {"by": declared.by, "at": declared.at}, message
    )


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


def _not_looked_at(
    check: Check, subject: str, path: str, why: Unavailable, evidence: list[Json], caused_by: str
) -> Finding:
    message = Message("path {path} was not looked at ({reason})", {"path": path, "reason": why.reason})
    return check.finding(
        subject, "unknown", NOT_LOOKED_AT, {"paths": evidence, "missing": path, "why": why.reason}, message, caused_by
    )


PRESENT = Check(PRESENT_ID, run_present, "critical", PRIVACY, "What is private in a camera's view has an enabled mask.")
GEOMETRY = Check(
    GEOMETRY_ID, run_geometry, "critical", PRIVACY, "Masks cover the whole of what is private in the view."
)
EFFECTIVE = Check(
    EFFECTIVE_ID, run_effective, "critical", PRIVACY, "No picture that leaves the camera shows what is private."
)

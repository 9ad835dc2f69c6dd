"""Judges the masks of a camera with presets at each preset, as far as pictures show them.

Only pictures prove it: a device lists its masks without their position. A preset without private zones has nothing to
prove and need not be seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from agent.judge.check import Check
from agent.judge.checks.pictures import quality
from agent.model.finding import Finding, Json, Message, utc_text
from agent.observe.facts.facts import Facts
from agent.observe.pictures.preset_verdicts import PresetOnPath
from agent.site.config.site import CameraConfig, Preset
from drivers.picture import PictureSeen, PresetSeen, ZoneVerdict

Rows = dict[str, tuple[PresetOnPath, ...]]


def judge(check: Check, facts: Facts, camera: CameraConfig, now: datetime) -> Finding:
    """Judge a camera with presets: an open zone fails at once, and every preset with zones must have been seen."""
    subject = f"camera:{camera.camera.id}"
    due = tuple(preset for preset in camera.presets if preset.zones)
    if not due:
        message = Message("nothing private is declared at any of its presets")
        return check.finding(subject, "not_applicable", "no-zones", {}, message)
    known = facts.remembered.presets.get(camera.camera.id)
    seen: Rows = {preset.name: known.of(preset.name) if known else () for preset in due}
    approval = facts.approvals.get(camera.camera.id)
    approved = {view.preset for view in approval.presets} if approval else set()
    evidence = _evidence(facts, subject, due, seen, approved)
    opened = _first(due, seen, "FAIL")
    if opened is not None:
        return _open(check, subject, opened, seen[opened[0]], evidence)
    if not any(p.path != "playback" for p in facts.all(subject, PictureSeen)):
        silent = quality.no_picture(check, facts, subject)
        return check.finding(subject, "unknown", silent.reason, evidence, silent.message, silent.caused_by)
    if missing := [preset.name for preset in due if preset.name not in approved]:
        message = Message(
            "nobody approved what presets {presets} look like: turn the camera to each, "
            "and run camwarden masks baseline --preset NAME --camera {camera}",
            {"presets": ", ".join(missing), "camera": camera.camera.id},
        )
        return check.finding(subject, "unknown", "preset-not-approved", evidence, message)
    live = {name: {one.path for one in paths} - {"playback"} for name, paths in seen.items()}  # that shows the past
    if missing := [name for name, paths in live.items() if not paths]:
        message = Message(
            "presets {presets} were not seen for a day: whether their masks hide is not known",
            {"presets": ", ".join(missing)},
        )
        return check.finding(subject, "unknown", "preset-not-seen", evidence, message)
    if (unsure := _first(due, seen, "UNSURE")) is not None:
        name, verdict = unsure
        message = Message(
            "zone {zone} at preset {preset} on path {path}: cannot be told ({reason})",
            {"zone": verdict.zone, "preset": name, "path": verdict.path, "reason": verdict.reason},
        )
        return check.finding(subject, "unknown", verdict.reason, evidence, message)
    if snapshots := [name for name, paths in live.items() if paths == {"snapshot"}]:
        message = Message(
            "presets {presets} were seen in snapshots only: whether the video hides what is private is not known",
            {"presets": ", ".join(snapshots)},
        )
        return check.finding(subject, "unknown", "snapshot-only", evidence, message)
    message = Message(
        "presets {presets} were each seen within a day, with every zone hidden", {"presets": ", ".join(seen)}
    )
    return check.finding(subject, "pass", "", evidence, message)


def _open(
    check: Check,
    subject: str,
    opened: tuple[str, ZoneVerdict],
    looks: Iterable[PresetOnPath],
    evidence: dict[str, Json],
) -> Finding:
    name, verdict = opened
    paths = [
        look.path
        for look in looks
        if any(one.verdict.zone == verdict.zone and one.verdict.verdict == "FAIL" for one in look.zones)
    ]
    message = Message(
        "zone {zone} is not hidden at preset {preset} on {paths} ({reason}): correct the mask of that position",
        {"zone": verdict.zone, "preset": name, "paths": ", ".join(paths), "reason": verdict.reason},
    )
    return check.finding(subject, "fail", verdict.reason, evidence, message)


def _first(due: Iterable[Preset], seen: Rows, verdict: str) -> tuple[str, ZoneVerdict] | None:
    return next(
        (
            (preset.name, one.verdict)
            for preset in due
            for look in seen[preset.name]
            for one in look.zones
            if one.verdict.verdict == verdict
        ),
        None,
    )


def _evidence(
    facts: Facts, subject: str, due: Iterable[Preset], seen: Rows, approved: Iterable[str]
) -> dict[str, Json]:
    """Return each preset with verdict and time of every path, and where the newest pictures were taken."""
    known = set(approved)
    rows: list[Json] = [
        {
            "preset": preset.name,
            "zones": [zone.name for zone in preset.zones],
            "approved": preset.name in known,
            "paths": [
                {
                    "path": look.path,
                    "at": utc_text(look.at),
                    "zones": [
                        {"zone": z.verdict.zone, "verdict": z.verdict.verdict, "reason": z.verdict.reason}
                        for z in look.zones
                    ],
                }
                for look in seen[preset.name]
            ],
        }
        for preset in due
    ]
    newest: list[Json] = [
        {"path": one.path, "preset": one.preset or None, "reason": one.reason}
        | ({"nearest": one.nearest, "off_percent": one.off_percent} if one.nearest else {})
        for one in facts.all(subject, PresetSeen)
    ]
    return {"presets": rows, "newest": newest}

"""Checks that a running camera covers every point that an authority requires."""

from collections.abc import Mapping
from datetime import datetime

from agent.judge.check import Check
from agent.judge.checks.devices import online
from agent.judge.wording.declared_words import EVIDENCE_MAX, DeclaredDuties, all_none, declared_duties, name_list
from agent.judge.wording.from_rules import ruled
from agent.model.finding import Finding, Json, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day, standing

POINTS = "required-points"
POINT = "required-point"


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge all points together: which camera covers one is declared, whether it runs is observed."""
    found = declared_duties(check, site, now, POINTS)
    if isinstance(found, Finding):
        return (found,)
    return (found.open() or all_none(found) or _points(site, facts, found, now),)


def _points(site: Site, facts: Facts, found: DeclaredDuties, now: datetime) -> Finding:
    declared = found.value(POINTS)
    points = declared if isinstance(declared, tuple) else ()
    cameras = _cameras(site, now)
    seen = {f.subject: f for f in online.run(online.CHECK, site, facts, now)}
    bare = [point for point in points if point not in cameras]
    if bare:
        message = Message(
            "no camera is declared to cover {points}",
            {"points": name_list(bare)},
            next_step="name the camera: camwarden declare --set required-point=POINT --cameras ID",
        )
        return found.finding("fail", "no-camera", message, _uncovered_evidence(points, bare))
    of_point = {point: [seen[f"camera:{camera}"] for camera in cameras[point]] for point in points}
    dark = {p: fs for p, fs in of_point.items() if not any(f.status in ("pass", "warn") for f in fs)}
    lost = [point for point, fs in dark.items() if all(f.status == "fail" for f in fs)]
    if lost:
        cause = dark[lost[0]][0]
        message = Message(
            "no camera that runs covers {points}", {"points": name_list(lost)}, next_step="mend its camera"
        )
        return found.finding(
            "fail", "offline", message, _uncovered_evidence(points, lost), cause.caused_by or cause.key
        )
    if dark:
        cause = next(iter(dark.values()))[0]
        message = Message(
            "whether a camera that runs covers {points} could not be seen", {"points": name_list([*dark])}
        )
        return found.finding(
            "unknown", "not-seen", message, _uncovered_evidence(points, [*dark]), cause.caused_by or cause.key
        )
    return found.counts(
        Message("a camera that runs covers each of {count} points", {"count": len(points)}),
        _uncovered_evidence(points, []),
    )


def _cameras(site: Site, now: datetime) -> Mapping[str, list[str]]:
    today = local_day(site, now)
    found: dict[str, list[str]] = {}
    for camera in (c.camera.id for c in site.cameras):
        point = standing(site, POINT, today, camera).value
        if isinstance(point, str):
            found.setdefault(point, []).append(camera)
    return found


def _uncovered_evidence(points: tuple[str, ...], bare: list[str]) -> dict[str, Json]:
    return {"points": len(points), "uncovered_count": len(bare), "uncovered": bare[:EVIDENCE_MAX]}


CHECK = ruled("required-point-covered", run, online.CHECK.looks)

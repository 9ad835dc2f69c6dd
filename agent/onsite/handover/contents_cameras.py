"""Builds the cameras of a hand-over report: picture, outlines, verdicts path by path, footage, and the view. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from agent.judge.checks.pictures.masks import EFFECTIVE
from agent.judge.wording.picture_words import PATHS, zone_reason
from agent.judge.wording.unavailable import unavailable_message
from agent.judge.zone_words import zone_words
from agent.model.finding import Finding, Message, Status
from agent.model.matters import shown
from agent.observe.approvals.approvals import Approval, with_approvals
from agent.observe.facts.facts import Facts
from agent.observe.footage.days import recorder_of
from agent.onsite.handover.contents_equipment import Own
from agent.onsite.handover.places import Places
from agent.onsite.handover.report import ORDER, VERDICTS, CameraPart, OwnFinding, PathsPart
from agent.onsite.one_look.result import CheckResult
from agent.report.timeline import Timeline, TimelineRow
from agent.site.config.site import CameraConfig
from agent.text.site_time import local
from agent.text.translate import render, translate
from drivers.model import Device, Masks, Unavailable
from drivers.picture import ZoneVerdict
from masking.view.model import ViewSeen


@dataclass(frozen=True, slots=True)
class _Look:
    """What every camera of one report is built from."""

    checked: CheckResult
    by_subject: Mapping[str, tuple[Finding, ...]]
    places: Places
    rows: Mapping[str, TimelineRow]
    devices: Mapping[str, Device]
    own: Own
    lang: str


def camera_parts(
    checked: CheckResult, findings: tuple[Finding, ...], timeline: Timeline, places: Places, own: Own, lang: str
) -> tuple[CameraPart, ...]:
    """Build one part for each camera: what fails first, then in the order of the configuration."""
    by_subject: dict[str, list[Finding]] = {}
    for one in findings:
        by_subject.setdefault(one.subject, []).append(one)
    found = {subject: tuple(ones) for subject, ones in by_subject.items()}
    devices = {one.id: one for one in checked.site.devices}
    look = _Look(checked, found, places, {row.camera_id: row for row in timeline.rows}, devices, own, lang)
    cameras = with_approvals(checked.site, checked.seen.facts.approvals).cameras
    return tuple(sorted((_camera(look, one) for one in cameras), key=lambda one: ORDER.index(one.status)))


def _camera(look: _Look, config: CameraConfig) -> CameraPart:
    camera, facts, lang = config.camera, look.checked.seen.facts, look.lang
    subject = f"camera:{camera.id}"
    own = look.by_subject.get(subject, ())
    shown = look.checked.pictures.get(camera.id)
    approval, listed = facts.approvals.get(camera.id), facts.one(subject, Masks)
    zone = ZoneInfo(look.checked.site.time_zone)
    picture = ""
    if shown is not None and shown.path is not None and shown.taken_at is not None:
        picture = f"{render(PATHS[shown.path], lang)}, {local(shown.taken_at, zone)}"
    codes = camera.code or translate("no GB/T 28181 code", lang)
    presets = (zone for preset in config.presets for zone in preset.zones)
    return CameraPart(
        anchor=look.places[subject].anchor,
        id=camera.id,
        name=camera.name,
        facts=" \u00b7 ".join(part for part in (camera.id, codes, camera.placement) if part),
        device=look.places[f"device:{camera.device}"],
        status=_status(own),
        findings=(*_own(look, own), *_of_devices(look, config)),
        paths=_paths(look, config, look.devices[camera.device], lang),
        view=_view(facts, own, subject, lang),
        approval=_approved(approval, zone, lang),
        kept=_kept(look.rows.get(camera.id), zone, lang),
        pictured=shown is not None,
        picture=picture,
        jpeg=shown.jpeg if shown is not None else b"",
        why=render(shown.why, lang) if shown is not None and shown.why is not None else "",
        declared=tuple(zone.polygon for zone in (*config.zones, *presets)),
        approved=tuple(m.polygon for m in (approval.masks if approval else ()) if m.enabled and m.polygon),
        observed=tuple(m.polygon for m in (listed.masks if listed else ()) if m.enabled and m.polygon),
    )


def _own(look: _Look, own: tuple[Finding, ...]) -> tuple[OwnFinding, ...]:
    # What follows from another finding of this same camera would say the same thing twice.
    told = {f.key for one in shown(replace(f, caused_by="") for f in own) for f in one.found}
    return look.own(f for f in own if f.key in told and f.caused_by not in told)


def _of_devices(look: _Look, config: CameraConfig) -> tuple[OwnFinding, ...]:
    """Return what fails at a camera's device and recorder: whoever stands before the camera has to know of it."""
    subjects = dict.fromkeys((f"device:{config.camera.device}", recorder_of(config)))
    return tuple(
        replace(line, text="", device=look.places[subject].name)
        for subject in subjects
        for line in look.own(f for f in look.by_subject.get(subject, ()) if f.status == "fail" and not f.caused_by)
    )


def _kept(row: TimelineRow | None, zone: ZoneInfo, lang: str) -> str:
    """Return from when on footage was played, and from when on it is listed: seen and told apart."""
    if row is None or (row.oldest_at is None and row.proven_at is None):
        return ""
    values = {"days": row.floor_days, "told": "", "seen": ""}
    values |= {"told": local(row.oldest_at, zone)} if row.oldest_at else {}
    values |= {"seen": local(row.proven_at, zone)} if row.proven_at else {}
    if row.proven_at is None:
        return render(Message("listed from {told} on, none of it played; {days} days are due", values), lang)
    if row.oldest_at is None:
        return render(Message("played from {seen} on; {days} days are due", values), lang)
    return render(Message("listed from {told} on, played from {seen} on; {days} days are due", values), lang)


def _status(own: tuple[Finding, ...]) -> Status:
    """Return the worst status of a camera; unknown where it has none."""
    due = [f.status for f in own if f.status != "not_applicable" and not f.quiet]
    return min(due, key=ORDER.index, default="unknown")


def _paths(look: _Look, config: CameraConfig, device: Device, lang: str) -> tuple[PathsPart, ...]:
    """Return the words of the check by zone, what shows it first; paths of which no picture came are told by why."""
    facts, deadline_s = look.checked.seen.facts, look.checked.site.probe.deadline_s
    alike: dict[tuple[str, str, str], list[str]] = {}
    for v in zone_words(EFFECTIVE, facts, config, look.checked.at):
        reason = _judged_part(v.picture, lang) if v.verdict == "PASS" else render(zone_reason(v.reason), lang)
        alike.setdefault((v.zone, v.verdict, reason), []).append(render(PATHS[v.path], lang) + _sure(v.picture))
    for one in facts.all(f"camera:{config.camera.id}", Unavailable):
        if one.fact == "picture" and one.path is not None:
            why = unavailable_message(one, device, deadline_s)
            short = render(Message(why.template, why.values), lang)
            alike.setdefault(("", "", short), []).append(render(PATHS[one.path], lang))
    parts = [PathsPart(zone, verdict, tuple(paths), why) for (zone, verdict, why), paths in alike.items()]
    return tuple(sorted(parts, key=lambda one: ORDER.index(VERDICTS[one.verdict][0])))


def _judged_part(verdict: ZoneVerdict, lang: str) -> str:
    """Return how much of a zone was judged, where the camera draws over the rest."""
    ratio = dict(verdict.numbers).get("judged_ratio")
    if ratio is None:
        return ""
    return render(
        Message("{percent} % of it was judged: over the rest the camera writes", {"percent": round(100 * ratio)}), lang
    )


def _sure(verdict: ZoneVerdict) -> str:
    """Return the confidence that a zone is hidden, where it is or may be; all numbers are in the signed reports."""
    ratio = dict(verdict.numbers).get("hidden_probability")
    return "" if ratio is None or verdict.verdict == "FAIL" else f" ({100 * ratio:.0f} %)"


def _view(facts: Facts, own: tuple[Finding, ...], subject: str, lang: str) -> str:
    """Compare the view with the approved one, with the movement in numbers where it was measured."""
    moved = next((f for f in own if f.check == "camera-moved"), None)
    seen = facts.one(subject, ViewSeen)
    text = render(moved.message, lang) if moved is not None else translate("not compared", lang)
    if moved is not None and moved.status in ("fail", "unknown"):
        return ""  # it stands among what is not well
    if seen is None or seen.movement is None:
        return text
    move = seen.movement
    numbers: dict[str, str | int | float] = {
        "right": _rounded(move.right_percent),
        "down": _rounded(move.down_percent),
        "degrees": _rounded(move.rotation_deg),
        "zoom": _rounded(move.zoom_percent),
    }
    measured = Message(
        "right {right} %, down {down} % of its width, turned {degrees} degrees, zoomed {zoom} %", numbers
    )
    return render(Message("{text} ({named})", {"text": text, "named": measured}), lang)


def _rounded(number: float) -> float:
    """Round to two digits, without a minus before a zero."""
    return round(number, 2) + 0.0


def _approved(approval: Approval | None, zone: ZoneInfo, lang: str) -> str:
    if approval is None:
        return ""
    values = {"by": approval.by, "at": f"{approval.at.astimezone(zone):%Y-%m-%d}"}
    return render(Message("approved by {by} on {at}", values), lang)

"""Builds the cameras of a hand-over report: picture, outlines, verdicts path by path, and the view's state. Pure."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from agent.model.finding import Finding, Message, Status, is_item, is_quiet
from agent.observe.approvals.approvals import Approval, with_approvals
from agent.observe.facts.facts import Facts
from agent.onsite.handover.report import ORDER, CameraPart, PathPart
from agent.onsite.one_look.result import CheckResult
from agent.site.config.site import CameraConfig
from agent.text.translate import render, translate
from drivers.model import Masks, Unavailable
from drivers.picture import ZoneVerdict
from masking.view.model import ViewSeen


def camera_parts(checked: CheckResult, lang: str) -> tuple[CameraPart, ...]:
    """Build one part for each camera, in the order of the configuration."""
    cameras = with_approvals(checked.site, checked.seen.facts.approvals).cameras
    return tuple(_camera(checked, camera, lang) for camera in cameras)


def _camera(checked: CheckResult, config: CameraConfig, lang: str) -> CameraPart:
    camera, facts = config.camera, checked.seen.facts
    subject = f"camera:{camera.id}"
    own = [f for f in checked.seen.findings if f.subject == subject]
    # What follows from another finding of this same camera would say the same thing twice.
    told = {f.key for f in own if is_item(replace(f, caused_by=""))}
    open_ones = [f for f in own if f.key in told and f.caused_by not in told]
    open_ones.sort(key=lambda f: ORDER.index(f.status))
    shown = checked.pictures.get(camera.id)
    approval, listed = facts.approvals.get(camera.id), facts.one(subject, Masks)
    picture = ""
    if shown is not None and shown.path is not None and shown.taken_at is not None:
        local = shown.taken_at.astimezone(ZoneInfo(checked.site.time_zone))
        picture = f"{shown.path}, {local:%Y-%m-%d %H:%M:%S}"
    codes = camera.code or translate("no GB/T 28181 code", lang)
    facts_text = " \u00b7 ".join(part for part in (camera.id, codes, camera.placement, camera.device) if part)
    presets = (zone for preset in config.presets for zone in preset.zones)
    return CameraPart(
        camera.id,
        camera.name,
        facts_text,
        _status(own),
        tuple((f.status, render(f.message, lang)) for f in open_ones),
        _paths(facts, subject),
        _view(facts, own, subject, lang),
        _approved(approval, lang),
        picture,
        shown.jpeg if shown is not None else b"",
        render(shown.why, lang) if shown is not None and shown.why is not None else "",
        tuple(zone.polygon for zone in (*config.zones, *presets)),
        tuple(m.polygon for m in (approval.masks if approval else ()) if m.enabled and m.polygon),
        tuple(m.polygon for m in (listed.masks if listed else ()) if m.enabled and m.polygon),
    )


def _status(own: list[Finding]) -> Status:
    """Return the worst status of a camera; unknown where it has none."""
    due = [f.status for f in own if f.status != "not_applicable" and not is_quiet(f)]
    return min(due, key=ORDER.index, default="unknown")


def _paths(facts: Facts, subject: str) -> tuple[PathPart, ...]:
    seen = [PathPart(v.path, v.zone, v.verdict, v.reason, _sure(v.numbers)) for v in facts.all(subject, ZoneVerdict)]
    missing = [
        PathPart(one.path, "", "", one.reason)
        for one in facts.all(subject, Unavailable)
        if one.fact == "picture" and one.path is not None
    ]
    return (*seen, *missing)


def _sure(numbers: tuple[tuple[str, float], ...]) -> str:
    """Return the confidence of a verdict; all its numbers are in the signed reports."""
    ratio = dict(numbers).get("hidden_probability")
    return "" if ratio is None else f"{100 * ratio:.0f} %"


def _view(facts: Facts, own: list[Finding], subject: str, lang: str) -> str:
    """Compare the view with the approved one, with the movement in numbers where it was measured."""
    moved = next((f for f in own if f.check == "camera-moved"), None)
    seen = facts.one(subject, ViewSeen)
    text = render(moved.message, lang) if moved is not None else translate("not compared", lang)
    if seen is None or seen.movement is None or (moved is not None and moved.status == "fail"):
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
    return f"{text} ({render(measured, lang)})"


def _rounded(number: float) -> float:
    """Round to two digits, without a minus before a zero."""
    return round(number, 2) + 0.0


def _approved(approval: Approval | None, lang: str) -> str:
    if approval is None:
        return ""
    values = {"by": approval.by, "at": f"{approval.at:%Y-%m-%d}"}
    return render(Message("approved by {by} on {at}", values), lang)

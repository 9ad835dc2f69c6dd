"""Renders wall and camera as JSON for the page, in the reader's language. Pure: time and state are passed in.

What a camera's look says, and whether it may be approved, is decided where `camwarden masks adopt` decides it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from agent.judge.zone_words import ZoneWord
from agent.model.finding import Json, Message, utc_text
from agent.onsite.handover.sheet_values import OUTCOMES, TONES
from agent.onsite.masks_look import adopt
from agent.onsite.masks_look.look import ORDER
from agent.onsite.masks_look.seen import CameraLook, PathLook
from agent.onsite.ui.pictures import is_old, summary, uncovered, verdict_words
from agent.onsite.ui.values import OLD_S, Kept, State
from agent.site.config.site import CameraConfig, PrivateZone
from agent.site.declarations.secret import is_secret
from agent.site.declarations.standing import local_day
from agent.text.translate import render, translate
from drivers.model import Identity, Mask
from drivers.picture import LIVE, PathName

STATUS: Final = {"na": "not_applicable"}
"""Tones of the contact sheet that are not words of a status already."""

ZONE_NAMES: Final = (
    "window", "entrance", "bed", "bathroom", "changing room", "desk", "screen", "neighbour's house", "playground",
    "private room",
)  # fmt: skip
"""Names that are offered for a zone; these are msgids."""

PATH_WORDS: Final = {
    "snapshot": "snapshot", "main": "main stream", "sub": "sub stream", "stream-3": "third stream",
    "stream-4": "fourth stream", "stream-5": "fifth stream", "recorder-live": "live picture of the recorder",
    "playback": "recording", "playback-beside": "recording on the device besides",
}  # fmt: skip
"""A path in words; these are msgids."""


def camera_of(state: State, camera_id: str) -> CameraConfig:
    """Return a camera as it was drawn, or as site.toml has it. Raises KeyError."""
    if camera_id in state.drafts:
        return state.drafts[camera_id]
    return next(one for one in state.site.cameras if one.camera.id == camera_id)


def choice_of(state: State, camera_id: str, why: str) -> adopt.Choice | None:
    """Return whether a camera may be approved with this reason; None before a look at it."""
    look = state.looks.get(camera_id)
    if look is None:
        return None
    saved = next(one for one in state.site.cameras if one.camera.id == camera_id)
    new = look.config.no_private_area is not None and saved.no_private_area is None
    return adopt.choices((look,), (camera_id,), why, no_private_area=new)[0]


def wall_json(state: State, now: datetime, lang: str) -> dict[str, Json]:
    """Return the wall: one tile for each camera, and the state of the look."""
    return {
        "site": {"id": state.site.id, "name": state.site.name},
        "look": look_json(state, lang),
        "cameras": [_tile(state, one, now, lang) for one in state.site.cameras],
        "drafts": len(state.drafts) + len(state.declared),
    }


def look_json(state: State, lang: str) -> dict[str, Json]:
    """Return the state of the look."""
    one = state.progress
    return {
        "running": one.running, "done": one.done, "total": one.total, "words": render(one.words, lang),
        "at": utc_text(one.at) if one.at else None,
    }  # fmt: skip


def _tile(state: State, saved: CameraConfig, now: datetime, lang: str) -> Json:
    name = saved.camera.id
    look = state.looks.get(name)
    choice = choice_of(state, name, "")
    return {
        **_head(state, saved, now, lang),
        "todo": [{"code": code, "words": translate(words, lang)} for code, words in _todo(state, look, choice)],
        "approved": _is_approved(state, look),
        "picture": next((one.path for one in _worst_first(look) if (name, one.path) in state.pictures), None),
        "drafted": name in state.drafts,
    }


def _head(state: State, saved: CameraConfig, now: datetime, lang: str) -> dict[str, Json]:
    camera, look = saved.camera, state.looks.get(saved.camera.id)
    outcome = look.outcome if look else "not-seen"
    ages = [_age_s(one.picture.taken_at, now) for one in state.of_camera(camera.id) if one.picture.path in LIVE]
    words = Message(OUTCOMES[outcome]) if look else Message("not looked at yet")
    return {
        "id": camera.id,
        "name": camera.name,
        "placement": camera.placement,
        "secret": is_secret(state.site, camera.id, local_day(state.site, now)),
        "status": STATUS.get(TONES[outcome], TONES[outcome]),
        "words": render(words, lang),
        "age_s": max(ages, default=None),
    }


def _is_approved(state: State, look: CameraLook | None) -> bool:
    """Tell whether what is on the screen is what was approved; a draft never is."""
    if look is None or look.approved is None or look.id in state.drafts:
        return False
    saved = next(one for one in state.site.cameras if one.camera.id == look.id)
    return not adopt.unapproved(replace(state.site, cameras=(saved,)), (look,))


def _todo(state: State, look: CameraLook | None, choice: adopt.Choice | None) -> list[tuple[str, str]]:
    if look is None or look.outcome == "not-seen":
        return [("look", "look again")]
    if look.outcome == "shows":
        return [("repair", "hide what is bare at the device")]
    if look.outcome in ("undeclared", "switched-off"):
        return [("draw", "draw what is private")]
    if _is_approved(state, look):
        return []
    if choice is not None and choice.refusal is not None:
        return [("reason", "look closely, and say why it hides")]
    return [("approve", "approve")]


def _worst_first(look: CameraLook | None) -> list[PathLook]:
    order = {"FAIL": 0, "UNSURE": 1, "PASS": 2}
    paths = look.paths if look else ()
    return sorted(paths, key=lambda one: min((order[v.verdict] for v in one.words), default=2))


def camera_json(state: State, camera_id: str, now: datetime, lang: str) -> dict[str, Json]:
    """Return one camera: its pictures, verdicts, zones and masks, and what may be done. Raises KeyError."""
    drawn = camera_of(state, camera_id)
    saved = next(one for one in state.site.cameras if one.camera.id == camera_id)
    look, choice = state.looks.get(camera_id), choice_of(state, camera_id, "")
    with_reason = choice_of(state, camera_id, "-")
    approval = state.approvals.get(camera_id)
    may = with_reason is not None and with_reason.refusal is None
    needs = may and choice is not None and choice.refusal is not None
    refused = with_reason.refusal if with_reason else Message("this camera was not looked at yet: look again")
    return {
        **_head(state, saved, now, lang),
        "said": adopt.message_of(replace(with_reason, refusal=None), lang) if with_reason else "",
        "device": _device(state, saved.camera.device, lang),
        "paths": [_path(state, camera_id, one, now, lang) for one in (look.paths if look else ())],
        "zones": [_zone(zone, preset, look) for preset, zone in zones_of(drawn)],
        "masks": None if look is None or look.masks is None else [_mask(mask) for mask in look.masks],
        "presets": [preset.name for preset in drawn.presets],
        "preset": look.preset if look else "",
        "names": [translate(name, lang) for name in ZONE_NAMES],
        "no_private_area": _declared(drawn),
        "approval": None if approval is None else {
            "by": approval.by, "at": utc_text(approval.at), "why": approval.why,
            "words": render(
                Message("approved by {by} on {at}", {"by": approval.by, "at": utc_text(approval.at)}), lang
            ),
        },
        "approved": _is_approved(state, look),
        "may_approve": may,
        "refusal": render(refused, lang) if refused else "",
        "needs_reason": needs,
        "marked": camera_id in state.marks,
        "draft": camera_id in state.drafts,
        "version": version_of(state, camera_id),
    }  # fmt: skip


def judged_json(
    drawn: CameraConfig,
    look: CameraLook | None,
    kept: tuple[Kept, ...],
    found: Mapping[PathName, tuple[ZoneWord, ...]],
    now: datetime,
    lang: str,
) -> dict[str, Json]:
    """Return the verdicts on what is being drawn, by path, with the age of each picture."""
    status, words = summary(found, lang)
    rows = sorted(kept, key=lambda one: ORDER.index(one.picture.path))
    return {
        "paths": [
            {
                "path": one.picture.path,
                "age_s": _age_s(one.picture.taken_at, now),
                "verdicts": _verdicts(found.get(one.picture.path, ()), lang),
            }
            for one in rows
        ],
        "zones": [{"name": zone.name, "uncovered": _uncovered(zone, preset, look)} for preset, zone in zones_of(drawn)],
        "words": words,
        "status": status,
    }


def said(message: Message, lang: str) -> str:
    """Return a message in the reader's language."""
    return render(message, lang)


def zones_of(camera: CameraConfig) -> list[tuple[str, PrivateZone]]:
    """Return every zone of a camera with the name of its preset, empty for none."""
    return [("", zone) for zone in camera.zones] + [(one.name, zone) for one in camera.presets for zone in one.zones]


def version_of(state: State, camera_id: str) -> str:
    """Return a digest of what is drawn of a camera, on which site.toml: who names another one has seen another one."""
    drawn = camera_of(state, camera_id)
    rows: list[Any] = [[preset, zone.name, zone.polygon, zone.effect, zone.color] for preset, zone in zones_of(drawn)]
    text = json.dumps([state.digest, camera_id, rows, drawn.no_private_area is not None])
    return hashlib.sha256(text.encode()).hexdigest()


def _device(state: State, device: str, lang: str) -> Json:
    told = (o.value for o in state.told if o.subject == f"device:{device}" and isinstance(o.value, Identity))
    one = next(told, None)
    if one is None:
        return {"id": device, "make": "", "model": "", "words": translate("the device did not say what it is", lang)}
    return {"id": device, "make": one.manufacturer, "model": one.model, "words": f"{one.manufacturer} {one.model}"}


def _path(state: State, camera_id: str, one: PathLook, now: datetime, lang: str) -> Json:
    kept = state.pictures.get((camera_id, one.path))
    why = Message("no picture: {reason}", {"reason": one.why}) if one.why else None
    return {
        "path": one.path,
        "words": translate(PATH_WORDS[one.path], lang),
        "picture": kept is not None,
        "digest": kept.digest if kept else "",
        "taken_at": utc_text(kept.picture.taken_at) if kept else None,
        "age_s": _age_s(kept.picture.taken_at, now) if kept else None,
        "old": kept is not None and one.path in LIVE and is_old(kept, now, OLD_S),
        "why": render(why, lang) if why else "",
        "verdicts": _verdicts(one.words, lang),
    }


def _zone(zone: PrivateZone, preset: str, look: CameraLook | None) -> Json:
    return {
        "name": zone.name, "effect": zone.effect, "color": zone.color, "preset": preset,
        "polygon": [list(point) for point in zone.polygon], "uncovered": _uncovered(zone, preset, look),
    }  # fmt: skip


def _uncovered(zone: PrivateZone, preset: str, look: CameraLook | None) -> float | None:
    """A device does not say at which of its positions it draws a mask."""
    return uncovered(zone, look.masks if look is not None and not preset else None)


def _verdicts(words: Iterable[ZoneWord], lang: str) -> list[Json]:
    return [{"zone": v.zone, "verdict": v.verdict, "words": verdict_words(v, lang)} for v in words]


def _mask(mask: Mask) -> Json:
    return {"name": mask.token, "enabled": mask.enabled, "polygon": [list(point) for point in mask.polygon]}


def _declared(camera: CameraConfig) -> Json:
    one = camera.no_private_area
    return None if one is None else {"by": one.by, "at": one.at}


def _age_s(taken_at: datetime, now: datetime) -> float:
    return round(max((now - taken_at).total_seconds(), 0.0), 1)

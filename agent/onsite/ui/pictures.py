"""Shows and judges the newest picture of each path, which stay in the memory of this process only.

A browser never gets a device's bytes: the confined worker makes a small JPEG of them. With a bare picture somebody may
see what is private; each opening is a line in the register (`openings.py`).
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

from agent.judge.wording.mask_words import mask_words
from agent.judge.wording.picture_words import zone_reason
from agent.judge.zone_words import ZoneWord
from agent.model.finding import Message, listed
from agent.observe.pictures.judge import Judge
from agent.observe.pictures.studies import asked_zones
from agent.observe.pictures.zone_verdicts import zone_verdict
from agent.onsite.handover.sheet_values import VERDICTS
from agent.onsite.masks_look.seen import ask
from agent.onsite.ui.refusals import NotGranted
from agent.onsite.ui.values import Kept
from agent.site.config.site import CameraConfig, PrivateZone
from agent.text.translate import render, translate
from drivers.model import Mask, Picture
from drivers.picture import PathName, ZoneVerdict
from masking.coverage import uncovered_ratio
from masking.model import Job, Judged
from masking.worker.study import THUMBNAIL_MAX_PX, Study, Thumbnail


def kept(pictures: Iterable[Picture]) -> dict[tuple[str, PathName], Kept]:
    """Return the newest picture of each camera and path; openings of footage are left out. Pure."""
    return {
        (one.camera_id, one.path): Kept(one, hashlib.sha256(one.data).hexdigest())
        for one in pictures
        if one.opening is None
    }


def rendered(
    one: Kept, config: CameraConfig, judge: Judge, width_px: int, zones: Iterable[PrivateZone] = ()
) -> tuple[bytes, tuple[ZoneVerdict, ...]]:
    """Return a picture as JPEG for the screen, made by the worker, with nothing blackened, and verdicts on zones in it.

    Both from one decoding: it is most of what a picture costs. Raises NotGranted where it cannot be decoded.
    """
    picture, camera, asked = one.picture, config.camera, asked_zones(zones, config.overlay_boxes)
    size = Thumbnail(min(max(width_px, 16), THUMBNAIL_MAX_PX))
    answer = ask(judge, Job(picture.data, picture.kind, asked, Study(thumbnail=size), (), camera.device, camera.id))
    if answer is None or answer.studied is None or not answer.studied.thumbnail:
        raise NotGranted("this picture cannot be decoded: look again")
    return answer.studied.thumbnail, _verdicts(picture.path, answer)


def judged(
    pictures: Iterable[Kept], config: CameraConfig, zones: Iterable[PrivateZone], judge: Judge
) -> dict[PathName, tuple[ZoneVerdict, ...]]:
    """Judge zones in the pictures of a camera at hand; a path whose picture cannot be decoded has no verdict."""
    asked, camera = asked_zones(zones, config.overlay_boxes), config.camera
    found: dict[PathName, tuple[ZoneVerdict, ...]] = {}
    for one in pictures:
        picture = one.picture
        answer = ask(judge, Job(picture.data, picture.kind, asked, None, (), camera.device, camera.id))
        if answer is not None:
            found[picture.path] = _verdicts(picture.path, answer)
    return found


def _verdicts(path: PathName, answer: Judged) -> tuple[ZoneVerdict, ...]:
    return tuple(zone_verdict(path, one) for one in answer.verdicts)


def verdict_words(one: ZoneWord, lang: str) -> str:
    """Return the check's word on a zone in words: what was found, and why where that is not plain."""
    found = Message(VERDICTS[one.verdict][1])
    if one.verdict == "PASS" and one.picture.signature:
        return render(Message("{verdict}: {mask}", {"verdict": found, "mask": mask_words(one.picture.signature)}), lang)
    if one.verdict == "PASS":
        return render(found, lang)
    return render(Message("{verdict} ({reason})", {"verdict": found, "reason": zone_reason(one.reason)}), lang)


def uncovered(zone: PrivateZone, masks: tuple[Mask, ...] | None) -> float | None:
    """Return the share of a zone (0..1) that no enabled mask covers, with the digits of the report; None: not listed.

    The function and the rounding are those of the check `privacy-mask-geometry`.
    """
    if masks is None:
        return None
    return round(uncovered_ratio(zone.polygon, [m.polygon for m in masks if m.enabled and m.polygon]), 4)


def summary(words: Mapping[PathName, tuple[ZoneWord, ...]], lang: str) -> tuple[str, str]:
    """Return the status and one sentence of all words on what was drawn. Pure."""
    every = [one for path in words.values() for one in path]
    if not every:
        return "unknown", translate("no zone is drawn, or there is no picture: nothing was judged", lang)
    bare = sorted({one.zone for one in every if one.verdict == "FAIL"})
    if bare:
        return "fail", render(Message("not hidden: {zones}", {"zones": listed(bare)}), lang)
    unsure = sorted({one.zone for one in every if one.verdict == "UNSURE"})
    if unsure:
        return "unknown", render(Message("cannot be told: {zones}", {"zones": listed(unsure)}), lang)
    return "pass", render(Message("hidden on {count} paths", {"count": len(words)}), lang)


def is_old(one: Kept, now: datetime, most_s: float) -> bool:
    """Tell whether a picture is older than `most_s` seconds. Pure."""
    return (now - one.picture.taken_at).total_seconds() > most_s


def zones_here(camera: CameraConfig, preset: str) -> tuple[PrivateZone, ...]:
    """Return the zones that a picture of the camera at this preset must hide. Pure."""
    return (*camera.zones, *(zone for one in camera.presets if one.name == preset for zone in one.zones))

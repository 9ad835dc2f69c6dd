"""Selects what a self-test showed of a camera's private zones on the path to the police platform.

The police see this picture, so that a zone bare in it fails though every other path hides it. Only a self-test shows
it: where none was made nothing is due there, and a pass names the paths that it rests on. An old picture, or one of
other zones, masks or another box, counts no longer: what it showed hidden holds nothing, and is named with its time;
what it showed bare stays open until a newer picture shows that zone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from agent.judge.claim import Open
from agent.judge.wording.picture_words import path_word
from agent.model.finding import Json, Message, utc_text
from agent.observe.facts.factory_logins import box_of
from agent.observe.facts.facts import Facts
from agent.observe.facts.link_tests import MASKS_COUNT_FOR
from agent.observe.pictures.turns import REMEMBERED, PathResult, camera_zones_digest, masks_digest
from agent.site.config.site import CameraConfig
from drivers.model import Masks, Observation, Provenance
from drivers.picture import PLATFORM, PictureSeen, ZoneVerdict

Void = Literal["", "too-old", "other-zones", "other-masks", "other-box", "box-unknown", "clock-not-trusted"]

WHY_VOID: Final = {
    "too-old": Message("too long ago to count"),
    "other-zones": Message("other zones were declared then"),
    "other-masks": Message("the device listed other masks then"),
    "other-box": Message("of another box"),
    "box-unknown": Message("the box was exchanged since, perhaps: its identity was not known then, or is not now"),
    "clock-not-trusted": Message("our own clock is not trusted, so that nobody knows how long ago"),
}


@dataclass(frozen=True, slots=True)
class OnPlatform:
    """What the newest picture of a camera on the platform's path showed. `void`: why it does not count, else empty."""

    shown: PathResult
    seen: PictureSeen
    void: Void

    @property
    def observations(self) -> tuple[tuple[Observation, PictureSeen], tuple[tuple[Observation, ZoneVerdict], ...]]:
        """The picture and its verdicts as observations of an earlier look."""
        where = Provenance(path=PLATFORM, true_at=self.seen.taken_at, level="seen")
        subject, at = f"camera:{self.shown.camera_id}", self.shown.at
        verdicts = ((Observation(subject, v, at, REMEMBERED, where), v) for v in self.shown.verdicts)
        return (Observation(subject, self.seen, at, REMEMBERED, where), self.seen), tuple(verdicts)


def on_platform(facts: Facts, camera: CameraConfig, now: datetime) -> OnPlatform | None:
    """Return what the last self-test with a picture of this camera showed; None where there was none."""
    test = facts.link_tests.get(camera.camera.device)
    shown = next((one for one in (test.pictures if test else ()) if one.camera_id == camera.camera.id), None)
    if test is None or shown is None or shown.seen is None:
        return None
    known = facts.around.remembered.get(camera.camera.device)
    box = box_of(known.answering if known else None)
    if not test.is_same(box):
        return OnPlatform(shown, shown.seen, "box-unknown" if test.is_of(box) else "other-box")
    return OnPlatform(shown, shown.seen, _void(facts, camera, shown, now))


def _void(facts: Facts, camera: CameraConfig, shown: PathResult, now: datetime) -> Void:
    listed = facts.one(f"camera:{camera.camera.id}", Masks)
    if shown.zones != camera_zones_digest(camera):
        return "other-zones"
    if listed is not None and shown.masks and shown.masks != masks_digest(listed.masks):
        return "other-masks"
    if not facts.own_clock_trusted:
        return "clock-not-trusted"
    return "" if timedelta() <= now - shown.at <= MASKS_COUNT_FOR else "too-old"


def still_open(one: OnPlatform, camera: CameraConfig) -> Iterator[tuple[str, Open]]:
    """Yield each zone that was bare in a picture that counts no longer: nobody has seen it hidden since.

    Of a box that is gone nothing is left to be seen.
    """
    if one.void == "other-box":
        return
    names = {zone.name for zone in camera.zones}
    for verdict in one.shown.verdicts:
        if verdict.verdict == "FAIL" and verdict.zone in names:
            message = Message(
                "zone {zone} was not hidden on path {path} at {at}, which counts no longer ({why}), and no later "
                "self-test shows it hidden",
                {"zone": verdict.zone, "path": path_word(PLATFORM), **_values(one)},
                next_step="repeat the self-test: camwarden link test --picture",
            )
            yield verdict.zone, Open(PLATFORM, one.void, message)


def with_void(one: OnPlatform | None, message: Message) -> Message:
    """Return what a pass says, with the picture on the platform's path that counts no longer, if there is one."""
    if one is None or not one.void:
        return message
    values = {"what": message, "path": path_word(PLATFORM), **_values(one)}
    return Message("{what}; path {path} was judged at {at}, which counts no longer ({why})", values)


def void_json(one: OnPlatform | None) -> dict[str, Json]:
    """Return the picture that counts no longer, as evidence; empty where there is none."""
    if one is None or not one.void:
        return {}
    return {"not_counted": {"path": PLATFORM, "at": utc_text(one.seen.taken_at), "reason": one.void}}


def _values(one: OnPlatform) -> dict[str, object]:
    return {"at": utc_text(one.seen.taken_at), "why": WHY_VOID[one.void]}

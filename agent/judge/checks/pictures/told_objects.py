"""Judges the metadata of streams: objects inside a private zone that any viewer receives, and pictures beside them.

A masked picture hides who stands there; metadata that tells where each person is does not, nor does a picture that it
brings or names. A few seconds in which nobody was told of prove nothing, and nothing says how old such a picture is, so
that they hold nothing; what was not listened to, or cannot be compared with the approved view, is open.
"""

from collections.abc import Iterator
from typing import Final

from agent.judge.checks.pictures.hidden import NOT_LOOKED_AT
from agent.judge.claim import Broken, Open, Outcome
from agent.judge.wording.picture_words import path_word, zone_reason
from agent.model.finding import Json, Message, listed
from agent.observe.facts.facts import Facts
from agent.site.config.site import CameraConfig
from drivers.picture import ObjectsTold, PathName, PictureTold

TOLD = "told-by-metadata"


def told_objects(facts: Facts, camera: CameraConfig) -> Iterator[Outcome]:
    """Yield what the metadata of a camera's streams breaks, or leaves open; nothing where none offers metadata."""
    named: set[str] = set()
    subject = f"camera:{camera.camera.id}"
    pictures = facts.all(subject, PictureTold)
    for picture in pictures:
        yield from _shown(facts, camera, picture)
    looked_at = {picture.stream for picture in pictures}
    for one in facts.all(subject, ObjectsTold):
        for zone, count in one.inside:
            if zone not in named:
                named.add(zone)
                yield _inside(one, zone, count)
        yield from _not_known(one)
        yield from _not_looked_at(one, one.path in looked_at)


def _inside(one: ObjectsTold, zone: str, count: int) -> Broken:
    message = Message(
        "the camera tells {count} objects inside zone {zone} to whoever subscribes to path {path}: the picture is "
        "masked, the metadata is not",
        {"count": count, "zone": zone, "path": path_word(one.path)},
        next_step="switch off its analytics there, or its metadata",
    )
    told: dict[str, Json] = {"path": "metadata", "stream": one.path, "zone": zone, "objects": count}
    return Broken(f"metadata {zone} {one.path}", TOLD, message, {"metadata": [told]}, mild=True)


def _not_known(one: ObjectsTold) -> Iterator[Open]:
    values: dict[str, object] = {"path": path_word(one.path), "reason": one.reason, "count": one.unplaced}
    message = None
    if one.reason:
        message = Message(
            "path {path} offers metadata, which was not listened to ({reason}): what it tells of private zones is not "
            "known",
            values,
        )
    elif one.unplaced and not one.inside:
        message = Message("the metadata of path {path} tells {count} objects without a place that is known", values)
    if message is not None:
        yield Open(f"metadata {one.path}", NOT_LOOKED_AT, message, {"missing": "metadata"}, doubted=True)
    if one.unread:
        message = Message(
            "the metadata of path {path} has documents that are too long to be read ({count} in a few seconds): they "
            "may hold pictures",
            {**values, "count": one.unread},
        )
        yield Open(f"long-metadata {one.path}", NOT_LOOKED_AT, message, {"missing": "metadata"}, doubted=True)


def _not_looked_at(one: ObjectsTold, is_looked_at: bool) -> Iterator[Open]:
    """Yield a doubt for each kind of pictures that came with metadata and that are not compared with any view."""
    values: dict[str, object] = {"path": path_word(one.path)}
    scenes = one.pictures - one.crops - one.elsewhere
    if scenes and not is_looked_at:
        message = Message(
            "the metadata of path {path} comes with pictures of events ({count} in a few seconds), at which nobody "
            "looks",
            {**values, "count": scenes},
            next_step=_SWITCH_OFF,
        )
        yield _doubt("event-pictures", one.path, message)
    if one.crops:
        message = Message(
            "the metadata of path {path} comes with pictures of single objects ({count} in a few seconds), cut out of "
            "the scene: they cannot be compared with the approved view",
            {**values, "count": one.crops},
            next_step=_SWITCH_OFF,
        )
        yield _doubt("object-pictures", one.path, message)
    if one.elsewhere:
        message = Message(
            "the metadata of path {path} names pictures that are not on the device itself ({count} in a few seconds): "
            "no other host is asked for them",
            {**values, "count": one.elsewhere},
            next_step=_SWITCH_OFF,
        )
        yield _doubt("pictures-elsewhere", one.path, message)


_SWITCH_OFF: Final = "switch off in the device what nobody needs"


def _doubt(key: str, stream: PathName, message: Message) -> Open:
    return Open(f"{key} {stream}", NOT_LOOKED_AT, message, {"missing": "event-pictures"}, doubted=True)


def _shown(facts: Facts, camera: CameraConfig, one: PictureTold) -> Iterator[Outcome]:
    """Yield what a picture that metadata told of breaks, or leaves open: where every zone is hidden, nothing."""
    values: dict[str, object] = {"path": path_word(one.path), "stream": path_word(one.stream), "reason": one.reason}
    if one.reason:
        message = Message(
            "the picture of which the metadata of path {stream} told was not looked at ({reason}): path {path}", values
        )
        yield _doubt(f"{one.path}-picture", one.stream, message)
    elif one.shows != camera.camera.id:
        text = (
            "path {path}: the picture of which the metadata of path {stream} told shows another camera's view"
            if one.shows
            else "path {path}: the picture of which the metadata of path {stream} told is not proven to show the "
            "approved view: it is a part of it perhaps, or of another time"
        )
        yield _doubt(f"{one.path}-picture", one.stream, Message(text, values))
    word = facts.attested.get(camera.camera.id, {})
    for verdict in one.verdicts:
        of = {"zone": verdict.zone, "path": path_word(one.path), "paths": listed([path_word(one.path)])}
        of |= {"reason": zone_reason(verdict.reason)}
        told: dict[str, Json] = {"path": one.path, "stream": one.stream, "zone": verdict.zone, "reason": verdict.reason}
        if verdict.verdict == "FAIL":
            message = Message("zone {zone} is not hidden on {paths} ({reason}): correct the mask and look again", of)
            key = f"told-picture {verdict.zone} {one.path} {one.stream}"
            yield Broken(key, verdict.reason, message, {"metadata": [told]})
        elif verdict.verdict != "PASS":
            message = Message("zone {zone} on path {path}: cannot be told ({reason})", of)
            yield Open(
                f"told-picture {verdict.zone} {one.path}", verdict.reason, message, attested=word.get(verdict.zone)
            )

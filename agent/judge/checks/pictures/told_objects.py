"""Judges the metadata of streams: objects inside a private zone that any viewer receives.

A masked picture hides who stands there; metadata that tells where each person is does not. A few seconds in which
nobody was told of prove nothing, so that they hold nothing; what was not listened to, though it is offered, is open.
"""

from collections.abc import Iterator

from agent.judge.checks.pictures.hidden import NOT_LOOKED_AT
from agent.judge.claim import Broken, Open, Outcome
from agent.judge.wording.picture_words import path_word
from agent.model.finding import Json, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import CameraConfig
from drivers.picture import ObjectsTold

TOLD = "told-by-metadata"


def told_objects(facts: Facts, camera: CameraConfig) -> Iterator[Outcome]:
    """Yield what the metadata of a camera's streams breaks, or leaves open; nothing where none offers metadata."""
    named: set[str] = set()
    for one in facts.all(f"camera:{camera.camera.id}", ObjectsTold):
        for zone, count in one.inside:
            if zone not in named:
                named.add(zone)
                yield _inside(one, zone, count)
        yield from _not_known(one)


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
    if one.pictures:
        message = Message(
            "the metadata of path {path} comes with pictures of events ({count} in a few seconds), at which nobody "
            "looks",
            {**values, "count": one.pictures},
            next_step="switch off in the device what nobody needs",
        )
        yield Open(f"event-pictures {one.path}", NOT_LOOKED_AT, message, {"missing": "event-pictures"}, doubted=True)

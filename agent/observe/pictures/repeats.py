"""Compares the pictures of footage that was opened in one look: of one moment twice, and of moments hours apart.

A recorder whose disk is gone may play what is live, whatever is requested; a live picture of seconds ago is equal
to none that was seen on a live path. Footage is what it was: the same moment shows the same picture, to the noise. And
moments hours apart show two: a recorder that looks at no request plays the beginning of its footage for each of them,
or one clip. Of a scene that shows too little only the same bytes tell anything.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from agent.observe.pictures.view_owners import Judge
from drivers.footage import Opening
from drivers.model import Observation, Picture
from drivers.picture import FootageOpened, PictureSeen
from masking.model import Job, WorkerError
from masking.view.likeness import is_another_moment, likeness, read

SAME_TIME: Final = timedelta(milliseconds=500)
"""How far apart the recorded times of one picture may be told."""

APART: Final = timedelta(hours=1)
"""How far apart two moments are of which no recorder has one picture: key pictures are seconds apart."""

Played = FootageOpened | PictureSeen


def opened_again(
    picture: Picture, opening: Opening, job: Job, judge: Judge, seen: Iterable[Observation]
) -> Observation:
    """Judge the picture of a moment that came with other bytes the second time; its zones are not judged again.

    `job` is any of that picture, `seen` what was seen in this look before.
    """
    value = FootageOpened(opening.name, opening.at, dated=picture.dated)
    try:
        judged = judge(Job(job.data, job.kind, device=job.device, camera=job.camera))
    except WorkerError as error:
        value = replace(value, reason=f"worker: {error.reason}")
    else:
        value = replace(value, at=picture.taken_at, imprint=judged.imprint.hex())
        first = _first(_played(picture.camera_id, seen), opening)
        value = replace(value, repeats=_repeats(first, value) if first is not None else None)
    where = replace(picture.provenance, true_at=picture.taken_at, level="seen")
    return Observation(f"camera:{picture.camera_id}", value, picture.taken_at, "look", where)


def same_as_at(opened: FootageOpened, camera_id: str, seen: Iterable[Observation]) -> datetime | None:
    """Return another moment, at least APART, whose picture in this look was this one; None without any.

    The same bytes are enough: a card has no imprint. A recorder that dates both alike says itself that it played
    another moment than was requested.
    """
    if opened.at is None:
        return None
    for other in _played(camera_id, seen):
        at = other.at if isinstance(other, FootageOpened) else other.taken_at
        says_so = opened.dated and other.dated and at is not None and abs(at - opened.at) <= SAME_TIME
        is_one = other.digest == opened.digest or is_repeated(other.imprint, opened.imprint)
        if abs(_asked_at(other) - opened.asked_at) >= APART and is_one and not says_so:
            return _asked_at(other)
    return None


def is_repeated(first: str, again: str) -> bool | None:
    """Tell whether two imprints (hex) are of one picture; None where that cannot be told."""
    one, other = read(bytes.fromhex(first)), read(bytes.fromhex(again))
    if one is None or other is None or (alike := likeness(one, other)) == "unknown":
        return None
    if alike == "equal":
        return True
    return False if alike == "other" or is_another_moment(one.grain, other.grain) else None


def _played(camera_id: str, seen: Iterable[Observation]) -> list[Played]:
    """Return what was played of the camera before in this look."""
    own = [one.value for one in seen if one.subject == f"camera:{camera_id}"]
    return [one for one in own if isinstance(one, FootageOpened)
            or (isinstance(one, PictureSeen) and one.path == "playback")]  # fmt: skip


def _asked_at(one: Played) -> datetime:
    return one.asked_at if isinstance(one, FootageOpened) else one.taken_at


def _first(played: list[Played], opening: Opening) -> Played | None:
    """Return what came for that moment before: a further one, or else the oldest."""
    further = (one for one in played if isinstance(one, FootageOpened) and one.asked_at == opening.at)
    oldest = (one for one in played if isinstance(one, PictureSeen))
    return next(further, None) or next(oldest, None)


def _repeats(first: Played, again: FootageOpened) -> bool | None:
    """Compare two pictures of a moment; those that the recorder itself dates otherwise are of two, and tell nothing."""
    before = first.at if isinstance(first, FootageOpened) else first.taken_at
    if before is None or again.at is None:
        return None
    if first.dated and again.dated and abs(again.at - before) > SAME_TIME:
        return None
    return is_repeated(first.imprint, again.imprint)

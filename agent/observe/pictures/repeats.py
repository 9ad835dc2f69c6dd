"""Compares the pictures of a moment of footage that was opened twice in one look.

A recorder whose disk is gone may play what is live, whatever is requested; a live picture of seconds ago is equal
to none that was seen on a live path. Footage is what it was: the same moment shows the same picture, to the noise. Of a
scene that shows too little, or without noise, nothing is told.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from agent.observe.pictures.view_owners import Judge
from drivers.footage import Opening
from drivers.model import Observation, Picture
from drivers.picture import FootageOpened, PictureSeen
from masking.model import Job, WorkerError
from masking.view.likeness import is_another_moment, likeness, read

SAME_TIME: Final = timedelta(milliseconds=500)
"""How far apart the recorded times of one picture may be told."""


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
        first = _first(f"camera:{picture.camera_id}", opening, seen)
        value = replace(value, repeats=_repeats(first, value) if first is not None else None)
    where = replace(picture.provenance, true_at=picture.taken_at, level="seen")
    return Observation(f"camera:{picture.camera_id}", value, picture.taken_at, "look", where)


def is_repeated(first: str, again: str) -> bool | None:
    """Tell whether two imprints (hex) are of one picture; None where that cannot be told."""
    one, other = read(bytes.fromhex(first)), read(bytes.fromhex(again))
    if one is None or other is None or (alike := likeness(one, other)) == "unknown":
        return None
    if alike == "equal":
        return True
    return False if alike == "other" or is_another_moment(one.grain, other.grain) else None


def _first(subject: str, opening: Opening, seen: Iterable[Observation]) -> FootageOpened | PictureSeen | None:
    """Return what came for that moment before: a further one, or else the oldest."""
    own = [one.value for one in seen if one.subject == subject]
    further = (one for one in own if isinstance(one, FootageOpened) and one.asked_at == opening.at)
    oldest = (one for one in own if isinstance(one, PictureSeen) and one.path == "playback")
    return next(further, None) or next(oldest, None)


def _repeats(first: FootageOpened | PictureSeen, again: FootageOpened) -> bool | None:
    """Compare two pictures of a moment; those that the recorder itself dates otherwise are of two, and tell nothing."""
    before = first.at if isinstance(first, FootageOpened) else first.taken_at
    if before is None or again.at is None:
        return None
    if first.dated and again.dated and abs(again.at - before) > SAME_TIME:
        return None
    return is_repeated(first.imprint, again.imprint)

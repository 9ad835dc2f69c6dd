"""Have every picture judged by the locked-down worker, and turn its plain answers into observations."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from types import MappingProxyType

from agent.config import Site
from agent.previous import Previous
from agent.studies import Studies
from drivers.model import Observation, Picture, Unavailable, Value
from drivers.picture import PictureSeen, ZoneVerdict
from masking.model import Job, Judged, WorkerError, Zone
from masking.study import Study

Judge = Callable[[Job], Judged]


def look(
    site: Site,
    pictures: tuple[Picture, ...],
    judge: Judge,
    progress: Callable[[], None] = lambda: None,
    asked: Studies = MappingProxyType({}),
    previous: Previous | None = None,
) -> tuple[Observation, ...]:
    """Judge each picture's zones. A picture that cannot be decoded is an unavailable fact of its path.

    Args:
        site: Says which zones each camera has.
        pictures: Encoded pictures as they left their cameras.
        judge: `Worker.judge`, or anything that keeps its promise.
        progress: Called after each picture; may raise to end the cycle.
        asked: What is asked of one path of each camera besides its zones.
        previous: Keeps what the next picture of that path is compared with.
    """
    zones = {c.camera.id: tuple(Zone(z.name, z.polygon, z.effect, z.color) for z in c.zones) for c in site.cameras}
    seen: list[Observation] = []
    for picture in pictures:
        path, study = asked.get(picture.camera_id, (None, None))
        study = study if path == picture.path else None
        seen.extend(_one(picture, zones.get(picture.camera_id, ()), judge, study, previous))
        progress()
    return tuple(seen)


def _one(
    picture: Picture, zones: tuple[Zone, ...], judge: Judge, study: Study | None, previous: Previous | None
) -> tuple[Observation, ...]:
    subject = f"camera:{picture.camera_id}"
    try:
        judged = judge(Job(picture.data, picture.kind, zones, study))
    except WorkerError as error:
        missing = Unavailable("picture", "malformed", f"worker: {error.reason}", picture.path)
        return (Observation(subject, missing, picture.taken_at, "look"),)
    seen = PictureSeen(
        picture.path,
        picture.taken_at,
        hashlib.sha256(picture.data).hexdigest(),
        judged.width_px,
        judged.height_px,
        judged.mean_luma,
        judged.contrast,
    )
    verdicts = tuple(ZoneVerdict(picture.path, v.zone, v.verdict, v.reason, v.numbers) for v in judged.verdicts)
    values: list[Value] = [seen, *verdicts]
    if judged.studied is not None:
        values += [value for value in (judged.studied.view, judged.studied.quality) if value is not None]
        if previous is not None:
            previous.keep(picture.camera_id, judged.studied.for_next)
    return tuple(Observation(subject, value, picture.taken_at, "look") for value in values)

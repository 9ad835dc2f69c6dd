"""Sends every picture to the locked-down worker, and converts its answers into observations."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from agent.observe.pictures.preset_verdicts import preset_seen
from agent.observe.pictures.previous_pictures import PreviousPictures
from agent.observe.pictures.studies import Studies
from agent.observe.pictures.view_owners import Judge as Judge
from agent.observe.pictures.view_owners import ViewOwners, judge_owned
from agent.observe.pictures.zone_verdicts import zone_verdict
from agent.site.config.site import Site
from drivers.footage import Opening
from drivers.model import Observation, Picture, Reason, Unavailable, Value
from drivers.picture import (
    BLANK_CONTRAST,
    LIVE,
    RECORDED,
    STREAMS,
    FootageOpened,
    PathName,
    PictureSeen,
    ZoneSensitivity,
    ZoneVerdict,
)
from masking.model import NOT_CONFINED, Job, Judged, Position, WorkerError, Zone
from masking.view import baseline
from masking.worker.study import Studied, Study


def judge_pictures(
    site: Site,
    pictures: tuple[Picture, ...],
    judge: Judge,
    progress: Callable[[], None] = lambda: None,
    asked: Studies = MappingProxyType({}),
    previous: PreviousPictures | None = None,
    positions: Mapping[str, tuple[Position, ...]] = MappingProxyType({}),
    owners: Mapping[str, ViewOwners] = MappingProxyType({}),
    calibrated: Callable[[str, PathName], tuple[str, ...]] = lambda camera_id, path: (),
) -> tuple[Observation, ...]:
    """Judge each picture's zones. A picture that cannot be decoded is an unavailable fact of its path.

    `judge` is `Worker.judge`, or a function with the same contract. `progress` is called after each picture; it may
    raise to end the cycle. `asked`: what is measured on one path of each camera besides its zones. `previous` stores
    the picture that the next one of that path is compared with, and gathers proof of a view in a light without an
    approval. `positions`: those of a camera that turns, tested in each of its pictures. `owners`: the approved views
    that a recorded picture may show. `calibrated`: the zones in which it is measured what would have been found in a
    camera's picture of a path.
    """
    devices = {c.camera.id: c.camera.device for c in site.cameras}
    zones = {c.camera.id: tuple(Zone(z.name, z.polygon, z.effect, z.color) for z in c.zones) for c in site.cameras}
    seen: list[Observation] = []
    tried = _tried(pictures, calibrated)
    for picture in sorted(pictures, key=lambda one: one.camera_id):  # one child for all pictures of a camera
        path, study = asked.get(picture.camera_id, (None, None))
        study = study if path == picture.path else None
        job = Job(
            picture.data, picture.kind, zones.get(picture.camera_id, ()), study, positions.get(picture.camera_id, ()),
            devices.get(picture.camera_id, ""), picture.camera_id, tried.get((picture.camera_id, picture.path), ()),
        )  # fmt: skip
        if picture.opening is not None:
            seen.append(_opened(picture, picture.opening, job, judge, owners.get(picture.camera_id)))
        else:
            seen.extend(_one(picture, job, judge, previous, owners.get(picture.camera_id)))
        progress()
    return tuple(seen)


def _opened(picture: Picture, opening: Opening, job: Job, judge: Judge, owners: ViewOwners | None) -> Observation:
    """Judge a picture of a further moment of footage: whose it is, and what it shows of the zones."""
    at: datetime | None = picture.taken_at
    reason, shows, imprint = "", "", ""
    verdicts: tuple[ZoneVerdict, ...] = ()
    blank = False
    try:
        judged, shows = judge_owned(job, judge, owners)
        blank = judged.contrast < BLANK_CONTRAST
        verdicts = tuple(zone_verdict(picture.path, one) for one in judged.verdicts)
        imprint = judged.imprint.hex()
    except WorkerError as error:
        at, reason = None, f"worker: {error.reason}"
    value = FootageOpened(opening.name, opening.at, at, reason, picture.dated, shows, verdicts, blank, imprint)
    where = replace(picture.provenance, true_at=picture.taken_at, level="seen")
    return Observation(f"camera:{picture.camera_id}", value, picture.taken_at, "look", where)


def _one(
    picture: Picture, job: Job, judge: Judge, previous: PreviousPictures | None, owners: ViewOwners | None
) -> tuple[Observation, ...]:
    subject, shows = f"camera:{picture.camera_id}", ""
    try:
        if picture.path in RECORDED:
            judged, shows = judge_owned(job, judge, owners)
        else:
            judged = judge(job)
    except WorkerError as error:
        reason: Reason = "worker-not-confined" if error.reason == NOT_CONFINED else "malformed"
        missing = Unavailable("picture", reason, f"worker: {error.reason}", picture.path)
        return (Observation(subject, missing, picture.taken_at, "look", picture.provenance),)
    seen = PictureSeen(
        picture.path,
        picture.taken_at,
        hashlib.sha256(picture.data).hexdigest(),
        judged.width_px,
        judged.height_px,
        judged.mean_luma,
        judged.contrast,
        picture.dated,
        shows,
        judged.imprint.hex(),
    )
    verdicts = tuple(zone_verdict(picture.path, one) for one in judged.verdicts)
    values: list[Value] = [seen, *verdicts, *_sensitivities(picture, judged)]
    if judged.studied is not None:
        values += [value for value in (judged.studied.view, judged.studied.quality) if value is not None]
        if previous is not None and job.study is not None:
            previous.keep(picture.camera_id, judged.studied.for_next)
            _gather(picture.camera_id, job.study, judged.studied, previous)
    if judged.positioned is not None:
        values.append(preset_seen(picture.path, job.positions, judged.positioned))
    where = replace(picture.provenance, true_at=picture.taken_at, level="seen")
    return tuple(Observation(subject, value, picture.taken_at, "look", where) for value in values)


def _tried(
    pictures: tuple[Picture, ...], calibrated: Callable[[str, PathName], tuple[str, ...]]
) -> dict[tuple[str, PathName], tuple[str, ...]]:
    """Return the zones to calibrate, on one path of each camera: streams first, the others in later looks.

    A calibration costs as much as fifty verdicts.
    """
    found: dict[str, tuple[PathName, tuple[str, ...]]] = {}
    of_streams = sorted(pictures, key=lambda one: (*STREAMS, *LIVE, *RECORDED).index(one.path))
    for picture in of_streams:
        if picture.opening is None and picture.camera_id not in found:
            names = calibrated(picture.camera_id, picture.path)
            if names:
                found[picture.camera_id] = picture.path, names
    return {(camera, path): names for camera, (path, names) in found.items()}


def _sensitivities(picture: Picture, judged: Judged) -> Iterator[ZoneSensitivity]:
    pairs = zip(judged.verdicts, judged.sensitivities, strict=True) if judged.sensitivities else ()
    for verdict, one in pairs:
        if one is not None:
            numbers = (one.gap_px, one.sides, one.blind_sides, one.opacity_ratio, judged.width_px)
            yield ZoneSensitivity(picture.path, verdict.zone, *numbers)


def _gather(camera_id: str, asked: Study, found: Studied, previous: PreviousPictures) -> None:
    """Gather a picture of a view in a light without a reference, if an approved one proves it to be still.

    Once enough are gathered, the worker has made a background of them, or found that they make none.
    """
    view, descriptor = found.view, found.descriptor
    if asked.descriptor is None or asked.view is None or view is None or view.state == "unknown":
        return
    if view.state == "moved" or (asked.descriptor.merge and not descriptor):
        previous.forget_gathered(camera_id)
    elif (
        not descriptor or view.reference_light in (None, view.light) or baseline.decode(descriptor).light != view.light
    ):
        return
    elif asked.descriptor.merge and view.reference_light is not None:
        previous.find(camera_id, view.reference_light, descriptor)
    else:
        previous.gather(camera_id, asked.view.references, descriptor)

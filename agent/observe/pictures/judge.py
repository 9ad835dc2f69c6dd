"""Sends every picture to the locked-down worker, and converts its answers into observations."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType

from agent.observe.pictures.clock_looks import ClockLooks, ClockPlace, off_s, wall_s
from agent.observe.pictures.earlier_looks import EarlierLooks, Taken, ZonePlace
from agent.observe.pictures.framings import approved_digest
from agent.observe.pictures.preset_verdicts import preset_seen
from agent.observe.pictures.previous_pictures import PreviousPictures
from agent.observe.pictures.repeats import opened_again, same_as_at
from agent.observe.pictures.studies import Studies, asked_zones
from agent.observe.pictures.view_owners import OTHERS_MAX, ViewOwners, judge_owned
from agent.observe.pictures.view_owners import Judge as Judge
from agent.observe.pictures.zone_verdicts import UNCONFIRMED, zone_verdict
from agent.site.config.site import Site
from drivers.footage import Opening
from drivers.model import Observation, Picture, Reason, Unavailable, Value
from drivers.picture import (
    BLANK_CONTRAST,
    LIVE,
    OF_A_LIST,
    RECORDED,
    STREAMS,
    TOLD,
    FootageOpened,
    PathFramed,
    PathName,
    PictureSeen,
    PictureTold,
    ZoneSensitivity,
    ZoneVerdict,
)
from masking.clock.model import ClockJob
from masking.model import DAMAGED, NOT_CONFINED, Job, Judged, Position, Verdict, WorkerError, Zone
from masking.view import baseline
from masking.view.model import FramingJob
from masking.view.positions import matched_position
from masking.worker.study import Studied, Study

_REASONS: Mapping[str, Reason] = MappingProxyType({NOT_CONFINED: "worker-not-confined", DAMAGED: "damaged"})
"""What a picture is missing for, by the worker's reason; for any other it is malformed."""

_Owning = Callable[[Job], tuple[Judged, str]]
"""Judges a recorded picture, and returns whose view it shows: `judge_owned` with all that it needs besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What is asked of pictures besides their zones, mostly by camera id.

    `studies`: what is measured on one path of a camera. `positions`: those of a camera that turns, tested in each of
    its pictures. `owners`: the approved views that a picture of OF_A_LIST may show. `framings`: what is asked about how
    a path frames the approved view. `calibrated`: the zones in which it is measured what would have been found in a
    camera's picture of a path. `ahead`: by how much the clock of a camera's device is ahead of ours, where it was read:
    at such a known time the clock in a live picture is learned, and read in recorded ones.
    """

    studies: Studies = field(default_factory=dict)
    positions: Mapping[str, tuple[Position, ...]] = field(default_factory=dict)
    owners: Mapping[str, ViewOwners] = field(default_factory=dict)
    framings: Mapping[tuple[str, PathName], FramingJob] = field(default_factory=dict)
    calibrated: Callable[[str, PathName], tuple[str, ...]] = lambda camera_id, path: ()
    ahead: Mapping[str, timedelta] = field(default_factory=dict)


def judge_pictures(
    site: Site,
    pictures: tuple[Picture, ...],
    judge: Judge,
    progress: Callable[[], None] = lambda: None,
    asked: Questions = Questions(),
    previous: PreviousPictures | None = None,
    earlier: EarlierLooks | None = None,
) -> tuple[Observation, ...]:
    """Judge each picture's zones. A picture that cannot be decoded is an unavailable fact of its path.

    `judge` is `Worker.judge`, or a function with the same contract. `progress` is called after each picture; it may
    raise to end the cycle. `previous` stores the picture that the next one of that path is compared with, gathers proof
    of a view in a light without an approval, and keeps the clocks that are learned. `earlier`: looks that each is
    judged together with, and joins; None: each alone.
    """
    devices = {c.camera.id: c.camera.device for c in site.cameras}
    zones = {c.camera.id: asked_zones(c.zones, c.overlay_boxes) for c in site.cameras}
    seen: list[Observation] = []
    tried = _tried(pictures, asked.calibrated)
    judges: dict[tuple[str, PathName], Judge] = {}
    many = any(len(one.others) > OTHERS_MAX for one in asked.owners.values())
    # One child for all pictures of a camera; but what is live first where it says whose views footage is compared with.
    for picture in sorted(pictures, key=lambda one: (many and one.path not in LIVE, one.camera_id)):
        path, study = asked.studies.get(picture.camera_id, (None, None))
        study = study if path == picture.path else None
        job = Job(
            picture.data, picture.kind, zones.get(picture.camera_id, ()), study,
            asked.positions.get(picture.camera_id, ()), devices.get(picture.camera_id, ""), picture.camera_id,
            asked.framings.get((picture.camera_id, picture.path)),
            tried.get((picture.camera_id, picture.path), ()),
            None if previous is None else previous.clocks.job(picture.camera_id, picture.path),
        )  # fmt: skip
        of_path = judges.setdefault((picture.camera_id, picture.path), _searching_once(judge))
        due_s = wall_s(site, picture.camera_id, picture.taken_at)
        owning = partial(judge_owned, judge=of_path, owners=asked.owners.get(picture.camera_id), seen=seen)
        if picture.opening is not None and picture.opening.name == "again":
            seen.append(opened_again(picture, picture.opening, job, judge, seen))
        elif picture.opening is not None:
            seen.append(_opened(picture, picture.opening, job, owning, due_s, seen))
        elif picture.path in TOLD:
            seen.append(_told(picture, job, owning))
        else:
            looks = _Looks(picture, earlier)
            known = asked.ahead.get(picture.camera_id)
            known_s = None if known is None else due_s + known.total_seconds()
            seen.extend(_one(picture, looks.joined(job), of_path, owning, previous, looks, due_s, known_s))
        progress()
    return tuple(seen)


def _searching_once(judge: Judge) -> Judge:
    """Return a judge of pictures of one path that no longer searches how they frame the view once one matched none.

    The moments of one recording would each be searched, in vain again and again, half a second each.
    """
    in_vain = False

    def judged(job: Job) -> Judged:
        nonlocal in_vain
        if in_vain and job.framing is not None:
            job = replace(job, framing=replace(job.framing, search=False))
        found = judge(job)
        in_vain = in_vain or (found.framing is not None and found.framing.reason == "no-match")
        return found

    return judged


class _Looks:
    """The looks of before at the zones of one picture."""

    def __init__(self, picture: Picture, earlier: EarlierLooks | None) -> None:
        self._of, self._earlier = picture, earlier
        self.taken = Taken(picture.taken_at, hashlib.sha256(picture.data).hexdigest())

    def _place(self, zone: str, preset: str) -> ZonePlace:
        return ZonePlace(self._of.camera_id, self._of.path, zone, preset)

    def joined(self, job: Job) -> Job:
        """Return the job with what earlier looks at its zones have left."""
        positions = tuple(replace(one, zones=self._with_earlier(one.zones, one.name)) for one in job.positions)
        return replace(job, zones=self._with_earlier(job.zones, ""), positions=positions)

    def _with_earlier(self, zones: tuple[Zone, ...], preset: str) -> tuple[Zone, ...]:
        if self._earlier is None:
            return zones
        return tuple(replace(z, earlier=self._earlier.of(self._place(z.name, preset), self.taken)) for z in zones)

    def counted(self, verdicts: tuple[Verdict, ...], preset: str, is_blank: bool) -> tuple[Verdict, ...]:
        """Keep what this look has left, and return the verdicts that count: on all looks together.

        A first one that fails counts by itself: whether it is confirmed is decided over all paths
        (`zone_verdicts.py`). A blank picture leaves nothing.
        """
        for one in verdicts:
            if self._earlier is not None and not is_blank:
                self._earlier.keep(self._place(one.zone, preset), self.taken, one)
        return tuple(
            one if one.together is None or one.together.reason == UNCONFIRMED else one.together for one in verdicts
        )


def _opened(
    picture: Picture, opening: Opening, job: Job, owning: _Owning, due_s: float, seen: list[Observation]
) -> Observation:
    """Judge a picture of a further moment of footage: whose it is, and what it shows of the zones."""
    at: datetime | None = picture.taken_at
    reason, shows, imprint = "", "", ""
    verdicts: tuple[ZoneVerdict, ...] = ()
    blank, off = False, None
    try:
        judged, shows = owning(job)
        blank = judged.contrast < BLANK_CONTRAST
        verdicts = tuple(zone_verdict(picture.path, one) for one in judged.verdicts)
        imprint = judged.imprint.hex()
        off = off_s(judged.clock.reading, due_s) if judged.clock is not None else None
    except WorkerError as error:
        at, reason = None, f"worker: {error.reason}"
    value = FootageOpened(opening.name, opening.at, at, reason, picture.dated, shows, verdicts, blank, imprint, off)
    value = replace(value, digest=hashlib.sha256(picture.data).hexdigest())
    value = replace(value, same_as_at=same_as_at(value, picture.camera_id, seen))
    where = replace(picture.provenance, true_at=picture.taken_at, level="seen")
    return Observation(f"camera:{picture.camera_id}", value, picture.taken_at, "look", where)


def _told(picture: Picture, job: Job, owning: _Owning) -> Observation:
    """Judge a picture that metadata told of; its zones only where it is proven to show its camera's approved view.

    What is cut out of it, is another camera's or of another time has its zones elsewhere.
    """
    reason, shows = "", ""
    verdicts: tuple[ZoneVerdict, ...] = ()
    try:
        judged, shows = owning(job)
        if shows == picture.camera_id:
            verdicts = tuple(zone_verdict(picture.path, one) for one in judged.verdicts)
    except WorkerError as error:
        reason = _REASONS.get(error.reason, "malformed")
    digest = hashlib.sha256(picture.data).hexdigest()
    value = PictureTold(
        path=picture.path,
        stream=picture.provenance.path or picture.path,
        reason=reason,
        shows=shows,
        digest=digest,
        verdicts=verdicts,
    )
    where = replace(picture.provenance, true_at=picture.taken_at, level="seen")
    return Observation(f"camera:{picture.camera_id}", value, picture.taken_at, "look", where)


def _one(
    picture: Picture,
    job: Job,
    judge: Judge,
    owning: _Owning,
    previous: PreviousPictures | None,
    looks: _Looks,
    due_s: float,
    known_s: float | None,
) -> tuple[Observation, ...]:
    subject, shows = f"camera:{picture.camera_id}", ""
    try:
        if picture.path in OF_A_LIST:
            judged, shows = owning(job)
        else:
            judged = judge(job)
    except WorkerError as error:
        reason = _REASONS.get(error.reason, "malformed")
        missing = Unavailable("picture", reason, f"worker: {error.reason}", picture.path)
        return (Observation(subject, missing, picture.taken_at, "look", picture.provenance),)
    seen = PictureSeen(
        picture.path,
        picture.taken_at,
        looks.taken.digest,
        judged.width_px,
        judged.height_px,
        judged.mean_luma,
        judged.contrast,
        picture.dated,
        shows,
        judged.imprint.hex(),
        _clock_off_s(picture, judged, previous, due_s),
    )
    if previous is not None and known_s is not None and judged.clock is not None and judged.clock.strip:
        _learn_clock(job, judge, previous.clocks, (picture.camera_id, picture.path), known_s, judged.clock.strip)
    is_blank = judged.contrast < BLANK_CONTRAST
    counted = looks.counted(judged.verdicts, "", is_blank)
    verdicts = tuple(zone_verdict(picture.path, one) for one in counted)
    values: list[Value] = [seen, *verdicts, *_sensitivities(picture, judged)]
    if judged.framing is not None and job.framing is not None and job.framing.references:
        approved = approved_digest(job.framing.references)
        values.append(PathFramed(picture.path, judged.width_px, judged.height_px, approved, judged.framing))
    if judged.studied is not None:
        values += [value for value in (judged.studied.view, judged.studied.quality) if value is not None]
        if previous is not None and job.study is not None:
            previous.keep(picture.camera_id, judged.studied.for_next)
            _gather(picture.camera_id, job.study, judged.studied, previous)
    if judged.positioned is not None:
        at = matched_position(judged.positioned.views)
        preset = "" if at is None else job.positions[at].name
        there = replace(judged.positioned, verdicts=looks.counted(judged.positioned.verdicts, preset, is_blank))
        values.append(preset_seen(picture.path, job.positions, there))
    where = replace(picture.provenance, true_at=picture.taken_at, level="seen")
    return tuple(Observation(subject, value, picture.taken_at, "look", where) for value in values)


def _clock_off_s(picture: Picture, judged: Judged, previous: PreviousPictures | None, due_s: float) -> float | None:
    """Return by how much the clock in a picture is ahead of its moment; a live one's once another confirms it."""
    off = off_s(judged.clock.reading, due_s) if judged.clock is not None else None
    if off is None or picture.path in RECORDED:
        return off
    if previous is None:
        return None
    return previous.clocks.confirmed((picture.camera_id, picture.path), picture.taken_at, off)


def _tried(
    pictures: tuple[Picture, ...], calibrated: Callable[[str, PathName], tuple[str, ...]]
) -> dict[tuple[str, PathName], tuple[str, ...]]:
    """Return the zones to calibrate, on one path of each camera: streams first, the others in later looks.

    A calibration costs as much as fifty verdicts.
    """
    found: dict[str, tuple[PathName, tuple[str, ...]]] = {}
    of_streams = sorted(pictures, key=lambda one: (*STREAMS, *LIVE, *OF_A_LIST, *TOLD).index(one.path))
    for picture in of_streams:
        if picture.opening is None and picture.path not in TOLD and picture.camera_id not in found:
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


def _learn_clock(job: Job, judge: Judge, clocks: ClockLooks, place: ClockPlace, known_s: float, strip: bytes) -> None:
    """Add a look at a path's clock, and learn from all of them where it is time; a verdict never waits for that."""
    looks = clocks.add(place, known_s, strip)
    if looks:
        only = Job(job.data, job.kind, device=job.device, camera=job.camera, clock=ClockJob(looks=looks))
        try:
            found = judge(only).clock
        except WorkerError:
            found = None
        clocks.learned(place, found.glyphs if found is not None else b"")


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

"""Schedules calibrations of hidden zones once a day, and remembers the results. Pure.

A calibration draws faults into a picture that passed and judges them (`masking/worth/calibrate.py`): how small a fault
would have been found, so that a PASS says what it is worth.
"""

import hashlib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.pictures.turns import camera_zones_digest
from agent.site.config.site import CameraConfig, Site
from drivers.model import Observations
from drivers.picture import LIVE, PathName, ZoneSensitivity
from masking.worth.sensitivity import MOST_ZONES

AGAIN_AFTER: Final = timedelta(days=1)
DOUBTED_AGAIN_AFTER: Final = timedelta(hours=1)
"""When a zone in which nothing would have been found is tried again: by other light it may be."""

FORGOTTEN_AFTER: Final = timedelta(days=7)

EACH: Final = 24
"""In one cycle each so manyth camera, one at least, has zones calibrated again, on one path.

A calibration costs as much as fifty verdicts. With a look each 15 minutes there are 96 a day, so that four
paths of each camera have their turn.
"""

_PATHS: Final = {str(path): path for path in LIVE}


@dataclass(frozen=True, slots=True)
class Tried:
    """One calibration, when it was made, and the digest of the zones that were declared then."""

    at: datetime
    zones: str
    found: ZoneSensitivity


Sensitivities = Mapping[str, tuple[Tried, ...]]
"""By camera id."""

Place = tuple[PathName, str]
"""A path, and the name of a zone."""


def cameras_in_turn(known: Sensitivities, site: Site, now: datetime) -> frozenset[str]:
    """Return the cameras of a whole site in which zones may be calibrated in the cycle that begins at `now`.

    Those with a zone of whose PASS nobody knows the worth: it was tried on no path yet, or nothing would have been
    found in it, and it is due again. Of the others a few, drawn anew for each cycle, so that those that are due once a
    day do not come all at once, and one whose zones never pass keeps none waiting.
    """

    def order(name: str) -> bytes:
        return hashlib.sha256(f"{now.isoformat()} {name}".encode()).digest()

    first, others = set(), []
    for camera in site.cameras:
        young = _young(known, camera, now)
        doubted = any(_is_doubted(one) and _is_old(one, now) for one in young.values())
        if doubted or {zone.name for zone in camera.zones} - {zone for _, zone in young}:
            first.add(camera.camera.id)
        elif any(_due(young, camera, path, now) for path in LIVE):
            others.append(camera.camera.id)
    return frozenset({*first, *sorted(others, key=order)[: math.ceil(len(site.cameras) / EACH)]})


def due_zones(
    known: Sensitivities, site: Site, in_turn: Collection[str], camera_id: str, path: PathName, now: datetime
) -> tuple[str, ...]:
    """Return which zones of a camera are to be calibrated in the next picture of a live path: a few at a time.

    None where the camera is not `in_turn` in this cycle.
    """
    camera = next((one for one in site.cameras if one.camera.id == camera_id), None)
    if camera is None or camera_id not in in_turn or path not in LIVE:
        return ()
    return _due(_young(known, camera, now), camera, path, now)[:MOST_ZONES]


def _due(young: Mapping[Place, Tried], camera: CameraConfig, path: PathName, now: datetime) -> tuple[str, ...]:
    names = [zone.name for zone in camera.zones]
    return tuple(name for name in names if (path, name) not in young or _is_old(young[path, name], now))


def _is_doubted(one: Tried) -> bool:
    """Tell whether a fault was drawn and would not have been found: a PASS there is no proof."""
    return one.found.sides > 0 and not one.found.is_proof


def _is_old(one: Tried, now: datetime) -> bool:
    return now - one.at >= (DOUBTED_AGAIN_AFTER if _is_doubted(one) else AGAIN_AFTER)


def _young(known: Sensitivities, camera: CameraConfig, now: datetime) -> dict[Place, Tried]:
    """Return what counts of a camera's calibrations: of the zones as they are declared now."""
    digest = camera_zones_digest(camera)
    return {
        (one.found.path, one.found.zone): one
        for one in known.get(camera.camera.id, ())
        if one.zones == digest and timedelta() <= now - one.at < FORGOTTEN_AFTER
    }


def updated(site: Site, seen: Observations, before: Sensitivities, now: datetime) -> Sensitivities:
    """Return what is known with this look's calibrations, the newest of each zone and path."""
    after: dict[str, tuple[Tried, ...]] = {}
    for camera in site.cameras:
        name = camera.camera.id
        ours, digest = _young(before, camera, now), camera_zones_digest(camera)
        for one in seen:
            if one.subject == f"camera:{name}" and isinstance(one.value, ZoneSensitivity):
                ours[one.value.path, one.value.zone] = Tried(now, digest, one.value)
        if ours:
            after[name] = tuple(ours.values())
    return after


def to_data(tried: tuple[Tried, ...]) -> list[Json]:
    """Return a camera's calibrations as plain data for the stored memory."""
    rows: list[Json] = []
    for one in tried:
        found = one.found
        told: list[Json] = [found.gap_px, found.sides, found.blind_sides, found.opacity_ratio, found.width_px]
        rows.append([one.at.isoformat(), one.zones, found.path, found.zone, *told])
    return rows


def from_data(data: Any) -> tuple[Tried, ...]:
    """Return the calibrations that `to_data` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    found = []
    for at, zones, path, zone, gap, sides, blind, opacity, width in data:
        gap, opacity = (None if value is None else float(value) for value in (gap, opacity))
        one = ZoneSensitivity(_PATHS[path], str(zone), gap, int(sides), int(blind), opacity, int(width))
        found.append(Tried(datetime.fromisoformat(at), str(zones), one))
    return tuple(found)

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
from agent.observe.pictures.turns import zones_digest
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


def cameras_in_turn(known: Sensitivities, site: Site, now: datetime) -> frozenset[str]:
    """Return the cameras of a whole site in which zones may be calibrated in the cycle that begins at `now`.

    Those with a zone that was tried on no path yet, for until then its PASS says nothing of its worth; of the others a
    few, drawn anew for each cycle, so that those that are due once a day do not come all at once, and one whose zones
    never pass keeps none waiting.
    """

    def order(name: str) -> bytes:
        return hashlib.sha256(f"{now.isoformat()} {name}".encode()).digest()

    first, others = set(), []
    for camera in site.cameras:
        name = camera.camera.id
        tried = {one.found.zone for one in _young(known, site, name, now)}
        if {zone.name for zone in camera.zones} - tried:
            first.add(name)
        elif any(_due(known, site, camera, LIVE, now).values()):
            others.append(name)
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
    return _due(known, site, camera, (path,), now)[path][:MOST_ZONES]


def _due(
    known: Sensitivities, site: Site, camera: CameraConfig, paths: Collection[PathName], now: datetime
) -> dict[PathName, tuple[str, ...]]:
    young = {(one.found.path, one.found.zone): one for one in _young(known, site, camera.camera.id, now)}
    names = [zone.name for zone in camera.zones]
    return {
        path: tuple(name for name in names if (path, name) not in young or _is_old(young[path, name], now))
        for path in paths
    }


def _is_old(one: Tried, now: datetime) -> bool:
    doubted = one.found.sides > 0 and not one.found.is_proof
    return now - one.at >= (DOUBTED_AGAIN_AFTER if doubted else AGAIN_AFTER)


def _young(known: Sensitivities, site: Site, camera_id: str, now: datetime) -> tuple[Tried, ...]:
    digest = zones_digest(site, camera_id)
    return tuple(
        one for one in known.get(camera_id, ()) if one.zones == digest and timedelta() <= now - one.at < FORGOTTEN_AFTER
    )


def updated(site: Site, seen: Observations, before: Sensitivities, now: datetime) -> Sensitivities:
    """Return what is known with this look's calibrations, the newest of each zone and path."""
    after: dict[str, tuple[Tried, ...]] = {}
    for camera in site.cameras:
        name = camera.camera.id
        ours = {(one.found.path, one.found.zone): one for one in _young(before, site, name, now)}
        digest = zones_digest(site, name)
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

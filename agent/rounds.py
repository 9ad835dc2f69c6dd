"""Look at what was fetched, and once more at cameras about which one look says too little.

In the daemon each cycle is one round, and the memory joins them. A check that is run once has no memory: it takes a few
rounds, some seconds apart, of the cameras whose zones or views are not settled by one picture.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from agent.approved_views import ApprovedViews
from agent.config import CameraConfig, Site
from agent.look import look
from agent.pooled import pooled
from agent.presets import positions, presets_after
from agent.probe import Probed, probe
from agent.rim import Rim
from agent.sight import quality_after, views_after
from agent.state import Memory
from agent.studies import studies
from drivers.model import Observation, Observations
from drivers.picture import PathName, PictureSeen, PresetSeen, ZoneVerdict
from masking.view_model import QualitySeen, ViewSeen

BETWEEN_S: Final = 10.0
"""Between two rounds: long enough for another keyframe and for people to have moved on."""

AGAIN: Final[frozenset[PathName]] = frozenset({"snapshot", "main", "sub", "recorder-live"})
"""Paths of which another picture says more. A recorded one stays the same."""

SOFT: Final = ("pixelated", "blurred")
"""Effects of which one picture seldom says enough."""


def look_in_rounds(
    site: Site,
    rim: Rim,
    fetched: Probed,
    memory: Memory,
    known: ApprovedViews,
    now: datetime,
    rounds: int = 1,
) -> tuple[Observations, Memory]:
    """Look at the pictures that were fetched, then at new ones of the cameras that are not settled.

    Args:
        site: The site.
        rim: The worker, the clock, and how to wait.
        fetched: What devices and stores gave.
        memory: What earlier looks left.
        known: The approved views.
        now: When the cycle began.
        rounds: How many there are at most, the first one included.

    Returns:
        What was seen, each zone's verdict pooled with those before it, and the memory that knows of it.
    """
    looked, memory = _look(site, rim, fetched, fetched.observations, memory, known, now)
    for _ in range(rounds - 1):
        again = tuple(camera for camera in site.cameras if not _is_settled(camera, looked, memory, known, now))
        if not again:
            break
        rim.wait(BETWEEN_S)
        devices = tuple(d for d in site.devices if d.id in {camera.camera.device for camera in again})
        part = replace(site, cameras=again, devices=devices)
        paths = {camera.camera.id: AGAIN for camera in again}
        fresh = probe(part, rim.credentials, rim.clock, rim.progress, paths)
        newer, seen = _look(part, rim, fresh, fetched.observations, memory, known, now)
        memory = _joined(memory, seen)
        looked = _newest(looked, newer)
    return looked, memory


def _look(
    site: Site,
    rim: Rim,
    fetched: Probed,
    told: Observations,
    memory: Memory,
    known: ApprovedViews,
    now: datetime,
) -> tuple[Observations, Memory]:
    asked = studies(site, told, known, rim.previous, memory.views)
    places = positions(site, told, known.presets)
    looked = look(site, fetched.pictures, rim.judge, rim.progress, asked, rim.previous, places)
    looked, glances = pooled(site, told, looked, memory.pooled, now)
    presets = presets_after(site, told, looked, memory.presets, known.presets, now)
    views = views_after(site, looked, memory.views, known.references, now)
    quality = quality_after(site, looked, memory.quality, views, known.references, now)
    return looked, replace(memory, pooled=glances, views=views, quality=quality, presets=presets)


def _is_settled(
    camera: CameraConfig, looked: Observations, memory: Memory, known: ApprovedViews, now: datetime
) -> bool:
    """Whether another picture would say nothing more, or there is none to be had."""
    name = camera.camera.id
    own = [o.value for o in looked if o.subject == f"camera:{name}"]
    verdicts = [value for value in own if isinstance(value, ZoneVerdict) and value.path in AGAIN]
    turned = [one for one in own if isinstance(one, PresetSeen) and one.path in AGAIN]
    verdicts += [verdict for one in turned for verdict in one.verdicts]
    if not own:
        return True
    if any(verdict.verdict == "UNSURE" for verdict in verdicts):
        return False
    declared = (*camera.zones, *(zone for preset in camera.presets for zone in preset.zones))
    if verdicts and any(zone.effect in SOFT for zone in declared):
        return False
    view = memory.views.get(name)
    return name not in known.references or (view is not None and view.settled(now) is not None)


def _joined(memory: Memory, part: Memory) -> Memory:
    """The memory of all cameras with that of those that were looked at once more."""
    newer = {one.camera_id for one in part.pooled}
    return replace(
        memory,
        pooled=(*(one for one in memory.pooled if one.camera_id not in newer), *part.pooled),
        views={**memory.views, **part.views},
        quality={**memory.quality, **part.quality},
        presets={**memory.presets, **part.presets},
    )


def _newest(looked: Observations, newer: Observations) -> Observations:
    """What was seen, with what was seen last on each path; a picture that did not come again changes nothing."""
    again = {
        key: group
        for key, group in _by_path(newer).items()
        if any(isinstance(o.value, PictureSeen | ViewSeen | QualitySeen) for o in group)
    }
    return tuple(o for group in (_by_path(looked) | again).values() for o in group)


def _by_path(looked: Observations) -> dict[tuple[str, str], list[Observation]]:
    """What was seen, by subject and path; view and quality, of which there is one each, stand for themselves."""
    groups: dict[tuple[str, str], list[Observation]] = {}
    for observation in looked:
        value = observation.value
        own = isinstance(value, ViewSeen | QualitySeen)
        path = type(value).__name__ if own else str(getattr(value, "path", ""))
        groups.setdefault((observation.subject, path), []).append(observation)
    return groups

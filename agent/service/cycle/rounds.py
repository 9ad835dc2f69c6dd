"""Runs further rounds of pictures, device by device, for cameras that one picture does not settle.

In the daemon each cycle is one round, and the memory joins them. A check that is run once has no memory: it takes a few
rounds, some seconds apart, of the cameras whose zones or views are not settled. The rounds of a device are timed from
its own looks, so that a device that hangs delays no other.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from agent.observe.inventory.owners import owners_now, proven_marks
from agent.observe.pictures.clock_looks import wall_clocks
from agent.observe.pictures.derived_views import ApprovedViews
from agent.observe.pictures.framings import framing_jobs
from agent.observe.pictures.judge import Questions, judge_pictures
from agent.observe.pictures.own_masks import with_own_masks
from agent.observe.pictures.preset_verdicts import positions
from agent.observe.pictures.sensitivities import cameras_in_turn, due_zones
from agent.observe.pictures.studies import studies
from agent.observe.pictures.view_owners import ViewOwners, view_owners
from agent.observe.pictures.zone_verdicts import AWAITED, confirm_verdicts
from agent.observe.probe.devices import ProbeResult, Reading, merged_results
from agent.observe.remembered.look import Look
from agent.observe.remembered.table import PICTURED, fold
from agent.observe.remembered.value import Remembered
from agent.service.cycle.environment import Environment
from agent.service.cycle.kept_for import forget_replaced
from agent.site.config.site import CameraConfig, Site
from drivers.model import Device, Observation, Observations
from drivers.picture import LIVE, PathName, PictureSeen, PictureTold, PresetSeen, ZoneVerdict
from masking.looks.evidence_format import LEAST_APART_S
from masking.view.model import QualitySeen, ViewSeen

BETWEEN_S: Final = 10.0
"""Between two rounds: long enough for another keyframe and for people to have moved on."""

CONFIRM_S: Final = LEAST_APART_S + 0.1
"""Between a picture that shows a zone bare first and the one that must confirm it."""

AGAIN: Final[frozenset[PathName]] = frozenset(LIVE)
"""Paths of which another picture says more. A recorded one stays the same."""

SOFT: Final = ("pixelated", "blurred")
"""Effects of which one picture seldom says enough."""


@dataclass(frozen=True, slots=True)
class _DeviceState:
    """The state of one device's cameras after a number of looks at them, and the memory of them alone.

    `is_confirmed`: whether a second picture was asked for of zones that a first one showed bare.
    """

    part: Site
    fetched: ProbeResult
    looked: Observations
    remembered: Remembered
    looks: int = 1
    is_confirmed: bool = False


def look_in_rounds(
    site: Site,
    env: Environment,
    reading: Reading,
    stored: ProbeResult,
    remembered: Remembered,
    known: ApprovedViews,
    now: datetime,
    rounds: int = 1,
) -> tuple[ProbeResult, Observations, Remembered]:
    """Judge the pictures of each device as it answers, and new ones of its cameras that are not settled.

    Each device has its own time: no look waits for another device. `reading` are all devices of the site, asked and
    under way; `stored` the observations and pictures of stores, `known` the approved views; the cycle began at `now`. A
    camera is looked at `rounds` times at most; where after the last of them one picture alone shows a zone bare,
    another one of that path is taken, within the time that the device has left.

    Returns:
        Observations of devices and stores, without pictures; those of pictures, each zone judged together with the
        looks before; and the updated memory.
    """
    seen: dict[str, _DeviceState] = {}
    owners = view_owners(site, known)
    in_turn = cameras_in_turn(remembered.sensitivity, site, now)
    for device, probed in reading.arrivals():
        env.stage(device.id, "looking")
        before = seen.get(device.id)
        one = (
            _first_look(site, env, device, probed, stored, remembered, known, owners, in_turn, now)
            if before is None
            else before
        )
        if before is not None:
            newer, after = _judge_pictures(
                before.part,
                env,
                probed,
                before.fetched.observations,
                before.remembered,
                known,
                owners,
                in_turn,
                now,
                is_again=True,
            )
            one = replace(
                before, looked=_replace_newest(before.looked, newer), remembered=after, looks=before.looks + 1
            )
        seen[device.id] = one
        again = _unsettled(one, known, now) if one.looks < rounds else None
        doubts = {} if again is not None or one.is_confirmed else _awaited(one, now)
        if again is not None:
            reading.ask(again, {camera.camera.id: AGAIN for camera in again.cameras}, in_s=BETWEEN_S, listening=False)
        elif doubts:
            cameras = tuple(camera for camera in one.part.cameras if camera.camera.id in doubts)
            seen[device.id] = replace(one, is_confirmed=True)
            part, listening = replace(one.part, cameras=cameras), _is_told_of(one.looked)
            reading.ask(part, doubts, in_s=CONFIRM_S, in_first_deadline=True, listening=listening)
        env.stage(device.id, "done" if again is None and not doubts else "waiting")
    in_order = [seen[device.id] for device in site.devices]
    fetched = merged_results([replace(stored, pictures=()), *(one.fetched for one in in_order)])
    looked = tuple(observation for one in in_order for observation in one.looked)
    return fetched, looked, _merge_memory(remembered, in_order)


def _first_look(
    site: Site,
    env: Environment,
    device: Device,
    probed: ProbeResult,
    stored: ProbeResult,
    remembered: Remembered,
    known: ApprovedViews,
    owners: Mapping[str, ViewOwners],
    in_turn: Collection[str],
    now: datetime,
) -> _DeviceState:
    cameras = tuple(camera for camera in site.cameras if camera.camera.device == device.id)
    part = replace(site, cameras=cameras, devices=(device,))
    names = {camera.camera.id for camera in cameras}
    kept_here = tuple(o for o in stored.observations if o.subject.removeprefix("camera:") in names)
    pictures = tuple(picture for picture in stored.pictures if picture.camera_id in names)
    told = merged_results([ProbeResult(kept_here, pictures), probed])
    now_there = owners_now(part, proven_marks(part, told.observations), remembered.identities, source=True)
    remembered = forget_replaced(remembered, part, now_there, env.previous)
    looked, after = _judge_pictures(part, env, told, told.observations, remembered, known, owners, in_turn, now)
    return _DeviceState(part, replace(probed, pictures=()), looked, after)


def _unsettled(one: _DeviceState, known: ApprovedViews, now: datetime) -> Site | None:
    """Return the part of the site whose cameras another picture may settle; None where there are none."""
    cameras = tuple(c for c in one.part.cameras if not _is_settled(c, one.looked, one.remembered, known, now))
    return replace(one.part, cameras=cameras) if cameras else None


def _awaited(one: _DeviceState, now: datetime) -> dict[str, frozenset[PathName]]:
    """Return the paths, by camera, on which one picture alone shows a zone bare, or hidden again."""
    found: dict[str, set[PathName]] = {}
    for observation in one.looked:
        value = observation.value
        name = observation.subject.removeprefix("camera:")
        if isinstance(value, ZoneVerdict) and value.reason in AWAITED:
            found.setdefault(name, set()).add(value.path)
        elif isinstance(value, PictureTold) and _is_awaited(value):
            found.setdefault(name, set()).add(value.stream)
    for name in (camera.camera.id for camera in one.part.cameras):
        presets = one.remembered.presets.get(name)
        for path in presets.awaited(now) if presets is not None else ():
            found.setdefault(name, set()).add(path)
    return {name: frozenset(paths) for name, paths in found.items()}


def _is_awaited(told: PictureTold) -> bool:
    return any(one.reason in AWAITED for one in told.verdicts)


def _is_told_of(looked: Observations) -> bool:
    """Tell whether a picture that metadata told of awaits another one."""
    return any(isinstance(one.value, PictureTold) and _is_awaited(one.value) for one in looked)


def _merge_memory(remembered: Remembered, seen: list[_DeviceState]) -> Remembered:
    """Merge the memory of every device's cameras."""
    parts = [one.remembered for one in seen]
    own = [(one.remembered, {camera.camera.id for camera in one.part.cameras}) for one in seen]
    return replace(
        remembered,
        looked=tuple(look for part, names in own for look in part.looked if look.camera_id in names),
        footage={
            **remembered.footage,
            **{name: part.footage[name] for part, names in own for name in names & part.footage.keys()},
        },
        owners={**remembered.owners, **{name: part.owners[name] for part, names in own for name in names}},
        pooled=tuple(glances for part in parts for glances in part.pooled),
        views={name: view for part in parts for name, view in part.views.items()},
        quality={name: quality for part in parts for name, quality in part.quality.items()},
        # Folded once for the whole site, later: each part still has every camera's, and has forgotten only its own.
        bare={name: stretches for part, names in own for name, stretches in part.bare.items() if name in names},
        presets={name: preset for part in parts for name, preset in part.presets.items()},
        framings={key: one for part, names in own for key, one in part.framings.items() if key[0] in names},
        sensitivity={name: tried for part in parts for name, tried in part.sensitivity.items()},
    )


def _judge_pictures(
    site: Site,
    env: Environment,
    fetched: ProbeResult,
    told: Observations,
    remembered: Remembered,
    known: ApprovedViews,
    owners: Mapping[str, ViewOwners],
    in_turn: Collection[str],
    now: datetime,
    is_again: bool = False,
) -> tuple[Observations, Remembered]:
    judged = with_own_masks(site, told)
    asked = Questions(
        studies=studies(site, told, known, env.previous, remembered.views),
        positions=positions(site, told, known.presets),
        owners=owners,
        framings=framing_jobs(judged, told, fetched.pictures, known, remembered.framings, now),
        calibrated=partial(due_zones, remembered.sensitivity, site, in_turn, now=now),
        ahead=wall_clocks(site, told),
    )
    earlier = env.previous.looks
    earlier.rest_on(site, told)
    looked = judge_pictures(judged, fetched.pictures, env.judge, env.progress, asked, env.previous, earlier)
    counted, failed = confirm_verdicts(site, told, looked, remembered.pooled, now, is_again)
    shown = Look(site=site, now=now, told=told, seen=counted, known=known)
    return counted, replace(fold(PICTURED, remembered, shown), pooled=failed)


def _is_settled(
    camera: CameraConfig, looked: Observations, remembered: Remembered, known: ApprovedViews, now: datetime
) -> bool:
    """Whether another picture would add nothing, or none can be had."""
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
    view = remembered.views.get(name)
    return name not in known.references or (view is not None and view.settled(now) is not None)


def _replace_newest(looked: Observations, newer: Observations) -> Observations:
    """Replace results by the newest of each path; a picture that did not come again changes nothing."""
    again = {
        key: group
        for key, group in _by_path(newer).items()
        if any(isinstance(o.value, PictureSeen | PictureTold | ViewSeen | QualitySeen) for o in group)
    }
    return tuple(o for group in (_by_path(looked) | again).values() for o in group)


def _by_path(looked: Observations) -> dict[tuple[str, str], list[Observation]]:
    """Group results by subject and path; view and quality, of which there is one each, form their own groups."""
    groups: dict[tuple[str, str], list[Observation]] = {}
    for observation in looked:
        value = observation.value
        own = isinstance(value, ViewSeen | QualitySeen)
        path = type(value).__name__ if own else str(getattr(value, "path", ""))
        groups.setdefault((observation.subject, path), []).append(observation)
    return groups

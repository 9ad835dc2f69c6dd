"""Matches pictures of a turning camera with its presets, and judges the zones of each. Pure.

The agent never moves a camera: it waits for the presets to come by. A picture counts for the one preset whose approved
view it matches; one between presets changes nothing. Results count for a day, path by path, while their basis is
unchanged: approved views, zones, the device's masks. A first picture that shows a zone bare waits for a second.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from agent.model.finding import Json
from agent.observe.approvals.reference_views import PresetView, digests
from agent.observe.pictures.studies import asked_zones, corners
from agent.observe.pictures.turns import KEPT, masks_digest, zones_digest
from agent.observe.pictures.zone_verdicts import (
    AWAITED,
    OF_A_BLUR,
    VERDICTS,
    Failed,
    failed_before,
    failed_data,
    failed_from,
    judge_failed,
    zone_verdict,
)
from agent.site.config.site import CameraConfig, Preset, PrivateZone, Site
from drivers.model import Masks, Observations
from drivers.picture import LIVE, RECORDED, PathName, PictureSeen, PresetSeen, ZoneVerdict
from masking.model import Position, Positioned
from masking.view.model import Polygon, ViewJob
from masking.view.positions import matched_position

PATHS: Final = (*LIVE, *RECORDED)


@dataclass(frozen=True, slots=True)
class ZoneResult:
    """The verdict on one zone, and the picture that showed it bare; None for none since it was hidden."""

    verdict: ZoneVerdict
    failed: Failed | None = None


@dataclass(frozen=True, slots=True)
class PresetOnPath:
    """When one preset was last seen on one path, and each of its zones in it."""

    preset: str
    path: PathName
    at: datetime
    zones: tuple[ZoneResult, ...] = ()


@dataclass(frozen=True, slots=True)
class CameraPresets:
    """The results of a camera's presets.

    `rests_on` and `masks` are digests; `masks` is empty where the device never listed any.
    """

    camera_id: str
    rests_on: str
    masks: str
    seen: tuple[PresetOnPath, ...] = ()

    def of(self, preset: str) -> tuple[PresetOnPath, ...]:
        """Return the results of one preset, by path."""
        return tuple(one for one in self.seen if one.preset == preset)

    def awaited(self, at: datetime) -> Iterator[PathName]:
        """Yield the live paths on which the look at this time alone shows a zone bare, or hidden again."""
        for one in self.seen:
            if one.at == at and one.path in LIVE and any(zone.verdict.reason in AWAITED for zone in one.zones):
                yield one.path


Presets = Mapping[str, CameraPresets]
Views = Mapping[str, tuple[PresetView, ...]]


def positions(site: Site, told: Observations, views: Views) -> Mapping[str, tuple[Position, ...]]:
    """Return the possible positions of each camera's pictures; nothing for a camera without presets.

    `told`: the devices' masks, which are excluded like zones and overlays. `views`: the approved presets.
    """
    asked: dict[str, tuple[Position, ...]] = {}
    for camera in site.cameras:
        approved = {view.preset: view for view in views.get(camera.camera.id, ())} if camera.presets else {}
        known = [(preset, approved[preset.name]) for preset in camera.presets if preset.name in approved]
        if known:
            drawn = _drawn_masks(told, f"camera:{camera.camera.id}")
            asked[camera.camera.id] = tuple(
                Position(
                    preset.name,
                    ViewJob(view.references, excluded_areas(camera, preset, drawn)),
                    asked_zones(preset.zones, camera.overlay_boxes),
                )
                for preset, view in known
            )
    return asked


def _drawn_masks(told: Observations, subject: str) -> tuple[Polygon, ...]:
    listed = next((o.value for o in told if o.subject == subject and isinstance(o.value, Masks)), Masks(()))
    return tuple(mask.polygon for mask in listed.masks if mask.enabled is not False and mask.polygon)


def excluded_areas(camera: CameraConfig, preset: Preset, drawn: tuple[Polygon, ...]) -> tuple[Polygon, ...]:
    """Return what is excluded from a preset's view: its zones, the camera's, drawn masks, overlays."""
    zones: tuple[PrivateZone, ...] = (*preset.zones, *camera.zones)
    return (*(zone.polygon for zone in zones), *drawn, *(corners(box) for box in camera.overlay_boxes))


def preset_seen(path: PathName, asked: tuple[Position, ...], positioned: Positioned) -> PresetSeen:
    """Return the position at which a picture was taken, where it is unambiguous."""
    at = matched_position(positioned.views)
    if at is not None:
        verdicts = tuple(zone_verdict(path, one) for one in positioned.verdicts)
        return PresetSeen(path, asked[at].name, "still", verdicts)
    if any(view.state == "still" for view in positioned.views):
        return PresetSeen(path, "", "several-presets")
    near = [
        (view.movement.largest_percent, position.name)
        for view, position in zip(positioned.views, asked, strict=True)
        if view.state == "moved" and view.movement is not None
    ]
    off, name = min(near, default=(None, ""))
    return PresetSeen(path, "", "position-unknown", (), name, None if off is None else round(off, 2))


def presets_after(
    site: Site, told: Observations, looked: Observations, before: Presets, views: Views, now: datetime
) -> Presets:
    """Return the results of presets with this cycle's pictures; cameras without presets have none."""
    seen = {
        camera.camera.id: _camera(site, camera, told, looked, before.get(camera.camera.id), views, now)
        for camera in site.cameras
        if camera.presets
    }
    return {name: one for name, one in seen.items() if one.seen}


def _camera(
    site: Site,
    camera: CameraConfig,
    told: Observations,
    looked: Observations,
    known: CameraPresets | None,
    views: Views,
    now: datetime,
) -> CameraPresets:
    name = camera.camera.id
    rests_on = _digest(site, name, views.get(name, ()))
    masks = next(
        (masks_digest(o.value.masks) for o in told if o.subject == f"camera:{name}" and isinstance(o.value, Masks)), ""
    )
    if known is None or known.rests_on != rests_on or (masks and known.masks not in ("", masks)):
        known = CameraPresets(name, rests_on, masks)
    young = {(one.preset, one.path): one for one in known.seen if timedelta(0) <= now - one.at <= KEPT}
    own = [o for o in looked if o.subject == f"camera:{name}"]
    digests = {o.value.path: o.value.digest for o in own if isinstance(o.value, PictureSeen)}
    seen = [(o.taken_at, o.value) for o in own if isinstance(o.value, PresetSeen) and o.value.preset]
    bare = {(at.preset, at.path, one.zone) for _, at in seen for one in at.verdicts if one.verdict == "FAIL"}
    bare |= {
        (at.preset, at.path, one.verdict.zone)
        for at in young.values()
        for one in at.zones
        if one.failed and not one.failed.is_over
    }
    for taken_at, value in seen:
        elsewhere = {zone for preset, path, zone in bare if preset == value.preset and path != value.path}
        picture = Failed(taken_at, digests.get(value.path, ""), confirmed=False)
        young[value.preset, value.path] = _path_result(
            young.get((value.preset, value.path)), value, picture, elsewhere, now
        )
    return replace(known, masks=masks or known.masks, seen=tuple(young.values()))


def _path_result(
    before: PresetOnPath | None, seen: PresetSeen, picture: Failed, elsewhere: Collection[str], now: datetime
) -> PresetOnPath:
    """Return what one picture showed at a preset; `elsewhere`: zones that another path shows bare."""
    known = {one.verdict.zone: one.failed for one in before.zones} if before else {}
    zones = []
    for verdict in seen.verdicts:
        two = replace(picture, confirmed=verdict.zone in elsewhere)
        counted, failed = judge_failed(verdict, two, known.get(verdict.zone))
        blur = tuple((name, value) for name, value in counted.numbers if name == OF_A_BLUR)
        zones.append(ZoneResult(replace(counted, numbers=blur), failed))
    return PresetOnPath(seen.preset, seen.path, now, tuple(zones))


def _digest(site: Site, name: str, views: tuple[PresetView, ...]) -> str:
    rows = [[view.preset, digests(view.references)] for view in views]
    return hashlib.sha256(json.dumps([zones_digest(site, name), rows]).encode()).hexdigest()


def to_data(camera: CameraPresets) -> dict[str, Json]:
    """Return the results of a camera's presets as plain data for the stored memory."""
    return {
        "id": camera.camera_id,
        "rests_on": camera.rests_on,
        "masks": camera.masks,
        "seen": [
            [
                one.preset, one.path, one.at.isoformat(),
                [[z.verdict.zone, z.verdict.verdict, z.verdict.reason, failed_data(z.failed) if z.failed else None,
                  *([dict(z.verdict.numbers)] if z.verdict.numbers else [])] for z in one.zones],
            ]
            for one in camera.seen
        ],
    }  # fmt: skip


def from_data(data: Mapping[str, Any]) -> CameraPresets:
    """Return what `to_data` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    seen = tuple(_on_path(*one) for one in data["seen"])
    return CameraPresets(str(data["id"]), str(data["rests_on"]), str(data["masks"]), seen)


def _on_path(preset: str, path: Any, at: str, zones: Any) -> PresetOnPath:
    if path not in PATHS:
        raise ValueError("no look at a preset")
    return PresetOnPath(str(preset), path, datetime.fromisoformat(at), tuple(_zone_from(path, *one) for one in zones))


def _zone_from(path: PathName, zone: Any, verdict: Any, reason: Any, failed: Any, blur: Any = ()) -> ZoneResult:
    if verdict not in VERDICTS:
        raise ValueError("no verdict")
    numbers = tuple((str(name), float(value)) for name, value in dict(blur).items())
    return ZoneResult(ZoneVerdict(path, str(zone), verdict, str(reason), numbers), _failed_from(failed))


def _failed_from(data: Any) -> Failed | None:
    """Return what `failed_data` wrote, if anything; earlier releases wrote a row of single verdicts."""
    if not data:
        return None
    return failed_from(*data) if isinstance(data[0], str) else failed_before(data[-1])

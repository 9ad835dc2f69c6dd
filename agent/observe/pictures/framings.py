"""Remembers how each path of a camera frames its approved view, and asks the worker to confirm or to find it. Pure.

A path may turn, mirror, squeeze or cut what was approved, or put bars around it; zones are declared in the approved
frame. What one picture has proved holds for pictures of the same profile, size and approval, and is confirmed by each
of them; for those that show too little it holds a day. A search that found nothing is not repeated at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, get_args

from agent.model.finding import Json
from agent.observe.approvals.reference_views import digests
from agent.observe.pictures.derived_views import ApprovedViews
from agent.observe.pictures.studies import corners
from agent.observe.pictures.turns import KEPT
from agent.site.config.site import CameraConfig, Site
from drivers.model import Masks, Observations, Picture
from drivers.picture import PathFramed, PathName
from masking.view.framing import plausible
from masking.view.model import NO_BARS, Bars, Framing, FramingJob

SEARCH_AGAIN: Final = timedelta(hours=1)
"""So long a search that found nothing is not repeated on a path: each takes half a second."""

_PATHS: Final = get_args(PathName)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathFraming:
    """What is known of one path of a camera.

    It holds for pictures of this `profile` (token, empty where unknown) and size, and for the approved view with this
    digest. `framing`: None where none was found. `found_at`: when a picture proved it last; `sought_at`: when one was
    last searched for in vain.
    """

    camera_id: str
    path: PathName
    profile: str
    width_px: int
    height_px: int
    approved: str
    framing: Framing | None = None
    bars: Bars = NO_BARS
    found_at: datetime | None = None
    sought_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Tell whether a picture has proved it within a day."""
        return self.framing is not None and self.found_at is not None and timedelta(0) <= now - self.found_at <= KEPT


Framings = Mapping[tuple[str, PathName], PathFraming]
"""By camera id and path."""


def approved_digest(references: tuple[bytes, ...]) -> str:
    """Return the digest over an approved view that framings are bound to."""
    return " ".join(sorted(digests(references)))


def framing_jobs(
    site: Site,
    told: Observations,
    pictures: tuple[Picture, ...],
    approved: ApprovedViews,
    known: Framings,
    now: datetime,
) -> Mapping[tuple[str, PathName], FramingJob]:
    """Return what to ask about the framing of each path of which there is a picture, by camera id and path.

    A camera that turns has no one approved view: its zones are judged as its presets say. `told`: the devices' masks,
    which are left out like zones and overlays.
    """
    cameras = {one.camera.id: one for one in site.cameras if not one.presets}
    asked: dict[tuple[str, PathName], FramingJob] = {}
    for picture in pictures:
        camera = cameras.get(picture.camera_id)
        if camera is not None:
            key, references = (picture.camera_id, picture.path), approved.references.get(picture.camera_id, ())
            last = known.get(key)
            basis = picture.provenance.profile, approved_digest(references)
            if last is not None and (last.profile, last.approved) != basis:
                last = None
            framing = last.framing if last is not None and last.holds(now) else None
            asked[key] = FramingJob(
                references,
                tuple(_left_out(camera, told)),
                approved.derived.get(picture.camera_id, ()),
                framing,
                (last.width_px, last.height_px) if last is not None else (0, 0),
                last is None or last.sought_at is None or not timedelta(0) <= now - last.sought_at < SEARCH_AGAIN,
            )
    return asked


def _left_out(camera: CameraConfig, told: Observations) -> Iterator[tuple[tuple[float, float], ...]]:
    yield from (zone.polygon for zone in camera.zones)
    for one in told:
        if one.subject == f"camera:{camera.camera.id}" and isinstance(one.value, Masks):
            yield from (mask.polygon for mask in one.value.masks if mask.enabled is not False and mask.polygon)
    yield from (corners(box) for box in camera.overlay_boxes)


def framings_after(site: Site, looked: Observations, before: Framings, now: datetime) -> Framings:
    """Return the framings after a look; those of cameras that are no longer of the site are dropped."""
    ids = {one.camera.id for one in site.cameras}
    after = {key: one for key, one in before.items() if key[0] in ids}
    for one in looked:
        value, camera = one.value, one.subject.removeprefix("camera:")
        if isinstance(value, PathFramed) and camera in ids:
            key = (camera, value.path)
            after[key] = _after(after.get(key), camera, one.provenance.profile, value, now)
    return after


def _after(before: PathFraming | None, camera: str, profile: str, seen: PathFramed, now: datetime) -> PathFraming:
    size = seen.width_px, seen.height_px
    is_same = before is not None and (before.profile, before.width_px, before.height_px, before.approved) == (
        profile, *size, seen.approved,
    )  # fmt: skip
    kept = before if is_same else None
    found, sought = (kept.found_at, kept.sought_at) if kept is not None else (None, None)
    framing, bars = (kept.framing, kept.bars) if kept is not None else (None, seen.seen.bars)
    if seen.seen.state == "found":
        framing, bars, found, sought = seen.seen.framing, seen.seen.bars, now, None
    elif seen.seen.reason == "no-match":
        framing, sought = None, now
    return PathFraming(
        camera_id=camera, path=seen.path, profile=profile, width_px=size[0], height_px=size[1], approved=seen.approved,
        framing=framing, bars=bars, found_at=found, sought_at=sought,
    )  # fmt: skip


def to_data(framings: Framings) -> list[Json]:
    """Return the framings as plain data."""
    return [
        [
            one.camera_id, one.path, one.profile, one.width_px, one.height_px, one.approved,
            None if one.framing is None else _framing_data(one.framing),
            [one.bars.left, one.bars.top, one.bars.right, one.bars.bottom],
            one.found_at.isoformat() if one.found_at else None, one.sought_at.isoformat() if one.sought_at else None,
        ]
        for one in framings.values()
    ]  # fmt: skip


def _framing_data(framing: Framing) -> list[Json]:
    return [
        framing.turn_deg, framing.mirrored, framing.scale_x, framing.scale_y, framing.offset_x, framing.offset_y
    ]  # fmt: skip


def from_data(data: Any) -> Framings:
    """Return what `to_data` wrote. Raises ValueError or TypeError for anything else."""
    rows = (_from(*row) for row in data)
    return {(one.camera_id, one.path): one for one in rows}


def _from(
    camera: Any, path: Any, profile: Any, wide: Any, high: Any, approved: Any, framing: Any, bars: Any, *times: Any
) -> PathFraming:
    found, sought = times
    if path not in _PATHS or len(bars) != 4:
        raise ValueError("no framing of a path")
    edges = Bars(*(float(one) for one in bars))
    known = None
    if framing is not None:
        turn, mirrored, *numbers = framing
        scale_x, scale_y, offset_x, offset_y = (float(one) for one in numbers)
        known = Framing(
            turn_deg=int(turn), mirrored=bool(mirrored), scale_x=scale_x, scale_y=scale_y, offset_x=offset_x,
            offset_y=offset_y,
        )  # fmt: skip
        if known.turn_deg not in (0, 90, 180, 270) or not plausible(known, edges):
            raise ValueError("a framing that no path has")
    return PathFraming(
        camera_id=str(camera), path=path, profile=str(profile), width_px=int(wide), height_px=int(high),
        approved=str(approved), framing=known, bars=edges,
        found_at=datetime.fromisoformat(found) if found else None,
        sought_at=datetime.fromisoformat(sought) if sought else None,
    )  # fmt: skip

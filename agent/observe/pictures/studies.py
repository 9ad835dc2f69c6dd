"""Selects what is measured in each camera's picture besides its zones, and on which path. Pure.

View and quality are measured on one path that is due in every cycle, always the same one, so that learned values are
comparable: the sub-stream, or the main stream where there is none. A recorded picture shows the past.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from agent.observe.approvals.reference_views import lights_of
from agent.observe.pictures.derived_views import ApprovedViews, wanted_light
from agent.observe.pictures.previous_pictures import GATHERED_MAX, PreviousPictures
from agent.observe.pictures.view_memory import Views
from agent.site.config.site import Box, PrivateZone, Site
from drivers.model import Masks, Observations, Polygon
from drivers.picture import PathName, Streams
from masking.model import Zone
from masking.view.model import DescriptorJob, QualityJob, ViewJob
from masking.worker.study import Study

PREFERRED: Final[tuple[PathName, ...]] = ("sub", "main", "recorder-live", "snapshot")

Studies = Mapping[str, tuple[PathName, Study]]
"""By camera id: what to ask of the picture of which path."""


def studied_path(streams: Streams | None) -> PathName | None:
    """Return the path for view and quality; None where no live path is known."""
    offered = {stream.path for stream in streams.streams} if streams is not None else set()
    return next((path for path in PREFERRED if path in offered), None)


def studies(
    site: Site,
    observations: Observations,
    known: ApprovedViews,
    previous: PreviousPictures,
    views: Views = MappingProxyType({}),
) -> Studies:
    """Return what to measure for each camera whose streams are known.

    Private zones, overlays and the device's own masks are excluded. `previous` has the camera's picture of the cycle
    before, and those gathered in a light without a reference; `views` decide whether one in another light is to be
    gathered.
    """
    before = previous.all()
    streams: dict[str, Streams] = {}
    masks: dict[str, Masks] = {}
    for observation in observations:
        if isinstance(observation.value, Streams):
            streams[observation.subject] = observation.value
        elif isinstance(observation.value, Masks):
            masks[observation.subject] = observation.value
    asked: dict[str, tuple[PathName, Study]] = {}
    for camera in site.cameras:
        name = camera.camera.id
        path = studied_path(streams.get(f"camera:{name}"))
        if path is None:
            continue
        listed = masks.get(f"camera:{name}", Masks(()))
        drawn = (mask.polygon for mask in listed.masks if mask.enabled is not False and mask.polygon)
        excluded = (*(zone.polygon for zone in camera.zones), *drawn)
        overlays = tuple(corners(box) for box in camera.overlay_boxes)
        approved, derived = known.references.get(name, ()), known.derived.get(name, ())
        around = (*excluded, *overlays)
        view = ViewJob(approved, around, derived) if approved else None
        quality = QualityJob(before.get(name, b""), (*approved, *derived), excluded, overlays)
        light = wanted_light(views.get(name), lights_of((*approved, *derived))) if approved else None
        gathered = previous.gathered(name, approved, light) if light else ()
        merge = gathered if len(gathered) >= GATHERED_MAX else ()
        asked[name] = path, Study(view, quality, DescriptorJob(merge, around) if light else None)
    return asked


def asked_zones(zones: Iterable[PrivateZone], overlay_boxes: Iterable[Box]) -> tuple[Zone, ...]:
    """Return zones as the worker judges them; `overlay_boxes`: where their camera writes into the picture."""
    overlays = tuple(corners(box) for box in overlay_boxes)
    return tuple(Zone(one.name, one.polygon, one.effect, one.color, overlays=overlays) for one in zones)


def corners(box: Box) -> Polygon:
    """Return the corners of a box, in order around it."""
    left, top, right, bottom = box
    return (left, top), (right, top), (right, bottom), (left, bottom)

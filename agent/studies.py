"""What is asked of each camera's picture besides its zones, and of the picture of which path. Pure.

View and quality are asked of one path that is looked at in every cycle, always the same one, so that what is learned of
it stays comparable: the sub-stream, or the main stream where there is none. A recorded picture shows the past.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agent.config import Box, Site
from drivers.model import Masks, Observations, Polygon, Streams
from drivers.picture import PathName
from masking.study import Study
from masking.view_model import QualityJob, ViewJob

PREFERRED: Final[tuple[PathName, ...]] = ("sub", "main", "recorder-live", "snapshot")

Studies = Mapping[str, tuple[PathName, Study]]
"""By camera id: what to ask of the picture of which path."""


def studied_path(streams: Streams | None) -> PathName | None:
    """Return the path whose picture shows view and quality; None where no live path is known."""
    offered = {stream.path for stream in streams.streams} if streams is not None else set()
    return next((path for path in PREFERRED if path in offered), None)


def studies(
    site: Site,
    observations: Observations,
    references: Mapping[str, tuple[bytes, ...]],
    previous: Mapping[str, bytes],
) -> Studies:
    """Return what to ask of each camera whose streams are known.

    Args:
        site: Names the cameras, what is private in their view and where they write into it; that, like the device's own
            masks, is left out.
        observations: What the devices told in this cycle.
        references: The approved view of each camera that has one, encoded.
        previous: The camera's picture of the cycle before, encoded.
    """
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
        overlays = tuple(_corners(box) for box in camera.overlay_boxes)
        approved = references.get(name, ())
        view = ViewJob(approved, (*excluded, *overlays)) if approved else None
        asked[name] = path, Study(view, QualityJob(previous.get(name, b""), approved, excluded, overlays))
    return asked


def _corners(box: Box) -> Polygon:
    left, top, right, bottom = box
    return (left, top), (right, top), (right, bottom), (left, bottom)

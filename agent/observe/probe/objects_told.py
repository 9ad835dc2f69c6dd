"""Counts which objects of a stream's metadata lie in a private zone, and drops their places. Pure.

Where a person stood is in memory between the device's answer and this; what is observed are counts by zone.
"""

from dataclasses import replace

from agent.site.config.site import CameraConfig, Site
from drivers.model import Observation, Observations
from drivers.picture import ObjectsTold, Place
from masking.coverage import covers
from masking.model import Polygon


def without_places(site: Site, observations: Observations) -> Observations:
    """Return the observations with objects counted by private zone, and without a place."""
    cameras = {f"camera:{one.camera.id}": one for one in site.cameras}
    return tuple(_counted(one, cameras.get(one.subject)) for one in observations)


def _counted(one: Observation, camera: CameraConfig | None) -> Observation:
    if not isinstance(one.value, ObjectsTold):
        return one
    zones = camera.zones if camera is not None else ()
    told = ((zone.name, _objects_in(zone.polygon, one.value.places)) for zone in zones)
    inside = tuple((name, count) for name, count in told if count)
    return replace(one, value=replace(one.value, inside=inside, places=()))


def _objects_in(polygon: Polygon, places: tuple[Place, ...]) -> int:
    return len({one.number for one in places if covers(polygon, (one.x, one.y))})

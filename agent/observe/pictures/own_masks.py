"""Derives zones from a device's own masks where nobody declared what is private. Pure.

They exist for the judging of pictures alone: what a device says that it hides must be hidden. They declare nothing, so
nothing passes by them (`agent/judge/checks/pictures/own_masks.py`). A camera that turns is left out: its device reports
no position with a mask.
"""

from dataclasses import replace

from agent.observe.approvals.approvals import mask_zones
from agent.site.config.site import CameraConfig, Site
from drivers.details import Movable
from drivers.model import Masks, Observations


def is_undeclared(camera: CameraConfig) -> bool:
    """Tell whether nobody declared or approved what is private in a camera's view, or at its presets."""
    return not camera.zones and not camera.presets and camera.no_private_area is None


def with_own_masks(site: Site, told: Observations) -> Site:
    """Return the site with the enabled masks of its devices as zones of the cameras without a declaration.

    Any one colour counts: that which a device names is not always that which it draws.
    """
    listed = {o.subject: o.value.masks for o in told if isinstance(o.value, Masks)}
    turning = {o.subject for o in told if isinstance(o.value, Movable) and o.value.ptz}
    cameras = []
    for camera in site.cameras:
        subject = f"camera:{camera.camera.id}"
        if is_undeclared(camera) and (camera.ptz_lock is not None or subject not in turning):
            zones = mask_zones(listed.get(subject, ()))
            camera = replace(camera, zones=tuple(replace(zone, color="") for zone in zones))
        cameras.append(camera)
    return replace(site, cameras=tuple(cameras))

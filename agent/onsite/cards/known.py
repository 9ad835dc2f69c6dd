"""Selects from the facts of a look what a card needs of a camera's device. Pure."""

from agent.observe.facts.facts import Facts
from agent.onsite.cards.model import Known
from agent.site.config.site import CameraConfig, Site
from drivers.details import MaskOptions
from drivers.model import Identity, Masks
from drivers.picture import Streams


def known_of(site: Site, camera: CameraConfig, facts: Facts) -> Known:
    """Return what is known of the device of a camera. What did not arrive stays unknown: None, or empty."""
    subject = f"camera:{camera.camera.id}"
    device = next((one for one in site.devices if one.id == camera.camera.device), None)
    identity = facts.one(f"device:{device.id}", Identity) if device is not None else None
    masks, streams = facts.one(subject, Masks), facts.one(subject, Streams)
    return Known(
        driver=device.driver if device is not None else "",
        manufacturer=identity.manufacturer if identity is not None else "",
        masks=masks.masks if masks is not None else None,
        options=facts.one(subject, MaskOptions),
        upright=any(one.height_px > one.width_px > 0 for one in streams.streams) if streams is not None else False,
    )

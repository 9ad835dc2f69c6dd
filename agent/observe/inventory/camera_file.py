"""Lists empty fields in the file of each camera (one camera, one file). Pure.

Source: GB/T 44297-2024, data items; DB3708/T 7-2022, groups of fields, as quoted by other sources. The list is our own
choice, because neither text could be read.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from agent.observe.facts.facts import Facts
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.standing import local_day, standing
from drivers.model import Identity

DECLARED: Final = ("purpose", "owner", "maintainer", "position", "height-m", "azimuth-degrees", "zone-type")
"""Ids of `DECLARABLES`."""

CONFIGURED: Final[dict[str, Callable[[CameraConfig], str]]] = {
    "code": lambda one: one.camera.code,
    "name": lambda one: one.camera.name,
    "placement": lambda one: one.camera.placement,
}
READ: Final[dict[str, Callable[[Identity], str]]] = {
    "model": lambda one: one.model,
    "serial": lambda one: one.serial,
    "firmware": lambda one: one.firmware,
}
"""Of the device that the camera is read through: what is behind a recorder is known by its recorder."""

FIELDS: Final = (*CONFIGURED, *READ, *DECLARED)


def empty(site: Site, facts: Facts, camera: CameraConfig, now: datetime) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the fields that are empty, and those unknown because the device was not read."""
    today = local_day(site, now)
    gone = [name for name, value in CONFIGURED.items() if not value(camera).strip()]
    gone += [name for name in DECLARED if standing(site, name, today, camera.camera.id).value is None]
    identity = facts.one(f"device:{camera.camera.device}", Identity)
    if identity is None:
        return tuple(gone), tuple(READ)
    return tuple(gone + [name for name, value in READ.items() if not value(identity)]), ()

"""Lists every request that a check would send to a site's devices, before the first one is sent. Pure.

The requests of drivers and pictures are tables (`ASKS`). A row with an object is sent once for each; rows are skipped
for a device that lacks a service, or whose time is used up.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.site.config.site import Site
from drivers import capture, registry
from drivers.allowed_requests import Ask
from drivers.discovery import detect_protocol
from drivers.model import Device


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """The requests to one device.

    `credential`: the name of the login that answers a challenge, empty where there is none; the first request of each
    kind goes without. `driver` is empty for the requests that detect it.
    """

    device: Device
    driver: str
    credential: str
    cameras: int
    asks: tuple[Ask, ...]


def plan_requests(site: Site, driver_known: bool = True) -> tuple[DevicePlan, ...]:
    """Plan the requests to each device of the site.

    With `driver_known` False each device is first asked for its protocol, and then read with one of all drivers.
    """
    plans: list[DevicePlan] = []
    for device in site.devices:
        cameras = sum(camera.camera.device == device.id for camera in site.cameras)
        login = device.credential
        name = "" if login is None else login.name or login.user
        if not driver_known:
            plans.append(DevicePlan(device, "", "", cameras, detect_protocol.ASKS))
        drivers = (device.driver,) if driver_known else tuple(registry.DRIVERS)
        for driver in drivers:
            plans.append(DevicePlan(device, driver, name, cameras, (*registry.asks(driver), *capture.ASKS)))
    return tuple(plans)

"""Lists every request that a check would send to a site's devices, before the first one is sent. Pure.

What each driver asks stands in its own table (`ASKS`), so does what pictures need. More than once is asked where a row
says of what; not all is asked of a device that lacks a service, or whose time is used up.
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
    """What is asked of one device.

    `credential`: the name of the login that answers a challenge, empty where there is none; the first request of each
    kind goes without. `driver` is empty for the questions that find out which one it is.
    """

    device: Device
    driver: str
    credential: str
    cameras: int
    asks: tuple[Ask, ...]


def planned(site: Site, driver_known: bool = True) -> tuple[DevicePlan, ...]:
    """Return the plan for each device of the site.

    Args:
        site: The site.
        driver_known: False where each device is first asked which protocol it speaks, and then read with one of all
            drivers.
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

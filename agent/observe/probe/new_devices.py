"""Reads devices that a person has just named: detects each one's protocol, tries its login, lists its channels.

Detecting sends no login. A first read sends the login to the devices that it is given and to no other; which ones those
are, and when to stop, is for the caller.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from agent.observe.probe.fan_out import FanOut, Task, Watch
from drivers import registry
from drivers.credentials import Credentials
from drivers.details import VideoSources
from drivers.discovery.detect_protocol import detect_driver
from drivers.footage import NOTHING_WANTED, Channels
from drivers.http.transport import Transport
from drivers.model import Camera, Device, Observations, Reason, Unavailable

DETECT_WITHIN_S: Final = 5.0
"""How long a device may take to show which protocol it speaks."""
AT_ONCE: Final = 64

Login = Literal["accepted", "refused", "open", "silent"]
"""The device took the login; it refused it, or it may not be sent; it asked for none; it gave no answer."""

REFUSED: Final[frozenset[Reason]] = frozenset({"refused", "not-tried", "busy"})
GONE: Final[frozenset[Reason]] = frozenset({"unreachable", "deadline"})
"""Nobody is there who would answer to another driver."""


@dataclass(frozen=True, slots=True)
class FirstRead:
    """What one device gave, how it took the login, and by which driver it named channels; empty: by none."""

    login: Login
    observations: Observations = ()
    driver: str = ""


def detect_drivers(
    devices: Sequence[Device], clock: Callable[[], datetime], progress: Callable[[], None]
) -> dict[str, str]:
    """Return by device id the driver for it; empty where it does not answer. No login is sent.

    `progress` is called again and again; it may raise to end this.
    """

    def task(device: Device) -> Task[str]:
        return Task(replace(device, credential=None), DETECT_WITHIN_S, detect_driver, lambda reason, detail: "")

    asked: FanOut[str] = FanOut(AT_ONCE, Credentials(None), clock, Watch(progress))
    asked.start([task(device) for device in devices])
    return {device.id: driver for device, driver in asked.arrivals()}


def read_first(
    devices: Iterable[Device],
    credentials: Credentials,
    clock: Callable[[], datetime],
    deadline_s: float,
    progress: Callable[[], None],
) -> Mapping[str, FirstRead]:
    """Read each device with its login, without pictures; return by device id what it gave.

    A device that names no channel to its driver is read by the others too: some ask for a login at every path, so that
    nobody can tell their protocol before. `credentials` decides whether a login may be sent, and remembers refusals.
    """

    def task(device: Device) -> Task[FirstRead]:
        def read(transport: Transport) -> FirstRead:
            first = _read(device, device.driver, transport, credentials)
            if first.driver or first.login == "refused" or missing_for(first.observations) <= GONE:
                return first
            others = (name for name in registry.DRIVERS if name != device.driver)
            reads = (_read(device, name, transport, credentials) for name in others)
            return next((one for one in reads if one.driver or one.login == "refused"), first)

        def missing(reason: Reason, detail: str) -> FirstRead:
            return FirstRead("refused" if reason in REFUSED else "silent")

        return Task(device, deadline_s, read, missing)

    asked: FanOut[FirstRead] = FanOut(AT_ONCE, credentials, clock, Watch(progress))
    asked.start([task(device) for device in devices])
    return {device.id: read for device, read in asked.arrivals()}


def _read(device: Device, driver: str, transport: Transport, credentials: Credentials) -> FirstRead:
    told = registry.load(driver)((Camera(device.id, device.id),), transport, NOTHING_WANTED)
    login = login_taken(told, credentials.state(device).state == "worked")
    names_channels = any(isinstance(one.value, Channels | VideoSources) for one in told)
    return FirstRead(login, told, driver if names_channels else "")


def login_taken(told: Observations, worked: bool) -> Login:
    """Classify how a device took its login, by what it gave then and whether it has ever taken this one. Pure."""
    if worked and any(not isinstance(one.value, Unavailable) for one in told):
        return "accepted"
    if missing_for(told) & REFUSED:
        return "refused"
    return "open" if any(not isinstance(one.value, Unavailable) for one in told) else "silent"


def missing_for(told: Observations) -> set[Reason]:
    """Return the reasons for which facts are missing. Pure."""
    return {one.value.reason for one in told if isinstance(one.value, Unavailable)}

"""Tries whether a device still takes the login of its factory: one login, once, and nothing else.

The caller decides when (`agent/observe/facts/factory_logins.py`). The device is asked without a login first: one that
asks for none, cannot be reached or reports that it is locked is sent none. Then the same request carries the factory's
login, through the same guard as every other (`drivers/credentials.py`), which sends it once.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from drivers.allowed_requests import Ask, soap
from drivers.collect import attempt
from drivers.credentials import Credentials
from drivers.discovery.detect_protocol import DOORS
from drivers.errors import DeviceFault, DriverError, Locked, NoCredential, NotPermitted, NotTried
from drivers.exchange import Transport
from drivers.http.factory_logins import FACTORY, Outcome
from drivers.http.refusal import is_shut, weigh
from drivers.http.transport import open_transport
from drivers.model import Device
from drivers.onvif import device as onvif_device
from drivers.onvif.asks import DEVICE_PATH
from drivers.onvif.services import device_endpoint
from drivers.onvif.soap import Session
from drivers.text import decode_text

CLOSED: Final = ("GetDeviceInformation", "GetUsers")
"""What ONVIF devices ask a login for: the first one most, the second one all."""

ASKS: Final = (
    *soap("device", DEVICE_PATH, "GetSystemDateAndTime", *CLOSED),
    *(Ask("http", question.method, question.path) for _, question in DOORS),
)
"""Every request that is sent for that."""


_FEW_TRIES: Final = re.compile(r"retryLoginTime\s*>\s*[0-2]\s*<", re.IGNORECASE)
"""Hikvision's word, in a challenge, for how many tries are left."""


def try_factory(device: Device, maker: str, clock: Callable[[], datetime], deadline_s: float) -> Outcome:
    """Send the one request without a login, and then with the factory's.

    Args:
        device: The device; its own login is not used.
        maker: A key of `FACTORY`.
        clock: Our clock.
        deadline_s: The limit of each of the two, in seconds.

    Raises:
        DriverError: No login was sent; the kind is the reason.
        KeyError: No known login of this maker.
    """
    bare = replace(device, credential=None)
    with open_transport(bare, deadline_s, Credentials(None), clock, device.ca) as transport:
        asked = attempt(_ask, transport)
        said = [decode_text(reply.body) for reply in transport.replies]
    if any(is_shut(text) or weigh(text) == "locked" or _FEW_TRIES.search(text) for text in said):
        raise Locked("the device says that it is locked, or soon will be")
    if not isinstance(asked, DriverError):
        return "open"
    if not isinstance(asked, NoCredential):
        raise asked
    with_factory, states = replace(device, credential=FACTORY[maker]), Credentials(None)
    with open_transport(with_factory, deadline_s, states, clock, device.ca) as transport:
        answer = attempt(_ask, transport)
    state = states.state(with_factory).state
    if isinstance(answer, NotTried):
        raise answer
    if state == "worked" or isinstance(answer, NotPermitted):
        return "accepted"
    return "refused" if state == "wrong" and not isinstance(answer, Locked) else "unclear"


def _ask(transport: Transport) -> None:
    """Request what needs a login. Raises DriverError."""
    door = dict(DOORS).get(transport.device.driver)
    if door is None:
        session = Session(transport)
        told = attempt(onvif_device.read_clock, session)
        if isinstance(told, NoCredential):  # its time signs the login: a refused one would say nothing
            raise DeviceFault("GetSystemDateAndTime: its time is not told without a login, so that none can be signed")
        if isinstance(told, DriverError):
            raise told
        for operation in CLOSED:
            session.call(device_endpoint(transport.device), operation)
    elif transport.exchange(door).reply.status == 401:
        raise NotTried(f"{door.operation}: the device asks for a login of a kind that is not known")

"""Detects the protocol of a device: one anonymous request of each kind, until one is answered; no login is sent.

For an address about which nothing is known. A login asked for at one maker's path only means that maker's protocol.
"""

from dataclasses import replace
from typing import Final

from drivers.allowed_requests import Ask, soap
from drivers.collect import attempt
from drivers.errors import DeadlineExceeded, DriverError, NotTried, Unreachable
from drivers.exchange import Exchange, Request, Transport
from drivers.onvif import device as onvif_device
from drivers.onvif.asks import DEVICE_PATH
from drivers.onvif.soap import Session

DOORS: Final = (
    ("hikvision", Request("System/deviceInfo", "GET", "/ISAPI/System/deviceInfo")),
    ("dahua", Request("getSystemInfo", "GET", "/cgi-bin/magicBox.cgi?action=getSystemInfo")),
    ("uniview", Request("DeviceInfo", "GET", "/LAPI/V1.0/System/DeviceInfo")),
)
"""What each maker's devices answer, or ask a login for, and others do not have. ONVIF, which most have, comes first."""


ASKS: Final = (
    *soap("device", DEVICE_PATH, "GetSystemDateAndTime"),
    *(Ask("http", question.method, question.path) for _, question in DOORS),
)
"""Every request that is sent for that; none carries a login."""


def detect_driver(transport: Transport) -> str:
    """Return the name of the driver for this device.

    Args:
        transport: To a device without a credential, so that a challenge ends the request.

    Raises:
        DriverError: It cannot be reached, or answers no request; the error of the first.
    """
    first = attempt(onvif_device.read_clock, Session(transport))
    if not isinstance(first, DriverError) or isinstance(first, NotTried):
        return "onvif"
    if isinstance(first, Unreachable | DeadlineExceeded):
        raise first
    for driver, question in DOORS:
        answer = attempt(transport.exchange, replace(question, anonymous_first=True))
        if isinstance(answer, NotTried) or (isinstance(answer, Exchange) and answer.reply.status in (200, 401)):
            return driver
    raise first

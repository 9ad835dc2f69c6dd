"""Lists which unknowns a person may accept by name, and selects the acceptance in force. Pure.

Only what a device does not tell, or what nobody asked for, can be accepted; never a fault, nor what a later look will
know. An accepted finding stays unknown: `agent/judge/wording/accepted.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, Literal

ACCEPTABLE: Final = MappingProxyType[str, Literal["device", "site"]](
    {
        "accounts-not-told": "device",
        "disks-not-told": "device",
        "masks-not-listed": "device",
        "movable-not-told": "device",
        "services-not-told": "device",
        "sound-not-told": "device",
        "discovery-off": "site",
        "interface-not-told": "site",
        "no-hub": "site",
        "off": "site",
    }
)
"""Reasons of findings that may be accepted, and whether for one device or for the site."""

LASTS_MAX_DAYS: Final = 366
"""How long an acceptance may last. House rule: what nobody looked at for a year is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A person's word that something need not be known, from day `at` through local day `until`.

    `item`: a key of `ACCEPTABLE`. `device` and `box`: the device, and the serial number or MAC address of the box that
    stood there; empty for the site.
    """

    item: str
    by: str
    why: str
    at: date
    until: date
    device: str = ""
    box: str = ""


def in_force(accepted: Iterable[Accepted], item: str, device: str, today: date) -> Accepted | None:
    """Return the acceptance of an item that is in force on a local day; `device` is empty for the site."""
    found = (one for one in accepted if (one.item, one.device) == (item, device))
    return next((one for one in found if one.at <= today <= one.until), None)

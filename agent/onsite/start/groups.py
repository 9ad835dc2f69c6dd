"""Groups devices that have answered by how they are read and who made them: a group has one login. Pure.

What a device says of itself is a claim. It decides under which heading the device is shown and nothing else: to which
addresses the login goes is a person's word.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from agent.observe.inventory.site_skeleton import host_and_port
from agent.observe.inventory.stocktake import MatchedAnswer, host_port
from drivers.discovery.answer import mac_of, model_of, scope_text
from drivers.discovery.mac_vendors import maker_of

MAKERS: Final[Mapping[str, str]] = {"onvif": "ONVIF", "hikvision": "Hikvision", "dahua": "Dahua", "uniview": "Uniview"}
"""Each driver's group as people read it."""
UNKNOWN_DRIVER: Final = "onvif"
"""What most devices speak: the one that shows no protocol is read so, and its look says what keeps it."""

NOT_ACTIVATED: Final = "-new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A device that a person may take into the site.

    `driver` is empty where it shows no protocol, `maker` where nothing tells it. `name`, `model`, `mac`, `firmware` and
    `serial` are its own words. `activated` is false where it has no password yet, by its own word: it takes no login.
    """

    host: str
    port: int
    tls: bool = False
    driver: str = ""
    name: str = ""
    model: str = ""
    mac: str = ""
    maker: str = ""
    firmware: str = ""
    serial: str = ""
    activated: bool = True

    @property
    def address(self) -> str:
        """Where it is reached, `host:port`."""
        return host_port(self.host, self.port)


@dataclass(frozen=True, slots=True)
class Group:
    """Devices with one login; `name` is that of the login: the driver's, and the maker's where it is known."""

    name: str
    boxes: tuple[Box, ...]


def box_of(one: MatchedAnswer) -> Box:
    """Return the device of an answer to discovery: the one place where its own words are picked."""
    host, port = host_and_port(one.address)
    told, mac = one.found.told, mac_of(one.found)
    return Box(
        host=host,
        port=port,
        tls=one.tls,
        # Without an answer over ONVIF it may have that switched off: its maker's own way in is there always.
        driver=told.driver if told and not one.found.xaddrs else "",
        name=scope_text(one.found, "name"),
        model=model_of(one.found),
        mac=mac,
        maker=maker_of(mac),
        firmware=told.firmware if told else "",
        serial=told.serial if told else "",
        activated=told is None or told.activated is not False,
    )


def different(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """Return each place once, in their order; the first word on it counts."""
    found: dict[tuple[str, int], Box] = {}
    for box in boxes:
        found.setdefault((box.host, box.port), box)
    return tuple(found.values())


def with_drivers(boxes: Iterable[Box], drivers: Mapping[str, str]) -> tuple[Box, ...]:
    """Return the devices with their drivers, by address."""
    return tuple(replace(box, driver=drivers.get(box.address, "") or box.driver) for box in boxes)


def groups_of(boxes: Iterable[Box]) -> tuple[Group, ...]:
    """Group devices in the order of `MAKERS`; in its group a device that shows no protocol comes last."""
    order = list(MAKERS)
    found: dict[tuple[int, str], list[Box]] = {}
    for box in sorted(boxes, key=lambda one: not one.driver):
        driver = box.driver or UNKNOWN_DRIVER
        # What has no password yet would refuse the login of its group.
        name = login_name(driver, box.maker) + ("" if box.activated else NOT_ACTIVATED)
        found.setdefault((order.index(driver), name), []).append(box)
    return tuple(Group(name, tuple(found[place, name])) for place, name in sorted(found))


def login_name(driver: str, maker: str) -> str:
    """Return the name of the login for devices of a maker by a driver; the maker is named once."""
    words = re.sub(r"[^0-9a-z]+", "-", maker.lower()).strip("-")
    return f"{driver}-{words}" if words not in ("", driver) else driver


def title_of(login: str) -> str:
    """Return the name of a group's login as people read it."""
    driver, _, maker = login.partition("-")
    return f"{MAKERS.get(driver, driver)} {MAKERS.get(maker, maker)}".strip()


def numbered(groups: Iterable[Group]) -> Iterator[tuple[int, Group, Box]]:
    """Yield each device with its group and the number that a person picks it by, from 1."""
    pairs = ((group, box) for group in groups for box in group.boxes)
    for number, (group, box) in enumerate(pairs, 1):
        yield number, group, box

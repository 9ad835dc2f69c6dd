"""Reads the slots for upper platforms (GB/T 28181) of a Hikvision device, and the servers beside them.

Only named fields are read: passwords and verification codes of these documents go no further than the parser, and of a
platform's address only a mark.

Source: the maker's own pages and a field report; which element has the state differs by firmware.
"""

from dataclasses import replace
from typing import Final

from lxml import etree

from drivers.collect import attempt
from drivers.errors import DriverError, Malformed
from drivers.exchange import Transport
from drivers.footage import Neighbour, NeighbourName, PlatformLink, PlatformServer
from drivers.gb28181.platform_address import address_mark, is_filled
from drivers.hikvision.client import Isapi
from drivers.hikvision.reply import child, count, need, rows, text_in, truth, whole

SLOTS: Final = "System/Network/SIP"
NEIGHBOURS: Final[tuple[tuple[NeighbourName, str, tuple[str, ...]], ...]] = (
    ("isup", "System/Network/Ehome", ("Ehome", "EHome")),
    ("cloud", "System/Network/EZVIZ", ("EZVIZ",)),
)
"""Path and root of each document."""

_REGISTERED: Final = {
    "registered": True, "online": True, "success": True, "true": True, "1": True,
    "unregistered": False, "notregistered": False, "inactive": False, "offline": False, "disconnected": False,
    "failed": False, "fail": False, "false": False, "0": False,
}  # fmt: skip


def read_link(transport: Transport) -> PlatformLink:
    """Read the slots alone, with one session. Raises DriverError."""
    return PlatformLink(_read_slots(Isapi(transport)))


def read_platforms(isapi: Isapi) -> PlatformLink:
    """Read the slots, the codes in those that are on, and the neighbours that answer. Raises DriverError."""
    servers = _read_slots(isapi)
    found = (attempt(_read_neighbour, isapi, name, path, roots) for name, path, roots in NEIGHBOURS)
    return PlatformLink(servers, tuple(one for one in found if isinstance(one, Neighbour)))


def platform_servers(root: etree._Element) -> tuple[PlatformServer, ...]:
    """Parse a SIPServerList. Raises Malformed, also where two slots have one number."""
    found = []
    for row in rows(root, "SIPServer"):
        number = whole(text_in(row, "id"))
        if number is None or number < 1:
            raise Malformed("a SIP server has no number")
        # Intercoms have a `Standard` beside it, for telephony: that is no upper platform.
        gb = child(row, "GB28181")
        if gb is not None:
            found.append(_server(number, row, gb))
    if len({one.slot for one in found}) != len(found):
        raise Malformed("two SIP servers have one number")
    return tuple(found)


def channel_codes(root: etree._Element) -> tuple[tuple[int, str], ...]:
    """Parse the codes under which a SIPInfo offers its channels; empty ones are left out. Raises Malformed."""
    found = []
    for row in rows(need(root, "VideoInputList"), "VideoInput"):
        number, code = whole(text_in(row, "id")), text_in(row, "videoInputID")
        if number is None:
            raise Malformed("a video input has no number")
        if code:
            found.append((number, code))
    return tuple(found)


def neighbour(name: NeighbourName, root: etree._Element) -> Neighbour:
    """Parse whether a neighbour is on, and whether it is registered. Raises Malformed without a switch."""
    enabled = truth(text_in(root, "enabled"))
    if enabled is None:
        raise Malformed(f"{name}: there is no switch")
    return Neighbour(name, enabled, _registered(root))


def _read_slots(isapi: Isapi) -> tuple[PlatformServer, ...]:
    servers = isapi.get(SLOTS, "SIPServerList", platform_servers, optional=True)
    return tuple(_with_codes(isapi, one) for one in servers)


def _with_codes(isapi: Isapi, server: PlatformServer) -> PlatformServer:
    if not server.enabled:
        return server
    path = f"{SLOTS}/{server.slot}/SIPInfo"
    try:
        return replace(server, codes=isapi.get(path, "SIPInfo", channel_codes, optional=True))
    except DriverError:
        return server


def _read_neighbour(isapi: Isapi, name: NeighbourName, path: str, roots: tuple[str, ...]) -> Neighbour:
    return isapi.get(path, roots, lambda root: neighbour(name, root), optional=True)


def _server(number: int, row: etree._Element, gb: etree._Element) -> PlatformServer:
    server_id = text_in(gb, "serverId")
    mark = address_mark(text_in(gb, "registrar"), count(text_in(gb, "registrarPort")))
    return PlatformServer(
        kind="GB28181",
        enabled=truth(text_in(gb, "enabled")) is True,
        registered=_registered(gb, row),
        server_id=server_id,
        domain=text_in(gb, "serverDomain"),
        device_id=text_in(gb, "authID"),
        expires_s=count(text_in(gb, "expires")),
        heartbeat_s=count(text_in(gb, "heartbeatTime")),
        slot=number,
        filled=is_filled(mark, server_id),
        local_port=count(text_in(row, "localPort")),
        heartbeat_misses=count(text_in(gb, "heartbeatCount")),
        address_mark=mark,
    )


def _registered(*where: etree._Element) -> bool | None:
    """Return whether it is registered; None where it is not told, or where two elements contradict each other."""
    words = [text_in(one, name) for one in where for name in ("registerStatus", "status")]
    told = {_REGISTERED.get(word.lower().replace(" ", "")) for word in words if word}
    return told.pop() if len(told) == 1 else None

"""Reads the slots for upper platforms (GB/T 28181) of a Dahua device over RPC2, and the servers beside them.

Only named fields are read: the password of a slot goes no further than the parser, and of a platform's address only a
mark.

Source: a field report of one recorder and the maker's SDK (CFG_VSP_GAYS_INFO), which name the same fields; the SDK
alone for retries, civil code and neighbours.
"""

from collections.abc import Mapping
from typing import Any, Final

from drivers.collect import is_final
from drivers.dahua import rpc
from drivers.errors import DriverError, Malformed
from drivers.exchange import Transport
from drivers.footage import Neighbour, NeighbourName, PlatformLink, PlatformServer
from drivers.gb28181.platform_address import address_mark, is_filled
from drivers.http.json_answer import flag, whole
from drivers.text import sanitize

TABLE: Final = "VSP_GAYS_SERVER"
NEIGHBOURS: Final[Mapping[str, NeighbourName]] = {
    "VSP_GAVI": "view-library",
    "VSP_CO_SIGN_SERVER": "co-signing",
    "T2UServer": "cloud",
}
_EMPTY: Final = ("disable", "")


def read_link(transport: Transport) -> PlatformLink:
    """Read the slots alone, with one session. Raises DriverError."""
    session = rpc.log_in(transport)
    try:
        return platform_link(session.config(TABLE))
    finally:
        session.log_out()


def read_platforms(session: rpc.Session) -> PlatformLink:
    """Read the slots, and the neighbours that answer. Raises DriverError."""
    servers = platform_link(session.config(TABLE)).servers
    found = []
    for table, name in NEIGHBOURS.items():
        try:
            found.append(neighbour(name, session.config(table)))
        except DriverError as error:
            if is_final(error):
                break
    return PlatformLink(servers, tuple(found))


def platform_link(params: Mapping[str, Any]) -> PlatformLink:
    """Parse the GB/T 28181 platforms of configManager.getConfig, switched-off ones included. Raises Malformed."""
    table = params.get("table")
    servers = table.get("sipServer") if isinstance(table, dict) else None
    on = flag(table.get("enable")) if isinstance(table, dict) else None
    if not isinstance(servers, list) or on is None or not all(isinstance(one, dict) for one in servers):
        raise Malformed(f"{TABLE}: the answer holds no switch and list of servers")
    return PlatformLink(tuple(_server(number, one, on) for number, one in enumerate(servers, start=1)))


def neighbour(name: NeighbourName, params: Mapping[str, Any]) -> Neighbour:
    """Parse whether a neighbour is on. Raises Malformed where its table is not there."""
    table = params.get("table")
    if not isinstance(table, dict):
        raise Malformed(f"{name}: the answer holds no table")
    switches = (flag(table.get(word)) for word in ("Enable", "enable"))
    return Neighbour(name, next((one for one in switches if one is not None), None), flag(table.get("IsOnLine")))


def _server(number: int, one: Mapping[str, Any], on: bool) -> PlatformServer:
    option = one.get("serverOption", "GB28181")
    if not isinstance(option, str):
        raise Malformed(f"{TABLE}: a server cannot be read")
    server_id = sanitize(one.get("sipSvrId"))
    mark = address_mark(sanitize(one.get("sipSvrIp")), whole(one.get("sipSvrPort")))
    is_named = bool(mark or server_id)
    return PlatformServer(
        kind="GB28181" if option.lower() in ("gb28181", *_EMPTY) else sanitize(option),
        # A slot that names no platform is no link, whatever its switch and its flag say.
        enabled=on and option.lower() not in _EMPTY and is_named,
        registered=flag(one.get("IsOnLine")),
        server_id=server_id,
        domain=sanitize(one.get("domain")),
        device_id=sanitize(one.get("deviceId")),
        expires_s=whole(one.get("sipRegExpires")),
        heartbeat_s=whole(one.get("keepAliveCircle")),
        codes=_codes(one),
        slot=number,
        filled=is_filled(mark, server_id),
        local_port=whole(one.get("localSipPort")),
        heartbeat_misses=whole(one.get("maxTimeoutTimes")),
        retry_s=whole(one.get("regInterval")),
        civil_code=sanitize(one.get("civilCode"), 20),
        address_mark=mark,
    )


def _codes(one: Mapping[str, Any]) -> tuple[tuple[int, str], ...]:
    channels = one.get("channelInfo", [])
    if not isinstance(channels, list):
        raise Malformed(f"{TABLE}: a server cannot be read")
    codes = []
    for number, channel in enumerate(channels, start=1):
        code = channel.get("id", "") if isinstance(channel, dict) else None
        if not isinstance(code, str):
            raise Malformed(f"{TABLE}: the code of a channel cannot be read")
        if code.strip():
            codes.append((number, sanitize(code, 64)))
    return tuple(codes)

"""Parses the GB/T 28181 platforms at which a Dahua device registers: the table VSP_GAYS_SERVER. Pure.

Source: a field report of one recorder and the maker's SDK (CFG_VSP_GAYS_INFO), which name the same fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.errors import Malformed
from drivers.footage import PlatformLink, PlatformServer
from drivers.http.json_answer import flag, whole
from drivers.text import told

TABLE = "VSP_GAYS_SERVER"


def platform_link(params: Mapping[str, Any]) -> PlatformLink:
    """Read the parameters of an answer to configManager.getConfig for this table; slots that are off are listed too.

    Raises:
        Malformed: The table, its switch, or the list of slots is not there.
    """
    table = params.get("table")
    servers = table.get("sipServer") if isinstance(table, dict) else None
    on = flag(table.get("enable")) if isinstance(table, dict) else None
    if not isinstance(servers, list) or on is None or not all(isinstance(one, dict) for one in servers):
        raise Malformed(f"{TABLE}: the answer holds no switch and list of servers")
    return PlatformLink(tuple(_server(one, on) for one in servers))


def _server(one: Mapping[str, Any], on: bool) -> PlatformServer:
    option = one.get("serverOption", "GB28181")
    channels = one.get("channelInfo", [])
    if not isinstance(channels, list) or not isinstance(option, str):
        raise Malformed(f"{TABLE}: a server cannot be read")
    codes = []
    for number, channel in enumerate(channels, start=1):
        code = channel.get("id", "") if isinstance(channel, dict) else None
        if not isinstance(code, str):
            raise Malformed(f"{TABLE}: the code of a channel cannot be read")
        if code.strip():
            codes.append((number, told(code, 64)))
    host, server_id = told(one.get("sipSvrIp")), told(one.get("sipSvrId"))
    return PlatformServer(
        kind="GB28181" if option.lower() in ("gb28181", "disable", "") else told(option),
        # A slot that names no platform is no link, whatever its switch and its flag say.
        enabled=on and option.lower() not in ("disable", "") and bool(host or server_id),
        registered=flag(one.get("IsOnLine")),
        host=host,
        port=whole(one.get("sipSvrPort")),
        server_id=server_id,
        domain=told(one.get("domain")),
        device_id=told(one.get("deviceId")),
        expires_s=whole(one.get("sipRegExpires")),
        heartbeat_s=whole(one.get("keepAliveCircle")),
        codes=tuple(codes),
    )

"""Lists every request of the Uniview driver; all of them read."""

from __future__ import annotations

from typing import Final

from drivers.allowed_requests import Ask, http

ASKS: Final[tuple[Ask, ...]] = http(
    "device", "GET",
    "/LAPI/V1.0/System/DeviceInfo", "/LAPI/V1.0/System/DeviceBasicInfo",
    "/LAPI/V1.0/System/Time", "/LAPI/V1.0/System/Time/NTP",
    "/LAPI/V1.0/Channels/System/ChannelDetailInfos",
)  # fmt: skip

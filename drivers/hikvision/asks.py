"""Lists every request of the Hikvision driver; all of them read, the POSTs are searches."""

from __future__ import annotations

from typing import Final

from drivers.allowed_requests import Ask, http

ASKS: Final[tuple[Ask, ...]] = (
    *http(
        "device", "GET",
        "/ISAPI/System/deviceInfo", "/ISAPI/System/status", "/ISAPI/System/time", "/ISAPI/System/time/localTime",
        "/ISAPI/System/time/ntpServers",
        "/ISAPI/System/Video/inputs/channels", "/ISAPI/Streaming/channels",
        "/ISAPI/ContentMgmt/InputProxy/channels", "/ISAPI/ContentMgmt/InputProxy/channels/status",
        "/ISAPI/ContentMgmt/record/tracks", "/ISAPI/ContentMgmt/Storage",
        "/ISAPI/ContentMgmt/Storage/hdd/*/SMARTTest/status",
        "/ISAPI/System/Network/SIP", "/ISAPI/System/Network/SIP/*/SIPInfo",
        "/ISAPI/Security/adminAccesses", "/ISAPI/Security/users",
    ),
    *http(
        "camera", "GET",
        "/ISAPI/ContentMgmt/InputProxy/channels/*/status",
        "/ISAPI/System/Video/inputs/channels/*/privacyMask",
        "/ISAPI/System/Video/inputs/channels/*/privacyMask/regions",
        "/ISAPI/ContentMgmt/InputProxy/channels/*/video/privacyMask",
        "/ISAPI/ContentMgmt/InputProxy/channels/*/video/privacyMask/regions",
        "/ISAPI/System/Video/inputs/channels/*/overlays", "/ISAPI/ContentMgmt/InputProxy/channels/*/video/overlays",
    ),
    *http(
        "search", "POST", "/ISAPI/ContentMgmt/search", "/ISAPI/ContentMgmt/record/tracks/*/dailyDistribution",
        "/ISAPI/ContentMgmt/logSearch",
    ),
)  # fmt: skip

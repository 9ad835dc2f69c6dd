"""Lists every request of the Dahua driver; all of them read. A file finder and an RPC2 session are ended again."""

from __future__ import annotations

from typing import Final

from drivers.allowed_requests import Ask, http

_CONFIG = "/cgi-bin/configManager.cgi?action=getConfig&name="
_FIND = "/cgi-bin/mediaFileFind.cgi?action="

ASKS: Final[tuple[Ask, ...]] = (
    *http(
        "device", "GET",
        "/cgi-bin/global.cgi?action=getCurrentTime",
        "/cgi-bin/magicBox.cgi?action=getSystemInfo", "/cgi-bin/magicBox.cgi?action=getDeviceType",
        "/cgi-bin/magicBox.cgi?action=getSerialNo", "/cgi-bin/magicBox.cgi?action=getSoftwareVersion",
        "/cgi-bin/magicBox.cgi?action=getVendor",
        "/cgi-bin/storageDevice.cgi?action=getDeviceAllInfo", "/cgi-bin/userManager.cgi?action=getUserInfoAll",
        f"{_CONFIG}NTP", f"{_CONFIG}ChannelTitle", f"{_CONFIG}Encode", f"{_CONFIG}VideoWidget",
        f"{_CONFIG}PrivacyMasking", f"{_CONFIG}LeLensMask", f"{_CONFIG}RemoteDevice", f"{_CONFIG}RecordMode",
        f"{_CONFIG}Record",
    ),
    Ask("http", "POST", "/RPC2_Login"),
    Ask("http", "POST", "/RPC2", "getCameraState"),
    Ask("http", "POST", "/RPC2", "VSP_GAYS_SERVER"),
    Ask("http", "POST", "/RPC2", "RPC2 logout"),
    *http(
        "search", "GET",
        f"{_FIND}factory.create", f"{_FIND}findFile&object=*&condition.*", f"{_FIND}findNextFile&object=*&count=*",
        f"{_FIND}close&object=*", f"{_FIND}destroy&object=*",
    ),
)  # fmt: skip

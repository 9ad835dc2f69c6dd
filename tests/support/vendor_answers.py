"""Answers to makers' own searches, of the shape that published captures have, with values of nobody's device."""

from __future__ import annotations

import json
from typing import Any

from drivers.discovery.dhdiscover import framed

SADP_ANSWER = """<?xml version="1.0" encoding="UTF-8" ?>
<ProbeMatch>
<Uuid>00000000-2FA6-4709-B261-3C6B6A48CA17</Uuid><Types>inquiry</Types><Encrypt>true</Encrypt>
<DeviceType>44322</DeviceType><DeviceDescription>{model}</DeviceDescription><DeviceSN>{serial}</DeviceSN>
<CommandPort>8000</CommandPort><HttpPort>{port}</HttpPort><MAC>{mac}</MAC><IPv4Address>203.0.113.200</IPv4Address>
<DHCP>false</DHCP><SoftwareVersion>V5.7.3build 210706</SoftwareVersion><Activated>{activated}</Activated>
<PasswordResetAbility>true</PasswordResetAbility><OEMInfo>N/A</OEMInfo>
</ProbeMatch>"""


def sadp(
    model: str = "DS-2CD2143",
    serial: str = "DS-2CD214320210706AAWR1",
    port: object = 80,
    mac: str = "44-19-b6-00-00-01",
    activated: str = "true",
) -> bytes:
    """Return what a device answers to an inquiry; it names 203.0.113.200 as its address."""
    return SADP_ANSWER.format(model=model, serial=serial, port=port, mac=mac, activated=activated).encode()


def dahua(mac: str = "3c:ef:8c:00:00:02", method: str = "client.notifyDevInfo", **changed: Any) -> bytes:
    """Return what a device answers to a search; it names 203.0.113.201 as its address."""
    info = {
        "DeviceClass": "IPC",
        "DeviceType": "IPC-HDW5421S",
        "HttpPort": 80,
        "IPv4Address": {"DhcpEnable": False, "IPAddress": "203.0.113.201"},
        "Init": 150,
        "SerialNo": "1F006E4PAX00001",
        "Vendor": "Dahua",
        "Version": "2.800.0000000.25.R",
    }
    return framed(json.dumps({"mac": mac, "method": method, "params": {"deviceInfo": info | changed}}).encode())

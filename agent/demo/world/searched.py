"""Answers makers' own searches for the simulated devices: SADP for those of Hikvision, DHDiscover for those of Dahua.

The sources of both are named in `drivers/discovery/sadp.py` and `drivers/discovery/dhdiscover.py`.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final

from markupsafe import Markup

from agent.demo.world.cameras import DemoDevice
from drivers.discovery.dhdiscover import ANSWER, SEARCH, framed

_INQUIRY: Final = b"<Types>inquiry</Types>"
_MATCH: Final = Markup(
    '<?xml version="1.0" encoding="UTF-8" ?>\n<ProbeMatch><Types>inquiry</Types><DeviceType>44322</DeviceType>'
    "<DeviceDescription>{model}</DeviceDescription><DeviceSN>{serial}</DeviceSN><CommandPort>8000</CommandPort>"
    "<HttpPort>{port}</HttpPort><MAC>{mac}</MAC><IPv4Address>127.0.0.1</IPv4Address>"
    "<SoftwareVersion>V4.61.030build 260101</SoftwareVersion><Activated>true</Activated></ProbeMatch>"
)


def search_answer(question: bytes, spec: DemoDevice, mac: str, port: int) -> bytes | None:
    """Return what a device answers to its maker's search; None to anything else.

    Args:
        question: The bytes that came.
        spec: The device.
        mac: Its MAC, with colons.
        port: Its HTTP port.
    """
    answer = _ANSWERS.get(spec.driver)
    return answer(question, spec, mac, port) if answer else None


def _inquiry_answer(question: bytes, spec: DemoDevice, mac: str, port: int) -> bytes | None:
    if b"<Probe>" not in question or _INQUIRY not in question:
        return None
    return _MATCH.format(model=spec.model, serial=spec.serial, port=port, mac=mac.replace(":", "-")).encode()


def _search_answer(question: bytes, spec: DemoDevice, mac: str, port: int) -> bytes | None:
    if SEARCH.encode() not in question:
        return None
    info = {
        "DeviceClass": "NVR" if spec.recorder else "IPC", "DeviceType": spec.model, "HttpPort": port, "Init": 150,
        "IPv4Address": {"IPAddress": "127.0.0.1"}, "SerialNo": spec.serial, "Vendor": "Dahua",
        "Version": "4.001.0000000.6.R",
    }  # fmt: skip
    return framed(json.dumps({"mac": mac, "method": ANSWER, "params": {"deviceInfo": info}}).encode())


_ANSWERS: Final[Mapping[str, Callable[[bytes, DemoDevice, str, int], bytes | None]]] = {
    "hikvision": _inquiry_answer,
    "dahua": _search_answer,
}

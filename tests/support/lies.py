"""Simulated devices that lie: what they answer over their sockets is changed before it leaves them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from agent.demo.isapi import rtsp
from agent.demo.isapi.device import IsapiDevice
from agent.demo.isapi.xml import IsapiError
from agent.demo.onvif.device import SOAP_TYPE, OnvifDevice
from agent.demo.onvif.device_view import DeviceView
from agent.demo.onvif.soap import SoapFault
from agent.demo.rtsp import server
from agent.demo.rtsp.playing import ReplayWish
from agent.demo.world.cameras import DemoCamera
from drivers.model import Span

Lie = Callable[[str, bytes], bytes]
"""What becomes of an answer: what was asked (SOAP: the request; ISAPI: the path), and the body that was to leave."""


def over_soap(patch: pytest.MonkeyPatch, lie: Lie) -> None:
    """Let every device that speaks ONVIF lie; a lie may raise SoapFault."""
    true = OnvifDevice.answer_soap

    def answer_soap(device: OnvifDevice, data: bytes, authorization: str | None, target: str) -> object:
        status, kind, body, headers = true(device, data, authorization, target)
        if status != 200:
            return status, kind, body, headers
        try:
            return status, kind, lie(data.decode(), body), headers
        except SoapFault as fault:
            return fault.status, SOAP_TYPE, fault.body(), {}

    patch.setattr(OnvifDevice, "answer_soap", answer_soap)


def over_isapi(patch: pytest.MonkeyPatch, lie: Lie) -> None:
    """Let every device that speaks ISAPI lie; a lie may raise IsapiError."""
    true = IsapiDevice.answer

    def answer(device: IsapiDevice, method: str, target: str, authorization: str | None, data: bytes) -> object:
        status, kind, body, headers = true(device, method, target, authorization, data)
        if status != 200 or "xml" not in kind:
            return status, kind, body, headers
        try:
            return status, kind, lie(target, body), headers
        except IsapiError as error:
            return error.status, kind, error.body(target), {}

    patch.setattr(IsapiDevice, "answer", answer)


def changed(asked: str, pattern: str, to: str | Callable[[re.Match[str]], str]) -> Lie:
    """Return what changes every match in answers to what is asked; one at least must be there."""

    def lie(what: str, body: bytes) -> bytes:
        if asked.lower() not in what.lower():
            return body
        text, times = re.subn(pattern, to, body.decode(), flags=re.DOTALL)
        assert times, (pattern, body[:2000])
        return text.encode()

    return lie


def fault_for(*parts: str) -> Lie:
    """Return what answers a fault to a request in which all of this stands."""

    def lie(what: str, body: bytes) -> bytes:
        if all(part in what for part in parts):
            raise SoapFault("Receiver", ("Action",), "it does not work")
        return body

    return lie


def unsupported(*parts: str) -> Lie:
    """Return what says that it has no such operation, to a request in which all of this stands."""

    def lie(what: str, body: bytes) -> bytes:
        if all(part in what for part in parts):
            raise SoapFault("Receiver", ("ActionNotSupported",), "it is not supported")
        return body

    return lie


third_profile: Lie = changed(
    "GetProfiles",
    r'<tr2:Profiles token="ch\d+-sub".*?</tr2:Profiles>',
    lambda found: found[0] + found[0].replace("-sub", "-third"),
)
"""Every camera has one more profile with an encoder of its own."""

third_stream: Lie = changed(
    "Streaming/channels",
    r"<StreamingChannel[ >](?:(?!</StreamingChannel>).)*?<id>\d+02</id>.*?</StreamingChannel>",
    lambda found: found[0] + re.sub(r"<id>(\d+)02</id>", r"<id>\g<1>03</id>", found[0]),
)
"""Every camera has a third stream."""


def nameless(what: str, body: bytes) -> bytes:
    """Let every recording name its source by words that name none of the device's video sources."""
    named = re.sub(r"<tt:SourceId>[^<]*?(\d+)</tt:SourceId>", r"<tt:SourceId>disk \1</tt:SourceId>", body.decode())
    return re.sub(r"(<tt:SourceId>disk \d+</tt:SourceId><tt:Name>)[^<]*", r"\1", named).encode()


def plays_today(patch: pytest.MonkeyPatch) -> None:
    """Let every Hikvision recorder play the last hour, whatever moment is asked for."""
    true = rtsp._recorded

    def recorded(view: DeviceView, camera: DemoCamera, asked: Span) -> object:
        return true(view, camera, Span(view.now - timedelta(hours=1), view.now))

    patch.setattr(rtsp, "_recorded", recorded)


def tells_times(patch: pytest.MonkeyPatch) -> None:
    """Let every recorder send the recorded time with each picture, as ONVIF has it."""

    def wish(*parts: Any, **more: Any) -> ReplayWish:
        return ReplayWish(*parts, **{**more, "marked": True})

    patch.setattr(server, "ReplayWish", wish)

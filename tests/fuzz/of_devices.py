"""Fuzzing targets of the four drivers: whole readings of a device that lies once, and single answers by themselves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from functools import cache
from types import MappingProxyType

import dahua_device
import hikvision_device
import onvif_device
import onvif_reading
from devices import NOW, clock, device
from lxml import etree

from drivers.dahua import cgi, channels, finder, picture, plan, rpc
from drivers.dahua import device as dahua_reads
from drivers.dahua import read as dahua_read
from drivers.dahua.platform_link import platform_link
from drivers.errors import DriverError
from drivers.exchange import Exchange
from drivers.footage import Wanted
from drivers.hikvision import parse_channels, parse_device, parse_picture, parse_search, parse_tracks
from drivers.hikvision import platform_link as hik_link
from drivers.hikvision import read as hikvision_read
from drivers.hikvision.reply import document, plain_text
from drivers.http.replay import ReplayTransport
from drivers.http.samples import scrubbed
from drivers.model import Camera, Device, Reply
from drivers.onvif import documents, parse, parse_recordings
from drivers.onvif import parse_device as onvif_device_parse
from drivers.onvif import read as onvif_read
from drivers.onvif.services import Endpoint, from_capabilities, from_services
from drivers.onvif.soap import Answer, Session
from drivers.stores import smart
from drivers.uniview import parse as uniview
from fuzz.lying import Read, Recorder, lies, told_lies
from fuzz.of_worker import answers_of_a_child, child_seeds
from fuzz.target import Target
from masking.worker.wire import WireError

WANTED = MappingProxyType({"one": Wanted(months=((2026, 11),), days=(date(2026, 11, 20),))})
BOX = device(80)
SCAN = b'{"devices": [{"name": "/dev/sda", "type": "sat"}]}'

Session_ = tuple[tuple[Exchange, ...], Device]


# --- ONVIF


@cache
def _onvif_session() -> Session_:
    script = onvif_device.Script(audio=True, channels=1, zone="CST-8")
    script.recordings = [("rec-1", "source-1", [("2026-10-01T00:00:00Z", "2026-11-24T00:00:00Z")])]
    with script.device() as served, onvif_reading.transport_to(served) as transport:
        recorder = Recorder(transport)
        onvif_read.read(onvif_reading.CAMERAS[:1], recorder)
        return tuple(recorder.exchanges), transport.device


_PARAMETERS: dict[str, dict[str, object]] = {
    "GetServices": {"IncludeCapability": False},
    "GetMaskOptions": {"ConfigurationToken": "vsc-1"},
}

_ONVIF: tuple[tuple[str, str, Callable[[Answer], object]], ...] = (
    (documents.DEVICE, "GetSystemDateAndTime", onvif_device_parse.device_time),
    (documents.DEVICE, "GetServices", lambda a: from_services(parse.listed(a, "Service"), BOX, ())),
    (documents.DEVICE, "GetCapabilities", lambda a: from_capabilities(a.element, BOX, ())),
    (documents.DEVICE, "GetDeviceInformation", onvif_device_parse.identity),
    (documents.DEVICE, "GetNetworkInterfaces", onvif_device_parse.interfaces),
    (documents.DEVICE, "GetNetworkProtocols", onvif_device_parse.protocols),
    (documents.DEVICE, "GetUsers", onvif_device_parse.accounts),
    (documents.DEVICE, "GetStorageConfigurations", onvif_device_parse.storages),
    (documents.MEDIA2, "GetProfiles", parse.profiles2),
    (documents.MEDIA1, "GetProfiles", parse.profiles1),
    (documents.MEDIA2, "GetMasks", parse.masks),
    (documents.MEDIA2, "GetMaskOptions", parse.mask_options),
    (documents.MEDIA2, "GetServiceCapabilities", parse.says_masks),
    (documents.MEDIA2, "GetOSDs", parse.overlays),
    (documents.MEDIA2, "GetVideoSourceConfigurations", parse.configuration_owners),
    (documents.SEARCH, "GetRecordingSummary", parse_recordings.summary),
    (documents.RECORDING, "GetRecordings", parse_recordings.limits),
    (documents.SECURITY, "GetServiceCapabilities", onvif_device_parse.signing),
)


def _onvif(data: bytes) -> object:
    namespace, operation, read = _ONVIF[(data[0] if data else 0) % len(_ONVIF)]
    reply = Reply(operation, "/x", 200, "application/soap+xml", data[1:])
    answer = Session(ReplayTransport([reply], BOX, clock)).call(
        Endpoint(namespace, "/x", 80), operation, **_PARAMETERS.get(operation, {})
    )
    return read(answer)


def _onvif_seeds() -> Iterator[bytes]:
    recorded, _ = _onvif_session()
    for number, (_, operation, _) in enumerate(_ONVIF):
        for one in recorded:
            if one.reply.operation == operation:
                yield bytes((number,)) + one.reply.body
    yield b"\0" + onvif_device.fault("ter:NotAuthorized", "x")


# --- ISAPI


@cache
def _isapi_session() -> Session_:
    nvr = hikvision_device.Nvr(
        footage=[one for one in hikvision_device.hours(101, hikvision_device.at(22), hikvision_device.LOCAL_NOW)]
    )
    with nvr.device() as served, hikvision_device.transport_to(served) as transport:
        recorder = Recorder(transport)
        hikvision_read.read(hikvision_device.CAMERAS[:1], recorder, WANTED)
        return tuple(recorder.exchanges), transport.device


def _switched(root: etree._Element) -> object:
    return parse_picture.masks(parse_picture.mask_switch(root), root)


_ISAPI: tuple[Callable[[etree._Element], object], ...] = (
    parse_channels.inputs, parse_channels.proxies, parse_channels.states, parse_channels.state, parse_channels.streams,
    parse_device.device_info, parse_device.device_time, parse_device.ntp_servers, parse_device.protocols,
    parse_device.accounts, parse_device.disks, parse_device.smart_warns, hik_link.platform_servers,
    hik_link.channel_codes, lambda root: hik_link.neighbour("isup", root), parse_picture.mask_switch, _switched,
    lambda root: parse_picture.overlays(root, "gate"), lambda root: parse_search.parse_page(root, 101),
    parse_search.days, parse_tracks.tracks,
)  # fmt: skip


def _isapi(data: bytes) -> object:
    reply = Reply("x", "/ISAPI/x", 200, "application/xml", data)
    with suppress(DriverError):
        plain_text(reply)
    root = document(reply, _root_of(data))
    for read in _ISAPI:
        with suppress(DriverError):
            read(root)
    return None


def _root_of(data: bytes) -> str:
    """Name the root that the answer has, so that it is never refused for its name alone."""
    for found in (one for one in data.split(b"<")[1:] if not one.startswith((b"?", b"!"))):
        return found.split(b">")[0].split(b" ")[0].rpartition(b":")[2].decode("utf-8", "replace")
    return "x"


def _isapi_seeds() -> Iterator[bytes]:
    recorded, _ = _isapi_session()
    for one in recorded:
        yield one.reply.body


# --- Dahua, and what else is text or JSON


@cache
def _dahua_session() -> Session_:
    nvr = dahua_device.Nvr(footage={1: dahua_device.hours("2026-11-22 00:00:00", 2 * 24)})
    with dahua_device.reading(nvr) as transport:
        recorder = Recorder(transport)
        dahua_read.read(dahua_device.CAMERAS[:1], recorder, WANTED)
        return tuple(recorder.exchanges), transport.device


def _of_fields(reply: Reply) -> None:
    found = cgi.fields(reply)
    reads: tuple[Callable[[], object], ...] = (
        lambda: channels.titles(found),
        lambda: channels.remotes(found),
        lambda: dahua_reads.identity_of(found),
        lambda: dahua_reads.accounts(reply),
        lambda: dahua_reads.disks(reply),
        lambda: picture.encoders(found, 1),
        lambda: picture.masks(found, found, found, 1),
        lambda: picture.turns(found, 1),
        lambda: picture.overlays(found, ("gate",), 1),
        lambda: plan.schedule(found, found, 1),
        lambda: finder.segments(reply, 1),
    )
    for read in reads:
        with suppress(DriverError):
            read()


def _of_rpc(reply: Reply) -> None:
    reads: tuple[Callable[[], object], ...] = (
        lambda: rpc.hashed(BOX, rpc.challenge_of(reply)),
        lambda: rpc.refusal_of(reply),
        lambda: rpc.session_of(reply, 1),
        lambda: channels.states(rpc.params_of(reply)),
        lambda: platform_link(rpc.params_of(reply)),
    )
    for read in reads:
        with suppress(DriverError):
            read()


def _of_lapi(reply: Reply) -> None:
    exchange = Exchange(reply, True, NOW)
    data = uniview.data_of(exchange)
    reads: tuple[Callable[[], object], ...] = (
        lambda: uniview.identity(data, "x"),
        lambda: uniview.clock(data, exchange, "Asia/Shanghai", None),
        lambda: uniview.ntp_enabled(data),
        lambda: uniview.channels(data),
    )
    for read in reads:
        with suppress(DriverError):
            read()


def _of_smartctl(reply: Reply) -> None:
    smart.read(NOW, lambda arguments: SCAN if "--scan" in arguments else reply.body)
    smart.read(NOW, lambda _: reply.body)


def _of_a_sample(reply: Reply) -> None:
    scrubbed(reply.body, ("admin", "secret"))


def _of_a_child(reply: Reply) -> None:
    with suppress(WireError):
        answers_of_a_child(reply.body)


_TEXTS: tuple[Callable[[Reply], None], ...] = (
    _of_fields, _of_rpc, _of_lapi, _of_smartctl, _of_a_sample, _of_a_child,
)  # fmt: skip


def _dahua(data: bytes) -> object:
    return _TEXTS[(data[0] if data else 0) % len(_TEXTS)](Reply("x", "/cgi-bin/x", 200, "text/plain", data[1:]))


def _dahua_seeds() -> Iterator[bytes]:
    recorded, _ = _dahua_session()
    for one in recorded:
        yield bytes((1 if one.reply.body.startswith(b"{") else 0,)) + one.reply.body[:6000]
        yield bytes((4,)) + one.reply.body[:6000]
    for path in sorted((dahua_device.FIXTURES.parent / "uniview").glob("*.json")):
        yield bytes((2,)) + path.read_bytes()
    for seed in child_seeds():
        yield b"\5" + seed
    disk = {
        "smartctl": {"exit_status": 8}, "smart_status": {"passed": False}, "user_capacity": {"bytes": 10**12},
        "model_name": "x", "nvme_smart_health_information_log": {"critical_warning": 1},
    }  # fmt: skip
    yield bytes((3,)) + json.dumps(disk).encode()
    yield bytes((4,)) + b'<user>admin</user> password="x" Authorization: Digest\r\nrtsp://a:b@c/'


# --- whole readings of devices that lie once


_READINGS: tuple[tuple[Callable[[], Session_], Read, tuple[Camera, ...]], ...] = (
    (_onvif_session, lambda cameras, transport, _: onvif_read.read(cameras, transport), onvif_reading.CAMERAS[:1]),
    (_isapi_session, hikvision_read.read, hikvision_device.CAMERAS[:1]),
    (_dahua_session, dahua_read.read, dahua_device.CAMERAS[:1]),
)


def _reading(data: bytes) -> object:
    session, read, cameras = _READINGS[(data[0] if data else 0) % len(_READINGS)]
    recorded, box = session()
    return told_lies(recorded, box, read, cameras, WANTED)(data[1:])


def _reading_seeds() -> Iterator[bytes]:
    for number, (session, _, _) in enumerate(_READINGS):
        for lie in lies(session()[0]):
            yield bytes((number,)) + lie


DEVICES = {
    "reading": Target(_reading, (), _reading_seeds, 24 * 1024, replays=20),
    "onvif": Target(_onvif, (DriverError,), _onvif_seeds, 24 * 1024),
    "isapi": Target(_isapi, (DriverError,), _isapi_seeds),
    "cgi": Target(_dahua, (DriverError,), _dahua_seeds),
}

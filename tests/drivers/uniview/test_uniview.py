"""The Uniview driver reads what is confirmed of LAPI over real sockets, and says of the rest that it is not read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from devices import PASSWORD, Asked, HttpDevice, clock, device, digest_accepts, http
from onvif_reading import fact, reason

from drivers import registry
from drivers.credentials import Credentials
from drivers.footage import Channels
from drivers.http.replay import ReplayTransport
from drivers.http.transport import Transport, open_transport
from drivers.model import Camera, Clock, Device, Identity, Masks, Observations, Unavailable
from drivers.picture import Streams
from drivers.uniview.read import NOT_CONFIRMED, read

FIXTURES = Path(__file__).parents[2] / "fixtures/uniview"
CAMERAS = (Camera("one", "box"), Camera("two", "box", channel=2))
PATHS = {
    "/LAPI/V1.0/System/DeviceInfo": "DeviceInfo",
    "/LAPI/V1.0/System/Time": "Time",
    "/LAPI/V1.0/System/Time/NTP": "NTP",
    "/LAPI/V1.0/Channels/System/ChannelDetailInfos": "ChannelDetailInfos",
}
TRUNCATED_404 = b"HTTP/1.1 404 X\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n\r\n40\r\n<html>no"


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.json").read_bytes()


@dataclass
class Lapi:
    """A recorder behind Digest. `answers` overrides what stands at a path, by the last words of it."""

    password: str = PASSWORD
    login: bool = True
    answers: dict[str, bytes | Iterator[bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    refused: int = 0

    def __call__(self, asked: Asked) -> bytes | Iterator[bytes]:
        """Answer one request."""
        challenge = http(401, fixture("NotAuthorized"), ("WWW-Authenticate", 'Digest realm="x", nonce="n", qop="auth"'))
        if self.login and not asked.authorization:
            return challenge
        if self.login and not digest_accepts(asked.authorization, asked.method, self.password):
            self.refused += 1
            return challenge
        self.asked.append((asked.method, asked.target))
        name = PATHS.get(asked.target, asked.target.rpartition("/")[2])
        if name in self.answers:
            return self.answers[name]
        return http(200, fixture(name)) if asked.target in PATHS else http(599, b"")


@contextmanager
def reading(lapi: Lapi, states: Credentials | None = None, **changes: Any) -> Iterator[Transport]:
    with HttpDevice(lapi) as served:
        box = replace(device(served.port), driver="uniview", **changes)
        with open_transport(box, 5.0, states or Credentials(None), clock) as transport:
            yield transport


def observe(lapi: Lapi, states: Credentials | None = None, **changes: Any) -> Observations:
    with reading(lapi, states, **changes) as transport:
        return read(CAMERAS, transport, {})


def envelope(**changes: object) -> bytes:
    answer = json.loads(fixture("DeviceInfo"))
    answer["Response"] |= changes
    return http(200, json.dumps(answer).encode())


def test_the_driver_stands_in_the_table() -> None:
    assert registry.load("uniview") is read


def test_a_recorder_says_who_it_is_and_what_hangs_on_it() -> None:
    lapi = Lapi()
    seen = observe(lapi)
    identity = Identity("Uniview", "NVR302-16S2", "NVR-B3601.37.45.230825", "210235XAX90000000000")
    assert fact(seen, "device:box", Identity) == identity
    channels = fact(seen, "device:box", Channels)
    assert isinstance(channels, Channels)
    assert [(c.number, c.name, c.state, c.host, c.mac) for c in channels.channels] == [
        (1, "厨房", "online", "192.168.1.67", "f8:4d:fc:00:00:01"),
        (2, "", "offline", "192.168.1.68", ""),
        (3, "Gate", "unknown", "192.168.1.69", "48:ea:63:00:00:03"),
    ]
    assert {method for method, _ in lapi.asked} == {"GET"} and {path for _, path in lapi.asked} == set(PATHS)


def test_the_clock_is_read_in_seconds_of_utc() -> None:
    told = fact(observe(Lapi()), "device:box", Clock)
    assert isinstance(told, Clock)
    assert told.offset_s == pytest.approx(4.5, abs=0.2) and told.ntp is True and not told.local_time_as_utc


def test_a_clock_that_counts_local_time_is_said_to() -> None:
    body = fixture("Time").replace(b"1795507204", str(1795507204 + 8 * 3600).encode())
    told = fact(observe(Lapi(answers={"Time": http(200, body)})), "device:box", Clock)
    assert isinstance(told, Clock) and told.local_time_as_utc


@pytest.mark.parametrize(
    "name", ["masks", "streams", "encoders", "overlays", "schedule", "recordings", "recorded-days"]
)
def test_what_is_not_confirmed_is_unsupported_and_nothing_is_asked_for_it(name: str) -> None:
    lapi = Lapi()
    value = fact(observe(lapi), "camera:one", name)
    assert value == Unavailable(value.fact, "unsupported", NOT_CONFIRMED)  # type: ignore[union-attr]
    assert "no reply format is confirmed" in NOT_CONFIRMED
    assert not any(word in path for _, path in lapi.asked for word in ("Mask", "Record", "Media"))


def test_nothing_reads_as_none() -> None:
    seen = observe(Lapi(answers=dict.fromkeys(("DeviceInfo", "Time", "ChannelDetailInfos"), http(200, b"{}"))))
    assert not any(isinstance(one.value, Masks | Streams | Channels | Identity | Clock) for one in seen)


def test_recorded_replies_give_the_same_facts() -> None:
    with reading(Lapi()) as transport:
        live = read(CAMERAS, transport, {})
        assert read(CAMERAS, ReplayTransport(transport.replies, transport.device, clock), {}) == live
    nothing = read(CAMERAS, ReplayTransport((), Device("box", "192.0.2.1", 80, "uniview"), clock), {})
    assert {one.value.reason for one in nothing if isinstance(one.value, Unavailable)} == {"unreachable"}


# --- traps


@pytest.mark.parametrize("answer", [http(599, b""), http(404, b"<html>"), TRUNCATED_404])
def test_599_and_a_truncated_404_are_unknown_paths(answer: bytes) -> None:
    pieces: dict[str, bytes | Iterator[bytes]] = {"ChannelDetailInfos": iter([answer]), "NTP": iter([answer])}
    seen = observe(Lapi(answers=pieces))
    assert reason(seen, "device:box", "channels") == "unsupported"
    told = fact(seen, "device:box", Clock)
    assert isinstance(told, Clock) and told.ntp is None


def test_a_camera_has_its_basic_information_in_another_place() -> None:
    lapi = Lapi(answers={"DeviceInfo": http(599, b""), "DeviceBasicInfo": http(200, fixture("DeviceInfo"))})
    assert isinstance(fact(observe(lapi), "device:box", Identity), Identity)


def test_basic_information_under_other_names_is_not_guessed() -> None:
    other = json.dumps({"Response": {"ResponseCode": 0, "Data": {"ProductModel": "X", "SerialNo": "1"}}}).encode()
    lapi = Lapi(answers={"DeviceInfo": http(599, b""), "DeviceBasicInfo": http(200, other)})
    assert reason(observe(lapi), "device:box", "identity") == "malformed"


def test_a_wrong_password_is_one_refused_login() -> None:
    lapi, states = Lapi(password="another"), Credentials(None)
    for _ in range(3):
        seen = observe(lapi, states)
    assert lapi.refused == 1 and lapi.asked == []
    assert {one.value.reason for one in seen if isinstance(one.value, Unavailable)} == {"not-tried"}


def test_not_authorized_under_200_is_a_missing_right_behind_a_login_and_no_login_without_one() -> None:
    states = Credentials(None)
    answer = {"ChannelDetailInfos": http(200, fixture("NotAuthorized"))}
    assert reason(observe(Lapi(answers=dict(answer)), states), "device:box", "channels") == "refused"
    assert {entry.state for entry in states.entries()} == {"worked"}
    assert reason(observe(Lapi(login=False, answers=dict(answer))), "device:box", "channels") == "not-tried"


BROKEN: dict[str, tuple[bytes, str]] = {
    "cut": (http(200, fixture("DeviceInfo")[:-9]), "malformed"),
    "empty": (http(200, b""), "malformed"),
    "html": (http(200, b"<html></html>"), "malformed"),
    "list": (http(200, b"[]"), "malformed"),
    "twice": (http(200, b'{"Response":{"ResponseCode":0,"ResponseCode":0,"Data":{}}}'), "malformed"),
    "deep": (http(200, b'{"a":' * 50_000), "malformed"),
    "no envelope": (http(200, b'{"DeviceModel":"X"}'), "malformed"),
    "data null": (envelope(Data="null"), "malformed"),
    "no code": (envelope(ResponseCode=None), "malformed"),
    "code true": (envelope(ResponseCode=True), "malformed"),
    "another error": (envelope(ResponseCode=6, ResponseString="Internal Error"), "fault"),
    "not supported": (envelope(ResponseCode=5, ResponseString="Not Supported"), "malformed"),
    "busy": (envelope(ResponseCode=5, ResponseString="Device Busy"), "busy"),
    "403": (http(403, b""), "refused"),
    "500": (http(500, b""), "fault"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_envelope_is_no_identity(kind: str) -> None:
    answer, why = BROKEN[kind]
    lapi = Lapi(answers={"DeviceInfo": answer, "DeviceBasicInfo": http(200, b"{}")})
    assert reason(observe(lapi), "device:box", "identity") == why


CHANNELS: dict[str, Callable[[dict[str, Any]], object]] = {
    "fewer than it says": lambda data: data["DetailInfos"].pop(),
    "twice": lambda data: data["DetailInfos"][1].update(ID=1),
    "no number": lambda data: data["DetailInfos"][1].pop("ID"),
    "number 0": lambda data: data["DetailInfos"][1].update(ID=0),
    "no list": lambda data: data.update(DetailInfos=None),
    "no row": lambda data: data["DetailInfos"].__setitem__(0, "x"),
}


@pytest.mark.parametrize("kind", CHANNELS)
def test_channels_that_are_not_whole_are_no_list(kind: str) -> None:
    answer = json.loads(fixture("ChannelDetailInfos"))
    CHANNELS[kind](answer["Response"]["Data"])
    lapi = Lapi(answers={"ChannelDetailInfos": http(200, json.dumps(answer).encode())})
    assert reason(observe(lapi), "device:box", "channels") == "malformed"


@pytest.mark.parametrize("told", [b'"1795507204"', b"true", b"-1", b"1e99", b"null", b"99999999999999"])
def test_a_time_that_is_none_is_no_clock(told: bytes) -> None:
    body = fixture("Time").replace(b"1795507204", told)
    assert reason(observe(Lapi(answers={"Time": http(200, body)})), "device:box", "clock") == "malformed"


def test_texts_are_harmless() -> None:
    body = fixture("ChannelDetailInfos").replace(b"Gate", b"\\u001b[31m\\u202eGate")
    channels = fact(observe(Lapi(answers={"ChannelDetailInfos": http(200, body)})), "device:box", Channels)
    assert isinstance(channels, Channels) and channels.channels[2].name == "\ufffd[31m\ufffdGate"

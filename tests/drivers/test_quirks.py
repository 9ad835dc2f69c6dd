"""What devices are known to do otherwise: a test for each that has no better place, and the table of them all."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from devices import Asked, HttpDevice, clock, device, digest_accepts, digest_parameters, http
from lxml import etree
from onvif_answers import fault
from onvif_device import Script
from onvif_reading import CAMERAS, fact, observe, reason, transport_to
from rtsp_device import RtspAsked, RtspDevice, clip, description, rtsp
from sites import site
from soap_talk import NAMESPACES

from agent.observe.inventory.stocktake import take_stock
from drivers.capture import fetch_pictures
from drivers.credentials import Credentials
from drivers.discovery.answer import Discovered
from drivers.http.transport import Transport, open_transport
from drivers.model import Camera, Device, Identity, Masks, Observation, Services, Unavailable
from drivers.onvif.read import read
from drivers.picture import Stream, Streams
from drivers.rtsp.keyframe import fetch_keyframe

ROOT = Path(__file__).parents[2]
ALONE = CAMERAS[:1]


def answering(script: Script, answer: Callable[[Asked], bytes | None]) -> HttpDevice:
    """Make the scripted device, behind something that answers in its place."""
    served = script.device()
    served.answer = answer
    return served


# --- the table


def quirks() -> list[list[str]]:
    """Return the cells of every quirk in the table of drivers/README.md."""
    text = (ROOT / "drivers/README.md").read_text("utf-8")
    section = text.split("\n## Devices and quirks\n")[1].split("\n## ")[0]
    table = section.split("\n| quirk |")[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_each_quirk_of_the_table_names_tests_that_exist() -> None:
    sources = "\n".join(path.read_text("utf-8") for path in Path(__file__).parents[1].rglob("test_*.py"))
    defined = set(re.findall(r"(?m)^def (test_\w+)\(", sources))
    rows = quirks()
    assert len(rows) > 40 and {len(row) for row in rows} == {4}
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row[3])
        assert named, f"no test is named for: {row[0]}"
        assert set(named) <= defined, f"no such test: {sorted(set(named) - defined)}"
    assert len({row[0] for row in rows}) == len(rows)


# --- SOAP


@pytest.mark.parametrize("status", [500, 400])
def test_http_500_with_plain_text_for_every_call_is_malformed(status: int) -> None:
    with (
        HttpDevice(lambda asked: http(status, b"java.lang.NullPointerException\n\tat a.b(C.java:1)")) as served,
        transport_to(served) as transport,
    ):
        seen = read(ALONE, transport)
    assert {one.value.reason for one in seen if isinstance(one.value, Unavailable)} == {"malformed"}
    assert len(seen) == sum(isinstance(one.value, Unavailable) for one in seen)


def test_a_401_without_a_challenge_is_answered_with_a_token() -> None:
    script = Script(login="wsse", channels=1)

    def answer(asked: Asked) -> bytes | None:
        return (script.answer(asked) or b"").replace(b"HTTP/1.1 400", b"HTTP/1.1 401")

    with answering(script, answer) as served, transport_to(served) as transport:
        seen = read(ALONE, transport)
    assert isinstance(fact(seen, "camera:one", "masks"), Masks)
    assert script.refused_logins == 0 and not any(asked.authorization for asked in served.asked)


def test_fault_codes_with_undeclared_prefixes_ask_for_a_login_and_are_never_a_list() -> None:
    script = Script(login="wsse", channels=1)
    odd = fault().replace(b"<s:Reason>", b"<ter:x/><s:Reason>").replace(b"<s:Subcode>", b"<odd:Subcode>")
    odd = odd.replace(b"</s:Subcode>", b"</odd:Subcode>")

    def answer(asked: Asked) -> bytes | None:
        said = script.answer(asked) or b""
        return http(400, odd) if said.startswith(b"HTTP/1.1 400") else said

    with answering(script, answer) as served, transport_to(served) as transport:
        assert isinstance(fact(read(ALONE, transport), "camera:one", "masks"), Masks)
    script = Script(channels=1)
    script.answers["media2 GetMasks"] = lambda asked: http(200, odd.replace(b"NotAuthorized", b"Odd"))
    assert reason(observe(script, cameras=ALONE), "camera:one", "masks") == "malformed"


def test_a_token_holds_a_short_nonce() -> None:
    """Hikvision refuses long ones (lumeohq/onvif-rs#114)."""
    script = Script(login="wsse", channels=1)
    with script.device() as served, transport_to(served) as transport:
        read(ALONE, transport)
    nonces = [
        base64.b64decode(element.text or "")
        for asked in served.asked
        for element in etree.fromstring(asked.body).iter("{*}Nonce")
    ]
    assert len(set(nonces)) == len(nonces) > 5 and {len(nonce) for nonce in nonces} == {16}


def test_a_device_that_refuses_tokens_and_wants_http_digest_gets_no_token() -> None:
    script = Script(login="digest", channels=1)

    def answer(asked: Asked) -> bytes | None:
        if b"UsernameToken" in asked.body:
            return http(400, fault())
        return script.answer(asked)

    with answering(script, answer) as served, transport_to(served) as transport:
        assert isinstance(fact(read(ALONE, transport), "camera:one", "masks"), Masks)
    assert not any(b"UsernameToken" in asked.body for asked in served.asked)


def test_a_fault_that_counts_the_attempts_left_has_cost_one_attempt() -> None:
    script = Script(login="wsse", password="another", channels=1)
    left = [23]

    def answer(asked: Asked) -> bytes | None:
        before = script.refused_logins
        said = script.answer(asked)
        left[0] -= script.refused_logins - before
        text = f"Sender not authorized. You still have {left[0]} attempt(s)"
        return http(400, fault(text=text)) if (said or b"").startswith(b"HTTP/1.1 400") else said

    states = Credentials(None)
    with answering(script, answer) as served:
        for _ in range(3):
            with open_transport(device(served.port), 10.0, states, clock) as transport:
                read(ALONE, transport)
    assert left == [22]


# --- addresses and services


def test_a_service_address_with_a_private_host_and_a_wrong_port_is_asked_on_the_configured_one() -> None:
    seen = observe(Script(address="http://10.0.0.9:8899", channels=1), cameras=ALONE)
    assert isinstance(fact(seen, "camera:one", "masks"), Masks)
    services = fact(seen, "device:box", Services)
    assert isinstance(services, Services) and services.foreign_hosts == ("10.0.0.9",)


@pytest.mark.parametrize("status", [404, 400, 500])
def test_a_service_address_with_a_wrong_path_costs_that_service_and_is_never_no_masks(status: int) -> None:
    script = Script(channels=1)

    def answer(asked: Asked) -> bytes | None:
        if asked.target == "/onvif/wrong_":
            return http(status, b"not here")
        return (script.answer(asked) or b"").replace(b"/onvif/media2<", b"/onvif/wrong_<")

    with answering(script, answer) as served, transport_to(served) as transport:
        seen = read(ALONE, transport)
    streams = fact(seen, "camera:one", Streams)
    assert isinstance(streams, Streams) and streams.streams[1].encoding == "H264"
    assert reason(seen, "camera:one", "masks") == ("unsupported" if status == 404 else "malformed")
    assert isinstance(fact(seen, "device:box", "identity"), Identity)


def test_media2_alone_is_enough() -> None:
    seen = observe(Script(services=("device", "media2"), channels=1), cameras=ALONE)
    streams = fact(seen, "camera:one", Streams)
    assert isinstance(streams, Streams) and streams.streams[1].encoding == "H265"
    assert isinstance(fact(seen, "camera:one", "masks"), Masks)


def test_both_media_services_at_one_address_are_told_apart_by_namespace() -> None:
    script = Script(channels=1)

    def answer(asked: Asked) -> bytes | None:
        if asked.target == "/onvif/media" and NAMESPACES["tr2"].encode() in asked.body:
            asked = Asked(asked.method, "/onvif/media2", asked.headers, asked.body)
        return (script.answer(asked) or b"").replace(b"/onvif/media2<", b"/onvif/media <")

    with answering(script, answer) as served, transport_to(served) as transport:
        seen = read(ALONE, transport)
    assert "/onvif/media" in {asked.target for asked in served.asked}
    assert "/onvif/media2" not in {asked.target for asked in served.asked}
    streams = fact(seen, "camera:one", Streams)
    assert isinstance(streams, Streams) and streams.streams[1].encoding == "H265"
    assert isinstance(fact(seen, "camera:one", "masks"), Masks)


def test_a_wrong_port_in_a_discovery_answer_is_the_configured_device_if_nobody_else_answers_there() -> None:
    a_site = site(devices=(Device("box", "192.0.2.1", 80, "onvif"),))
    wrong = Discovered("192.0.2.1", "urn:uuid:1", (), (), ("http://192.0.2.1:8899/onvif",), ("192.0.2.1",))
    other = Discovered("192.0.2.1", "urn:uuid:2", (), (), ("http://192.0.2.1:80/onvif",), ("192.0.2.1",))
    assert [one.standing for one in take_stock(a_site, [wrong])] == ["configured"]
    assert [one.standing for one in take_stock(a_site, [wrong, other])] == ["undeclared", "configured"]


# --- RTSP


def transport_to_port(port: int) -> AbstractContextManager[Transport]:
    return open_transport(device(port), 10.0, Credentials(None), clock)


def test_no_options_and_no_range_are_sent_to_a_live_stream() -> None:
    with RtspDevice(clip("h264")) as served, transport_to_port(served.port) as transport:
        assert fetch_keyframe(transport, served.url()).keyframe is not None
    assert served.methods() == ["DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]
    assert not any("range" in asked.headers for asked in served.asked)


def test_nonces_that_rtsp_servers_bind_to_a_connection_are_drawn_afresh_for_each_session() -> None:
    """As live555 and GStreamer's server do: there a nonce of another connection looks like a wrong password."""
    issued: list[str] = []
    refused: list[str] = []

    def described(asked: RtspAsked) -> bytes:
        given = asked.headers.get("authorization", "")
        if given and digest_parameters(given)["nonce"] == issued[-1] and digest_accepts(given, asked.method):
            return rtsp(200, asked, description(clip("h264")), "Content-Type: application/sdp")
        refused.extend([given] if given else [])
        issued.append(f"of-connection-{len(issued)}")
        return rtsp(401, asked, "", f'WWW-Authenticate: Digest realm="cam", nonce="{issued[-1]}"')

    main, sub = Camera("one", "box"), Camera("two", "box", channel=2)
    with (
        RtspDevice(clip("h264"), answers={"DESCRIBE": described}) as served,
        transport_to_port(served.port) as transport,
    ):
        streams = Streams((Stream("main", served.url("/main")), Stream("sub", served.url("/sub"))))
        seen = tuple(Observation(f"camera:{one.id}", streams, clock(), "test") for one in (main, sub))
        pictures, _ = fetch_pictures((main, sub), seen, transport)
        assert transport.credentials.state(transport.device).state == "worked"
    assert len(pictures) == len(issued) == 4 and refused == []

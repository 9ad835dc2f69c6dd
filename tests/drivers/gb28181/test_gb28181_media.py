"""The port of a picture takes packets of the device alone; what is asked for names nobody else's stream."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from contextlib import closing

import pytest
from patience import PATIENCE_S

from agent.demo.gb28181.habits import Habits
from agent.demo.gb28181.pictures import rtp_packets
from drivers.errors import Malformed
from drivers.gb28181 import media as media_module
from drivers.gb28181.invitation import Way, offer_for, read_answer
from drivers.gb28181.media import Media
from drivers.rtsp.rtp import Packet

DEVICE, STRANGER = "127.0.0.1", "127.0.0.2"
WAYS: tuple[Way, ...] = ("TCP", "UDP", "TCP-active")
RAW = list(rtp_packets(Habits(), 1))[:30]
FRAMES: dict[str, Callable[[bytes], bytes]] = {
    "a length": lambda data: len(data).to_bytes(2, "big") + data,
    "as RTSP": lambda data: b"$\0" + len(data).to_bytes(2, "big") + data,
}


def came(media: Media, count: int, within_s: float = PATIENCE_S) -> list[Packet]:
    found: list[Packet] = []
    until = time.monotonic() + within_s
    while len(found) < count and time.monotonic() < until:
        found += media.packets()
    return found


def connect(media: Media, source: str = DEVICE) -> socket.socket:
    return socket.create_connection(("127.0.0.1", media.port), PATIENCE_S, (source, 0))


@pytest.mark.parametrize("frame", FRAMES)
def test_packets_on_a_stream_are_cut_however_they_come(frame: str) -> None:
    with Media("TCP", "127.0.0.1", DEVICE) as media, closing(connect(media)) as stream:
        whole = b"".join(FRAMES[frame](one) for one in RAW)
        for at in range(0, len(whole), 333):
            stream.sendall(whole[at : at + 333])
        assert [one.sequence for one in came(media, len(RAW))] == list(range(len(RAW)))


def test_a_length_that_looks_like_the_frame_of_rtsp_is_one() -> None:
    large = RAW[0][:12] + bytes(0x2410 - 12)
    with Media("TCP", "127.0.0.1", DEVICE) as media, closing(connect(media)) as stream:
        stream.sendall(FRAMES["a length"](large) + FRAMES["a length"](RAW[1]))
        assert [len(one.payload) for one in came(media, 2)] == [0x2410 - 12, len(RAW[1]) - 12]


def test_datagrams_are_taken_of_the_device_alone() -> None:
    with Media("UDP", "127.0.0.1", DEVICE) as media:
        for source, data in ((STRANGER, RAW[0]), (DEVICE, b"no rtp"), (DEVICE, RAW[1])):
            with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sock:
                sock.bind((source, 0))
                sock.sendto(data, ("127.0.0.1", media.port))
        assert [one.sequence for one in came(media, 1)] == [1]


def test_a_stranger_who_connects_first_does_not_take_the_devices_place() -> None:
    with Media("TCP", "127.0.0.1", DEVICE) as media, closing(connect(media, STRANGER)) as other:
        other.sendall(FRAMES["a length"](RAW[5]))
        assert media.packets() == []
        with closing(connect(media)) as stream:
            stream.sendall(FRAMES["a length"](RAW[1]))
            assert [one.sequence for one in came(media, 1)] == [1]


def test_what_is_no_rtp_or_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with Media("TCP", "127.0.0.1", DEVICE) as media, closing(connect(media)) as stream:
        stream.sendall(b"GET / HTTP/1.1\r\n\r\n" * 2000)
        with pytest.raises(Malformed, match="no RTP"):
            came(media, 1)
    monkeypatch.setattr(media_module, "MAX_BYTES", 10_000)
    with Media("UDP", "127.0.0.1", DEVICE) as media, closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sock:
        sock.bind((DEVICE, 0))
        for _ in range(20):
            sock.sendto(RAW[0] + bytes(1000), ("127.0.0.1", media.port))
        came(media, 20, within_s=0.5)
        assert media.came_bytes > 10_000
        sock.sendto(RAW[0], ("127.0.0.1", media.port))
        assert media.packets() == [], "nothing more is read"


def test_we_connect_to_the_device_where_it_cannot_to_us_and_again_where_it_refuses() -> None:
    with closing(socket.create_server((DEVICE, 0))) as server, Media("TCP-active", "127.0.0.1", DEVICE) as media:
        assert media.packets() == [], "before the device has named its port"
        media.connect(server.getsockname()[1])
        media.packets()
        with closing(server.accept()[0]) as stream:
            stream.sendall(FRAMES["a length"](RAW[3]))
            assert [one.sequence for one in came(media, 1)] == [3]


def test_a_device_that_refuses_is_connected_to_some_times_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[tuple[str, int]] = []

    def refuses(address: tuple[str, int], *_: object) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuses)
    monkeypatch.setattr(media_module, "CONNECT_EACH_S", 0.0)
    with Media("TCP-active", "127.0.0.1", "192.0.2.64") as media:
        media.connect(30000)
        assert [media.packets() for _ in range(9)] == [[]] * 9
    assert tried == [("192.0.2.64", 30000)] * media_module.CONNECTS, "the address of the device, whatever it names"


def test_the_port_is_even_and_closed_afterwards() -> None:
    with Media("TCP", "127.0.0.1", DEVICE) as media:
        port = media.port
    assert port % 2 == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), PATIENCE_S)


def test_an_offer_of_a_recording_asks_for_its_time_and_not_for_a_download() -> None:
    made = offer_for(
        "14021300001320000001", "14021300002000123456", "192.0.2.1", 30000, "TCP", (1764380000, 1764383600)
    )
    text = made.body.decode("ascii")
    assert "s=Playback\r\nu=14021300001320000001:0\r\n" in text
    assert "t=1764380000 1764383600\r\n" in text
    assert re.search(r"(?m)^y=121300\d{4}\r$", text), "history"
    assert re.fullmatch(r"14021300001320000001:1\d{12},14021300002000123456:\d{12}", made.subject)
    assert "Download" not in text


def test_an_offer_says_who_connects() -> None:
    setups = {
        way: re.findall(r"a=setup:(\w+)", offer_for("1" * 20, "2" * 20, "192.0.2.1", 30000, way).body.decode())
        for way in WAYS
    }
    assert setups == {"TCP": ["passive"], "UDP": [], "TCP-active": ["active"]}


@pytest.mark.parametrize("transport", ["TCP", "UDP"])
def test_an_offer_asks_for_one_live_picture_with_serials_of_its_own(transport: Way) -> None:
    offers = [
        offer_for("14021300001320000001", "14021300002000123456", "192.0.2.1", 30000, transport) for _ in range(40)
    ]
    text = offers[0].body.decode("ascii")
    assert "s=Play\r\n" in text and "a=recvonly\r\n" in text and "Download" not in text
    assert ("a=setup:passive" in text, "m=video 30000 TCP/RTP/AVP 96" in text) == ((transport == "TCP"),) * 2
    assert re.search(r"(?m)^y=021300\d{4}\r$", text), "live, and digits 4 to 8 of the domain"
    assert all(re.fullmatch(r"14021300001320000001:0\d{12},14021300002000123456:\d{12}", one.subject) for one in offers)
    assert len({one.subject for one in offers}) == 40, "no serial of another platform is named but by chance"


def test_an_answer_is_read_with_and_without_its_source() -> None:
    answer = b"v=0\r\nm=video 30000 RTP/AVP 96\r\ny=0213001234\r\n"
    assert (read_answer(answer).port, read_answer(answer).ssrc) == (30000, "0213001234")
    assert read_answer(answer[:-15]).ssrc == ""
    for broken in (b"", b"v=0\r\n", b"m=video x RTP", b"m=video 99999 RTP/AVP 96\r\n", b"m=video 1 " + b"x" * 20_000):
        with pytest.raises(Malformed):
            read_answer(broken)

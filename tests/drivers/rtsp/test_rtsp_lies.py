"""What an RTSP server sends beside its pictures proves no time and accuses nobody; a challenge keeps its own bytes."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from devices import PASSWORD, clock, device
from patience import PATIENCE_S
from rtsp_device import RtspDevice, clip, with_time

from drivers.authentication import choose, parse_challenges
from drivers.credentials import Credentials
from drivers.deadline import Deadline
from drivers.errors import Malformed
from drivers.http.transport import Transport, open_transport
from drivers.rtsp.keyframe import fetch_keyframe
from drivers.rtsp.wire import CHALLENGE, Response, Wire

RECORDED = datetime(2026, 10, 20, 7, 30, tzinfo=UTC)


@contextmanager
def transport_to(port: int) -> Iterator[Transport]:
    box = device(port, PASSWORD, rtsp_port=port)
    with open_transport(box, PATIENCE_S, Credentials(None), clock) as transport:
        yield transport


def sender_report(at: datetime) -> bytes:
    """Write an RTCP sender report that was sent at this moment. Source: RFC 3550 section 6.4.1."""
    seconds = int((at - datetime(1900, 1, 1, tzinfo=UTC)).total_seconds()) & 0xFFFFFFFF
    return struct.pack("!BBHIIIIII", 0x80, 200, 6, 1, seconds, 0, 0, 1, 1)


@pytest.mark.parametrize("at", [RECORDED, RECORDED + timedelta(days=30)])
def test_a_sender_report_neither_proves_a_recorded_moment_nor_accuses_one(at: datetime) -> None:
    """It tells when something was sent: a recorder may write any time there, also the one that was asked for."""
    whole = clip("h264")
    report = sender_report(at)
    bare = [one for packet in whole.packets for one in (report, packet)]
    with RtspDevice(whole, packets=bare) as served, transport_to(served.port) as transport:
        fetched = fetch_keyframe(transport, served.url(), RECORDED)
    assert isinstance(fetched.error, Malformed) and fetched.keyframe is None
    dated = [with_time(packet, RECORDED) for packet in whole.packets]
    with RtspDevice(whole, packets=dated) as served, transport_to(served.port) as transport:
        fetched = fetch_keyframe(transport, served.url(), RECORDED)
    assert fetched.keyframe is not None and fetched.keyframe.recorded_at == RECORDED


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_challenge_over_rtsp_keeps_the_bytes_of_its_realm(encoding: str) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        challenge = 'WWW-Authenticate: Digest realm="网络摄像机", nonce="1"'.encode(encoding)
        theirs.sendall(b"RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\n" + challenge + b"\r\n\r\n")
        answer = Wire(ours, Deadline(PATIENCE_S), 65536).next()
    assert isinstance(answer, Response)
    found = choose(parse_challenges(value for name, value in answer.headers if name == CHALLENGE))
    assert found is not None and found.realm == "网络摄像机"
    assert found.realm.encode(found.encoding) == "网络摄像机".encode(encoding)

"""Fuzzing targets of what comes over sockets: RTSP and RTP, HTTP with its logins, answers to probes."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from unittest import mock

import probe_matches
import vendor_answers
from devices import clock, device, http

from agent.service.alerts.refusals import of_reply
from drivers import deadline as deadlines
from drivers.authentication import authorization, choose, parse_challenges
from drivers.credentials import Credentials
from drivers.deadline import Deadline
from drivers.discovery.answer import mac_of, model_of, scope_text
from drivers.discovery.probe_match import merge
from drivers.discovery.protocols import PROTOCOLS
from drivers.errors import DriverError
from drivers.exchange import Request
from drivers.http.transport import LiveTransport
from drivers.model import Reply
from drivers.rtsp.rtp import Assembler, parse_packet
from drivers.rtsp.sdp import Video, parse_sdp
from drivers.rtsp.session import Limits, Session
from drivers.rtsp.sps import picture_size
from drivers.rtsp.stream_meter import Meter
from fuzz.lying import LyingTransport, plugged
from fuzz.target import Target

BOX = device(80)
AT = datetime(2026, 11, 20, tzinfo=UTC)

SPS_H264 = base64.b64decode("Z0LAHtkDxWhAAAADAEAAAAwDxYuS")
PPS_H264 = base64.b64decode("aMuMsg==")
VPS_H265 = base64.b64decode("QAEMAf//AWAAAAMAkAAAAwAAAwB4mZgJ")
SPS_H265 = base64.b64decode("QgEBAWAAAAMAkAAAAwAAAwB4oAPAgBDlmZmkkyvAQEAAAAMAQAAABkI=")
PPS_H265 = base64.b64decode("RAHBcrRiQA==")
SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\na=control:*\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n"
    "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg==\r\n"
    "m=audio 0 RTP/AVP 0\r\na=control:track2\r\n"
)


def _packet(number: int, payload: bytes, marker: bool, at: int = 3000, extension: bytes = b"") -> bytes:
    head = 0x90 if extension else 0x80
    return struct.pack("!BBHII", head, 96 | 0x80 * marker, number, at, 7) + extension + payload


def _h264_packets() -> tuple[bytes, ...]:
    """A picture of H.264: parameter sets in one aggregate, its slice in two fragments; then a stretch of others."""
    aggregate = b"\x18" + b"".join(len(nal).to_bytes(2, "big") + nal for nal in (SPS_H264, PPS_H264))
    extension = struct.pack("!HHIIBBH", 0xABAC, 3, 3_900_000_000, 0, 0xC0, 1, 0)
    return (
        _packet(1, aggregate, False, extension=extension),
        _packet(2, b"\x7c\x85\x88" + b"s" * 40, False),
        _packet(3, b"\x7c\x45" + b"t" * 40, True),
        *(_packet(3 + n, b"\x41\x9a" + b"p" * 20, True, 3000 + 3600 * n) for n in range(1, 5)),
    )


def _h265_packets() -> tuple[bytes, ...]:
    whole = [_packet(n, nal, False) for n, nal in enumerate((VPS_H265, SPS_H265, PPS_H265), 1)]
    return (*whole, _packet(4, b"\x62\x01\x93\xaf" + b"s" * 40, False), _packet(5, b"\x62\x01\x53" + b"t" * 40, True))


def _framed(packets: tuple[bytes, ...]) -> bytes:
    return b"".join(b"$\0" + len(one).to_bytes(2, "big") + one for one in packets)


# --- RTSP: what a server sends over one connection, where the sequence numbers of answers may be left out; and RTP


def _rtsp(data: bytes) -> object:
    first = data[0] if data else 0
    if first & 4:
        return _rtp(bytes((first & 3,)) + data[1:])
    if first % 4 == 3:
        return parse_sdp(data[1:])
    transport = LyingTransport((), BOX)
    with plugged(data[1:]) as sock:
        session = Session(transport, sock, 554, Limits(seconds=60.0))
        take = _keyframe if first % 4 else _measured
        return session.play("rtsp://127.0.0.1:554/live?x=1", AT if first % 4 == 2 else None, take, parse_sdp)


def _keyframe(video: Video, packets: Iterator[object]) -> object:
    assembler = Assembler("h265" if video.kind == "h265" else "h264", video.parameter_sets)
    return next((frame for packet in packets if (frame := assembler.push(packet))), None)  # type: ignore[arg-type]


def _measured(video: Video, packets: Iterator[object]) -> object:
    meter = Meter(video.kind, video.parameter_sets, 10.0)
    for packet in packets:
        meter.push(packet)  # type: ignore[arg-type]
        if meter.done:
            break
    return meter.result("main")


def _answer(body: str = "", *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"RTSP/1.0 {status}", *headers, f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _rtsp_seeds() -> Iterator[bytes]:
    challenge = 'WWW-Authenticate: Digest realm="cam", nonce="abc", qop="auth", algorithm=MD5'
    setup = _answer("", "Session: 12345;timeout=60", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
    for sdp, packets in ((SDP, _h264_packets()), (SDP.replace("H264", "H265"), _h265_packets())):
        whole = _answer(sdp, "Content-Base: rtsp://10.0.0.1/live/") + setup + _answer("", "RTP-Info: url=x")
        for first in range(3):
            yield bytes((first,)) + whole + _framed(packets)
            yield bytes((first,)) + _answer("", challenge, status="401 Unauthorized") + whole + _framed(packets)
    yield b"\0" + _answer("", "WWW-Authenticate: Basic realm=x", status="401 Unauthorized") * 2
    yield b"\0" + _answer("locked", status="403 Forbidden")
    yield b"\3" + SDP.encode()
    yield b"\3" + SDP.replace("96 H264", "97 JPEG").replace("AVP 96", "AVP 26").encode()
    for seed in _rtp_seeds():
        yield bytes((seed[0] | 4,)) + seed[1:]


# --- RTP without a connection: lengths of two bytes before each packet, and parameter sets


def _rtp(data: bytes) -> object:
    kind = "h265" if data[:1] and data[0] & 1 else "h264"
    if data[:1] and data[0] & 2:
        return picture_size(kind, data[1:])
    assembler, meter, at = Assembler(kind), Meter(kind, (), 10.0), 1
    while at + 2 <= len(data):
        size = int.from_bytes(data[at : at + 2], "big")
        packet = parse_packet(data[at + 2 : at + 2 + size])
        at += 2 + size
        if packet is not None:
            assembler.push(packet)
            meter.push(packet)
    return meter.result("main") if meter.done else None


def _rtp_seeds() -> Iterator[bytes]:
    for first, packets in ((0, _h264_packets()), (1, _h265_packets())):
        yield bytes((first,)) + b"".join(len(one).to_bytes(2, "big") + one for one in packets)
        yield bytes((first,)) + b"".join(len(one).to_bytes(2, "big") + one for one in packets[::-1])
    yield b"\2" + SPS_H264
    yield b"\3" + SPS_H265
    yield b"\2" + bytes.fromhex(
        "6764002aad84054562b8ac5474202a2b15c562a3a1015158ae2b151d080a8ac57158a8e84054562b8ac547"
    )


# --- HTTP: the bytes that a device sends on each connection, challenges, answers to probes and of webhooks


@contextmanager
def _answering(data: bytes) -> Iterator[LiveTransport]:
    """A transport whose every connection brings these bytes and then the end."""
    with mock.patch.object(deadlines, "connect", lambda *_: _unplugged(data)):
        transport = LiveTransport(BOX, Deadline(60.0), Credentials(None), clock, ("127.0.0.1",))
        try:
            yield transport
        finally:
            transport.close()


def _unplugged(data: bytes) -> object:
    with plugged(data) as sock:
        return sock.dup()


def _whole_http(data: bytes) -> object:
    with _answering(data) as transport:
        return transport.exchange(Request("x", "GET", "/x?y=1", max_bytes=1 << 20))


def _challenges(data: bytes) -> object:
    found = parse_challenges(data.decode("latin-1").split("\n"))
    chosen = choose(found)
    assert BOX.credential is not None
    return chosen and authorization(chosen, BOX.credential, "GET", "/x", 1, tls=True)


def _probe_matches(data: bytes) -> object:
    parts = data.split(b"\n\n\n")
    halves = [found for part in parts for one in PROTOCOLS for found in one.parse(part, "10.0.0.1")]
    return [(scope_text(one, "name"), model_of(one), mac_of(one)) for one in merge(halves)]


def _webhook(data: bytes) -> object:
    return [of_reply(kind, Reply("x", "/x", 200, "", data)) for kind in ("json", "dingtalk", "wecom", "feishu")]


_HTTP: tuple[Callable[[bytes], object], ...] = (_whole_http, _challenges, _probe_matches, _webhook)


def _http(data: bytes) -> object:
    return _HTTP[(data[0] if data else 0) % len(_HTTP)](data[1:])


def _http_seeds() -> Iterator[bytes]:
    digest = ("WWW-Authenticate", 'Digest realm="cam", nonce="abc", qop="auth", stale=true, algorithm=SHA-256')
    yield b"\0" + http(200, b"body", ("Date", "Tue, 24 Nov 2026 08:00:00 GMT"))
    yield b"\0" + http(401, b"no", digest) + http(200, b"in")
    yield b"\0" + http(401, b"<userCheck><lockStatus>lock</lockStatus></userCheck>", digest)
    yield b"\0HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX: y\r\n\r\n"
    yield b"\0HTTP/1.1 100 Continue\r\n\r\n" + http(302, b"", ("Location", "http://192.0.2.1/"))
    yield b"\0HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\nSet-Cookie: a=b\r\n\r\nbody"
    yield b'\1Digest realm="a\\"b", nonce="n", opaque="o", qop="auth,auth-int", algorithm=MD5-sess\nBasic realm="x"'
    yield b"\1Basic realm=x, Digest realm=y, nonce=z, stale=FALSE"
    for answer in (probe_matches.ONE, probe_matches.matches(("urn:uuid:1", "a", "http://b/"), ("urn:uuid:2", "c", ""))):
        yield b"\2" + answer + b"\n\n\n" + probe_matches.ONE
    yield b"\2" + vendor_answers.sadp() + b"\n\n\n" + vendor_answers.dahua()
    yield b'\3{"errcode": 310000, "errmsg": "sign not match"}'
    yield b'\3{"errcode": 0}'


STREAMS = {
    "rtsp": Target(_rtsp, (DriverError,), _rtsp_seeds),
    "http": Target(_http, (DriverError,), _http_seeds),
}

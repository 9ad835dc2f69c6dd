"""RTSP of the stub devices, on asyncio: a keyframe at once on PLAY, then its followers in real time.

Streams are the demo site's H.264 clips. Packets of a keyframe leave in one write, as they come from a camera's encoder.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime

from agent.demo.rtsp.clips import Clip, load, recorded
from agent.demo.rtsp.rtp import CLEAN_POINT, CLOCK_HZ, PAYLOAD_TYPE, Packetiser, ReplayMark
from agent.demo.world.login import Gate
from stubs.traffic import TRAFFIC

RATE_HZ = 25
CLIPS = tuple(f"{name}-main.h264" for name in ("bicycles", "canteen", "corridor", "gate", "yard", "library"))
"""640x360, keyframes of 14 to 21 kB: what a sub-stream of 512 kbit/s has. Of each there is footage."""

_CLOCK = re.compile(r"clock=(\d{8}T\d{6})")


class Rtsp(asyncio.Protocol):
    """One connection to a stream. `silent_play` takes every request and sends no packet; `gate` demands a login.

    `keys_only` sends nothing but keyframes, 25 of them a second: 4 Mbit/s.
    """

    def __init__(
        self, clip: str, silent_play: bool = False, gate: Gate | None = None, *, keys_only: bool = False
    ) -> None:
        whole = load(clip)
        self._clip = replace(whole, pictures=whole.pictures[:1]) if keys_only else whole
        self._place = clip.removesuffix("-main.h264")
        self._silent_play, self._gate = silent_play, gate
        self._received = b""
        self._number = 0
        self._mark: ReplayMark | None = None
        self._packetiser = Packetiser(ssrc=0x5EED, sequence=1, channel=0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection, as asyncio hands it over."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        TRAFFIC.count += len(data)
        self._received += data
        while b"\r\n\r\n" in self._received:
            request, _, self._received = self._received.partition(b"\r\n\r\n")
            if request:
                self._answer(request.decode("utf-8", "replace"))

    def _answer(self, request: str) -> None:
        first, *lines = request.split("\r\n")
        method = first.partition(" ")[0]
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        cseq = headers.get("cseq", "0")
        granted = self._gate is None or self._gate.digest(headers.get("authorization"), method, None) == "granted"
        if self._gate and not granted and method != "OPTIONS":
            challenge = f"WWW-Authenticate: {self._gate.challenge(qop=False)}"
            self._write(_reply(401, cseq, challenge))
            return
        if method == "DESCRIBE":
            self._write(_reply(200, cseq, "Content-Type: application/sdp", body=_description(self._clip)))
        elif method == "SETUP":
            transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"
            self._write(_reply(200, cseq, transport, "Session: 77;timeout=60"))
        elif method == "PLAY":
            moment = _CLOCK.search(headers.get("range", ""))
            if moment and headers.get("require") == "onvif-replay":
                at = datetime.strptime(moment[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
                self._mark, self._clip = ReplayMark(at, CLEAN_POINT, int(cseq)), recorded(self._place, at)
            if self._silent_play:
                self._write(_reply(200, cseq, "Session: 77"))
            else:
                self._play(_reply(200, cseq, "Session: 77"))
        elif method == "TEARDOWN":
            self._write(_reply(200, cseq, "Session: 77"))
            self._transport.close()
        else:
            self._write(_reply(200, cseq, "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"))

    def _write(self, data: bytes) -> None:
        TRAFFIC.count += len(data)
        self._transport.write(data)

    def _play(self, before: bytes = b"") -> None:
        if self._transport.is_closing():
            return
        place = self._number % len(self._clip.pictures)
        picture = self._clip.pictures[place]
        units = (self._clip.sps, self._clip.pps, *picture) if place == 0 else picture
        packets = self._packetiser.picture(units, self._number * CLOCK_HZ // RATE_HZ, self._mark)
        self._write(before + packets)
        self._number += 1
        asyncio.get_running_loop().call_later(1 / RATE_HZ, self._play)


def _reply(status: int, cseq: str, *headers: str, body: str = "") -> bytes:
    lines = [f"RTSP/1.0 {status} {'OK' if status == 200 else 'Unauthorized'}", f"CSeq: {cseq}", *headers]
    lines += [f"Content-Length: {len(body)}"] if body else []
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _description(clip: Clip) -> str:
    lines = ("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=stub", "t=0 0", "a=control:*", f"m=video 0 RTP/AVP {PAYLOAD_TYPE}")
    fmtp = f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;sprop-parameter-sets={clip.sprop}"
    return "\r\n".join((*lines, f"a=rtpmap:{PAYLOAD_TYPE} H264/90000", fmtp, "a=control:trackID=1", ""))

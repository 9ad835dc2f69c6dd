"""A scripted RTSP server, and RTP packets that ffmpeg made, so that nobody here wrote both ends of the packing."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from devices import digest_accepts
from listening import Listening
from patience import PATIENCE_S

WIDTH_PX, HEIGHT_PX, FRAMES = 320, 192, 12


@dataclass(frozen=True)
class Clip:
    """RTP packets of a short clip with two keyframes, and the session description that ffmpeg wrote for it."""

    kind: str
    sdp: str
    packets: tuple[bytes, ...]

    @property
    def fmtp(self) -> str:
        """The line that carries the parameter sets."""
        return next((line for line in self.sdp.splitlines() if line.startswith("a=fmtp")), "")


@cache
def clip(kind: str, in_band: bool = True, packet_bytes: int = 1200) -> Clip:
    """Let ffmpeg encode and packetize a clip of `kind` (h264, h265), into a socket of ours.

    Its parameter sets are `in_band`, or in the session description only.
    """
    codec = {
        "h264": ["-c:v", "libx264", "-bf", "0", "-x264-params", f"keyint={FRAMES // 2}:scenecut=0:slices=3"],
        "h265": ["-c:v", "libx265", "-x265-params", f"keyint={FRAMES // 2}:scenecut=0:bframes=0:log-level=none"],
    }[kind]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, TemporaryDirectory() as folder:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(PATIENCE_S)
        sdp = Path(folder) / "sdp"
        source = f"testsrc2=size={WIDTH_PX}x{HEIGHT_PX}:rate=25"
        command = ["ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", source, "-frames:v", str(FRAMES), *codec]
        command += [] if in_band else ["-flags", "+global_header"]
        command += ["-preset", "ultrafast", "-f", "rtp", "-sdp_file", str(sdp)]
        command += [f"rtp://127.0.0.1:{sock.getsockname()[1]}?pkt_size={packet_bytes}"]
        packets = []
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            process.wait(PATIENCE_S)
        sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                data = sock.recv(65_535)
                if not 200 <= data[1] <= 207:  # RTCP
                    packets.append(data)
        return Clip(kind, sdp.read_text(), tuple(packets))


@cache
def decoded_frames(data: bytes, kind: str) -> int:
    """Let ffmpeg decode Annex-B bytes; return how many whole pictures they hold. Fails on any decoding error."""
    command = ["ffmpeg", "-v", "error", "-xerror", "-f", {"h264": "h264", "h265": "hevc"}[kind], "-i", "pipe:0"]
    command += ["-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"]
    done = subprocess.run(command, input=data, capture_output=True, timeout=PATIENCE_S, check=True)
    assert done.stderr == b"", done.stderr
    return len(done.stdout) // (WIDTH_PX * HEIGHT_PX)


def with_time(packet: bytes, recorded_at: datetime) -> bytes:
    """Put the ONVIF replay header extension into an RTP packet that has none."""
    whole_s = (recorded_at - datetime(1900, 1, 1, tzinfo=UTC)).total_seconds()
    seconds, fraction = int(whole_s) & 0xFFFFFFFF, int(whole_s % 1 * 2**32)
    extension = struct.pack("!HHIIBBH", 0xABAC, 3, seconds, fraction, 0xC0, 1, 0)
    return bytes([packet[0] | 0x10]) + packet[1:12] + extension + packet[12:]


@dataclass(frozen=True)
class RtspAsked:
    """One RTSP request as the server saw it. Header names are in lower case."""

    method: str
    url: str
    headers: dict[str, str]


@dataclass
class RtspDevice:
    """Serves one clip over interleaved TCP, endlessly or once. `answers` overrides single methods' answers.

    An override gets the request and returns the whole answer, or None for silence. `login` demands Digest.
    `hang_up_after` names the method after whose answer the connection is cut.
    """

    clip: Clip
    packets: Iterable[bytes] | None = None
    login: bool = False
    sdp: str | None = None
    content_base: str | None = None
    answers: dict[str, Callable[[RtspAsked], bytes | None]] = field(default_factory=dict)
    once: bool = False
    hang_up_after: str = ""
    channel: int = 0
    asked: list[RtspAsked] = field(default_factory=list)
    refused: int = 0
    torn_down: threading.Event = field(default_factory=threading.Event)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> RtspDevice:
        self._listening = Listening(self._serve, self.stopping)
        self.port = self._listening.port
        return self

    def __exit__(self, *details: object) -> None:
        self._listening.stop()

    def methods(self) -> list[str]:
        """The methods asked for, in order."""
        return [asked.method for asked in self.asked]

    def url(self, path: str = "/live") -> str:
        """The stream's address as a device would tell it."""
        return f"rtsp://127.0.0.1:{self.port}{path}"

    def _serve(self, sock: socket.socket) -> None:
        ended = threading.Event()  # of this session: the TEARDOWN of the one before may be read after our PLAY
        with contextlib.suppress(OSError), sock, sock.makefile("rb") as stream:
            while line := stream.readline():
                headers = {}
                while (data := stream.readline()).strip():
                    name, _, value = data.decode().partition(":")
                    headers[name.lower()] = value.strip()
                if not data:
                    return  # whoever asked has hung up in the middle
                method, url, _ = line.decode().split()
                asked = RtspAsked(method, url, headers)
                self.asked.append(asked)
                answer = self._answer(asked)
                if answer is None:
                    stream.read(1)
                    return
                sock.sendall(answer)
                if method == self.hang_up_after:
                    return
                if method == "TEARDOWN":
                    ended.set()
                    self.torn_down.set()
                    return
                if method == "PLAY" and b" 200 " in answer[:20]:
                    self.torn_down.clear()
                    self._listening.start(lambda: self._play(sock, ended))

    def _answer(self, asked: RtspAsked) -> bytes | None:
        if asked.method in self.answers:
            return self.answers[asked.method](asked)
        if self.login:
            given = asked.headers.get("authorization", "")
            if not given or not digest_accepts(given, asked.method):
                self.refused += bool(given)
                return rtsp(401, asked, "", 'WWW-Authenticate: Digest realm="cam", nonce="abc"')
        if asked.method == "DESCRIBE":
            extra = [f"Content-Base: {self.content_base}"] if self.content_base else []
            return rtsp(200, asked, self.sdp or description(self.clip), "Content-Type: application/sdp", *extra)
        if asked.method == "SETUP":
            channels = f"interleaved={self.channel}-{self.channel + 1}"
            return rtsp(200, asked, "", f"Transport: RTP/AVP/TCP;unicast;{channels}", "Session: 77;timeout=60")
        return rtsp(200, asked, "", "Session: 77")

    def _play(self, sock: socket.socket, ended: threading.Event) -> None:
        """Send the packets; each round goes on counting, as a live stream does."""
        packets = list(self.clip.packets if self.packets is None else self.packets)
        with contextlib.suppress(OSError):
            for number in range(1 if self.once else 1000):
                for packet in packets:
                    sequence = (int.from_bytes(packet[2:4], "big") + number * len(packets)) & 0xFFFF
                    timestamp = (int.from_bytes(packet[4:8], "big") + number * FRAMES * 3600) & 0xFFFFFFFF
                    data = packet[:2] + struct.pack("!HI", sequence, timestamp) + packet[8:]
                    sock.sendall(interleaved(data, self.channel))
                # A receiver report and a silence in between, as servers have them.
                sock.sendall(interleaved(b"\x80\xc8" + bytes(26), self.channel + 1))
                if self.stopping.wait(0.01) or ended.is_set():
                    return
            if self.once:
                sock.shutdown(socket.SHUT_RDWR)


def interleaved(data: bytes, channel: int = 0) -> bytes:
    """Frame a packet for the RTSP connection (RFC 2326 section 10.12)."""
    return struct.pack("!cBH", b"$", channel, len(data)) + data


def rtsp(status: int, asked: RtspAsked, body: str = "", *headers: str) -> bytes:
    """Write one RTSP answer."""
    lines = [f"RTSP/1.0 {status} Words", f"CSeq: {asked.headers['cseq']}", *headers]
    lines += [f"Content-Length: {len(body)}"] if body else []
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def description(of: Clip, control: str = "trackID=1") -> str:
    """Write a camera's session description around ffmpeg's codec lines."""
    rtpmap = re.search(r"a=rtpmap:.*", of.sdp)
    assert rtpmap is not None
    lines = ["v=0", "o=- 1 1 IN IP4 192.168.1.64", "s=Media", "t=0 0", "a=control:*", "m=audio 0 RTP/AVP 8"]
    lines += ["a=control:trackID=9", "m=video 0 RTP/AVP 96", rtpmap[0].strip(), f"a=control:{control}"]
    return "\r\n".join(lines + ([of.fmtp] if of.fmtp else [])) + "\r\n"


def numbered(packets: Iterable[bytes]) -> tuple[bytes, ...]:
    """Give packets consecutive sequence numbers, so that leaving some out is no loss."""
    return tuple(packet[:2] + struct.pack("!H", number) + packet[4:] for number, packet in enumerate(packets))

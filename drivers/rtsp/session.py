"""Runs one RTSP session with a device: requests, login, and packets of one video track inside one TCP connection.

Decides the order of requests, the login, the address (always the configured host), how streams of many devices are
opened one after the other, and that the device's slot is released. Callers decide what packets mean and when there are
enough (`keyframe.py`, `sample.py`). No OPTIONS and, live, no Range are sent: both make real devices stumble or rewind.

Source: RFC 2326 (RTSP), ONVIF Streaming Specification, chapters RTSP and Replay.
"""

import contextlib
import math
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, NoReturn, TypeVar

from drivers.address import authority, parse_address
from drivers.authentication import Challenge, authorization, choose, parse_challenges
from drivers.deadline import Deadline
from drivers.errors import (
    Busy,
    DeadlineExceeded,
    DeviceFault,
    DriverError,
    Locked,
    Malformed,
    NotTried,
    ProtocolBroken,
    Unsupported,
)
from drivers.exchange import Transport
from drivers.http.refusal import refusal, unlocks_in_s, weigh
from drivers.rtsp.rtp import Packet, parse_packet
from drivers.rtsp.sdp import Metadata, Video, parse_sdp
from drivers.rtsp.wire import CHALLENGE, Response, Wire

T = TypeVar("T")
Track = Video | Metadata
V = TypeVar("V", Video, Metadata)

OPENS_APART_S = 0.003
"""How far apart the streams of a site are opened.

Keyframes of sub-streams (22 kB) then take 60 Mbit/s: those of a whole site do not meet in one switch."""

_EARLY_MAX_BYTES = 8 * 1024 * 1024
"""How much of a stream may come before the answer to PLAY does: one keyframe."""

_WAY = "rtsp"
_TEARDOWN_S = 0.3
_USER_AGENT = "camwarden"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a device's time one session may take, and how many bytes it may bring."""

    seconds: float = math.inf
    max_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Played(Generic[T]):
    """A taken value or an error; `anonymous`: whether no login was needed, None without an answer to that request."""

    taken: T | None
    error: DriverError | None
    anonymous: bool | None


def play(
    transport: Transport,
    url: str,
    take: Callable[[V, Iterator[Packet]], T],
    at: datetime | None = None,
    limits: Limits = Limits(),
    describe: Callable[[bytes], V] = parse_sdp,  # type: ignore[assignment]
) -> Played[T]:
    """Play the track that `describe` finds at `url` on the device's host, and let `take` have its packets.

    Errors are returned.
    """
    session: Session | None = None
    try:
        where = parse_address(url, transport.device, transport.addresses)
        if where.scheme != "rtsp":
            raise Unsupported(f"streams over {where.scheme} are not read")
        _OPENS.wait(transport.deadline)
        with contextlib.closing(transport.connect(where.port)) as sock, transport.deadline.guarding(sock):
            session = Session(transport, sock, where.port, limits)
            return Played(session.play(session.ours(url), at, take, describe), None, session.anonymous)
    except DriverError as error:
        return Played(None, error, session.anonymous if session else None)


class Stagger:
    """Hands out moments that lie `apart_s` from each other. Shared by all devices of the process."""

    def __init__(self, apart_s: float) -> None:
        self._apart_s = apart_s
        self._lock = threading.Lock()
        self._next_mono = 0.0

    def wait(self, deadline: Deadline) -> None:
        """Wait for the next free moment. Raises DeadlineExceeded where the device's time ends before it."""
        with self._lock:
            now = time.monotonic()
            moment = max(now, self._next_mono)
            self._next_mono = moment + self._apart_s
        if moment > now:
            deadline.pause(moment - now)


_OPENS = Stagger(OPENS_APART_S)


class Session:
    """One RTSP session with the device. It plays once."""

    def __init__(self, transport: Transport, sock: socket.socket, port: int, limits: Limits) -> None:
        self.anonymous: bool | None = None
        self._transport = transport
        self._wire = Wire(sock, transport.deadline.within(limits.seconds), limits.max_bytes)
        self._sock = sock
        self._base = f"rtsp://{authority(transport.device.host, port)}"
        self._sequence = 0
        self._challenge: Challenge | None = None
        self._used = 0
        self._session = ""
        self._early: list[tuple[int, bytes]] = []
        self._early_bytes = 0

    def ours(self, url: str) -> str:
        """Return `url` with the host and port that this session talks to."""
        return self._base + parse_address(url, self._transport.device).target

    def play(
        self,
        url: str,
        at: datetime | None,
        take: Callable[[V, Iterator[Packet]], T],
        describe: Callable[[bytes], V],
    ) -> T:
        """Play a track at `url`, live or recorded from `at` on, and return `take`'s result. Raises DriverError."""
        described = self._ask("DESCRIBE", url, {"Accept": "application/sdp"})
        video = describe(described.body)
        base = described.header("content-base") or described.header("content-location") or url
        replay = {} if at is None else {"Require": "onvif-replay"}
        transport = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}
        setup = self._ask("SETUP", self._control(base, video.control), transport | replay)
        self._session = setup.header("session").partition(";")[0].strip()
        if not self._session or not self._session.isprintable():
            raise Malformed("SETUP: no session in the answer")
        interleaved = re.search(r"interleaved=(\d{1,3})", setup.header("transport"))
        control = self._control(base, video.session_control)
        try:
            if at is not None:
                moment = at.astimezone(UTC)
                replay["Range"] = f"clock={moment:%Y%m%dT%H%M%S}.{moment.microsecond // 1000:03d}Z-"
                replay["Rate-Control"] = "no"
            self._ask("PLAY", control, replay)
            return take(video, self._packets(video, int(interleaved[1]) if interleaved else 0))
        finally:
            self._teardown(control)

    def _packets(self, video: Track, channel: int) -> Iterator[Packet]:
        for number, data in self._items():
            packet = parse_packet(data) if number == channel else None
            if packet is not None and packet.payload_type == video.payload_type:
                yield packet

    def _items(self) -> Iterator[tuple[int, bytes]]:
        yield from self._early
        self._early.clear()
        while True:
            item = self._wire.next()
            if not isinstance(item, Response):
                yield item

    def _ask(self, method: str, url: str, headers: dict[str, str]) -> Response:
        """Send a request and return its good answer; log in once if the device challenges."""
        renewed = False
        while True:
            sent_login = self._challenge is not None
            try:
                response = self._request(method, url, headers)
            except (ProtocolBroken, DeadlineExceeded):
                if sent_login and self._used < 2:
                    # As over HTTP: nobody knows whether it was weighed.
                    self._transport.credentials.unanswered(self._transport.device, self._transport.clock())
                raise
            if response.status == 200:
                if sent_login:
                    self._transport.credentials.accepted(self._transport.device, self._transport.clock(), _WAY)
                elif self.anonymous is None:
                    self.anonymous = True
                return response
            if response.status != 401:
                self._fail(method, response, sent_login)
            challenge = choose(parse_challenges(value for name, value in response.headers if name == CHALLENGE))
            self.anonymous = False
            if sent_login and (renewed or challenge is None or not (challenge.stale or self._used > 1)):
                said = _refusal_text(response)
                self._transport.credentials.refused(self._transport.device, self._transport.clock(), said, _WAY)
                raise refusal(said, f"{method}: the device refused the login")
            if challenge is None:
                raise NotTried(f"{method}: the device asks for a login of a kind that is not known")
            if not sent_login:
                self._transport.credentials.admit(self._transport.device, self._transport.clock(), _WAY)
            renewed = sent_login
            self._challenge, self._used = challenge, 0

    def _request(self, method: str, url: str, headers: dict[str, str]) -> Response:
        self._sequence += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._sequence}", f"User-Agent: {_USER_AGENT}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if self._session:
            lines.append(f"Session: {self._session}")
        login = "".join(f"{line}\r\n" for line in self._login(method, url))
        self._wire.send(("\r\n".join(lines) + "\r\n").encode() + login.encode("latin-1") + b"\r\n")
        while True:
            item = self._wire.next()
            if not isinstance(item, Response):
                self._early.append(item)
                self._early_bytes += len(item[1])
                if self._early_bytes > _EARLY_MAX_BYTES:
                    raise Malformed(f"{method}: packets instead of an answer")
            elif item.header("cseq") in ("", str(self._sequence)):
                return item

    def _login(self, method: str, url: str) -> list[str]:
        device = self._transport.device
        if self._challenge is None or device.credential is None:
            return []
        self._used += 1
        # Nothing hides what is said on this connection: Basic goes out only where the configuration allows it.
        safe = device.allow_basic
        return [
            "Authorization: " + authorization(self._challenge, device.credential, method, url, self._used, tls=safe)
        ]

    def _fail(self, method: str, response: Response, sent_login: bool) -> NoReturn:
        said = _refusal_text(response)
        words = f"{method}: {response.status} {response.reason}".rstrip()
        meaning = weigh(said)
        if response.status in (403, 453, 503) and meaning != "refused" and sent_login:
            self._transport.credentials.refused(self._transport.device, self._transport.clock(), said)
        if meaning == "locked" and response.status == 403:
            raise Locked(words, unlocks_in_s(said))
        if response.status in (453, 503) or (response.status == 403 and meaning == "busy"):
            raise Busy(words)
        if response.status in (405, 461, 501, 551):
            raise Unsupported(words)
        if 300 <= response.status < 400:
            raise Malformed(f"{words}, a redirect is not followed")
        raise DeviceFault(words)

    def _control(self, base: str, control: str) -> str:
        """Return the address that a control attribute means (RFC 2326 appendix C.1.1), on the configured host."""
        if control in ("", "*"):
            return self.ours(base)
        if re.match(r"rtsps?://", control, re.IGNORECASE):
            return self.ours(control)
        return self.ours(base.rstrip("/") + "/" + control.lstrip("/"))

    def _teardown(self, url: str) -> None:
        """Free the device's slot. Best effort: what it answers is of no use, and a moment is all it gets."""
        with contextlib.suppress(DriverError, OSError):
            # What is read of the stream may have ended before the device's time does.
            self._wire.deadline = self._transport.deadline
            sequence = self._sequence + 1
            head = f"TEARDOWN {url} RTSP/1.0\r\nCSeq: {sequence}\r\nSession: {self._session}\r\n"
            login = "".join(f"{line}\r\n" for line in self._login("TEARDOWN", url))
            self._wire.send(head.encode() + login.encode("latin-1") + b"\r\n")
            # Reading on until the answer keeps a reset from overtaking the request.
            until = time.monotonic() + min(_TEARDOWN_S, self._transport.deadline.remaining_s())
            while (left_s := until - time.monotonic()) > 0:
                self._sock.settimeout(left_s)
                data = self._sock.recv(64 * 1024)
                if not data or b"RTSP/1.0 " in data:
                    return


def _refusal_text(response: Response) -> str:
    return response.reason + " " + response.body[:2048].decode("utf-8", "replace")

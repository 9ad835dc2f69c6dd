"""Simulates one device at its platform: registration, heartbeats, answers. Without sockets; time is passed in.

It writes its messages by itself, so that a fault of our renderer does not hide behind the same fault of our parser.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from agent.demo.gb28181.bodies import answers, heartbeat, media_end, read_query
from agent.demo.gb28181.habits import Habits
from drivers.gb28181.sip import Sip, parse, user_of

SOON_S: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """What a person typed into the device: its own id, the platform, and the password."""

    device_id: str
    platform_id: str
    password: str = field(repr=False)
    host: str
    port: int


class SimulatedDevice:
    """One device. `take` is given what came, `tick` the time; both return what it sends. `wall`: its own clock.

    `by_certificate`: what it writes as its login to a challenge, "" before the first; empty: it logs in by password.
    """

    def __init__(
        self, slot: Slot, habits: Habits, address: str, port: int, transport: str, wall: Callable[[], datetime]
    ) -> None:
        self.slot, self.habits = slot, habits
        self.address, self.port, self.transport = address, port, transport
        self.registered = False
        self.is_on = True
        self.heard: list[Sip] = []
        self.queries: list[str] = []
        self.by_certificate: Callable[[str], str] = lambda challenge: ""
        self.media_to: tuple[str, int] | None = None
        self.media_host = slot.host
        self.media_port = 30000
        self._restarted = self._is_restarting = False
        self._wall, self._off = wall, timedelta(seconds=habits.clock_off_s)
        self._number = 0
        self._wrong_left = habits.wrong_password_times
        self.later: list[tuple[float, bytes]] = []
        self._register_at_s: float | None = 0.0
        self._beat_at_s: float | None = 0.0 if habits.heartbeat_first else None

    def due_s(self) -> float:
        """Return when it says something by itself, infinity for never."""
        times = [at for at, _ in self.later]
        times += [at for at in (self._register_at_s, self._beat_at_s) if at is not None]
        return min(times, default=float("inf"))

    def tick(self, now_s: float) -> list[bytes]:
        """Return what it says by itself at this time."""
        said = [data for at, data in self.later if at <= now_s]
        self.later = [one for one in self.later if one[0] > now_s]
        if self._beat_at_s is not None and self._beat_at_s <= now_s:
            said += self._twice(self._message(heartbeat(self.slot.device_id, self._next(), self.habits)))
            self._beat_at_s = None if self.habits.heartbeat_first and not self.registered else now_s + self._beat_s
        if self._register_at_s is not None and self._register_at_s <= now_s:
            self.is_on = self.is_on or self._is_restarting
            self._is_restarting = False
            self._register_at_s = now_s + self.habits.retry_s
            if self.habits.new_port_each_register:
                self.port += 1
            said.append(self._register(""))
        return said

    def take(self, data: bytes, now_s: float) -> list[bytes]:
        """Return what it says to a message of its platform."""
        message = parse(data)
        self.heard.append(message)
        if message.method == "MESSAGE":
            return self._answer(message, now_s)
        if message.method == "INVITE":
            return [self._take_call(message)]
        if message.method == "BYE":
            self.media_to = None
            return [self._reply(message, 200, "OK")] if self.habits.answers_bye else []
        if message.method == "ACK":
            return self._take_ack(message, now_s)
        if message.method:
            return [self._reply(message, 405, "Method Not Allowed")]
        if message.cseq[1] == "REGISTER":
            return self._take_register_answer(message, now_s)
        if message.status == 403 and not self.registered and self.is_on:
            self._register_at_s = min(self._register_at_s or now_s, now_s + SOON_S)
        return []

    def switch_off(self, now_s: float) -> None:
        """Do as when a person switches the slot off: leave, or just fall silent."""
        self.is_on = False
        self._beat_at_s = None
        self._register_at_s = None
        if self.habits.leaves and self.registered:
            self.later.append((now_s, self._register("")))

    def _take_call(self, request: Sip) -> bytes:
        """Take a call for a picture, as its habits are; `media_to` is where the picture goes then."""
        sdp = request.body.decode("ascii")
        video = re.search(r"m=video (\d+) (TCP/)?RTP/AVP", sdp)
        transport = "TCP" if video and video[2] else "UDP"
        is_awaited = "a=setup:active" in sdp
        if video is None or self.habits.call_status != 200:
            return self._reply(request, self.habits.call_status, "No")
        if transport not in self.habits.over:
            return self._reply(request, 488, "Not Acceptable Here")
        if self.habits.sends_media:
            self.media_host = "".join(re.findall(r"(?m)^c=IN IP4 ([0-9.]+)", sdp)[:1]) or self.slot.host
            self.media_to = "TCP-active" if is_awaited else transport, int(video[1])
        ssrc = {"asked": re.findall(r"y=(\d+)", sdp), "other": ["0999999999"], "none": []}[self.habits.source]
        lines = ["v=0", f"o={self.slot.device_id} 0 0 IN IP4 {self.address}", "s=Play", f"c=IN IP4 {self.address}",
                 "t=0 0", f"m=video {self.media_port} RTP/AVP 96", "a=sendonly", "a=rtpmap:96 PS/90000"]  # fmt: skip
        lines += [f"y={one}" for one in ssrc]
        return self._reply(request, 200, "OK", "\r\n".join([*lines, ""]).encode())

    def _take_ack(self, request: Sip, now_s: float) -> list[bytes]:
        """Begin a call that was acknowledged: some end it at once, or their footage ends."""
        if self.media_to is None:
            return []
        channel = user_of(request.header("to"))
        if self.habits.ends_calls:
            self.media_to = None
            self.later.append((now_s + SOON_S, self._bye(request)))
        if self.habits.media_ends_from:
            body = media_end(channel, self._next(), self.habits)
            said = self._message(body).replace(
                f"From: <sip:{self.slot.device_id}@".encode(), f"From: <sip:{self.habits.media_ends_from}@".encode()
            )
            self.later.append((now_s + 60.0, said))
        return []

    def _bye(self, request: Sip) -> bytes:
        number = self._next()
        lines = [
            f"BYE sip:{self.slot.platform_id}@{self.slot.host} SIP/2.0",
            f"Via: SIP/2.0/{self.transport} {self.address}:{self.port};rport;branch=z9hG4bKdemo{number}",
            f"From: {request.header('to')}", f"To: {request.header('from')}", f"Call-ID: {request.header('call-id')}",
            f"CSeq: {number} BYE", "Max-Forwards: 70", "Content-Length: 0",
        ]  # fmt: skip
        return "\r\n".join([*lines, "", ""]).encode()

    @property
    def _beat_s(self) -> float:
        return self.habits.heartbeat_s

    def _take_register_answer(self, answer: Sip, now_s: float) -> list[bytes]:
        if answer.status == 401:
            return [self._register(answer.header("www-authenticate"))]
        if answer.status == 200:
            self.registered = self.is_on
            if answer.header("date") and self.habits.takes_time:
                self._off = datetime.fromisoformat(answer.header("date")) - self._wall()
            if not self._is_restarting:
                self._register_at_s = now_s + self.habits.refresh_s if self.is_on else None
            if self.is_on and self.habits.heartbeats:
                self._beat_at_s = now_s + SOON_S
        elif not self.is_on and not self._is_restarting:
            self._register_at_s = None
        return []

    def _answer(self, request: Sip, now_s: float) -> list[bytes]:
        asked = read_query(request.body)
        self.queries.append(asked.command)
        if asked.command == self.habits.restarts_at and not self._restarted:
            self._restarted = True
            return self._restart(now_s)
        if asked.command in self.habits.refused:
            return [self._reply(request, 488, "Not Acceptable Here")]
        said = [self._reply(request, 200, "OK")]
        lost = self.habits.lost_over_udp if self.transport == "UDP" else frozenset()
        if asked.command in self.habits.unanswered | lost:
            return said
        after_s = self.habits.catalog_after_s if asked.command == "Catalog" else 0.0
        for body in answers(asked, self.slot.device_id, self.habits, self._wall() + self._off):
            self.later += [(now_s + after_s + SOON_S, one) for one in self._twice(self._message(body))]
        return said

    def _restart(self, now_s: float) -> list[bytes]:
        """Leave without an answer, and come again, as after a change of its settings."""
        self.is_on, self._is_restarting = False, True
        leaving = self._register("")
        self._beat_at_s, self._register_at_s = None, now_s + 5.0
        return [leaving]

    def _twice(self, message: bytes) -> list[bytes]:
        return [message, message] if self.habits.sends_twice else [message]

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _register(self, challenge: str) -> bytes:
        slot, number = self.slot, self._next()
        uri = f"sip:{slot.platform_id}@{slot.platform_id[:10]}"
        lines = [f"Contact: <sip:{slot.device_id}@{self.address}:{self.port}>", "User-Agent: Demo GB"]
        if self.habits.expires_header or not self.is_on:
            lines.append(f"Expires: {self.habits.expires_s if self.is_on else 0}")
        login = self.by_certificate(challenge) or (self._digest(challenge, uri) if challenge else "")
        if login:
            lines.append(f"Authorization: {login}")
        return self._request("REGISTER", uri, number, lines, b"", slot.device_id)

    def _digest(self, challenge: str, uri: str) -> str:
        told = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
        password = self.slot.password
        if self._wrong_left:
            self._wrong_left -= 1
            password = "of the last test"  # noqa: S105 - a wrong one
        name = "sha256" if told["algorithm"] == "SHA-256" else "md5"

        def digest(text: str) -> str:
            return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()

        secret = digest(f"{self.slot.device_id}:{told['realm']}:{password}")
        request = digest(f"REGISTER:{uri}")
        middle, more = told["nonce"], ""
        if self.habits.qop:
            middle, more = f"{told['nonce']}:0000000a:c0ffee:auth", ', qop=auth, nc=0000000a, cnonce="c0ffee"'
        response = digest(f"{secret}:{middle}:{request}")
        return (
            f'Digest username="{self.slot.device_id}", realm="{told["realm"]}", nonce="{told["nonce"]}", uri="{uri}", '
            f'response="{response}", algorithm={told["algorithm"]}{more}'
        )

    def _message(self, body: bytes) -> bytes:
        uri = f"sip:{self.slot.platform_id}@{self.slot.platform_id[:10]}"
        lines = ["Content-Type: Application/MANSCDP+xml"]
        return self._request("MESSAGE", uri, self._next(), lines, body, self.slot.platform_id)

    def _request(self, method: str, uri: str, number: int, lines: list[str], body: bytes, to: str) -> bytes:
        domain = self.slot.platform_id[:10]
        via = f"Via: SIP/2.0/{self.transport} {self.address}:{self.port};rport;branch=z9hG4bKdemo{number}"
        head = [
            f"{method} {uri} SIP/2.0", via, f"From: <sip:{self.slot.device_id}@{domain}>;tag=d{number}",
            f"To: <sip:{to}@{domain}>", f"Call-ID: {method}-{number if method != 'REGISTER' else 1}@{self.address}",
            f"CSeq: {number} {method}", "Max-Forwards: 70", *lines,
        ]  # fmt: skip
        if self.habits.version:
            head.append(f"X-GB-Ver: {self.habits.version}")
        return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body

    def _reply(self, request: Sip, status: int, phrase: str, body: bytes = b"") -> bytes:
        def lines() -> Iterator[str]:
            yield f"SIP/2.0 {status} {phrase}"
            if self.habits.answers_with_via:
                yield f"Via: {request.header('via')}"
            yield f"From: {request.header('from')}"
            yield f"To: {request.header('to')};tag=d"
            yield f"Call-ID: {request.header('call-id')}"
            yield f"CSeq: {request.header('cseq')}"
            for hop in request.every("record-route"):
                yield f"Record-Route: {hop}"
            if request.method == "INVITE":
                yield f"Contact: <sip:{user_of(request.header('to'))}@{self.address}:{self.port}>"
            yield f"Content-Length: {len(body)}"

        return "\r\n".join([*lines(), "", ""]).encode() + body

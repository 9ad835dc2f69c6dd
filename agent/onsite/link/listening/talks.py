"""Follows conversations between devices and platforms as they pass on a line: named values alone. Pure.

Who registers, for how long, how often its heart beats, and what is answered. No password, nonce, response or body is
stored, and of an address a mark under a key of this process. All of it is bounded; time is passed in.

Source: GB/T 28181-2022, 9.1, 9.6 and annex I; RFC 3261 section 17.1.3 (which answer belongs to which request).
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final, Literal

from agent.onsite.link.registrar import expires_in, login_quirks
from drivers.errors import Malformed
from drivers.gb28181 import manscdp
from drivers.gb28181.answers import Keepalive
from drivers.gb28181.frames import Segment, Streams, parse_packet
from drivers.gb28181.platform_address import address_mark
from drivers.gb28181.sip import Sip, parse, user_of
from drivers.text import sanitize

TALKS_MAX: Final = 64
REQUESTS_MAX: Final = 512
"""How many requests are remembered for their answers; the oldest make room."""
TIMES_MAX: Final = 256
BODY_MAX_BYTES: Final = 4096
CODE_CHARS: Final = 20
SCHEMES: Final = {"digest": "Digest", "capability": "Capability", "unidirection": "Unidirection",
                  "bidirection": "Bidirection", "asymmetric": "Asymmetric"}  # fmt: skip

State = Literal["", "registered", "refused", "left"]


@dataclass(slots=True, kw_only=True)
class Talk:
    """What passed between one device and one platform. `state`: as the last answer to a REGISTER left it, empty: none.

    `version`, `answered_version`: None as long as no REGISTER, and no answer to one, was heard.
    """

    device_id: str
    platform_id: str
    transport: str
    state: State = ""
    expires_s: int = 0
    version: str | None = None
    answered_version: str | None = None
    scheme: str = ""
    sets_clock: bool = False
    answers: int = 0
    heartbeats_at_s: deque[float] = field(default_factory=lambda: deque(maxlen=TIMES_MAX))
    heartbeats: int = 0
    heartbeats_answered: int = 0
    heartbeats_refused: int = 0
    logins_refused: int = 0
    refused_at_s: float | None = None
    retries_s: deque[float] = field(default_factory=lambda: deque(maxlen=TIMES_MAX))
    quirks: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Request:
    """A request that waits for its answer. `expires_s`: for how long a REGISTER asks, 0 where it leaves."""

    talk: Talk
    method: Literal["REGISTER", "MESSAGE"]
    expires_s: int = 0
    has_login: bool = False
    is_answered: bool = False


class Listener:
    """Everything that was heard. `no_room`: requests of conversations beyond what is followed."""

    def __init__(self) -> None:
        self.malformed = 0
        self.no_room = 0
        self._streams = Streams()
        self._talks: dict[tuple[str, str, str], Talk] = {}
        self._requests: dict[tuple[str, int, str], _Request] = {}

    @property
    def talks(self) -> tuple[Talk, ...]:
        """The conversations, in the order in which they were first heard."""
        return tuple(self._talks.values())

    def take(self, packet: bytes, now_s: float) -> None:
        """Follow one IP packet."""
        segment = parse_packet(packet)
        if segment is None:
            return
        for data in self._streams.messages(segment):
            if not data.strip(b"\r\n\x00 "):
                continue
            try:
                self._follow(parse(data), segment, now_s)
            except Malformed:
                self.malformed += 1

    def _follow(self, message: Sip, segment: Segment, now_s: float) -> None:
        if not message.method:
            request = self._requests.get(_transaction(message))
            if request is not None and message.status >= 200:
                _answered(request, message, now_s)
            return
        if message.cseq[0] < 0 or not message.header("call-id"):
            raise Malformed("a request that no answer can belong to")
        # A copy, or a request that was sent again: both are in the line once more, and are one.
        if _transaction(message) in self._requests:
            return
        if message.method == "REGISTER":
            self._take_register(message, segment, now_s)
        elif message.method == "MESSAGE" and b"Keepalive" in message.body[:BODY_MAX_BYTES]:
            self._take_heartbeat(message, segment, now_s)

    def _take_register(self, message: Sip, segment: Segment, now_s: float) -> None:
        talk = self._talk(user_of(message.header("to")) or message.sender, message, segment)
        if talk is None:
            return
        talk.version = sanitize(message.header("x-gb-ver"), 8)
        login = message.header("authorization")
        scheme = SCHEMES.get(login.partition(" ")[0].lower(), "")
        talk.scheme = scheme or talk.scheme
        expires_s, quirks = expires_in(message)
        talk.quirks |= quirks | (login_quirks(message, talk.device_id) if scheme == "Digest" else frozenset())
        if talk.refused_at_s is not None:
            talk.retries_s.append(now_s - talk.refused_at_s)
            talk.refused_at_s = None
        self._remember(message, _Request(talk, "REGISTER", expires_s, has_login=bool(scheme)))

    def _take_heartbeat(self, message: Sip, segment: Segment, now_s: float) -> None:
        if len(message.body) > BODY_MAX_BYTES:
            return
        said = manscdp.parse(message.body)
        talk = self._talk(said.device, message, segment) if isinstance(said.content, Keepalive) else None
        if talk is None:
            return
        talk.heartbeats += 1
        talk.heartbeats_at_s.append(now_s)
        talk.quirks |= said.quirks
        self._remember(message, _Request(talk, "MESSAGE"))

    def _talk(self, device: str, message: Sip, segment: Segment) -> Talk | None:
        device, platform = _code(device), _code(user_of(message.uri))
        mark = address_mark(segment.target.host, segment.target.port)
        talk = self._talks.get((device, platform, mark))
        if talk is None and len(self._talks) < TALKS_MAX:
            talk = Talk(device_id=device, platform_id=platform, transport=segment.transport)
            self._talks[device, platform, mark] = talk
        self.no_room += talk is None
        return talk

    def _remember(self, message: Sip, request: _Request) -> None:
        self._requests[_transaction(message)] = request
        if len(self._requests) > REQUESTS_MAX:
            del self._requests[next(iter(self._requests))]


def _code(text: str) -> str:
    """Return an id that is one: digits. Whatever else stands in its place may be an address."""
    return text if text.isascii() and text.isdecimal() and len(text) <= CODE_CHARS else ""


def _transaction(message: Sip) -> tuple[str, int, str]:
    """Return what a request and its answers have in common. Some answer without Via, and so without its branch."""
    number, method = message.cseq
    return message.header("call-id"), number, method


def _answered(request: _Request, answer: Sip, now_s: float) -> None:
    """Follow the final answer to a request; a copy of it counts once."""
    if request.is_answered:
        return
    request.is_answered = True
    talk, is_well = request.talk, 200 <= answer.status < 300
    talk.answers += 1
    if not answer.header("via"):
        talk.quirks.add("answer-without-via")
    if request.method == "MESSAGE":
        talk.heartbeats_answered += is_well
        talk.heartbeats_refused += not is_well
        return
    talk.answered_version = sanitize(answer.header("x-gb-ver"), 8)
    talk.sets_clock = talk.sets_clock or bool(answer.header("date"))
    if is_well:
        granted_s, untold = expires_in(answer)
        talk.state = "registered" if request.expires_s else "left"
        talk.expires_s = min(request.expires_s, request.expires_s if untold else granted_s)
        talk.logins_refused = 0
    elif _is_refusal(request, answer.status):
        talk.state, talk.refused_at_s = "refused", now_s


def _is_refusal(request: _Request, status: int) -> bool:
    """Return whether an answer to a REGISTER ends it. One login may be over a number that is too old: two are wrong."""
    if status in (401, 407):
        request.talk.logins_refused += request.has_login
        return request.has_login and request.talk.logins_refused > 1
    return status >= 400  # 302 names another platform

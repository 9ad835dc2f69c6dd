"""Answers and asks one device as its platform; the only state of a test, all of it bounded.

Everything that comes is answered at once, whatever the test waits for: registrations, heartbeats, answers to our
queries. What is not from the registered device, or not read here, is refused and leaves nothing.

Source: GB/T 28181-2022, 9.1, 9.5, 9.6; RFC 3261 section 17.1.2 (repeats over UDP).
"""

import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from agent.observe.facts.platform_told import CameraTold
from agent.onsite.link.plan import Plan
from agent.onsite.link.registrar import OUR_AGENT, OUR_VERSION, Registration, Signature, Verdict, decide
from agent.onsite.link.requesting import Request, Sent, new_request
from drivers.errors import Malformed
from drivers.gb28181 import manscdp
from drivers.gb28181.answers import Content, Keepalive, MediaStatus, items_of
from drivers.gb28181.fields import MAX_ITEMS
from drivers.gb28181.gb35114 import Shown, Signed
from drivers.gb28181.manscdp import Manscdp
from drivers.gb28181.sip import Sip, answer_to
from drivers.gb28181.wire import Dropped, Flow, Incoming

REGISTERS_PER_S: Final = 5
SEEN_MAX: Final = 1024
HEARTBEATS_MAX: Final = 1000
ITEMS_MAX: Final = 2 * MAX_ITEMS
"""How much of one answer is remembered, in rows; a part without rows counts as one."""
REPEATS_S: Final = (0.5, 1.0, 2.0, 4.0)
"""Source: RFC 3261 section 17.1.2.1, timer E."""
BACK_WITHIN_S: Final = 90.0
"""A device tries again after 60 s at the earliest where it failed. Source: GB/T 28181-2022, 9.1.1 c."""
SIGNING_MAX: Final = 2
"""How often a device is asked to sign: once more where our question was lost, then for its password."""
ALLOWED: Final = "REGISTER, MESSAGE, OPTIONS"


class Talks(Protocol):
    """What a platform needs of its sockets: `Wire` of `drivers/gb28181/wire.py`."""

    local: str
    port: int
    dropped: Dropped

    def next(self, within_s: float) -> Incoming | None:
        """Return the next message of the device, None where none came in time."""

    def send(self, flow: Flow, message: Sip) -> bool:
        """Send a message on its way; False where that is gone."""


@dataclass(slots=True)
class Asked:
    """One query and what came of it. `status`: of the answer to the query itself, 0 for none."""

    number: int
    command: str
    status: int = 0
    parts: list[Content] = field(default_factory=list)
    items: int = 0

    def take(self, content: Content) -> None:
        """Remember a part of the answer, as long as there is room."""
        if self.items < ITEMS_MAX:
            self.parts.append(content)
            self.items += items_of(content)


@dataclass(slots=True)
class Heard:
    """What the device did so far: its registration, heartbeats by our clock, refusals, and habits of its maker."""

    registration: Registration | None = None
    verdicts: dict[Verdict, int] = field(default_factory=dict)
    said: dict[Verdict, str] = field(default_factory=dict)
    heartbeats_at_s: deque[float] = field(default_factory=lambda: deque(maxlen=HEARTBEATS_MAX))
    last_heartbeat: Keepalive | None = None
    quirks: set[str] = field(default_factory=set)
    malformed: int = 0
    media_ends: int = 0
    last_at_s: float | None = None
    told: tuple[CameraTold, ...] = ()
    shown: Shown | None = None
    signed: Signature | None = None


class Platform:
    """A platform for one device, while the test runs.

    `told` is called with each verdict that a person should know; `sign`: a device with a certificate is asked to sign.
    """

    def __init__(
        self,
        plan: Plan,
        wire: Talks,
        clock: Callable[[], float],
        told: Callable[[Verdict], None],
        *,
        sign: bool = False,
        date: Callable[[], str] = lambda: "",
    ) -> None:
        self.plan = plan
        self.heard = Heard()
        self.ends_at_s = clock() + plan.lasts_s
        self.ending = False
        self._wire, self._clock, self._told, self._sign, self._date = wire, clock, told, sign, date
        self._key = secrets.token_bytes(32)
        self._number = 0
        self._asked: Asked | None = None
        self._sent: Sent | None = None
        self._waited_for = 0
        self.repeated_answer: Callable[[Sip], None] = lambda answer: None
        self.ended_call: Callable[[Sip], None] = lambda bye: None
        self._seen: dict[tuple[str, str, int], None] = {}
        self._registers: deque[float] = deque(maxlen=REGISTERS_PER_S)

    def pump(self, until: Callable[[], bool], within_s: float, *, beyond: bool = False) -> bool:
        """Answer what comes until something is so; False where the time is over.

        The time of the whole test counts too, but `beyond` it a call is still ended.
        """
        ends_at_s = self._clock() + within_s
        ends_at_s = ends_at_s if beyond else min(ends_at_s, self.ends_at_s)
        while not until():
            left_s = ends_at_s - self._clock()
            if left_s <= 0:
                return False
            incoming = self._wire.next(left_s)
            if incoming is not None:
                self._take(incoming)
        return True

    def ask(
        self,
        command: str,
        about: str,
        fields: Mapping[str, str] | None = None,
        *,
        complete: Callable[[list[Content]], bool] = bool,
        first_within_s: float,
        next_within_s: float,
    ) -> Asked:
        """Ask one query and collect its answers until they are complete, or none came in time.

        A device that left meanwhile, as one that starts anew after its settings were changed, is waited for and asked
        again.
        """
        asked = self._ask_once(command, about, fields or {}, complete, first_within_s, next_within_s)
        if not asked.parts and self._has_come_back():
            asked = self._ask_once(command, about, fields or {}, complete, first_within_s, next_within_s)
        return asked

    def _has_come_back(self) -> bool:
        """Wait once for a device that left in the midst of the test; tell whether it registered again."""
        left = self.heard.verdicts.get("left", 0)
        if left == self._waited_for:
            return False
        self._waited_for = left
        return self.pump(lambda: self.heard.registration is not None, BACK_WITHIN_S)

    def _ask_once(
        self,
        command: str,
        about: str,
        fields: Mapping[str, str],
        complete: Callable[[list[Content]], bool],
        first_within_s: float,
        next_within_s: float,
    ) -> Asked:
        query = self.new_request("MESSAGE", about)
        asked = self._asked = Asked(query.number, command)
        body = manscdp.query(command, query.number, about, fields)
        sent = self.transact(query, manscdp.CONTENT_TYPE, body, until=lambda: bool(asked.parts))
        if sent is not None:
            self.pump(
                lambda: bool(asked.parts) or sent.status >= 300 or self.heard.registration is None, first_within_s
            )
            while asked.parts and not complete(asked.parts):
                had = len(asked.parts)
                if not self.pump(lambda had=had: len(asked.parts) > had, next_within_s):  # type: ignore[misc]
                    break
            asked.status = sent.status
        self._asked = None
        return asked

    def new_request(self, method: str, about: str) -> Request:
        """Return a request of its own: its number, its marks, and no answer yet."""
        self._number += 1
        return new_request(method, about, self._number, self._wire.local)

    def transact(
        self,
        request: Request,
        content_type: str = "",
        body: bytes = b"",
        *,
        until: Callable[[], bool] = lambda: False,
        beyond: bool = False,
    ) -> Sent | None:
        """Send a request until it is answered, as UDP may lose it; None where no device is registered."""
        sent = self._sent = Sent(request)
        for repeat_s in REPEATS_S:
            way = self.tell(request, content_type, body)
            if way is None:
                return None
            if self.pump(lambda: sent.status > 0 or until(), repeat_s, beyond=beyond) or way.transport == "TCP":
                return sent
        return sent

    def forget(self) -> None:
        """Expect no answer any more: one that comes late is `repeated_answer`."""
        self._sent = None

    def tell(self, request: Request, content_type: str = "", body: bytes = b"") -> Flow | None:
        """Send a request once, on the way of the registration; None where there is none."""
        registration = self.heard.registration
        if registration is None:
            return None
        message = request.written(registration.flow, self.plan, (self._wire.local, self._wire.port), content_type, body)
        self._wire.send(registration.flow, message)
        return registration.flow

    def _take(self, incoming: Incoming) -> None:
        message, flow = incoming.message, incoming.flow
        self.heard.last_at_s = self._clock()
        if not message.method:
            self._take_answer(message)
        elif message.method == "REGISTER":
            self._take_register(message, flow)
        elif message.method == "MESSAGE":
            self._take_message(message, flow)
        elif message.method in ("OPTIONS", "BYE"):
            if message.method == "BYE":
                self.ended_call(message)
            self._answer(message, flow, 200, "OK", ("allow", ALLOWED))
        elif message.method != "ACK":
            self._answer(message, flow, 405, "Method Not Allowed", ("allow", ALLOWED))

    def _take_answer(self, answer: Sip) -> None:
        sent = self._sent
        if sent is not None and sent.request.is_answered_by(answer):
            if not answer.header("via"):
                self.heard.quirks.add("answer-without-via")
            if not sent.is_final:
                sent.status, sent.answer = answer.status, answer
            elif sent.request.method == "INVITE":
                self.repeated_answer(answer)
        elif answer.cseq[1] == "INVITE" and 200 <= answer.status < 300:
            self.repeated_answer(answer)

    def _take_register(self, request: Sip, flow: Flow) -> None:
        now_s = self._clock()
        if len(self._registers) == REGISTERS_PER_S and now_s - self._registers[0] < 1.0:
            self.heard.quirks.add("register-flood")
            return
        self._registers.append(now_s)
        heard = self.heard
        sign = self._sign and heard.signed is None and heard.verdicts.get("certificate", 0) < SIGNING_MAX
        decision = decide(request, flow, self.plan, self._key, now_s, ending=self.ending, sign=sign, date=self._date())
        self._wire.send(flow, decision.answer)
        if decision.registration is not None:
            before = heard.registration
            if before is not None and before.flow.transport == "UDP" and before.flow != flow:
                heard.quirks.add("other-source-port")
            heard.registration = decision.registration
            heard.quirks |= decision.registration.quirks
            if "left" in heard.verdicts:
                heard.quirks.add("leaves-and-returns")
            if "wrong-password" in heard.verdicts:
                heard.quirks.add("old-password-first")
        elif decision.verdict == "left":
            heard.registration = None
        heard.verdicts[decision.verdict] = heard.verdicts.get(decision.verdict, 0) + 1
        heard.said[decision.verdict] = decision.said
        # The first request carries the certificate, the ones after it only a signature.
        if decision.shown is not None and not (heard.shown and heard.shown.certificate):
            heard.shown = decision.shown
        if decision.signed is not None and not isinstance(heard.signed, Signed):
            heard.signed = decision.signed
        self._told(decision.verdict)

    def _take_message(self, request: Sip, flow: Flow) -> None:
        registration = self.heard.registration
        if self.ending or registration is None:
            # A 200 would let a device believe that it is registered. It registers anew after a 403.
            if not self.ending:
                self.heard.quirks.add("message-before-registration")
            self._answer(request, flow, 403, "Forbidden")
            return
        if flow.transport == "UDP" and flow != registration.flow and registration.flow.transport == "UDP":
            self.heard.quirks.add("other-source-port")
        if self._is_repeated(request):
            self._answer(request, flow, 200, "OK")
            return
        try:
            said = manscdp.parse(request.body)
        except Malformed:
            self.heard.malformed += 1
            self._answer(request, flow, 400, "Bad Request")
            return
        self._answer(request, flow, 200, "OK")
        self.heard.quirks |= said.quirks
        self._take_content(said, request.sender)

    def _take_content(self, said: Manscdp, sender: str) -> None:
        asked = self._asked
        if isinstance(said.content, MediaStatus):
            # One call at a time: an end of media is of it, whoever it says that it is from.
            self.heard.media_ends += said.content.is_end
            if sender != self.plan.device_id:
                self.heard.quirks.add("other-sender")
            return
        if isinstance(said.content, Keepalive):
            if said.device == self.plan.device_id:
                self.heard.heartbeats_at_s.append(self._clock())
                self.heard.last_heartbeat = said.content
        elif asked is not None and said.content is not None and said.answers(asked.command, asked.number):
            asked.take(said.content)

    def _is_repeated(self, request: Sip) -> bool:
        """Tell whether a request came before, as it does where our answer was lost."""
        if request.transaction in self._seen:
            return True
        self._seen[request.transaction] = None
        if len(self._seen) > SEEN_MAX:
            del self._seen[next(iter(self._seen))]
        return False

    def _answer(self, request: Sip, flow: Flow, status: int, phrase: str, *extra: tuple[str, str]) -> None:
        tag = secrets.token_hex(4)
        self._wire.send(flow, answer_to(request, status, phrase, tag, (OUR_VERSION, OUR_AGENT, *extra)))

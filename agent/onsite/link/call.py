"""Requests one picture, and always hangs up: on an error, at the end of the time, and for a late answer too.

Source: GB/T 28181-2022, 9.2; RFC 3261 sections 13.2.2.4, 15.1.1 and 17.1.1.3.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from agent.onsite.link.platform import Platform
from agent.onsite.link.requesting import Request, Sent
from drivers.gb28181.invitation import CONTENT_TYPE, Offer
from drivers.gb28181.sip import Sip, tag_of

HOPS_MAX: Final = 8
_HOP: Final = re.compile(r"<[^<>]*>[^,<>]*")
_TARGET: Final = re.compile(r"sips?:[^\s<>]{1,256}")
TAKEN_WITHIN_S: Final = 10.0
ENDED_WITHIN_S: Final = 4.0


@dataclass(slots=True)
class Call:
    """One call. `ended`: the device answered our BYE; None where there was nothing to end. `is_over`: for us."""

    sent: Sent | None = None
    ended: bool | None = None
    is_over: bool = False
    is_ended_by_device: bool = False
    media_ends_before: int = 0

    @property
    def status(self) -> int:
        """The device's last word on it: 0 for none."""
        return 0 if self.sent is None else self.sent.status

    @property
    def is_taken(self) -> bool:
        """Whether the device took it."""
        return 200 <= self.status < 300

    @property
    def description(self) -> bytes:
        """What the device described in its answer, empty for nothing."""
        return self.sent.answer.body if self.sent is not None and self.sent.answer is not None else b""


@contextmanager
def calling(platform: Platform, channel: str, offer: Offer) -> Iterator[Call]:
    """Call a channel; the block has the call, taken or not, and behind it the call is over."""
    request = replace(platform.new_request("INVITE", channel), extra=(("subject", offer.subject),))
    call = Call(media_ends_before=platform.heard.media_ends)

    def ended(bye: Sip) -> None:
        if bye.header("call-id") == request.call_id:
            call.is_ended_by_device = True

    def late(answer: Sip) -> None:
        # An answer that comes again missed our ACK; one that comes after we gave up begins a stream that nobody reads.
        if answer.header("call-id") == request.call_id and 200 <= answer.status < 300:
            _acknowledge(platform, request, answer)
            if call.is_over and not call.is_taken:
                platform.tell(_bye(request, answer))

    platform.repeated_answer, platform.ended_call = late, ended
    try:
        call.sent = sent = platform.transact(request, CONTENT_TYPE, offer.body)
        if sent is not None:
            platform.pump(lambda: sent.is_final, TAKEN_WITHIN_S)
            if sent.is_final and sent.answer is not None:
                _acknowledge(platform, request, sent.answer)
        yield call
    finally:
        call.is_over = True
        platform.forget()
        if call.is_ended_by_device:
            call.ended = True
        elif call.is_taken and call.sent is not None and call.sent.answer is not None:
            call.ended = _hang_up(platform, _bye(request, call.sent.answer))


def _hang_up(platform: Platform, bye: Request) -> bool:
    """Send the BYE; tell whether it was answered."""
    sent = platform.transact(bye, beyond=True)
    return sent is not None and platform.pump(lambda: sent.is_final, ENDED_WITHIN_S, beyond=True)


def _acknowledge(platform: Platform, request: Request, answer: Sip) -> None:
    """Send the ACK: to a refusal within the same transaction, to a success as a request of its own."""
    if answer.status >= 300:
        platform.tell(replace(request, method="ACK", to_tag=tag_of(answer.header("to")), extra=()))
    else:
        platform.tell(replace(within(request, answer), method="ACK"))


def _bye(request: Request, answer: Sip) -> Request:
    return replace(within(request, answer), method="BYE", number=request.number + 1)


def within(request: Request, answer: Sip) -> Request:
    """Return a request within the call, through the proxies that asked to stay in it.

    Source: RFC 3261 sections 12.1.2 and 12.2.1.1.
    """
    hops = [hop.strip() for value in answer.every("record-route") for hop in _HOP.findall(value[:1024])][:HOPS_MAX]
    contact = _TARGET.search(answer.header("contact")[:1024])
    return replace(
        request, branch=secrets.token_hex(8), to_tag=tag_of(answer.header("to")),
        target=contact[0] if hops and contact else "", extra=tuple(("route", hop) for hop in reversed(hops)),
    )  # fmt: skip

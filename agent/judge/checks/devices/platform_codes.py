"""Checks one slot for a platform by its settings alone: its codes, its domain, its times. Pure.

What is not told has no flaw here; `untold` names it, so that nobody passes by silence.

Source: GB/T 28181-2022: 6.1.2 (domain), 9.1.1 c and d (retry, duration), 9.6.1 d (heartbeat), annex E (codes).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from agent.model.finding import Message
from drivers.footage import PlatformServer
from drivers.gb28181.codes import CAMERAS, PLATFORMS, RECORDERS, Code, is_within, parse_code

HEARTBEAT_MAX_S: Final = 60
MISSES_MAX: Final = 3
EXPIRES_MIN_S: Final = 3600
RETRY_MIN_S: Final = 60
CODES, DOMAIN, HEARTBEAT, DURATION, RETRY = "annex E", "6.1.2", "9.6.1 d", "9.1.1 d", "9.1.1 c"

_OWN: Final = Message("the device's own code")
_OF_PLATFORM: Final = Message("the platform's code")

_INDUSTRIES: Final = (
    (("school", "kindergarten", "universit", "college", "学", "幼儿园", "学校"), ("11", "55")),
    (("hospital", "clinic", "医院", "卫生院", "诊所"), ("09", "56")),
    (("hotel", "restaurant", "宾馆", "酒店", "旅馆", "饭店"), ("47",)),
    (("bank", "银行", "信用社"), ("49",)),
)
"""Words for a kind of place, and the industries (digits 9 and 10) that are its own. Source: annex E; GB/T 4754."""
_ANYWHERE: Final = ("00", "01", "02", "03", "9")
"""How industries begin that stand at any place: public security's own, and those that a region gives out itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """A setting that the standard does not allow, or (`mild`) does not expect. `clause`: of GB/T 28181-2022."""

    reason: str
    what: Message
    clause: str
    mild: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is known here of a device: its division, the declared kind of place, and whether it has several cameras."""

    division: str
    kind: str = ""
    has_several: bool = False


def untold_codes(server: PlatformServer) -> bool:
    """Return whether a slot leaves out a code or the domain that it must have."""
    return not (server.device_id and server.server_id and server.domain and server.codes)


def untold_times(server: PlatformServer) -> bool:
    """Return whether a slot leaves out its heartbeat or how long it registers; no device has no such setting."""
    return not (server.heartbeat_s and server.expires_s)


def wrong_codes(server: PlatformServer, place: Place) -> Iterator[Flaw]:
    """Yield what is wrong with the codes of a slot, and with its domain."""
    own = parse_code(server.device_id)
    boxes = RECORDERS if place.has_several else RECORDERS | CAMERAS
    if server.device_id:
        yield from _form(_OWN, own, boxes, "device-type", place)
    if server.server_id:
        yield from _form(_OF_PLATFORM, parse_code(server.server_id), PLATFORMS, "platform-type", place)
    if server.domain and server.server_id and not _fits(server.domain, server.server_id):
        what = Message("the domain is not the first 10 digits of the platform's code")
        yield Flaw(reason="other-domain", what=what, clause=DOMAIN)
    if own is not None and not own.is_example:
        yield from _place(_OWN, own, place)
    yield from _channels(server, own, place)


def wrong_times(server: PlatformServer) -> Iterator[Flaw]:
    """Yield what is wrong with the times of a slot, as far as they are told."""
    if 0 < server.expires_s < EXPIRES_MIN_S:
        what = Message("a registration of {seconds} s is shorter than 3600 s", {"seconds": server.expires_s})
        yield Flaw(reason="short-registration", what=what, clause=DURATION)
    if 0 < server.retry_s < RETRY_MIN_S:
        what = Message("it tries again after {seconds} s, sooner than after 60 s", {"seconds": server.retry_s})
        yield Flaw(reason="hasty-retry", what=what, clause=RETRY)
    if server.heartbeat_s > HEARTBEAT_MAX_S:
        what = Message("a heartbeat each {seconds} s is rarer than each 60 s", {"seconds": server.heartbeat_s})
        yield Flaw(reason="rare-heartbeat", what=what, clause=HEARTBEAT, mild=True)
    if server.heartbeat_misses > MISSES_MAX:
        values = {"count": server.heartbeat_misses}
        what = Message("it takes itself for offline after {count} lost heartbeats, and not after 3", values)
        yield Flaw(reason="many-misses", what=what, clause=HEARTBEAT, mild=True)


def _form(named: Message, code: Code | None, types: frozenset[str], reason: str, place: Place) -> Iterator[Flaw]:
    """Yield whether a code has 20 digits, is no example of a factory, and is of a type that fits."""
    if code is None:
        what = Message("{code} has not 20 digits", {"code": named})
        yield Flaw(reason="malformed-code", what=what, clause=CODES)
    elif code.is_example and not is_within(code.centre, place.division):
        what = Message("{code} is an example of the trade, which is nobody's", {"code": named})
        yield Flaw(reason="example-code", what=what, clause=CODES)
    elif code.type not in types:
        values = {"code": named, "type": code.type}
        what = Message("{code} has the type {type} (digits 11 to 13), which does not fit", values)
        yield Flaw(reason=reason, what=what, clause=CODES)


def _place(named: Message, code: Code, place: Place) -> Iterator[Flaw]:
    if not is_within(code.centre, place.division):
        values = {"code": named, "division": place.division}
        what = Message("{code} is of another area (digits 1 to 6) than this site, {division}", values)
        yield Flaw(reason="other-area", what=what, clause=CODES, mild=True)
    kind = place.kind.lower()
    fitting = [codes for words, codes in _INDUSTRIES if any(word in kind for word in words)]
    if fitting and not code.industry.startswith((*_ANYWHERE, *(one for codes in fitting for one in codes))):
        values = {"code": named, "industry": code.industry}
        what = Message("{code} has the industry {industry} (digits 9 and 10), which is not that of the place", values)
        yield Flaw(reason="other-industry", what=what, clause=CODES, mild=True)


def _channels(server: PlatformServer, own: Code | None, place: Place) -> Iterator[Flaw]:
    seen: set[str] = set()
    for channel, text in server.codes:
        named = Message("the code of channel {channel}", {"channel": channel})
        code = parse_code(text)
        yield from _form(named, code, CAMERAS, "channel-type", place)
        if text in seen:
            yield Flaw(reason="repeated-code", what=Message("{code} is that of another channel", {"code": named}),
                       clause=CODES)  # fmt: skip
        seen.add(text)
        if code is not None and own is not None and code.centre != own.centre:
            what = Message("{code} is of another centre (digits 1 to 8) than the device's own", {"code": named})
            yield Flaw(reason="other-centre", what=what, clause=CODES, mild=True)


def _fits(domain: str, server_id: str) -> bool:
    """Return whether a domain is that of a platform: ten digits, with or without the usual end, or an address."""
    return domain.removesuffix(".spvmn.cn") == server_id[:10] or not domain[:10].isdecimal()

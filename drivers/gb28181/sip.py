"""Parses and renders SIP messages, bounded in size, headers and depth. Pure.

Of SIP only what a registrar for one device needs: no proxying, no authorities but the digest of `sip_digest.py`. A
header's bytes are characters (Latin-1), so that what a device wrote goes back to it unchanged. Unknown headers and
methods are left as they are; the caller answers what it does not know.

Source: RFC 3261 sections 7, 18.3, 20 and 25.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from drivers.errors import Malformed

MAX_DATAGRAM_BYTES: Final = 64 * 1024
MAX_HEAD_BYTES: Final = 16 * 1024
MAX_BODY_BYTES: Final = 4 * 1024 * 1024
"""A catalogue of 10,000 channels in one message is some 3 MB. Source: GB/T 28181-2022, annex M."""
MAX_HEADERS: Final = 128

VERSION: Final = "SIP/2.0"
COMPACT: Final = {
    "a": "accept-contact", "b": "referred-by", "c": "content-type", "e": "content-encoding", "f": "from",
    "i": "call-id", "k": "supported", "l": "content-length", "m": "contact", "o": "event", "r": "refer-to",
    "s": "subject", "t": "to", "u": "allow-events", "v": "via",
}  # fmt: skip
"""Source: RFC 3261 section 7.3.3, IANA registry of SIP parameters."""

_TOKEN: Final = re.compile(r"[A-Za-z0-9.!%*_+`'~-]{1,64}")
_ANSWER: Final = re.compile(r"SIP/2\.0 ([1-6][0-9]{2})(?: ([^\x00-\x08\x0a-\x1f\x7f]{0,200}))?")
_REQUEST: Final = re.compile(r"([A-Za-z]{1,32}) ([^ \x00-\x1f\x7f]{1,512}) SIP/2\.0")
_USER: Final = re.compile(r"sips?:([^@:;>\s]{1,64})(?::[^@>\s]{0,64})?@", re.IGNORECASE)
_TAG: Final = re.compile(r";\s*tag\s*=\s*([^\s;,>]{1,128})", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sip:
    """A request (`method` and `uri`) or an answer (`status` and `phrase`). Header names are in lower case."""

    headers: Headers
    body: bytes = b""
    method: str = ""
    uri: str = ""
    status: int = 0
    phrase: str = ""

    def header(self, name: str) -> str:
        """Return the first header of this name, or nothing."""
        return next((value for key, value in self.headers if key == name), "")

    def every(self, name: str) -> tuple[str, ...]:
        """Return all headers of this name, in their order."""
        return tuple(value for key, value in self.headers if key == name)

    @property
    def cseq(self) -> tuple[int, str]:
        """The number and method of CSeq; `(-1, "")` where it has none."""
        number, _, method = self.header("cseq").partition(" ")
        return (int(number), method.strip()) if number.isdecimal() and len(number) <= 10 else (-1, "")

    @property
    def sender(self) -> str:
        """The user of From: the id under which the other side speaks; empty where it names none."""
        return user_of(self.header("from"))

    @property
    def transaction(self) -> tuple[str, str, int]:
        """What a repeated request has in common with the first: the branch of Via, Call-ID, number."""
        return _parameter(self.header("via"), "branch"), self.header("call-id"), self.cseq[0]


def parse(data: bytes) -> Sip:
    """Parse one whole message. A body shorter than its length is refused, a longer one cut (RFC 3261, 18.3).

    Raises:
        Malformed: It is no SIP, or beyond a bound.
    """
    data = data.lstrip(b"\r\n")
    head, found, rest = data.partition(b"\r\n\r\n")
    if not found:
        head, found, rest = data.partition(b"\n\n")
    if not found:
        raise Malformed("the message has no end of its head")
    if len(head) > MAX_HEAD_BYTES:
        raise Malformed("the head of the message is too long")
    first, *lines = head.decode("latin-1").replace("\r\n", "\n").split("\n")
    headers = _headers(lines)
    told = _length(headers)
    if told is not None and told > len(rest):
        raise Malformed("the message is shorter than it says")
    body = rest if told is None else rest[:told]
    if len(body) > MAX_BODY_BYTES:
        raise Malformed("the body of the message is too long")
    if (answer := _ANSWER.fullmatch(first)) is not None:
        return Sip(headers, body, status=int(answer[1]), phrase=answer[2] or "")
    if (request := _REQUEST.fullmatch(first)) is not None:
        return Sip(headers, body, method=request[1].upper(), uri=request[2])
    raise Malformed("the message is not SIP")


def first_size(buffer: bytes | bytearray) -> int | None:
    """Return how many bytes of a stream the first message takes, those to come included; None: its head is not whole.

    Line ends before a message belong to it; alone they keep a connection open. A message without a length has no body.

    Raises:
        Malformed: No message can begin so.

    Source: RFC 3261 sections 7.5 and 18.3, RFC 5626 section 3.5.1.
    """
    start = len(buffer) - len(buffer.lstrip(b"\r\n"))
    end = buffer.find(b"\r\n\r\n", start, start + MAX_HEAD_BYTES + 4)
    if end < 0:
        if len(buffer) - start > MAX_HEAD_BYTES:
            raise Malformed("the head of the message is too long")
        return None
    lines = bytes(buffer[start:end]).decode("latin-1").split("\r\n")
    return end + 4 + (_length(_headers(lines[1:])) or 0)


def render(message: Sip) -> bytes:
    """Render a message with its length. Raises ValueError where a value would begin another header."""
    first = f"{message.method} {message.uri} {VERSION}" if message.method else ""
    lines = [first or f"{VERSION} {message.status} {message.phrase}"]
    lines += [f"{written(name)}: {value}" for name, value in message.headers if name != "content-length"]
    lines.append(f"Content-Length: {len(message.body)}")
    if any(_CONTROL.search(line) for line in lines):
        raise ValueError("a line of a SIP message holds a control character")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + message.body


def answer_to(request: Sip, status: int, phrase: str, tag: str, extra: Iterable[tuple[str, str]] = ()) -> Sip:
    """Return an answer with what must go back as it came, and a tag of our own. Source: RFC 3261 section 8.2.6.2."""
    headers = [("via", value) for value in request.every("via")]
    headers.append(("from", request.header("from")))
    to = request.header("to")
    headers.append(("to", to if tag_of(to) else f"{to};tag={tag}"))
    headers += [("call-id", request.header("call-id")), ("cseq", request.header("cseq")), *extra]
    return Sip(tuple(headers), status=status, phrase=phrase)


def user_of(value: str) -> str:
    """Return the user of an address header, empty where it has none."""
    found = _USER.search(value[:1024])
    return found[1] if found else ""


def tag_of(value: str) -> str:
    """Return the tag of From or To, empty where it has none."""
    found = _TAG.search(value[:1024])
    return found[1] if found else ""


def written(name: str) -> str:
    """Return a header's name as devices expect it: `X-GB-Ver`, `CSeq`, `Call-ID`; some compare it byte by byte."""
    special = {"cseq": "CSeq", "call-id": "Call-ID", "www-authenticate": "WWW-Authenticate", "x-gb-ver": "X-GB-Ver"}
    return special.get(name, name.title())


def _headers(lines: list[str]) -> Headers:
    """Parse header lines, continued ones joined (RFC 3261, 7.3.1)."""
    joined: list[list[str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and joined:
            joined[-1].append(line.strip())
        elif line:
            joined.append([line])
        if len(joined) > MAX_HEADERS:
            raise Malformed("the message has too many headers")
    return tuple(_header(" ".join(parts)) for parts in joined)


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    name, value = name.strip().lower(), value.strip()
    if not colon or _TOKEN.fullmatch(name) is None or _CONTROL.search(value):
        raise Malformed("a line of the head is no header")
    return COMPACT.get(name, name), value


def _length(headers: Headers) -> int | None:
    """Return the length that the headers tell; two that differ would let one message be read as two."""
    told = {value for name, value in headers if name == "content-length"}
    if not told:
        return None
    value = told.pop()
    if told or not value.isascii() or not value.isdecimal() or len(value) > 8 or int(value) > MAX_BODY_BYTES:
        raise Malformed("the length of the message cannot be right")
    return int(value)


def _parameter(value: str, name: str) -> str:
    for part in value[:1024].split(";")[1:]:
        key, _, told = part.partition("=")
        if key.strip().lower() == name:
            return told.strip()
    return ""

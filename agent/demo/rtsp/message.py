"""Parses requests and writes responses of RTSP/1.0 for the simulated devices, with their ranges. Pure.

Source: RFC 2326; ONVIF Streaming Specification for the `clock` range and the `onvif-replay` tag.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

HEAD_MAX_BYTES = 16 * 1024
REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    457: "Invalid Range",
    461: "Unsupported Transport",
    501: "Not Implemented",
    551: "Option not supported",
}
_LINE = re.compile(r"([A-Z_]+) (\S+) RTSP/1\.0")
_CLOCK = re.compile(r"clock\s*=\s*(\d{8}T\d{6})(?:\.(\d{1,9}))?Z-(?:(\d{8}T\d{6})(?:\.(\d{1,9}))?Z)?")


class BadRequest(ValueError):
    """The bytes are no RTSP request."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are lower-case."""

    method: str
    url: str
    headers: Mapping[str, str]

    @property
    def cseq(self) -> int:
        """The sequence number; 0 where it is missing or no number."""
        value = self.headers.get("cseq", "")
        return int(value) if value.isdecimal() and len(value) < 10 else 0


def take(buffer: bytes) -> tuple[Request | None, bytes]:
    """Cut the first complete request from what has been received; interleaved RTCP of the client is dropped.

    Returns:
        The request, or None while none is complete, and what is left.

    Raises:
        BadRequest: The bytes can never become a request.
    """
    while buffer[:1] == b"$":
        if len(buffer) < 4 or len(buffer) < (size := 4 + int.from_bytes(buffer[2:4], "big")):
            return None, buffer
        buffer = buffer[size:]
    head, found, rest = buffer.partition(b"\r\n\r\n")
    if not found:
        if len(buffer) > HEAD_MAX_BYTES:
            raise BadRequest("the head is too long")
        return None, buffer
    lines = head.decode("latin-1").lstrip("\r\n").split("\r\n")
    match = _LINE.fullmatch(lines[0])
    if match is None:
        raise BadRequest("the first line is no RTSP request")
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequest("a header has no colon")
        headers[name.strip().lower()] = value.strip()
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > HEAD_MAX_BYTES:
        raise BadRequest("the body's length is not acceptable")
    if len(rest) < int(length):
        return None, buffer
    return Request(match.group(1), match.group(2), headers), rest[int(length) :]


def response(status: int, cseq: int, headers: Mapping[str, str] | None = None, body: str = "") -> bytes:
    """Write a response."""
    lines = [f"RTSP/1.0 {status} {REASONS[status]}", f"CSeq: {cseq}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body.encode())}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def clock_range(value: str | None) -> tuple[datetime | None, datetime | None]:
    """Read a `Range` header in absolute time; anything else (npt, none) leaves both ends open.

    Raises:
        ValueError: It is an absolute range, but not a readable one.
    """
    if value is None or not value.strip().startswith("clock"):
        return None, None
    match = _CLOCK.fullmatch(value.strip())
    if match is None:
        raise ValueError("the range is not clock=START-[END]")
    start, start_fraction, end, end_fraction = match.groups()
    return _moment(start, start_fraction), _moment(end, end_fraction) if end else None


def _moment(text: str, fraction: str | None) -> datetime:
    microsecond = int((fraction or "0").ljust(6, "0")[:6])
    return datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC, microsecond=microsecond)


def clock_text(at: datetime) -> str:
    """A moment as written in a `clock` range."""
    return f"{at:%Y%m%dT%H%M%S}.{at.microsecond // 1000:03d}Z"

"""Writes what a picture is asked for with, live or recorded, and reads what a device answers to it (SDP). Pure.

Our own serial numbers: whoever names the stream of another platform ends it (annex K c).

Source: GB/T 28181-2022, 9.2, 9.8, annexes D, G, K and L; RFC 8866.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from drivers.errors import Malformed

CONTENT_TYPE: Final = "Application/SDP"
MAX_SDP_BYTES: Final = 16 * 1024

Way = Literal["TCP", "UDP", "TCP-active"]
"""How a picture comes: `TCP`: the device connects to us; `TCP-active`: we connect to the device. Source: annex D."""

_SETUPS: Final[Mapping[Way, str]] = {"TCP": "passive", "TCP-active": "active"}


@dataclass(frozen=True, slots=True)
class Offer:
    """A picture that is asked for: `body` is the SDP, `subject` the header of that name, `ssrc` its `y=`."""

    body: bytes
    subject: str
    ssrc: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device answered: its port, 0 for none, and the source it names, empty where it leaves it out."""

    port: int
    ssrc: str


def offer_for(
    channel: str, platform: str, local: str, port: int, way: Way, span_s: tuple[int, int] | None = None
) -> Offer:
    """Write the offer for one picture of a channel: a live one, or of the recording between two times of 1970.

    Serial numbers are drawn anew.
    """
    domain = platform[:10]
    history = "1" if span_s else "0"
    ssrc = f"{history}{domain[3:8]}{secrets.randbelow(10**4):04d}"
    family = "IP6" if ":" in local else "IP4"
    setup = _SETUPS.get(way)
    start_s, end_s = span_s or (0, 0)
    lines = [
        "v=0",
        f"o={platform} 0 0 IN {family} {local}",
        f"s={'Playback' if span_s else 'Play'}",
        *((f"u={channel}:0",) if span_s else ()),
        f"c=IN {family} {local}",
        f"t={start_s} {end_s}",
        f"m=video {port} {'TCP/RTP/AVP' if setup else 'RTP/AVP'} 96 98 99",
        "a=recvonly",
        *((f"a=setup:{setup}", "a=connection:new") if setup else ()),
        "a=rtpmap:96 PS/90000",
        "a=rtpmap:98 H264/90000",
        "a=rtpmap:99 H265/90000",
        f"y={ssrc}",
    ]
    subject = f"{channel}:{history}{secrets.randbelow(10**12):012d},{platform}:{secrets.randbelow(10**12):012d}"
    return Offer("".join(f"{line}\r\n" for line in lines).encode("ascii"), subject, ssrc)


def read_answer(body: bytes) -> Answer:
    """Read a device's answer. Raises Malformed where it offers no video."""
    if len(body) > MAX_SDP_BYTES:
        raise Malformed("the answer's description is too long")
    text = body.decode("latin-1")
    video = re.search(r"(?m)^m=video ([0-9]{1,5}) ", text)
    if video is None or int(video[1]) > 65535:
        raise Malformed("the answer offers no video")
    ssrc = re.search(r"(?m)^y=([0-9]{1,10})\s*$", text)
    return Answer(int(video[1]), ssrc[1] if ssrc else "")

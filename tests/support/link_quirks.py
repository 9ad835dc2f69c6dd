"""The right result of a self-test for each habit of a simulated device, by the quirk of real devices that it plays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from link_room import PLAN, Watching, room_with, whole_test

from agent.demo.gb28181.habits import HABITS
from agent.onsite.link.play import Eye
from agent.onsite.link.result import LinkResult, StepName


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """What must come out: the reasons of steps that are not well, and the habits that are named.

    `quirk`: its number in the list of quirks of real devices, 0 for none of them. `udp_only`: over TCP it cannot show.
    `why_unnamed`: why no result can name it.
    """

    quirk: int = 0
    reasons: Mapping[StepName, str] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    udp_only: bool = False
    why_unnamed: str = ""


def _named(quirk: int, *words: str, udp_only: bool = False, **reasons: str) -> Right:
    return Right(quirk=quirk, named=frozenset(words), udp_only=udp_only, reasons=reasons)  # type: ignore[arg-type]


RIGHT: Final[Mapping[str, Right]] = {
    "as the standard has it": Right(),
    "a device of 2016": Right(reasons={"cards": "older-version"}),
    "a device of 2011, without qop": _named(0, "no-qop", cards="older-version"),
    "footage for who asks for all types": _named(1, "all-types-only"),
    "no list where there is no footage": _named(2, "no-list", records="none-listed"),
    "lists that are lost over UDP": Right(
        quirk=3, reasons={"records": "no-answer"}, udp_only=True, why_unnamed="only a network that loses fragments"
    ),
    "raw marks in XML": _named(4, "raw-marks"),
    "a block under another name": _named(5, "renamed-block"),
    "starts anew in the midst": _named(6, "leaves-and-returns"),
    "65535 as Parental, and ONLINE for ON": _named(7, "parental-65535", "other-status-words"),
    "PTZType within Info": _named(8, "ptz-in-info"),
    "several parents": _named(9, "several-parents"),
    "UTF-8 under the name of GB2312": _named(10, "other-encoding"),
    "GB18030 under the name of UTF-8": _named(10, "other-encoding"),
    "UTF-8 under its own name": Right(),
    "times of one digit": _named(11, "odd-times"),
    "times with a zone": _named(11, "odd-times"),
    "times with milliseconds": _named(11, "odd-times"),
    "ends a picture under another id": _named(12, "other-sender"),
    "no source named in the answer to a call": _named(13, "no-source-named"),
    "another source named in the answer to a call": _named(13, "other-source-named"),
    "an older stream beside ours": Right(quirk=14, why_unnamed="only a platform that was there before"),
    "a stream without a map": _named(15, "no-map"),
    "another codec in the map": _named(15, "other-codec-in-map"),
    "the parts of a frame in packets of their own": Right(why_unnamed="as the standard allows"),
    "bare H.264": _named(16, "no-program-stream"),
    "fields as attributes": _named(17, "fields-as-attributes"),
    "a head that is a byte too short": _named(17, "other-head-length"),
    "a head that is a byte too long": _named(17, "other-head-length"),
    "parts that are shorter than they are": _named(17, "other-part-length"),
    "parts that are longer than they are": _named(17, "other-part-length"),
    "answers without Via": _named(18, "answer-without-via"),
    "another port at each REGISTER": _named(18, "other-source-port", udp_only=True),
    "busy": _named(18, picture="busy", playback="busy"),
    "a key picture after 75 s": _named(18, "seldom-key-pictures"),
    "the old password first": _named(19, "old-password-first"),
    "another address after a while": Right(
        quirk=20, reasons={"heartbeat": "other-address", "off": "other-address"}, why_unnamed="only a mobile network"
    ),
    "one code for several cameras": Right(
        quirk=21, reasons={"catalog": "repeated-codes"}, why_unnamed="only a second device; one device has no two"
    ),
    "one session, which another takes": _named(22, "ends-calls", picture="ended", playback="ended"),
    "heartbeats before it registers": _named(23, "message-before-registration"),
    "no Expires": _named(0, "no-expires"),
    "a catalogue after 100 s": Right(),
    "pictures over UDP alone": Right(),
    "each message twice": Right(),
}

QUIRKS: Final = range(1, 24)
UNNAMED: Final = frozenset({3, 14, 20, 21})
"""Those that only a wide network or a second platform shows."""


def outcome(name: str, transport: str) -> tuple[LinkResult, float]:
    """Run a whole test of a device with one habit, with pictures live and recorded; how long it took by its clock."""
    room = room_with(HABITS[name], transport=transport)
    watching = Watching(room, HABITS[name])
    return whole_test(room, PLAN, Eye(watching.open_port, watching.judge, plays_back=True)), room.now_s


def reasons(result: LinkResult) -> dict[StepName, str]:
    """The steps that are not well."""
    return {one.name: one.reason for one in result.steps if one.reason}


def is_right(name: str, transport: str, result: LinkResult) -> bool:
    """Whether a result is the right one for a habit, wrong words about others included."""
    right = RIGHT[name]
    shows = transport == "UDP" or not right.udp_only
    return reasons(result) == (right.reasons if shows else {}) and set(result.quirks) == (
        set(right.named) if shows else set()
    )

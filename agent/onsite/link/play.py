"""Asks for one picture of one camera, live or recorded, as the platform would, and has it decoded behind walls.

The device connects to us over TCP first, UDP second; we connect to it where a person asked for that. At the first whole
keyframe the call is over, or at a later and different one where masks are judged in them. The pictures leave memory for
nobody: what remains are sizes and numbers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from agent.model.finding import Json, Message
from agent.onsite.link.call import Call, calling
from agent.onsite.link.footage import Footage
from agent.onsite.link.platform import Platform
from agent.onsite.link.result import Step
from agent.onsite.masks_look.platform_pictures import LOOKS, JudgeMasks, KeyPicture, with_look
from drivers.errors import Malformed, Unsupported
from drivers.gb28181.invitation import Offer, Way, offer_for, read_answer
from drivers.gb28181.media import MAX_BYTES
from drivers.gb28181.program_stream import Demuxer, Kind
from drivers.rtsp.rtp import Frame, Packet
from masking.model import Job, Judged, WorkerError

MEDIA_WITHIN_S: Final = 20.0
KEYFRAME_WITHIN_S: Final = 90.0
"""Some cameras have a key picture in 75 s only; it is waited for as long as their stream flows."""
AGAIN_WITHIN_S: Final = 10.0
"""So long after the first a second keyframe is waited for: many devices send one each 4 s at the most."""
LOOKED_EACH_S: Final = 0.02
SELDOM_S: Final = 20.0
SOURCES_MAX: Final = 4
"""How many streams are told apart at one port: a device may go on with an older call beside ours."""
NOT_THIS_WAY: Final = 488
"""Not acceptable here: the device has no media over this transport. Source: RFC 3261 section 21.4.26."""
BUSY: Final = 486
WAYS: Final[tuple[Way, ...]] = ("TCP", "UDP")
OTHER_WAY: Final = frozenset({"no-media", "other-address", "no-transport", "no-port"})
"""After which outcomes the next way is tried."""


class MediaPort(Protocol):
    """What a call needs of its port: `Media` of `drivers/gb28181/media.py`."""

    port: int
    came_bytes: int
    last_stranger: str
    """The last other address that sent something here, empty for none."""

    def connect(self, port: int) -> None:
        """Connect to this port of the device."""

    def packets(self) -> list[Packet]:
        """Return what has come, without waiting. Raises Malformed."""


@dataclass(frozen=True, slots=True)
class Eye:
    """Where pictures come in, who decodes them, over which ways, and whether a recorded one is asked for too.

    `judge` raises WorkerError. `masks`: returns what judges the masks in two live pictures of a camera, by its code;
    None: one picture is enough.
    """

    open_port: Callable[[Way], AbstractContextManager[MediaPort]]
    judge: Callable[[Job], Judged]
    ways: tuple[Way, ...] = WAYS
    plays_back: bool = False
    masks: Callable[[str], JudgeMasks | None] = lambda code: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call over one way: how far it came. `why`: empty where `pictures` has a keyframe."""

    way: Way
    status: int
    why: str = ""
    pictures: tuple[KeyPicture, ...] = ()
    after_s: float = 0.0
    came_bytes: int = 0
    hung_up: bool | None = None
    stranger: str = ""


@dataclass(slots=True)
class Sources:
    """The streams that came to one port, each by itself; nothing of more than a few."""

    demuxers: dict[int, Demuxer]

    def push(self, packet: Packet) -> tuple[Kind, Frame] | None:
        """Add a packet; return the keyframe that its stream ended before it. Raises as `Demuxer.push`."""
        if packet.source not in self.demuxers and len(self.demuxers) >= SOURCES_MAX:
            return None
        return self.demuxers.setdefault(packet.source, Demuxer()).push(packet)

    @property
    def quirks(self) -> set[str]:
        """What was odd in any of them."""
        return {quirk for one in self.demuxers.values() for quirk in one.quirks}


def play(
    platform: Platform, local: str, camera: str, eye: Eye, clock: Callable[[], float], footage: Footage | None = None
) -> Iterator[Step]:
    """Yield the step of one live picture and that of the masks in it, or the step of one picture of this footage."""
    masks = eye.masks(camera) if footage is None else None
    attempt = None
    for way in eye.ways:
        if attempt is None or attempt.why in OTHER_WAY:
            attempt = _attempt(platform, local, camera, way, eye, clock, footage, 1 if masks is None else LOOKS)
    if attempt is None:
        raise ValueError("no way is given")
    step = _step(attempt, eye, platform.plan.device_id, camera, footage)
    yield step
    if masks is not None and step.status == "seen":
        yield masks(attempt.pictures)


def _attempt(
    platform: Platform, local: str, camera: str, way: Way, eye: Eye, clock: Callable[[], float],
    footage: Footage | None, looks: int,
) -> Attempt:  # fmt: skip
    span_s = None if footage is None else footage.span_s
    with eye.open_port(way) as media:
        offer = offer_for(camera, platform.plan.platform_id, local, media.port, way, span_s)
        began_s = clock()
        with calling(platform, camera, offer) as call:
            why, pictures = _watch(platform, call, media, way, offer, clock, looks)
            after_s, status = pictures[0].after_s if pictures else clock() - began_s, call.status
        if call.ended is False:
            platform.heard.quirks.add("bye-unanswered")
        if pictures and after_s > SELDOM_S:
            platform.heard.quirks.add("seldom-key-pictures")
        return Attempt(
            way=way, status=status, why=why, pictures=pictures, after_s=after_s,
            came_bytes=media.came_bytes, hung_up=call.ended, stranger=media.last_stranger,
        )  # fmt: skip


def _watch(
    platform: Platform, call: Call, media: MediaPort, way: Way, offer: Offer, clock: Callable[[], float], looks: int
) -> tuple[str, tuple[KeyPicture, ...]]:
    if not call.is_taken:
        return {NOT_THIS_WAY: "no-transport", BUSY: "busy", 0: "no-answer"}.get(call.status, "refused"), ()
    port = _read_description(platform, call, offer)
    if way == "TCP-active":
        if not port:
            return "no-port", ()
        media.connect(port)
    sources, began_s, why = Sources({}), clock(), ""
    pictures: list[KeyPicture] = []
    try:
        while clock() < min(began_s + _waits_s(media, pictures), platform.ends_at_s):
            for packet in media.packets():
                if (found := sources.push(packet)) is not None:
                    kind, frame = found
                    pictures = with_look(pictures, KeyPicture(frame.data, kind, clock() - began_s))
                    platform.heard.quirks |= sources.quirks
                    if len({one.data for one in pictures}) == looks:
                        return "", tuple(pictures)
            if call.is_ended_by_device:
                why = "ended"
                break
            if platform.heard.media_ends > call.media_ends_before or media.came_bytes > MAX_BYTES:
                break
            platform.pump(lambda: False, LOOKED_EACH_S)
    except Unsupported:
        why = "svac"
    except Malformed:
        why = "no-rtp"
    if pictures:  # what went wrong behind the first one takes nothing from it
        return "", tuple(pictures)
    if why == "ended":
        platform.heard.quirks.add("ends-calls")
    # Behind a proxy a device sends pictures from an address that nobody named.
    nothing = "no-keyframe" if media.came_bytes else "other-address" if media.last_stranger else "no-media"
    return why or nothing, ()


def _waits_s(media: MediaPort, pictures: Sequence[KeyPicture]) -> float:
    """Return how long after the call began a picture is waited for, the first one or another."""
    if pictures:
        return pictures[0].after_s + AGAIN_WITHIN_S
    return KEYFRAME_WITHIN_S if media.came_bytes else MEDIA_WITHIN_S


def _read_description(platform: Platform, call: Call, offer: Offer) -> int:
    """Return the device's port for the picture, 0 for none; note which source it names."""
    try:
        answer = read_answer(call.description)
    except Malformed:
        return 0
    if not answer.ssrc:
        platform.heard.quirks.add("no-source-named")
    elif answer.ssrc != offer.ssrc:
        platform.heard.quirks.add("other-source-named")
    return answer.port


def _step(attempt: Attempt, eye: Eye, device: str, camera: str, footage: Footage | None) -> Step:
    name: Literal["picture", "playback"] = "picture" if footage is None else "playback"
    kind = attempt.pictures[0].kind if attempt.pictures else None
    evidence: dict[str, Json] = {
        "camera": camera, "transport": attempt.way, "status": attempt.status,
        "after_s": round(attempt.after_s, 2), "bytes": attempt.came_bytes, "codec": kind,
        "hung_up": attempt.hung_up,
    }  # fmt: skip
    if footage is not None:
        evidence |= {"told_from": footage.start.isoformat(), "told_to": footage.end.isoformat()}
    values: dict[str, object]
    if kind is None:
        waited_s = KEYFRAME_WITHIN_S if attempt.came_bytes else MEDIA_WITHIN_S
        values = {"status": attempt.status, "seconds": round(waited_s), "other": attempt.stranger}
        return _without_picture(name, attempt.why, evidence, values)
    try:
        judged = eye.judge(Job(attempt.pictures[0].data, kind, device=device, camera=camera))
    except WorkerError as error:
        return _without_picture(name, error.reason, evidence, {"reason": error.reason})
    values = {
        "transport": attempt.way, "after": f"{attempt.after_s:.1f}", "codec": kind.upper(),
        "width": judged.width_px, "height": judged.height_px,
    }  # fmt: skip
    evidence |= {"width_px": judged.width_px, "height_px": judged.height_px, "contrast": round(judged.contrast, 1)}
    what = Message("a live picture came over {transport} after {after} s: {codec}, {width} x {height}", values)
    if footage is not None:
        values["start"] = footage.start.isoformat(" ", "minutes")
        what = Message(
            "a recorded picture came over {transport} after {after} s: {codec}, {width} x {height}; that it is of "
            "{start} is the device's own word",
            values,
        )
    return Step(name=name, status="seen", what=what, evidence=evidence)


FAILS: Final = frozenset({"no-media", "no-rtp", "undecodable"})
"""What shows that the interface gives no picture; all else may lie with us, or with the moment."""

WORDS: Final[Mapping[str, Message]] = {
    "no-media": Message(
        "it took the call and sent no picture", next_step="look at firewalls on the way, this machine's too"
    ),
    "other-address": Message(
        "it took the call, and something came from {other}, which is not its address",
        next_step="where a proxy stands between, test the device without it",
    ),
    "no-rtp": Message("what it sent is no picture stream"),
    "no-transport": Message("it sends pictures over none of the ways that were asked for"),
    "no-port": Message("it named no port to connect to"),
    "busy": Message("it is busy with other calls", next_step="repeat the test when it has fewer"),
    "ended": Message(
        "it ended the call before a picture came",
        next_step="repeat the test when nobody else watches: some devices have one session only",
    ),
    "no-answer": Message("it did not answer the call for a picture"),
    "svac": Message("its video is SVAC, which is not decoded here"),
    "no-keyframe": Message(
        "no whole key picture came within {seconds} s", next_step="set a shorter interval of key pictures (GOP)"
    ),
    "refused": Message("it refused the call for a picture with {status}"),
}


def _without_picture(
    name: Literal["picture", "playback"], why: str, evidence: Mapping[str, Json], values: Mapping[str, object]
) -> Step:
    words = WORDS.get(why, Message("the picture could not be decoded ({reason})"))
    return Step(
        name=name,
        status="failed" if why in FAILS else "unknown",
        what=Message(words.template, values, next_step=words.next_step),
        reason=why,
        evidence=evidence,
    )

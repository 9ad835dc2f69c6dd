"""Asks for one live picture of one camera, as the platform would, and has it decoded behind walls.

The device connects to us over TCP first, UDP second. At the first whole keyframe the call is over, or at a later and
different one where masks are judged in them. The pictures leave memory for nobody: what remains are sizes and numbers.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from agent.model.finding import Json, Message
from agent.onsite.link.call import Call, calling
from agent.onsite.link.pictures import LOOKS, JudgeMasks, KeyPicture, with_look
from agent.onsite.link.platform import Platform
from agent.onsite.link.result import Step
from drivers.errors import Malformed, Unsupported
from drivers.gb28181.invitation import live_offer
from drivers.gb28181.program_stream import Demuxer
from drivers.gb28181.wire import Transport
from drivers.rtsp.rtp import Packet
from masking.model import Job, Judged, WorkerError

KEYFRAME_WITHIN_S: Final = 20.0
AGAIN_WITHIN_S: Final = 10.0
"""So long a second keyframe is waited for: many devices send one each 4 s at the most."""
LOOKED_EACH_S: Final = 0.02
NOT_THIS_WAY: Final = 488
"""Not acceptable here: the device has no media over this transport. Source: RFC 3261 section 21.4.26."""
BUSY: Final = 486
TRANSPORTS: Final[tuple[Transport, Transport]] = ("TCP", "UDP")


class MediaPort(Protocol):
    """What a call needs of its port: `Media` of `drivers/gb28181/media.py`."""

    port: int
    came_bytes: int

    def packets(self) -> list[Packet]:
        """Return what has come, without waiting. Raises Malformed."""


@dataclass(frozen=True, slots=True)
class Eye:
    """Where pictures come in, and who decodes them: `judge` raises WorkerError.

    `masks`: returns what judges the masks in two pictures of a camera, by its code; None: one picture is enough.
    """

    open_port: Callable[[Transport], AbstractContextManager[MediaPort]]
    judge: Callable[[Job], Judged]
    masks: Callable[[str], JudgeMasks | None] = lambda code: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call over one transport: how far it came. `why`: empty where `pictures` has a keyframe."""

    transport: Transport
    status: int
    why: str = ""
    pictures: tuple[KeyPicture, ...] = ()
    after_s: float = 0.0
    came_bytes: int = 0
    hung_up: bool | None = None


def play(platform: Platform, local: str, camera: str, eye: Eye, clock: Callable[[], float]) -> Iterator[Step]:
    """Yield the step of one live picture, and that of the masks in it."""
    first, second = TRANSPORTS
    masks = eye.masks(camera)
    looks = 1 if masks is None else LOOKS
    attempt = _attempt(platform, local, camera, first, eye, clock, looks)
    if attempt.why in ("no-media", "no-transport"):
        attempt = _attempt(platform, local, camera, second, eye, clock, looks)
    step = _step(attempt, eye, platform.plan.device_id, camera)
    yield step
    if masks is not None and step.status == "seen":
        yield masks(attempt.pictures)


def _attempt(
    platform: Platform, local: str, camera: str, transport: Transport, eye: Eye, clock: Callable[[], float], looks: int
) -> Attempt:
    with eye.open_port(transport) as media:
        offer = live_offer(camera, platform.plan.platform_id, local, media.port, transport)
        began_s = clock()
        with calling(platform, camera, offer) as call:
            why, pictures = _watch(platform, call, media, clock, looks)
            after_s, status = clock() - began_s, call.status
        if call.ended is False:
            platform.heard.quirks.add("bye-unanswered")
        return Attempt(
            transport=transport, status=status, why=why, pictures=pictures,
            after_s=pictures[0].after_s if pictures else after_s, came_bytes=media.came_bytes, hung_up=call.ended,
        )  # fmt: skip


def _watch(
    platform: Platform, call: Call, media: MediaPort, clock: Callable[[], float], looks: int
) -> tuple[str, tuple[KeyPicture, ...]]:
    if not call.is_taken:
        return {NOT_THIS_WAY: "no-transport", BUSY: "busy", 0: "no-answer"}.get(call.status, "refused"), ()
    pictures: list[KeyPicture] = []
    why = ""
    try:
        for one in _keyframes(platform, media, clock):
            pictures = with_look(pictures, one)
            if len({picture.data for picture in pictures}) == looks:
                break
    except Unsupported:
        why = "svac"
    except Malformed:
        why = "no-rtp"
    if pictures:
        return "", tuple(pictures)
    return why or ("no-keyframe" if media.came_bytes else "no-media"), ()


def _keyframes(platform: Platform, media: MediaPort, clock: Callable[[], float]) -> Iterator[KeyPicture]:
    """Yield whole keyframes as they come, for KEYFRAME_WITHIN_S, and for AGAIN_WITHIN_S after the first."""
    demuxer, began_s = Demuxer(), clock()
    until_s = min(began_s + KEYFRAME_WITHIN_S, platform.ends_at_s)
    is_first = True
    while clock() < until_s:
        for packet in media.packets():
            found = demuxer.push(packet)
            if found is not None:
                kind, frame = found
                yield KeyPicture(frame.data, kind, clock() - began_s)
                until_s = min(clock() + AGAIN_WITHIN_S, platform.ends_at_s) if is_first else until_s
                is_first = False
        platform.pump(lambda: False, LOOKED_EACH_S)


def _step(attempt: Attempt, eye: Eye, device: str, camera: str) -> Step:
    kind = attempt.pictures[0].kind if attempt.pictures else None
    evidence: dict[str, Json] = {
        "camera": camera, "transport": attempt.transport, "status": attempt.status,
        "after_s": round(attempt.after_s, 2), "bytes": attempt.came_bytes, "codec": kind,
        "hung_up": attempt.hung_up,
    }  # fmt: skip
    if kind is None:
        return _without_picture(attempt.why, evidence, {"status": attempt.status, "seconds": round(KEYFRAME_WITHIN_S)})
    try:
        judged = eye.judge(Job(attempt.pictures[0].data, kind, device=device, camera=camera))
    except WorkerError as error:
        return _without_picture(error.reason, evidence, {"reason": error.reason})
    values: dict[str, object] = {
        "transport": attempt.transport, "after": f"{attempt.after_s:.1f}", "codec": kind.upper(),
        "width": judged.width_px, "height": judged.height_px,
    }  # fmt: skip
    evidence |= {"width_px": judged.width_px, "height_px": judged.height_px, "contrast": round(judged.contrast, 1)}
    what = Message("a live picture came over {transport} after {after} s: {codec}, {width} x {height}", values)
    return Step(name="picture", status="seen", what=what, evidence=evidence)


FAILS: Final = frozenset({"no-media", "no-rtp", "undecodable"})
"""What shows that the interface gives no picture; all else may lie with us, or with the moment."""

WORDS: Final[Mapping[str, Message]] = {
    "no-media": Message(
        "it took the call and sent no picture", next_step="look at firewalls on the way, this machine's too"
    ),
    "no-rtp": Message("what it sent is no picture stream"),
    "no-transport": Message("it sends pictures neither over TCP nor over UDP"),
    "busy": Message("it is busy with other calls", next_step="repeat the test when it has fewer"),
    "no-answer": Message("it did not answer the call for a picture"),
    "svac": Message("its video is SVAC, which is not decoded here"),
    "no-keyframe": Message("no whole key picture came within {seconds} s"),
    "refused": Message("it refused the call for a picture with {status}"),
}


def _without_picture(why: str, evidence: Mapping[str, Json], values: Mapping[str, object]) -> Step:
    words = WORDS.get(why, Message("the picture could not be decoded ({reason})"))
    return Step(
        name="picture",
        status="failed" if why in FAILS else "unknown",
        what=Message(words.template, values, next_step=words.next_step),
        reason=why,
        evidence=evidence,
    )

"""Asks for one live picture of one camera, as the platform would, and has it decoded behind walls.

The device connects to us over TCP first, UDP second. At the first whole keyframe the call is over. The picture leaves
memory for nobody: what remains of it are its size and numbers.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from agent.model.finding import Json, Message
from agent.onsite.link.call import Call, calling
from agent.onsite.link.platform import Platform
from agent.onsite.link.result import Step
from drivers.errors import Malformed, Unsupported
from drivers.gb28181.invitation import live_offer
from drivers.gb28181.program_stream import Demuxer, Kind
from drivers.gb28181.wire import Transport
from drivers.rtsp.rtp import Frame, Packet
from masking.model import Job, Judged, WorkerError

KEYFRAME_WITHIN_S: Final = 20.0
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
    """Where pictures come in, and who decodes them: `judge` raises WorkerError."""

    open_port: Callable[[Transport], AbstractContextManager[MediaPort]]
    judge: Callable[[Job], Judged]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call over one transport: how far it came. `why`: empty for a keyframe."""

    transport: Transport
    status: int
    why: str = ""
    kind: Kind | None = None
    frame: Frame | None = None
    after_s: float = 0.0
    came_bytes: int = 0
    hung_up: bool | None = None


def play(platform: Platform, local: str, camera: str, eye: Eye, clock: Callable[[], float]) -> Step:
    """Return the step of one live picture."""
    first, second = TRANSPORTS
    attempt = _attempt(platform, local, camera, first, eye, clock)
    if attempt.why in ("no-media", "no-transport"):
        attempt = _attempt(platform, local, camera, second, eye, clock)
    return _step(attempt, eye, platform.plan.device_id, camera)


def _attempt(
    platform: Platform, local: str, camera: str, transport: Transport, eye: Eye, clock: Callable[[], float]
) -> Attempt:
    with eye.open_port(transport) as media:
        offer = live_offer(camera, platform.plan.platform_id, local, media.port, transport)
        began_s = clock()
        with calling(platform, camera, offer) as call:
            why, kind, frame = _watch(platform, call, media, clock)
            after_s, status = clock() - began_s, call.status
        if call.ended is False:
            platform.heard.quirks.add("bye-unanswered")
        return Attempt(
            transport=transport, status=status, why=why, kind=kind, frame=frame, after_s=after_s,
            came_bytes=media.came_bytes, hung_up=call.ended,
        )  # fmt: skip


def _watch(
    platform: Platform, call: Call, media: MediaPort, clock: Callable[[], float]
) -> tuple[str, Kind | None, Frame | None]:
    if not call.is_taken:
        return {NOT_THIS_WAY: "no-transport", BUSY: "busy", 0: "no-answer"}.get(call.status, "refused"), None, None
    demuxer, until_s = Demuxer(), clock() + KEYFRAME_WITHIN_S
    try:
        while clock() < min(until_s, platform.ends_at_s):
            for packet in media.packets():
                found = demuxer.push(packet)
                if found is not None:
                    return "", *found
            platform.pump(lambda: False, LOOKED_EACH_S)
    except Unsupported:
        return "svac", None, None
    except Malformed:
        return "no-rtp", None, None
    return "no-keyframe" if media.came_bytes else "no-media", None, None


def _step(attempt: Attempt, eye: Eye, device: str, camera: str) -> Step:
    evidence: dict[str, Json] = {
        "camera": camera, "transport": attempt.transport, "status": attempt.status,
        "after_s": round(attempt.after_s, 2), "bytes": attempt.came_bytes, "codec": attempt.kind,
        "hung_up": attempt.hung_up,
    }  # fmt: skip
    if attempt.frame is None or attempt.kind is None:
        return _without_picture(attempt.why, evidence, {"status": attempt.status, "seconds": round(KEYFRAME_WITHIN_S)})
    try:
        judged = eye.judge(Job(attempt.frame.data, attempt.kind, device=device, camera=camera))
    except WorkerError as error:
        return _without_picture(error.reason, evidence, {"reason": error.reason})
    values: dict[str, object] = {
        "transport": attempt.transport, "after": f"{attempt.after_s:.1f}", "codec": attempt.kind.upper(),
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

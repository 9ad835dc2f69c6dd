"""Records where a lie differs from the truth: answers beside true answers, and what is shown in place of what."""

import difflib
import re
from dataclasses import dataclass

from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.world.cameras import DemoCamera
from agent.demo.world.lying import Lying
from agent.model.finding import Message

LINES = 14
"""How many lines of an answer are shown: a trainee reads them on one screen."""
NEAR = 2
_LINE = re.compile(r"(?<=>)(?=<)|\r?\n|(?<=,) (?=[\"{])")


@dataclass(frozen=True, slots=True)
class Falsehood:
    """One thing that was not true: what was asked, what is true, and what was said or shown instead.

    Answers are bytes, other things sentences. `asked` has no body and no query.
    """

    asked: str
    true: bytes | Message
    said: bytes | Message


def noted(lying: Lying, told: list[Falsehood]) -> Lying:
    """Return the same lie, which adds to `told` each time that it differs from the truth."""

    def say(asked: str, body: bytes) -> bytes:
        try:
            said = lying.says(asked, body)
        except Exception as refusal:
            told.append(Falsehood(_question(asked), body, str(refusal).encode()))
            raise
        if said != body:
            told.append(Falsehood(_question(asked), body, said))
        return said

    def aim(target: Target, view: DeviceView) -> Target | None:
        aimed = lying.aims(target, view)
        if aimed != target:
            told.append(Falsehood(f"RTSP {target.camera.id} {target.path}", _shown(target), _shown(aimed)))
        return aimed

    def show(camera: DemoCamera) -> DemoCamera:
        shown = lying.shows(camera)
        if shown != camera:
            told.append(Falsehood(f"JPEG {camera.id}", _drawn(camera), _drawn(shown)))
        return shown

    def describe(text: str) -> str:
        described = lying.sdp(text)
        if described != text:
            told.append(Falsehood("RTSP DESCRIBE", text.encode(), described.encode()))
        return described

    def opens(url: str) -> bool:
        opened = lying.opens(url)
        if opened:
            told.append(Falsehood(f"RTSP {url}", Message("a login is asked for"), Message("no login is asked for")))
        return opened

    return Lying(says=say, aims=aim, shows=show, sdp=describe, opens=opens, tells=lying.tells)


def excerpt(one: Falsehood, *, true: bool) -> tuple[str, ...]:
    """Return the lines of an answer in which truth and lie differ, as either has them, with what stands around.

    Pictures have no lines.
    """
    if isinstance(one.true, Message) or isinstance(one.said, Message) or b"\xff\xd8" in (one.true[:2], one.said[:2]):
        return ()
    before, after = (
        [line for line in _LINE.split(body.decode("utf-8", "replace")) if line] for body in (one.true, one.said)
    )
    kept = " -" if true else " +"
    found = [line[1:] for line in difflib.unified_diff(before, after, n=NEAR, lineterm="") if _is_line(line, kept)]
    return (*found[:LINES], *(["..."] if len(found) > LINES else []))


def _is_line(line: str, kept: str) -> bool:
    return line[:1] in kept and line[:3] not in ("---", "+++")


def _question(asked: str) -> str:
    """Return the path of a request, and the operation that its body names."""
    target, _, body = asked.partition("\n")
    named = re.search(r"<(?:\w+:)?(Get\w+|Find\w+)\b", body) or re.search(r'"method": ?"([\w.]+)"', body)
    return f"{target} {named[1]}" if named else target


def _shown(target: Target | None) -> Message:
    if target is None:
        return Message("nothing: the stream is refused")
    return Message("the place {place}", {"place": target.camera.place})


def _drawn(camera: DemoCamera) -> Message:
    if camera.mask is None:
        return Message("the place {place} without a mask", {"place": camera.place})
    share = f"{camera.mask.opacity_ratio:.0%}"
    return Message("the place {place} with a mask that hides {share}", {"place": camera.place, "share": share})

"""Selects the picture of each camera for a hand-over report, and withholds those that may show private things. Pure.

Unknown is more black, never less: a camera whose private areas in its picture are not known is not shown at all.
`agent/commands/check/pictures.py` has the worker blacken the others.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from agent.model.finding import Finding, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import CameraConfig
from drivers.details import Movable
from drivers.picture import RECORDED, STREAMS, PathName, PictureSeen, PresetSeen, ZoneVerdict
from masking.view.model import ViewSeen

PREFERRED: Final[tuple[PathName, ...]] = (*STREAMS, "recorder-live", "snapshot", *RECORDED)
"""Which path is shown, and in this order also one that shows what must be hidden: that one before all others."""


PictureChoice = Literal["fail", "all", "none"]
"""Of which cameras a report has pictures: of those with something that fails, small; of all; of none."""


@dataclass(frozen=True, slots=True)
class ReportPicture:
    """One camera's picture, blackened: `jpeg` of the path, or `why` there is none; `why` None where none came."""

    path: PathName | None = None
    taken_at: datetime | None = None
    jpeg: bytes = field(default=b"", repr=False)
    why: Message | None = None


def pictured(cameras: Iterable[CameraConfig], findings: Iterable[Finding], choice: PictureChoice) -> frozenset[str]:
    """Return the ids of the cameras whose picture was asked for: nobody is pictured where nothing has to be shown."""
    asked = frozenset(one.camera.id for one in cameras) if choice != "none" else frozenset()
    if choice == "all":
        return asked
    return asked & {one.subject.removeprefix("camera:") for one in findings if one.status == "fail"}


def why_withheld(camera: CameraConfig, facts: Facts, path: PathName) -> Message | None:
    """Return why a camera's picture is not shown at all, None where it may be, blackened. Pure.

    `camera` has approved areas in place of undeclared ones.
    """
    subject = f"camera:{camera.camera.id}"
    if not camera.zones and not camera.presets and camera.no_private_area is None:
        return Message("not shown: nobody declared what is private in its view (camwarden masks adopt)")
    known = facts.remembered.views.get(camera.camera.id)
    settled = known.memory.settled if known is not None else None
    if any(view is not None and view.state == "moved" for view in (settled, *facts.all(subject, ViewSeen))):
        return Message("not shown: its view has moved, so what is private is no longer where it was declared")
    if camera.presets:
        at = (one.preset for one in facts.all(subject, PresetSeen) if one.path == path)
        return None if any(at) else Message("not shown: at which of its presets it stood cannot be told")
    turns = facts.one(subject, Movable)
    if turns is not None and turns.ptz and camera.ptz_lock is None:
        return Message("not shown: it can turn, and nobody declared its presets or that it is locked")
    return None


def select_picture(seen: tuple[PictureSeen, ...], verdicts: tuple[ZoneVerdict, ...]) -> PictureSeen | None:
    """Return the picture that matters most: one that shows what must be hidden, else the first by preference."""
    by_path = {one.path: one for one in seen}
    open_paths = {v.path for v in verdicts if v.verdict == "FAIL"}
    order = (*(path for path in PREFERRED if path in open_paths), *PREFERRED)
    return next((by_path[path] for path in order if path in by_path), None)

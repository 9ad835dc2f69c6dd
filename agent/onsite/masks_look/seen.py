"""Describes the result of a look for the approval of one camera's masks, and renders its small pictures."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal

from agent.judge.zone_words import ZoneWord
from agent.model.finding import Finding
from agent.observe.approvals.approvals import Approval
from agent.observe.inventory.owners import NOBODY, Owner
from agent.observe.pictures.judge import Judge
from agent.observe.pictures.studies import asked_zones
from agent.site.config.site import Box, CameraConfig, PrivateZone
from drivers.model import Mask, Picture
from drivers.picture import PathName, ZoneVerdict
from masking.coverage import iou
from masking.model import Job, Judged, Polygon, WorkerError
from masking.view import baseline
from masking.view.model import DescriptorJob, LightMode, ViewJob, ViewState
from masking.worker.study import Study, Thumbnail

MEDIAN_LEAST: Final = 5
"""From so many pictures on, what moves is taken out of the approved view (`masking/view/picture.py`)."""

SAME_IOU: Final = 0.98
"""Overlap from which a mask and a zone are judged once: they differ by rounding only."""

ON_SHEET: Final = Thumbnail(320)
"""How large pictures are on a contact sheet."""

Outcome = Literal[
    "hidden", "unapproved", "shows", "unsure", "no-private-area", "undeclared", "switched-off", "not-seen"
]
"""What a look says of a camera.

`hidden`: all that is private is hidden. `unapproved`: it looks so, and only an approval can say it. `shows`:
something is not. `unsure`: it cannot be told. `no-private-area`: declared so. `undeclared`: there is neither a zone
nor a mask nor that declaration; `switched-off`: there are masks, and none of them is on. `not-seen`: no live picture
came.
"""


@dataclass(frozen=True, slots=True)
class PathLook:
    """One path: the check's word on each zone, and a JPEG in which all that is not proven hidden is black.

    `why` is the reason for a missing picture, empty where there is one.
    """

    path: PathName
    taken_at: datetime | None
    words: tuple[ZoneWord, ...] = ()
    thumbnail: bytes = field(default=b"", repr=False)
    why: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """A camera's view: the encoded descriptor, of how many pictures, in which light.

    An empty descriptor: so much moves in it that it cannot be supervised. `state`: compared with the approved view.
    """

    descriptor: bytes = field(repr=False)
    pictures: int
    light: LightMode
    state: ViewState


@dataclass(frozen=True, slots=True)
class CameraLook:
    """The look at one camera.

    `config` is what the file declares. `masks` None: its device did not list them. `zones` are the judged ones: the
    declared zones, and the enabled masks beside them. `findings` are those of the mask checks on the live paths, the
    most important first. `view` None: no picture shows it. `preset`: its preset in the last round, empty where that is
    unknown or it has none; `at_preset`: the verdicts of all rounds on the zones there. `owner`: its site, and the box
    that showed it; `was_another`: what was approved is of another box.
    """

    config: CameraConfig
    masks: tuple[Mask, ...] | None
    zones: tuple[PrivateZone, ...]
    findings: tuple[Finding, ...]
    outcome: Outcome
    paths: tuple[PathLook, ...]
    approved: Approval | None = None
    view: View | None = None
    preset: str = ""
    at_preset: tuple[ZoneVerdict, ...] = ()
    owner: Owner = NOBODY
    was_another: bool = False

    @property
    def id(self) -> str:
        """The camera's id."""
        return self.config.camera.id


def is_among(polygon: Polygon, zones: Iterable[PrivateZone]) -> bool:
    """Return whether a polygon is one of the zones, but for rounding."""
    return any(iou(zone.polygon, (polygon,)) >= SAME_IOU for zone in zones)


def blackened_areas(
    declared: Iterable[PrivateZone], drawn: Iterable[Mask], zones: Iterable[PrivateZone], proven: Iterable[str]
) -> tuple[Polygon, ...]:
    """Return what is black in a small picture, whatever the camera does. Pure.

    Zones `declared` private are always black; masks `drawn` by the device or approved before unless this picture proves
    them to hide. `zones` were judged in this picture, which proves those with names in `proven` to be hidden.
    """
    named = set(proven)
    hiding = tuple(zone for zone in zones if zone.name in named)
    unproven = (m.polygon for m in drawn if m.polygon and not is_among(m.polygon, hiding))
    return (*(zone.polygon for zone in declared), *unproven)


def render_path(
    picture: Picture,
    declared: tuple[PrivateZone, ...],
    drawn: tuple[Mask, ...],
    zones: tuple[PrivateZone, ...],
    words: tuple[ZoneWord, ...],
    judge: Judge,
    size: Thumbnail = ON_SHEET,
    overlay_boxes: tuple[Box, ...] = (),
) -> PathLook:
    """Render the small picture of one path.

    A mask shows in it only where both this very picture and all looks together prove it to hide.
    """
    asked = asked_zones(zones, overlay_boxes)
    here = ask(judge, Job(picture.data, picture.kind, asked))
    if here is None:
        return PathLook(picture.path, picture.taken_at, why="malformed")
    together = {word.zone for word in words if word.picture.verdict == "PASS"}
    proven = together & {v.zone for v in here.verdicts if v.verdict == "PASS"}
    hidden = blackened_areas(declared, drawn, zones, proven)
    small = ask(judge, Job(picture.data, picture.kind, (), Study(thumbnail=replace(size, hidden=hidden))))
    if small is None or small.studied is None:
        return PathLook(picture.path, picture.taken_at, words, why="malformed")
    return PathLook(picture.path, picture.taken_at, words, small.studied.thumbnail)


def descriptor_of(picture: Picture, left_out: tuple[Polygon, ...], judge: Judge) -> bytes:
    """Return a picture's encoded descriptor; empty where it cannot be decoded, or is too flat to be compared."""
    answer = ask(judge, Job(picture.data, picture.kind, (), Study(descriptor=DescriptorJob(excluded=left_out))))
    return answer.studied.descriptor if answer is not None and answer.studied is not None else b""


def view_of(
    descriptors: tuple[bytes, ...],
    newest: Picture,
    approved: tuple[bytes, ...],
    left_out: tuple[Polygon, ...],
    judge: Judge,
) -> View | None:
    """Return the view of one path's pictures: their median where there are enough, else the newest one's.

    `descriptors` are those of the path's pictures, oldest first, without empty ones; `newest` is its newest picture;
    `approved` are the references approved before. Masks and zones are `left_out`: they do not move with the scene.
    """
    if not descriptors:
        return None
    last = baseline.decode(descriptors[-1])
    alike = tuple(one for one in descriptors if _shape(one) == _shape(descriptors[-1]))
    merge = alike if len(alike) >= MEDIAN_LEAST else ()
    asked = Study(ViewJob(approved, left_out), descriptor=DescriptorJob(merge, left_out) if merge else None)
    answer = ask(judge, Job(newest.data, newest.kind, (), asked))
    if answer is None or answer.studied is None or answer.studied.view is None:
        return None
    descriptor = answer.studied.descriptor if merge else descriptors[-1]
    return View(descriptor, len(merge) or 1, last.light, answer.studied.view.state)


def _shape(descriptor: bytes) -> tuple[LightMode, int, int]:
    one = baseline.decode(descriptor)
    return one.light, one.width_px, one.height_px


def ask(judge: Judge, job: Job) -> Judged | None:
    """Judge one picture; None where the worker cannot."""
    try:
        return judge(job)
    except WorkerError:
        return None

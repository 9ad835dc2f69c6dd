"""Judges key pictures that a device sent over the interface against the private zones of its camera.

The police see these pictures, so that they are a path like others: the same worker, framing, looks and second look. But
it is the device that decides whose picture it sends under a code. So nothing counts unless the picture shows the view
that was approved of that camera, and two that are equal are no live picture: what a device sends of another camera, an
old picture or a card neither passes nor fails a mask.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from agent.judge.wording.picture_words import zone_reason
from agent.model.finding import Json, Message, listed
from agent.observe.pictures.derived_views import ApprovedViews
from agent.observe.pictures.earlier_looks import EarlierLooks
from agent.observe.pictures.framings import framing_jobs
from agent.observe.pictures.judge import Questions, judge_pictures
from agent.observe.pictures.turns import PathResult, zones_digest
from agent.observe.pictures.view_owners import Judge, view_owners
from agent.observe.pictures.zone_verdicts import CameraVerdicts, confirm_verdicts
from agent.onsite.link.result import Step, StepStatus
from agent.site.config.site import CameraConfig, Site
from drivers.model import Observations, Picture, Unavailable
from drivers.picture import PLATFORM, PictureSeen, ZoneVerdict
from masking.looks.evidence_format import LEAST_APART_S
from masking.model import PictureKind
from masking.view.likeness import likeness, read

SECOND_AFTER_S: Final = LEAST_APART_S + 0.1
"""Two pictures so far apart are two looks."""

LOOKS: Final = 2
"""So many different pictures are taken: one alone shows no zone bare."""

JudgeMasks = Callable[[Sequence["KeyPicture"]], Step]
"""Judges the key pictures of one camera, oldest first."""


@dataclass(frozen=True, slots=True)
class KeyPicture:
    """One key picture, and how long after the call it was whole."""

    data: bytes = field(repr=False)
    kind: PictureKind
    after_s: float


def with_look(pictures: Sequence[KeyPicture], new: KeyPicture) -> list[KeyPicture]:
    """Return the first picture, and the newest one that came long enough after it."""
    if not pictures:
        return [new]
    return [pictures[0], new] if new.after_s - pictures[0].after_s >= SECOND_AFTER_S else list(pictures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What is known beforehand of the cameras behind a device.

    `site`: with what is approved in force. `masks`: by camera id, the digest of the masks that the device listed last.
    """

    site: Site
    device: str
    views: ApprovedViews = field(default_factory=ApprovedViews)
    masks: Mapping[str, str] = field(default_factory=dict)

    def camera_of(self, code: str) -> CameraConfig | None:
        """Return the camera that has this code in the site file."""
        own = (one for one in self.site.cameras if one.camera.device == self.device)
        return next((one for one in own if one.camera.code == code), None)


def masks_judge(behind: Behind, code: str, judge: Judge, clock: Callable[[], datetime]) -> JudgeMasks | None:
    """Return what judges the pictures that come under a code; None where nothing private is declared of its camera."""
    camera = behind.camera_of(code)
    if camera is None or not (camera.zones or camera.presets):
        return None
    return lambda pictures: _masks(behind, camera, pictures, judge, clock())


def _masks(behind: Behind, camera: CameraConfig, pictures: Sequence[KeyPicture], judge: Judge, now: datetime) -> Step:
    name = camera.camera.id
    if camera.presets:
        return _step(name, "unknown", "camera-turns", Message("{camera} turns: its masks are not judged here"))
    if not behind.views.references.get(name):
        what = Message(
            "whose picture came under the code of {camera} is not known, so that its masks are not judged",
            next_step="approve its view with camwarden masks adopt, and repeat the test",
        )
        return _step(name, "unknown", "no-approved-view", what)
    looks = _looks(behind, camera, pictures, judge, now)
    return _judged(behind, camera, looks)


@dataclass(frozen=True, slots=True)
class _Looks:
    """Every look of one call, and the last one as it counts."""

    seen: tuple[PictureSeen, ...]
    last: Observations


def _looks(behind: Behind, camera: CameraConfig, pictures: Sequence[KeyPicture], judge: Judge, now: datetime) -> _Looks:
    alone, owners = replace(behind.site, cameras=(camera,)), view_owners(behind.site, behind.views)
    earlier, failed = EarlierLooks(), tuple[CameraVerdicts, ...]()
    seen: list[PictureSeen] = []
    counted: Observations = ()
    for number, one in enumerate(pictures):
        at = now - timedelta(seconds=pictures[-1].after_s - one.after_s)
        taken = Picture(camera.camera.id, PLATFORM, at, one.data, one.kind)
        framings = framing_jobs(alone, (), (taken,), behind.views, {}, at)
        looked = judge_pictures(
            alone, (taken,), judge, asked=Questions(owners=owners, framings=framings), earlier=earlier
        )
        counted, failed = confirm_verdicts(alone, (), looked, failed, at, is_again=number > 0)
        seen += [one.value for one in counted if isinstance(one.value, PictureSeen)]
    return _Looks(tuple(seen), counted)


def _judged(behind: Behind, camera: CameraConfig, looks: _Looks) -> Step:
    name = camera.camera.id
    missing = next((one.value for one in looks.last if isinstance(one.value, Unavailable)), None)
    if missing is not None:
        what = Message("the picture of {camera} was not judged ({reason})", {"reason": missing.reason})
        return _step(name, "unknown", missing.reason, what)
    others = {one.shows for one in looks.seen} - {"", name}
    if others:
        what = Message(
            "under the code of {camera} comes the picture of {other}", {"other": listed(sorted(others))},
            next_step="correct the codes of the channels in the device",
        )  # fmt: skip
        return _step(name, "failed", "another-camera", what)
    if any(one.shows != name for one in looks.seen):
        what = Message(
            "what came under the code of {camera} is not proven to be its approved view, so that its masks are not "
            "judged",
            next_step="look whether the picture is that of this camera, and repeat the test by day",
        )
        return _step(name, "unknown", "view-not-proven", what)
    if _is_one_moment(looks.seen):
        what = Message("the picture of {camera} stands still: two that came apart are the same, so that it is not live")
        return _step(name, "unknown", "same-picture", what)
    return _of_zones(behind, name, looks)


def _is_one_moment(seen: Sequence[PictureSeen]) -> bool:
    """Tell whether pictures that came apart show one moment: equal bytes, or equal to the sensor's noise."""
    if len(seen) < 2:
        return False
    if len({one.digest for one in seen}) == 1:
        return True
    first, last = (read(bytes.fromhex(one.imprint)) for one in (seen[0], seen[-1]))
    return first is not None and last is not None and likeness(first, last) == "equal"


def _of_zones(behind: Behind, name: str, looks: _Looks) -> Step:
    verdicts = tuple(one.value for one in looks.last if isinstance(one.value, ZoneVerdict))
    seen = replace(looks.seen[-1], imprint="")
    shown = PathResult(
        name, PLATFORM, seen.taken_at, zones_digest(behind.site, name), behind.masks.get(name, ""), seen, verdicts
    )
    zones: list[Json] = [{"zone": one.zone, "verdict": one.verdict, "reason": one.reason} for one in verdicts]
    evidence: dict[str, Json] = {"path": PLATFORM, "looks": len(looks.seen), "zones": zones}
    bare = [one for one in verdicts if one.verdict == "FAIL"]
    unsure = [one for one in verdicts if one.verdict != "PASS"]
    worst = next(iter((*bare, *unsure)), None)
    if worst is None:
        what = Message("every private zone of {camera} is hidden in the platform's picture")
        return replace(_step(name, "seen", "", what), evidence={"camera": name, **evidence}, shown=shown)
    values: dict[str, object] = {"zone": worst.zone, "reason": zone_reason(worst.reason)}
    what = Message("zone {zone} of {camera} cannot be told in the platform's picture ({reason})", values)
    if bare:
        what = Message(
            "zone {zone} of {camera} is not hidden in the platform's picture ({reason})", values,
            next_step="correct the mask, and repeat the test",
        )  # fmt: skip
    step = _step(name, "failed" if bare else "unknown", worst.reason, what)
    return replace(step, evidence={"camera": name, **evidence}, shown=shown)


def _step(name: str, status: StepStatus, reason: str, what: Message) -> Step:
    said = Message(what.template, {**what.values, "camera": name}, next_step=what.next_step)
    return Step(name="masks", status=status, what=said, reason=reason, evidence={"camera": name})

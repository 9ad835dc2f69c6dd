"""Updates the memory of each camera's view and picture quality with one more picture. Pure.

One picture decides nothing: a view is settled by several (`masking/view/persistence.py`), and an indicator of quality
must be bad in LOOKS pictures in a row. What a picture cannot show, such as one in a light without an approved view,
changes nothing for a day: day and night may alternate.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from agent.observe.approvals.approvals import Approval
from agent.site.config.site import Box, Site
from drivers.model import Observations
from drivers.picture import PictureSeen
from masking.quality.compared import QualityJudged, Thresholds
from masking.quality.indicators import SHAKES, judge
from masking.quality.learning import QualityMemory, learn
from masking.view.model import QualitySeen, ViewSeen
from masking.view.persistence import ViewMemory, remember, same

LOOKS: Final = 3
"""In so many pictures in a row an indicator must be bad before it is one."""

KEPT: Final = timedelta(days=1)
"""How long what was last seen counts, where later pictures cannot tell."""

CACHED_AT_MOST: Final = timedelta(minutes=30)
"""So long a device may answer with a snapshot that it made before. Design default; no document gives a limit."""

EVEN_CONTRAST: Final = 4.0
"""Standard deviation of luma under which a picture is even: two of a dark or covered lens may be equal in each byte."""


@dataclass(frozen=True, slots=True)
class CameraView:
    """A camera with an approved view. `references` is a digest over it.

    `held_at`: when a picture last confirmed the settled result.
    """

    references: str
    memory: ViewMemory = field(default_factory=ViewMemory)
    held_at: datetime | None = None

    def settled(self, now: datetime) -> ViewSeen | None:
        """Return the result in force, None where there is none or no picture confirmed it for a day."""
        if self.held_at is None or not timedelta(0) <= now - self.held_at <= KEPT:
            return None
        return self.memory.settled


@dataclass(frozen=True, slots=True)
class IndicatorMark:
    """The last result of one indicator: in how many pictures in a row it was bad, at most LOOKS, and the numbers.

    `value`, `usual`, `limit` are those of `QualityJudged`, stored while it is bad.
    """

    indicator: str
    at: datetime
    bad_looks: int = 0
    value: float | None = None
    usual: float | None = None
    limit: float | None = None

    @property
    def is_bad(self) -> bool:
        """Whether it was bad often enough to count."""
        return self.bad_looks >= LOOKS


@dataclass(frozen=True, slots=True)
class SnapshotMark:
    """The newest snapshot: its digest (SHA-256, hex), when it was seen first and last, in how many looks (<= LOOKS)."""

    digest: str
    since: datetime
    at: datetime
    looks: int = 1

    @property
    def is_frozen(self) -> bool:
        """Whether one and the same picture was answered for too long: no sensor makes two that are equal."""
        return self.looks >= LOOKS and self.at - self.since > CACHED_AT_MOST


@dataclass(frozen=True, slots=True)
class CameraQuality:
    """The usual quality of a camera, and the last results.

    `references`: a digest over the approved view, or empty; and, where overlay boxes are declared, `+` and one over
    those. `snapshot`: None without one within a day, or for an even picture.
    """

    references: str = ""
    memory: QualityMemory = field(default_factory=QualityMemory)
    shifts: tuple[float, ...] = ()
    marks: tuple[IndicatorMark, ...] = ()
    snapshot: SnapshotMark | None = None

    @property
    def learned(self) -> bool:
        """Whether the usual quality is known in any light."""
        return any(mode.learned for mode in self.memory.modes)

    def mark(self, indicator: str) -> IndicatorMark | None:
        """Return the last result of an indicator; None without one within a day."""
        return next((mark for mark in self.marks if mark.indicator == indicator), None)


Views = Mapping[str, CameraView]
Quality = Mapping[str, CameraQuality]
References = Mapping[str, tuple[bytes, ...]]


def references_of(approvals: Mapping[str, Approval]) -> References:
    """Return the approved view of each camera that has one."""
    return {name: approval.references for name, approval in approvals.items() if approval.references}


def views_after(site: Site, looked: Observations, views: Views, references: References, now: datetime) -> Views:
    """Return the views with this cycle's pictures; a newly approved view begins anew."""
    seen = {o.subject: o.value for o in looked if isinstance(o.value, ViewSeen)}
    after = {}
    for camera in site.cameras:
        name = camera.camera.id
        if name in references:
            digest = _digest(references[name])
            view = views.get(name)
            view = view if view is not None and view.references == digest else CameraView(digest)
            picture = seen.get(f"camera:{name}")
            after[name] = view if picture is None else _with_view(view, picture, now)
    return after


def _with_view(view: CameraView, seen: ViewSeen, now: datetime) -> CameraView:
    strange_light = seen.reference_light is not None and seen.light != seen.reference_light
    if seen.state == "unknown" and strange_light and view.memory.settled is not None:
        return view
    memory = remember(view.memory, seen)
    settled = memory.settled
    holds = settled is not None and (settled is seen or same(settled, seen) or settled.state == seen.state == "unknown")
    return CameraView(view.references, memory, now if holds else view.held_at)


def quality_after(
    site: Site, looked: Observations, quality: Quality, views: Views, references: References, now: datetime
) -> Quality:
    """Return each camera's quality with this cycle's pictures.

    `views` include this cycle's pictures. A replaced approved view is learned anew.
    """
    seen = {o.subject: o.value for o in looked if isinstance(o.value, QualitySeen)}
    snapshots = {o.subject: o.value for o in looked if isinstance(o.value, PictureSeen) and o.value.path == "snapshot"}
    after = {}
    for camera in site.cameras:
        name = camera.camera.id
        known = quality.get(name, CameraQuality())
        known = _still_learned(known, _digest(references.get(name, ())), _boxes_digest(camera.overlay_boxes))
        known = replace(known, marks=_recent_marks(known.marks, now))
        picture = seen.get(f"camera:{name}")
        view = views[name].settled(now) if name in views else None
        if picture is not None:
            known = _with_picture(known, picture, view, site.quality, now)
        known = replace(known, snapshot=_snapshot(known.snapshot, snapshots.get(f"camera:{name}"), now))
        if known != CameraQuality(known.references):
            after[name] = known
    return after


def _still_learned(known: CameraQuality, approved: str, boxes: str) -> CameraQuality:
    """Return what still holds: a replaced view, or other boxes, are learned anew."""
    approved_before, _, boxes_before = known.references.partition("+")
    references = (approved or approved_before) + (f"+{boxes}" if boxes else "")
    if boxes != boxes_before or (approved and approved_before not in ("", approved)):
        return CameraQuality(references)
    return replace(known, references=references)


def _with_picture(
    known: CameraQuality, seen: QualitySeen, view: ViewSeen | None, thresholds: Thresholds, now: datetime
) -> CameraQuality:
    newest = () if seen.shift_percent is None else (round(seen.shift_percent, 3),)
    shifts = (*known.shifts, *newest)[-SHAKES:]
    judged = judge(seen, known.memory, view, shifts, thresholds)
    before = {mark.indicator: mark for mark in known.marks}
    marks = tuple(
        mark for one in judged if (mark := _mark_of(one, before.get(one.indicator), now)) and one.indicator != "moved"
    )
    # What a recorder draws for a camera that it has lost must not become usual.
    lost = any(one.indicator == "signal-lost" and one.state == "bad" for one in judged)
    memory = known.memory if lost else learn(known.memory, seen, now)
    return CameraQuality(known.references, memory, shifts, marks, known.snapshot)


def _snapshot(before: SnapshotMark | None, seen: PictureSeen | None, now: datetime) -> SnapshotMark | None:
    """Return the newest snapshot; several rounds of one look count once."""
    if seen is None:
        return before if before is not None and timedelta(0) <= now - before.at <= KEPT else None
    if seen.contrast < EVEN_CONTRAST:
        return None
    if before is None or before.digest != seen.digest or before.at > now:
        return SnapshotMark(seen.digest, now, now)
    return replace(before, at=now, looks=min(before.looks + (before.at < now), LOOKS))


def _mark_of(one: QualityJudged, before: IndicatorMark | None, now: datetime) -> IndicatorMark | None:
    if one.state == "unknown":
        return before
    if one.state == "ok":
        return IndicatorMark(one.indicator, now)
    looks = min((before.bad_looks if before else 0) + 1, LOOKS)
    return IndicatorMark(one.indicator, now, looks, *(_rounded(value) for value in (one.value, one.usual, one.limit)))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _recent_marks(marks: tuple[IndicatorMark, ...], now: datetime) -> tuple[IndicatorMark, ...]:
    return tuple(mark for mark in marks if timedelta(0) <= now - mark.at <= KEPT)


def _digest(references: tuple[bytes, ...]) -> str:
    if not references:
        return ""
    return hashlib.sha256(b"".join(hashlib.sha256(one).digest() for one in references)).hexdigest()


def _boxes_digest(boxes: tuple[Box, ...]) -> str:
    return hashlib.sha256(repr(boxes).encode()).hexdigest() if boxes else ""

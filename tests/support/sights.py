"""What pictures say of view and quality, for tests of the pure parts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sites import NOW, QUALITY, SQUARE, STILL, observed, observed_at, picture

from agent.judge.checks.table import run_checks
from agent.model.finding import Finding
from agent.observe.approvals.approvals import Approval, approve
from agent.observe.facts.facts import gather
from agent.observe.pictures.view_memory import (
    CameraQuality,
    CameraView,
    IndicatorMark,
    Quality,
    References,
    Views,
    quality_after,
    views_after,
)
from agent.observe.remembered.value import Remembered
from agent.site.config.site import Site
from drivers.model import Mask, Masks, Observations, Stream, Streams
from masking.quality.indicators import INDICATORS
from masking.quality.learning import LEARNING, ModeMemory, QualityMemory
from masking.quality.learning import learn as learn_one
from masking.view.baseline import Descriptor, encode
from masking.view.model import LightMode, Movement, QualitySeen, ViewSeen
from masking.view.persistence import ViewMemory

REFERENCES: References = {"gate": (encode(Descriptor("day", 64, 36, 5, bytes(64 * 36))),)}
MOVED = Movement(4.0, -1.0, 1.5, 2.0, 6.2)
STEP = timedelta(minutes=15)


def view(state: str = "still", light: LightMode = "day", reference: LightMode = "day", **changes: Any) -> ViewSeen:
    """Return a picture's answer on the view."""
    movement = {"still": STILL.movement, "moved": MOVED}.get(state)
    reason = "tiles" if state != "unknown" else "no-match"
    seen = ViewSeen(state, reason, light, reference, 0.9, 4, 16 / 9, movement)  # type: ignore[arg-type]
    return replace(seen, **changes)


def quality(**changes: Any) -> QualitySeen:
    """Return what is measured in a picture in order, but for some numbers."""
    usual = replace(QUALITY, covered_ratio=0.01, lost_ratio=0.0, change=2.0, changed_ratio=0.2, shift_percent=0.05)
    return replace(usual, **changes)


def taught(light: LightMode = "day", until: datetime = NOW, **changes: Any) -> QualityMemory:
    """Return what a camera has learned in a light within its week."""
    memory = QualityMemory()
    for number in range(40):
        seen = quality(light=light, luma=100.0 + number % 5, **changes)
        memory = learn_one(memory, seen, until - LEARNING - STEP + number * (LEARNING + STEP) / 39)
    return memory


def learned(*modes: ModeMemory) -> CameraQuality:
    """Return a camera that has learned by day, and in the modes given besides."""
    memory = taught()
    return CameraQuality("", replace(memory, modes=(*memory.modes, *modes)))


def in_order(a_site: Site, now: datetime = NOW) -> tuple[dict[str, Approval], Views, Quality]:
    """Return approvals, views and quality of a site whose declared cameras were approved, and all are as they were."""
    names = [one.camera.id for one in a_site.cameras]
    declared = [one.camera.id for one in a_site.cameras if one.zones or one.no_private_area is not None]
    masks = (Mask("m1", SQUARE, "Color", True),)
    approvals = {name: approve(a_site, name, "Li Na", NOW, "", masks, REFERENCES["gate"]) for name in declared}
    views = {name: CameraView("digest", ViewMemory(STILL, (STILL,)), now) for name in names}
    known = replace(learned(), marks=tuple(IndicatorMark(indicator.name, now) for indicator in INDICATORS))
    return approvals, views, dict.fromkeys(names, known)


def seen(*values: ViewSeen | QualitySeen, zone_mask: bool = True) -> Observations:
    """Return the facts of a camera that delivered a picture which says these."""
    masks = Masks((Mask("m1", SQUARE, "Color", True),) if zone_mask else ())
    streams = Streams((Stream("main", "rtsp://192.0.2.1/main"), Stream("sub", "rtsp://192.0.2.1/sub")))
    return observed("camera:gate", streams, masks, picture("main"), picture("sub"), *values)


def played(
    site: Site, looks: list[Observations], views: Views | None = None, known: Quality | None = None, at: datetime = NOW,
    references: References = REFERENCES, step: timedelta = STEP,
) -> tuple[Views, Quality, list[tuple[Finding, ...]]]:  # fmt: skip
    """Run looks one after another; return what is known after them, and the findings of each."""
    views, known = views or {}, known or {}
    told = []
    for number, one in enumerate(looks):
        now = at + number * step
        views = views_after(site, one, views, references, now)
        known = quality_after(site, one, known, views, references, now)
        facts = gather(observed_at(one, now), remembered=Remembered(views=views, quality=known))
        told.append(run_checks(site, facts, now))
    return views, known, told


def of(findings: tuple[Finding, ...], check: str, subject: str = "camera:gate") -> Finding:
    """Return the one finding of a check on a subject."""
    (finding,) = [f for f in findings if (f.check, f.subject) == (check, subject)]
    return finding

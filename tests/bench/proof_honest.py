"""Compares on seeded honest sites what this tree passes with what release 0.1 passed.

Each site is one maker's, with one or two cameras and a plan of recording that is drawn. What is true of it is known
from what was drawn. Both trees look at it once by their command line, at the same moment, without a history.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from proof_released import hurry, judged

from agent.demo.liars.lie import WorldName
from agent.demo.liars.worlds import Clock, Rows, build
from agent.demo.liars.worlds_table import GATE, GYM, LIBRARY, WORLDS
from agent.demo.world.cameras import CAMERAS, DemoCamera, RecordingPlan
from masking.worker.client import Worker
from measure.processes import ROOT

CHECKS = ("privacy-mask-effective", "retention-days", "recording-completeness", "camera-online")
FLOOR_DAYS = 30
PLACES = (GATE, LIBRARY, GYM, *(one for one in CAMERAS if one.id in ("canteen", "parking")))
"""Cameras whose masks are drawn where they are listed, on every path."""
PLANS = (
    RecordingPlan(35),
    RecordingPlan(45),
    RecordingPlan(33),
    RecordingPlan(21),
    RecordingPlan(35, gap_hours=6),
    RecordingPlan(40, ended_days_ago=2),
)
"""Half of them are well; a store writes without holes until now."""

NAMED: Mapping[str, str] = {
    "plan-covers-less": "B1",
    "isolated-clip": "B2",
    "oldest-not-opened": "B3",
    "owner-guessed": "B4",
    "clock-not-trusted": "B5",
    "floor-not-declared": "B5",
    "bare-footage-kept": "B6",
    "path-not-looked-at": "B8",
    "signal-lost": "B11",
    "segments-unreadable": "B14",
}
"""Reasons for which release 0.1 passed and must not, and the item that says so; a loss for another one is a loss."""


Told = tuple[str, str]
"""Status and reason of a finding."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One finding of one site. `well`: what was drawn makes a pass true."""

    site: str
    key: str
    well: bool
    before: Told
    now: Told

    @property
    def offered(self) -> bool:
        """Whether release 0.1 passed it rightly, and no named item takes that pass away."""
        return self.well and self.before[0] == "pass" and (self.now[0] == "pass" or self.now[1] not in NAMED)

    @property
    def named(self) -> bool:
        """Whether a named item took a pass of release 0.1 away."""
        return self.well and self.before[0] == "pass" and self.now[0] != "pass" and self.now[1] in NAMED

    @property
    def wrong(self) -> bool:
        """Whether what this tree says is not true."""
        return self.now[0] in ("fail", "warn") if self.well else self.now[0] == "pass"


@dataclass(frozen=True, slots=True)
class Looked:
    """One site: every finding of the four checks, and the most RTSP sessions that a box had at a time for this tree."""

    findings: tuple[Compared, ...]
    most_streams: int


def compared(released: Path, folder: Path, now: datetime, seeds: Sequence[int]) -> Iterator[Looked]:
    """Build a site for each seed and let both trees look at it, this one first.

    Args:
        released: Where release 0.1 is unpacked.
        folder: Empty; for configurations and stores.
        now: The time at which all sites are looked at.
        seeds: One for each site; the maker goes round.
    """
    with Worker() as worker:
        for seed in seeds:
            name: WorldName = tuple(WORLDS)[seed % len(WORLDS)]
            rows = drawn(name, random.Random(seed))
            there = build(name, folder / f"site-{seed}", Clock(now), worker, rows)
            hurry(there)
            try:
                there.record()
                this = judged(ROOT, there)
                most = max(there.site.most_streams.values())
                before = judged(released, there)
            finally:
                there.site.stop()
            yield Looked(tuple(_rows(f"{name}-{seed}", name, rows, before, this)), most)


def _rows(
    site: str, name: WorldName, rows: Rows, before: Mapping[str, Told], this: Mapping[str, Told]
) -> Iterator[Compared]:
    for camera in rows[1]:
        for check in CHECKS:
            key = f"{check} camera:{camera.id}"
            if key in before or key in this:
                is_well = well(check, camera, stored=name == "store")
                yield Compared(site, key, is_well, before.get(key, ("", "")), this.get(key, ("", "")))


def drawn(name: WorldName, draw: random.Random) -> Rows:
    """Draw the cameras of a site: which places they see, and what is recorded of them."""
    devices, cameras = WORLDS[name]
    places = draw.sample(PLACES, len(cameras))
    shown = tuple(
        replace(
            camera,
            place=seen.place,
            zone=seen.zone,
            mask=seen.mask,
            recording=RecordingPlan(35) if name == "store" else draw.choice(PLANS),
        )
        for camera, seen in zip(cameras, places, strict=True)
    )
    return devices, shown


def well(check: str, camera: DemoCamera, *, stored: bool) -> bool:
    """Return whether a pass of a check is true of a camera, by its plan. Masks and links are all well."""
    plan = camera.recording
    if stored or plan is None or check in ("privacy-mask-effective", "camera-online"):
        return True
    if check == "retention-days":
        # What lies before a hole of hours still counts; what ended is judged by completeness.
        return plan.days >= FLOOR_DAYS
    return not plan.gap_hours and not plan.ended_days_ago

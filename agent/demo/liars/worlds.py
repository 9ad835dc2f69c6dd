"""Builds the small simulated sites for lies: two cameras each, one maker each, all of it well.

A world is learned once, honestly: approvals of both views, a week of looks. Each lie begins from there.
"""

import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from agent.demo.liars.lie import Lie, Telling, WorldName, noted
from agent.demo.liars.segment import PATTERN, Stamps, record, stamps
from agent.demo.liars.worlds_table import WORLDS
from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import DemoCamera, DemoDevice
from agent.demo.world.recordings import full_hour
from agent.judge.memory.memory import EMPTY_MEMORY, Memory
from agent.model.finding import Finding, Moment
from agent.observe.pictures.previous_pictures import PreviousPictures
from agent.service.cycle.cycle import see
from agent.service.cycle.environment import Environment
from agent.site.config.load import load
from drivers.credentials import Credentials
from masking.worker.client import Worker

STORED_DAYS = 35
LEARNING_STEP = timedelta(hours=4)
LEARNING_LOOKS: dict[WorldName, int] = {"onvif": 8, "hikvision": 50, "dahua": 46, "store": 8}
"""How many looks it takes until all that can pass there does: vendors' recorders are listed a few days in each look."""
LIE_AFTER, LIE_STEP = timedelta(hours=21), timedelta(minutes=70)
"""A path that is looked at in turn has its turn again after 20 hours, and after one that failed again after an hour."""
STORE_ID = "disk"

DECLARED = """
[rules]
profile = "full"

[[declaration]]
duty = "linked"
value = true
by = "head of security"
at = 2026-09-01

[[declaration]]
duty = "approved-accounts"
value = ["admin: Administrator", "viewer: User", "viewer: Operator", "guard"]
by = "head of security"
at = 2026-09-01

[[declaration]]
duty = "approved-services"
value = ["HTTP", "RTSP"]
by = "head of security"
at = 2026-09-01

[[declaration]]
duty = "approved-firmware"
value = ["DS-R6: V4.30.085", "DS-7616: V4.61.030 build 260101", "CAM-D2: V4.30.085", "DHI-NVR608H: 4.001.0000000.6.R"]
by = "head of security"
at = 2026-09-01

[[declaration]]
duty = "access-register"
value = true
by = "head of security"
at = 2026-09-01
"""
"""What a person has said of these sites, so that a check of it can pass."""


@dataclass
class Clock:
    """Tells the time that was begun with and moves only when it is moved."""

    at: datetime

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.at


Rows = tuple[tuple[DemoDevice, ...], tuple[DemoCamera, ...]]
"""Devices and their cameras."""
Adopt = Callable[[Path, Clock], None]
"""Approves every view of a site, given its configuration, as `camwarden masks adopt` does."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a lie: the findings of the last look, and whether anything that was told was false at all."""

    findings: tuple[Finding, ...]
    told: bool


@dataclass
class World:
    """A running small site, and what honest looks have left in its memory."""

    site: SimulatedSite
    config: Path
    clock: Clock
    worker: Worker
    cameras: tuple[DemoCamera, ...]
    devices: tuple[DemoDevice, ...]
    store: Path | None = None
    memory: Memory = EMPTY_MEMORY
    findings: tuple[Finding, ...] = ()
    recorded_until: datetime | None = None
    previous: PreviousPictures = field(default_factory=PreviousPictures)

    def look(self, telling: Telling | None = None) -> None:
        """Look once at what there is now, and remember it."""
        self.record(telling)
        rim = Environment(Credentials(None), self.worker.judge, self.clock, previous=self.previous)
        seen = see(load(self.config), rim, Moment(self.clock(), 0, "boot", True), self.memory)
        self.memory, self.findings = seen.memory, seen.findings

    def record(self, telling: Telling | None = None, there: Collection[Path] = ()) -> None:
        """Let the recorder of the store write until now, but for what is `there`."""
        if self.store is None:
            return
        now = self.clock()
        begin = full_hour(self.recorded_until or now - timedelta(days=STORED_DAYS))
        for camera in self.cameras:
            record(self.store, camera.id, camera.place, begin, now, there)
        self.recorded_until = now
        if telling is not None and telling.files is not None:
            telling.files(self.store, now)

    def learn(self, looks: int = 1) -> None:
        """Look honestly, once each step."""
        for _ in range(looks):
            self.clock.at += LEARNING_STEP
            self.look()

    def hear(self, lie: Lie) -> Heard:
        """Let the world lie, look at it, and put it back to what it was."""
        with self.lying(lie) as (telling, told):
            for _ in range(lie.looks):
                self.look(telling)
                self.clock.at += LIE_STEP
            return Heard(self.findings, told())

    @contextmanager
    def lying(self, lie: Lie) -> Iterator[tuple[Telling, Callable[[], bool]]]:
        """Let the world lie for a while, a day on, and put it back to what it was.

        Yields:
            What is told, for `record`; and a function that says whether anything false has been told so far.
        """
        telling = lie.makes()
        told: list[str] = []
        before = (self.memory, self.findings, self.clock.at, self.recorded_until)
        stored = stamps(self.store) if self.store is not None else {}
        liar, state = self.devices[0].id, self.config.parent / "state"
        kept = self.config.parent / "state-kept"
        shutil.copytree(state, kept)
        try:
            self.site.lie(liar, noted(telling.lying, told))
            if telling.rows:
                self.site.replace(*telling.rows)
            self.previous = PreviousPictures()
            self.clock.at += LIE_AFTER
            true_rows = set(telling.rows) <= {*self.devices, *self.cameras}

            yield telling, lambda: bool(told) or not true_rows or telling.files is not None
        finally:
            self.site.lie(liar)
            self.site.replace(*self.devices, *self.cameras)
            self.memory, self.findings, self.clock.at, self.recorded_until = before
            shutil.rmtree(state)
            kept.rename(state)
            self._mend_store(stored)

    def _mend_store(self, before: Stamps) -> None:
        """Write every segment anew that is not as it was, and delete what is older than what a store holds."""
        if self.store is None:
            return
        now = stamps(self.store)
        oldest = full_hour(self.clock() - timedelta(days=STORED_DAYS)).timestamp()
        there = {path for path, stamp in now.items() if before.get(path) == stamp and stamp[2] > oldest * 10**9}
        for path in now.keys() - there:
            path.unlink()
        self.recorded_until = None
        self.record(there=there)


def build(name: WorldName, folder: Path, clock: Clock, worker: Worker, rows: Rows | None = None) -> World:
    """Build a world, or one of other devices and cameras, and let it run; `World.site.stop` ends it."""
    devices, cameras = rows or WORLDS[name]
    site = SimulatedSite(clock, devices, cameras)
    site.start()
    config = site.write_config(folder, {"host": "127.0.0.1", "tls": False, "confirm": "broker"})
    text = config.read_text("utf-8").replace("deadline_s = 6\n", "deadline_s = 50\n")
    text = (
        text.replace("wait_s = 0.5", "wait_s = 0.1").replace("period_s = 60", f"period_s = {LEARNING_STEP.seconds}")
        + DECLARED
    )
    store = folder / "store" if name == "store" else None
    if store is not None:
        store.mkdir()
        text = text.replace("recorded = true", f'recorded = true\nstore = "{STORE_ID}"')
        text += f'\n[[store]]\nid = "{STORE_ID}"\nkind = "segments"\npath = "{store}"\npattern = "{PATTERN}"\n'
    config.write_text(text, "utf-8")
    return World(site, config, clock, worker, cameras, devices, store)

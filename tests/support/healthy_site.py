"""A simulated site in order, which tests break and put back: its devices, the agent that looks at it, what is declared.

Devices, pictures, approvals and configuration are real: the demo's recorders answer over ONVIF, ISAPI and RTSP, the
worker judges, people's files are edited. What no simulated device can show comes in at a seam as a fact (`hands`).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from demo_clock import SetClock
from duties_declared import DECLARED, Word, declaration
from smaller_site import unhurried
from warm import judging_once, lend

from agent.cli import main
from agent.commands.masks import approving, looking
from agent.contract.chain import link
from agent.contract.envelope import sign
from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.deliver.spool.seal import seal_for
from agent.deliver.spool.spool import Spool
from agent.demo.scene.scene import jpeg
from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES, ISAPI_CAMERAS, ISAPI_DEVICES, DemoCamera, RecordingPlan
from agent.hub.views.changes import ConfigReport
from agent.judge.memory import memory as state
from agent.judge.memory.memory import Memory
from agent.judge.memory.notes import NO_NOTES
from agent.judge.wording.held import is_held
from agent.model.finding import Draft, Finding, Moment
from agent.observe.facts.delivery import Delivery, OwnCertificate
from agent.observe.facts.delivery_status import DeliveryStatus
from agent.observe.facts.filed_file import write_filed
from agent.observe.facts.filed_system import FiledDevice, Filing
from agent.observe.pictures.previous_pictures import PreviousPictures
from agent.observe.probe.devices import NOTHING_WANTED, Paths, ProbeResult, Reading, of_box
from agent.report.assessment import add_look
from agent.report.build import build_reports
from agent.service.cycle import cycle, environment, read_kept
from agent.service.cycle.environment import Environment
from agent.service.daemon import read_back
from agent.service.daemon.read_back import read_own
from agent.site.config.load import load
from agent.site.config.site import Site
from drivers.credentials import Credentials
from drivers.details import Host, OldestLog, Uptime
from drivers.footage import WantedFootage
from drivers.model import Device, Observation, Observations, Value
from masking.worker.client import Worker

DAY = timedelta(days=1)
QUARTER = timedelta(minutes=15)
GATE, LIBRARY = replace(CAMERAS[0], recording=RecordingPlan(31)), ISAPI_CAMERAS[0]
RECORDER, NVR = DEVICES[0], ISAPI_DEVICES[0]
REPORTED = 4
LEARNING_LOOKS, LEARNING_STEP = 44, timedelta(hours=4)
"""A week and more: until what is usual for a picture is learned, and every day of the footage was listed."""

WELL = Host(0.1, 0.4, 50_000_000_000, 100_000_000_000, 60)
BEGAN = SetClock().at
LOGGED_FROM = BEGAN - 400 * DAY
"""When the oldest entry of the agent's own history was written, and of the log of the recorder that speaks ONVIF."""
Hand = Callable[[Observations], Observations]
Painter = Callable[[DemoCamera, datetime], np.ndarray]


@dataclass
class World:
    """The running site and the agent that looks at it; `begin` makes it what it was when it was healthy."""

    devices: SimulatedSite
    config: Path
    clock: SetClock
    worker: Worker
    memory: Memory = field(default_factory=Memory)
    previous: PreviousPictures = field(default_factory=PreviousPictures)
    seen: cycle.CycleResult | None = None
    hands: list[Hand] = field(default_factory=list)
    painted: dict[str, Painter] = field(default_factory=dict)
    host: Host = WELL
    logged_from: datetime = LOGGED_FROM
    delivery: Delivery | None = None
    outgoing: list[Draft] = field(default_factory=list)
    closing: list[Callable[[], None]] = field(default_factory=list)
    restarted_at: datetime = BEGAN
    healthy: tuple[Memory, PreviousPictures, datetime, str] | None = None
    sites: dict[str, Site] = field(default_factory=dict)
    """What was loaded of each text of site.toml; nobody edits another file of this site."""
    changed: bool = False
    answered: dict[str, tuple[tuple[Device, ProbeResult], ...]] | None = None
    """What devices that nobody changed since `begin` told to a question at a time; None where each look asks them."""

    @property
    def state(self) -> Path:
        return self.site.storage.directory

    @property
    def site(self) -> Site:
        """The site as its file stands, read anew where somebody has edited it."""
        text = text_of(self)
        if text not in self.sites:
            self.sites[text] = load(self.config)
        return self.sites[text]

    def edit(self, *changes: tuple[str, str]) -> None:
        """Edit site.toml, each time what stands there exactly once."""
        text = self.config.read_text(encoding="utf-8")
        for before, after in changes:
            assert text.count(before) == 1, before
            text = text.replace(before, after)
        self.config.write_text(text, encoding="utf-8")

    def declare(self, duty: str, after: str) -> None:
        """Put another declaration, or none, in the place of one."""
        self.edit((declaration(duty, DECLARED[duty]), after))

    def add(self, duty: str, word: Word) -> None:
        """Declare something that was not declared."""
        self.config.write_text(f"{text_of(self)}\n{declaration(duty, word)}", encoding="utf-8")

    def look(self, count: int = 1, step: timedelta = QUARTER) -> dict[str, Finding]:
        """Look so often, and return the last findings by key; of many looks only the last ones report and store."""
        findings: tuple[Finding, ...] = ()
        for left in reversed(range(count)):
            self.clock.at += step
            site = self.site
            reports = read_own(self.spool, self.signer.public, site) if left < REPORTED else None
            env = Environment(Credentials(None), self.worker.judge, self.clock, previous=self.previous, reports=reports)
            moment = Moment(self.clock(), 0, "boot", True)
            self.seen = cycle.see(site, env, moment, self.memory)
            findings = self.seen.findings
            days = add_look(site, self.seen.facts, findings, NO_NOTES, self.memory.remembered.assessed, moment.at)
            known = replace(self.seen.memory.remembered, assessed=days)
            self.memory = replace(self.seen.memory, remembered=known)
            if left < REPORTED:
                self.memory = state.from_json(state.to_json(self.memory))
                self.report(site, moment)
        return {finding.key: finding for finding in findings}

    def report(self, site: Site, moment: Moment) -> None:
        """Report the last look as the service does, and whatever a breach has put beside it."""
        assert self.seen is not None
        parts = (site, self.seen.facts, self.seen.findings, (), Memory(), moment.at, {})
        seal = seal_for(site, self.signer, self.clock)
        with closing(Spool.open(self.spool, site.storage.spool_max_bytes, now=moment.at, seal=seal)) as spool:
            drafts = (*build_reports(*parts)[0], *self.outgoing)
            linked, _ = link(drafts, spool.heads(), spool.epoch, site.origin, moment)
            spool.commit([sign(one, self.signer) for one in linked], "{}", moment.at)

    @property
    def spool(self) -> Path:
        return self.config.parent / "reports.db"

    @property
    def signer(self) -> Signer:
        return load_or_create_signer(self.config.parent / "reports-key.pem")

    def reported(self) -> ConfigReport:
        """Return the configuration report of the last look, as a hub reads it."""
        assert self.seen is not None
        site, at = self.site, self.clock()
        drafts, _ = build_reports(site, self.seen.facts, self.seen.findings, (), Memory(), at, {})
        (config,) = [one for one in drafts if one.stream == "config"]
        return ConfigReport("e1", at, True, json.loads(json.dumps(config.body)))

    def restart(self, at: datetime) -> None:
        """Let the recorder that speaks ISAPI have started anew at a time."""
        now, self.clock.at = self.clock.at, at
        self.devices.restart(NVR.id)
        self.restarted_at, self.clock.at = at, now

    def keep(self) -> None:
        """Take what there is now for healthy."""
        shutil.copytree(self.state, self.config.parent / "kept")
        shutil.copy(self.spool, self.config.parent / "kept-reports.db")
        self.healthy = (self.memory, deepcopy(self.previous), self.clock.at, self.config.read_text(encoding="utf-8"))
        self.changed = False

    def begin(self) -> None:
        """Undo everything, as if the breach had never been."""
        assert self.healthy is not None
        self.heal()
        for part in self.config.parent.glob(f"{self.spool.name}*"):
            part.unlink()
        shutil.copy(self.config.parent / "kept-reports.db", self.spool)
        self.memory, self.previous, self.clock.at = self.healthy[0], deepcopy(self.healthy[1]), self.healthy[2]
        if self.changed:
            self.restart(self.restarted_at)
        self.changed = False

    def heal(self) -> None:
        """Take away the cause and go on from here."""
        assert self.healthy is not None
        while self.closing:
            self.closing.pop()()
        self.hands.clear()
        self.painted.clear()
        self.outgoing.clear()
        self.host, self.delivery, self.logged_from = WELL, None, LOGGED_FROM
        if self.changed:
            self.devices.replace(GATE, LIBRARY, RECORDER, NVR)
            for camera in (GATE, LIBRARY):
                self.devices.change(camera.id, None)
            self.devices.change_device(NVR.id, None)
        self.config.write_text(self.healthy[3], encoding="utf-8")
        state = self.state
        shutil.rmtree(state)
        shutil.copytree(self.config.parent / "kept", state)


def delivered(now: datetime, **changes: object) -> Delivery:
    """Return how delivery stands where it is well, but for what is changed."""
    status = DeliveryStatus("connected", now - 9 * DAY, connects=1, confirm="broker", puback_at=now)
    return Delivery(
        replace(status, **changes), OwnCertificate("dt0001", now - DAY, now + 300 * DAY, True, now + 900 * DAY)
    )


@dataclass
class HandedReading:
    """Reads the real devices; then hands may change what they told, and painters what they showed.

    What devices in order told is told again to the same question at the same time, where the world keeps it.
    """

    world: World
    real: Reading
    question: str = ""

    def ask(self, part: Site, paths: Paths | None = None, wanted: WantedFootage = NOTHING_WANTED, **more: bool) -> None:
        asked = (self.world.clock.at, part.devices, part.cameras, paths, wanted)
        self.question = "" if self.world.answered is None or self.world.changed else repr(asked)
        if not self.known():
            self.real.ask(part, paths, wanted, **more)

    def known(self) -> bool:
        return self.question in (self.world.answered or {})

    def told(self) -> Iterable[tuple[Device, ProbeResult]]:
        """Return what the devices give, or gave before."""
        if not self.question or self.world.answered is None:
            return self.real.arrivals()
        if not self.known():
            self.world.answered[self.question] = tuple(self.real.arrivals())
        return self.world.answered[self.question]

    def arrivals(self) -> Iterator[tuple[Device, ProbeResult]]:
        for device, probed in self.told():
            told = probed.observations
            if device.id == RECORDER.id:  # what no device tells over ONVIF
                facts: tuple[Value, ...] = (Uptime(BEGAN), OldestLog(LOGGED_FROM))
                told += tuple(
                    Observation(f"device:{device.id}", one, self.world.clock(), "hand", told[0].provenance)
                    for one in facts
                )
            for hand in self.world.hands:
                told = hand(told)
            told, _ = of_box(told, ())  # which box it is, it says itself
            shown = tuple(
                replace(one, data=jpeg(paint(_demo(one.camera_id), one.taken_at)), kind="jpeg")
                if (paint := self.world.painted.get(one.camera_id)) is not None and one.path != "playback"
                else one
                for one in probed.pictures
            )
            yield device, replace(probed, observations=told, pictures=shown)


def file_at_police(directory: Path, cameras: tuple[str, ...], serial: str = RECORDER.serial) -> None:
    """Keep a filing of these cameras, with the recorder's serial number as it was filed."""
    devices = (FiledDevice(RECORDER.id, RECORDER.model, serial), FiledDevice(NVR.id, NVR.model, NVR.serial))
    signer = load_or_create_signer(directory / "filing-key.pem")
    names = {camera.id: camera.name for camera in (GATE, LIBRARY)}
    write_filed(directory, Filing("dt0001", date(2024, 9, 10), cameras, 30, devices, names), signer)


def is_open(finding: Finding) -> bool:
    """Tell whether a finding is not known yet, other than what nothing reads yet."""
    return finding.status == "unknown" and finding.reason != "not-read-yet"


def text_of(world: World) -> str:
    """Return site.toml as it stands."""
    return world.config.read_text(encoding="utf-8")


def _noting(world: World, change: Callable[..., None]) -> Callable[..., None]:
    """Return a change of the devices that the world notes."""

    def noted(*what: object) -> None:
        world.changed = True
        change(*what)

    return noted


def _demo(camera_id: str) -> DemoCamera:
    return next(one for one in (GATE, LIBRARY) if one.id == camera_id)


@contextmanager
def healthy_site(
    folder: Path, worker: Worker, patch: pytest.MonkeyPatch, looks: int = LEARNING_LOOKS
) -> Iterator[World]:
    """Run a site in order until the agent knows it: a week of looks, everything approved and declared."""
    clock = SetClock()
    with SimulatedSite(clock, (RECORDER, NVR), (GATE, LIBRARY)) as devices:
        config = unhurried(devices.write_config(folder, {"host": "127.0.0.1", "tls": False, "confirm": "broker"}))
        text = config.read_text(encoding="utf-8").replace("wait_s = 0.5", "wait_s = 0.1")
        text = text.replace("period_s = 60", f"period_s = {LEARNING_STEP.seconds}")
        text = text.replace("[policy]\n", "[policy]\nretention_ceiling_days = 40\n")
        text = text.partition("[[declaration]]")[0]  # what is declared here is `DECLARED`
        declared = "\n".join(declaration(duty, row) for duty, row in DECLARED.items())
        config.write_text(f'{text}\n[rules]\nprofile = "full"\n\n{declared}', encoding="utf-8")
        judging_once(worker, patch)  # the site is put back again and again, and shows the same
        lend(worker, patch, environment)
        world = World(devices, config, clock, worker)
        for name in ("replace", "change", "change_device", "restart"):
            patch.setattr(devices, name, _noting(world, getattr(devices, name)))
        patch.setattr(cycle, "Reading", lambda *rest: HandedReading(world, Reading(*rest)))
        patch.setattr(read_back, "NEWEST", 24)  # read anew with each look: more than what breaches look for is no more
        patch.setattr(read_kept, "oldest_stored", lambda directory: world.logged_from)
        patch.setattr(cycle, "observe_host", lambda directory, now: (Observation("site", world.host, now, "psutil"),))
        patch.setattr(cycle, "delivery_facts", lambda *_: world.delivery or delivered(clock()))
        patch.setattr(looking, "APART_S", 0.0)
        patch.setattr(looking, "utc_now", clock)
        patch.setattr(approving, "utc_now", clock)
        adopted = ["masks", "adopt", "--yes", "--by", "Li Na", "--why", "acceptance", "--rounds", "3", "--quiet"]
        assert main([*adopted, "--config", str(config), "--lang", "en", "--no-color"]) == 0
        file_at_police(world.state, (GATE.id, LIBRARY.id))
        world.look(looks, LEARNING_STEP)
        for _ in range(LEARNING_LOOKS if looks == LEARNING_LOOKS else 0):
            if not [one for one in world.look(1, LEARNING_STEP).values() if is_open(one) and not is_held(one)]:
                break
        world.restart(clock())
        world.look(3)
        world.keep()
        yield world

"""Bench `quiet`: how often a healthy site of 64 cameras makes the agent speak, in a simulated month.

Run: python tests/bench/quiet.py [--quick] [--json]. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from quiet_pictures import Remembering, Sight, reference
from quiet_site import BEGINS_AT, MASKS, PERIOD, Box, World, world

from agent.judge.checks.devices import online
from agent.judge.memory.memory import EMPTY_MEMORY, Memory
from agent.judge.memory.transitions import Transition, transitions
from agent.model.finding import Moment
from agent.observe.approvals import approvals
from agent.observe.approvals.approvals import Approval
from agent.observe.facts.delivery_status import DeliveryStatus
from agent.observe.pictures.derived_views import store_derived
from agent.observe.pictures.previous_pictures import PreviousPictures
from agent.observe.probe.devices import ProbeResult
from agent.service.cycle import cycle, read_kept
from agent.service.cycle.environment import Environment
from agent.site.config.load import load_declared
from agent.site.config.site import Site
from agent.site.declarations.standing import lines, local_day, standings
from drivers.credentials import Credentials
from drivers.details import Host
from drivers.footage import NOTHING_WANTED, WantedFootage
from drivers.model import Device, Observation
from drivers.picture import PathName
from masking.worker.client import Worker
from measure.figures import Figure, flags, say, show

EVENTS = Figure("quiet_events_per_week", "events", 2, "lower")
FALSE_FAILS = Figure("false_fail_findings", "findings", 0, "lower")
OPEN_LINES = Figure("declarations_open_after_ledger", "lines", 5, "lower")
CYCLE = Figure("quiet_cycle_ms", "ms", 300, "lower")

HOST = Host(0.2, 0.5, 40_000_000_000, 64_000_000_000, 60, 48.0)
Approvals = dict[str, Approval]

LEDGER = Path(__file__).parent.parent / "fixtures/ledgers/school-40.xlsx"

PICTURE_DAYS = 3
OFF_AT = timedelta(hours=4, minutes=20)
"""Once a week the gateway is restarted at this local time, and misses a cycle."""


@dataclass
class Reading:
    """Gives what the world tells at a moment, device by device, in the place of the network."""

    world: World
    now: datetime
    waiting: list[tuple[Box, Mapping[str, Collection[PathName]], WantedFootage]] = field(default_factory=list)

    def ask(
        self,
        part: Site,
        paths: Mapping[str, Collection[PathName]],
        wanted: WantedFootage = NOTHING_WANTED,
        in_s: float = 0.0,
        in_first_deadline: bool = False,
    ) -> None:
        ids = {device.id for device in part.devices}
        self.waiting += [(box, paths, wanted) for box in self.world.boxes if box.device.id in ids]

    def arrivals(self) -> Iterator[tuple[Device, ProbeResult]]:
        while self.waiting:
            box, paths, wanted = self.waiting.pop(0)
            yield box.device, self.world.read(box, self.now, paths, wanted)


@dataclass
class Heard:
    """What the agent said.

    `events`: when, and which finding; `failing`: in how many looks a fail counted, by finding.
    """

    events: list[tuple[datetime, str]] = field(default_factory=list)
    failing: Counter[str] = field(default_factory=Counter)
    cycle_ms: list[float] = field(default_factory=list)


def main() -> None:
    """Live through the month, and print the one JSON object."""
    asked = flags(__doc__ or "")
    cameras, days = (2, 0.5) if asked.quick else (64, 30.0)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Worker() as worker:
        living = world(Path(folder), cameras)
        pictures = Remembering(worker.judge, 1 if asked.quick else PICTURE_DAYS)
        approve(living.site, pictures)
        heard = lived(living, pictures, days)
    by_week = Counter((at - BEGINS_AT) // timedelta(weeks=1) for at, _ in heard.events)
    told = [float(by_week[week]) for week in range(int(days // 7) or 1)]
    a_week = round(len(heard.events) * 7 / days, 2)
    spread = {"value": a_week, "low": min(a_week, *told), "high": max(a_week, *told)}
    false = [key for key in heard.failing if not key.startswith(f"{online.CHECK_ID} ")]
    figures = {
        EVENTS.name: EVENTS.of(told) | spread,
        FALSE_FAILS.name: FALSE_FAILS.of([float(len(false))]),
        OPEN_LINES.name: OPEN_LINES.of([float(open_after_ledger())]),
        CYCLE.name: CYCLE.of(heard.cycle_ms),
    }
    conditions = {
        "cameras": cameras,
        "days": days,
        "events": dict(Counter(name for _, name in heard.events)),
        "failing_looks": dict(heard.failing),
        "took_s": round(time.monotonic() - begun, 1),
        "pictures_judged": len(pictures.answers),
        "pictures_asked": pictures.asked,
    }
    show("quiet", asked, figures, conditions)


def open_after_ledger() -> int:
    """Take the ledger of a school in, and return how many lines `declare --list` still shows."""
    with tempfile.TemporaryDirectory() as folder:
        taken = ["ledger", "import", str(LEDGER), "--out", folder, "--site", "dt0001", "--set", "city=datong"]
        subprocess.run([sys.executable, "-P", "-m", "agent", *taken], check=True, capture_output=True)
        site = load_declared(Path(folder) / "site.toml")
    return len(lines(standings(site, local_day(site, BEGINS_AT)), "missing"))


def approve(site: Site, pictures: Remembering) -> None:
    """Approve each camera's mask and its view by day, that of seven in eight at night too."""
    references: dict[tuple[int, str], bytes] = {}
    for number, config in enumerate(site.cameras):
        name = config.camera.id
        place = Sight.of(name, BEGINS_AT, 1).place
        lights = ("day",) if number % 9 == 0 else ("day", "infrared")
        for light in lights:
            if (place, light) not in references:
                references[place, light] = reference(pictures.worker, place, light)
        views = tuple(references[place, light] for light in lights)
        made = approvals.approve(site, name, "installer", BEGINS_AT, "commissioning", MASKS.masks, views)
        approvals.write_approval(site.storage.directory, made)


def is_gateway_off(now: datetime) -> bool:
    """Whether this look falls into the weekly restart of the gateway."""
    into_week = (now - BEGINS_AT) % timedelta(weeks=1)
    return timedelta() <= into_week - timedelta(days=2) - OFF_AT < PERIOD


def one_cycle(
    living: World,
    pictures: Remembering,
    moment: Moment,
    memory: Memory,
    previous: PreviousPictures,
    approved: Approvals,
) -> tuple[tuple[Transition, ...], Memory]:
    """Look as the daemon does; return what changed, and the memory of it.

    In the place of network, gateway and approvals on disk stand the world's. Reports are not written, signed and kept.
    """
    now, site = moment.at, living.site
    delivery = DeliveryStatus("connected", BEGINS_AT, puback_at=now, confirm="broker")
    env = Environment(Credentials(None), pictures.judge, lambda: now, previous=previous, delivery=delivery)
    replaced = {
        "Reading": lambda *rest: Reading(living, now),
        "discover": lambda *rest: living.heard(now),
        "observe_host": lambda *rest: (Observation("site", HOST, now, "bench"),),
    }
    with ExitStack() as stack:
        stack.enter_context(patch.object(read_kept, "read_approvals", lambda *rest: approved))
        for name, instead in replaced.items():
            stack.enter_context(patch.object(cycle, name, instead))
        seen = cycle.see(site, env, moment, memory)
    if seen.derived:
        store_derived(site.storage.directory, site.id, seen.derived, seen.held)
    return transitions(seen.findings, seen.memory, now)


def lived(living: World, pictures: Remembering, days: float) -> Heard:
    """Run the agent's cycle through these days; return what it said."""
    heard, now, memory = Heard(), BEGINS_AT + timedelta(hours=9), EMPTY_MEMORY
    approved = approvals.read_approvals(living.site.storage.directory, living.site.id)
    ends_at, previous, booted, synced = BEGINS_AT + timedelta(days=days), PreviousPictures(), 0, True
    while now < ends_at:
        now += PERIOD
        if is_gateway_off(now):
            previous, booted, synced = PreviousPictures(), booted + 1, False
            continue
        moment = Moment(now, (now - BEGINS_AT) // timedelta(milliseconds=1), f"boot {booted}", synced)
        synced = True
        begun = time.process_time()
        changed, memory = one_cycle(living, pictures, moment, memory, previous, approved)
        heard.cycle_ms.append(1000 * (time.process_time() - begun))
        heard.events += ((now, _line(one)) for one in changed if one.told)
        heard.failing.update(key for key, known in memory.known.items() if known.status == "fail")
        if (now - BEGINS_AT) % timedelta(days=1) < PERIOD:
            say(f"day {(now - BEGINS_AT).days}: {len(heard.events)} events")
    return heard


def _line(one: Transition) -> str:
    found = one.finding
    return f"{found.check} {found.subject}: {one.before} -> {found.status} {found.reason}"


if __name__ == "__main__":
    main()

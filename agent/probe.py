"""Read every device at once, each within its own absolute deadline, and turn what went wrong into facts.

One thread per device with a small stack; a device that hangs costs its own deadline and nobody else's: what the others
gave is handed over as it comes. This is the one place where a DriverError becomes an `Unavailable` observation.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from agent.config import Site
from agent.watch import NOBODY_WATCHES, Watch
from drivers import capture, registry
from drivers.credentials import Credentials
from drivers.details import RetentionLimits
from drivers.discovery import Sweep, resolved, sweep
from drivers.discovery_plan import Plan, plan_of
from drivers.errors import DriverError
from drivers.footage import RecordedDays, Schedule, WantedFootage
from drivers.model import (
    CAMERA_FACTS,
    DEVICE_FACTS,
    Camera,
    Device,
    Fact,
    Observation,
    Observations,
    Picture,
    Reason,
    Recordings,
    Unavailable,
    Value,
)
from drivers.picture import PathName
from drivers.samples import Sample
from drivers.transport import open_transport

log = logging.getLogger("camwarden.probe")

STACK_BYTES = 1024 * 1024
"""Stack of a probing thread. The default of 8 MiB would reserve 2 GiB of addresses for 256 devices."""

TICK_S = 0.2
OVERRUN_S = 5.0
"""How long after its deadline a device may still be busy, with resolving names, before it is given up."""

FOOTAGE_FACTS: tuple[Fact, ...] = ("recordings", "recorded-days", "schedule", "retention-limits", "store-index")
"""What a device says of a camera's footage; it counts only where the footage is kept on that device."""

Paths = Mapping[str, Collection[PathName]]

NOTHING: WantedFootage = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Probed:
    """What one device gave: facts, encoded pictures that nobody has looked at yet, and answers nobody understood."""

    observations: tuple[Observation, ...]
    pictures: tuple[Picture, ...] = ()
    samples: tuple[Sample, ...] = ()


def discovery_plan(site: Site) -> Plan:
    """Return what discovery sends at this site; nothing where nothing is configured."""
    where = site.discovery
    return plan_of(where.interfaces, where.addresses, where.ranges)


def discover(site: Site, progress: Callable[[], None] = lambda: None) -> Sweep:
    """Ask the configured networks who is there, and under which addresses the site's own devices answer.

    `progress` is called at least every `TICK_S`; it may raise to end the cycle.
    """
    plan = discovery_plan(site)
    if not plan.datagrams:
        return Sweep()
    if plan.paced:
        log.info("discovery sends %d datagrams in %.0f s", plan.datagrams, plan.sending_s)
    names = resolved([device.host for device in site.devices], site.discovery.wait_s, progress)
    return replace(sweep(plan, site.discovery.wait_s, progress), names=names)


class Reading:
    """The reading of a site's devices: ask them, and take what each gave as it comes back.

    Used from one thread. A device is never asked while it is still being read, so that it sees one connection at a
    time: ask again only what has arrived, and one that was given up is left alone.
    """

    def __init__(
        self, site: Site, credentials: Credentials, clock: Callable[[], datetime], watch: Watch = NOBODY_WATCHES
    ) -> None:
        self._world = _World(credentials, clock, watch)
        self._watch = watch
        self._results: queue.SimpleQueue[tuple[int, Probed]] = queue.SimpleQueue()
        self._slots = threading.BoundedSemaphore(site.probe.max_devices_at_once)
        self._busy: dict[int, _Asked] = {}
        self._later: list[_Asked] = []
        self._lost: set[str] = set()
        self._number = 0

    def ask(self, part: Site, paths: Paths | None = None, wanted: WantedFootage = NOTHING, in_s: float = 0.0) -> None:
        """Have the devices of a part of the site read, the ones of a later look when `in_s` seconds are over.

        `paths` names the paths of each camera whose picture is due; None means all of them. `wanted` says what is asked
        of recorders about each camera's footage.
        """
        waves = -(-len(part.devices) // part.probe.max_devices_at_once)
        limit_s = waves * (part.probe.deadline_s + OVERRUN_S)
        for device in (one for one in part.devices if one.id not in self._lost):
            asked = _Asked(part, device, paths, wanted, time.monotonic() + in_s, limit_s)
            if in_s > 0:
                self._later.append(asked)
            else:
                self._start(asked)

    def arrivals(self) -> Iterator[tuple[Device, Probed]]:
        """Yield what each device gave, in the order in which they come back, until nothing is asked of any.

        Between two of them more may be asked. A device that is not back well after its deadline is given up: its thread
        is not waited for. `progress` is called at least every `TICK_S`; it may raise to end the cycle. Once `stop` says
        so, what came back by then is still yielded and the others are given up as `interrupted`.
        """
        while self._busy or self._later:
            stopped = self._watch.stop()
            arrived = self._next(0.0 if stopped else self._tick_s())
            if arrived is not None:
                yield arrived
                continue
            self._watch.progress()
            if stopped:
                self._later.clear()
                yield from self._given_up(self._busy, "interrupted", "it had not come back when the look was ended")
                continue
            overdue = [number for number, asked in self._busy.items() if asked.overdue_at_mono <= time.monotonic()]
            yield from self._given_up(overdue, "deadline", "given up after its deadline")
            self._start_due()

    def _next(self, timeout_s: float) -> tuple[Device, Probed] | None:
        """Return what comes back within the time; what was given up before comes too late."""
        with contextlib.suppress(queue.Empty):
            number, probed = self._results.get(timeout=timeout_s) if timeout_s else self._results.get_nowait()
            if (asked := self._busy.pop(number, None)) is not None:
                return asked.device, probed
        return None

    def _tick_s(self) -> float:
        """Return how long the next answer is waited for."""
        if not self._busy:
            return 0.0
        return max(0.0, min([TICK_S, *(asked.begins_at_mono - time.monotonic() for asked in self._later)]))

    def _start_due(self) -> None:
        """Begin what has its time; where nothing else is going on, wait for the first."""
        if self._later and not self._busy:
            first = min(self._later, key=lambda asked: asked.begins_at_mono)
            self._watch.wait(max(0.0, first.begins_at_mono - time.monotonic()))
            due = [] if self._watch.stop() else [first]
        else:
            due = [asked for asked in self._later if asked.begins_at_mono <= time.monotonic()]
        for asked in due:
            self._later.remove(asked)
            self._start(asked)

    def _start(self, asked: _Asked) -> None:
        self._number += 1
        asked = replace(asked, begins_at_mono=time.monotonic())
        self._busy[self._number] = asked
        arguments = (self._number, asked, self._world, self._slots, self._results)
        previous = threading.stack_size(STACK_BYTES)
        try:
            name = f"probe {asked.device.id}"
            threading.Thread(target=_one_device, args=arguments, name=name, daemon=True).start()
        finally:
            threading.stack_size(previous)

    def _given_up(self, numbers: Iterable[int], reason: Reason, detail: str) -> Iterator[tuple[Device, Probed]]:
        for number in tuple(numbers):
            asked = self._busy.pop(number)
            self._lost.add(asked.device.id)
            if reason == "deadline":
                log.error("device %s: given up long after its deadline", asked.device.id)
            missing = all_unavailable(asked.device, asked.cameras, reason, detail, self._world.clock())
            yield asked.device, Probed(tuple(missing))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of one device, and from when; after `limit_s` more it is given up."""

    site: Site
    device: Device
    paths: Paths | None
    wanted: WantedFootage
    begins_at_mono: float
    limit_s: float

    @property
    def cameras(self) -> tuple[Camera, ...]:
        return tuple(c.camera for c in self.site.cameras if c.camera.device == self.device.id)

    @property
    def overdue_at_mono(self) -> float:
        return self.begins_at_mono + self.limit_s


@dataclass(frozen=True, slots=True)
class _World:
    """What the threads are handed besides their task."""

    credentials: Credentials
    clock: Callable[[], datetime]
    watch: Watch


def probe(
    site: Site,
    credentials: Credentials,
    clock: Callable[[], datetime],
    progress: Callable[[], None] = NOBODY_WATCHES.progress,
    paths: Paths | None = None,
    wanted: WantedFootage = NOTHING,
) -> Probed:
    """Read all devices of the site once and return everything they gave, in the order of the configuration.

    `paths` and `wanted` are those of `Reading.ask`, `progress` is that of `Watch`.
    """
    reading = Reading(site, credentials, clock, Watch(progress))
    reading.ask(site, paths, wanted)
    arrived = {device.id: probed for device, probed in reading.arrivals()}
    return joined(arrived[device.id] for device in site.devices)


def joined(parts: Iterable[Probed]) -> Probed:
    """Return what several gave as one."""
    kept = tuple(parts)
    return Probed(
        tuple(o for one in kept for o in one.observations),
        tuple(picture for one in kept for picture in one.pictures),
        tuple(sample for one in kept for sample in one.samples),
    )


def _one_device(
    number: int,
    asked: _Asked,
    world: _World,
    slots: threading.BoundedSemaphore,
    results: queue.SimpleQueue[tuple[int, Probed]],
) -> None:
    device, cameras = asked.device, asked.cameras
    try:
        with slots:
            world.watch.stage(device.id, "reading")
            probed = _read(asked, cameras, world)
    except DriverError as error:
        probed = Probed(tuple(all_unavailable(device, cameras, error.reason, str(error), world.clock())))
    except Exception as error:  # noqa: BLE001 - see below
        # A fault in a driver is ours, but it must not take the other devices' reports along. Its message may quote
        # what the device said or was sent, so only its kind and place are logged.
        place = traceback.extract_tb(error.__traceback__)[-1]
        log.error("device %s: %s in %s line %s", device.id, type(error).__name__, place.name, place.lineno)
        detail = f"driver error {type(error).__name__}"
        probed = Probed(tuple(all_unavailable(device, cameras, "malformed", detail, world.clock())))
    results.put((number, replace(probed, observations=_kept_here(asked.site, probed.observations))))


def _read(asked: _Asked, cameras: tuple[Camera, ...], world: _World) -> Probed:
    site, device = asked.site, asked.device
    read = registry.load(device.driver)
    with open_transport(device, site.probe.deadline_s, world.credentials, world.clock, device.ca) as transport:
        observations = _kept_here(site, read(cameras, transport, asked.wanted))
        pictures, more = capture.fetch_pictures(cameras, observations, transport, asked.paths)
    return Probed(observations + more, pictures, tuple(transport.samples.kept))


def _kept_here(site: Site, observations: Observations) -> Observations:
    """Leave out what devices say of footage that is kept in a store, by the configuration."""
    elsewhere = {f"camera:{c.camera.id}" for c in site.cameras if c.store}
    return tuple(o for o in observations if o.subject not in elsewhere or not _is_of_footage(o.value))


def _is_of_footage(value: Value) -> bool:
    if isinstance(value, Unavailable):
        return value.fact in FOOTAGE_FACTS or value.path == "playback"
    return isinstance(value, Recordings | RecordedDays | Schedule | RetentionLimits)


def all_unavailable(
    device: Device, cameras: tuple[Camera, ...], reason: Reason, detail: str, at: datetime
) -> Iterator[Observation]:
    """Yield every fact of a device and its cameras as not available, for one common reason."""
    for fact in DEVICE_FACTS:
        yield Observation(f"device:{device.id}", Unavailable(fact, reason, detail), at, "probe")
    for camera in cameras:
        for fact in CAMERA_FACTS:
            yield Observation(f"camera:{camera.id}", Unavailable(fact, reason, detail), at, "probe")

"""Probes every device at once, each within its own absolute deadline, and turns errors into facts.

`fan_out.py` reads them in parallel. Here the error that ends the reading of a device becomes an `Unavailable`
observation of each of its facts.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from agent.observe.facts.sightings import box_digest
from agent.observe.probe.fan_out import NO_WATCH, FanOut, Task, Watch, cameras_behind
from agent.observe.probe.objects_told import without_places
from agent.site.config.site import Site
from drivers import capture, registry
from drivers.credentials import Credentials
from drivers.details import RetentionLimits
from drivers.discovery.answer import Sweep
from drivers.discovery.network_sweep import resolved, sweep
from drivers.discovery.plan import Plan, plan_of
from drivers.footage import NOTHING_WANTED, RecordedDays, Schedule, WantedFootage
from drivers.http.samples import Sample
from drivers.http.transport import Transport
from drivers.model import (
    CAMERA_FACTS,
    DEVICE_FACTS,
    Camera,
    Device,
    Fact,
    Identity,
    Observation,
    Observations,
    Picture,
    Reason,
    RecordedBeside,
    Recordings,
    Unavailable,
    Value,
)
from drivers.picture import TOLD, FootageOpened, PathName

log = logging.getLogger("camwarden.probe")

FOOTAGE_FACTS: tuple[Fact, ...] = ("recordings", "recorded-days", "schedule", "retention-limits", "store-index")
"""Facts of a camera's footage, which count only where the footage is on that device."""

Paths = Mapping[str, Collection[PathName]]


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The result of one device: facts, encoded pictures not judged yet, and unparsable answers."""

    observations: tuple[Observation, ...]
    pictures: tuple[Picture, ...] = ()
    samples: tuple[Sample, ...] = ()


def discovery_plan(site: Site) -> Plan:
    """Return what discovery sends at this site; nothing where none is configured."""
    where = site.discovery
    return plan_of(where.interfaces, where.addresses, where.ranges)


def discover(site: Site, progress: Callable[[], None] = lambda: None) -> Sweep:
    """Discover devices on the configured networks, and resolve the addresses of the site's own.

    `progress` is called at least every `TICK_S` of `fan_out.py`; it may raise to end the cycle.
    """
    plan = discovery_plan(site)
    if not plan.datagrams:
        return Sweep()
    if plan.paced:
        log.info("discovery sends %d datagrams in %.0f s", plan.datagrams, plan.sending_s)
    names = resolved([device.host for device in site.devices], site.discovery.wait_s, progress)
    return replace(sweep(plan, site.discovery.wait_s, progress), names=names)


class Reading:
    """Reads a site's devices, and yields each result as it arrives (`fan_out.py`)."""

    def __init__(
        self, site: Site, credentials: Credentials, clock: Callable[[], datetime], watch: Watch = NO_WATCH
    ) -> None:
        self._clock = clock
        self._under_way: FanOut[ProbeResult] = FanOut(site.probe.max_devices_at_once, credentials, clock, watch)

    def ask(
        self,
        part: Site,
        paths: Paths | None = None,
        wanted: WantedFootage = NOTHING_WANTED,
        in_s: float = 0.0,
        in_first_deadline: bool = False,
        listening: bool = True,
    ) -> None:
        """Start reading the devices of a part of the site, those of a later look in `in_s` seconds.

        `paths` are the due paths of each camera; None means all. `wanted` are the footage requests for recorders.
        `listening`: to metadata where it is offered.
        `in_first_deadline`: within what is left of the time of the first reading; where that is too little, the device
        is not asked.
        """
        tasks = [self._task(part, device, paths, wanted, listening) for device in part.devices]
        if in_first_deadline:
            tasks = self._under_way.shortened(tasks, in_s)
        self._under_way.start(tasks, in_s)

    def arrivals(self) -> Iterator[tuple[Device, ProbeResult]]:
        """Yield the result of each device, in the order of arrival, until none is outstanding."""
        return self._under_way.arrivals()

    def _task(
        self, part: Site, device: Device, paths: Paths | None, wanted: WantedFootage, listening: bool
    ) -> Task[ProbeResult]:
        cameras = cameras_behind(part, device)

        def read(transport: Transport) -> ProbeResult:
            observations = _without_store_facts(part, registry.load(device.driver)(cameras, transport, wanted))
            pictures, more = capture.fetch_pictures(cameras, observations, transport, paths, wanted, listening)
            told = _without_store_facts(part, observations + without_places(part, more))
            return ProbeResult(*of_box(told, pictures), tuple(transport.samples.kept))

        def missing(reason: Reason, detail: str) -> ProbeResult:
            return ProbeResult(
                _without_store_facts(part, tuple(all_unavailable(device, cameras, reason, detail, self._clock())))
            )

        return Task(device, part.probe.deadline_s, read, missing)


def probe(
    site: Site,
    credentials: Credentials,
    clock: Callable[[], datetime],
    progress: Callable[[], None] = NO_WATCH.progress,
    paths: Paths | None = None,
    wanted: WantedFootage = NOTHING_WANTED,
    arrived: Callable[[str], None] = lambda device_id: None,
) -> ProbeResult:
    """Read all devices of the site once and return all results, in the order of the configuration.

    `paths` and `wanted` are those of `Reading.ask`, `progress` is that of `Watch`. `arrived` is called with the id of
    each device that is back. Pictures that metadata told of are left out: a cycle judges them, and nobody keeps them.
    """
    reading = Reading(site, credentials, clock, Watch(progress))
    reading.ask(site, paths, wanted, listening=paths is None)
    results: dict[str, ProbeResult] = {}
    for device, probed in reading.arrivals():
        results[device.id] = probed
        arrived(device.id)
    merged = merged_results(results[device.id] for device in site.devices)
    return replace(merged, pictures=tuple(one for one in merged.pictures if one.path not in TOLD))


def merged_results(parts: Iterable[ProbeResult]) -> ProbeResult:
    """Return several results as one."""
    kept = tuple(parts)
    return ProbeResult(
        tuple(o for one in kept for o in one.observations),
        tuple(picture for one in kept for picture in one.pictures),
        tuple(sample for one in kept for sample in one.samples),
    )


def of_box(told: Observations, pictures: tuple[Picture, ...]) -> tuple[Observations, tuple[Picture, ...]]:
    """Add to all that one device delivered which box it was, by the identity that it gave in the same reading."""
    identity = next((one.value for one in told if isinstance(one.value, Identity)), None)
    if identity is None:
        return told, pictures
    box = box_digest(identity)
    return (
        tuple(replace(one, provenance=replace(one.provenance, box=box)) for one in told),
        tuple(replace(one, provenance=replace(one.provenance, box=box)) for one in pictures),
    )


def _without_store_facts(site: Site, observations: Observations) -> Observations:
    """Drop what devices report of footage that is in a store, by the configuration; what they hold besides is told."""
    elsewhere = {f"camera:{c.camera.id}" for c in site.cameras if c.store}
    return tuple(kept for o in observations for kept in (_beside(o) if o.subject in elsewhere else (o,)))


def _beside(one: Observation) -> Observations:
    if isinstance(one.value, Recordings) and one.value.spans:
        return (replace(one, value=RecordedBeside(one.value)),)
    return () if _is_of_footage(one.value) else (one,)


def _is_of_footage(value: Value) -> bool:
    if isinstance(value, Unavailable):
        return value.fact in FOOTAGE_FACTS or value.path == "playback"
    return isinstance(value, Recordings | RecordedDays | Schedule | RetentionLimits | FootageOpened)


def all_unavailable(
    device: Device, cameras: tuple[Camera, ...], reason: Reason, detail: str, at: datetime
) -> Iterator[Observation]:
    """Yield every fact of a device and its cameras as not available, for one common reason."""
    for fact in DEVICE_FACTS:
        yield Observation(f"device:{device.id}", Unavailable(fact, reason, detail), at, "probe")
    for camera in cameras:
        for fact in CAMERA_FACTS:
            yield Observation(f"camera:{camera.id}", Unavailable(fact, reason, detail), at, "probe")

"""Read every device at once, each within its own absolute deadline, and turn what went wrong into facts.

One thread per device with a small stack; a device that hangs costs its own deadline and nobody else's. This is the
one place where a DriverError becomes an `Unavailable` observation.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from agent.config import Site
from agent.log_kinds import about
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


def probe(
    site: Site,
    credentials: Credentials,
    clock: Callable[[], datetime],
    progress: Callable[[], None] = lambda: None,
    paths: Paths | None = None,
    wanted: WantedFootage = MappingProxyType({}),
) -> Probed:
    """Read all devices of the site and return everything they gave, in the order of the configuration.

    `paths` names the paths of each camera whose picture is due; None means all of them. `wanted` says what is asked of
    recorders about each camera's footage.
    `progress` is called from this thread at least every `TICK_S`; it may raise to end the cycle, and then threads that
    still read are not waited for: they end with their device's deadline. A device that is not back well after its
    deadline is given up in the same way.
    """
    results: queue.SimpleQueue[tuple[int, Probed]] = queue.SimpleQueue()
    slots = threading.BoundedSemaphore(site.probe.max_devices_at_once)
    previous = threading.stack_size(STACK_BYTES)
    try:
        for index, device in enumerate(site.devices):
            arguments = (index, site, device, credentials, clock, paths, wanted, slots, results)
            threading.Thread(target=_one_device, args=arguments, name=f"probe {device.id}", daemon=True).start()
    finally:
        threading.stack_size(previous)
    waves = -(-len(site.devices) // site.probe.max_devices_at_once)
    overdue_at = time.monotonic() + waves * (site.probe.deadline_s + OVERRUN_S)
    probed: dict[int, Probed] = {}
    while len(probed) < len(site.devices) and time.monotonic() < overdue_at:
        with contextlib.suppress(queue.Empty):
            index, one = results.get(timeout=TICK_S)
            probed[index] = one
        progress()
    in_order = [probed.get(index) or _given_up(site, device, clock()) for index, device in enumerate(site.devices)]
    return Probed(
        _kept_here(site, tuple(o for one in in_order for o in one.observations)),
        tuple(picture for one in in_order for picture in one.pictures),
        tuple(sample for one in in_order for sample in one.samples),
    )


def _given_up(site: Site, device: Device, at: datetime) -> Probed:
    log.error("device %s: given up long after its deadline", device.id, extra=about("device-stuck", device=device.id))
    cameras = tuple(c.camera for c in site.cameras if c.camera.device == device.id)
    return Probed(tuple(all_unavailable(device, cameras, "deadline", "given up after its deadline", at)))


def _one_device(
    index: int,
    site: Site,
    device: Device,
    credentials: Credentials,
    clock: Callable[[], datetime],
    paths: Paths | None,
    wanted: WantedFootage,
    slots: threading.BoundedSemaphore,
    results: queue.SimpleQueue[tuple[int, Probed]],
) -> None:
    cameras = tuple(c.camera for c in site.cameras if c.camera.device == device.id)
    try:
        with slots:
            probed = _read(site, device, cameras, credentials, clock, paths, wanted)
    except DriverError as error:
        probed = Probed(tuple(all_unavailable(device, cameras, error.reason, str(error), clock())))
    except Exception as error:  # noqa: BLE001 - see below
        # A fault in a driver is ours, but it must not take the other devices' reports along. Its message may quote
        # what the device said or was sent, so only its kind and place are logged.
        place = traceback.extract_tb(error.__traceback__)[-1]
        fault = (type(error).__name__, place.name, place.lineno)
        log.error("device %s: %s in %s line %s", device.id, *fault, extra=about("driver-failed", device=device.id))
        detail = f"driver error {type(error).__name__}"
        probed = Probed(tuple(all_unavailable(device, cameras, "malformed", detail, clock())))
    results.put((index, probed))


def _read(
    site: Site,
    device: Device,
    cameras: tuple[Camera, ...],
    credentials: Credentials,
    clock: Callable[[], datetime],
    paths: Paths | None,
    wanted: WantedFootage,
) -> Probed:
    read = registry.load(device.driver)
    with open_transport(device, site.probe.deadline_s, credentials, clock, device.ca) as transport:
        observations = _kept_here(site, read(cameras, transport, wanted))
        pictures, more = capture.fetch_pictures(cameras, observations, transport, paths)
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

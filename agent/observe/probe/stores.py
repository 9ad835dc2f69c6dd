"""Reads the stores on disks of this host, each in its own thread and time, and turns errors into facts.

A disk that hangs, or a large new store, costs only its own time: the next cycle continues where this one ended.
"""

import contextlib
import logging
import queue
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime

from agent.host.log_kinds import about
from agent.observe.probe.devices import Paths, ProbeResult, merged_results
from agent.observe.probe.fan_out import NO_WATCH, STACK_BYTES, TICK_S
from agent.site.config.site import Site
from drivers import registry
from drivers.footage import NOTHING_WANTED, Store, StoreTask, WantedFootage
from drivers.model import Fact, Observation, Picture, Reason, Unavailable

log = logging.getLogger("camwarden.stores")

LIMIT_S = 240.0
"""How long one cycle waits for a store; the first read of millions of segments takes minutes."""

FACTS: tuple[Fact, ...] = ("recordings", "store-index")
"""The facts of a camera that its store gives."""


class _TimeIsUp(Exception):
    """Ends a reader from within its `progress`."""


def read_stores(
    site: Site,
    paths: Paths,
    now: datetime,
    progress: Callable[[], None] = NO_WATCH.progress,
    stop: Callable[[], bool] = NO_WATCH.stop,
    limit_s: float = LIMIT_S,
    wanted: WantedFootage = NOTHING_WANTED,
) -> ProbeResult:
    """Read every store of the site and return all results, in the order of the configuration.

    Of the due `paths` of stores, `playback` counts. `now` is when the cycle began. `progress` is called from this
    thread at least every `TICK_S`; it may raise to end the cycle. `stop` true: no store is waited for any more.
    `limit_s` is for all of them together; at most half of the site's period. `wanted` names further moments to open.
    """
    results: queue.SimpleQueue[tuple[str, ProbeResult]] = queue.SimpleQueue()
    limit_s = min(limit_s, site.period_s / 2)
    until = time.monotonic() + limit_s
    previous = threading.stack_size(STACK_BYTES)
    try:
        for store in site.stores:
            task = task_of(site, store, paths, now, lambda: _end_after(until), wanted)
            name = f"store {store.id}"
            threading.Thread(target=_one_store, args=(task, results), name=name, daemon=True).start()
    finally:
        threading.stack_size(previous)
    read: dict[str, ProbeResult] = {}
    # A reader notices that its time is up at its next step; a disk that hangs has none, and is left behind.
    while len(read) < len(site.stores) and time.monotonic() < until + 2 * TICK_S and not stop():
        with contextlib.suppress(queue.Empty):
            store_id, probed = results.get(timeout=TICK_S)
            read[store_id] = probed
        progress()
    in_order = [read.get(store.id) or _given_up(task_of(site, store, paths, now)) for store in site.stores]
    return merged_results(in_order)


def task_of(
    site: Site,
    store: Store,
    paths: Paths,
    now: datetime,
    progress: Callable[[], None] = lambda: None,
    wanted: WantedFootage = NOTHING_WANTED,
) -> StoreTask:
    """Return the reader's task for one store of the site."""
    cameras = tuple((c.camera.id, c.store_name) for c in site.cameras if c.store == store.id)
    due = frozenset(id_ for id_, _ in cameras if "playback" in paths.get(id_, ()))
    opens = {id_: wanted[id_].opens for id_ in due if id_ in wanted}
    index = site.storage.directory / "stores" / f"{store.id}.index"
    return StoreTask(store, cameras, index, now, due, opens, progress)


def _end_after(until: float) -> None:
    if time.monotonic() >= until:
        raise _TimeIsUp


def _one_store(task: StoreTask, results: queue.SimpleQueue[tuple[str, ProbeResult]]) -> None:
    try:
        task.index.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        observations, pictures = registry.load_store(task.store.kind)(task)
        probed = ProbeResult(observations + tuple(_pictures_missing(task, observations, pictures)), pictures)
    except _TimeIsUp:
        probed = _given_up(task)
    except Exception as error:  # noqa: BLE001 - a fault in a reader is ours, but must not take the others along
        place = traceback.extract_tb(error.__traceback__)[-1]
        fault = (type(error).__name__, place.name, place.lineno)
        log.error(
            "store %s: %s in %s line %s", task.store.id, *fault, extra=about("driver-failed", store=task.store.id)
        )
        probed = ProbeResult(tuple(_unavailable(task, "malformed", f"reader error {type(error).__name__}")))
    results.put((task.store.id, probed))


def _given_up(task: StoreTask) -> ProbeResult:
    unfinished = about("store-unfinished", store=task.store.id)
    log.warning("store %s: not read to its end in this cycle; the next one goes on", task.store.id, extra=unfinished)
    return ProbeResult(tuple(_unavailable(task, "deadline", "not read to its end in this cycle; the next one goes on")))


def _unavailable(task: StoreTask, reason: Reason, detail: str) -> Iterator[Observation]:
    yield Observation(f"device:{task.store.id}", Unavailable("disks", reason, detail), task.now, "store")
    for camera_id, _ in task.cameras:
        for fact in FACTS:
            yield Observation(f"camera:{camera_id}", Unavailable(fact, reason, detail), task.now, "store")
        missing = Unavailable("picture", reason, detail, "playback")
        yield Observation(f"camera:{camera_id}", missing, task.now, "store")


def _pictures_missing(
    task: StoreTask, observations: tuple[Observation, ...], pictures: tuple[Picture, ...]
) -> Iterator[Observation]:
    """Yield why a camera has no picture, where the reader did not report it."""
    given = {picture.camera_id for picture in pictures if picture.opening is None} | {
        o.subject.removeprefix("camera:")
        for o in observations
        if isinstance(o.value, Unavailable) and (o.value.fact, o.value.path) == ("picture", "playback")
    }
    for camera_id, _ in task.cameras:
        if camera_id not in given:
            missing = Unavailable("picture", "not-looked-at", "not due in this cycle", "playback")
            if camera_id in task.due:
                missing = Unavailable("picture", "malformed", "no segment could be opened", "playback")
            yield Observation(f"camera:{camera_id}", missing, task.now, "store")

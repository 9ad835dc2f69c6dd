"""Runs one task per device at once, each within its own absolute deadline, and yields results as they come.

One thread per device with a small stack; a device that hangs costs only its own deadline. Callers decide what is read,
and what replaces a missing answer (`devices.py`, `agent/onsite/one_look/stream_rates.py`).
"""

import contextlib
import logging
import queue
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, Literal, TypeVar

from agent.host.log_kinds import about
from agent.site.config.site import Site
from drivers.credentials import Credentials
from drivers.errors import DriverError
from drivers.http.transport import Transport, open_transport
from drivers.model import Camera, Device, Reason

log = logging.getLogger("camwarden.probe")

T = TypeVar("T")

STACK_BYTES = 1024 * 1024
"""Stack of a device's thread. The default of 8 MiB would reserve 2 GiB of addresses for 256 devices."""

TICK_S = 0.2
OVERRUN_S = 5.0
"""How long after its deadline a device may still be busy, with resolving names, before it is given up."""

LEAST_LEFT_S = 1.0
"""With less time left of a device's deadline it is not asked again."""

Stage = Literal["reading", "looking", "waiting", "measuring", "done"]
"""A device is read; its pictures are judged; it waits for another look; its streams are sampled; it is finished."""


def _go_on() -> None:
    pass


def _ignore_stage(device_id: str, stage: Stage) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Watch:
    """Callbacks while devices are read.

    `progress` is called at least every `TICK_S` of `fan_out`; it may raise to end the cycle. `wait` is called with the
    seconds until the next look, where nothing else is running. `stop` true: no device is waited for any more, what
    arrived is used. `stage` is called with the stage of each device, also from the reading threads.
    """

    progress: Callable[[], None] = _go_on
    wait: Callable[[float], None] = lambda seconds: None
    stop: Callable[[], bool] = lambda: False
    stage: Callable[[str, Stage], None] = _ignore_stage


NO_WATCH = Watch()


@dataclass(frozen=True, slots=True)
class Task(Generic[T]):
    """The reading of one device.

    `read` is called in a thread of its own with a transport that ends after `deadline_s`; it may raise DriverError.
    `missing` gives the result for a missing answer, from a reason and a detail.
    """

    device: Device
    deadline_s: float
    read: Callable[[Transport], T]
    missing: Callable[[Reason, str], T]


@dataclass(frozen=True, slots=True)
class _Running(Generic[T]):
    """A task, its start, and the time after which it is given up."""

    task: Task[T]
    begins_at_mono: float
    limit_s: float


def cameras_behind(site: Site, device: Device) -> tuple[Camera, ...]:
    """Return the cameras that are read through a device, in the order of the configuration."""
    return tuple(c.camera for c in site.cameras if c.camera.device == device.id)


class FanOut(Generic[T]):
    """Running tasks: starts them, and yields each device's result as it arrives.

    Used from one thread. A device is never asked while it is being read, so that it sees one connection at a time:
    start again only for what has arrived; one that was given up is left alone.
    """

    def __init__(
        self,
        at_once: int,
        credentials: Credentials,
        clock: Callable[[], datetime],
        watch: Watch = NO_WATCH,
        stage: Stage = "reading",
    ) -> None:
        self._at_once, self._stage = at_once, stage
        self._credentials, self._clock, self._watch = credentials, clock, watch
        self._results: queue.SimpleQueue[tuple[int, T]] = queue.SimpleQueue()
        self._slots = threading.BoundedSemaphore(at_once)
        self._busy: dict[int, _Running[T]] = {}
        self._later: list[_Running[T]] = []
        self._lost: set[str] = set()
        self._ends_at_mono: dict[str, float] = {}
        self._number = 0

    def start(self, tasks: Sequence[Task[T]], in_s: float = 0.0) -> None:
        """Start tasks, each of another device, now or in `in_s` seconds."""
        waves = -(-len(tasks) // self._at_once)
        limit_s = waves * (max((task.deadline_s for task in tasks), default=0.0) + OVERRUN_S)
        for task in (one for one in tasks if one.device.id not in self._lost):
            begun = _Running(task, time.monotonic() + in_s, limit_s)
            if in_s > 0:
                self._later.append(begun)
            else:
                self._run(begun)

    def shortened(self, tasks: Sequence[Task[T]], in_s: float) -> list[Task[T]]:
        """Return the tasks as they end with the first reading of their devices, those that have LEAST_LEFT_S for it."""
        now = time.monotonic()
        left = [self._ends_at_mono.get(task.device.id, now) - now - in_s for task in tasks]
        return [
            replace(task, deadline_s=left_s) for task, left_s in zip(tasks, left, strict=True) if left_s >= LEAST_LEFT_S
        ]

    def arrivals(self) -> Iterator[tuple[Device, T]]:
        """Yield the result of each device, in the order of arrival, until none is outstanding.

        Between two of them more may be started. A device that is not back well after its deadline is given up: its
        thread is not waited for. `progress` is called at least every `TICK_S`; it may raise to end the cycle. Once
        `stop` returns true, what has arrived is still yielded and the others are given up as `interrupted`.
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
            now = time.monotonic()
            overdue = [number for number, one in self._busy.items() if one.begins_at_mono + one.limit_s <= now]
            yield from self._given_up(overdue, "deadline", "given up after its deadline")
            self._start_due()

    def _next(self, timeout_s: float) -> tuple[Device, T] | None:
        """Return what arrives within the time, unless it was given up before."""
        with contextlib.suppress(queue.Empty):
            number, given = self._results.get(timeout=timeout_s) if timeout_s else self._results.get_nowait()
            if (begun := self._busy.pop(number, None)) is not None:
                return begun.task.device, given
        return None

    def _tick_s(self) -> float:
        if not self._busy:
            return 0.0
        return max(0.0, min([TICK_S, *(one.begins_at_mono - time.monotonic() for one in self._later)]))

    def _start_due(self) -> None:
        """Start what is due; where nothing else is running, wait for the first."""
        if self._later and not self._busy:
            first = min(self._later, key=lambda one: one.begins_at_mono)
            self._watch.wait(max(0.0, first.begins_at_mono - time.monotonic()))
            due = [] if self._watch.stop() else [first]
        else:
            due = [one for one in self._later if one.begins_at_mono <= time.monotonic()]
        for one in due:
            self._later.remove(one)
            self._run(one)

    def _run(self, begun: _Running[T]) -> None:
        self._ends_at_mono.setdefault(begun.task.device.id, time.monotonic() + begun.task.deadline_s)
        self._number += 1
        self._busy[self._number] = _Running(begun.task, time.monotonic(), begun.limit_s)
        previous = threading.stack_size(STACK_BYTES)
        try:
            name = f"probe {begun.task.device.id}"
            threading.Thread(target=self._talk, args=(self._number, begun.task), name=name, daemon=True).start()
        finally:
            threading.stack_size(previous)

    def _talk(self, number: int, task: Task[T]) -> None:
        device = task.device
        try:
            with self._slots:
                self._watch.stage(device.id, self._stage)
                with open_transport(device, task.deadline_s, self._credentials, self._clock, device.ca) as transport:
                    given = task.read(transport)
        except DriverError as error:
            given = task.missing(error.reason, str(error))
        except Exception as error:  # noqa: BLE001 - see below
            # A fault in a driver is ours, but it must not take the other devices' reports along. Its message may quote
            # what the device said or was sent, so only its kind and place are logged.
            place = traceback.extract_tb(error.__traceback__)[-1]
            fault = (type(error).__name__, place.name, place.lineno)
            log.error("device %s: %s in %s line %s", device.id, *fault, extra=about("driver-failed", device=device.id))
            given = task.missing("malformed", f"driver error {type(error).__name__}")
        self._results.put((number, given))

    def _given_up(self, numbers: Iterable[int], reason: Reason, detail: str) -> Iterator[tuple[Device, T]]:
        for number in tuple(numbers):
            task = self._busy.pop(number).task
            self._lost.add(task.device.id)
            if reason == "deadline":
                stuck = about("device-stuck", device=task.device.id)
                log.error("device %s: given up long after its deadline", task.device.id, extra=stuck)
            yield task.device, task.missing(reason, detail)

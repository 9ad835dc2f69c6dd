"""Sends jobs to the locked-down children of the picture worker, and validates every answer.

Each camera and look has a child of its own, forked from a warm parent that has never read a device's byte. A decoder
that crashes, hangs or is taken over affects its own camera only. Loads neither OpenCV nor numpy.
"""

import threading
import time
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from masking.model import NOT_CONFINED, Confinement, Job, Judged, WorkerError
from masking.view import positions
from masking.worker import wire, wire_clock, wire_framing, wire_sensitivity, wire_study
from masking.worker.warm_parent import Child, WarmParent, ending, exchange

GREETING_TIMEOUT_S = 15.0
"""How long a child may take to lock itself down; it needs some milliseconds."""

ENDING_S = 0.5
"""How long a child that has hung up gets to end by itself, so that its own way of ending is known."""

STRIKES = 2
"""So many cameras of a device may lose their child in one look; then the whole device is barred."""


_Owner = tuple[str, str]
_NOBODY: _Owner = ("", "")


class Worker:
    """One picture worker; its methods may be called from several threads, one job runs at a time.

    `timeout_s` is the limit of one job. `accept_unconfined`: judge also where a child could not be confined; without
    it, such a child judges nothing. `self_test` makes children answer `attempts`; for tests. `starts` counts warm
    parents.

    Consecutive pictures of one camera are judged by one child. A camera whose child died or answered nonsense gets no
    other until `rest`, nor does a device with two such cameras: nobody may attack decoders again and again in one look.
    """

    def __init__(self, timeout_s: float = 5.0, accept_unconfined: bool = False, self_test: bool = False) -> None:
        self.starts = 0
        self._timeout_s = timeout_s
        self._accept_unconfined = accept_unconfined
        self._self_test = self_test
        self._lock = threading.Lock()
        self._parent: WarmParent | None = None
        self._child: Child | None = None
        self._owner = _NOBODY
        self._struck: dict[str, set[str]] = {}
        self._confinement: Confinement | None = None
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def confinement(self) -> Confinement | None:
        """How far the last child was locked down; None before there was one."""
        return self._confinement

    @property
    def pid(self) -> int | None:
        """Process id of the child, None when none runs."""
        child = self._child
        return child.pid if child is not None else None

    @property
    def warm_pid(self) -> int | None:
        """Process id of the warm parent, None when none runs."""
        parent = self._parent
        return parent.pid if parent is not None else None

    def measure(self) -> Confinement:
        """Have a child lock itself down, report how far, and end. Raises WorkerError `crashed`."""
        with self._lock:
            self._end_child()
            confinement = self._fork()
            self._end_child()
            return confinement

    def judge(self, job: Job) -> Judged:
        """Judge one picture. Raises WorkerError with any of its reasons."""
        if len(job.data) > wire.MAX_PICTURE_BYTES:
            raise WorkerError("too-large", f"the picture has {len(job.data)} bytes")
        with self._lock:
            self._number += 1
            header = wire.job_message(job, self._number) | wire_study.study_message(job.study)
            header |= positions.positions_message(job.positions) | wire_framing.framing_job_message(job.framing)
            header |= wire_sensitivity.calibrate_message(job) | wire_clock.clock_message(job.clock)
            owner = (job.device, job.camera)
            answer = self._ask(owner, wire.frame(header | {"timeout_s": self._timeout_s}) + job.data)
            try:
                result = wire.read_judged(answer, job, self._number)
                if isinstance(result, Judged):
                    studied = wire_study.read_studied(answer, job.study)
                    positioned = positions.read_positioned(answer, job.positions)
                    framing = wire_framing.read_framing_seen(answer, job.framing)
                    found = wire_sensitivity.read_sensitivities(answer, job, result.verdicts)
                    clock = wire_clock.read_seen(answer, job.clock)
                    result = replace(
                        result,
                        studied=studied,
                        positioned=positioned,
                        framing=framing,
                        sensitivities=found,
                        clock=clock,
                    )
                    wire_framing.check_not_shown(result, job.zones)
            except wire.WireError as failure:
                raise self._strike(owner, f"the picture worker answered nonsense: {failure}") from None
            if not job.device:
                self._end_child()
        if isinstance(result, tuple):
            raise WorkerError(*result)
        return result

    def attempts(self, wanted: dict[str, Any], device: str = "", camera: str = "") -> dict[str, str]:
        """Have the child of a camera run one of `attempts.py`; for tests. Raises WorkerError."""
        with self._lock:
            outcomes = self._ask((device, camera), wire.frame({"self_test": wanted})).get("self_test")
        if not isinstance(outcomes, dict):
            raise WorkerError("crashed", "the picture worker was not started for self-tests")
        return {str(name): str(outcome) for name, outcome in outcomes.items()}

    def rest(self) -> None:
        """End child and warm parent until the next job: no process is left between looks. Strikes are forgotten."""
        with self._lock:
            self._struck.clear()
            self._end_all()

    def close(self) -> None:
        """End child and warm parent. The worker may be used again."""
        self.rest()

    def _ask(self, owner: _Owner, request: bytes) -> dict[str, Any]:
        """Send a request to the child of a camera and read one answer within the time limit."""
        device, camera = owner
        struck = self._struck.get(device, ())
        if camera in struck or len(struck) >= STRIKES:
            raise WorkerError("crashed", "a picture of it ended its child before; no more are looked at in this look")
        child = self._child_of(owner)
        try:
            return exchange(child.stream.fileno(), request, time.monotonic() + self._timeout_s)
        except TimeoutError:
            self._end_child()
            raise WorkerError("timeout", f"no answer within {self._timeout_s:g} s") from None
        except (OSError, EOFError):
            code = self._end_child(ENDING_S)
            raise self._strike(owner, f"the picture worker ended ({ending(code)})") from None
        except wire.WireError as failure:
            raise self._strike(owner, f"the picture worker answered nonsense: {failure}") from None

    def _strike(self, owner: _Owner, detail: str) -> WorkerError:
        """Bar a camera from another child in this look, and renew the warm parent's memory layout."""
        device, camera = owner
        if device:
            self._struck.setdefault(device, set()).add(camera)
        self._end_all()
        return WorkerError("crashed", detail)

    def _child_of(self, owner: _Owner) -> Child:
        """The child of this camera, forked and locked down if need be."""
        if self._child is None or self._owner != owner or owner == _NOBODY:
            self._end_child()
            # What could not be confined a moment ago is not tried again for each picture.
            known = self._confinement if self._parent is not None else None
            if known is None or not known.open_ways or self._accept_unconfined:
                known = self._fork()
            if known.open_ways and not self._accept_unconfined:
                self._end_child()
                raise WorkerError(NOT_CONFINED, f"open to it: {', '.join(known.open_ways)}")
            self._owner = owner
        assert self._child is not None  # noqa: S101 - forked above
        return self._child

    def _fork(self) -> Confinement:
        """Fork a child, after a warm parent has been started if none runs, and hear how far it is locked down."""
        if self._parent is not None and not self._parent.is_alive:
            self._end_all()
        if self._parent is None:
            self._parent = WarmParent()
            self.starts += 1
        try:
            self._child = self._parent.fork(self._self_test)
            said = exchange(self._child.stream.fileno(), b"", time.monotonic() + GREETING_TIMEOUT_S)
            self._confinement = wire.read_greeting(said)
        except (OSError, EOFError, wire.WireError) as failure:
            code = self._end_child(ENDING_S) if self._child is not None else None
            self._end_all()
            detail = "took too long" if isinstance(failure, TimeoutError) else ending(code)
            raise WorkerError("crashed", f"the picture worker does not start: {detail}") from None
        return self._confinement

    def _end_child(self, patience_s: float = 0.0) -> int | None:
        """End the child, if there is one; return how it ended."""
        child, self._child, self._owner = self._child, None, _NOBODY
        if child is None:
            return None
        if self._parent is None:
            child.stream.close()
            return None
        return self._parent.collect(child, patience_s)

    def _end_all(self) -> None:
        self._end_child()
        parent, self._parent = self._parent, None
        if parent is not None:
            parent.close()

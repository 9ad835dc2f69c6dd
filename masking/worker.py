"""The parent's side of the picture worker: hands jobs to the locked-down child and believes none of its answers.

The daemon imports this module and so never loads OpenCV or numpy. A decoder that crashes, hangs or talks nonsense
costs one picture: the child is killed, the job raises WorkerError, and the next job starts a new child.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from masking import positions, wire, wire_study
from masking.model import Job, Judged, WorkerError

_log = logging.getLogger("camwarden.masking")

JOBS_PER_CHILD = 500
"""After so many jobs the child is replaced: what leaks in a decoder, or took hold in it, ends then."""

START_TIMEOUT_S = 30.0
"""Loading OpenCV takes 0.5 s on a PC and some seconds on a slow gateway from cold storage."""

_BOOT = (
    "import json, runpy, sys; sys.path[:] = json.loads(sys.argv.pop(1)); "
    "runpy.run_module('masking.serve', run_name='__main__', alter_sys=True)"
)

# The same settings stand in decode.ENVIRONMENT, which the daemon cannot import; a test compares them.
_ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "OPENCV_IO_MAX_IMAGE_PIXELS": "67108864",
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": (
        "format_whitelist;h264,hevc,mov,mpegts,matroska|codec_whitelist;h264,hevc|threads;1"
    ),
    "OPENCV_FFMPEG_LOGLEVEL": "32",
    "OPENCV_LOG_LEVEL": "OFF",
}


class Worker:
    """One picture worker; its methods may be called from several threads, one job runs at a time.

    `timeout_s` is the patience for one job, `jobs_per_child` how many jobs a child serves before it is replaced.
    `self_test` makes the child answer `attempts`; only tests set it. `starts` counts the children.
    """

    def __init__(self, timeout_s: float = 5.0, jobs_per_child: int = JOBS_PER_CHILD, self_test: bool = False) -> None:
        self.starts = 0
        self._timeout_s = timeout_s
        self._jobs_per_child = jobs_per_child
        self._flags = ("--self-test",) if self_test else ()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._limits: tuple[str, ...] = ()
        self._jobs = 0
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def limits(self) -> tuple[str, ...]:
        """What the child could not give up, one sentence each; starts the child when none runs.

        Raises:
            WorkerError: The child does not start.
        """
        with self._lock:
            self._running()
            return self._limits

    @property
    def pid(self) -> int | None:
        """Process id of the child, None when none runs."""
        child = self._child
        return child.pid if child is not None else None

    def judge(self, job: Job) -> Judged:
        """Have one picture decoded and its zones judged.

        Raises:
            WorkerError: `undecodable`, `too-large`, `timeout` or `crashed`. The next job is not affected.
        """
        if len(job.data) > wire.MAX_PICTURE_BYTES:
            raise WorkerError("too-large", f"the picture has {len(job.data)} bytes")
        with self._lock:
            self._number += 1
            header = wire.job_message(job, self._number) | wire_study.study_message(job.study)
            header |= positions.positions_message(job.positions)
            answer = self._ask(wire.frame(header | {"timeout_s": self._timeout_s}) + job.data)
            try:
                result = wire.read_judged(answer, job, self._number)
                if isinstance(result, Judged):
                    studied = wire_study.read_studied(answer, job.study)
                    positioned = positions.read_positioned(answer, job.positions)
                    result = replace(result, studied=studied, positioned=positioned)
            except wire.WireError as failure:
                self._end()
                raise WorkerError("crashed", f"the picture worker answered nonsense: {failure}") from None
            self._jobs += 1
            if self._jobs >= self._jobs_per_child:
                self._end()
        if isinstance(result, tuple):
            raise WorkerError(*result)
        return result

    def attempts(self, path: str, port: int, new_file: str, program: str) -> dict[str, str]:
        """Have the child try to read, create, connect, execute and more, and tell what happened; for tests.

        Raises:
            WorkerError: The child crashed, hung, or was not started for it.
        """
        wanted = {"path": path, "port": port, "new_file": new_file, "program": program}
        with self._lock:
            outcomes = self._ask(wire.frame({"self_test": wanted})).get("self_test")
        if not isinstance(outcomes, dict):
            raise WorkerError("crashed", "the picture worker was not started for self-tests")
        return {str(name): str(outcome) for name, outcome in outcomes.items()}

    def close(self) -> None:
        """End the child. The worker may be used again; a new child is started then."""
        with self._lock:
            self._end()

    def _ask(self, request: bytes) -> dict[str, Any]:
        """Send a request and read one answer within the time limit; any failure ends the child."""
        child = self._running()
        try:
            return _exchange(child, request, time.monotonic() + self._timeout_s)
        except TimeoutError:
            self._end()
            raise WorkerError("timeout", f"no answer within {self._timeout_s:g} s") from None
        except (OSError, EOFError):
            code = self._end()
            raise WorkerError("crashed", f"the picture worker ended ({_ending(code)})") from None
        except wire.WireError as failure:
            self._end()
            raise WorkerError("crashed", f"the picture worker answered nonsense: {failure}") from None

    def _running(self) -> subprocess.Popen[bytes]:
        """The child, started if need be and locked down."""
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._end()
        child = self._child = _start(self._flags)
        self.starts += 1
        try:
            self._limits = wire.read_limits(_exchange(child, b"", time.monotonic() + START_TIMEOUT_S))
        except (OSError, EOFError, wire.WireError) as failure:
            timed_out = isinstance(failure, TimeoutError)
            said = "" if timed_out else _last_line(child)
            code = self._end()
            detail = "took too long" if timed_out else said or _ending(code)
            raise WorkerError("crashed", f"the picture worker does not start: {detail}") from None
        self._jobs = 0
        if child.stderr is not None:
            child.stderr.close()
        _log.debug("picture worker started, pid %d", child.pid)
        return child

    def _end(self) -> int | None:
        """Kill the child, if there is one, and collect it; returns how it ended."""
        child, self._child = self._child, None
        if child is None:
            return None
        # A child that ended by itself keeps its own exit code; one that lives has nothing worth waiting for.
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(0.2 if _at_end(child) else 0)
        if child.poll() is None:
            child.kill()
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        return child.wait()


def _start(flags: tuple[str, ...]) -> subprocess.Popen[bytes]:
    # The child finds its modules where the parent finds them, except in the current directory.
    found_in = [str(Path(entry).absolute()) for entry in sys.path if entry]
    home = str(Path(__file__).absolute().parent.parent)
    places = found_in if home in found_in else [*found_in, home]
    child = subprocess.Popen(
        [sys.executable, "-I", "-B", "-c", _BOOT, json.dumps(places), *flags],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        cwd="/",
        env=_ENVIRONMENT,
        close_fds=True,
        start_new_session=True,  # Ctrl-C at a terminal ends the parent, which then ends its child in order
    )
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            os.set_blocking(pipe.fileno(), False)
    return child


def _exchange(child: subprocess.Popen[bytes], request: bytes, deadline: float) -> dict[str, Any]:
    """Write a request and read one frame, both within the deadline.

    Raises:
        TimeoutError, EOFError, OSError, wire.WireError: What went wrong; the child is not to be used again.
    """
    if child.stdin is None or child.stdout is None:
        raise EOFError
    _write(child.stdin.fileno(), request, deadline)
    length = int.from_bytes(_read(child.stdout.fileno(), wire.LENGTH_BYTES, deadline))
    if length > wire.MAX_ANSWER_BYTES:
        raise wire.WireError("an answer that is too long")
    return wire.parse(_read(child.stdout.fileno(), length, deadline))


def _write(descriptor: int, data: bytes, deadline: float) -> None:
    rest = memoryview(data)
    while rest:
        _await(descriptor, select.POLLOUT, deadline)
        with contextlib.suppress(BlockingIOError):
            rest = rest[os.write(descriptor, rest) :]


def _read(descriptor: int, count: int, deadline: float) -> bytes:
    data = b""
    while len(data) < count:
        _await(descriptor, select.POLLIN, deadline)
        with contextlib.suppress(BlockingIOError):
            part = os.read(descriptor, count - len(data))
            if not part:
                raise EOFError
            data += part
    return data


def _await(descriptor: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    remaining_s = deadline - time.monotonic()
    if remaining_s <= 0 or not poll.poll(remaining_s * 1000):
        raise TimeoutError


def _at_end(child: subprocess.Popen[bytes]) -> bool:
    """Whether the child has closed its answers, as a process does that is ending."""
    if child.stdout is None or child.stdout.closed:
        return True
    poll = select.poll()
    poll.register(child.stdout.fileno(), select.POLLIN)
    return any(event & select.POLLHUP for _, event in poll.poll(0))


def _last_line(child: subprocess.Popen[bytes]) -> str:
    """What a child that failed before it was locked down said last: its own words, not yet those of a picture."""
    said = b""
    if child.stderr is not None:
        with contextlib.suppress(OSError, BlockingIOError):
            while part := os.read(child.stderr.fileno(), 65536):
                said = (said + part)[-4000:]
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:200] if lines else ""


def _ending(code: int | None) -> str:
    if code is None:
        return "unknown"
    return f"signal {-code}" if code < 0 else f"exit code {code}"

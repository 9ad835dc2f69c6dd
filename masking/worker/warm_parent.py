"""Starts the warm parent of the picture worker, has it fork children, and reads how they ended.

A process of its own, `fork_server.py`: the daemon loads neither OpenCV nor numpy. No byte of a device goes to it.
`exchange` sends and receives frames within a deadline, on descriptors that do not block.
"""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from masking.model import WorkerError
from masking.worker import wire

START_TIMEOUT_S = 30.0
"""Loading OpenCV takes 0.5 s on a PC and some seconds on a slow gateway from cold storage."""

ANSWER_TIMEOUT_S = 15.0
"""Forking takes some milliseconds, and so does a killed child's end."""

_ANSWER_MAX_BYTES = 64 * 1024
_BOOT = (
    "import json, runpy, sys; sys.path[:] = json.loads(sys.argv.pop(1)); "
    "runpy.run_module('masking.worker.fork_server', run_name='__main__', alter_sys=True)"
)

# What of it concerns the decoder stands in decode.ENVIRONMENT too, which the daemon cannot import; a test compares
# them.
_ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    # Each child touches its memory for the first time: in pages of 2 MB that is one fault where it was 512, which
    # saves a quarter of its time in the kernel. Unknown to a glibc before 2.35, which goes on without.
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "OPENCV_IO_MAX_IMAGE_PIXELS": "67108864",
    "OPENCV_FFMPEG_LOGLEVEL": "32",
    "OPENCV_LOG_LEVEL": "OFF",
}


@dataclass(frozen=True, slots=True)
class Child:
    """A child and our end of its socket."""

    pid: int
    stream: socket.socket


class WarmParent:
    """A running warm parent. Not for several threads at once. Raises WorkerError `crashed` where it does not start."""

    def __init__(self) -> None:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            self._process = _start(its)
        self._control = ours
        ours.setblocking(False)
        try:
            wire.read_ready(self._hear(START_TIMEOUT_S))
        except (OSError, EOFError, wire.WireError) as failure:
            timed_out = isinstance(failure, TimeoutError)
            said = "" if timed_out else _last_line(self._process)
            code = self.close()
            detail = "took too long" if timed_out else said or ending(code)
            raise WorkerError("crashed", f"the picture worker does not start: {detail}") from None
        if self._process.stderr is not None:
            self._process.stderr.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def fork(self, self_test: bool = False) -> Child:
        """Have it fork a child. Raises OSError, EOFError or wire.WireError; do not use it after that."""
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with its:
                request = wire.body({"fork": {"self_test": self_test}})
                socket.send_fds(self._control, [request], [its.fileno()])
            pid = wire.integer(self._hear(ANSWER_TIMEOUT_S).get("pid"), 1, 2**31)
        except BaseException:
            ours.close()
            raise
        ours.setblocking(False)
        return Child(pid, ours)

    def collect(self, child: Child, patience_s: float = 0.0) -> int | None:
        """End a child and return how it ended: its exit code, or the negative number of the signal; None: not known.

        Args:
            child: Of `fork`; do not use it again.
            patience_s: How long a child that ends by itself may take before it is killed.
        """
        if patience_s:
            with contextlib.suppress(OSError):
                descriptor = os.pidfd_open(child.pid)
                try:
                    select.select([descriptor], [], [], patience_s)
                finally:
                    os.close(descriptor)
        child.stream.close()
        try:
            # Not collected yet, so that its number is still its own.
            os.kill(child.pid, signal.SIGKILL)
            self._control.send(wire.body({"collect": child.pid}))
            status = wire.integer(self._hear(ANSWER_TIMEOUT_S).get("status"), 0, 2**31)
        except (OSError, EOFError, wire.WireError):
            self.close()
            return None
        return os.waitstatus_to_exitcode(status)

    def close(self) -> int:
        """End it, and its children with it; return how it ended."""
        self._control.close()
        # One that has closed its end is ending by itself: its own exit code tells more.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.2)
        if self._process.poll() is None:
            self._process.kill()
        if self._process.stderr is not None:
            self._process.stderr.close()
        return self._process.wait()

    def _hear(self, timeout_s: float) -> dict[str, Any]:
        wait_for(self._control.fileno(), select.POLLIN, time.monotonic() + timeout_s)
        data = self._control.recv(_ANSWER_MAX_BYTES)
        if not data:
            raise EOFError
        return wire.parse(data)


def _start(control: socket.socket) -> subprocess.Popen[bytes]:
    # It finds its modules where we find them, except in the current directory.
    found_in = [str(Path(entry).absolute()) for entry in sys.path if entry]
    home = str(Path(__file__).absolute().parent.parent.parent)
    places = found_in if home in found_in else [*found_in, home]
    process = subprocess.Popen(
        [sys.executable, "-I", "-B", "-c", _BOOT, json.dumps(places)],
        stdin=control.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        bufsize=0,
        cwd="/",
        env=_ENVIRONMENT,
        close_fds=True,
        start_new_session=True,  # Ctrl-C at a terminal ends the command, which then ends this in order
    )
    if process.stderr is not None:
        os.set_blocking(process.stderr.fileno(), False)
    return process


def _last_line(process: subprocess.Popen[bytes]) -> str:
    """The last output of a process that failed before its lock-down: its own words, and none of a picture."""
    said = b""
    if process.stderr is not None:
        with contextlib.suppress(OSError, BlockingIOError):
            while part := os.read(process.stderr.fileno(), 65536):
                said = (said + part)[-4000:]
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:200] if lines else ""


def ending(code: int | None) -> str:
    """How a process ended, in words."""
    if code is None:
        return "unknown"
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def exchange(descriptor: int, request: bytes, deadline_mono: float) -> dict[str, Any]:
    """Write a request, read a frame. Raises TimeoutError, EOFError, OSError, WireError: then drop the stream."""
    _write(descriptor, request, deadline_mono)
    length = int.from_bytes(_read(descriptor, wire.LENGTH_BYTES, deadline_mono))
    if length > wire.MAX_ANSWER_BYTES:
        raise wire.WireError("an answer that is too long")
    return wire.parse(_read(descriptor, length, deadline_mono))


def wait_for(descriptor: int, event: int, deadline_mono: float) -> None:
    """Wait until a descriptor can be read from or written to. Raises TimeoutError at the deadline."""
    poll = select.poll()
    poll.register(descriptor, event)
    remaining_s = deadline_mono - time.monotonic()
    if remaining_s <= 0 or not poll.poll(remaining_s * 1000):
        raise TimeoutError


def _write(descriptor: int, data: bytes, deadline_mono: float) -> None:
    rest = memoryview(data)
    while rest:
        wait_for(descriptor, select.POLLOUT, deadline_mono)
        with contextlib.suppress(BlockingIOError):
            rest = rest[os.write(descriptor, rest) :]


def _read(descriptor: int, count: int, deadline_mono: float) -> bytes:
    data = b""
    while len(data) < count:
        wait_for(descriptor, select.POLLIN, deadline_mono)
        with contextlib.suppress(BlockingIOError):
            part = os.read(descriptor, count - len(data))
            if not part:
                raise EOFError
            data += part
    return data

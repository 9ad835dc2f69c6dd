"""Makes a running process stand still in two ways, as a deadlock or a debugger would."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Wedge = Callable[[int], AbstractContextManager[None]]

_PTRACE_SEIZE = 0x4206
_PTRACE_INTERRUPT = 0x4207
_EVERY_CHILD = 0x40000000  # __WALL


@contextmanager
def whole_process(pid: int) -> Iterator[None]:
    """Stop every thread. What systemd sends reaches it all the same in the end: SIGKILL needs no waking."""
    os.kill(pid, signal.SIGSTOP)
    yield


@contextmanager
def schedule_alone(pid: int) -> Iterator[None]:
    """Stop the first thread only, the one of the schedule, as a debugger does; the others go on."""
    holder = subprocess.Popen([sys.executable, __file__, str(pid)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"stands\n"
    try:
        yield
    finally:
        holder.kill()
        holder.wait()


def _hold(pid: int) -> None:
    """Hold the thread until it is gone: its tracer must take notice of its end, or systemd never sees it."""
    libc = ctypes.CDLL(None, use_errno=True)
    for request in (_PTRACE_SEIZE, _PTRACE_INTERRUPT):
        if libc.ptrace(request, pid, None, None) != 0:
            raise OSError(ctypes.get_errno(), "ptrace")
    os.waitpid(pid, _EVERY_CHILD)
    print("stands", flush=True)
    while True:
        _, status = os.waitpid(pid, _EVERY_CHILD)
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            return


if __name__ == "__main__":
    _hold(int(sys.argv[1]))

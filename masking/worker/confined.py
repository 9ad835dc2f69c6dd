"""Measures whether a way out of this process is left. Runs in each child of the picture worker once it is locked down.

Requesting every layer is no proof: kernels, containers and libraries differ. So each way out is really tried, and an
open one counts. `client.py` decides what follows.
"""

import contextlib
import ctypes
import errno
import os
import socket
from collections.abc import Callable
from typing import Final

_PTRACE_SEIZE = 0x4206
_NOBODY = 0x3FFFFFFF
"""No process has this id: Linux ends at 2^22. The call is refused before a process is searched, or it is open."""


def open_ways() -> tuple[str, ...]:
    """Return the ways out that are open, in the order of `WAYS`; empty for a process that is confined."""
    return tuple(name for name, is_open in WAYS.items() if is_open())


def _files() -> bool:
    with contextlib.suppress(OSError):
        os.close(os.open("/", os.O_RDONLY))
        return True
    with contextlib.suppress(OSError):
        os.stat("/")  # noqa: PTH116 - the call itself is what is tried
        return True
    return False


def _sockets() -> bool:
    for family in (socket.AF_INET, socket.AF_UNIX):
        with contextlib.suppress(OSError):
            socket.socket(family, socket.SOCK_STREAM).close()
            return True
    return False


def _programs() -> bool:
    # A kernel that looks for the program before it refuses would find another one, in memory for instance.
    try:
        os.execv("", ["-"])  # noqa: S606 - it must be refused
    except OSError as refused:
        return refused.errno != errno.EPERM


def _processes() -> bool:
    try:
        child = os.fork()
    except OSError:
        return False
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return True


def _signals() -> bool:
    try:
        os.kill(os.getppid(), 0)
    except OSError:
        return False
    return True


def _tracing() -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.ptrace(_PTRACE_SEIZE, _NOBODY, None, None) == 0) or ctypes.get_errno() != errno.EPERM


WAYS: Final[dict[str, Callable[[], bool]]] = {
    "files": _files,
    "sockets": _sockets,
    "programs": _programs,
    "processes": _processes,
    "signals": _signals,
    "tracing": _tracing,
}
"""What a taken-over decoder would try."""

"""A network of its own for a test that asks by the makers' fixed ports, which other tests use at the same time."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLONE_NEWNET = 0x40000000


@contextmanager
def own_network() -> Iterator[None]:
    """Give this thread, and those that it starts, a network with loopback alone; without root all stay where they are.

    Source: unshare(2) and setns(2), CLONE_NEWNET: both are of the calling thread.
    """
    if os.geteuid() != 0:  # a process with threads may not take a user namespace, without which it takes no network
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open("rb") as before:
        _must(libc.unshare(CLONE_NEWNET))
        try:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            yield
        finally:
            _must(libc.setns(before.fileno(), CLONE_NEWNET))


def _must(code: int) -> None:
    if code != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

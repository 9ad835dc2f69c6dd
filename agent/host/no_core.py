"""Protects this process's memory from core files, and from other processes of the same user.

Every command holds logins, keys or pictures of a site. A core file would lay them into whatever folder the command was
started in, and on a laptop any other program of the same person could read them out of /proc. The service's unit
forbids core files, but not that: a second process of the user `camwarden` could still read the first. So each command
does both itself, `run` as well, whoever starts it.

Both, since neither alone is enough. A core file that the kernel hands to a program (`|` in core_pattern) asks for no
limit, and only for whether the process may be dumped; children get the limit, but lose the other with exec.
"""

from __future__ import annotations

import ctypes
import os
import resource
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def keep_memory_private() -> None:
    """Allow no core file of this process and its children, and no other user's or program's look into this one.

    What of /proc/self belongs to its owner alone (`mem`, `environ`) belongs to root from then on. Does nothing about
    the second where the kernel is not Linux.

    Raises:
        OSError: Something around the process forbids it to give this up.

    Source: prctl(2), PR_SET_DUMPABLE; getrlimit(2), RLIMIT_CORE; core(5), proc(5).
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    prctl = getattr(libc, "prctl", None)
    if prctl is not None and prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))

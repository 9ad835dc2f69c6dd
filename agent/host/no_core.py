"""Protects this process's memory from core files, and from other processes of the same user.

Every command holds logins, keys or pictures of a site. A core file would put them into the current folder, and on a
laptop any other program of the same user could read them in /proc. The service's unit forbids core files, but not the
latter. So each command does both itself, `run` as well.

Both are needed. A core file that the kernel pipes to a program (`|` in core_pattern) ignores the limit and depends only
on whether the process may be dumped; children inherit the limit, but lose the other with exec.
"""

import ctypes
import os
import sys
from typing import Final

if sys.platform != "win32":
    import resource

_PR_SET_DUMPABLE: Final = 4


def protect_memory() -> None:
    """Forbid core files of this process and its children, and access to this one by other users and programs.

    What of /proc/self belongs to its owner alone (`mem`, `environ`) belongs to root from then on. The second does
    nothing where the kernel is not Linux.

    Windows has neither: there this does nothing.

    Raises:
        OSError: The environment of the process forbids it.

    Source: prctl(2), PR_SET_DUMPABLE; getrlimit(2), RLIMIT_CORE; core(5), proc(5).
    """
    if sys.platform == "win32":
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    prctl = getattr(libc, "prctl", None)
    if prctl is not None and prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))

"""Bounds the heap of the page's process: glibc gives each thread that allocates one of its own.

The service has the same by `MALLOC_ARENA_MAX` in its unit; a person's command has no unit.

Source: mallopt(3).
"""

import ctypes
import sys
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_ARENA_MAX: Final = -8
_KEPT_FREE_BYTES: Final = 128 * 1024


def one_heap() -> None:
    """Have all threads of this process share one heap that gives back what is free; elsewhere than on glibc, nothing.

    Called before there are threads.
    """
    if sys.platform != "linux":
        return
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_M_ARENA_MAX, 1)
        set_option(_M_TRIM_THRESHOLD, _KEPT_FREE_BYTES)

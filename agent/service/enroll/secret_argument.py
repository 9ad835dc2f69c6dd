"""Removes a secret from this process's own command line, as process lists show it.

The words lie in memory that a process may write to, so that /proc/self/mem is not needed: it belongs to root since
commands keep their memory private (`agent/host/no_core.py`).

Source: proc(5): `arg_start` and `arg_end` of /proc/PID/stat.
"""

import ctypes
import os
from pathlib import Path

_ARG_START = 47 - 2
"""Places in /proc/PID/stat, counted behind the command's name, which may hold blanks."""
_ARG_END = 48 - 2


def hide_argument(secret: str) -> bool:
    """Overwrite every occurrence of a text in this process's command line; return whether it is gone from there.

    It helps neither the shell's history nor against an earlier reader.
    """
    wanted = os.fsencode(secret)
    try:
        fields = Path("/proc/self/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        start, end = int(fields[_ARG_START]), int(fields[_ARG_END])
        # Whoever may not know them is told 0.
        line = ctypes.string_at(start, end - start) if 0 < start < end else b""
        place = line.find(wanted)
        while wanted and place >= 0:
            ctypes.memset(start + place, ord("-"), len(wanted))
            place = line.find(wanted, place + 1)
        return not wanted or wanted not in Path("/proc/self/cmdline").read_bytes()
    except (OSError, ValueError, IndexError):
        return False

"""Takes a secret out of this process's own command line, as process lists show it.

Source: proc(5): `arg_start` and `arg_end` of /proc/PID/stat; /proc/PID/mem of one's own process may be written.
"""

from __future__ import annotations

import os
from pathlib import Path

_ARG_START = 47 - 2
"""Places in /proc/PID/stat, counted behind the command's name, which may hold blanks."""
_ARG_END = 48 - 2


def hide_argument(secret: str) -> bool:
    """Overwrite every occurrence of a text in this process's command line; say whether it is gone from there.

    The shell's history and whoever looked before are not helped by it.
    """
    wanted = os.fsencode(secret)
    try:
        fields = Path("/proc/self/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        start, end = int(fields[_ARG_START]), int(fields[_ARG_END])
        with Path("/proc/self/mem").open("r+b", buffering=0) as memory:
            memory.seek(start)
            line = memory.read(end - start)
            place = line.find(wanted)
            while place >= 0:
                memory.seek(start + place)
                memory.write(b"-" * len(wanted))
                place = line.find(wanted, place + 1)
        return not wanted or wanted not in Path("/proc/self/cmdline").read_bytes()
    except (OSError, ValueError, IndexError):
        return False

"""What the gateway says of itself: load, memory, disk, boot, and whether its clock is synchronised."""

from __future__ import annotations

import ctypes
import time
from datetime import datetime
from pathlib import Path

import psutil

from agent.model import Json, Moment

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_STA_UNSYNC = 0x0040
_TIMEX_BYTES = 208
"""Size of `struct timex` on 64-bit Linux; `status` is the int at byte 40. Source: adjtimex(2)."""
_TIMEX_STATUS_OFFSET = 40
_TIME_ERROR = 5


def moment(at: datetime) -> Moment:
    """Return `at` together with the monotonic clock, the boot and the state of the system clock."""
    return Moment(at, time.monotonic_ns() // 1_000_000, _boot_id(), clock_synced())


def clock_synced() -> bool:
    """Return whether the kernel says that its clock is synchronised; False where it cannot be asked."""
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    if adjtimex is None:
        return False
    state = int(adjtimex(buffer))
    status = int.from_bytes(buffer.raw[_TIMEX_STATUS_OFFSET : _TIMEX_STATUS_OFFSET + 4], "little")
    return is_synced(state, status)


def is_synced(state: int, status: int) -> bool:
    """Judge what adjtimex answered: its return value, and the status bits of `struct timex`.

    Source: adjtimex(2), TIME_ERROR and STA_UNSYNC.
    """
    return 0 <= state < _TIME_ERROR and not status & _STA_UNSYNC


def load(directory: Path) -> dict[str, Json]:
    """Return load figures of the host; `directory` names the file system whose free bytes count."""
    return {
        "cpu_ratio": round(psutil.cpu_percent() / 100, 3),
        "memory_ratio": round(psutil.virtual_memory().percent / 100, 3),
        "disk_free_bytes": psutil.disk_usage(str(directory)).free,
        "uptime_s": int(time.monotonic()),
    }


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return ""

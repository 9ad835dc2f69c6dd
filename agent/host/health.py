"""Measures the machine: load, memory, disk, boot, and whether its clock is synchronised."""

import ctypes
import gc
import os
import shutil
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Final

import psutil

from agent.model.finding import Message, Moment
from agent.model.outcome import Outcome, found, passed
from drivers.details import Host
from drivers.model import Observation, Observations, Unavailable
from drivers.stores import smart
from masking.model import Confinement

ROOM_WARN_RATIO: Final = 0.10
ROOM_FAIL_RATIO: Final = 0.02
"""Free share of a disk, and of its inodes."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_STA_UNSYNC = 0x0040
_TIMEX_BYTES = 208
"""Size of `struct timex` on 64-bit Linux; `status` is the int at byte 40. Source: adjtimex(2)."""
_TIMEX_STATUS_OFFSET = 40
_TIME_ERROR = 5


def moment(at: datetime) -> Moment:
    """Return `at` with the monotonic clock, the boot and the state of the system clock."""
    return Moment(at, time.monotonic_ns() // 1_000_000, _boot_id(), clock_synced())


def clock_synced() -> bool:
    """Return whether the kernel reports its clock as synchronised; False where it cannot be asked."""
    if sys.platform == "win32":
        return False
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    if adjtimex is None:
        return False
    state = int(adjtimex(buffer))
    status = int.from_bytes(buffer.raw[_TIMEX_STATUS_OFFSET : _TIMEX_STATUS_OFFSET + 4], "little")
    return is_synced(state, status)


def is_synced(state: int, status: int) -> bool:
    """Judge adjtimex's return value and status bits. Source: adjtimex(2), TIME_ERROR and STA_UNSYNC."""
    return 0 <= state < _TIME_ERROR and not status & _STA_UNSYNC


def judge_room(directory: Path, wanted_bytes: int) -> Outcome:
    """Judge what is free on the disk of a directory, or of its nearest parent that exists.

    Args:
        directory: Where somebody will write.
        wanted_bytes: What may still come there: less free warns, whatever share of the disk it is.
    """
    there = next(path for path in (directory, *directory.parents) if path.exists())
    disk, files = shutil.disk_usage(there), os.statvfs(there)
    bytes_ratio = disk.free / disk.total if disk.total else 0.0
    inodes_ratio = files.f_favail / files.f_files if files.f_files else 1.0  # not every file system counts them
    values: dict[str, str | int | float] = {
        "free": round(disk.free / 1024**2), "ratio": round(bytes_ratio * 100), "inodes": round(inodes_ratio * 100),
    }  # fmt: skip
    what = Message("{free} MiB free ({ratio} %), {inodes} % of the inodes", values)
    evidence = {"free_bytes": disk.free, "free_ratio": round(bytes_ratio, 4), "inodes_ratio": round(inodes_ratio, 4)}
    step = Message("make room on the disk of {path}", {"path": str(there)})
    if min(bytes_ratio, inodes_ratio) < ROOM_FAIL_RATIO:
        return found("fail", "full", what, step, **evidence)
    if min(bytes_ratio, inodes_ratio) < ROOM_WARN_RATIO or disk.free < wanted_bytes:
        return found("warn", "nearly-full", what, step, **evidence)
    return passed(what, **evidence)


def load(directory: Path) -> Host:
    """Return load figures of the host, and of the file system of `directory` or its nearest existing parent."""
    there = next(path for path in (directory, *directory.parents) if path.exists())
    disk = psutil.disk_usage(str(there))
    return Host(
        cpu_ratio=round(psutil.cpu_percent() / 100, 3),
        memory_ratio=round(psutil.virtual_memory().percent / 100, 3),
        disk_free_bytes=disk.free,
        disk_capacity_bytes=disk.total,
        uptime_s=int(time.monotonic()),
        temperature_c=_hottest_c(),
    )


def observe_host(directory: Path, now: datetime) -> Observations:
    """Return observations of the gateway and its disks."""
    try:
        here = (Observation("site", load(directory), now, "psutil"),)
    except OSError as error:
        here = (Observation("site", Unavailable("host", "malformed", str(error.strerror)), now, "psutil"),)
    return (*here, smart.read(now))


def observe_worker(confinement: Confinement | None, now: datetime) -> Observations:
    """Return how far the picture worker is confined, where it has run."""
    return () if confinement is None else (Observation("site", confinement, now, "picture worker"),)


def own_load() -> tuple[int, float]:
    """Return this process's resident bytes, and its seconds of processor time."""
    process = psutil.Process()
    times = process.cpu_times()
    return process.memory_info().rss, times.user + times.system


def release_memory() -> None:
    """Return a cycle's freed memory to the system until the next cycle, where glibc can. Source: malloc_trim(3)."""
    gc.collect()
    if sys.platform == "win32":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _hottest_c() -> float | None:
    """Return the hottest sensor in °C; None without any; 0 or below is a sensor that is not connected."""
    sensors = psutil.sensors_temperatures() if hasattr(psutil, "sensors_temperatures") else {}
    found = [sensor.current for group in sensors.values() for sensor in group if sensor.current > 0]
    return round(max(found), 1) if found else None


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return ""

"""Reads what the kernel has counted of a process: memory, time, wake-ups, and bytes that it made a disk write.

Source: proc_pid_status(5) for the peak and the wake-ups, which psutil tells of the first thread alone.
"""

from __future__ import annotations

from pathlib import Path

import psutil


def rss_mb(pid: int) -> float:
    """Return its resident memory now, 10^6 bytes, shared or not."""
    return psutil.Process(pid).memory_info().rss / 1e6


def pss_mb(pid: int) -> float:
    """Return its share of memory now, 10^6 bytes: what it shares with others is divided by them."""
    return psutil.Process(pid).memory_full_info().pss / 1e6


def private_mb(pid: int) -> float:
    """Return what it shares with nobody, 10^6 bytes: its end would free so much."""
    return psutil.Process(pid).memory_full_info().uss / 1e6


def peak_mb(pid: int) -> float:
    """Return the most that was ever resident, 10^6 bytes."""
    return _number(Path(f"/proc/{pid}/status"), "VmHWM:") * 1024 / 1e6


def cpu_s(pid: int) -> float:
    """Return user and system time of all of its threads, in ticks of 10 ms, without its children."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def wakeups(pid: int) -> dict[int, int]:
    """Return how often each living thread has waited for something, and so was woken; the main one has the pid."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return {int(task.name): _number(task / "status", "voluntary_ctxt_switches:") for task in tasks}


def children(pid: int) -> list[int]:
    """Return the processes that it has now."""
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def written_bytes(pid: int) -> int:
    """Return how many bytes it has made a disk write: whole pages, without the file system's journal."""
    return psutil.Process(pid).io_counters().write_bytes


def _number(status: Path, name: str) -> int:
    words = status.read_text().split()
    return int(words[words.index(name) + 1])

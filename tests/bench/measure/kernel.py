"""Reads what the kernel has counted of a process: memory, time, wake-ups, and bytes that it made a disk write.

Source: proc_pid_smaps(5), proc_pid_stat(5), proc_pid_status(5), proc_pid_io(5).
"""

from __future__ import annotations

import os
from pathlib import Path


def pss_mb(pid: int) -> float:
    """Return its share of memory now, 10^6 bytes: what it shares with others is divided by them."""
    return _kib(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") * 1024 / 1e6


def private_mb(pid: int) -> float:
    """Return what it shares with nobody, 10^6 bytes: its end would free so much."""
    rollup = Path(f"/proc/{pid}/smaps_rollup")
    return (_kib(rollup, "Private_Clean:") + _kib(rollup, "Private_Dirty:")) * 1024 / 1e6


def rss_mb(pid: int) -> float:
    """Return its resident memory now, 10^6 bytes, shared or not."""
    return _kib(Path(f"/proc/{pid}/status"), "VmRSS:") * 1024 / 1e6


def peak_mb(pid: int) -> float:
    """Return the most that was ever resident, 10^6 bytes."""
    return _kib(Path(f"/proc/{pid}/status"), "VmHWM:") * 1024 / 1e6


def cpu_s(pid: int) -> float:
    """Return user and system time of all of its threads, in ticks of 10 ms, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wakeups(pid: int) -> dict[int, int]:
    """Return how often each living thread has waited for something, and so was woken; the main one has the pid."""
    return {int(task.name): _number(task / "status") for task in Path(f"/proc/{pid}/task").iterdir()}


def children(pid: int) -> list[int]:
    """Return the processes that it has now."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def written_bytes(pid: int) -> int:
    """Return how many bytes it has made a disk write: whole pages, without the file system's journal."""
    counts = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(counts["write_bytes"]) - int(counts["cancelled_write_bytes"])


def _number(status: Path) -> int:
    words = status.read_text().split()
    return int(words[words.index("voluntary_ctxt_switches:") + 1])


def _kib(path: Path, name: str) -> int:
    words = path.read_text().split()
    return int(words[words.index(name) + 1])

"""Holds a process and all that it starts in a small box: a control group with a CPU quota and a memory limit. As root.

Source: cgroups(7); Linux admin guide, cgroup v1 (sched-bwc, memory) and v2 (cpu.max, memory.max).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PERIOD_US = 100_000
_V1 = Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")
_ROOT = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Box:
    """The folders of the control group: one in version 2, one for each controller in version 1."""

    cpu: Path
    memory: Path

    def enter(self) -> None:
        """Move the calling process into the box."""
        for folder in {self.cpu, self.memory}:
            (folder / "cgroup.procs").write_text("0")

    def killed(self) -> int:
        """Return how many processes the kernel has killed for want of memory."""
        events = self.memory / ("memory.oom_control" if _V1.exists() else "memory.events")
        return _count(events, "oom_kill")

    def throttled(self) -> int:
        """Return in how many tenths of a second the quota was used up."""
        return _count(self.cpu / "cpu.stat", "nr_throttled")

    def peak_mb(self) -> float:
        """Return the most memory at once, 10^6 bytes, the files that the kernel has read for it included."""
        name = "memory.max_usage_in_bytes" if _V1.exists() else "memory.peak"
        return int((self.memory / name).read_text()) / 1e6


@contextmanager
def box(cpu_ratio: float, memory_bytes: int) -> Iterator[Box]:
    """Make a box of a share of one core and so much memory, without swap; remove it when everything in it has ended.

    Raises OSError where this user, or this machine, may make none.
    """
    name = f"camwarden-bench-{os.getpid()}"
    quota_us = round(cpu_ratio * _PERIOD_US)
    if _V1.exists():
        made = Box(_ROOT / "cpu" / name, _ROOT / "memory" / name)
        limits = {
            made.cpu / "cpu.cfs_period_us": _PERIOD_US, made.cpu / "cpu.cfs_quota_us": quota_us,
            made.memory / "memory.limit_in_bytes": memory_bytes, made.memory / "memory.swappiness": 0,
        }  # fmt: skip
    else:
        made = Box(_ROOT / name, _ROOT / name)
        (_ROOT / "cgroup.subtree_control").write_text("+cpu +memory")
        limits = {
            made.cpu / "cpu.max": f"{quota_us} {_PERIOD_US}",
            made.memory / "memory.max": memory_bytes, made.memory / "memory.swap.max": 0,
        }  # fmt: skip
    folders = sorted({made.cpu, made.memory})
    try:
        for folder in folders:
            folder.mkdir()
        for file, limit in limits.items():
            file.write_text(str(limit))
        yield made
    finally:
        for folder in folders:
            if folder.exists():
                folder.rmdir()


def _count(file: Path, name: str) -> int:
    words = file.read_text().split()
    return int(words[words.index(name) + 1])

"""Looks at the proportional memory of a process and everything that it started, and keeps the largest sum."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import psutil

BETWEEN_S = 0.05


class PeakPss(threading.Thread):
    """Looks at a tree of processes until `stop`; `pid` says of which process, 0 for none."""

    def __init__(self, pid: Callable[[], int]) -> None:
        super().__init__(daemon=True)
        self._pid, self._stopping = pid, threading.Event()
        self.peak_bytes, self.looks, self.processes = 0, 0, 0

    def run(self) -> None:
        """Look again and again."""
        while not self._stopping.wait(BETWEEN_S):
            with suppress(psutil.Error):
                if pid := self._pid():
                    self._look(psutil.Process(pid))

    def stop(self) -> None:
        """End the looking."""
        self._stopping.set()
        self.join()

    def _look(self, whole: psutil.Process) -> None:
        found = []
        for process in (whole, *whole.children(recursive=True)):
            with suppress(psutil.Error):  # it has ended meanwhile
                found.append(process.memory_full_info().pss)
        self.looks += 1
        if sum(found) > self.peak_bytes:
            self.peak_bytes, self.processes = sum(found), len(found)

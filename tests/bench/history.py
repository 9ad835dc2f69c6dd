"""The history file, for bench `checks`: how large it is after many transitions, and what a cycle pays for it."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.judge.memory.episodes import new_episode
from agent.judge.memory.history import read_history, store_history
from agent.judge.memory.transitions import Transition
from agent.model.finding import Finding, Message, Source
from agent.site.config.site import Storage
from measure.figures import Figure

SIZE = Figure("history_mb", "MB", Storage().history_max_bytes / 1e6, "lower")

TRANSITIONS = 10_000_000
CAMERAS = 64
AT_ONCE = 10_000
BEGINS_AT = datetime(2026, 11, 24, tzinfo=UTC)
CYCLES_TIMED = 200


def measured(transitions: int) -> tuple[float, dict[str, float]]:
    """Return the largest size of all files of the history in 10^6 bytes, and what was found on the way.

    Written in many at once, for no site makes ten million one by one; then single cycles with one transition each.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        storage, largest = Storage(folder, folder), 0
        changes = tuple(_changes(AT_ONCE))
        begun_at = time.monotonic()
        for number in range(transitions // AT_ONCE):
            store_history(storage, changes, BEGINS_AT + number * timedelta(minutes=15))
            largest = max(largest, sum(path.stat().st_size for path in folder.iterdir()))
        took_s = time.monotonic() - begun_at
        cycles_ms = []
        for number in range(CYCLES_TIMED):
            started = time.perf_counter()
            store_history(storage, changes[:1], BEGINS_AT + timedelta(days=365_000 // 10 + number))
            cycles_ms.append(1000 * (time.perf_counter() - started))
        kept = len(read_history(folder))
    if not kept:
        raise RuntimeError("nothing was kept: no size is worth anything")
    found = {
        "transitions": float(transitions),
        "kept": float(kept),
        "write_s": round(took_s, 1),
        "one_cycle_ms": round(statistics.median(cycles_ms), 2),
        "one_cycle_worst_ms": round(max(cycles_ms), 2),
    }
    return largest / 1e6, found


def _changes(count: int) -> Iterator[Transition]:
    source, message = Source("Order 799", "article 15"), Message("does not answer: look at power and network")
    for number in range(count):
        finding = Finding(
            "camera-online", f"camera:c{number % CAMERAS}", "fail", "major", message, source, "unreachable"
        )
        yield Transition(finding, "pass", new_episode(finding, BEGINS_AT))

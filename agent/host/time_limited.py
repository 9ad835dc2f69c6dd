"""Runs small tasks side by side, each with a time limit: one that hangs is abandoned and delays no other.

For commands that query a machine that may be in trouble. The threads end with the process: one that waits for a dead
disk or name server cannot block the command.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

_TICK_S = 0.05


@dataclass(frozen=True, slots=True)
class Task(Generic[T]):
    """A named function and its time limit in seconds."""

    name: str
    run: Callable[[], T] = field(repr=False)
    limit_s: float


def run_limited(tasks: Sequence[Task[T]], within_s: float, at_once: int = 64) -> Iterator[tuple[str, T | Exception]]:
    """Run tasks, `at_once` at a time, and yield each unique name with its result or exception, in order of their ends.

    A task that exceeds its limit, or that `within_s` (for all together) leaves no time for, yields a TimeoutError; its
    later result is ignored.
    """
    waiting = deque(tasks)
    started: dict[str, tuple[float, Task[T]]] = {}
    ended: queue.SimpleQueue[tuple[str, T | Exception]] = queue.SimpleQueue()
    until = time.monotonic() + within_s

    def run(task: Task[T]) -> None:
        result: T | Exception
        try:
            result = task.run()
        except Exception as error:  # noqa: BLE001 - the caller judges it; a thread has nobody else to tell
            result = error
        ended.put((task.name, result))

    while waiting or started:
        while waiting and len(started) < at_once and time.monotonic() < until:
            task = waiting.popleft()
            started[task.name] = time.monotonic() + task.limit_s, task
            threading.Thread(target=run, args=(task,), daemon=True).start()
        try:
            name, result = ended.get(timeout=_TICK_S)
        except queue.Empty:
            pass
        else:
            if started.pop(name, None) is not None:  # else it was given up before
                yield name, result
            continue
        now = time.monotonic()
        for name in [name for name, (limit, _) in started.items() if now >= min(limit, until)]:
            del started[name]
            yield name, TimeoutError()
        if now >= until:
            while waiting:
                yield waiting.popleft().name, TimeoutError()

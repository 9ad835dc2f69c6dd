"""Tasks side by side: one that hangs or fails costs the others nothing."""

from __future__ import annotations

import threading

import pytest
from patience import PATIENCE_S

from agent.host.time_limited import Task, run_limited


def raising() -> int:
    raise ValueError("no")


def test_each_task_ends_with_its_own_result_or_exception() -> None:
    ended = dict(run_limited([Task("a", lambda: 1, PATIENCE_S), Task("b", raising, PATIENCE_S)], PATIENCE_S))
    assert ended["a"] == 1
    assert isinstance(ended["b"], ValueError)


def test_what_hangs_is_given_up_and_the_rest_is_told_before() -> None:
    forever = threading.Event()
    try:
        ended = list(
            run_limited([Task("hangs", forever.wait, 2.0), Task("ends", lambda: True, PATIENCE_S)], PATIENCE_S)
        )
    finally:
        forever.set()
    assert [name for name, _ in ended] == ["ends", "hangs"]
    assert isinstance(ended[1][1], TimeoutError)


def test_what_there_is_no_time_left_for_is_told_too() -> None:
    forever = threading.Event()
    tasks = [Task(f"{n}", forever.wait, 60) for n in range(5)]
    try:
        ended = dict(run_limited(tasks, 0.2, at_once=2))
    finally:
        forever.set()
    assert ended.keys() == {"0", "1", "2", "3", "4"}
    assert all(isinstance(result, TimeoutError) for result in ended.values())


@pytest.mark.parametrize("at_once", [1, 3])
def test_no_more_run_at_once_than_may(at_once: int) -> None:
    running: list[int] = []
    most = 0
    lock = threading.Lock()

    def run() -> None:
        nonlocal most
        with lock:
            running.append(1)
            most = max(most, len(running))
        with lock:
            running.pop()

    assert len(dict(run_limited([Task(str(n), run, PATIENCE_S) for n in range(20)], PATIENCE_S, at_once))) == 20
    assert most <= at_once

"""The picture worker at work: answers, time limits, crashes, and a parent that believes nothing. Real children."""

from __future__ import annotations

import fcntl
import os
import signal
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pictures
import pytest
from hubside import waits
from patience import LATE_S, PATIENCE_S
from pictures import job, reason_of

from masking import wire, worker
from masking.model import Judged, WorkerError
from masking.worker import Worker


@pytest.fixture(scope="module")
def shared() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S) as running:
        yield running


@pytest.fixture(scope="module")
def encoded() -> dict[str, bytes]:
    return pictures.encodings()


@pytest.mark.parametrize("kind", ["jpeg", "h264", "h265"])
def test_a_picture_is_decoded_and_its_zones_are_judged(shared: Worker, encoded: dict[str, bytes], kind: str) -> None:
    judged = shared.judge(job(encoded[kind], kind))
    assert (judged.width_px, judged.height_px) == (640, 360)
    assert 40 < judged.mean_luma < 220
    assert 10 < judged.contrast < 100
    assert [(v.zone, v.verdict) for v in judged.verdicts] == [("desk", "PASS"), ("door", "FAIL")]
    assert all(v.numbers and v.explanation for v in judged.verdicts)


def test_a_child_that_is_killed_in_the_middle_of_a_job_costs_one_job(encoded: dict[str, bytes]) -> None:
    with Worker(timeout_s=PATIENCE_S) as running:
        assert running.judge(job(encoded["jpeg"])).width_px == 640
        first = running.pid
        assert first is not None
        stopped(first)
        killer = threading.Thread(target=killed_once_it_has_a_job, args=(running,))
        killer.start()
        with pytest.raises(WorkerError, match="signal 9") as failed:
            running.judge(job(encoded["jpeg"]))
        killer.join()
        assert failed.value.reason == "crashed"
        assert running.judge(job(encoded["jpeg"])).width_px == 640
        assert running.pid != first


def stopped(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)  # on a busy machine it may still do a job until then


def killed_once_it_has_a_job(running: Worker) -> None:
    """End a child that is stopped as soon as its pipe holds something that it has not read."""
    child = running._child
    assert child is not None and child.stdin is not None
    waiting, pipe = bytearray(4), child.stdin.fileno()
    waits(lambda: fcntl.ioctl(pipe, termios.FIONREAD, waiting) == 0 and any(waiting))
    os.kill(child.pid, signal.SIGKILL)


def test_a_child_that_died_between_jobs_is_replaced_without_an_error(encoded: dict[str, bytes]) -> None:
    with Worker() as running:
        running.judge(job(encoded["jpeg"]))
        pid = running.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert running.judge(job(encoded["jpeg"])).width_px == 640


def test_a_hanging_child_is_ended_in_time_and_the_next_job_works(encoded: dict[str, bytes]) -> None:
    with Worker(timeout_s=4) as running:
        running.judge(job(encoded["jpeg"]))
        pid = running.pid
        assert pid is not None
        stopped(pid)
        began = time.monotonic()
        # More than a pipe holds: the parent must not hang in its write either.
        with pytest.raises(WorkerError, match="no answer within 4 s") as failed:
            running.judge(job(encoded["jpeg"] + b"\0" * 2_000_000))
        assert failed.value.reason == "timeout"
        assert time.monotonic() - began < 4 + LATE_S
        assert not Path(f"/proc/{pid}").exists(), "killed and collected"
        assert running.judge(job(encoded["jpeg"])).width_px == 640


def test_a_child_is_replaced_after_its_number_of_jobs(encoded: dict[str, bytes]) -> None:
    with Worker(jobs_per_child=2) as running:
        pids = []
        for _ in range(4):
            assert running.limits == ()
            pids.append(running.pid)
            running.judge(job(encoded["jpeg"]))
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_close_ends_the_child_and_leaves_nothing_open(encoded: dict[str, bytes]) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    running = Worker()
    running.judge(job(encoded["jpeg"]))
    pid = running.pid
    running.close()
    assert running.pid is None
    assert not Path(f"/proc/{pid}").exists()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
    running.close()


def test_several_threads_may_share_one_worker(shared: Worker, encoded: dict[str, bytes]) -> None:
    results: list[Judged] = []

    def ask(kind: str) -> None:
        results.extend(shared.judge(job(encoded[kind], kind)) for _ in range(5))

    threads = [threading.Thread(target=ask, args=(kind,)) for kind in encoded]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(results) == 15
    assert all(result.verdicts[0].verdict == "PASS" for result in results)


def test_a_child_that_does_not_start_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_BOOT", "raise SystemExit('cv2 is not installed')")
    with Worker() as running, pytest.raises(WorkerError) as failed:
        running.judge(job(b""))
    assert failed.value.reason == "crashed"
    assert str(failed.value) == "crashed: the picture worker does not start: cv2 is not installed"


READY = wire.frame({"ready": True, "limits": []})


@pytest.mark.parametrize(
    "said",
    [
        READY + b"\xff\xff\xff\xff" + b"x" * 1000,
        READY + wire.frame({"job": 99}),
        READY + wire.frame({"job": 1, "error": "rm -rf"}),
        READY + b"\0\0\0\4nope",
        READY + b"\0\0\0\100" + b"[" * 64,
    ],
    ids=["too-long", "other-job", "odd-error", "no-json", "deep"],
)
def test_a_hostile_child_cannot_hurt_its_parent(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    """A stand-in for a taken-over child greets properly and then says anything; the parent ends it."""
    code = f"import os, signal; os.write(1, bytes.fromhex({said.hex()!r})); signal.pause()"
    monkeypatch.setattr(worker, "_BOOT", code)
    with Worker(timeout_s=PATIENCE_S) as running:
        assert reason_of(running, job(b"")) == "crashed"
        assert running.pid is None


@pytest.mark.parametrize(
    "greeting", [{}, {"ready": 1, "limits": []}, {"ready": True, "limits": ["x" * 999]}, {"ready": True, "limits": [1]}]
)
def test_an_odd_greeting_is_refused(monkeypatch: pytest.MonkeyPatch, greeting: dict[str, object]) -> None:
    said = wire.frame(greeting).hex()
    monkeypatch.setattr(worker, "_BOOT", f"import os, signal; os.write(1, bytes.fromhex({said!r})); signal.pause()")
    with Worker() as running:
        assert reason_of(running, job(b"")) == "crashed"

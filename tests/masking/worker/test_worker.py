"""The picture worker at work: answers, time limits, a child per camera, and a parent that believes nothing."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pictures
import pytest
from patience import LATE_S, PATIENCE_S, waits
from pictures import job, reason_of
from taken_over import GREETING, READY, saying

from masking.model import Confinement, Job, Judged, WorkerError
from masking.worker import warm_parent, wire
from masking.worker.client import Worker


@pytest.fixture(scope="module")
def shared() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S) as running:
        yield running


@pytest.fixture(scope="module")
def encoded() -> dict[str, bytes]:
    return pictures.encodings()


def of(camera: str, data: bytes, device: str = "") -> Job:
    """A job on a JPEG of a camera without zones; of one that is its own device, or of one behind a recorder."""
    return replace(job(data), zones=(), device=device or camera, camera=camera)


@pytest.mark.parametrize("kind", ["jpeg", "h264", "h265"])
def test_a_picture_is_decoded_and_its_zones_are_judged(shared: Worker, encoded: dict[str, bytes], kind: str) -> None:
    judged = shared.judge(job(encoded[kind], kind))
    assert (judged.width_px, judged.height_px) == (640, 360)
    assert 40 < judged.mean_luma < 220
    assert 10 < judged.contrast < 100
    assert [(v.zone, v.verdict) for v in judged.verdicts] == [("desk", "PASS"), ("door", "FAIL")]
    assert all(v.numbers and v.explanation for v in judged.verdicts)


def test_what_a_look_has_left_goes_to_the_next_child_of_the_camera_and_both_are_judged_together() -> None:
    """Each child is locked down: what comparing looks needs was loaded before."""
    moments = [pictures.lit(pictures.scene(21), "day", moment) for moment in range(2)]
    zone = pictures.DESK_AND_DOOR[0]
    with Worker() as worker:
        first, second = (job(pictures.jpeg(one), "jpeg", (zone,)) for one in moments)
        (alone,) = worker.judge(replace(first, device="box", camera="gate")).verdicts
        worker.rest()
        later = replace(second, device="box", camera="gate", zones=(replace(zone, earlier=(alone.evidence,)),))
        (both,) = worker.judge(later).verdicts
    assert alone.together is not None
    assert both.together is not None
    assert "looks" not in dict(alone.together.numbers)
    assert dict(both.together.numbers)["looks"] == 2


def test_each_camera_has_a_child_of_its_own_and_keeps_it_while_its_pictures_come_in_a_row(
    shared: Worker, encoded: dict[str, bytes]
) -> None:
    begun, pids = shared.starts, []
    for camera in ("gate", "gate", "yard", "yard", "gate"):
        shared.judge(of(camera, encoded["jpeg"], device="nvr"))
        pids.append(shared.pid)
    assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4] != pids[0]
    assert shared.starts == max(begun, 1)


def test_a_picture_of_nobody_has_a_child_for_itself_that_ends_with_it(
    shared: Worker, encoded: dict[str, bytes]
) -> None:
    shared.judge(of("gate", encoded["jpeg"]))
    before = shared.pid
    shared.judge(job(encoded["jpeg"]))
    assert shared.pid is None
    assert not Path(f"/proc/{before}").exists()


@pytest.mark.parametrize("how", [signal.SIGSEGV, signal.SIGABRT])
def test_a_camera_whose_child_died_by_a_signal_gets_no_other_in_this_look_and_the_warm_parent_is_a_new_one(
    encoded: dict[str, bytes], how: signal.Signals
) -> None:
    with Worker(timeout_s=PATIENCE_S, self_test=True) as running:
        assert running.judge(of("gate", encoded["jpeg"])).width_px == 640
        warm = running.warm_pid
        with pytest.raises(WorkerError, match="signal 11") as failed:  # abort() may not signal, and faults instead
            running.attempts({"die": how}, "gate", "gate")
        assert failed.value.reason == "crashed"
        with pytest.raises(WorkerError, match="ended its child before"):
            running.judge(of("gate", encoded["jpeg"]))
        assert running.judge(of("yard", encoded["jpeg"])).width_px == 640
        assert running.warm_pid != warm and running.starts == 2
        running.rest()
        assert running.judge(of("gate", encoded["jpeg"])).width_px == 640


def test_a_recorder_of_which_two_cameras_ended_their_child_is_not_looked_at_further(encoded: dict[str, bytes]) -> None:
    with Worker(timeout_s=PATIENCE_S, self_test=True) as running:
        for camera in ("one", "two"):
            assert running.judge(of(f"before-{camera}", encoded["jpeg"], "nvr")).width_px == 640
            with pytest.raises(WorkerError):
                running.attempts({"die": signal.SIGSEGV}, "nvr", camera)
        with pytest.raises(WorkerError, match="ended its child before"):
            running.judge(of("three", encoded["jpeg"], "nvr"))
        assert running.judge(of("three", encoded["jpeg"])).width_px == 640


def test_a_child_that_was_killed_between_pictures_costs_its_camera_alone(encoded: dict[str, bytes]) -> None:
    with Worker(timeout_s=PATIENCE_S) as running:
        running.judge(of("gate", encoded["jpeg"]))
        assert running.pid is not None
        os.kill(running.pid, signal.SIGKILL)
        waits(lambda: state_of(running.pid) == "Z")
        assert reason_of(running, of("gate", encoded["jpeg"])) == "crashed"
        assert running.judge(of("yard", encoded["jpeg"])).width_px == 640


def state_of(pid: int | None) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_warm_parent_that_was_killed_is_replaced_without_an_error(encoded: dict[str, bytes]) -> None:
    with Worker(timeout_s=PATIENCE_S) as running:
        running.judge(of("gate", encoded["jpeg"]))
        child, warm = running.pid, running.warm_pid
        assert child is not None and warm is not None
        os.kill(warm, signal.SIGKILL)
        waits(lambda: not Path(f"/proc/{child}").exists() or state_of(child) == "Z")  # it ends with its parent
        assert running.judge(of("yard", encoded["jpeg"])).width_px == 640
        assert running.starts == 2


def test_a_hanging_child_is_ended_in_time_and_the_next_job_works(encoded: dict[str, bytes]) -> None:
    with Worker(timeout_s=4) as running:
        running.judge(of("gate", encoded["jpeg"]))
        pid = running.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        waits(lambda: state_of(pid) == "T")
        began = time.monotonic()
        # More than a socket holds: the parent must not hang in its write either.
        with pytest.raises(WorkerError, match="no answer within 4 s") as failed:
            running.judge(of("gate", encoded["jpeg"] + b"\0" * 2_000_000))
        assert failed.value.reason == "timeout"
        assert time.monotonic() - began < 4 + LATE_S
        assert not Path(f"/proc/{pid}").exists(), "killed and collected"
        assert running.judge(of("gate", encoded["jpeg"])).width_px == 640


def test_rest_and_close_end_child_and_warm_parent_and_leave_nothing_open(encoded: dict[str, bytes]) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    running = Worker(timeout_s=PATIENCE_S)
    for end in (running.rest, running.close):
        running.judge(of("gate", encoded["jpeg"]))
        pids = running.pid, running.warm_pid
        end()
        assert (running.pid, running.warm_pid) == (None, None)
        assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
        assert len(list(Path("/proc/self/fd").iterdir())) <= before
    running.close()


def test_several_threads_may_share_one_worker(shared: Worker, encoded: dict[str, bytes]) -> None:
    results: list[Judged] = []

    def ask(kind: str) -> None:
        results.extend(shared.judge(replace(job(encoded[kind], kind), device=kind)) for _ in range(5))

    threads = [threading.Thread(target=ask, args=(kind,)) for kind in encoded]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(results) == 15
    assert all(result.verdicts[0].verdict == "PASS" for result in results)


def test_a_worker_that_does_not_start_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_parent, "_BOOT", "raise SystemExit('cv2 is not installed')")
    with Worker() as running, pytest.raises(WorkerError) as failed:
        running.judge(job(b""))
    assert failed.value.reason == "crashed"
    assert str(failed.value) == "crashed: the picture worker does not start: cv2 is not installed"


@pytest.mark.parametrize(
    "said",
    [
        READY + b"\xff\xff\xff\xff" + b"x" * 1000,
        READY + wire.frame({"job": 99}),
        READY + wire.frame({"job": 2, "error": "undecodable", "detail": ""}),
        READY + wire.frame({"job": 1, "error": "rm -rf"}),
        READY + b"\0\0\0\4nope",
        READY + b"\0\0\0\100" + b"[" * 64,
    ],
    ids=["too-long", "no-job", "other-job", "odd-error", "no-json", "deep"],
)
def test_a_hostile_child_cannot_hurt_its_parent(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    saying(monkeypatch, said)
    with Worker(timeout_s=PATIENCE_S) as running:
        assert reason_of(running, job(b"")) == "crashed"
        assert running.pid is None


def test_an_answer_to_another_job_is_believed_in_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole, well-formed answer whose only fault is its number: what a child kept back from an earlier picture."""
    answer = wire.judged_message(Judged(640, 360, 100.0, 20.0), 7)
    saying(monkeypatch, READY + wire.frame(answer))
    with Worker(timeout_s=PATIENCE_S) as running:
        with pytest.raises(WorkerError, match="another job"):
            running.judge(job(b"", zones=()))
        running._number = 6  # its turn: the same bytes are an answer now
        assert running.judge(job(b"", zones=())).width_px == 640


@pytest.mark.parametrize(
    "greeting",
    [
        {},
        {**GREETING, "ready": 1},
        {**GREETING, "limits": ["x" * 999]},
        {**GREETING, "limits": [1]},
        {"ready": True, "limits": []},
        {**GREETING, "open": ["Rm -rf"]},
    ],
)
def test_an_odd_greeting_is_refused(monkeypatch: pytest.MonkeyPatch, greeting: dict[str, Any]) -> None:
    saying(monkeypatch, wire.frame(greeting))
    with Worker() as running:
        assert reason_of(running, job(b"")) == "crashed"


def test_a_child_that_is_not_confined_judges_nothing_unless_that_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in would answer at once: the picture is not even sent to it."""
    answer = wire.frame(wire.judged_message(Judged(640, 360, 100.0, 20.0), 1))
    saying(monkeypatch, wire.frame(wire.greeting(("seccomp: missing",), ("files", "sockets"))) + answer)
    with Worker(timeout_s=PATIENCE_S) as running:
        for _ in range(3):
            with pytest.raises(WorkerError, match="open to it: files, sockets") as failed:
                running.judge(job(b"", zones=()))
            assert failed.value.reason == "worker-not-confined"
        assert running.confinement == Confinement(("seccomp: missing",), ("files", "sockets"))
    with Worker(timeout_s=PATIENCE_S, accept_unconfined=True) as running:
        assert running.judge(job(b"", zones=())).width_px == 640
        assert running.confinement is not None and running.confinement.open_ways

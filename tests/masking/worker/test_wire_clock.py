"""A clock through the locked-down worker; and a parent that believes nothing that it was not asked for."""

import base64
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import clock_pictures as pictures
import pytest
from patience import PATIENCE_S

from masking.clock.model import ClockJob, ClockLook, ClockReading, ClockSeen
from masking.model import Job
from masking.worker import wire, wire_clock
from masking.worker.client import Worker

START = datetime.fromisoformat("2026-11-03T08:20:13+00:00")
GATHER, READ, LEARN = ClockJob(gather=True), ClockJob(glyphs=b"CWCL1"), ClockJob(looks=(ClockLook(1.0, b"\x01"),))


@pytest.fixture(scope="module")
def shared() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S) as running:
        yield running


def asked(running: Worker, at: datetime, clock: ClockJob) -> ClockSeen:
    answer = running.judge(Job(pictures.jpeg(pictures.shown_at(at)), "jpeg", clock=clock, device="d", camera="c"))
    assert answer.clock is not None
    return answer.clock


def test_looks_are_gathered_learned_and_then_read(shared: Worker) -> None:
    known = [START + timedelta(minutes=17 * number, seconds=number * 7 % 40) for number in range(36)]
    looks = tuple(ClockLook(pictures.second_of(at) + 0.3, asked(shared, at, GATHER).strip) for at in known)
    seen = asked(shared, known[0], ClockJob(looks=looks))
    assert seen.refusal == ""
    before = START - timedelta(days=21, hours=3)
    told = asked(shared, before, ClockJob(glyphs=seen.glyphs)).reading
    assert told == ClockReading(int(pictures.second_of(before)) % 86_400, True, before.date())


def test_glyphs_that_are_none_read_nothing(shared: Worker) -> None:
    assert asked(shared, START, ClockJob(glyphs=b"CWCL1" + bytes(400))).reading is None
    assert asked(shared, START, ClockJob(looks=(ClockLook(1.0, b"\x01nonsense"),))).refusal == "bad-looks"


def test_a_job_without_a_clock_is_answered_without_one(shared: Worker) -> None:
    assert shared.judge(Job(pictures.jpeg(pictures.shown_at(START)), "jpeg")).clock is None


def answer(**changed: Any) -> dict[str, Any]:
    return {"clock": {"reading": None, "strip": "", "glyphs": "", "refusal": ""} | changed}


@pytest.mark.parametrize(
    ("said", "job"),
    [
        (answer(), None),
        ({}, GATHER),
        ({"clock": []}, GATHER),
        (answer(strip=base64.b64encode(b"\x01abc").decode()), READ),
        (answer(strip=base64.b64encode(b"\x02abc").decode()), GATHER),
        (answer(strip="\u00e4"), GATHER),
        (answer(strip="A" * 600_000), GATHER),
        (answer(strip=7), GATHER),
        (answer(glyphs=base64.b64encode(b"CWCL1abc").decode()), GATHER),
        (answer(glyphs=base64.b64encode(b"PK345").decode()), LEARN),
        (answer(refusal="few-looks"), GATHER),
        (answer(refusal="No word!"), LEARN),
        (answer(refusal=None), LEARN),
        (answer(reading=[1, True, ""]), GATHER),
        (answer(reading=[86_400, True, ""]), READ),
        (answer(reading=[-1, True, ""]), READ),
        (answer(reading=[1.5, True, ""]), READ),
        (answer(reading=[True, True, ""]), READ),
        (answer(reading=[1, 1, ""]), READ),
        (answer(reading=[1, True]), READ),
        (answer(reading=[1, True, "2026-02-30"]), READ),
        (answer(reading=[1, True, "1999-12-31"]), READ),
        (answer(reading=[1, True, None]), READ),
    ],
)
def test_an_answer_that_was_not_asked_for_or_is_nonsense_is_refused(said: dict[str, Any], job: ClockJob | None) -> None:
    with pytest.raises(wire.WireError):
        wire_clock.read_seen(said, job)


def test_neither_strip_nor_glyphs_show_themselves_in_a_log() -> None:
    secret = b"\x01secret-strip"
    for one in (ClockJob(secret, looks=(ClockLook(1.0, secret),)), ClockSeen(strip=secret, glyphs=secret)):
        assert "secret" not in repr(one)

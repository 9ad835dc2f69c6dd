"""Children that die, hang or lie, between good ones of other devices: is any of those judged otherwise for it?"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from masking.model import Job, Judged, Verdict, WorkerError, Zone
from masking.worker import wire
from masking.worker.client import Worker

ZONE = Zone("desk", ((0.3, 0.3), (0.6, 0.3), (0.6, 0.75), (0.3, 0.75)))
PATIENCE_S = 60.0
SHORT_S = 2.0
"""For those that hang; a good picture takes some milliseconds."""

WAYS = {"path": "/etc/hostname", "port": 9, "new_file": "/tmp/x", "program": "/bin/true"}  # noqa: S108 never written


def faked_verdicts(jpeg: bytes, quick: bool) -> tuple[int, dict[str, int]]:
    """Count the verdicts on good devices that an evil one between them has changed, and what was tried how often."""
    faked, tried = 0, Counter[str]()
    with Worker(PATIENCE_S, self_test=True) as patient, Worker(SHORT_S, self_test=True) as hasty:
        expected = _verdicts(patient, jpeg, "before")
        for number, (name, wanted) in enumerate(_evil(quick)):
            worker = hasty if name == "hangs" else patient
            evil = f"evil-{number}"
            with suppress(WorkerError):
                worker.attempts(wanted, evil, evil)
            with suppress(WorkerError):
                worker.judge(Job(jpeg, "jpeg", (ZONE,), device=evil, camera=evil))
            faked += _verdicts(worker, jpeg, f"good-{number}") != expected
            tried[name] += 1
            worker.rest() if number % 5 == 4 else None
    return faked, dict(tried)


def _verdicts(worker: Worker, jpeg: bytes, device: str) -> Judged | str:
    try:
        return worker.judge(Job(jpeg, "jpeg", (ZONE,), device=device, camera=device))
    except WorkerError as failure:
        return str(failure)


def _evil(quick: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a taken-over child does; each is really done by a child."""
    lie = Judged(640, 360, 100.0, 20.0, (Verdict("desk", "PASS", "solid", (), "hidden"),))
    for number in range(1 if quick else 10):
        yield "dies by a fault", {"die": signal.SIGSEGV}
        yield "aborts", {"die": signal.SIGABRT}
        # Answers to the jobs that will come, so that one of them would be taken for a neighbour's.
        forged = b"".join(wire.frame(wire.judged_message(lie, job)) for job in range(number, number + 400))
        yield "answers in the place of others", {"say": forged.hex()}
        yield "tries every way out", {"ways": WAYS}
        yield "talks nonsense", {"say": (b"\xff" * 64).hex()}
    for _ in range(1 if quick else 4):
        yield "hangs", {"hang": True}

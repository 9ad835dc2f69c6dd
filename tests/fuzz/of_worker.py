"""Fuzzing targets at the boundary of the picture worker: pictures that go to it, and answers that come from it.

A picture may be refused, and the child may die of it in the decoder, by a signal; of our own code it does not, and the
parent does of nothing. What must hold for every one: an answer or a WorkerError within the time limit, and now and then
a whole picture is judged as before. An answer that is taken over by somebody is believed in nothing: it is read, or a
WireError.
"""

from __future__ import annotations

import atexit
import json
from base64 import b64encode
from collections.abc import Iterator
from functools import cache

import numpy as np
from pictures import encodings, job, jpeg

from fuzz.target import Target
from masking.looks.evidence_format import CHANGE_BYTES, LEVEL_BYTES, REST_BYTES, Single, pack
from masking.model import Job, PictureKind, Position, WorkerError, Zone
from masking.view import baseline, positions
from masking.view.model import DescriptorJob, QualityJob, ViewJob
from masking.worker import wire, wire_study
from masking.worker.client import Worker
from masking.worker.study import Study, Thumbnail

KINDS: tuple[PictureKind, ...] = ("jpeg", "h264", "h265")
CHECK_EVERY = 50
"""After so many pictures a whole one is judged, whatever became of them."""

_REFERENCE = baseline.encode(baseline.Descriptor("day", 32, 24, 1, bytes(768)))
_ZONE = Zone("desk", ((0.1, 0.1), (0.4, 0.1), (0.4, 0.4)))
_VIEW = ViewJob((_REFERENCE,))
STUDY = Study(_VIEW, QualityJob(b"", (), (), ()), DescriptorJob(), Thumbnail())
ASKED = Job(b"x", "jpeg", (_ZONE,), STUDY, (Position("door", _VIEW, (_ZONE,)),))


@cache
def _worker() -> tuple[Worker, list[int], bytes]:
    worker = Worker()
    atexit.register(worker.close)
    return worker, [0], encodings()["jpeg"]


def _picture(data: bytes) -> object:
    worker, count, whole = _worker()
    count[0] += 1
    if count[0] % CHECK_EVERY == 0:
        assert worker.judge(job(whole)).width_px == 640, "a whole picture was misjudged after a broken one"
    try:
        return worker.judge(Job(data[1:], KINDS[(data[0] if data else 0) % len(KINDS)]))
    except WorkerError as refused:
        assert "exit code" not in str(refused), "our own code let a fault of the picture through"
        raise


def _picture_seeds() -> Iterator[bytes]:
    for kind, data in encodings().items():
        yield bytes((KINDS.index(kind),)) + data  # type: ignore[arg-type]


def answers_of_a_child(data: bytes) -> object:
    """Read the bytes as whatever a child of the picture worker may say."""
    message = wire.parse(data)
    found: list[object] = []
    for read in (
        lambda: wire.read_greeting(message),
        lambda: wire.read_judged(message, ASKED, 1),
        lambda: wire_study.read_studied(message, ASKED.study),
        lambda: positions.read_positioned(message, ASKED.positions),
    ):
        try:
            found.append(read())
        except wire.WireError:
            found.append(None)
    return found


def child_seeds() -> Iterator[bytes]:
    """Yield whole answers of a child."""
    view = {
        "state": "still", "reason": "", "light": "day", "reference_light": "day", "agreeing_ratio": 0.9, "quadrants": 4,
        "aspect": 1.7, "movement": dict.fromkeys(
            ("right_percent", "down_percent", "rotation_deg", "zoom_percent", "largest_percent"), 0.1),
    }  # fmt: skip
    names = (
        "luma", "contrast", "dark_ratio", "bright_ratio", "sharpness", "noise", "stripes", "cast_a", "cast_b",
        "flat_ratio", "covered_ratio", "lost_ratio", "change", "changed_ratio", "shift_percent",
    )  # fmt: skip
    verdict = {"zone": "desk", "verdict": "PASS", "reason": "covered", "numbers": {"x": 1.0}, "text": "covered"}
    left = b64encode(pack(Single(bytes(8), bytes(8), "PASS", "color", True, False, 0.9), bytes(REST_BYTES),
                          bytes(CHANGE_BYTES), bytes(LEVEL_BYTES))).decode()  # fmt: skip
    verdict = {**verdict, "evidence": left, "together": verdict}
    blob = b64encode(_REFERENCE).decode()
    small = b64encode(jpeg(np.full((90, 160, 3), 90, np.uint8))).decode()
    whole = {
        "job": 1, "width": 640, "height": 360, "mean": 100.0, "contrast": 20.0, "verdicts": [verdict], "dropped": 2,
        "studied": {
            "view": {**view, "reason": "same"}, "quality": {"light": "day", "ink": [], **dict.fromkeys(names, 0.5)},
            "for_next": blob, "descriptor": blob, "thumbnail": small,
        },
        "positioned": {"views": [{**view, "reason": "same"}], "verdicts": [verdict]},
    }  # fmt: skip
    yield json.dumps(whole).encode()
    yield b'{"job": 1, "error": "undecodable", "detail": "no"}'
    yield b'{"ready": true, "limits": ["no Landlock"], "open": ["files"]}'
    yield b"[" * 2500


WORKER = {
    "picture": Target(_picture, (WorkerError,), _picture_seeds, 64 * 1024, guided=False, replays=100),
}

"""View, quality, descriptors and thumbnails through the locked-down worker; and a parent that believes none of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import cv2
import numpy as np
import pictures
import pytest
from patience import PATIENCE_S
from pictures import DESK_AND_DOOR, ZONE, jpeg, polygon
from taken_over import READY, saying

from masking.model import Job, Judged, WorkerError
from masking.view import baseline
from masking.view.model import DescriptorJob, Movement, QualityJob, QualitySeen, ViewJob, ViewSeen
from masking.worker import wire, wire_study
from masking.worker.client import Worker
from masking.worker.study import THUMBNAIL_MAX_BYTES, Studied, Study, Thumbnail

MASKED = (polygon(ZONE),)
BOX = (((0.02, 0.02), (0.4, 0.02), (0.4, 0.1), (0.02, 0.1)),)


@pytest.fixture(scope="module")
def shared() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S) as running:
        yield running


def studied(running: Worker, picture: pictures.Picture, study: Study, kind: str = "jpeg") -> Studied:
    data = jpeg(picture) if kind == "jpeg" else pictures.keyframe(picture, kind)  # type: ignore[arg-type]
    answer = running.judge(Job(data, kind, DESK_AND_DOOR, study))  # type: ignore[arg-type]
    assert [(v.zone, v.verdict) for v in answer.verdicts] == [("desk", "PASS"), ("door", "FAIL")]
    assert answer.studied is not None
    return answer.studied


def described(running: Worker, picture: pictures.Picture) -> bytes:
    return studied(running, picture, Study(descriptor=DescriptorJob(excluded=MASKED))).descriptor


@pytest.mark.parametrize("kind", ["jpeg", "h264", "h265"])
def test_a_picture_is_compared_with_its_own_descriptor_and_stands_still(shared: Worker, kind: str) -> None:
    reference = described(shared, pictures.desk_and_door())
    study = Study(ViewJob((reference,), MASKED), QualityJob(b"", (reference,), MASKED, BOX))
    found = studied(shared, pictures.desk_and_door(), study, kind)
    assert found.view is not None
    assert found.quality is not None
    assert (found.view.state, found.view.light, found.view.reference_light) == ("still", "day", "day")
    assert found.view.aspect == pytest.approx(16 / 9, abs=1e-3)
    assert found.quality.covered_ratio == pytest.approx(0, abs=0.05)
    assert len(found.quality.ink) == 1
    assert found.quality.change is None, "there was no picture before"
    assert baseline.decode(found.for_next).width_px == 320
    assert (found.descriptor, found.thumbnail) == (b"", b"")


def test_a_view_that_has_moved_is_said_with_its_measure(shared: Worker) -> None:
    scene = pictures.lit(pictures.scene(21, 800, 450), "day", 1)
    reference, after = scene[40:400, 40:680], scene[40:400, 56:696]
    data = shared.judge(Job(jpeg(reference), "jpeg", (), Study(descriptor=DescriptorJob())))
    assert data.studied is not None
    moved = shared.judge(Job(jpeg(after), "jpeg", (), Study(ViewJob((data.studied.descriptor,))))).studied
    assert moved is not None
    assert moved.view is not None
    assert moved.view.movement is not None
    assert moved.view.state == "moved"
    assert moved.view.movement.right_percent == pytest.approx(-2.5, abs=0.1)


def test_the_picture_before_shows_a_frozen_one(shared: Worker) -> None:
    first = studied(shared, pictures.desk_and_door(), Study(quality=QualityJob()))
    again = studied(shared, pictures.desk_and_door(), Study(quality=QualityJob(first.for_next)))
    assert again.quality is not None
    assert again.quality.change == pytest.approx(0, abs=0.1)
    assert again.quality.shift_percent == pytest.approx(0, abs=0.05)


def test_the_median_of_five_is_a_descriptor_and_that_of_strangers_is_none(shared: Worker) -> None:
    own = described(shared, pictures.desk_and_door())
    five = studied(shared, pictures.desk_and_door(), Study(descriptor=DescriptorJob((own,) * 5, MASKED)))
    assert baseline.decode(five.descriptor).pictures == 5
    strangers = []
    for seed in range(5):
        answer = shared.judge(Job(jpeg(pictures.scene(seed)), "jpeg", (), Study(descriptor=DescriptorJob())))
        assert answer.studied is not None
        strangers.append(answer.studied.descriptor)
    for merge in (tuple(strangers), (own,) * 4, (own, own, own, own, b"damaged")):
        mixed = studied(shared, pictures.desk_and_door(), Study(descriptor=DescriptorJob(merge)))
        assert mixed.descriptor == b""


@pytest.mark.parametrize("size", [(640, 360), (1920, 1080), (200, 112), (360, 640)])
def test_a_thumbnail_is_small_and_black_where_it_must_hide(shared: Worker, size: tuple[int, int]) -> None:
    bright = np.full((size[1], size[0], 3), 230, np.uint8)
    answer = shared.judge(Job(jpeg(bright), "jpeg", (), Study(thumbnail=Thumbnail(320, MASKED))))
    assert answer.studied is not None
    assert len(answer.studied.thumbnail) < THUMBNAIL_MAX_BYTES
    small = cv2.imdecode(np.frombuffer(answer.studied.thumbnail, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert small is not None
    assert small.shape[1] == min(size[0], 320)
    height, width = small.shape
    left, top, right, bottom = (round(v) for v in (0.3 * width, 0.3 * height, 0.6 * width, 0.75 * height))
    assert int(small[top - 1 : bottom + 1, left - 1 : right + 1].max()) < 40, "the rim is black as well"
    assert int(small[: top - 8].min()) > 200


def test_a_thumbnail_wider_than_it_may_be_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="16 to 1280 pixels"):
        Thumbnail(1281)
    with pytest.raises(ValueError, match="may take"):
        Thumbnail(max_bytes=1000)


def test_a_thumbnail_keeps_to_its_bytes_whatever_the_picture_shows(shared: Worker) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (720, 1280, 3)).astype(np.uint8)
    sizes = []
    for most in (16 * 1024, 48 * 1024, 256 * 1024):
        asked = Study(thumbnail=Thumbnail(640, (), most))
        answer = shared.judge(Job(jpeg(noise), "jpeg", (), asked))
        assert answer.studied is not None
        assert 0 < len(answer.studied.thumbnail) <= most
        sizes.append(len(answer.studied.thumbnail))
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("size", [(16, 16), (2000, 16), (16, 2000), (640, 17), (4000, 3000)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_no_shape_of_a_picture_ends_the_worker(shared: Worker, size: tuple[int, int], level: int) -> None:
    reference = described(shared, pictures.desk_and_door())
    pid = shared.pid
    everything = Study(
        ViewJob((reference,), MASKED), QualityJob(reference, (reference,), MASKED, BOX), DescriptorJob(), Thumbnail()
    )
    flat = np.full((size[1], size[0], 3), level, np.uint8)
    answer = shared.judge(Job(jpeg(flat), "jpeg", DESK_AND_DOOR, everything))
    assert answer.studied is not None
    assert answer.studied.view is not None
    assert answer.studied.view.state == "unknown"
    assert shared.pid == pid


def test_a_damaged_reference_is_said_and_costs_no_picture(shared: Worker) -> None:
    reference = described(shared, pictures.desk_and_door())
    broken = reference[:-20]
    found = studied(shared, pictures.desk_and_door(), Study(ViewJob((broken,)), QualityJob(broken, (broken,))))
    assert found.view is not None
    assert (found.view.state, found.view.reason) == ("unknown", "bad-reference")
    assert found.quality is not None
    assert found.quality.covered_ratio is None


def test_no_picture_shows_in_a_repr(shared: Worker) -> None:
    own = described(shared, pictures.desk_and_door())
    study = Study(ViewJob((own,)), QualityJob(own, (own,)), DescriptorJob((own,) * 5), Thumbnail())
    found = studied(shared, pictures.desk_and_door(), study)
    assert found.thumbnail
    for shown in (repr(study), repr(found), repr(Job(b"", "jpeg", (), study))):
        assert "CWVB" not in shown
        assert "\\x" not in shown


def test_a_study_survives_the_wire_and_names_each_descriptor_once() -> None:
    own = b"CWVB" + b"x" * 100
    study = Study(
        ViewJob((own,), MASKED), QualityJob(own, (own,), MASKED, BOX), DescriptorJob((own,) * 5, BOX), Thumbnail(64)
    )
    message = json.loads(json.dumps(wire_study.study_message(study)))
    assert len(message["study"]["blobs"]) == 1
    assert wire_study.study_of(message) == study
    for part in (Study(), Study(view=study.view), Study(thumbnail=Thumbnail(640, MASKED))):
        assert wire_study.study_of(json.loads(json.dumps(wire_study.study_message(part)))) == part
    assert wire_study.study_message(None) == {}
    assert wire_study.study_of({}) is None


# What a taken-over child may say.

DESCRIPTOR = baseline.encode(baseline.Descriptor("day", 4, 2, 1, bytes(8)))
JPEG = jpeg(np.full((90, 160, 3), 90, np.uint8))
"""A thumbnail as a child makes it."""


def exif(data: bytes) -> bytes:
    """The same with a segment in which anything may stand."""
    return data[:2] + b"\xff\xe1\0\x0cExif\0\0MORE" + data[2:]


MOVE = Movement(1.0, 2.0, 3.0, 4.0, 5.0)
GOOD = Studied(
    ViewSeen("moved", "tiles", "day", "day", 0.9, 4, 1.78, MOVE),
    QualitySeen("day", 100.0, 40.0, 0.1, 0.0, -0.4, 0.5, 0.2, 1.0, 2.0, 0.1, 0.0, 0.0, 1.0, 0.5, 0.1, (3.0,)),
    DESCRIPTOR,
    DESCRIPTOR,
    JPEG,
)
ASKED = Study(ViewJob((DESCRIPTOR,)), QualityJob(b"", (), (), BOX), DescriptorJob(), Thumbnail())


def said(studied_: Studied = GOOD) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(json.dumps(wire_study.studied_message(studied_)))
    return answer


def test_a_good_answer_is_read() -> None:
    assert wire_study.read_studied(said(), ASKED) == GOOD
    assert wire_study.read_studied({}, None) is None


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("view", None),
        ("view", []),
        ("view", {"state": "gone"}),
        ("view", {"state": ["moved"]}),
        ("view", {"reason": "two words"}),
        ("view", {"reason": "x" * 100}),
        ("view", {"light": "dusk"}),
        ("view", {"light": None}),
        ("view", {"reference_light": 1}),
        ("view", {"reference_light": None}),
        ("view", {"movement": None}),
        ("view", {"movement": {}}),
        ("view", {"movement": {**asdict(MOVE), "rotation_deg": 999}}),
        ("view", {"agreeing_ratio": 1.1}),
        ("view", {"agreeing_ratio": True}),
        ("view", {"agreeing_ratio": float("nan")}),
        ("view", {"quadrants": 5}),
        ("view", {"quadrants": 1.5}),
        ("view", {"aspect": 0}),
        ("view", {"aspect": float("inf")}),
        ("quality", "good"),
        ("quality", {"luma": 256}),
        ("quality", {"luma": None}),
        ("quality", {"sharpness": "1"}),
        ("quality", {"covered_ratio": -0.1}),
        ("quality", {"change": float("nan")}),
        ("quality", {"floor": None}),
        ("quality", {"kept_contrast": -0.1}),
        ("quality", {"kept_detail": float("inf")}),
        ("quality", {"tint_red_low": "0"}),
        ("quality", {"noise_change": float("nan")}),
        ("quality", {"stripes_over": 1e9}),
        ("quality", {"light": "x"}),
        ("quality", {"ink": []}),
        ("quality", {"ink": [1, 2]}),
        ("quality", {"ink": ["a"]}),
        ("quality", {"ink": None}),
        ("for_next", "not base64!"),
        ("for_next", base64.b64encode(b"CWVB").decode()),
        ("for_next", None),
        ("descriptor", base64.b64encode(DESCRIPTOR[:-1]).decode()),
        ("descriptor", base64.b64encode(DESCRIPTOR + b"x").decode()),
        ("descriptor", "A" * 900_000),
        ("descriptor", ["A"]),
        ("thumbnail", ""),
        ("thumbnail", base64.b64encode(b"GIF89a").decode()),
        ("thumbnail", base64.b64encode(b"\xff\xd8\xff" + bytes(300_000) + b"\xff\xd9").decode()),
        ("thumbnail", base64.b64encode(b"\xff\xd8\xff" + bytes(3_000) + b"\xff\xd9").decode()),
        ("thumbnail", base64.b64encode(JPEG[:-2]).decode()),
        ("thumbnail", base64.b64encode(JPEG + b"a whole picture behind it").decode()),
        ("thumbnail", base64.b64encode(exif(JPEG)).decode()),
        ("thumbnail", base64.b64encode(jpeg(np.full((90, 660, 3), 90, np.uint8))).decode()),
        ("thumbnail", base64.b64encode(jpeg(np.full((1300, 90, 3), 90, np.uint8))).decode()),
    ],
    ids=str,
)
def test_a_study_with_a_wrong_value_is_not_believed(part: str, change: Any) -> None:
    answer = said()
    inside = answer["studied"]
    inside[part] = {**inside[part], **change} if isinstance(change, dict) else change
    with pytest.raises(wire.WireError):
        wire_study.read_studied(answer, ASKED)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (None, Studied()),
        (Study(), GOOD),
        (replace(ASKED, view=None), GOOD),
        (replace(ASKED, quality=None), GOOD),
        (replace(ASKED, descriptor=None), GOOD),
        (replace(ASKED, thumbnail=None), GOOD),
        (ASKED, replace(GOOD, thumbnail=b"")),
        (ASKED, Studied()),
    ],
)
def test_what_was_not_asked_for_must_not_be_there_and_what_was_must(asked: Study | None, found: Studied) -> None:
    with pytest.raises(wire.WireError):
        wire_study.read_studied(said(found), asked)


@pytest.mark.parametrize("studied_", ["gone", 1, [], {"view": {}}, None])
def test_a_hostile_child_s_study_costs_one_picture(monkeypatch: pytest.MonkeyPatch, studied_: object) -> None:
    answer = wire.judged_message(Judged(640, 360, 1.0, 1.0), 1) | {"studied": studied_}
    saying(monkeypatch, READY + wire.frame(answer))
    with Worker(timeout_s=PATIENCE_S) as running:
        with pytest.raises(WorkerError) as failed:
            running.judge(Job(b"", "jpeg", (), ASKED))
        assert failed.value.reason == "crashed"
        assert running.pid is None

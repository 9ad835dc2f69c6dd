"""Imprints tell one moment from the next, one scene from another, and say nothing of a picture that shows nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations

import cv2
import numpy as np
import pytest

from agent.demo.rtsp.clips import MIXTURE, Clip, load, recorded
from agent.demo.scene.scene import jpeg, picture
from agent.demo.world.cameras import CAMERAS, ISAPI_CAMERAS, DemoCamera
from masking.model import Job, Judged
from masking.view.imprint import imprint
from masking.view.likeness import IMPRINT_BYTES, Imprint, is_another_moment, likeness, read
from masking.worker.client import Worker

AT = datetime(2026, 11, 24, 8, 30, 5, tzinfo=UTC)
EVERYBODY = (*CAMERAS, *ISAPI_CAMERAS)


def shown(camera: DemoCamera, later_s: float = 0) -> Imprint:
    found = read(imprint(np.asarray(picture(camera, "main", AT + timedelta(seconds=later_s), dated=False))))
    assert found is not None, camera.id
    return found


def test_no_two_cameras_of_the_demo_are_alike_and_each_is_so_to_itself_later() -> None:
    now, later = {one.id: shown(one) for one in EVERYBODY}, {one.id: shown(one, 40) for one in EVERYBODY}
    for one in EVERYBODY:
        for other in EVERYBODY:
            expected = "alike" if one is other else "other"
            assert likeness(now[one.id], later[other.id]) == expected, (one.id, other.id)
        assert is_another_moment(now[one.id].grain, later[one.id].grain), one.id


def test_a_picture_is_equal_to_itself_and_to_a_careful_copy() -> None:
    image = np.asarray(picture(CAMERAS[0], "main", AT))
    copy = cv2.imdecode(np.frombuffer(jpeg(image, 100), np.uint8), cv2.IMREAD_COLOR)
    one, same = read(imprint(image)), read(imprint(image))
    other = read(imprint(np.asarray(copy, np.uint8)))
    assert one is not None and same is not None and other is not None
    assert likeness(one, same) == "equal"
    assert likeness(one, other) in ("equal", "alike") and not is_another_moment(one.grain, other.grain)


@pytest.mark.parametrize("level", [0, 16, 128, 255])
def test_an_even_picture_has_no_imprint_whatever_its_noise(level: int) -> None:
    even = np.full((360, 640, 3), level, np.uint8)
    noisy = np.clip(even + np.random.default_rng(1).normal(0, 4, even.shape), 0, 255).astype(np.uint8)
    assert imprint(even) == imprint(noisy) == b""
    assert read(b"") is None


def test_a_card_with_a_line_of_text_has_no_imprint() -> None:
    card = np.full((360, 640, 3), (120, 40, 10), np.uint8)
    cv2.putText(card, "NO VIDEO", (210, 190), cv2.FONT_HERSHEY_DUPLEX, 1.4, (240, 240, 240), 2, cv2.LINE_AA)
    assert imprint(card) == b""


def test_pictures_of_every_size_and_shape_have_an_imprint_or_none_and_never_fail() -> None:
    for height, width in ((1, 1), (2, 640), (640, 2), (17, 31), (1080, 1920), (1920, 1080)):
        noise = np.random.default_rng(2).integers(0, 255, (height, width, 3)).astype(np.uint8)
        assert len(imprint(noise)) in (0, IMPRINT_BYTES)


def test_an_imprint_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes"):
        read(b"x" * (IMPRINT_BYTES - 1))


def judged(worker: Worker, clip: Clip, number: int) -> Judged:
    units = (clip.sps, clip.pps, *clip.pictures[number])
    return worker.judge(Job(b"".join(b"\0\0\0\1" + unit for unit in units), "h264"))


def test_the_worker_tells_what_is_live_from_what_was_recorded_and_shows_no_imprint_in_print() -> None:
    with Worker(timeout_s=60) as worker:
        clip = load("library-main.h264")
        moments = [judged(worker, clip, point) for point in clip.clean_points]
        again = judged(worker, clip, 0)
        recorded = judged(worker, load("library-playback.h264"), 0)
    first, second, same, before = (read(one.imprint) for one in (*moments, again, recorded))
    assert first is not None and second is not None and same is not None and before is not None
    assert likeness(first, same) == "equal"
    assert {likeness(first, second), likeness(first, before), likeness(second, before)} == {"alike"}
    assert "imprint" not in repr(again)


@pytest.mark.parametrize("stem", ["gate", "gate-bare", "library", "yard"])
def test_two_half_hours_of_simulated_footage_are_alike_and_never_equal(stem: str) -> None:
    with Worker(timeout_s=60) as worker:
        numbers = (0, 1, 2, 3, 1000, 4095)
        clips = [recorded(stem, AT + number * MIXTURE) for number in numbers]
        found = [read(judged(worker, clip, 0).imprint) for clip in clips]
    assert {likeness(a, b) for a, b in combinations([one for one in found if one is not None], 2)} == {"alike"}
    assert None not in found

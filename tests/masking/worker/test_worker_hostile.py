"""Corrupt, truncated, huge and mutated pictures: none hurts, and none that is not whole is judged."""

from __future__ import annotations

import random
import struct
import subprocess
from collections.abc import Iterator

import cv2
import pictures
import pytest
from pictures import job, of_camera, reason_of

from masking.model import WorkerError
from masking.worker import wire
from masking.worker.client import Worker


@pytest.fixture(scope="module")
def shared() -> Iterator[Worker]:
    with Worker() as running:
        yield running


@pytest.fixture(scope="module")
def encoded() -> dict[str, bytes]:
    return pictures.encodings()


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("jpeg", b""),
        ("jpeg", b"not a picture"),
        ("jpeg", b"\xff\xd8\xff\xd9"),
        ("jpeg", b"\x89PNG\r\n\x1a\n" + b"\0" * 100),
        ("h264", b""),
        ("h264", b"\0\0\0\1"),
        ("h264", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"),
        ("h264", b"\0\0\0\1\x67" + b"\0" * 4000),
        ("h265", b"\0\0\0\1" + bytes(range(256)) * 20),
        ("mjpeg", b"\xff\xd8\xff"),
    ],
)
def test_what_is_no_picture_is_undecodable(shared: Worker, kind: str, data: bytes) -> None:
    assert reason_of(shared, job(data, kind)) == "undecodable"


def test_a_keyframe_is_not_taken_for_another_kind_and_a_jpeg_is_no_keyframe(
    shared: Worker, encoded: dict[str, bytes]
) -> None:
    assert reason_of(shared, job(encoded["h264"], "jpeg")) == "undecodable"
    assert reason_of(shared, job(encoded["jpeg"], "h264")) == "undecodable"


@pytest.mark.parametrize("kind", ["jpeg", "h264", "h265"])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.8, 0.95])
def test_a_truncated_picture_is_never_judged(
    shared: Worker, encoded: dict[str, bytes], kind: str, share: float
) -> None:
    """A decoder paints over what is missing; such a flat area must not pass for a mask."""
    data = encoded[kind]
    assert reason_of(shared, job(data[: int(len(data) * share)], kind)) == "damaged"


@pytest.mark.parametrize(
    ("codec", "library", "option"), [("h264", "libx264", "-x264-params"), ("h265", "libx265", "-x265-params")]
)
def test_a_keyframe_that_lacks_its_last_slice_is_never_judged(
    shared: Worker, codec: str, library: str, option: str
) -> None:
    form = {"h264": "h264", "h265": "hevc"}[codec]
    slices = "slices=4" if codec == "h264" else "log-level=error:slices=4:pools=2"
    command = ["ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", "640x360", "-i", "pipe:0"]
    command += ["-frames:v", "1", "-pix_fmt", "yuv420p", "-c:v", library, option, slices, "-f", form, "pipe:1"]
    whole = subprocess.run(
        command, input=pictures.desk_and_door().tobytes(), capture_output=True, check=True, timeout=60
    ).stdout
    assert shared.judge(job(whole, codec)).width_px == 640
    assert reason_of(shared, job(whole[: whole.rindex(b"\0\0\1")], codec)) == "damaged"


def test_a_jpeg_turned_by_its_orientation_tag_is_judged_as_it_is_stored(
    shared: Worker, encoded: dict[str, bytes]
) -> None:
    tag = struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, 0x0112, 3, 1, 6, 0, 0)
    turned = encoded["jpeg"][:2] + b"\xff\xe1" + (len(tag) + 8).to_bytes(2) + b"Exif\0\0" + tag + encoded["jpeg"][2:]
    judged = shared.judge(job(turned))
    assert (judged.width_px, judged.height_px) == (640, 360)


def test_a_picture_that_claims_to_be_huge_is_refused_before_it_is_decoded(
    shared: Worker, encoded: dict[str, bytes]
) -> None:
    data = bytearray(encoded["jpeg"])
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = (65_000).to_bytes(2) + (65_000).to_bytes(2)
    assert reason_of(shared, job(bytes(data))) == "too-large"
    assert reason_of(shared, job(b"\xff\xd8\xff" + b"\0" * wire.MAX_PICTURE_BYTES)) == "too-large"
    assert shared.judge(job(encoded["jpeg"])).width_px == 640


def test_a_huge_keyframe_costs_one_picture_at_most(encoded: dict[str, bytes]) -> None:
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "color=gray:s=9000x8000",
        "-frames:v",
        "1",
        "-pix_fmt",
        "yuv420p",
    ]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-f", "h264", "pipe:1"]
    huge = subprocess.run(command, capture_output=True, check=True, timeout=100).stdout
    with Worker(timeout_s=20) as running:
        assert reason_of(running, job(huge, "h264")) in ("too-large", "undecodable", "crashed", "timeout")
        assert running.judge(job(encoded["h264"], "h264")).width_px == 640


@pytest.mark.parametrize("kind", ["jpeg", "h264", "h265"])
def test_hundreds_of_mutated_pictures_never_hurt(shared: Worker, encoded: dict[str, bytes], kind: str) -> None:
    small = cv2.resize(pictures.scene(5), (192, 112), interpolation=cv2.INTER_AREA)
    original = pictures.jpeg(small) if kind == "jpeg" else pictures.keyframe(small, kind)  # type: ignore[arg-type]
    rng = random.Random(kind)
    answers = 0
    for number in range(200):
        data = bytearray(original)
        for _ in range(rng.choice((1, 2, 8, 64))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        if rng.random() < 0.2:
            at = rng.randrange(len(data))
            data[at:at] = data[: rng.randrange(400)]
        try:
            judged = shared.judge(
                of_camera(f"{kind} {number // 10}", bytes(data), kind)
            )  # as many as a look asks of one
            assert judged.width_px > 0
        except WorkerError as failure:
            assert failure.reason in ("undecodable", "damaged", "too-large", "timeout", "crashed")
        answers += 1
    assert answers == 200
    assert shared.judge(job(encoded[kind], kind)).width_px == 640

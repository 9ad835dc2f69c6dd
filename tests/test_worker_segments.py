"""The first picture of a recorded segment, decoded in the locked-down worker from segments that ffmpeg wrote."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from patience import PATIENCE_S
from pictures import ZONE, Mask, masked, polygon, scene

from masking.model import Job, PictureKind, WorkerError, Zone
from masking.worker import Worker

ENDINGS: dict[PictureKind, str] = {"mp4": "mp4", "mpegts": "ts", "matroska": "mkv"}
HIDDEN = (Zone("window", polygon(ZONE), "color", "#000000"),)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S) as shared:
        yield shared


@cache
def segment(kind: PictureKind, codec: str = "libx264", fragmented: bool = False) -> bytes:
    """Four seconds of a scene whose zone is covered by a black mask, as a recorder's segment."""
    raw = masked(scene(7), ZONE, Mask("solid")).tobytes() * 40
    shape = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-video_size", "640x360", "-framerate", "10", "-i", "-"]
    flags = ["-movflags", "frag_keyframe+empty_moov"] if fragmented else []
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"segment.{ENDINGS[kind]}"
        command = ["ffmpeg", "-v", "error", *shape, "-c:v", codec, "-g", "10", *flags, str(path)]
        subprocess.run(command, input=raw, check=True, capture_output=True)
        return path.read_bytes()


@pytest.mark.parametrize("kind", ENDINGS)
@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_the_first_picture_of_a_segment_is_judged(worker: Worker, kind: PictureKind, codec: str) -> None:
    judged = worker.judge(Job(segment(kind, codec), kind, HIDDEN))
    assert (judged.width_px, judged.height_px) == (640, 360)
    assert [verdict.verdict for verdict in judged.verdicts] == ["PASS"]


def test_a_fragmented_mp4_needs_only_its_beginning(worker: Worker) -> None:
    whole = segment("mp4", fragmented=True)
    judged = worker.judge(Job(whole[: len(whole) // 2], "mp4", HIDDEN))
    assert [verdict.verdict for verdict in judged.verdicts] == ["PASS"]


@pytest.mark.parametrize("kind", ENDINGS)
def test_a_segment_cut_within_its_first_picture_is_undecodable(worker: Worker, kind: PictureKind) -> None:
    data = segment(kind)
    with pytest.raises(WorkerError, match="undecodable"):
        worker.judge(Job(data[: len(data) // 20], kind, HIDDEN))


@pytest.mark.parametrize("kind", ENDINGS)
def test_another_file_under_the_name_of_a_segment_is_undecodable(worker: Worker, kind: PictureKind) -> None:
    others = [segment(other) for other in ENDINGS if other != kind] + [
        b"#EXTM3U\nfile:///etc/passwd\n",
        b"",
        b"\0" * 999,
    ]
    for data in others:
        with pytest.raises(WorkerError, match="undecodable"):
            worker.judge(Job(data, kind, HIDDEN))

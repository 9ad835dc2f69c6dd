"""The first picture of a segment that ffmpeg wrote, taken out by the reader and judged in the locked-down worker."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pytest
from patience import PATIENCE_S
from pictures import ZONE, Mask, masked, polygon, scene

from drivers.stores.container import UnreadableError
from drivers.stores.samples.first import first_picture
from masking.model import Job, WorkerError, Zone
from masking.worker.client import Worker

ENDINGS = ("mp4", "ts", "mkv")
FRAGMENTED = "fragmented.mp4"
THREADS = {"libx264": ("-threads", "1"), "libx265": ("-x265-params", "log-level=error:pools=none:frame-threads=1")}
HIDDEN = (Zone("window", polygon(ZONE), "color", "#000000"),)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S) as shared:
        yield shared


def segment(ending: str, codec: str = "libx264") -> bytes:
    """Two seconds of a scene whose zone is covered by a black mask, as a recorder's segment."""
    return segments()[codec, ending]


@cache
def segments() -> dict[tuple[str, str], bytes]:
    """One of each codec and ending, in one run of ffmpeg: most of what a run costs is its start."""
    raw = masked(scene(7), ZONE, Mask("solid")).tobytes() * 20
    command = ["ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "bgr24", "-video_size", "640x360"]
    command += ["-framerate", "10", "-i", "-"]
    wanted = [*product(THREADS, ENDINGS), ("libx264", FRAGMENTED)]
    with TemporaryDirectory() as folder:
        for codec, ending in wanted:
            flags = ["-movflags", "frag_keyframe+empty_moov"] if ending == FRAGMENTED else []
            command += ["-c:v", codec, "-preset", "ultrafast", *THREADS[codec], "-g", "10", *flags]
            command.append(f"{folder}/{codec}.{ending}")
        subprocess.run(command, input=raw, check=True, capture_output=True)
        return {(codec, ending): Path(folder, f"{codec}.{ending}").read_bytes() for codec, ending in wanted}


def judged(worker: Worker, data: bytes) -> list[str]:
    """Take the first picture out of a segment and have it judged."""
    sample = first_picture(io.BytesIO(data))
    seen = worker.judge(Job(sample.data, sample.kind, HIDDEN))
    assert (seen.width_px, seen.height_px) == (640, 360)
    return [verdict.verdict for verdict in seen.verdicts]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_the_first_picture_of_a_segment_is_judged(worker: Worker, ending: str, codec: str) -> None:
    assert judged(worker, segment(ending, codec)) == ["PASS"]


def test_a_fragmented_mp4_needs_only_its_beginning(worker: Worker) -> None:
    whole = segment(FRAGMENTED)
    assert judged(worker, whole[: len(whole) // 2]) == ["PASS"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_segment_cut_within_its_first_picture_has_none(ending: str) -> None:
    data = segment(ending)
    with pytest.raises(UnreadableError):
        first_picture(io.BytesIO(data[: len(data) // 20]))


@pytest.mark.parametrize("kind", ["h264", "h265"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_whole_segment_in_the_place_of_a_picture_is_undecodable(
    worker: Worker, ending: str, kind: Literal["h264", "h265"]
) -> None:
    """The worker gets pictures, never containers: what comes past the reader is refused there."""
    with pytest.raises(WorkerError, match="undecodable"):
        worker.judge(Job(segment(ending), kind, HIDDEN))


@pytest.mark.parametrize("data", [b"#EXTM3U\nfile:///etc/passwd\n", b"", b"\0" * 999])
def test_another_file_under_the_name_of_a_segment_has_no_picture(data: bytes) -> None:
    with pytest.raises(UnreadableError, match="begins like no"):
        first_picture(io.BytesIO(data))

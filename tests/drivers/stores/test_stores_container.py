"""Segments in every shape have a first picture, headers tell lengths, and what is no media is refused with a reason."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import PATIENCE_S
from segments_made import decoded, taken
from store_footage import CLIP_S, clips, remux

from drivers.stores.container import UnreadableError, check
from drivers.stores.duration import duration_s
from drivers.stores.samples.first import first_picture
from drivers.stores.samples.units import Sample
from masking.model import Job
from masking.worker.client import Worker

LARGE = "testsrc2=size=1280x720:rate=10:duration=8,noise=alls=8:allf=t"


class Counting(io.FileIO):
    """A file that counts what is read of it."""

    read_bytes = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(-1 if size is None else size) or b""
        self.read_bytes += len(data)
        return data


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two-second clips and one of eight seconds with much in it, in every shape in which recorders write them."""
    folder = tmp_path_factory.mktemp("containers")
    large = folder / "large.mp4"
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-pix_fmt", "yuv420p", "-bf", "0"]
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", LARGE, *encode, str(large)], check=True, timeout=90)
    (clip,) = clips("mp4")[:1]
    fragments = "frag_keyframe+empty_moov+default_base_moof"
    return {
        "plain mp4": clip,
        "large mp4": large,
        "index first": remux(large, folder / "first.mp4", "-movflags", "faststart"),
        "fragmented mp4": remux(large, folder / "fragments.mp4", "-movflags", fragments),
        "cmaf": remux(large, folder / "cmaf.mp4", "-movflags", "cmaf+frag_keyframe", "-f", "mp4"),
        "mpegts": remux(large, folder / "large.ts"),
        "matroska": remux(large, folder / "large.mkv"),
        "live matroska": remux(large, folder / "live.mkv", "-live", "1", "-cluster_time_limit", "500"),
        "hevc": _hevc(folder / "hevc.mp4"),
    }


def _hevc(path: Path) -> Path:
    encode = [
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        "-x265-params",
        "log-level=none:keyint=10",
        "-pix_fmt",
        "yuv420p",
    ]
    source = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=10:duration=3"]
    subprocess.run(["ffmpeg", "-v", "error", *source, *encode, str(path)], check=True, timeout=90)
    return path


NAMES = [
    "plain mp4",
    "large mp4",
    "index first",
    "fragmented mp4",
    "cmaf",
    "mpegts",
    "matroska",
    "live matroska",
    "hevc",
]


def is_the_first_picture_of(sample: Sample, whole: Path) -> bool:
    """Let OpenCV decode both."""
    return decoded(sample.data) == decoded(whole)


@pytest.mark.parametrize("name", NAMES)
def test_the_first_picture_is_that_of_the_whole_and_little_is_read_for_it(name: str, files: dict[str, Path]) -> None:
    with Counting(files[name]) as file:
        sample = first_picture(file)
    assert is_the_first_picture_of(sample, files[name])
    assert file.read_bytes < len(sample.data) + 80_000 if name != "mpegts" else file.read_bytes < 1_000_000


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S) as running:
        yield running


@pytest.mark.parametrize("name", NAMES)
def test_the_locked_down_worker_decodes_it(name: str, files: dict[str, Path], worker: Worker) -> None:
    sample = taken(files[name])
    judged = worker.judge(Job(sample.data, sample.kind))
    assert judged.width_px in (320, 640, 1280) and judged.contrast > 10


@pytest.mark.parametrize("name", NAMES)
def test_the_length_in_the_header_is_ffprobes(name: str, files: dict[str, Path]) -> None:
    command = ["ffprobe", "-v", "error", "-select_streams", "v", "-count_packets"]
    asked = [*command, "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", str(files[name])]
    done = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60)
    frames = int(done.stdout.split()[0].strip(","))
    with files[name].open("rb") as file:
        found = duration_s(file)
    # A clock reference or a cluster tells when the last of it begins.
    assert found == pytest.approx(frames / 10, abs=0.6)


def test_a_plain_mp4_that_was_cut_off_has_no_index_and_says_so(files: dict[str, Path]) -> None:
    data = files["large mp4"].read_bytes()
    for size in (len(data) // 2, len(data) - 100):
        file = io.BytesIO(data[:size])
        with pytest.raises(UnreadableError, match="no index"):
            check(file)
        with pytest.raises(UnreadableError, match="no index"):
            first_picture(file)
        assert duration_s(file) is None


def test_fragments_that_were_cut_off_can_still_be_played(files: dict[str, Path]) -> None:
    data = files["fragmented mp4"].read_bytes()
    file = io.BytesIO(data[: len(data) // 2])
    assert is_the_first_picture_of(first_picture(file), files["fragmented mp4"])
    length_s = duration_s(file)
    assert length_s is not None and 2 <= length_s <= 6


def test_a_media_box_may_have_a_long_size(files: dict[str, Path]) -> None:
    """Some recorders leave room for sizes beyond 4 GiB; here such a file is made of a plain one."""
    data = files["large mp4"].read_bytes()
    at = data.index(b"mdat") - 4
    # ffmpeg itself leaves an empty box of eight bytes before the media for this very purpose.
    assert data[at - 8 : at] == b"\0\0\0\x08free"
    size = int.from_bytes(data[at : at + 4], "big") + 8
    long = data[: at - 8] + b"\0\0\0\1mdat" + size.to_bytes(8, "big") + data[at + 8 :]
    assert taken(long) == taken(data)


@pytest.mark.parametrize(
    "data",
    [b"", b"\0", b"GIF89a" + bytes(1000), bytes(1000), b"\x47" + bytes(1000), b"<html>no footage</html>" * 50,
     b"\0\0\0\x08ftyp", b"\0\0\0\x18ftypisom" + bytes(12) + b"\xff\xff\xff\xffmdat" + bytes(50)],
)  # fmt: skip
def test_what_is_no_media_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        first_picture(io.BytesIO(data))
    with pytest.raises(UnreadableError):
        check(io.BytesIO(data))
    assert duration_s(io.BytesIO(data)) is None


@given(st.data())
def test_no_damage_makes_the_reader_fail_in_another_way(data: st.DataObject) -> None:
    ending = data.draw(st.sampled_from(["mp4", "ts", "mkv"]))
    spoilt = bytearray(clips(ending)[0].read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        where = data.draw(st.one_of(st.integers(0, 400), st.integers(len(spoilt) - 1500, len(spoilt) - 1)))
        spoilt[where] = data.draw(st.integers(0, 255))
    file = io.BytesIO(bytes(spoilt[: data.draw(st.integers(0, len(spoilt)))]))
    found = duration_s(file)
    assert found is None or 0 < found <= 7 * 86_400
    with suppress(UnreadableError):
        assert len(first_picture(file).data) <= 2 * len(spoilt)


def test_a_size_that_points_far_beyond_the_file_reads_nothing_of_that_size(files: dict[str, Path]) -> None:
    data = files["plain mp4"].read_bytes()
    at = data.index(b"moov") - 4
    spoilt = data[:at] + b"\xff\xff\xff\xff" + data[at + 4 :]
    with pytest.raises(UnreadableError):
        first_picture(io.BytesIO(spoilt))


def test_the_clock_of_a_transport_stream_may_turn_over(tmp_path: Path) -> None:
    """The clock counts 26.5 hours; here it begins a second before its end."""
    clip = tmp_path / "turn.ts"
    remux(clips("ts")[0], clip, "-output_ts_offset", "95442.7", "-muxdelay", "0", "-muxpreload", "0")
    with clip.open("rb") as file:
        assert duration_s(file) == pytest.approx(CLIP_S, abs=0.2)

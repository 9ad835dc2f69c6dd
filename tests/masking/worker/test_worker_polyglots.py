"""Foreign codecs, and files within files, as a camera or recorder would hand them over, through the real worker."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
import pictures
import pytest
from patience import PATIENCE_S

from drivers.stores.container import UnreadableError
from drivers.stores.samples.first import first_picture
from masking.model import Job, PictureKind, WorkerError
from masking.worker import decode, warm_parent
from masking.worker.client import Worker

FOREIGN = ("magicyuv", "ffv1", "prores", "libvpx-vp9", "gif", "png", "huffyuv", "mjpeg", "tiff")
RECORDED = ("magicyuv", "ffv1", "libvpx-vp9", "mjpeg", "mpeg4")
ENDINGS = ("mp4", "mkv", "ts")
FRAGMENTED = ("-movflags", "frag_keyframe+empty_moov+default_base_moof", "-f")
SIZE = (192, 112)
UNITS = {
    "h264": (0x67, 0x68, 0x06, 0x65, 0x41, 0x6F, 0x78),  # SPS, PPS, SEI, IDR slice, slice, subset SPS, unspecified
    "h265": (0x40, 0x42, 0x44, 0x4E, 0x26, 0x02, 0x60, 0x7E),  # VPS, SPS, PPS, SEI, IDR, slice, two unspecified
}


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S) as running:
        yield running


READER_GONE = """
from masking.bitstream import h264, h265
from masking.bitstream.picture import AccessUnit
def through(data, most, own):
    return AccessUnit(data, 320, 240, 0) if len(data) > 300 else own(data, most)
for reader in (h264, h265):
    reader.read = lambda data, most, own=reader.read: through(data, most, own)
"""
"""Our own reader lets all through but the pictures of the warm-up: what stands behind it must hold alone."""


@pytest.fixture(scope="module")
def without_reader() -> Iterator[Worker]:
    begin, call, rest = warm_parent._BOOT.partition("runpy.run_module(")
    with Worker(timeout_s=PATIENCE_S) as running:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(warm_parent, "_BOOT", f"{begin}\n{READER_GONE}{call}{rest}")
            running.judge(Job(pictures.encodings()["jpeg"], "jpeg", device="gate", camera="gate"))
        yield running


@pytest.fixture
def unread(without_reader: Worker) -> Iterator[Worker]:
    """One warm parent for all tests: a second one would be begun with our reader in its place, and prove nothing."""
    begun = without_reader.warm_pid
    assert begun is not None
    yield without_reader
    assert without_reader.warm_pid == begun


def movie(codec: str, ending: str = "mp4") -> bytes:
    """A short recording in a foreign codec; a fragmented one can be opened from any place in a stream."""
    return _movies(ending)[codec]


@cache
def _movies(ending: str) -> dict[str, bytes]:
    """One in each codec, in one run of ffmpeg: most of what a run costs is its start."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=5:duration=1"]
    codecs = (*FOREIGN, "mpeg4") if ending == "mp4" else RECORDED
    with TemporaryDirectory() as folder:
        for codec in codecs:
            shape = (*FRAGMENTED, "mp4" if codec == "libvpx-vp9" else "mov") if ending == "mp4" else ()
            command += ["-strict", "-2", "-frames:v", "2", "-c:v", codec, *shape, f"{folder}/{codec}.{ending}"]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        return {codec: Path(folder, f"{codec}.{ending}").read_bytes() for codec in codecs}


@cache
def true_picture(kind: PictureKind) -> bytes:
    """A picture of SIZE that may be seen: small, for each movie is tried beside it in several places."""
    seen = pictures.desk_and_door()
    small = np.asarray(cv2.resize(seen, SIZE, interpolation=cv2.INTER_AREA), np.uint8)
    return pictures.jpeg(small) if kind == "jpeg" else pictures.keyframe(small, kind)


def size_of(worker: Worker, data: bytes, kind: PictureKind) -> tuple[int, int] | str:
    """The size of what was decoded, or why nothing was; a child that dies is a failure."""
    try:
        judged = worker.judge(Job(data, kind, device="gate", camera="gate"))
    except WorkerError as refused:
        assert refused.reason in ("undecodable", "damaged", "too-large"), refused
        return refused.reason
    return judged.width_px, judged.height_px


@pytest.mark.parametrize("codec", FOREIGN)
def test_another_codec_in_the_place_of_a_picture_is_none(worker: Worker, codec: str) -> None:
    for kind in ("jpeg", "h264", "h265"):
        assert size_of(worker, movie(codec), kind) == "undecodable"  # type: ignore[arg-type]
        assert size_of(worker, b"\0\0\0\1" + movie(codec), kind) == "undecodable"  # type: ignore[arg-type]


@pytest.mark.parametrize("codec", FOREIGN)
@pytest.mark.parametrize("kind", ["h264", "h265"])
def test_a_movie_in_a_unit_reaches_no_decoder(worker: Worker, kind: PictureKind, codec: str) -> None:
    """Release 0.1 opened the movie. Here the true picture beside it may be seen, and no other."""
    good = true_picture(kind)
    for head in UNITS[kind]:
        unit = b"\0\0\0\1" + bytes([head] if kind == "h264" else [head, 1]) + movie(codec)
        for data in (unit + good, good + unit, unit):
            assert size_of(worker, data, kind) in (SIZE, "undecodable")
        assert size_of(worker, unit, kind) == "undecodable"


def handed_on(monkeypatch: pytest.MonkeyPatch, data: bytes, kind: PictureKind) -> bytes:
    """What a decoder is given of these bytes; here it makes nothing of them."""
    given: list[bytes] = []

    def of_frames(source: io.BytesIO, *_: object) -> None:
        given.append(source.getvalue())
        raise cv2.error

    def of_jpeg(source: Any, *_: object) -> None:
        given.append(source.tobytes())

    monkeypatch.setattr(cv2, "VideoCapture", of_frames)
    monkeypatch.setattr(cv2, "imdecode", of_jpeg)
    complaints, said = os.pipe2(os.O_NONBLOCK)
    try:
        with pytest.raises(decode.DecodeError):
            decode.decode(data, kind, complaints)
    finally:
        os.close(complaints)
        os.close(said)
    return b"".join(given)


@pytest.mark.parametrize("kind", ["h264", "h265"])
def test_of_a_unit_that_holds_a_movie_nothing_is_handed_to_the_decoder(
    monkeypatch: pytest.MonkeyPatch, kind: PictureKind
) -> None:
    good = pictures.encodings()[kind]
    whole = handed_on(monkeypatch, good, kind)
    assert whole
    for head in UNITS[kind]:
        unit = b"\0\0\0\1" + bytes([head] if kind == "h264" else [head, 1]) + movie("ffv1")
        for data in (good + unit, unit + good):
            assert handed_on(monkeypatch, data, kind) in (whole, b"")
        assert handed_on(monkeypatch, unit, kind) == b""
    assert handed_on(monkeypatch, unit + good, kind) == whole, "a unit that nobody knows takes no picture away"


@pytest.mark.parametrize("codec", FOREIGN)
@pytest.mark.parametrize("kind", ["h264", "h265"])
def test_a_movie_that_passed_the_reader_is_opened_by_no_decoder(unread: Worker, kind: PictureKind, codec: str) -> None:
    assert size_of(unread, movie(codec), kind) == "undecodable"


def test_what_was_dropped_of_a_stream_is_counted(worker: Worker) -> None:
    good = pictures.encodings()["h264"]
    before = worker.judge(Job(good, "h264")).dropped_units
    after = worker.judge(Job(b"\0\0\0\1\x18\xaa\xbb" * 3 + good, "h264")).dropped_units
    assert after == before + 3


@pytest.mark.parametrize("codec", FOREIGN)
def test_a_movie_in_a_jpeg_reaches_no_decoder(worker: Worker, codec: str) -> None:
    good, inner = true_picture("jpeg"), movie(codec)[:65_000]
    segment = b"\xff\xe5" + (len(inner) + 2).to_bytes(2) + inner
    for data in (good[:2] + segment + good[2:], good[:-2] + segment + good[-2:], good + movie(codec)):
        assert size_of(worker, data, "jpeg") in (SIZE, "undecodable")
    assert size_of(worker, movie(codec) + good, "jpeg") == "undecodable"


def test_of_a_movie_in_a_jpeg_nothing_is_handed_to_the_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    good, inner = pictures.encodings()["jpeg"], movie("ffv1")[:65_000]
    segment = b"\xff\xe5" + (len(inner) + 2).to_bytes(2) + inner
    whole = handed_on(monkeypatch, good, "jpeg")
    assert whole
    for data in (good[:2] + segment + good[2:], good[:-2] + segment + good[-2:], good + inner):
        assert handed_on(monkeypatch, data, "jpeg") == whole
    assert handed_on(monkeypatch, inner + good, "jpeg") == b""


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("codec", RECORDED)
def test_a_foreign_recording_is_refused_by_name(codec: str, ending: str) -> None:
    with pytest.raises(UnreadableError, match=r"(not|neither) H\.264"):
        first_picture(io.BytesIO(movie(codec, ending)))


@cache
def interlaced(size: str = "640x360") -> tuple[bytes, bytes]:
    """An interlaced stream, and the pixels of its first picture as this machine's own ffmpeg shows them."""
    source = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate=10:duration=1", "-frames:v", "4", "-pix_fmt", "yuv420p"]
    made = ["-c:v", "libx264", "-flags", "+ilme+ildct", "-f", "h264", "pipe:1"]
    stream = subprocess.run(
        ["ffmpeg", "-v", "error", *source, *made], check=True, capture_output=True, timeout=60
    ).stdout
    shown = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "h264",
        "-i",
        "pipe:0",
        "-frames:v",
        "1",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "gray",
    ]
    return stream, subprocess.run([*shown, "pipe:1"], input=stream, check=True, capture_output=True, timeout=60).stdout


def test_an_interlaced_picture_is_what_it_shows(worker: Worker) -> None:
    """OpenCV 5.0.0 hands out memory that nobody wrote for what swscale calls interlaced: each time another picture."""
    stream, grey = interlaced()
    for other in ("jpeg", "h264"):
        worker.judge(pictures.of_camera("gate", pictures.encodings()[other], other))  # what the memory would show
        judged = worker.judge(pictures.of_camera("gate", stream, "h264"))
        assert judged.mean_luma == pytest.approx(sum(grey) / len(grey), abs=1.0)


def test_a_picture_of_which_ffmpeg_says_an_error_is_damaged(unread: Worker) -> None:
    """The same stream as its sender made it: the colours cannot be converted, and there is nothing to be shown."""
    stream, _ = interlaced("320x240")
    for other in ("jpeg", "h264"):
        size_of(unread, pictures.encodings()[other], other)  # type: ignore[arg-type]
        assert size_of(unread, stream, "h264") == "damaged"


def test_a_picture_of_another_size_than_was_read_is_none(unread: Worker) -> None:
    assert size_of(unread, pictures.encodings()["h264"], "h264") == "undecodable"

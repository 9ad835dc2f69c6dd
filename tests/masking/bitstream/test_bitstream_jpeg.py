"""A JPEG is walked to its end and written anew with the same pixels; nothing else in its bytes comes out."""

from __future__ import annotations

import subprocess

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from jpegs import ENCODINGS, encoded, joined, parts_of, segment, without
from streams import by_gstreamer, launch_at_once

from masking.bitstream.jpeg import Jpeg, rewrite
from masking.bitstream.picture import NotAPicture

MAX_PIXELS = 64 * 1024 * 1024
HIDDEN = b"ftypqt  moovmdat"

FFMPEG = ("yuvj420p", "yuvj422p", "yuvj444p", "gray")
GSTREAMER = {
    "jpegenc": "jpegenc",
    "jpegenc 4:4:4": "videoconvert ! video/x-raw,format=Y444 ! jpegenc",
    "jpegenc grey": "videoconvert ! video/x-raw,format=GRAY8 ! jpegenc quality=40",
}


def shown(data: bytes) -> npt.NDArray[np.uint8] | None:
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    return None if found is None else np.asarray(found, np.uint8)


def same(data: bytes) -> Jpeg:
    found = rewrite(data, MAX_PIXELS)
    before, now = shown(data), shown(found.data)
    assert before is not None and now is not None and np.array_equal(before, now)
    assert now.shape[:2] == (found.height_px, found.width_px)
    assert HIDDEN not in found.data
    assert rewrite(found.data, MAX_PIXELS).data == found.data
    return found


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("grey", [False, True], ids=["colour", "grey"])
def test_a_jpeg_of_opencv_is_shown_as_before(name: str, grey: bool) -> None:
    found = same(encoded(name, grey))
    assert found.components == (1 if grey else 3) and found.end == len(encoded(name, grey))


@pytest.mark.parametrize("pixels", FFMPEG)
def test_a_jpeg_of_ffmpeg_is_shown_as_before(pixels: str) -> None:
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=176x144",
        "-frames:v",
        "1",
        "-pix_fmt",
        pixels,
    ]
    codec = ["-c:v", "mjpeg", "-huffman", "default"] if pixels != "gray" else ["-c:v", "mjpeg", "-strict", "-1"]
    same(subprocess.run([*command, *codec, "-f", "mjpeg", "-"], check=True, capture_output=True, timeout=60).stdout)


@pytest.fixture(scope="module")
def launched() -> None:
    launch_at_once(GSTREAMER.values(), frames=1)


@pytest.mark.usefixtures("launched")
@pytest.mark.parametrize("name", GSTREAMER)
def test_a_jpeg_of_gstreamer_is_shown_as_before(name: str) -> None:
    same(by_gstreamer(GSTREAMER[name], frames=1))


def test_of_several_pictures_in_a_row_the_first_is_taken() -> None:
    found = rewrite(encoded() * 3, MAX_PIXELS)
    assert found.data == encoded() and found.end == len(encoded())


@pytest.mark.parametrize("jfif", [True, False])
@pytest.mark.parametrize("adobe", [None, 0, 1])
@pytest.mark.parametrize("ids", [(1, 2, 3), (82, 71, 66), (0, 1, 2)])
def test_colours_are_read_as_the_markers_say(jfif: bool, adobe: int | None, ids: tuple[int, int, int]) -> None:
    parts = parts_of(encoded() if jfif else without(encoded(), 0xE0))
    names = dict(zip((1, 2, 3), ids, strict=True))
    for index, (marker, body) in enumerate(parts):
        if marker in (0xC0, 0xDA):
            at = range(6, 15, 3) if marker == 0xC0 else range(1, 7, 2)
            parts[index] = marker, bytes(names[byte] if i in at else byte for i, byte in enumerate(body))
    if adobe is not None:
        parts.insert(1, (0xEE, b"Adobe\0\x64" + HIDDEN[:4] + bytes((adobe,))))
    found = same(joined(parts))
    assert (b"JFIF" in found.data) is jfif and (b"Adobe" in found.data) is (adobe is not None)


def test_colour_markers_behind_the_first_scan_do_not_count() -> None:
    data = without(encoded("progressive"), 0xE0)
    first = data.index(b"\xff\xda", data.index(b"\xff\xda") + 2)
    for more in (segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), segment(0xEE, b"Adobe\0\x64\0\0\0\0\0")):
        assert same(data[:first] + more + data[first:]).data == rewrite(data, MAX_PIXELS).data


def test_what_is_no_part_of_the_picture_is_dropped() -> None:
    data = encoded()
    more = [segment(0xFE, HIDDEN), *(segment(0xE0 | number, HIDDEN * 20) for number in range(16))]
    more += [
        segment(0xE0, b"JFXX\0\x10" + data),
        segment(0xE1, b"Exif\0\0" + HIDDEN),
        segment(0xEE, b"Adobe" + HIDDEN[:5]),
    ]
    heads = parts_of(data)
    mixed = b"\xff\xd8" + b"".join(b"".join([*more, b"\xff\xff", segment(*each)]) for each in heads[:-1])
    mixed += b"".join(more) + data[data.index(b"\xff\xda") :]
    found = same(mixed + HIDDEN + data)
    assert found.data == data and found.end == len(mixed)


def test_a_thumbnail_within_jfif_is_dropped() -> None:
    data = encoded()
    longer = b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\2\1\0\x48\0\x48\4\4" + HIDDEN * 3) + data[20:]
    assert same(longer).data == data


def test_motion_jpeg_may_leave_out_the_tables_that_every_decoder_has() -> None:
    assert same(without(encoded(), 0xC4)).components == 3
    with pytest.raises(NotAPicture, match="Huffman"):
        rewrite(without(encoded("progressive"), 0xC4), MAX_PIXELS)
    assert shown(without(encoded("progressive"), 0xC4)) is None  # as the decoder has it

"""A movie that is also a byte stream ends at our reader, or comes out as the picture that it hides in.

FFmpeg reads a start code of four bytes as the size of a box that has a larger size, 16 bytes on: the header of a unit
and what follows it are the box's name. So a whole movie fits into any unit, or between units.
"""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from streams import Kind, by_ffmpeg, shown, split

from masking.bitstream import h264, h265
from masking.bitstream.picture import NotAPicture

MAX_PIXELS = 64 * 1024 * 1024
READERS = {"h264": h264.read, "h265": h265.read}
FOREIGN = {"magicyuv": "mov", "ffv1": "mov", "png": "mov", "mjpeg": "mov", "qtrle": "mov", "prores_ks": "mov"}
TOLD_APART = "format_whitelist;h264,hevc,mov,mpegts,matroska|codec_whitelist;h264,hevc|threads;1"
"""What release 0.1 asked of FFmpeg. The codecs are heeded when it looks into a file, not when OpenCV decodes it."""

HEADERS: dict[Kind, dict[str, bytes]] = {
    "h264": {
        "SPS": b"\x67\x4d\x00\x1e",
        "PPS": b"\x68\xee\x3c\x80",
        "message": b"\x06\x05\x20\x01",
        "filler": b"\x0c\xff\xff\xff",
        "private": b"\x18abc",
        "extension": b"\x6d\x4d\x00\x1e",
        "slice": b"\x65\x88\x84\x21",
        "delimiter": b"\x09\x10xx",
    },
    "h265": {
        "VPS": b"\x40\x01\x0c\x01",
        "SPS": b"\x42\x01\x01\x01",
        "PPS": b"\x44\x01\xc1\x72",
        "message": b"\x4e\x01\x05\x20",
        "private": b"\x60\x01ab",
        "slice": b"\x26\x01\xaf\x09",
        "layer": b"\x42\x09\x01\x01",
    },
}
"""The first four bytes of a unit, by the kind of stream and of unit."""

CASES = [(kind, carrier) for kind, carriers in HEADERS.items() for carrier in carriers]


@cache
def movies() -> dict[str, bytes]:
    """A picture of each codec that no camera of ours may send, in a fragmented file."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=size=96x80:rate=5"]
    with TemporaryDirectory() as folder:
        for codec, ending in FOREIGN.items():
            command += ["-frames:v", "2", "-c:v", codec, "-movflags", "frag_keyframe+empty_moov+default_base_moof"]
            command.append(f"{folder}/{codec}.{ending}")
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        return {codec: Path(folder, f"{codec}.{ending}").read_bytes() for codec, ending in FOREIGN.items()}


def polyglot(header: bytes, codec: str, behind: bytes) -> bytes:
    return b"\0\0\0\1" + header + (16).to_bytes(8, "big") + movies()[codec] + behind


@pytest.fixture(autouse=True)
def _as_release_0_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", TOLD_APART)


@pytest.mark.parametrize("codec", FOREIGN)
@pytest.mark.parametrize(("kind", "carrier"), CASES, ids=[f"{kind} {carrier}" for kind, carrier in CASES])
def test_a_movie_in_a_unit_never_reaches_the_decoder(kind: Kind, carrier: str, codec: str) -> None:
    true = by_ffmpeg(kind, size="64x64", frames=1)
    data = polyglot(HEADERS[kind][carrier], codec, true)
    fooled = shown(data)
    assert fooled is not None and fooled.shape[:2] == (80, 96), "FFmpeg takes it for a movie no more"
    try:
        unit = READERS[kind](data, MAX_PIXELS)
    except NotAPicture:
        return
    assert unit.data == READERS[kind](true, MAX_PIXELS).data
    picture, wanted = shown(unit.data), shown(true)
    assert picture is not None and wanted is not None and np.array_equal(picture, wanted)


@pytest.mark.parametrize("kind", HEADERS)
def test_a_movie_that_replaces_a_set_of_the_picture_ends_here(kind: Kind) -> None:
    parts = split(by_ffmpeg(kind, size="64x64", frames=1))
    headers = HEADERS[kind]
    for carrier in ("VPS", "SPS", "PPS", "slice"):
        if carrier not in headers:
            continue
        mask = 0x1F if kind == "h264" else 0x7E
        left = [part for part in parts if part[0] & mask != headers[carrier][0] & mask]
        behind = b"".join(b"\0\0\0\1" + part for part in left)
        with pytest.raises(NotAPicture):
            READERS[kind](polyglot(headers[carrier], "magicyuv", behind), MAX_PIXELS)


@pytest.mark.parametrize("kind", HEADERS)
@pytest.mark.parametrize(
    "data", [b"GIF89a", b"\x1aE\xdf\xa3", b"\x47" * 188, b"RIFF", b"#EXTM3U\nfile:///etc/passwd\n", b""]
)
def test_what_begins_as_another_file_does_ends_here(kind: Kind, data: bytes) -> None:
    with pytest.raises(NotAPicture, match="does not begin with a start code"):
        READERS[kind](data + by_ffmpeg(kind, size="64x64", frames=1) if data else data, MAX_PIXELS)

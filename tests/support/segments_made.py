"""Segments for tests of the reader: what ffmpeg writes in every shape, and the pictures of a stream one by one."""

from __future__ import annotations

import atexit
import io
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import cv2

from drivers.stores.samples.first import first_picture
from drivers.stores.samples.units import CodecName, Sample

HEVC = ("-c:v", "libx265", "-preset", "ultrafast")
# The fastest, but with pictures in the order and kinds of the usual preset.
X265 = "log-level=none:keyint=10:min-keyint=10:repeat-headers=1:bframes=4:b-adapt=2:rc-lookahead=20"

ENCODERS: dict[str, tuple[str, ...]] = {
    "avc": ("-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p"),
    "avc baseline": ("-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p", "-profile:v", "baseline"),
    "avc b-frames": ("-c:v", "libx264", "-g", "10", "-bf", "3", "-pix_fmt", "yuv420p"),
    "avc open gop": ("-c:v", "libx264", "-g", "10", "-bf", "3", "-x264-params", "open-gop=1", "-pix_fmt", "yuv420p"),
    "avc slices": ("-c:v", "libx264", "-g", "10", "-x264-params", "slices=5", "-pix_fmt", "yuv420p"),
    "avc interlaced": ("-c:v", "libx264", "-g", "10", "-flags", "+ilme+ildct", "-pix_fmt", "yuv420p"),
    "avc intra": ("-c:v", "libx264", "-g", "1", "-pix_fmt", "yuv444p"),
    "hevc": (*HEVC, "-x265-params", X265, "-pix_fmt", "yuv420p"),
    "hevc closed gop": (*HEVC, "-x265-params", f"{X265}:open-gop=0:bframes=3", "-pix_fmt", "yuv420p"),
    "hevc slices": (*HEVC, "-x265-params", f"{X265}:slices=3:aud=1:bframes=0", "-pix_fmt", "yuv420p"),
    "hevc main10": (*HEVC, "-x265-params", X265, "-pix_fmt", "yuv420p10le"),
}
"""How the pictures are encoded: profiles, orders, slices, fields."""

SHAPES: dict[str, tuple[str, ...]] = {
    "plain.mp4": (),
    "faststart.mp4": ("-movflags", "faststart"),
    "fragmented.mp4": ("-movflags", "frag_keyframe+empty_moov"),
    "half fragmented.mp4": ("-movflags", "frag_keyframe"),
    "by frame.mp4": ("-movflags", "frag_every_frame+empty_moov+default_base_moof"),
    "omitted offset.mp4": ("-movflags", "frag_keyframe+empty_moov+omit_tfhd_offset"),
    "cmaf.mp4": ("-movflags", "cmaf+frag_keyframe+global_sidx", "-f", "mp4"),
    "plain.mov": (),
    "plain.ts": (),
    "declared.ts": ("-omit_video_pes_length", "0", "-muxrate", "3M"),
    "plain.mkv": (),
    "live.mkv": ("-live", "1", "-cluster_time_limit", "500"),
}
"""How they are put into a file."""

FOLDER = Path(mkdtemp(prefix="camwarden-segments-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


def ffmpeg(*arguments: object) -> None:
    """Run it."""
    command = ["ffmpeg", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, timeout=90)


@cache
def encoded(encoder: str, size: str = "320x240", seconds: float = 2.5) -> Path:
    """Encode a test picture that moves."""
    path = FOLDER / f"{encoder} {size} {seconds}.mkv"
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=10:duration={seconds}", *ENCODERS[encoder], path)
    return path


def segment(encoder: str, shape: str, size: str = "320x240", seconds: float = 2.5) -> Path:
    """Put an encoded test picture into a file of a shape."""
    return _segments(encoder, size, seconds)[shape]


@cache
def _segments(encoder: str, size: str, seconds: float) -> dict[str, Path]:
    """Write a file of each shape at once: most of what a run of ffmpeg costs is its start."""
    source = encoded(encoder, size, seconds)
    files = {shape: FOLDER / f"{source.stem} {shape}" for shape in SHAPES}
    ffmpeg("-i", source, *(word for shape, path in files.items() for word in ("-c", "copy", *SHAPES[shape], path)))
    return files


@cache
def pictures_of(encoder: str, size: str = "96x64", seconds: float = 2.5) -> tuple[tuple[bytes, ...], ...]:
    """Return the NAL units of each access unit of a stream, without delimiters."""
    source = encoded(encoder, size, seconds)
    kind = kind_of(encoder)
    path = source.with_suffix(f".{kind}")
    name = "h264" if kind == "h264" else "hevc"
    ffmpeg("-i", source, "-c", "copy", "-bsf:v", f"{name}_mp4toannexb,{name}_metadata=aud=insert", path)
    delimiter = 9 if kind == "h264" else 35
    found: list[list[bytes]] = []
    for part in path.read_bytes().split(b"\0\0\1")[1:]:
        unit = part.rstrip(b"\0")
        if unit_type(kind, unit) == delimiter:
            found.append([])
        else:
            found[-1].append(unit)
    return tuple(tuple(units) for units in found if units)


def kind_of(encoder: str) -> CodecName:
    """Return what an encoder writes."""
    return "h264" if encoder.startswith("avc") else "h265"


def unit_type(kind: CodecName, unit: bytes) -> int:
    """Return the type of a NAL unit."""
    return unit[0] & 0x1F if kind == "h264" else unit[0] >> 1 & 0x3F


def sets_of(encoder: str) -> tuple[bytes, ...]:
    """Return the parameter sets of a stream that begins with them."""
    kind = kind_of(encoder)
    wanted = (7, 8) if kind == "h264" else (32, 33, 34)
    return tuple(dict.fromkeys(unit for unit in pictures_of(encoder)[0] if unit_type(kind, unit) in wanted))


def slices(kind: CodecName, units: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Return the slices among units."""
    return tuple(unit for unit in units if unit_type(kind, unit) in (range(1, 6) if kind == "h264" else range(32)))


def annex_b(*units: bytes) -> bytes:
    """Return units as a byte stream."""
    return b"".join(b"\0\0\0\1" + unit for unit in units)


def taken(data: bytes | Path) -> Sample:
    """Take the first picture out of bytes or a file."""
    if isinstance(data, bytes):
        return first_picture(io.BytesIO(data))
    with data.open("rb") as file:
        return first_picture(file)


def decoded(source: bytes | Path) -> bytes:
    """Let OpenCV decode the first picture of a stream, or of a file."""
    opened = cv2.VideoCapture(io.BytesIO(source), cv2.CAP_FFMPEG, []) if isinstance(source, bytes) else None
    seen, frame = (opened or cv2.VideoCapture(str(source))).read()
    assert seen
    return frame.tobytes()

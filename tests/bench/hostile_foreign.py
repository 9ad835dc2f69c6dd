"""Hostile recordings and keyframes for bench `hostile`: foreign codecs in containers, and foreign files inside units.

Made by ffmpeg. The foreign picture is 320x240, the one that may be seen 640x360: so it shows which of both was decoded.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

Kind = Literal["jpeg", "h264", "h265", "file"]

CODECS: Final = (
    "ffv1", "magicyuv", "huffyuv", "ffvhuff", "utvideo", "prores", "prores_ks", "vc2", "libvpx", "libvpx-vp9",
    "libsvtav1", "mpeg4", "mpeg2video", "mpeg1video", "msmpeg4", "wmv2", "flv", "mjpeg", "ljpeg", "jpegls", "jpeg2000",
    "png", "tiff", "bmp", "gif", "qtrle", "cinepak", "snow", "libtheora", "asv1", "zlib", "zmbv", "rawvideo", "targa",
    "sgi", "qoi", "rv10", "svq1", "cfhd", "hap",
)  # fmt: skip
"""Encoders of Debian's ffmpeg; what a build lacks, or a container refuses, is left out and counted."""

CONTAINERS: Final = {
    "mp4": ("mov", "-movflags", "+frag_keyframe+empty_moov+default_base_moof"),
    "ts": ("mpegts",),
    "mkv": ("matroska",),
}
SIZE: Final = (320, 240)
_PIXELS: Final = {"prores": "yuv422p10le", "prores_ks": "yuv422p10le", "vc2": "yuv422p10le", "hap": "rgba"}


@dataclass(frozen=True, slots=True)
class Hostile:
    """One attempt: bytes as a camera would send them (`kind` h264, h265 or jpeg), or a recording (`file`)."""

    name: str
    kind: Kind
    data: bytes = field(repr=False)


def foreign_files(folder: Path, quick: bool) -> dict[str, bytes]:
    """Make one recording for each codec and container, as far as ffmpeg can; names are `CODEC.CONTAINER`."""
    made: dict[str, bytes] = {}
    for codec in CODECS[:1] if quick else CODECS:
        for ending, (muxer, *more) in CONTAINERS.items():
            path = folder / f"{codec}.{ending}"
            source = ["-f", "lavfi", "-i", f"testsrc2=size={SIZE[0]}x{SIZE[1]}:rate=5:duration=1"]
            pixels = ["-pix_fmt", _PIXELS[codec]] if codec in _PIXELS else []
            command = ["ffmpeg", "-v", "quiet", "-y", "-nostdin", "-strict", "-2", *source, "-c:v", codec, *pixels]
            command += ["-frames:v", "2", *more, "-f", muxer, str(path)]
            done = subprocess.run(command, capture_output=True, check=False, timeout=60)
            if done.returncode == 0 and path.exists() and path.stat().st_size > 200:
                made[path.name] = path.read_bytes()
    return made


def attempts(files: dict[str, bytes], h264: bytes, h265: bytes, jpeg: bytes) -> Iterator[Hostile]:
    """Yield every attempt: each file as it is and in the place of a keyframe, and some of them inside good ones."""
    for name, data in files.items():
        yield Hostile(f"recording {name}", "file", data)
        for kind in ("h264", "h265", "jpeg"):
            yield Hostile(f"{name} sent as {kind}", kind, data)  # type: ignore[arg-type]
    inner = [name for name in files if name.endswith((".mp4", ".mkv")) and name.split(".")[0] in _DANGEROUS]
    for name in inner:
        data = files[name]
        yield from _inside("h264", name, data, h264, (0x67, 0x68, 0x06, 0x65, 0x6F, 0x1E, 0x78))
        yield from _inside("h265", name, data, h265, (0x40, 0x42, 0x44, 0x4E, 0x26, 0x60, 0x7E))
        yield Hostile(f"{name} in an application segment", "jpeg", _in_jpeg(data, jpeg))
        yield Hostile(f"{name} behind a JPEG", "jpeg", jpeg + data)
        yield Hostile(f"{name} before a JPEG", "jpeg", data + jpeg)


_DANGEROUS: Final = ("magicyuv", "ffv1", "prores", "libvpx-vp9", "gif", "png", "huffyuv", "mjpeg")


def _inside(
    kind: Literal["h264", "h265"], name: str, data: bytes, good: bytes, heads: tuple[int, ...]
) -> Iterator[Hostile]:
    """The file as payload of a unit of each type: before a good picture, behind it, and in its first set's place."""
    for head in heads:
        unit = b"\0\0\0\1" + bytes((head,) if kind == "h264" else (head, 1)) + data
        yield Hostile(f"{name} in unit {head:#x} before {kind}", kind, unit + good)
        yield Hostile(f"{name} in unit {head:#x} behind {kind}", kind, good + unit)
        second = good.index(b"\0\0\1", 5)
        second -= good[second - 1 : second] == b"\0"
        yield Hostile(f"{name} in unit {head:#x} instead of the first unit of {kind}", kind, unit + good[second:])


def _in_jpeg(data: bytes, jpeg: bytes) -> bytes:
    part = data[:65_000]
    return jpeg[:2] + b"\xff\xe5" + (len(part) + 2).to_bytes(2) + part + jpeg[2:]

"""Decoded pictures of places with masks in them, for every case, light and quality; encoded once, kept under build/.

The order is that of a camera: the scene is lit, the sensor adds noise, the mask is drawn, the picture is encoded (x264,
veryfast, zerolatency, every picture a keyframe), and OpenCV decodes it again as `masking/worker/decode.py` does. Both
zones of a place get the same case in the same picture.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt

from scenes import cases
from scenes.cases import Case, Lot
from scenes.lights import Light, lit
from scenes.places import Place
from scenes.regions import Area, areas

Picture = npt.NDArray[np.uint8]

CACHE = Path(__file__).resolve().parents[3] / "build" / "scenes"
CRFS = (23, 28, 35)
JPEG = 0
"""Stands in the place of a CRF: each picture as a JPEG of quality 80, as in a snapshot."""

_JPEG_QUALITY = 80
_KEYFRAME_BONUS = 2.91
"""By so much x264 lowers the quantizer of keyframes: 6 log2 of its `ipratio` of 1.4."""

_FORMAT = 3
"""Counts up when what is drawn changes, so that no stale picture is used."""


@dataclass(frozen=True)
class Shot:
    """One moment of a place in one light and quality: all that decides a picture but its case."""

    place: Place
    moment: int
    light: Light
    crf: int

    @property
    def number(self) -> int:
        """A seed for all that is drawn by lot at this place."""
        return int.from_bytes(hashlib.sha256(self.place.name.encode()).digest()[:4])


@dataclass(frozen=True)
class Sample:
    """A decoded picture, one of its zones, and what was drawn there; `color` as it would be declared."""

    shot: Shot
    area: Area
    case: Case
    color: str
    picture: Picture


@lru_cache(maxsize=256)
def zones(place: Place) -> tuple[Area, Area]:
    """The two zones of a place; every third training place and every fourth test place has slanted ones."""
    number = Shot(place, 0, "day", 0).number
    return areas(place.frame(0), number, number % (3 if place.side == "train" else 4) == 0)


def samples(shot: Shot, wanted: tuple[Case, ...]) -> Iterator[Sample]:
    """Yield a sample for each case and zone of a shot."""
    drawn = lot_of(shot)
    both = zones(shot.place)
    for case, picture in zip(wanted, decoded(encoded(shot, wanted)), strict=True):
        for area in both:
            yield Sample(shot, area, case, cases.color_of(case, drawn), picture)


def lot_of(shot: Shot) -> Lot:
    """What is drawn by lot at a place in one light; the same at all its moments, as a camera keeps its masks."""
    return cases.lot(np.random.default_rng((shot.number, len(shot.light), shot.crf)))


def encoded(shot: Shot, wanted: tuple[Case, ...]) -> bytes:
    """The pictures of a shot as one H.264 stream of keyframes, from the cache where it has them."""
    text = f"{_FORMAT} {shot.place.name} {shot.moment} {shot.light} {shot.crf} {wanted}"
    path = CACHE / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.h264"
    if path.is_file():
        return path.read_bytes()
    scene = lit(shot.place.frame(shot.moment), shot.light, (shot.number, shot.moment, len(shot.light)))
    drawn = lot_of(shot)
    pictures = []
    for case in wanted:
        picture = scene.copy()
        for area in zones(shot.place):
            cases.draw(picture, area.corners, case, drawn)
        pictures.append(picture)
    data = encode(pictures, shot.crf)
    CACHE.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_bytes(data)
    beside.replace(path)
    return data


def encode(pictures: list[Picture], crf: int) -> bytes:
    """Encode pictures of one size as H.264 keyframes with Debian's ffmpeg, or as a row of JPEGs."""
    if crf == JPEG:
        return b"".join(
            cv2.imencode(".jpg", p, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes() for p in pictures
        )
    height, width = pictures[0].shape[:2]
    given = f"-v error -nostdin -f rawvideo -pix_fmt bgr24 -s {width}x{height} -i pipe:0 -pix_fmt yuv420p".split()
    # A stream of keyframes only is coded far worse than a keyframe among other pictures. These two settings give each
    # the quality that x264 gives the first picture of a stream, and the keyframes of a still one.
    coding = f"-c:v libx264 -preset veryfast -tune zerolatency -g 1 -crf {crf - _KEYFRAME_BONUS}".split()
    coding += ["-x264-params", "qcomp=1", "-threads", "1", "-f", "h264", "pipe:1"]
    raw = b"".join(picture.tobytes() for picture in pictures)
    return subprocess.run(["ffmpeg", *given, *coding], input=raw, capture_output=True, check=True).stdout


def decoded(stream: bytes) -> Iterator[Picture]:
    """Decode what `encode` made, picture by picture."""
    if stream.startswith(b"\xff\xd8"):
        for part in stream.split(b"\xff\xd9\xff\xd8\xff"):
            jpeg = (b"" if part.startswith(b"\xff\xd8\xff") else b"\xff\xd8\xff") + part + b"\xff\xd9"
            yield np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)
        return
    source = io.BytesIO(stream)  # must outlive the capture
    capture = cv2.VideoCapture(cast(Any, source), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    while True:
        done, picture = capture.read()
        if not done:
            break
        yield np.asarray(picture, np.uint8)
    capture.release()
    source.close()

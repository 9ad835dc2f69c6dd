"""Encodes pictures as cameras do, by x264, x265 or as JPEG, and decodes them as the picture worker does."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, cast

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Codec = Literal["h264", "h265-slow", "h265-ultrafast", "jpeg"]

_KEYFRAME_BONUS = 2.91
"""By so much x264 and x265 lower the quantizer of keyframes: 6 log2 of their `ipratio` of 1.4."""


@dataclass(frozen=True)
class Quality:
    """A codec and how finely it codes: CRF of a stream, quality of a JPEG."""

    codec: Codec
    level: int

    @property
    def name(self) -> str:
        return f"{self.codec}-{self.level}"


H264 = tuple(Quality("h264", crf) for crf in (23, 28, 35))
H265_FAST = tuple(Quality("h265-ultrafast", crf) for crf in (24, 30, 35))
H265_SLOW = tuple(Quality("h265-slow", crf) for crf in (24, 30, 35))
JPEG = tuple(Quality("jpeg", level) for level in (40, 55, 70, 80, 95))


def encode(pictures: list[Picture], quality: Quality) -> bytes:
    """Encode pictures of one size as keyframes of one stream with Debian's ffmpeg, or as a row of JPEGs."""
    if quality.codec == "jpeg":
        asked = [cv2.IMWRITE_JPEG_QUALITY, quality.level]
        return b"".join(cv2.imencode(".jpg", picture, asked)[1].tobytes() for picture in pictures)
    height, width = pictures[0].shape[:2]
    given = f"-v error -nostdin -f rawvideo -pix_fmt bgr24 -s {width}x{height} -i pipe:0 -pix_fmt yuv420p".split()
    # A stream of keyframes only is coded far worse than a keyframe among other pictures. These settings give each the
    # quality that the encoder gives the first picture of a stream, and the keyframes of a still one.
    crf = quality.level - _KEYFRAME_BONUS
    if quality.codec == "h264":
        coding = f"-c:v libx264 -preset veryfast -tune zerolatency -g 1 -crf {crf} -x264-params qcomp=1 -f h264".split()
    else:
        preset = quality.codec.removeprefix("h265-")
        asked_of = f"keyint=1:qcomp=1:pools=none:frame-threads=1:log-level=error:crf={crf}"
        coding = f"-c:v libx265 -preset {preset} -x265-params {asked_of} -f hevc".split()
    raw = b"".join(picture.tobytes() for picture in pictures)
    command = ["ffmpeg", *given, *coding, "-threads", "1", "pipe:1"]
    return subprocess.run(command, input=raw, capture_output=True, check=True).stdout


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

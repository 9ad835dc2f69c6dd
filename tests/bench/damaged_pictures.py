"""Encodes pictures in the ways that the bench `damaged` tries: by x264, x265, libjpeg and FFmpeg."""

from __future__ import annotations

import subprocess
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Kind = Literal["jpeg", "h264", "h265"]

_QUIET = "log-level=error:frame-threads=1"

HARMED: dict[str, tuple[Kind, str]] = {
    "x264 veryfast": ("h264", "libx264 -preset veryfast -tune zerolatency -crf 24"),
    "x264 baseline": ("h264", "libx264 -preset veryfast -profile:v baseline -crf 28"),
    "x264 in slices": ("h264", "libx264 -preset veryfast -crf 28 -x264-params slices=4"),
    "x265 medium": ("h265", f"libx265 -preset medium -crf 28 -x265-params {_QUIET}:pools=none"),
    "x265 ultrafast": ("h265", f"libx265 -preset ultrafast -crf 28 -x265-params {_QUIET}:pools=none:wpp=0"),
    "x265 in slices": ("h265", f"libx265 -preset veryfast -crf 30 -x265-params {_QUIET}:pools=2:slices=3"),
    "libjpeg 80": ("jpeg", "80"),
    "libjpeg 50 optimized": ("jpeg", "50 optimized"),
    "libjpeg with restarts": ("jpeg", "75 restarts"),
    "ffmpeg mjpeg": ("jpeg", "mjpeg -q:v 5 -pix_fmt yuvj420p"),
}
"""By name: what pictures are harmed that were encoded so."""

WHOLE: dict[str, tuple[Kind, str]] = HARMED | {
    "x264 ultrafast": ("h264", "libx264 -preset ultrafast -crf 32"),
    "x264 slow": ("h264", "libx264 -preset slow -crf 20"),
    "x264 lossless": ("h264", "libx264 -preset veryfast -qp 0"),
    "x264 of fields": ("h264", "libx264 -preset veryfast -crf 26 -flags +ildct+ilme"),
    "x264 of 10 bits": ("h264", "libx264 -preset veryfast -crf 26 -pix_fmt yuv420p10le"),
    "x265 slow": ("h265", f"libx265 -preset slow -crf 22 -x265-params {_QUIET}:pools=none"),
    "x265 small blocks": ("h265", f"libx265 -preset fast -crf 26 -x265-params {_QUIET}:pools=none:ctu=16"),
    "x265 lossless": ("h265", f"libx265 -preset veryfast -x265-params {_QUIET}:pools=none:lossless=1"),
    "x265 without filters": ("h265", f"libx265 -preset fast -crf 30 -x265-params {_QUIET}:deblock=0:sao=0"),
    "x265 of 10 bits": ("h265", f"libx265 -preset fast -crf 28 -pix_fmt yuv420p10le -x265-params {_QUIET}"),
    "libjpeg 35": ("jpeg", "35"),
    "libjpeg 95": ("jpeg", "95"),
    "libjpeg progressive": ("jpeg", "75 progressive"),
    "libjpeg 4:2:2": ("jpeg", "80 4:2:2"),
    "libjpeg 4:4:4": ("jpeg", "80 4:4:4"),
    "ffmpeg mjpeg with standard tables": ("jpeg", "mjpeg -q:v 3 -huffman default -pix_fmt yuvj422p"),
}
"""By name: what must not be called damaged."""

_FORMS = {"h264": "h264", "h265": "hevc", "jpeg": "mjpeg"}
_LIBJPEG = {
    "optimized": [cv2.IMWRITE_JPEG_OPTIMIZE, 1],
    "progressive": [cv2.IMWRITE_JPEG_PROGRESSIVE, 1],
    "restarts": [cv2.IMWRITE_JPEG_RST_INTERVAL, 40],
    "4:2:2": [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422],
    "4:4:4": [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444],
}


def encoded(picture: Picture, kind: Kind, how: str) -> bytes:
    """Encode one picture."""
    first, *rest = how.split()
    if first.isdigit():
        options = [cv2.IMWRITE_JPEG_QUALITY, int(first)] + [value for name in rest for value in _LIBJPEG[name]]
        return cv2.imencode(".jpg", picture, options)[1].tobytes()
    height, width = picture.shape[:2]
    given = f"ffmpeg -v error -nostdin -f rawvideo -pix_fmt bgr24 -s {width}x{height} -i pipe:0 -frames:v 1"
    form = [] if "-pix_fmt" in rest else ["-pix_fmt", "yuv420p"]
    command = [*given.split(), *form, "-threads", "1", "-c:v", first, *rest, "-f", _FORMS[kind], "pipe:1"]
    return subprocess.run(command, input=picture.tobytes(), capture_output=True, check=True, timeout=100).stdout

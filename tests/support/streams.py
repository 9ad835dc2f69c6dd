"""Streams of real encoders, as one byte stream each, and what decoders show of them."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, cast
from unittest import mock

import cv2
import numpy as np
import numpy.typing as npt

from masking.bitstream.units import units
from masking.worker import decode

Kind = Literal["h264", "h265"]
Picture = npt.NDArray[np.uint8]

_PYTHON = "/usr/bin/python3"  # which has the system's GStreamer
_GSTREAMER = """
import sys, gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
Gst.init(None)
for number, text in enumerate(sys.argv[2:]):
    pipeline = Gst.parse_launch(f"{text} ! filesink location={sys.argv[1]}/{number}")
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if not message or message.type != Gst.MessageType.EOS:
        sys.exit(f"{text}: {message and message.parse_error()}")
"""


_MADE: dict[tuple[object, ...], bytes] = {}


def by_ffmpeg(kind: Kind, *arguments: str, size: str = "176x144", frames: int = 3) -> bytes:
    """A moving test picture, encoded by x264 or x265 in ffmpeg."""
    encode_at_once(kind, [arguments], size, frames)
    return _MADE[kind, arguments, size, frames]


def encode_at_once(kind: Kind, rows: Iterable[tuple[str, ...]], size: str = "176x144", frames: int = 3) -> None:
    """Encode it in each of these ways for `by_ffmpeg`, in one run: most of what a run costs is its start."""
    missing = [row for row in dict.fromkeys(rows) if (kind, row, size, frames) not in _MADE]
    if not missing:
        return
    with TemporaryDirectory() as folder:
        command = ["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", f"testsrc2=size={size}:rate=5"]
        for number, row in enumerate(missing):
            command += ["-frames:v", str(frames), *_encoder(kind, row), str(Path(folder, str(number)))]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        for number, row in enumerate(missing):
            _MADE[kind, row, size, frames] = Path(folder, str(number)).read_bytes()


def _encoder(kind: Kind, arguments: tuple[str, ...]) -> list[str]:
    if kind == "h264":
        return ["-c:v", "libx264", *arguments, "-f", "h264"]
    given = dict(zip(arguments[::2], arguments[1::2], strict=True))
    params = given.get("-x265-params", "")
    # Threads of its own are slow where cores are few, and slices are made by threads only.
    quiet = "log-level=error" if "slices" in params else "log-level=error:pools=none"
    given["-x265-params"] = ":".join((quiet, params)).rstrip(":")
    return ["-c:v", "libx265", *(part for pair in given.items() for part in pair), "-f", "hevc"]


BALL = "video/x-raw,width=176,height=144,framerate=5/1"
_LAUNCHED: dict[tuple[str, str, int], bytes] = {}


def by_gstreamer(pipeline: str, source: str = BALL, frames: int = 3) -> bytes:
    """A moving test picture, encoded by elements of GStreamer."""
    launch_at_once([pipeline], source, frames)
    return _LAUNCHED[pipeline, source, frames]


def launch_at_once(pipelines: Iterable[str], source: str = BALL, frames: int = 3) -> None:
    """Encode it in each of these ways for `by_gstreamer`, in one program: loading GStreamer costs more than they do."""
    missing = [each for each in dict.fromkeys(pipelines) if (each, source, frames) not in _LAUNCHED]
    if not missing:
        return
    texts = [f"videotestsrc pattern=ball num-buffers={frames} ! {source} ! {each}" for each in missing]
    with TemporaryDirectory() as folder:
        command = [_PYTHON, "-c", _GSTREAMER, folder, *texts]
        ran = subprocess.run(command, capture_output=True, timeout=120, check=False)
        assert ran.returncode == 0, ran.stderr.decode()
        for number, each in enumerate(missing):
            _LAUNCHED[each, source, frames] = Path(folder, str(number)).read_bytes()


def split(data: bytes) -> list[bytes]:
    """The units of a stream, without start codes."""
    return [data[begin:end] for begin, end in units(data)]


def shown(data: bytes) -> Picture | None:
    """What OpenCV shows of a byte stream, opened as the picture worker does."""
    unset = {name: value for name, value in decode.ENVIRONMENT.items() if name not in os.environ}
    source = io.BytesIO(data)
    with mock.patch.dict(os.environ, unset):
        capture = cv2.VideoCapture(cast(Any, source), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        picture = capture.read()[1] if capture.isOpened() else None
        capture.release()
    return None if picture is None else np.asarray(picture, np.uint8)


@cache
def shown_by_ffmpeg(data: bytes, kind: Kind, pixels: str = "bgr24") -> bytes:
    """What the ffmpeg program shows of the first picture of a byte stream, as raw bytes."""
    muxer = "h264" if kind == "h264" else "hevc"
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        muxer,
        "-i",
        "-",
        "-frames:v",
        "1",
        "-pix_fmt",
        pixels,
        "-f",
        "rawvideo",
        "-",
    ]
    return subprocess.run(command, input=data, capture_output=True, timeout=60, check=False).stdout

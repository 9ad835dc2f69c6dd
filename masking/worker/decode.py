"""Decodes one encoded picture to one BGR array, from memory, or fails. Runs in the locked-down child only.

A damaged picture is an error, never a picture: a decoder fills gaps with flat areas, which resemble a mask. So what
decoders print is read back and judged, and whether FFmpeg used all of the slices is tested (`whole.py`).
"""

import base64
import ctypes
import io
import os
import re
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast

import cv2
import numpy as np
import numpy.typing as npt

from masking.bitstream import h264, h265, jpeg
from masking.bitstream.jpeg import FILLING_BYTES, Jpeg
from masking.bitstream.jpeg_levels import wide_levels
from masking.bitstream.picture import AccessUnit, NotAPicture, Refusal
from masking.worker.levels import are_possible
from masking.worker.whole import Again, is_whole

Bgr = npt.NDArray[np.uint8]

MAX_PIXELS = 64 * 1024 * 1024
"""The largest picture that is decoded: beyond any camera (a 48 MP panorama has 50 million)."""

ENVIRONMENT: Final[dict[str, str]] = {
    "OPENCV_IO_MAX_IMAGE_PIXELS": str(MAX_PIXELS),
    "OPENCV_FFMPEG_LOGLEVEL": "32",  # AV_LOG_INFO: from here on FFmpeg says that it conceals errors
    "OPENCV_LOG_LEVEL": "OFF",
}
"""The child's required environment before OpenCV is imported."""

_OPTIONS_NAME: Final = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
"""OpenCV reads it with each capture that it opens."""

_OPTIONS: Final = "format_whitelist;{codec}|input_format;{codec}|codec_whitelist;{ahead}|video_codec;{codec}|threads;1"
"""The decoder's own wall: this one demuxer, nothing is probed for, and this one decoder.

`codec_whitelist` applies only to probing before the decoder is chosen: with `none` nothing is decoded there, which
spares decoding each picture twice. `video_codec` names the decoder."""

_DAMAGE: Final = re.compile(
    rb"OPENCV:FFMPEG:(?:16|8|0)\]|error while decoding|concealing|unavailable for requested|Invalid NAL|corrupt"
)
"""Signs of an incomplete picture: FFmpeg's errors (AV_LOG_ERROR and worse), and its words for concealment.

Among the errors is that colours could not be converted, after which OpenCV 5.0.0 hands out memory that nobody has
written."""

_JPEG_DAMAGE: Final = re.compile(rb"Corrupt|Premature end|Invalid|Inconsistent")
"""Signs of wrong or missing data in what libjpeg prints, which paints grey or noise over it."""

_LEFT_OVER: Final = re.compile(rb"Corrupt JPEG data: (\d{1,9}) extraneous bytes before marker 0xd9")

_KINDS: Final = {"h264": (h264.read, "h264"), "h265": (h265.read, "hevc")}
"""By kind: who reads the bitstream, and what FFmpeg calls its demuxer and decoder."""

_WARM_UP_H264 = (
    "AAABZ2QACqy0ITYCIAAAAwAgAAAGUeJE1AAAAWjvBHLAAAABZYiEBL/6fw/Ff2F9lBqplGekvDAt4kBWRdmF/jqx"  # 64x64, grey
)
_WARM_UP_H265 = (
    "AAABQAEMAf//AWAAAAMAkAAAAwAAAwAeugJAAAABQgEBAWAAAAMAkAAAAwAAAwAeoCCBBZbqSTK8BaAgAAADACAAAAMDIQAAAUQBwXK0IkAAAA"
    "EoAa9Y+IFb+5ckvnA="
)


_C = ctypes.CDLL(None)


class DecodeError(Exception):
    """The bytes are not one whole picture. `reason`: `undecodable`, `damaged` or `too-large`."""

    def __init__(self, reason: Refusal, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded picture, and how many units of unknown type were dropped from its bitstream."""

    picture: Bgr
    dropped_units: int = 0


def decode(data: bytes, kind: str, complaints: int) -> Decoded:
    """Decode a JPEG, or the first key picture of an H.264 or H.265 byte stream.

    `bitstream/` parses and rewrites everything that reaches a decoder, so that it is that and nothing else.

    Args:
        data: The whole encoded picture.
        kind: `jpeg`, `h264` or `h265`.
        complaints: Non-blocking file descriptor at whose other end standard output and standard error write.

    Raises:
        DecodeError: Not a picture, not whole, or larger than MAX_PIXELS.
    """
    try:
        if kind == "jpeg":
            return Decoded(_decode_jpeg(jpeg.rewrite(data, MAX_PIXELS), complaints))
        if kind in _KINDS:
            read, codec = _KINDS[kind]
            unit = read(data, MAX_PIXELS)
            return Decoded(_decode_unit(unit, codec, complaints), unit.dropped_units)
    except NotAPicture as refused:
        raise DecodeError(refused.reason, str(refused)) from None
    raise DecodeError("undecodable", f"no decoder for {kind}")


def _decode_jpeg(written: Jpeg, complaints: int) -> Bgr:
    """Decode a JPEG without turning it by its EXIF orientation: zones are in the frame as the camera stores it."""
    data = written.data
    _read_all(complaints)
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        picture = None
    decoded = _checked(picture)
    said = _LEFT_OVER.sub(lambda found: _padding(data, int(found[1])), _read_all(complaints))
    if _JPEG_DAMAGE.search(said):
        raise DecodeError("damaged", "the picture is damaged: its coded data ends too early or too late, or is none")
    wide = wide_levels(data)
    possible = wide is None or are_possible(wide, written.unit_px)
    _read_all(complaints)
    if not possible:
        raise DecodeError("damaged", "the picture is damaged: a block of it has a level that no sample has")
    return decoded


def _padding(data: bytes, count: int) -> bytes:
    """What is said of bytes left over before the end: nothing where they are few and all alike, as encoders fill up."""
    filling = data[-2 - count : -2].replace(b"\xff\0", b"\xff")
    return b"" if count <= FILLING_BYTES and len(set(filling)) == 1 else b"Corrupt"


def _decode_unit(unit: AccessUnit, codec: str, complaints: int) -> Bgr:
    """Decode one picture, which must have the size in its bitstream."""
    # Without looking ahead, OpenCV 5.0.0 shrinks a picture of H.265 to its default display window.
    for ahead in ("none", codec):
        options = _OPTIONS.format(codec=codec, ahead=ahead)
        picture, said = _first_picture(unit.data, options, complaints)
        if not isinstance(picture, np.ndarray) or picture.shape[:2] == (unit.height_px, unit.width_px):
            again = partial(_again, options=options, complaints=complaints)
            return _whole(unit, picture, said, again, is_silent=codec == "hevc")
    raise DecodeError("undecodable", "the decoder makes another size of the picture than its bitstream tells")


def _first_picture(data: bytes, options: str, complaints: int) -> tuple[object, bytes]:
    """FFmpeg's picture and its messages while decoding; those while opening do not count: it probes ahead then."""
    os.environ[_OPTIONS_NAME] = options
    source = io.BytesIO(data)  # must live until the capture is released: OpenCV keeps no reference of its own
    capture = None
    picture: object = None
    try:
        # OpenCV's stubs want its own reader class; what it really asks for is an object with read and seek.
        capture = cv2.VideoCapture(cast(Any, source), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        if capture.isOpened():
            _read_all(complaints)
            _, picture = capture.read()
    except cv2.error:
        picture = None
    finally:
        said = _read_all(complaints)
        if capture is not None:
            capture.release()
        source.close()
        del os.environ[_OPTIONS_NAME]  # whatever is opened next here is not bound by it
    return picture, said


def _again(data: bytes, options: str, complaints: int) -> Bgr | None:
    picture, said = _first_picture(data, options, complaints)
    return picture if isinstance(picture, np.ndarray) and not _DAMAGE.search(said) else None


def _whole(unit: AccessUnit, picture: object, said: bytes, again: Again, *, is_silent: bool) -> Bgr:
    decoded = _checked(picture)
    if _DAMAGE.search(said):
        raise DecodeError("damaged", "the picture is damaged: the decoder had to paint over missing parts")
    if _unpainted_ratio(decoded) > 0.002:
        raise DecodeError("damaged", "the picture is not whole: the decoder left parts of it empty")
    if not is_whole(unit, decoded, again, is_silent=is_silent):
        raise DecodeError("damaged", "the picture is damaged: its slices do not end where its coded data does")
    return decoded


def warm_up(complaints: int) -> None:
    """Decode one tiny picture of each kind, so that later nothing is opened or loaded. Raises DecodeError."""
    _, encoded = cv2.imencode(".jpg", np.full((32, 32, 3), 128, np.uint8))
    decode(encoded.tobytes(), "jpeg", complaints)
    decode(base64.b64decode(_WARM_UP_H264), "h264", complaints)
    decode(base64.b64decode(_WARM_UP_H265), "h265", complaints)


def _checked(picture: object) -> Bgr:
    """The decoded array, or an error for anything that is not a picture of at least 16x16 pixels."""
    if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise DecodeError("undecodable", "no picture could be decoded from the data")
    height, width = picture.shape[:2]
    if min(height, width) < 16:
        raise DecodeError("undecodable", f"the picture has only {width}x{height} pixels")
    if height * width > MAX_PIXELS:
        raise DecodeError("too-large", f"the picture has {width}x{height} pixels")
    return picture


def _unpainted_ratio(picture: Bgr) -> float:
    """Share of pixels whose luma and chroma are all zero: a frame buffer's start value, which no encoder sends."""
    empty = cv2.inRange(picture, np.array((0, 130, 0), np.uint8), np.array((0, 158, 0), np.uint8))
    return float(cv2.countNonZero(empty)) / empty.size


def _read_all(descriptor: int) -> bytes:
    """What libraries have printed so far; OpenCV prints FFmpeg's words through C's buffered standard output."""
    _C.fflush(None)
    said = b""
    while True:
        try:
            part = os.read(descriptor, 65536)
        except BlockingIOError:
            return said
        if not part:
            return said
        said += part

"""One encoded picture to one BGR array, from memory, or a DecodeError. Runs in the locked-down child only.

A damaged picture is an error, never a picture: a decoder that paints over what it lacks paints flat areas, and a flat
area looks like a mask. So a JPEG must end as it should, and what FFmpeg says while it decodes is read back and judged.
An H.265 slice that was cut in the middle is not noticed by FFmpeg; whoever fetches a keyframe must fetch it whole.
"""

from __future__ import annotations

import base64
import ctypes
import io
import os
from typing import Any, Final, Literal, cast

import cv2
import numpy as np
import numpy.typing as npt

Bgr = npt.NDArray[np.uint8]

MAX_PIXELS = 64 * 1024 * 1024
"""The largest picture that is decoded: beyond any camera (a 48 MP panorama has 50 million)."""

ENVIRONMENT: Final[dict[str, str]] = {
    "OPENCV_IO_MAX_IMAGE_PIXELS": str(MAX_PIXELS),
    # Only raw H.264 and H.265, and these three containers of it, may be found in the bytes: no playlists, no other
    # codecs. `decode` tells them apart by their first bytes before FFmpeg sees them.
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": (
        "format_whitelist;h264,hevc,mov,mpegts,matroska|codec_whitelist;h264,hevc|threads;1"
    ),
    "OPENCV_FFMPEG_LOGLEVEL": "32",  # AV_LOG_INFO: from here on FFmpeg says that it conceals errors
    "OPENCV_LOG_LEVEL": "OFF",
}
"""What the child's environment must hold before OpenCV is imported."""

_DAMAGE = (b"error while decoding", b"concealing", b"unavailable for requested", b"Invalid NAL", b"corrupt")

_CONTAINERS: Final = {"mp4": (4, b"ftyp"), "mpegts": (0, b"\x47"), "matroska": (0, b"\x1a\x45\xdf\xa3")}
"""Where the containers' first mark stands, and what it is."""

_WARM_UP_H264 = (
    "AAABZ2QACqy0ITYCIAAAAwAgAAAGUeJE1AAAAWjvBHLAAAABZYiEBL/6fw/Ff2F9lBqplGekvDAt4kBWRdmF/jqx"  # 64x64, grey
)
_WARM_UP_H265 = (
    "AAABQAEMAf//AWAAAAMAkAAAAwAAAwAeugJAAAABQgEBAWAAAAMAkAAAAwAAAwAeoCCBBZbqSTK8BaAgAAADACAAAAMDIQAAAUQBwXK0IkAAAA"
    "EoAa9Y+IFb+5ckvnA="
)


_C = ctypes.CDLL(None)


class DecodeError(Exception):
    """The bytes are not one whole picture. `reason`: `undecodable` or `too-large`."""

    def __init__(self, reason: Literal["undecodable", "too-large"], detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def decode(data: bytes, kind: str, complaints: int) -> Bgr:
    """Decode a JPEG, one Annex-B keyframe, or the first picture of a recorded segment.

    Args:
        data: The whole encoded picture, or the beginning of a segment.
        kind: `jpeg`, `h264`, `h265`, `mp4`, `mpegts` or `matroska`.
        complaints: Non-blocking file descriptor at whose other end standard output and standard error write.

    Raises:
        DecodeError: Not a picture, not whole, or larger than MAX_PIXELS.
    """
    if kind == "jpeg":
        return decode_jpeg(data)
    if kind in ("h264", "h265"):
        return decode_keyframe(data, complaints)
    if kind in _CONTAINERS:
        return decode_segment(data, kind, complaints)
    raise DecodeError("undecodable", f"no decoder for {kind}")


def decode_jpeg(data: bytes) -> Bgr:
    """Decode a JPEG without turning it by its EXIF orientation: zones are in the frame as the camera stores it."""
    if not data.startswith(b"\xff\xd8\xff"):
        raise DecodeError("undecodable", "the data does not begin as a JPEG does")
    if data.rfind(b"\xff\xd9") < 0:
        raise DecodeError("undecodable", "the JPEG has no end: it was cut off")
    size = jpeg_size(data)
    if size is None:
        raise DecodeError("undecodable", "the JPEG says nothing about its size")
    if size[0] * size[1] > MAX_PIXELS:
        raise DecodeError("too-large", f"the JPEG has {size[0]}x{size[1]} pixels")
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        picture = None
    return _checked(picture)


def decode_keyframe(data: bytes, complaints: int) -> Bgr:
    """Decode the first picture of an Annex-B byte stream (ITU-T H.264 or H.265, annex B)."""
    if not data.startswith((b"\0\0\1", b"\0\0\0\1")):
        raise DecodeError("undecodable", "the data does not begin with a start code")
    picture, said = _first_picture(data, complaints)
    return _whole(picture, said)


def decode_segment(data: bytes, kind: str, complaints: int) -> Bgr:
    """Decode the first picture of a segment of which only the beginning may be there.

    Source: ISO/IEC 14496-12 (`mp4`), ISO/IEC 13818-1 (`mpegts`), RFC 9559 (`matroska`).
    """
    at, mark = _CONTAINERS[kind]
    if data[at : at + len(mark)] != mark:
        raise DecodeError("undecodable", f"the data does not begin as {kind} does")
    picture, said = _first_picture(data, complaints)
    return _whole(picture, said)


def _first_picture(data: bytes, complaints: int) -> tuple[object, bytes]:
    """What FFmpeg makes of the bytes, and what it said while it decoded the picture.

    What it says while it opens them does not count: it looks ahead then, into the cut-off end of a segment.
    """
    source = io.BytesIO(data)  # must live until the capture is released: OpenCV keeps no reference of its own
    capture = None
    picture: object = None
    try:
        # OpenCV's stubs want its own reader class; what it really asks for is an object with read and seek.
        capture = cv2.VideoCapture(cast(Any, source), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        if capture.isOpened():
            pixels = capture.get(cv2.CAP_PROP_FRAME_WIDTH) * capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
            if pixels > MAX_PIXELS:
                raise DecodeError("too-large", f"the picture has {pixels:.0f} pixels")
            _read_all(complaints)
            _, picture = capture.read()
    except cv2.error:
        picture = None
    finally:
        said = _read_all(complaints)
        if capture is not None:
            capture.release()
        source.close()
    return picture, said


def _whole(picture: object, said: bytes) -> Bgr:
    decoded = _checked(picture)
    if any(word in said for word in _DAMAGE):
        raise DecodeError("undecodable", "the picture is damaged: the decoder had to paint over missing parts")
    if _unpainted_ratio(decoded) > 0.002:
        raise DecodeError("undecodable", "the picture is not whole: the decoder left parts of it empty")
    return decoded


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height that a JPEG's frame header claims, or None (ITU-T T.81, B.2.2)."""
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = int.from_bytes(data[at + 5 : at + 7]), int.from_bytes(data[at + 7 : at + 9])
            return (width, height) if width and height else None
        elif marker == 0x01 or 0xD0 <= marker <= 0xD7:
            at += 2
        elif marker in (0xD9, 0xDA):
            return None
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None


def warm_up(complaints: int) -> None:
    """Decode one tiny picture of each kind, so that nothing has to be opened or loaded later.

    Raises:
        DecodeError: This build of OpenCV cannot decode one of them.
    """
    _, encoded = cv2.imencode(".jpg", np.full((32, 32, 3), 128, np.uint8))
    decode_jpeg(encoded.tobytes())
    decode_keyframe(base64.b64decode(_WARM_UP_H264), complaints)
    decode_keyframe(base64.b64decode(_WARM_UP_H265), complaints)


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

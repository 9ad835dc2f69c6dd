"""Fuzzing targets of the readers that stand before the picture decoders: H.264 and H.265 units, and JPEG.

Beyond their contract, what they let through must hold by their own measure: read again, it is the same picture, and
nothing is left to drop.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import suppress

import cv2
import numpy as np
from bitwriter import Writer, pps_h264, pps_h265, slice_h264, slice_h265, sps_h264, sps_h265, stream, vps_h265
from camera_sets import H264, H265
from jpegs import ENCODINGS, encoded, without

from fuzz.target import Target
from masking.bitstream import h264, h265, jpeg
from masking.bitstream.picture import AccessUnit, NotAPicture

MAX_PIXELS = 64 * 1024 * 1024
READERS: tuple[Callable[[bytes, int], AccessUnit], ...] = (h264.read, h265.read)


def _units(data: bytes) -> object:
    read = READERS[(data[0] if data else 0) % 2]
    unit = read(data[1:], MAX_PIXELS)
    again = read(unit.data, MAX_PIXELS)
    assert (again.data, again.width_px, again.height_px) == (unit.data, unit.width_px, unit.height_px)
    assert again.dropped_units <= 1, "something was let through that is no part of the picture"
    assert unit.width_px * unit.height_px <= MAX_PIXELS
    return unit


def _unit_seeds() -> Iterator[bytes]:
    """Yield pictures by hand, and the sets of real devices before a slice."""
    grey = [bytes((90,)) * 384] * 4
    yield b"\0" + stream([sps_h264(), pps_h264(), slice_h264(grey[:2]), slice_h264(grey[:2], first=2)])
    fields = (slice_h264(grey[:2], field="10"), slice_h264(grey[:2], field="11", idr=None))
    yield b"\0" + stream([sps_h264(frames="00", rows=1), pps_h264(), b"\x09\x10", *fields])
    yield b"\0" + stream([sps_h264(frames="01", rows=1), pps_h264(), slice_h264(grey, field="0"), b"\x41\x9a\x80"])
    dependent = (slice_h265(), slice_h265(0, address="0" + "01"), slice_h265(0, address="1" + "10", kind=-1))
    yield b"\1" + stream([vps_h265(layers=2), sps_h265(size=(128, 128)), pps_h265(dependent=1), *dependent])
    window = "1" + "0" * 4 + "000" + "1" + Writer().ue(0, 0, 2, 2).text + "00"
    yield b"\1" + stream([vps_h265(), sps_h265(vui=window), pps_h265(), slice_h265()])
    for texts, _ in H264.values():
        yield b"\0" + stream([*(base64.b64decode(text).rstrip(b"\0") for text in texts), b"\x65\x88\x84\0\x21\xff"])
    for texts, _ in H265.values():
        yield b"\1" + stream([*(base64.b64decode(text).rstrip(b"\0") for text in texts), b"\x26\1\xaf\x09\x40\xff"])


def _jpeg(data: bytes) -> object:
    whole: object = None
    with suppress(NotAPicture):
        whole = jpeg.plain_size(data, 400, 400)
    walked = jpeg.rewrite(data, MAX_PIXELS)
    again = jpeg.rewrite(walked.data, MAX_PIXELS)
    assert again.data == walked.data and again.end == len(again.data) and walked.end <= len(data)
    assert whole in (None, (walked.width_px, walked.height_px))
    return walked


def _jpeg_seeds() -> Iterator[bytes]:
    for name in ENCODINGS:
        yield _small(name)
    yield without(_small("plain"), 0xC4)
    yield without(_small("plain"), 0xE0)
    yield encoded()


def _small(name: str) -> bytes:
    ramp = np.linspace(0, 255, 40 * 24 * 3).reshape(24, 40, 3).astype(np.uint8)
    return cv2.imencode(".jpg", ramp, ENCODINGS[name])[1].tobytes()


BITSTREAMS = {
    "units": Target(_units, (NotAPicture,), _unit_seeds, replays=600),
    "jpeg": Target(_jpeg, (NotAPicture,), _jpeg_seeds, replays=600),
}

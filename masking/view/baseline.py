"""Encodes and decodes the descriptor of an approved view: a small grey picture, its light mode, and a digest.

Pure Python: the daemon stores the bytes and hands them back to the worker. A descriptor is a picture of a real place:
it is never printed, logged or reported; its digest may be.

Layout, big-endian: `CWVB`, version (1 byte), light mode (1), pictures behind the median (2), width (2), height
(2), SHA-256 of the grey values (32), then the grey values, row by row, as one zlib stream (RFC 1950) and nothing after.
"""

import hashlib
import struct
import zlib
from dataclasses import dataclass, field
from typing import Final

from masking.view.model import LIGHT_MODES, LightMode

VERSION: Final = 1
MAX_SIDE_PX: Final = 1280
MAX_PIXELS: Final = 640 * 640
"""A descriptor's longer side has 640 pixels: a square picture is the largest."""

MAX_BYTES: Final = 512 * 1024
"""No descriptor is longer: MAX_PIXELS that cannot be compressed, with zlib's few bytes on top."""

MAX_PICTURES: Final = 0xFFFF

_MAGIC = b"CWVB"
_HEAD = struct.Struct(">4sBBHHH32s")


class BaselineError(ValueError):
    """Bytes that are no descriptor. `reason`: `not-a-baseline`, `other-version`, `damaged`, `too-large`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A small grey view: `width_px * height_px` luma values, row by row, the median of so many `pictures`."""

    light: LightMode
    width_px: int
    height_px: int
    pictures: int
    grey: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of the grey values, in hexadecimal: may be reported."""
        return hashlib.sha256(self.grey).hexdigest()


def encode(descriptor: Descriptor) -> bytes:
    """Write a descriptor as bytes. Raises BaselineError: `too-large`, or sizes that do not fit (`damaged`)."""
    width, height = descriptor.width_px, descriptor.height_px
    _check_size(width, height)
    if len(descriptor.grey) != width * height or not 1 <= descriptor.pictures <= MAX_PICTURES:
        raise BaselineError("damaged", "the descriptor's sizes do not fit its values")
    light = LIGHT_MODES.index(descriptor.light)
    digest = hashlib.sha256(descriptor.grey).digest()
    head = _HEAD.pack(_MAGIC, VERSION, light, descriptor.pictures, width, height, digest)
    return head + zlib.compress(descriptor.grey, 6)


def light_of(data: bytes) -> LightMode:
    """Return the light mode of bytes that `decode` has read before, without unpacking them. Raises BaselineError."""
    return LIGHT_MODES[_head(data)[0]]


def decode(data: bytes) -> Descriptor:
    """Decode an untrusted descriptor, sizes capped first. Raises BaselineError for damage or another version."""
    light, pictures, width, height, digest = _head(data)
    unpacker = zlib.decompressobj()
    try:
        grey = unpacker.decompress(data[_HEAD.size :], width * height + 1)
    except zlib.error:
        raise BaselineError("damaged", "the descriptor's picture cannot be unpacked") from None
    if len(grey) != width * height or not unpacker.eof or unpacker.unused_data:
        raise BaselineError("damaged", "the descriptor's picture has another size than its head says")
    if hashlib.sha256(grey).digest() != digest:
        raise BaselineError("damaged", "the descriptor's picture is not the one that it was made of")
    return Descriptor(LIGHT_MODES[light], width, height, pictures, grey)


def decode_or_none(data: bytes) -> Descriptor | None:
    """Return what `decode` does, and None where it raises."""
    try:
        return decode(data)
    except BaselineError:
        return None


def _head(data: bytes) -> tuple[int, int, int, int, bytes]:
    """Return the number of the light mode, pictures, width, height and digest. Raises BaselineError."""
    if len(data) < _HEAD.size or not data.startswith(_MAGIC):
        raise BaselineError("not-a-baseline", "the bytes are not a view's descriptor")
    if len(data) > MAX_BYTES:
        raise BaselineError("too-large", f"the descriptor has {len(data)} bytes")
    _, version, light, pictures, width, height, digest = _HEAD.unpack_from(data)
    if version != VERSION:
        raise BaselineError(
            "other-version", f"the descriptor is of version {version}, and this program reads {VERSION}"
        )
    if light >= len(LIGHT_MODES) or not pictures:
        raise BaselineError("damaged", "the descriptor's head makes no sense")
    _check_size(width, height)
    return light, pictures, width, height, digest


def _check_size(width: int, height: int) -> None:
    if not (1 <= width <= MAX_SIDE_PX and 1 <= height <= MAX_SIDE_PX):
        raise BaselineError("damaged", f"a picture of {width}x{height} pixels")
    if width * height > MAX_PIXELS:
        raise BaselineError("too-large", f"a picture of {width}x{height} pixels")

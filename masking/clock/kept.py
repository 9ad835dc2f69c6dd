"""Encodes learned glyphs as bounded bytes for the file of a camera; decoding believes none of them.

They are the drawing of a font, nothing of a scene: means of what many looks had in common. All the same they belong to
one camera and path, stand in a file of mode 0600, and are in no bundle and no report.
"""

import struct
import zlib
from typing import Final

import numpy as np

from masking.clock.digits import Hours
from masking.clock.glyphs import Array, Glyphs, Layout, Template
from masking.clock.orders import GROUPS, DatePlace, Order

MAX_GLYPHS_BYTES: Final = 120_000
MAX_SIDE_PX: Final = 8192
MAX_CELL_PX: Final = 128
MAGIC: Final = b"CWCL1"
_HEAD: Final = struct.Struct(">5sHHBBBBHBBBB6H2H8Hf")
_HOURS: Final[tuple[Hours, ...]] = ("24", "12", "undecided")
_ORDERS: Final[tuple[Order, ...]] = tuple(GROUPS)
_MEAN: Final = 25.0
_WEIGHT: Final = 30.0


class GlyphsError(ValueError):
    """The bytes are no glyphs of ours."""


def encode(glyphs: Glyphs) -> bytes:
    """Return glyphs as bytes. Raises GlyphsError where they would have more than they may."""
    layout, date = glyphs.layout, glyphs.date
    head = _HEAD.pack(
        MAGIC, glyphs.width_px, glyphs.height_px, _HOURS.index(glyphs.hours),
        len(_ORDERS) if date is None else _ORDERS.index(date.order), layout.scale, int(layout.unsigned), layout.top,
        layout.high, layout.wide, layout.colon_wide, len(glyphs.digits) // 10, *layout.lefts, *layout.colons,
        *((0,) * 8 if date is None else date.lefts), glyphs.least,
    )  # fmt: skip
    body = b"".join(
        np.clip(np.round(one.mean * _MEAN), -127, 127).astype(np.int8).tobytes()
        + np.clip(np.round(one.weight * _WEIGHT), 1, 255).astype(np.uint8).tobytes()
        for one in (*glyphs.digits, *glyphs.colons)
    )
    data = head + zlib.compress(body, 6)
    if len(data) > MAX_GLYPHS_BYTES:
        raise GlyphsError("glyphs with more bytes than they may have")
    return data


def decode(data: bytes) -> Glyphs:
    """Return the glyphs that `encode` wrote. Raises GlyphsError."""
    if not _HEAD.size < len(data) <= MAX_GLYPHS_BYTES:
        raise GlyphsError("glyphs of no such size")
    magic, width, height, hours, order, scale, unsigned, top, high, wide, dots, drawings, *rest = _HEAD.unpack_from(
        data
    )
    lefts, colons, dates, least = tuple(rest[:6]), tuple(rest[6:8]), tuple(rest[8:16]), float(rest[16])
    sane = (
        magic == MAGIC
        and width and height
        and hours < len(_HOURS)
        and order <= len(_ORDERS)
        and scale in (1, 2)
        and unsigned in (0, 1)
        and drawings in (1, 2)
        and all(4 <= side <= MAX_CELL_PX for side in (high, wide, dots))
        and max(top, *lefts, *colons, *dates) <= MAX_SIDE_PX
        and list(lefts) == sorted(lefts)
        and lefts[0] + 10 * MAX_CELL_PX >= lefts[-1]
        and 0 <= least <= 1
    )  # fmt: skip
    if not sane:
        raise GlyphsError("glyphs of another kind")
    sizes = [high * wide] * 10 * drawings + [high * dots] * 2
    inflate = zlib.decompressobj()
    try:
        body = inflate.decompress(data[_HEAD.size :], 2 * sum(sizes) + 1)
    except zlib.error:
        raise GlyphsError("glyphs that are damaged") from None
    if len(body) != 2 * sum(sizes) or not inflate.eof:
        raise GlyphsError("glyphs that are cut off")
    templates, at = [], 0
    for size in sizes:
        templates.append(Template(_mean(body[at : at + size]), _weight(body[at + size : at + 2 * size])))
        at += 2 * size
    layout = Layout(
        scale=scale, unsigned=bool(unsigned), top=top, high=high, wide=wide, colon_wide=dots, lefts=lefts,
        colons=colons,
    )  # fmt: skip
    date = None if order == len(_ORDERS) else DatePlace(_ORDERS[order], dates)
    return Glyphs(width, height, layout, tuple(templates[:-2]), tuple(templates[-2:]), _HOURS[hours], least, date)


def _mean(raw: bytes) -> Array:
    return np.asarray(np.frombuffer(raw, np.int8).astype(np.float32) / _MEAN, np.float32)


def _weight(raw: bytes) -> Array:
    """Weights of at least one step: a template without any would fit everything."""
    return np.asarray(np.maximum(np.frombuffer(raw, np.uint8), 1) / _WEIGHT, np.float32)

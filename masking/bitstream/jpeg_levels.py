"""Writes a JPEG so that a decoder shows levels beyond the range of a byte: all steps are a quarter. Pure.

Each block's mean is sent as the difference from the block before it, so that a decoder which has lost its place for a
few blocks goes on with means that are off. Where they leave the range of samples, no encoder has sent them: but a
decoder limits them to it. With smaller steps the same numbers stand for less, and nothing is limited. The colours are
named as Adobe's that need no conversion, which would limit them, too.

Source: ITU-T T.81 clauses A.3.1, A.3.4, B.2.4.1 and F.1.1.5.1; ITU-T T.872 clause 6.5.3.
"""

from dataclasses import dataclass, field
from typing import Final

DIVISOR: Final = 4

_SOI: Final = b"\xff\xd8"
_ADOBE: Final = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0"
_APP0, _APP14, _DQT, _SOS, _EOI = 0xE0, 0xEE, 0xDB, 0xDA, 0xD9
_FRAMES: Final = range(0xC0, 0xC3)
_TABLE: Final = 64


@dataclass(frozen=True, slots=True)
class WideLevels:
    """A picture written so. By component: the `steps` of its means as they were, and as they are written."""

    data: bytes = field(repr=False)
    steps: tuple[tuple[int, int], ...]


def wide_levels(data: bytes) -> WideLevels | None:
    """Return a JPEG that `jpeg.rewrite` wrote with smaller steps; None where tables come between its scans."""
    parts, at = [_SOI, _ADOBE], len(_SOI)
    means: dict[int, tuple[int, int]] = {}
    of_components: tuple[int, ...] = ()
    while data[at + 1] != _SOS:
        marker, end = data[at + 1], at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : end]
        if marker == _DQT:
            body = _smaller(body, means)
        elif marker in _FRAMES:
            of_components = tuple(body[8::3])
        if marker not in (_APP0, _APP14):
            parts += (data[at : at + 4], body)
        at = end
    if data.find(bytes((0xFF, _DQT)), at) >= 0:
        return None
    return WideLevels(b"".join((*parts, data[at:])), tuple(means[table] for table in of_components))


def _smaller(body: bytes, means: dict[int, tuple[int, int]]) -> bytes:
    """Return tables with smaller steps, and note that of the means by the table's number, before and after."""
    found, at = bytearray(), 0
    while at < len(body):
        size = 1 + (body[at] >> 4)
        table = body[at + 1 : at + 1 + _TABLE * size]
        steps = [int.from_bytes(table[i : i + size], "big") for i in range(0, len(table), size)]
        smaller = [max(1, round(step / DIVISOR)) for step in steps]
        means[body[at] & 15] = steps[0], smaller[0]
        found += body[at : at + 1] + b"".join(step.to_bytes(size, "big") for step in smaller)
        at += 1 + len(table)
    return bytes(found)

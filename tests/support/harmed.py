"""Damages encoded pictures as lost packets, full buffers and bad storage do; seeded. For the tests and the bench."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

Draw = np.random.Generator

PACKET_BYTES = 1400
"""What one RTP packet carries of a large unit."""

_SLICE_FRONT_BYTES = 16
"""A slice's header is parsed by our own reader; damage there is another matter."""


def flipped(part: bytes, draw: Draw) -> bytes:
    """One bit is another."""
    return _flips(part, draw, 1)


def flipped_often(part: bytes, draw: Draw) -> bytes:
    """Ten bits are others."""
    return _flips(part, draw, 10)


def zeroed(part: bytes, draw: Draw) -> bytes:
    """16 to 2000 bytes are zeros."""
    begin, end = _range(part, draw, 16, 2000)
    return part[:begin] + bytes(end - begin) + part[end:]


def zeroed_to_its_end(part: bytes, draw: Draw) -> bytes:
    """The rest is zeros: a buffer that was not filled."""
    begin = int(draw.integers(1, len(part) - 1))
    return part[:begin] + bytes(len(part) - begin)


def cut(part: bytes, draw: Draw) -> bytes:
    """20 to 3000 bytes are missing in the middle."""
    begin, end = _range(part, draw, 20, 3000)
    return part[:begin] + part[end:]


def without_packets(part: bytes, draw: Draw) -> bytes:
    """One to three packets are missing, but the first and the last are there."""
    whole = (len(part) - 1) // PACKET_BYTES
    if whole < 2:
        return cut(part, draw)
    lost = set(draw.choice(np.arange(1, whole), min(int(draw.integers(1, 4)), whole - 1), replace=False).tolist())
    return b"".join(
        part[number * PACKET_BYTES : (number + 1) * PACKET_BYTES] for number in range(whole + 1) if number not in lost
    )


def truncated(part: bytes, draw: Draw) -> bytes:
    """The end is missing."""
    return part[: int(len(part) * draw.uniform(0.05, 0.97))]


def with_an_old_packet(part: bytes, draw: Draw) -> bytes:
    """A packet's bytes stand a second time, in the place of others."""
    size = min(PACKET_BYTES, len(part) // 3)
    here, there = draw.integers(0, len(part) - size, 2).tolist()
    return part[:there] + part[here : here + size] + part[there + size :]


HARMS: dict[str, Callable[[bytes, Draw], bytes]] = {
    "flipped": flipped,
    "flipped often": flipped_often,
    "zeroed": zeroed,
    "zeroed to its end": zeroed_to_its_end,
    "cut": cut,
    "without packets": without_packets,
    "truncated": truncated,
    "with an old packet": with_an_old_packet,
}
"""What happens to coded data, by name."""

CUT_OR_ZEROED = tuple(name for name in HARMS if name.startswith(("zeroed", "cut", "without", "truncated")))


def harmed(data: bytes, kind: str, harm: str, draw: Draw) -> bytes:
    """Return the picture with that harm done to its coded data, somewhere in it: headers and tables stay."""
    if kind == "jpeg":
        begin = coded_from(data)
        end = data.rindex(b"\xff\xd9")
        return data[:begin] + HARMS[harm](data[begin:end], draw) + data[end:]
    parts = units_of(data)
    slices = [
        number for number, part in enumerate(parts) if is_slice(part, kind) and len(part) > 4 * _SLICE_FRONT_BYTES
    ]
    sizes = np.array([len(parts[number]) for number in slices])
    number = int(draw.choice(slices, p=sizes / sizes.sum()))
    part = parts[number]
    parts[number] = part[:_SLICE_FRONT_BYTES] + HARMS[harm](part[_SLICE_FRONT_BYTES:], draw)
    if harm == "truncated":  # whatever came behind it did not come either
        parts = parts[: number + 1]
    return together(parts)


def without_a_slice(data: bytes, kind: str, draw: Draw) -> bytes | None:
    """Return the picture without one of its slices; None where it has one alone."""
    parts = units_of(data)
    slices = [number for number, part in enumerate(parts) if is_slice(part, kind)]
    if len(slices) < 2:
        return None
    lost = int(draw.choice(slices))
    return together([part for number, part in enumerate(parts) if number != lost])


def coded_from(data: bytes) -> int:
    """Where the coded data of a JPEG's first scan begins."""
    at = data.index(b"\xff\xda") + 2
    return at + int.from_bytes(data[at : at + 2], "big")


def units_of(data: bytes) -> list[bytes]:
    """The units of a byte stream."""
    starts = [found.start() for found in re.finditer(b"\0\0\1", data)]
    ends = [*starts[1:], len(data)]
    return [data[start + 3 : end].rstrip(b"\0") for start, end in zip(starts, ends, strict=True)]


def together(parts: list[bytes]) -> bytes:
    """A byte stream of units."""
    return b"".join(b"\0\0\0\1" + part for part in parts)


def is_slice(part: bytes, kind: str) -> bool:
    """Whether a unit is a slice of a picture."""
    return part[0] & 31 in (1, 5) if kind == "h264" else part[0] >> 1 & 63 < 32


def _flips(part: bytes, draw: Draw, count: int) -> bytes:
    out = bytearray(part)
    for at in draw.integers(0, len(out), count).tolist():
        out[at] ^= 1 << int(draw.integers(8))
    return bytes(out)


def _range(part: bytes, draw: Draw, least: int, most: int) -> tuple[int, int]:
    """A range of bytes, log-uniform in length, at most half of all."""
    size = min(round(float(np.exp(draw.uniform(np.log(least), np.log(most))))), len(part) // 2)
    begin = int(draw.integers(0, len(part) - size))
    return begin, begin + size

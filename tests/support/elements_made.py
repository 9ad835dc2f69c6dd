"""Writes Matroska files element by element."""

from __future__ import annotations

from collections.abc import Iterable

UNKNOWN = b"\x01" + b"\xff" * 7


def element(name: int, *parts: bytes, unknown: bool = False, width: int = 0) -> bytes:
    """Write an element; its size is of `width` bytes, or of as many as it needs, or not known."""
    head, body = name.to_bytes((name.bit_length() + 7) // 8, "big"), b"".join(parts)
    if unknown:
        return head + UNKNOWN + body
    width = width or next(n for n in range(1, 9) if len(body) < (1 << 7 * n) - 1)
    return head + (len(body) | 1 << 7 * width).to_bytes(width, "big") + body


def number(name: int, value: int) -> bytes:
    """Write an element that holds a number."""
    return element(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def header(kind: bytes = b"matroska", *more: bytes) -> bytes:
    """Write the EBML header."""
    return element(0x1A45DFA3, number(0x4286, 1), number(0x42F7, 1), *more, element(0x4282, kind), number(0x4287, 4))


def track(record: bytes, codec: bytes = b"V_MPEG4/ISO/AVC", one: int = 1, kind: int = 1, *more: bytes) -> bytes:
    """Write the entry of a track."""
    numbers = number(0xD7, one) + number(0x73C5, one) + number(0x83, kind)
    return element(0xAE, numbers, element(0x86, codec), element(0x63A2, record), *more)


def encoding(*fields: bytes) -> bytes:
    """Write how a track's frames are encoded."""
    return element(0x6D80, element(0x6240, *fields))


def stripped(prefix: bytes, scope: int = 1) -> bytes:
    """Write that a prefix was stripped off: off frames (1), private data (2), or both (3)."""
    return encoding(number(0x5032, scope), element(0x5034, number(0x4254, 3), element(0x4255, prefix)))


def simple(frame: bytes, one: int = 1, flags: int = 0x80, wide: bool = False) -> bytes:
    """Write a SimpleBlock."""
    return element(
        0xA3, (b"\x40" + bytes((one,)) if wide else bytes((0x80 | one,))) + b"\0\0" + bytes((flags,)) + frame
    )


def group(frame: bytes, one: int = 1, *more: bytes) -> bytes:
    """Write a BlockGroup."""
    return element(0xA0, element(0xA1, bytes((0x80 | one, 0, 0, 0)) + frame), *more)


def cluster(*blocks: bytes, unknown: bool = False) -> bytes:
    """Write a cluster."""
    return element(0x1F43B675, number(0xE7, 0), *blocks, unknown=unknown)


def file(tracks: Iterable[bytes], *clusters: bytes, unknown: bool = False, start: bytes | None = None) -> bytes:
    """Write a file."""
    rest = element(0x1654AE6B, *tracks), *clusters
    return (start if start is not None else header()) + element(0x18538067, *rest, unknown=unknown)

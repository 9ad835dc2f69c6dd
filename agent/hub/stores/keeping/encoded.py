"""Encodes the body of a stored report as what differs from an earlier one of its chain, and decodes its exact bytes.

A site tells much the same every quarter of an hour: deflated with the earlier body as dictionary, a health report takes
a tenth. The first byte says the form; no payload begins so, and one that was stored before is its own bytes. A
difference is always to a whole body: to read one takes two rows. Empty: dropped by age.

Source: RFC 1951 (deflate), RFC 1950 (preset dictionary; here without its header).
"""

import zlib
from collections.abc import Callable
from typing import Final

from agent.contract.payload_bounds import PAYLOAD_MAX_BYTES

WHOLE: Final = b"\x01"
DIFFERENCE: Final = b"\x02"
"""Followed by the id of the report with the whole body, eight bytes."""

_ID_BYTES: Final = 8
_RAW: Final = -zlib.MAX_WBITS
_LEVEL: Final = 6

_WINDOW: Final = (_RAW, zlib.DEF_MEM_LEVEL)
_SMALL_BYTES: Final = 8192
_SMALL_WINDOW: Final = (-13, 6)
"""Of a health report: as good, and a quarter of the memory to clear and to throw out of the processor's cache."""

# Deflate looks back 32 KiB at most: a longer body goes in blocks, each beside what stood at its place, and around it.
_BLOCK_BYTES: Final = 12_288
_AROUND_BYTES: Final = 10_000
_BLOCKS_MOST: Final = PAYLOAD_MAX_BYTES // _BLOCK_BYTES + 1


def whole(payload: bytes) -> bytes:
    """Return a body by itself."""
    packer = zlib.compressobj(_LEVEL, wbits=_RAW)
    return WHOLE + packer.compress(payload) + packer.flush()


def difference(payload: bytes, base_id: int, base: bytes) -> bytes:
    """Return what differs from the body of another report; `base` are its exact bytes."""
    packed = [DIFFERENCE, base_id.to_bytes(_ID_BYTES)]
    for start in range(0, len(payload), _BLOCK_BYTES):
        block, around = payload[start : start + _BLOCK_BYTES], _around(base, start)
        window = _SMALL_WINDOW if len(block) + len(around) <= _SMALL_BYTES else _WINDOW
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, *window, zdict=around)
        packed += [packer.compress(block), packer.flush()]
    return b"".join(packed)


def base_of(stored: bytes) -> int | None:
    """Return the id of the report to which a stored body is a difference, None for a whole or a dropped one."""
    return int.from_bytes(stored[1 : 1 + _ID_BYTES]) if stored[:1] == DIFFERENCE else None


def decoded(stored: bytes, read: Callable[[int], bytes]) -> bytes:
    """Return the exact bytes; what cannot be decoded stays as it is, and fits no digest.

    Args:
        stored: As it is stored.
        read: Returns the stored body of the report with an id; empty: it is not there.
    """
    try:
        if stored[:1] == WHOLE:
            found, rest = _inflated(stored[1:], b"", PAYLOAD_MAX_BYTES)
            return found if not rest else stored
        number = base_of(stored)
        base = read(number) if number is not None else b""
        if not base or base_of(base) is not None:
            return stored
        return _joined(stored[1 + _ID_BYTES :], decoded(base, read))
    except (zlib.error, ValueError):
        return stored


def _joined(data: bytes, base: bytes) -> bytes:
    blocks: list[bytes] = []
    while data:
        if len(blocks) == _BLOCKS_MOST:
            raise ValueError
        block, data = _inflated(data, _around(base, len(blocks) * _BLOCK_BYTES), _BLOCK_BYTES)
        blocks.append(block)
    return b"".join(blocks)


def _around(base: bytes, start: int) -> bytes:
    """Return what stood at the place of a block, and around it; from the end of a shorter body."""
    first = min(max(0, start - _AROUND_BYTES), max(0, len(base) - _BLOCK_BYTES))
    return base[first : start + _BLOCK_BYTES + _AROUND_BYTES]


def _inflated(data: bytes, base: bytes, most: int) -> tuple[bytes, bytes]:
    """Return the bytes, and what stands behind them. Raises ValueError, zlib.error."""
    unpacker = zlib.decompressobj(wbits=_RAW, zdict=base) if base else zlib.decompressobj(wbits=_RAW)
    found = unpacker.decompress(data, most + 1)
    if not unpacker.eof or len(found) > most:
        raise ValueError
    return found, unpacker.unused_data

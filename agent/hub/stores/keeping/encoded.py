"""Encodes the body of a stored report as what differs from an earlier one of its chain, and decodes its exact bytes.

A site tells much the same every quarter of an hour: compressed with the earlier body before it, a health report takes
a fifteenth. The first byte says the form; no payload begins so, and one that was stored before is its own bytes. A
difference is always to a whole body: to read one takes two rows. Empty: dropped by age.

Whole bodies are deflated. Differences are frames of Zstandard, in half of the time and less room; a hub before this one
deflated them, too, and such ones are still read.

Source: RFC 8878 (Zstandard; the earlier body is a raw prefix), RFC 1951 (deflate), RFC 1950 (preset dictionary; here
without its header).
"""

import zlib
from collections.abc import Callable, Mapping
from typing import Final

from backports import zstd
from backports.zstd import DecompressionParameter

from agent.contract.payload_bounds import PAYLOAD_MAX_BYTES

WHOLE: Final = b"\x01"
DEFLATED: Final = b"\x02"
"""A difference as an earlier hub wrote it."""

DIFFERENCE: Final = b"\x03"
"""Both are followed by the id of the report with the whole body, eight bytes."""

BESIDE: Final = b"\x04"
"""A difference to that body and the digest of the report before: behind the id the digest, then a frame without magic.

An engine whose row has the digest leaves it out of the body and puts it back where it reads one (`without_digest`)."""

_DIFFERENCES: Final = (DEFLATED, DIFFERENCE, BESIDE)
_ID_BYTES: Final = 8
_DIGEST_BYTES: Final = 32
_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_RAW: Final = -zlib.MAX_WBITS
_LEVEL: Final = 6

_FAST_BYTES: Final = 256 * 1024
"""Up to this size the fastest level finds everything that a body has in common with another one."""

_READING: Final[Mapping[int, int]] = {DecompressionParameter.window_log_max: 21}
"""No frame takes more memory than two bodies of any size: 2 MiB."""

# Deflate looks back 32 KiB at most: a longer body went in blocks, each beside what stood at its place, and around it.
_BLOCK_BYTES: Final = 12_288
_AROUND_BYTES: Final = 10_000
_BLOCKS_MOST: Final = PAYLOAD_MAX_BYTES // _BLOCK_BYTES + 1


def whole(payload: bytes) -> bytes:
    """Return a body by itself."""
    packer = zlib.compressobj(_LEVEL, wbits=_RAW)
    return WHOLE + packer.compress(payload) + packer.flush()


def difference(payload: bytes, base_id: int, base: bytes, prev: bytes = b"") -> bytes:
    """Return what differs from the exact bytes of another report's body, and from the digest of the one before."""
    level = 1 if len(payload) <= _FAST_BYTES else 3
    if len(prev) != _DIGEST_BYTES:
        return DIFFERENCE + base_id.to_bytes(_ID_BYTES) + zstd.compress(payload, level, zstd_dict=_prefix(base))
    data = zstd.compress(payload, level, zstd_dict=_prefix(base + prev.hex().encode()))
    return BESIDE + base_id.to_bytes(_ID_BYTES) + prev + data.removeprefix(_MAGIC)


def without_digest(stored: bytes) -> bytes:
    """Return a stored body without the digest of the report before, for a row that has it."""
    behind = 1 + _ID_BYTES
    return stored[:behind] + stored[behind + _DIGEST_BYTES :] if stored[:1] == BESIDE else stored


def referring(stored: bytes, base_id: int) -> bytes:
    """Return a difference as one to the same body in the row of another id."""
    return stored[:1] + base_id.to_bytes(_ID_BYTES) + stored[1 + _ID_BYTES :]


def references(number: int) -> list[bytes]:
    """Return how the stored differences to the body of a report begin."""
    return [form + number.to_bytes(_ID_BYTES) for form in _DIFFERENCES]


def base_of(stored: bytes) -> int | None:
    """Return the id of the report to which a stored body is a difference, None for a whole or a dropped one."""
    return int.from_bytes(stored[1 : 1 + _ID_BYTES]) if stored[:1] in _DIFFERENCES else None


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
        data, before = stored[1 + _ID_BYTES :], decoded(base, read)
        if stored[:1] == BESIDE:
            prev, data = data[:_DIGEST_BYTES], _MAGIC + data[_DIGEST_BYTES:]
            before += prev.hex().encode()
        return _joined(data, before) if stored[:1] == DEFLATED else _expanded(data, before)
    except (zlib.error, zstd.ZstdError, ValueError):
        return stored


def _expanded(data: bytes, base: bytes) -> bytes:
    unpacker = zstd.ZstdDecompressor(_prefix(base), _READING)
    found = unpacker.decompress(data, PAYLOAD_MAX_BYTES + 1)
    if not unpacker.eof or len(found) > PAYLOAD_MAX_BYTES or unpacker.unused_data:
        raise ValueError
    return found


def _prefix(base: bytes) -> tuple[zstd.ZstdDict, int] | None:
    """Return an earlier body as what stands before another one; a raw dictionary has eight bytes at least."""
    return zstd.ZstdDict(base, is_raw=True).as_prefix if len(base) >= _ID_BYTES else None


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

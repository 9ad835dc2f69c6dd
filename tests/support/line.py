"""IP packets as they pass on a line, for tests of what is heard there."""

from __future__ import annotations

import ipaddress
import struct

DEVICE, PLATFORM = ("192.0.2.64", 5060), ("198.51.100.7", 5060)


def packet(data: bytes, source: tuple[str, int] = DEVICE, target: tuple[str, int] = PLATFORM) -> bytes:
    """Return a datagram in an IP packet."""
    return _ip(17, struct.pack(">HHHH", source[1], target[1], 8 + len(data), 0) + data, source[0], target[0])


def segment(
    data: bytes, sequence: int, flags: int = 0x18, source: tuple[str, int] = DEVICE, target: tuple[str, int] = PLATFORM
) -> bytes:
    """Return a segment of TCP in an IP packet."""
    head = struct.pack(">HHIIBBHHH", source[1], target[1], sequence % (1 << 32), 0, 5 << 4, flags, 65535, 0, 0)
    return _ip(6, head + data, source[0], target[0])


def _ip(protocol: int, data: bytes, source: str, target: str) -> bytes:
    ends = [ipaddress.ip_address(one).packed for one in (source, target)]
    if len(ends[0]) == 16:
        return struct.pack(">IHBB", 6 << 28, len(data), protocol, 64) + b"".join(ends) + data
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(data), 1, 0x4000, 64, protocol, 0) + b"".join(ends) + data

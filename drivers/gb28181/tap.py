"""Receives the packets of one port as they pass on a line, and sends nothing: Linux, root or CAP_NET_RAW.

The kernel leaves out all other ports before a packet is copied, so that a mirror port of a whole site costs little.
What it had no room for is counted: who lost packets has not heard everything.

Source: packet(7), socket(7) (SO_ATTACH_FILTER, SO_TIMESTAMPNS), linux/filter.h.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import select
import socket
import struct
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Final, NamedTuple

PACKET_MAX_BYTES: Final = 64 * 1024
_RECEIVE_BUFFER_BYTES: Final = 4 * 1024 * 1024
_ALL_PROTOCOLS: Final = 0x0003
_ATTACH_FILTER: Final = 26
_TIMESTAMP: Final = 35  # SO_TIMESTAMPNS
_STAMP: Final = struct.Struct("ll")
_BESIDE_MAX_BYTES: Final = 256
_PACKET: Final = 263
_ADD_MEMBERSHIP: Final = 1
_STATISTICS: Final = 6
_PROMISCUOUS: Final = 1
_OUTGOING: Final = 4
_LOOPBACK: Final = 772
_BYTE, _HALF, _HALF_OF_DATA, _HEAD_OF_4, _AND, _EQUAL, _ANY_BIT, _RETURN = (
    0x30, 0x28, 0x48, 0xB1, 0x54, 0x15, 0x45, 0x06,
)  # fmt: skip


def interfaces() -> tuple[str, ...]:
    """Return the names of this machine's interfaces."""
    return tuple(name for _, name in socket.if_nameindex())


class Passed(NamedTuple):
    """An IP packet, and how long ago it passed (s): whoever reads may be behind."""

    packet: bytes
    ago_s: float


class Tap:
    """A line that is listened to. Closed with its block."""

    def __init__(self, interface: str, port: int) -> None:
        """Begin to listen. Raises OSError: PermissionError without the right, else where there is no such interface."""
        if not hasattr(socket, "AF_PACKET"):
            raise OSError(errno.ENOSYS, "packets are received on Linux alone")
        index = socket.if_nametoindex(interface)
        self._lost = 0
        with contextlib.ExitStack() as opened:
            sock = opened.enter_context(socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0))
            _attach(sock, _program(port))
            sock.setsockopt(socket.SOL_SOCKET, _TIMESTAMP, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
            # What a switch mirrors here is addressed to others.
            sock.setsockopt(_PACKET, _ADD_MEMBERSHIP, struct.pack("iHH8s", index, _PROMISCUOUS, 0, b""))
            sock.bind((interface, _ALL_PROTOCOLS))
            sock.setblocking(False)
            self._sock = sock
            self._opened = opened.pop_all()

    def __enter__(self) -> Tap:
        """Return itself: leaving the block ends it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it; the interface takes what is addressed to it alone, as before."""
        self._opened.close()

    @property
    def lost(self) -> int:
        """How many packets the kernel had no room for, since the beginning."""
        _, lost = struct.unpack("II", self._sock.getsockopt(_PACKET, _STATISTICS, 8))  # read once, it begins anew
        self._lost += lost
        return self._lost

    def has_next(self, within_s: float = 0.0) -> bool:
        """Wait for a packet; return whether one is there."""
        return bool(select.select([self._sock], [], [], max(0.0, within_s))[0])

    def next(self, within_s: float) -> Passed | None:
        """Return the next IP packet, None where none came in time, or one that passes a second time."""
        if not self.has_next(within_s):
            return None
        try:
            packet, beside, _, (_, _, kind, hardware, _) = self._sock.recvmsg(PACKET_MAX_BYTES, _BESIDE_MAX_BYTES)
        except OSError:  # the interface went down; it may come again
            return None
        return None if kind == _OUTGOING and hardware == _LOOPBACK else Passed(bytes(packet), _ago_s(beside))


def _ago_s(beside: Sequence[tuple[int, int, bytes]]) -> float:
    """Return how long ago the kernel received a packet (s), by the clock that it stamped it with."""
    for level, kind, stamp in beside:
        if (level, kind) == (socket.SOL_SOCKET, _TIMESTAMP) and len(stamp) == _STAMP.size:
            seconds, nanoseconds = map(int, _STAMP.unpack(stamp))
            return max(0.0, time.time() - (float(seconds) + nanoseconds / 1e9))
    return 0.0


def _attach(sock: socket.socket, program: bytes) -> None:
    held = ctypes.create_string_buffer(program, len(program))
    sock.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HP", len(program) // 8, ctypes.addressof(held)))


def _program(port: int) -> bytes:
    """Return a filter for UDP and TCP from or to a port, over IPv4 without fragments and IPv6 without extensions.

    Each line: an instruction, how many lines are skipped where it is so and where it is not, and its number.
    """
    lines = (
        (_BYTE, 0, 0, 0), (_AND, 0, 0, 0xF0), (_EQUAL, 0, 10, 0x40),
        (_BYTE, 0, 0, 9), (_EQUAL, 1, 0, 17), (_EQUAL, 0, 15, 6), (_HALF, 0, 0, 6), (_ANY_BIT, 13, 0, 0x1FFF),
        (_HEAD_OF_4, 0, 0, 0), (_HALF_OF_DATA, 0, 0, 0), (_EQUAL, 11, 0, port),
        (_HALF_OF_DATA, 0, 0, 2), (_EQUAL, 9, 8, port),
        (_EQUAL, 0, 7, 0x60), (_BYTE, 0, 0, 6), (_EQUAL, 1, 0, 17), (_EQUAL, 0, 4, 6),
        (_HALF, 0, 0, 40), (_EQUAL, 3, 0, port), (_HALF, 0, 0, 42), (_EQUAL, 1, 0, port),
        (_RETURN, 0, 0, 0), (_RETURN, 0, 0, PACKET_MAX_BYTES),
    )  # fmt: skip
    return b"".join(struct.pack("HBBI", *one) for one in lines)

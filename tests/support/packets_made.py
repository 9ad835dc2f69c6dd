"""Writes MPEG transport streams packet by packet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

NULL = b"\x47\x1f\xff\x10" + b"\xff" * 184
VIDEO, AUDIO, TABLE = 0x100, 0x101, 0x1000


def crc(data: bytes) -> bytes:
    """Return the sum of a section, one bit after the other."""
    value = 0xFFFFFFFF
    for bit in (byte >> 7 - n & 1 for byte in data for n in range(8)):
        value = (value << 1) & 0xFFFFFFFF ^ (0x04C11DB7 if (value >> 31) ^ bit else 0)
    return value.to_bytes(4, "big")


def section(table: int, body: bytes, current: int = 1) -> bytes:
    """Write a section of the long form."""
    head = bytes((table,)) + (0xB000 | 5 + len(body) + 4).to_bytes(2, "big") + b"\0\1" + bytes((0xC0 | current, 0, 0))
    return head + body + crc(head + body)


def pat(*tables: int) -> bytes:
    """Write the table of programs, the network's own row first."""
    rows = [(0, 0x10), *((number, pid) for number, pid in enumerate(tables, 1))]
    return section(0, b"".join(number.to_bytes(2, "big") + (0xE000 | pid).to_bytes(2, "big") for number, pid in rows))


def pmt(*streams: tuple[int, int], descriptors: bytes = b"", current: int = 1) -> bytes:
    """Write the table of a program: stream types and their packets."""
    rows = b"".join(bytes((kind,)) + (0xE000 | pid).to_bytes(2, "big") + b"\xf0\x00" for kind, pid in streams)
    head = (0xE000 | VIDEO).to_bytes(2, "big") + (0xF000 | len(descriptors)).to_bytes(2, "big")
    return section(2, head + descriptors + rows, current)


def pes(data: bytes, declared: bool = False, stream: int = 0xE0, scrambled: int = 0) -> bytes:
    """Write a PES packet with a time stamp."""
    body = bytes((0x80 | scrambled << 4, 0x80, 5)) + b"\x21\0\1\0\1" + data
    return b"\0\0\1" + bytes((stream,)) + (len(body) if declared else 0).to_bytes(2, "big") + body


@dataclass(slots=True)
class Mux:
    """Counts the packets of each stream."""

    counts: dict[int, int] = field(default_factory=dict)

    def packets(self, pid: int, data: bytes, room: int = 184) -> list[bytes]:
        """Write data into packets of a stream; the last one, and all with less room, hold stuffing."""
        made = []
        for at in range(0, len(data), room):
            part = data[at : at + room]
            count = self.counts.get(pid, 0)
            self.counts[pid] = count + 1
            stuffing = 184 - len(part)
            control = 0x10 if not stuffing else 0x30
            head = bytes((0x47, (0x40 if not at else 0) | pid >> 8, pid & 0xFF, control | count & 15))
            if stuffing:
                head += bytes((stuffing - 1,)) + (b"\0" + b"\xff" * (stuffing - 2) if stuffing > 1 else b"")
            made.append(head + part)
        return made

    def tables(self, *kinds: int) -> list[bytes]:
        """Write both tables of a program with streams of these types: sound, then each."""
        streams = [(0x0F, AUDIO), *((kind, VIDEO + 2 * n) for n, kind in enumerate(kinds))]
        return self.packets(0, b"\0" + pat(TABLE)) + self.packets(TABLE, b"\0" + pmt(*streams))


def stream(units: Iterable[bytes], kind: int = 0x1B, declared: bool = False) -> list[bytes]:
    """Write tables and one PES packet for each stretch of video, sound and null packets between them."""
    mux = Mux()
    made = mux.tables(kind)
    for data in units:
        video, sound = mux.packets(VIDEO, pes(data, declared)), mux.packets(AUDIO, pes(b"sound" * 50, True, 0xC0))
        made += [video[0], NULL, sound[0], *video[1:], *sound[1:]]
    return made

"""Renders a clip as the RTP packets of a program stream, or bare, as a simulated device sends its picture.

Source: ISO/IEC 13818-1, 2.5 (packs), 2.5.4 (map), 2.4.3.6 (PES); RFC 6184 section 5.8 (bare).
"""

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from agent.demo.gb28181.habits import Habits

CLIP: Final = Path(__file__).parents[1] / "clips/annex-sub.h264"
PAYLOAD_BYTES: Final = 1400
_PES_BYTES: Final = 60_000
_PACK: Final = bytes.fromhex("000001ba440004000401000003f8")
_MAP: Final = bytes.fromhex("000001bc000ee1ff000000041be0000000000000")
_PES_HEAD: Final = bytes.fromhex("8080052100010001")


@cache
def frames() -> tuple[bytes, ...]:
    """Return the frames of a clip, each with the parameter sets before it."""
    found, units = [], []
    for unit in CLIP.read_bytes().split(b"\0\0\1")[1:]:
        units.append(b"\0\0\0\1" + unit.rstrip(b"\0"))
        if unit[0] & 0x1F in (1, 5):
            found.append(b"".join(units))
            units = []
    return tuple(found[:20])


def rtp_packets(habits: Habits, ssrc: int, *, keyless: bool = False) -> Iterator[bytes]:
    """Yield the packets of a clip, or of its frames that are no key pictures."""
    number, old = 0, 0
    for at, frame in enumerate(frames()):
        if keyless and at == 0:
            continue
        payloads = list(_of_program_stream(frame, habits) if habits.program_stream else _bare(frame))
        for part, payload in enumerate(payloads):
            marker = 0x80 if part == len(payloads) - 1 else 0
            kind = 96 if habits.program_stream else 98
            yield struct.pack("!BBHII", 0x80, marker | kind, number & 0xFFFF, at * 3600, ssrc) + payload
            number += 1
            if habits.old_stream:
                yield struct.pack("!BBHII", 0x80, kind, old + 7777 & 0xFFFF, at * 3600 + 1, ssrc + 1) + payload[::-1]
                old += 1


def pack_of(frame: bytes, habits: Habits) -> bytes:
    """Return one frame as a pack of a program stream."""
    return b"".join(_parts(frame, habits))


def _parts(frame: bytes, habits: Habits) -> Iterator[bytes]:
    yield _PACK
    if habits.tells_codec:
        yield _MAP.replace(b"\x1b\xe0", bytes([habits.told_codec, 0xE0]))
    head = bytearray(_PES_HEAD)
    head[2] += habits.head_bytes_off
    for at in range(0, len(frame), _PES_BYTES):
        piece = frame[at : at + _PES_BYTES]
        size = max(1, len(_PES_HEAD) + len(piece) + habits.part_bytes_off)
        yield b"\0\0\1\xe0" + struct.pack("!H", size) + head + piece


def _of_program_stream(frame: bytes, habits: Habits) -> Iterator[bytes]:
    parts = list(_parts(frame, habits)) if habits.parts_apart else [pack_of(frame, habits)]
    for part in parts:
        for at in range(0, len(part), PAYLOAD_BYTES):
            yield part[at : at + PAYLOAD_BYTES]


def _bare(frame: bytes) -> Iterator[bytes]:
    for unit in frame.split(b"\0\0\0\1")[1:]:
        if len(unit) <= PAYLOAD_BYTES:
            yield unit
            continue
        head, rest = unit[0], unit[1:]
        pieces = [rest[at : at + PAYLOAD_BYTES] for at in range(0, len(rest), PAYLOAD_BYTES)]
        for number, piece in enumerate(pieces):
            marks = (0x80 if number == 0 else 0) | (0x40 if number == len(pieces) - 1 else 0)
            yield bytes([head & 0xE0 | 28, marks | head & 0x1F]) + piece

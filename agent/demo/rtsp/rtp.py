"""Packs H.264 into RTP, interleaved in an RTSP connection, with ONVIF's replay header extension. Pure.

Source: RFC 3550 section 5, RFC 6184 section 5, RFC 2326 section 10.12, ONVIF Streaming Specification (Playback).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

PAYLOAD_TYPE = 96
METADATA_TYPE = 107
CLOCK_HZ = 90_000
PAYLOAD_MAX_BYTES = 1400
EXTENSION_ID = 0xABAC
CLEAN_POINT, END_OF_SECTION, TERMINAL = 0x80, 0x40, 0x10
_FU_A = 28
_NTP_EPOCH = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ReplayMark:
    """The replay extension of a picture: when it was recorded, flags, and the CSeq of the PLAY."""

    recorded_at: datetime
    flags: int
    cseq: int


def ntp(at: datetime) -> int:
    """A 64-bit NTP timestamp."""
    since = at - _NTP_EPOCH
    seconds = since.days * 86_400 + since.seconds
    return seconds << 32 | (since.microseconds << 32) // 1_000_000


def fragments(unit: bytes) -> Iterator[bytes]:
    """Cut a NAL unit into payloads: itself where it fits, FU-A fragments where it does not."""
    if len(unit) <= PAYLOAD_MAX_BYTES:
        yield unit
        return
    indicator, kind = unit[0] & 0xE0 | _FU_A, unit[0] & 0x1F
    rest = unit[1:]
    step = PAYLOAD_MAX_BYTES - 2
    for start in range(0, len(rest), step):
        first, last = start == 0, start + step >= len(rest)
        yield bytes((indicator, first << 7 | last << 6 | kind)) + rest[start : start + step]


class Packetiser:
    """Numbers packets of one session; the only state is the next sequence number."""

    def __init__(self, ssrc: int, sequence: int, channel: int) -> None:
        self.ssrc, self.sequence, self.channel = ssrc, sequence, channel

    def document(self, text: bytes, timestamp: int) -> bytes:
        """Return one metadata document as interleaved packets; the last carries the marker bit."""
        packets = []
        for start in range(0, len(text), PAYLOAD_MAX_BYTES):
            last = start + PAYLOAD_MAX_BYTES >= len(text)
            header = struct.pack(
                ">BBHII", 0x80, last << 7 | METADATA_TYPE, self.sequence, timestamp & 0xFFFFFFFF, self.ssrc
            )
            packet = header + text[start : start + PAYLOAD_MAX_BYTES]
            packets.append(struct.pack(">cBH", b"$", self.channel, len(packet)) + packet)
            self.sequence = (self.sequence + 1) & 0xFFFF
        return b"".join(packets)

    def picture(self, units: tuple[bytes, ...], timestamp: int, mark: ReplayMark | None = None) -> bytes:
        """Return one picture as interleaved packets; the first carries the extension, the last the marker bit."""
        payloads = [payload for unit in units for payload in fragments(unit)]
        packets = []
        for index, payload in enumerate(payloads):
            extension = _extension(mark) if mark is not None and index == 0 else b""
            marker = index == len(payloads) - 1
            header = struct.pack(
                ">BBHII",
                0x90 if extension else 0x80,
                marker << 7 | PAYLOAD_TYPE,
                self.sequence,
                timestamp & 0xFFFFFFFF,
                self.ssrc,
            )
            packet = header + extension + payload
            packets.append(struct.pack(">cBH", b"$", self.channel, len(packet)) + packet)
            self.sequence = (self.sequence + 1) & 0xFFFF
        return b"".join(packets)


def _extension(mark: ReplayMark) -> bytes:
    return struct.pack(">HHQBBH", EXTENSION_ID, 3, ntp(mark.recorded_at), mark.flags, mark.cseq & 0xFF, 0)

"""Extracts the first key picture from an MPEG transport stream, from packets of 188 bytes.

A picture counts only if it is whole: no packet of it is missing, damaged or scrambled, and its end is certain: where
the next PES packet of its stream begins another access unit; where the file ends, only if that one PES packet gives its
own length and no picture of the stream goes on in a second one.

Source: ISO/IEC 13818-1, 2.4.3.2 to 2.4.3.7, and 2.14 and 2.17 for H.264 and H.265 in it.
"""

from collections.abc import Iterator
from typing import BinaryIO

from drivers.stores.container import PACKET_BYTES, UnreadableError, read_at
from drivers.stores.samples.tables import Programs
from drivers.stores.samples.units import (
    NO_KEY,
    SAMPLE_MAX_BYTES,
    SEARCH_MAX_BYTES,
    CodecName,
    Pictures,
    Sample,
    begins_access_unit,
    delimited,
)

_BLOCK_BYTES = 4096 * PACKET_BYTES
_SYNC = 0x47
_NULL = 0x1FFF


def first_picture(file: BinaryIO) -> Sample:
    """Extract the first whole key picture. Raises UnreadableError or OSError."""
    programs, stream = Programs(), None
    for packet in _packets(file):
        if not packet:
            if stream is not None:
                stream.lost()
            continue
        pid = int.from_bytes(packet[1:3], "big") & _NULL
        # Of a packet that is marked as damaged not even that is sure; the next one's count tells where it is missing.
        if packet[1] & 0x80 or pid == _NULL:
            continue
        if stream is None:
            found = programs.push(pid, _payload(packet), bool(packet[1] & 0x40))
            stream = _Stream(*found) if found is not None else None
        elif pid == stream.pid and (sample := stream.push(packet)) is not None:
            return sample
    if stream is None:
        raise UnreadableError("no table in it names its video")
    return stream.finish()


class _Stream:
    """The packets of the video: PES packets are put together from them, and access units from those."""

    def __init__(self, pid: int, kind: CodecName) -> None:
        self.pid = pid
        self._kind: CodecName = kind
        self._pictures = Pictures(kind)
        self._last = b""
        self._pes = bytearray()
        self._whole = False
        self._unit: bytearray | None = None
        self._split = False
        self._why = NO_KEY

    def push(self, packet: bytes) -> Sample | None:
        """Add the next packet; return the key picture that has certainly ended before it."""
        payload = _payload(packet)
        if not payload:
            return None
        last, self._last = self._last, packet
        if last and (packet[3] - last[3]) & 0x0F != 1:
            if (packet[3] ^ last[3]) & 0x0F == 0 and _payload(last) == payload:
                return None
            self.lost()
        if packet[3] & 0xC0:
            self.lost()
        elif packet[1] & 0x40:
            sample = self._next_pes()
            self._pes, self._whole = bytearray(payload), True
            return sample
        elif self._whole:
            self._pes += payload
            if len(self._pes) > SAMPLE_MAX_BYTES:
                self.lost()
        return None

    def lost(self) -> None:
        """Note that something is missing after what came last. What came before it still shows what begins there."""
        self._whole = False

    def finish(self) -> Sample:
        """Return the key picture that has ended with the file. Raises UnreadableError."""
        sample = self._next_pes()
        if sample is None and _declared_bytes(self._pes) and not self._split:
            sample = self._ended()
        if sample is None:
            raise UnreadableError(self._why)
        return sample

    def _next_pes(self) -> Sample | None:
        """Add the PES packet that has ended to the access unit, or begin the next with it and return the one before."""
        content, declared_bytes = _content(self._pes), _declared_bytes(self._pes)
        whole = self._whole and content is not None and declared_bytes in (0, len(self._pes))
        if content is not None and begins_access_unit(self._kind, content):
            sample = self._ended()
            self._unit = bytearray(content) if whole else None
            return sample
        if content is not None and whole and self._unit is not None:
            self._split = True
            self._unit += content
            whole = len(self._unit) <= SAMPLE_MAX_BYTES
        if not whole:
            self._unit = None
        return None

    def _ended(self) -> Sample | None:
        """Return the access unit before as a key picture, if it is one and whole."""
        if self._unit is None:
            return None
        try:
            return self._pictures.take(delimited(bytes(self._unit)))
        except UnreadableError as error:
            self._why = str(error)
            return None


def _content(pes: bytearray) -> bytes | None:
    """Return what a PES packet of video carries; None where it is none, or a scrambled one."""
    if len(pes) < 9 or pes[:3] != b"\0\0\1" or pes[3] & 0xF0 != 0xE0 or pes[6] & 0xF0 != 0x80:
        return None
    return bytes(pes[9 + pes[8] :])


def _declared_bytes(pes: bytearray) -> int:
    """Return the length that a PES packet declares; 0 where it declares none, as only video may."""
    length = int.from_bytes(pes[4:6], "big")
    return 6 + length if length else 0


def _payload(packet: bytes) -> bytes:
    """Return what a packet carries behind its adaptation field."""
    control = packet[3] >> 4 & 3
    if not control & 1:
        return b""
    return packet[5 + packet[4] :] if control & 2 else packet[4:]


def _packets(file: BinaryIO) -> Iterator[bytes]:
    """Yield the packets; an empty one marks a gap between two that are not consecutive."""
    block = b""
    for start in range(0, SEARCH_MAX_BYTES, _BLOCK_BYTES):
        fresh = read_at(file, start, _BLOCK_BYTES)
        block += fresh
        at = 0
        while at + PACKET_BYTES <= len(block):
            if block[at] == _SYNC:
                yield block[at : at + PACKET_BYTES]
                at += PACKET_BYTES
            else:
                yield b""
                at = _next_sync(block, at)
        block = block[at:]
        if len(fresh) < _BLOCK_BYTES:
            return


def _next_sync(block: bytes, at: int) -> int:
    """Return where the next packet begins that another one follows."""
    while (at := block.find(_SYNC, at + 1)) >= 0:
        if at + PACKET_BYTES >= len(block) or block[at + PACKET_BYTES] == _SYNC:
            return at
    return len(block)

"""Parses IP packets of SIP as they pass on a line, and joins those of TCP to messages, within bounds. Pure.

Fragments are not joined: a message that is longer than a packet is not read. What is missing in a stream is skipped, to
the next packet that begins a message. Nothing is kept but what is not whole yet.

Source: RFC 791 section 3.1, RFC 8200 section 3, RFC 768, RFC 9293 section 3.1.
"""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from drivers.errors import Malformed
from drivers.gb28181.sip import first_size
from drivers.gb28181.wire import Transport

STREAMS_MAX: Final = 64
MESSAGE_MAX_BYTES: Final = 64 * 1024
"""A longer one is the answer to a query, which is not read here."""
_BEGINS: Final = re.compile(rb"SIP/2\.0 [1-6]|[A-Z]{3,16} sips?:")
_TCP: Final = 6
_UDP: Final = 17
_SYN: Final = 0x02
_HALF: Final = 1 << 31


@dataclass(frozen=True, slots=True)
class End:
    """One end of a conversation."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What one packet carries. `sequence`: of its first byte in a stream; `opens`: a stream begins with it."""

    transport: Transport
    source: End
    target: End
    data: bytes
    sequence: int = 0
    opens: bool = False


@dataclass(slots=True)
class _Stream:
    """One direction. `next`: the number of the byte to come; `in_step`: it is known where a message begins."""

    next: int
    in_step: bool = False
    buffer: bytearray = field(default_factory=bytearray)


class Streams:
    """The streams that are heard, each direction for itself. The one that was silent for longest makes room."""

    def __init__(self) -> None:
        self._streams: dict[tuple[End, End], _Stream] = {}

    def messages(self, segment: Segment) -> Iterator[bytes]:
        """Yield the messages that are whole with this segment. A datagram is one."""
        if segment.transport == "UDP":
            yield segment.data
            return
        way = segment.source, segment.target
        stream, data = self._streams.pop(way, None), segment.data
        if segment.opens:
            stream = _Stream((segment.sequence + 1) % (1 << 32), in_step=True)
        elif data:
            stream = stream or _Stream(segment.sequence)
            known = (stream.next - segment.sequence) % (1 << 32)
            if known >= _HALF:  # something before it was not heard
                stream, known = _Stream(segment.sequence), 0
            data = data[known:]
            stream.next = (stream.next + len(data)) % (1 << 32)
            stream.in_step = stream.in_step or _BEGINS.match(data) is not None
            stream.buffer += data if stream.in_step else b""
        if stream is None:
            return
        yield from _whole(stream)
        self._streams[way] = stream
        if len(self._streams) > STREAMS_MAX:
            del self._streams[next(iter(self._streams))]


def _whole(stream: _Stream) -> Iterator[bytes]:
    """Yield the whole messages of a stream and remove them; what can be none, or is too long, is skipped."""
    try:
        while (size := first_size(stream.buffer)) is not None and size <= min(len(stream.buffer), MESSAGE_MAX_BYTES):
            yield bytes(stream.buffer[:size])
            del stream.buffer[:size]
        is_lost = len(stream.buffer) > MESSAGE_MAX_BYTES or (size or 0) > MESSAGE_MAX_BYTES
    except Malformed:
        is_lost = True
    if is_lost:
        stream.in_step = False
        stream.buffer.clear()


def parse_packet(packet: bytes) -> Segment | None:
    """Return what an IP packet carries; None for a fragment, or what is neither UDP nor TCP, or not whole."""
    version = packet[0] >> 4 if packet else 0
    if version == 4 and len(packet) >= 20:
        head, total = (packet[0] & 15) * 4, int.from_bytes(packet[2:4], "big")
        is_whole = int.from_bytes(packet[6:8], "big") & 0x3FFF == 0 and 20 <= head <= total <= len(packet)
        protocol, hosts = packet[9], (packet[12:16], packet[16:20])
    elif version == 6 and len(packet) >= 40:
        head, total = 40, 40 + int.from_bytes(packet[4:6], "big")
        is_whole = total <= len(packet)
        protocol, hosts = packet[6], (packet[8:24], packet[24:40])
    else:
        return None
    return _segment(protocol, hosts, packet[head:total]) if is_whole else None


def _segment(protocol: int, hosts: tuple[bytes, bytes], data: bytes) -> Segment | None:
    least = {_UDP: 8, _TCP: 20}.get(protocol)
    if least is None or len(data) < least:
        return None
    ports = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
    source, target = (End(str(ipaddress.ip_address(host)), port) for host, port in zip(hosts, ports, strict=True))
    if protocol == _UDP:
        length = int.from_bytes(data[4:6], "big")
        return (
            Segment(transport="UDP", source=source, target=target, data=data[8:length]) if length <= len(data) else None
        )
    head = (data[12] >> 4) * 4
    if not 20 <= head <= len(data):
        return None
    return Segment(
        transport="TCP", source=source, target=target, data=data[head:], sequence=int.from_bytes(data[4:8], "big"),
        opens=bool(data[13] & _SYN),
    )  # fmt: skip

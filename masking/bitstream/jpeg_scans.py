"""Validates the sequence of segments of one JPEG: each scan has what it needs, and no colour is missing at the end.

Source: ITU-T T.81 clauses B.2, B.6 and G.1.1.
"""

from __future__ import annotations

from masking.bitstream.jpeg_segments import (
    PROCESSES,
    Frame,
    Scan,
    most_restarts,
    read_frame,
    read_huffman,
    read_quantization,
    read_scan,
)
from masking.bitstream.picture import check_size, undecodable

MAX_SCANS = 64
"""A progressive picture may be sent in so many scans, each of which costs as much as the whole. Encoders use ten."""

SIDE_MAX_PX = 65_500
"""libjpeg's longest side."""

_DHT, _SOS, _DQT, _DRI = 0xC4, 0xDA, 0xDB, 0xDD
_UNSENT = -1

_EXAMPLES = frozenset((kind, number) for kind in (0, 1) for number in (0, 1))
"""Huffman tables that Motion JPEG leaves out, and the decoder has: those that T.81 gives as examples (K.3)."""


class Scans:
    """Takes segments in order. `count` is the number of scans that were taken."""

    def __init__(self, max_pixels: int, side_min_px: int) -> None:
        self._max_pixels, self._side_min_px = max_pixels, side_min_px
        self._frame: Frame | None = None
        self._quantization: frozenset[int] = frozenset()
        self._huffman: frozenset[tuple[int, int]] = frozenset()
        self._interval = 0
        self._sent: dict[int, list[int]] = {}
        self.count = 0

    def take(self, marker: int, body: bytes, restarts: int) -> None:
        """Add the next segment; after SOS, with its restart markers. Raises NotAPicture where it may not follow."""
        if marker == _DQT:
            self._quantization |= read_quantization(body)
        elif marker == _DHT:
            self._huffman |= read_huffman(body)
        elif marker == _DRI:
            if len(body) != 2:
                raise undecodable("the JPEG's restart interval has another length than it needs")
            self._interval = int.from_bytes(body, "big")
        elif marker == _SOS:
            self._take_scan(body, restarts)
        elif marker in PROCESSES and self._frame is None:
            self._frame = read_frame(marker, body)
            check_size(self._frame.width_px, self._frame.height_px, self._max_pixels, self._side_min_px, SIDE_MAX_PX)
            self._sent = {each.id: [_UNSENT] * 64 for each in self._frame.components}
            if self._frame.process != "progressive":
                self._huffman |= _EXAMPLES
        else:
            raise undecodable(f"the JPEG holds the marker {marker:02X} where it cannot be")

    def whole(self) -> Frame:
        """Return the frame, once every component was sent. Raises NotAPicture before."""
        if self._frame is None or any(bits[0] == _UNSENT for bits in self._sent.values()):
            raise undecodable("the JPEG ends before its picture does")
        return self._frame

    def _take_scan(self, body: bytes, restarts: int) -> None:
        frame = self._frame
        if frame is None:
            raise undecodable("the JPEG has a scan before its frame header")
        self.count += 1
        if self.count > MAX_SCANS:
            raise undecodable(f"the JPEG has more than {MAX_SCANS} scans")
        scan = read_scan(body, frame)
        if restarts > most_restarts(frame, scan, self._interval):
            raise undecodable("a scan of the JPEG has more restart markers than it has room for")
        tables = {each.id: each.table for each in frame.components}
        for number, dc, ac in scan.components:
            if tables[number] not in self._quantization:
                raise undecodable(f"the JPEG lacks the quantization table {tables[number]}")
            missing = _needed(scan, dc, ac) - self._huffman
            if missing:
                raise undecodable(f"the JPEG lacks the Huffman table {max(missing)[1]}")
            self._send(scan, number)

    def _send(self, scan: Scan, number: int) -> None:
        """Note which bits of a component's coefficients came, each of which follows on those that came before."""
        sent = self._sent[number]
        if scan.first and sent[0] == _UNSENT:
            raise undecodable("the JPEG sends coefficients of a component before its means")
        for index in range(scan.first, scan.last + 1):
            if sent[index] != (scan.high if scan.high else _UNSENT):
                raise undecodable("the JPEG sends coefficients twice, or leaves out bits of them")
            sent[index] = scan.low


def _needed(scan: Scan, dc: int, ac: int) -> frozenset[tuple[int, int]]:
    """Return the Huffman tables, by class and number, that a component of a scan is coded with."""
    with_dc = scan.first == 0 and scan.high == 0
    return frozenset(((0, dc),) if with_dc else ()) | frozenset(((1, ac),) if scan.last else ())

"""Parses the segments of a JPEG that its picture needs, and validates their values and their sequence. Pure.

Each scan has what it needs, and no colour is missing at the end.

Source: ITU-T T.81 clauses B.2, B.2.2 to B.2.4, B.6 and G.1.1.
"""

from dataclasses import dataclass
from typing import Final, Literal

from masking.bitstream.picture import check_size, undecodable

Process = Literal["baseline", "extended", "progressive"]

PROCESSES: Final[dict[int, Process]] = {0xC0: "baseline", 0xC1: "extended", 0xC2: "progressive"}
"""Frame headers that are read, by marker: Huffman coded, of 8 bits. No other process is decoded."""

_AC_LAST = 63
_MCU_MAX_BLOCKS = 10
_DC_CATEGORIES = 16
_BLOCK_PX = 8


@dataclass(frozen=True, slots=True)
class Component:
    """One colour of the picture: its number, sampling factors and quantization table."""

    id: int
    across: int
    down: int
    table: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame header."""

    process: Process
    width_px: int
    height_px: int
    components: tuple[Component, ...]


def read_frame(marker: int, body: bytes) -> Frame:
    """Parse SOF0, SOF1 or SOF2. Raises NotAPicture: a forbidden length or value, or a frame that is not decoded."""
    if len(body) < 6:
        raise undecodable("the JPEG's frame header ends in the middle")
    depth, count = body[0], body[5]
    height_px, width_px = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    if depth != 8:
        raise undecodable(f"the JPEG has {depth} bits a sample, which is not decoded")
    if count not in (1, 3):
        raise undecodable(f"the JPEG has {count} components, which are not decoded")
    if len(body) != 6 + 3 * count:
        raise undecodable("the JPEG's frame header has another length than its components need")
    parts = [body[at : at + 3] for at in range(6, len(body), 3)]
    components = tuple(Component(number, factors >> 4, factors & 15, table) for number, factors, table in parts)
    for each in components:
        if not (1 <= each.across <= 4 and 1 <= each.down <= 4 and each.table <= 3):
            raise undecodable("the JPEG's frame header holds a value out of range")
    if len({each.id for each in components}) != count:
        raise undecodable("the JPEG has two components of one number")
    return Frame(PROCESSES[marker], width_px, height_px, components)


def read_quantization(body: bytes) -> frozenset[int]:
    """Read DQT; return which tables it defines."""
    found, at = set(), 0
    while at < len(body):
        wide, number = body[at] >> 4, body[at] & 15
        table = body[at + 1 : at + 1 + 64 * (wide + 1)]
        if wide > 1 or number > 3 or number in found or len(table) != 64 * (wide + 1):
            raise undecodable("the JPEG holds a quantization table that is none")
        values = [int.from_bytes(table[i : i + 2], "big") for i in range(0, 128, 2)] if wide else table
        if not all(values):
            raise undecodable("the JPEG divides by zero")
        found.add(number)
        at += 1 + len(table)
    if not found:
        raise undecodable("the JPEG holds an empty quantization segment")
    return frozenset(found)


def read_huffman(body: bytes) -> dict[tuple[int, int], int]:
    """Read DHT; return the tables that it defines, by class (0 DC, 1 AC) and number: what zeros mean in each."""
    found, at = dict[tuple[int, int], int](), 0
    while at < len(body):
        kind, number = body[at] >> 4, body[at] & 15
        counts = body[at + 1 : at + 17]
        values = body[at + 17 : at + 17 + sum(counts)]
        if kind > 1 or number > 3 or (kind, number) in found or len(counts) != 16 or len(values) != sum(counts):
            raise undecodable("the JPEG holds a Huffman table that is none")
        if not 0 < len(values) <= 256:
            raise undecodable(f"the JPEG holds a Huffman table of {len(values)} codes")
        room = 1
        for count in counts:
            room = 2 * room - count
            if room < 0:
                raise undecodable("the JPEG holds a Huffman table with more codes than there are")
        if kind == 0 and max(values) >= _DC_CATEGORIES:
            raise undecodable("the JPEG holds a Huffman table with a category that is none")
        found[kind, number] = values[0]
        at += 17 + len(values)
    if not found:
        raise undecodable("the JPEG holds an empty Huffman segment")
    return found


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan header: per component its number, DC and AC table; which coefficients, and which bits of them."""

    components: tuple[tuple[int, int, int], ...]
    first: int
    last: int
    high: int
    low: int


def read_scan(body: bytes, frame: Frame) -> Scan:
    """Parse SOS; its components are some of the frame's, in order. Raises NotAPicture: a forbidden length or value."""
    count = body[0] if body else 0
    if not 1 <= count <= len(frame.components) or len(body) != 4 + 2 * count:
        raise undecodable("the JPEG's scan header has another length than its components need")
    components = tuple((body[at], body[at + 1] >> 4, body[at + 1] & 15) for at in range(1, 1 + 2 * count, 2))
    named = [each for each in frame.components if each.id in {number for number, _, _ in components}]
    if [each.id for each in named] != [number for number, _, _ in components]:
        raise undecodable("a scan of the JPEG names components that the frame does not have in this order")
    if count > 1 and sum(each.across * each.down for each in named) > _MCU_MAX_BLOCKS:
        raise undecodable("a scan of the JPEG interleaves more blocks than it may")
    tables = 1 if frame.process == "baseline" else 3
    if any(max(dc, ac) > tables for _, dc, ac in components):
        raise undecodable("a scan of the JPEG names a Huffman table that cannot be")
    first, last, high, low = body[-3], body[-2], body[-1] >> 4, body[-1] & 15
    if frame.process != "progressive":
        if (first, last, high, low) != (0, _AC_LAST, 0, 0):
            raise undecodable("a scan of the JPEG sends a part of the coefficients, in a process that sends all")
    elif not _progressive(count, first, last, high, low):
        raise undecodable("a scan of the JPEG sends coefficients that cannot be sent so")
    return Scan(components, first, last, high, low)


def _progressive(count: int, first: int, last: int, high: int, low: int) -> bool:
    band = last == 0 if first == 0 else count == 1 and first <= last <= _AC_LAST
    return band and low <= 13 and high in (0, low + 1)


def unit_px(frame: Frame) -> tuple[int, int]:
    """Return the width and height in pixels of the blocks that are sent together when all components are."""
    if len(frame.components) == 1:
        return _BLOCK_PX, _BLOCK_PX
    across, down = (
        max(factors) for factors in zip(*((each.across, each.down) for each in frame.components), strict=True)
    )
    return _BLOCK_PX * across, _BLOCK_PX * down


def most_restarts(frame: Frame, scan: Scan, interval: int) -> int:
    """Return how many restart markers a scan may hold with one behind every `interval` units of blocks."""
    across_px, down_px = unit_px(frame) if len(scan.components) > 1 else (_BLOCK_PX, _BLOCK_PX)
    blocks = -(-frame.width_px // across_px) * -(-frame.height_px // down_px)
    return blocks // interval if interval else 0


MAX_SCANS = 64
"""A progressive picture may be sent in so many scans, each of which costs as much as the whole. Encoders use ten."""

SIDE_MAX_PX = 65_500
"""libjpeg's longest side."""

_DHT, _SOS, _DQT, _DRI = 0xC4, 0xDA, 0xDB, 0xDD
_UNSENT = -1

_EXAMPLES = {(0, 0): 0, (0, 1): 0, (1, 0): 1, (1, 1): 0}
"""Huffman tables that Motion JPEG leaves out, and the decoder has: those that T.81 gives as examples (K.3)."""

ZEROS_BYTES = 16
"""So many zeros in a row are no coded data where zeros do not mean the end of a block.

One block could take 24, if its coefficients were all -1; 16 are forty such in a row, which no scene and no noise has.
"""


class Scans:
    """Takes segments in order.

    `count`: the number of scans that were taken; `interval`: of restarts, as told last; `may_be_zeros`: whether coded
    data of the last scan may hold ZEROS_BYTES zeros in a row.
    """

    def __init__(self, max_pixels: int, side_min_px: int) -> None:
        self._max_pixels, self._side_min_px = max_pixels, side_min_px
        self._frame: Frame | None = None
        self._quantization: frozenset[int] = frozenset()
        self._huffman: dict[tuple[int, int], int] = {}
        self.may_be_zeros = False
        self.interval = 0
        self._sent: dict[int, list[int]] = {}
        self.count = 0

    def take(self, marker: int, body: bytes, restarts: int) -> None:
        """Add the next segment; after SOS, with its restart markers. Raises NotAPicture where it may not follow."""
        if marker == _DQT:
            self._quantization |= read_quantization(body)
        elif marker == _DHT:
            self._huffman = self._huffman | read_huffman(body)
        elif marker == _DRI:
            if len(body) != 2:
                raise undecodable("the JPEG's restart interval has another length than it needs")
            self.interval = int.from_bytes(body, "big")
        elif marker == _SOS:
            self._take_scan(body, restarts)
        elif marker in PROCESSES and self._frame is None:
            self._frame = read_frame(marker, body)
            check_size(self._frame.width_px, self._frame.height_px, self._max_pixels, self._side_min_px, SIDE_MAX_PX)
            self._sent = {each.id: [_UNSENT] * 64 for each in self._frame.components}
            if self._frame.process != "progressive":
                self._huffman = _EXAMPLES | self._huffman
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
        if restarts > most_restarts(frame, scan, self.interval):
            raise undecodable("a scan of the JPEG has more restart markers than it has room for")
        tables = {each.id: each.table for each in frame.components}
        for number, dc, ac in scan.components:
            if tables[number] not in self._quantization:
                raise undecodable(f"the JPEG lacks the quantization table {tables[number]}")
            missing = _needed(scan, dc, ac) - self._huffman.keys()
            if missing:
                raise undecodable(f"the JPEG lacks the Huffman table {max(missing)[1]}")
            self._send(scan, number)
        sequential = frame.process != "progressive"
        self.may_be_zeros = not sequential or not any(self._huffman[1, ac] for _, _, ac in scan.components)

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

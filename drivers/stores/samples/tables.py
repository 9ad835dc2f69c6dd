"""Parses the two tables of an MPEG transport stream that name its video: its programs, and their streams.

Source: ISO/IEC 13818-1, 2.4.4 (sections, PAT, PMT), table 2-34 (stream types) and annex A (CRC).
"""

from collections.abc import Iterator, Mapping

from drivers.stores.container import UnreadableError
from drivers.stores.samples.units import CodecName

SECTION_MAX_BYTES = 1024
"""The longest section of either table (2.4.4.5, 2.4.4.10)."""

_PAT_PID = 0
_PAT, _PMT = 0, 2
_CODECS: Mapping[int, CodecName] = {0x1B: "h264", 0x24: "h265"}
_NAMES: Mapping[int, str] = {
    0x01: "MPEG-1 video",
    0x02: "MPEG-2 video",
    0x06: "private data",
    0x10: "MPEG-4 Visual",
    0x1F: "layers of H.264",
    0x20: "views of H.264",
    0x21: "JPEG 2000",
    0x25: "layers of H.265",
    0x33: "H.266",
    0x42: "AVS",
    0xD1: "Dirac",
    0xD2: "AVS2",
    0xD4: "AVS3",
    0xDB: "encrypted H.264",
    0xEA: "VC-1",
}


class Programs:
    """Collects the packets of a stream until its video is located."""

    def __init__(self) -> None:
        self._programs: dict[int, Sections] = {}
        self._index = Sections()
        self._foreign: dict[int, str] = {}

    def push(self, pid: int, payload: bytes, begins: bool) -> tuple[int, CodecName] | None:
        """Add a payload; return the first H.264 or H.265 and its packets. Raises UnreadableError naming another."""
        if pid == _PAT_PID:
            for section in self._index.push(payload, begins):
                for program in program_tables(section):
                    self._programs.setdefault(program, Sections())
        elif pid in self._programs:
            for section in self._programs[pid].push(payload, begins):
                found = video_stream(section)
                if isinstance(found, tuple):
                    return found
                if found is not None:
                    self._foreign[pid] = found
            if self._foreign.keys() == self._programs.keys():
                raise UnreadableError(self._foreign[next(iter(self._programs))])
        return None


class Sections:
    """Puts the sections of one table together from the payloads of its packets."""

    def __init__(self) -> None:
        self._held = b""

    def push(self, payload: bytes, begins: bool) -> Iterator[bytes]:
        """Take the payload of the next packet; give the sections that it completes and whose sum is right."""
        if begins:
            self._held = payload[1 + payload[0] :] if payload else b""
        elif self._held:
            self._held += payload
        while len(self._held) >= 3 and self._held[0] != 0xFF:
            end = 3 + (int.from_bytes(self._held[1:3], "big") & 0x0FFF)
            if end > SECTION_MAX_BYTES:
                self._held = b""
            elif end > len(self._held):
                return
            else:
                section, self._held = self._held[:end], self._held[end:]
                if _crc(section) == 0:
                    yield section
        self._held = b""


def program_tables(section: bytes) -> list[int]:
    """Return in which packets the programs of a PAT are described; none where it is no PAT in force."""
    if not _in_force(section, _PAT):
        return []
    rows = section[8:-4]
    pairs = [(rows[at : at + 2], rows[at + 2 : at + 4]) for at in range(0, len(rows) - 3, 4)]
    return [int.from_bytes(packets, "big") & 0x1FFF for program, packets in pairs if program != b"\0\0"]


def video_stream(section: bytes) -> tuple[int, CodecName] | str | None:
    """Return the packets of the first H.264 or H.265 of a PMT, and which of both it is.

    Returns:
        The text that names another video, where it has only such; None where it is no PMT in force.
    """
    if not _in_force(section, _PMT) or len(section) < 16:
        return None
    at = 12 + (int.from_bytes(section[10:12], "big") & 0x0FFF)
    foreign = "it has no video"
    while at + 5 <= len(section) - 4:
        kind = section[at]
        if kind in _CODECS:
            return int.from_bytes(section[at + 1 : at + 3], "big") & 0x1FFF, _CODECS[kind]
        if kind in _NAMES and foreign == "it has no video":
            foreign = f"its video is {_NAMES[kind]} (stream type 0x{kind:02X}), not H.264 or H.265"
        at += 5 + (int.from_bytes(section[at + 3 : at + 5], "big") & 0x0FFF)
    return foreign


def _in_force(section: bytes, table: int) -> bool:
    """Return whether a section is of a table, in the long form, and currently valid."""
    return len(section) >= 12 and section[0] == table and bool(section[1] & 0x80) and bool(section[5] & 1)


def _crc(data: bytes) -> int:
    """Return the sum over a section with the sum in it: 0 where it is right (annex A)."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7) & 0xFFFFFFFF if value & 0x80000000 else value << 1
    return value

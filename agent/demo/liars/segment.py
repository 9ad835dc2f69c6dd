"""Writes segments of a store: MPEG-TS files of one key picture, under names and times that a recorder would give them.

A segment holds the first picture of a clip and nothing else: what a store is asked for is its first picture.

Source: ISO/IEC 13818-1, 2.4.3 (transport packets, PES), 2.4.4 (PAT, PMT) and annex A (CRC).
"""

import os
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from agent.demo.rtsp.clips import recorded
from agent.demo.rtsp.playing import RATE_HZ
from agent.demo.rtsp.rtp import CLOCK_HZ
from agent.demo.world.recordings import SITE_ZONE

PATTERN = "%path/%Y-%m-%d/%H-%M-%S.ts"
HOUR = timedelta(hours=1)
_PACKET, _PMT_PID, _VIDEO_PID, _H264 = 188, 0x1000, 0x100, 0x1B
_DELIMITER = b"\x09\xf0"


@lru_cache(maxsize=1)
def transport_stream(place: str, at: datetime) -> bytes:
    """Return a file that holds the first picture of what was recorded of a place at a moment."""
    clip = recorded(place, at)
    key, *following = clip.pictures[:3]
    pictures = ((_DELIMITER, clip.sps, clip.pps, *key), *((_DELIMITER, *one) for one in following))
    pat = _section(b"\0\0\1\xc1\0\0\0\1" + (0xE000 | _PMT_PID).to_bytes(2))
    video = bytes((_H264,)) + (0xE000 | _VIDEO_PID).to_bytes(2) + b"\xf0\0"
    pmt = _section(b"\2\0\1\xc1\0\0" + (0xE000 | _VIDEO_PID).to_bytes(2) + b"\xf0\0" + video)
    return _packets(0, pat) + _packets(_PMT_PID, pmt) + _video(pictures)


def record(root: Path, camera: str, place: str, begin: datetime, until: datetime, there: Collection[Path] = ()) -> None:
    """Write what a recorder has written of a camera from a full hour on until now, an hour a file.

    What is `there` stays as it is.
    """
    while begin < until:
        path = path_of(root, camera, begin)
        if path not in there:
            write(path, transport_stream(place, begin), min(begin + HOUR, until))
        begin += HOUR


Stamps = Mapping[Path, tuple[int, int, int, int]]
"""Of each file what the kernel changes when somebody writes it; the time of the change itself nobody can set."""


def stamps(root: Path) -> Stamps:
    """Return the stamps of every file of a store."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            told = path.stat()
            found[path] = (told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns)
    return found


def path_of(root: Path, camera: str, begin: datetime) -> Path:
    """Return where the segment that begins at a moment lies."""
    return root / begin.astimezone(SITE_ZONE).strftime(PATTERN.replace("%path", camera))


def write(path: Path, data: bytes, ended_at: datetime) -> None:
    """Write one segment as if it had been finished at a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (ended_at.timestamp(), ended_at.timestamp()))


def _section(body: bytes) -> bytes:
    """Return a section behind its pointer, with its length and CRC."""
    table, rest = body[:1], body[1:]
    whole = table + (0xB000 | (len(rest) + 4)).to_bytes(2) + rest
    return b"\0" + whole + _crc(whole).to_bytes(4)


def _crc(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = ((crc << 1) ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc


def _video(pictures: Sequence[tuple[bytes, ...]]) -> bytes:
    """Write pictures, each in a PES packet with its time: of one that another follows it is sure that it is whole."""
    written, counter = b"", 0
    for number, units in enumerate(pictures):
        at = number * CLOCK_HZ // RATE_HZ
        time = bytes((0x21 | at >> 29 & 14,)) + (at >> 14 & 0xFFFE | 1).to_bytes(2) + (at << 1 & 0xFFFE | 1).to_bytes(2)
        data = b"\0\0\1\xe0\0\0\x80\x80\5" + time + b"".join(b"\0\0\0\1" + unit for unit in units)
        written += _packets(_VIDEO_PID, data, counter)
        counter = len(written) // _PACKET
    return written


def _packets(pid: int, payload: bytes, counter: int = 0) -> bytes:
    """Cut a payload into packets of 188 bytes; the last is filled by an adaptation field."""
    written = b""
    for at in range(0, len(payload), _PACKET - 4):
        part = payload[at : at + _PACKET - 4]
        room = _PACKET - 4 - len(part)
        flags = 0x30 if room else 0x10
        field = b"" if not room else bytes((room - 1,)) + (b"\0" + b"\xff" * (room - 2) if room > 1 else b"")
        first = 0x4000 if at == 0 else 0
        written += b"\x47" + (first | pid).to_bytes(2) + bytes((flags | counter & 15,)) + field + part
        counter += 1
    return written

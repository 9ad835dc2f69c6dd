"""Decode files as the picture worker of a checkout does, and print a digest of each one's pixels, or why it has none.

Works on the checkout that stands in PYTHONPATH, on one in which FFmpeg took recordings out of their containers, too. A
bare stream is sent as RTP packets and put together again, as a camera's is.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ |= {"OPENCV_FFMPEG_LOGLEVEL": "32", "OPENCV_LOG_LEVEL": "OFF"}  # as a worker has it, before OpenCV is loaded

try:
    from drivers.rtsp.rtp import CODECS, Assembler, Packet
    from masking.worker import decode
except ImportError:  # where they lay in an earlier checkout
    from drivers.rtp import CODECS, Assembler, Packet  # type: ignore[no-redef]
    from masking import decode  # type: ignore[attr-defined,no-redef]

os.environ |= decode.ENVIRONMENT

try:
    from drivers.stores.samples.first import first_picture
except ImportError:
    first_picture = None  # type: ignore[assignment]

_UNIT = re.compile(rb"\x00\x00\x01")
_MOST_BYTES = 1400


def main() -> None:
    """Decode each file that is asked for."""
    asked = json.load(sys.stdin)
    out, said = os.dup(1), os.pipe2(os.O_NONBLOCK)
    os.dup2(said[1], 1)
    os.dup2(said[1], 2)
    found = {name: _digest(Path(path), kind, said[0]) for name, kind, path in asked["files"]}
    os.write(out, json.dumps(found).encode())


def _digest(path: Path, kind: str, complaints: int) -> str:
    try:
        data: bytes = path.read_bytes()
        if kind in ("h264", "h265"):
            data = as_sent(data, kind)
        elif kind != "jpeg" and first_picture is not None:
            with path.open("rb") as file:
                sample = first_picture(file)
            data, kind = sample.data, sample.kind
        decoded = decode.decode(data, kind, complaints)
    except Exception as refused:  # noqa: BLE001 - whatever it is: there is no picture
        return f"refused: {type(refused).__name__}: {refused}"
    picture = getattr(decoded, "picture", decoded)
    return f"{picture.shape} {hashlib.sha256(picture.tobytes()).hexdigest()}"


def as_sent(data: bytes, kind: str) -> bytes:
    """Return the keyframe that comes of a stream when it is sent over RTP; the stream itself where none comes."""
    assembler = Assembler(kind)  # type: ignore[arg-type]
    for packet in _packets(data, kind):
        frame = assembler.push(packet)
        if frame is not None:
            return frame.data
    return data


def _packets(data: bytes, kind: str) -> Iterator[Packet]:
    """Cut a stream into packets: one or more for each unit, a new timestamp with each picture."""
    codec = CODECS[kind]
    starts = [found.end() for found in _UNIT.finditer(data)]
    ends = [*(start - 3 for start in starts[1:]), len(data)]
    units = [data[at:end].rstrip(b"\0") for at, end in zip(starts, ends, strict=True)]
    sequence, timestamp, had_slice = 0, 0, False
    for unit in filter(None, units):
        of_picture = codec.kind(unit) in codec.pictures
        if had_slice and (not of_picture or codec.opens_picture(unit)):
            timestamp, had_slice = timestamp + 3600, False
        had_slice = had_slice or of_picture
        for payload in _payloads(unit, codec.header_bytes, codec.fragment):
            sequence += 1
            yield Packet(96, False, sequence & 0xFFFF, timestamp, payload)
    yield Packet(96, True, (sequence + 1) & 0xFFFF, timestamp + 3600, b"")


def _payloads(unit: bytes, header_bytes: int, fragment: int) -> Iterator[bytes]:
    if len(unit) <= _MOST_BYTES:
        yield unit
        return
    head, body = unit[:header_bytes], unit[header_bytes:]
    kind = head[0] & 0x1F if header_bytes == 1 else head[0] >> 1 & 0x3F
    one = header_bytes == 1
    indicator = bytes([head[0] & 0xE0 | fragment] if one else [head[0] & 0x81 | fragment << 1, head[1]])
    parts = [body[at : at + _MOST_BYTES] for at in range(0, len(body), _MOST_BYTES)]
    for number, part in enumerate(parts):
        flags = 0x80 * (number == 0) | 0x40 * (number == len(parts) - 1)
        yield indicator + bytes([flags | kind]) + part


if __name__ == "__main__":
    main()

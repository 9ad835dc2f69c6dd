"""Clips that ffmpeg makes, what ffprobe says of them, and the RTP packets in which ffmpeg sends them.

Nobody here wrote either end: the frames, keyframes and bytes that a test expects are ffprobe's.
"""

from __future__ import annotations

import itertools
import json
import socket
import subprocess
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from patience import PATIENCE_S

_CODECS = {
    "h264": ("-c:v", "libx264", "-preset", "ultrafast"),
    "h265": ("-c:v", "libx265", "-preset", "ultrafast"),
    "mjpeg": ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-huffman", "default"),
}
_X265_QUIET = "log-level=none:pools=1"


@dataclass(frozen=True)
class MadeClip:
    """A clip as it was made: `sizes` and `keys` are bytes and keyframe flags of its pictures in decoding order."""

    kind: str
    sdp: str
    packets: tuple[bytes, ...]
    sizes: tuple[int, ...]
    keys: tuple[bool, ...]


@cache
def made(kind: str, size: str, rate: str, seconds: float, options: tuple[str, ...] = ()) -> MadeClip:
    """Let ffmpeg encode `seconds` of a moving test picture of `size` (such as 704x576) at `rate` (such as 25/2)."""
    x265 = ("-x265-params", _X265_QUIET) if kind == "h265" else ()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "clip.mkv"
        source = f"testsrc2=size={size}:rate={rate}:duration={seconds}"
        run = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, *_CODECS[kind], *x265, *options, str(file)]
        subprocess.run(run, check=True, timeout=PATIENCE_S * 3, stdin=subprocess.DEVNULL)
        probe = ["ffprobe", "-v", "error", "-show_entries", "packet=size,flags", "-of", "json", str(file)]
        done = subprocess.run(probe, check=True, timeout=PATIENCE_S, stdin=subprocess.DEVNULL, capture_output=True)
        pictures = json.loads(done.stdout)["packets"]
        sdp, packets = _sent(file, Path(folder))
    sizes = tuple(int(one["size"]) for one in pictures)
    return MadeClip(kind, sdp, packets, sizes, tuple("K" in one["flags"] for one in pictures))


def parameter_set(kind: str, size: str, *options: str) -> bytes:
    """Let ffmpeg encode one picture; return its sequence parameter set, without a start code."""
    source = f"testsrc2=size={size}:rate=25"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-frames:v", "1", *_CODECS[kind], *options]
    command += ["-f", {"h264": "h264", "h265": "hevc"}[kind], "pipe:1"]
    done = subprocess.run(command, check=True, timeout=PATIENCE_S * 3, stdin=subprocess.DEVNULL, capture_output=True)
    units = [unit.rstrip(b"\0") for unit in done.stdout.split(b"\0\0\1")]
    wanted = [u for u in units if u and (u[0] & 0x1F == 7 if kind == "h264" else u[0] >> 1 & 0x3F == 33)]
    return wanted[0]


def _sent(file: Path, folder: Path) -> tuple[str, tuple[bytes, ...]]:
    """Let ffmpeg send a file as RTP into a socket that holds it back when nobody has read: no packet can be lost."""
    packets: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(folder / "rtp"))
        sock.settimeout(0.2)
        ended = threading.Event()

        def receive() -> None:
            while True:
                try:
                    data = sock.recv(65_535)
                except TimeoutError:
                    if ended.is_set():
                        return
                    continue
                if not 200 <= data[1] <= 207:  # RTCP
                    packets.append(data)

        receiver = threading.Thread(target=receive)
        receiver.start()
        command: list[str | Path] = ["ffmpeg", "-v", "error", "-i", file, "-c:v", "copy", "-f", "rtp"]
        command += ["-packetsize", "1200", "-sdp_file", folder / "sdp", "-type", "datagram", f"unix:{folder / 'rtp'}"]
        try:
            subprocess.run(command, check=True, timeout=PATIENCE_S * 3, stdin=subprocess.DEVNULL)
        finally:
            ended.set()
            receiver.join()
    numbers = [int.from_bytes(packet[2:4], "big") for packet in packets]
    assert numbers and all((a + 1) & 0xFFFF == b for a, b in itertools.pairwise(numbers)), (
        "ffmpeg numbers without holes"
    )
    return (folder / "sdp").read_text(), tuple(packets)

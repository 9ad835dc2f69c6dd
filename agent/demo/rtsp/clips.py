"""Loads the short H.264 clips that the simulated streams loop, and splits them into pictures.

A clip is SPS, PPS, an IDR picture, then P pictures, each one NAL unit (made by `packaging/write_demo_clips.py`).
"""

import base64
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from agent.demo.world.cameras import DemoCamera, Fault
from drivers.picture import FURTHER_STREAMS, PathName

IDR, SPS, PPS = 5, 7, 8
_START = re.compile(rb"\x00\x00\x00?\x01")


@dataclass(frozen=True, slots=True)
class Clip:
    """Parameter sets and pictures, each a NAL unit without its start code; the first picture is the IDR."""

    sps: bytes
    pps: bytes
    pictures: tuple[bytes, ...]

    @property
    def sprop(self) -> str:
        """The value of `sprop-parameter-sets`. Source: RFC 6184 section 8.1."""
        return ",".join(base64.b64encode(unit).decode() for unit in (self.sps, self.pps))


def cut(data: bytes) -> Clip:
    """Cut an Annex-B stream into a clip.

    Raises:
        ValueError: It does not start with SPS, PPS and an IDR picture, or holds anything but slices after them.
    """
    units = [unit for unit in _START.split(data) if unit]
    kinds = [unit[0] & 31 for unit in units]
    if kinds[:3] != [SPS, PPS, IDR] or any(kind != 1 for kind in kinds[3:]):
        raise ValueError("a clip is SPS, PPS, one IDR picture, then P pictures of one slice each")
    return Clip(units[0], units[1], tuple(units[2:]))


@lru_cache(maxsize=64)
def load(name: str) -> Clip:
    """Read a clip by its file name."""
    return cut(files("agent.demo").joinpath("clips", name).read_bytes())


def clip_of(camera: DemoCamera, path: PathName, fault: Fault | None) -> Clip:
    """Return the clip that a camera streams on a path: its own, the bare or the dark one."""
    stem = {"dark": "dark", "mask-removed": f"{camera.place}-bare"}.get(fault or "", camera.place)
    return load(f"{stem}-{'sub' if path in FURTHER_STREAMS else path}.h264")

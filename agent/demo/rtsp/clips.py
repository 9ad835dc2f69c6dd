"""Loads the short H.264 clips that the simulated streams loop, and splits them into pictures.

A clip is SPS, PPS, an IDR picture, then P and more IDR pictures, each one NAL unit (made by
`packaging/write_demo_clips.py`).
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

    @property
    def clean_points(self) -> tuple[int, ...]:
        """The numbers of its IDR pictures: there a player may begin."""
        return tuple(number for number, unit in enumerate(self.pictures) if unit[0] & 31 == IDR)


def cut(data: bytes) -> Clip:
    """Cut an Annex-B stream into a clip.

    Raises:
        ValueError: It does not start with SPS, PPS and an IDR picture, or holds anything but slices after them.
    """
    units = [unit for unit in _START.split(data) if unit]
    kinds = [unit[0] & 31 for unit in units]
    if kinds[:3] != [SPS, PPS, IDR] or any(kind not in (1, IDR, SPS, PPS) for kind in kinds[3:]):
        raise ValueError("a clip is SPS, PPS, one IDR picture, then P pictures of one slice each")
    if not {unit for unit in units if unit[0] & 31 in (SPS, PPS)} <= set(units[:2]):
        raise ValueError("a clip is of one size: its parameter sets do not change")
    return Clip(units[0], units[1], tuple(unit for unit in units[2:] if unit[0] & 31 in (1, IDR)))


@lru_cache(maxsize=64)
def load(name: str) -> Clip:
    """Read a clip by its file name."""
    return cut(files("agent.demo").joinpath("clips", name).read_bytes())


def clip_of(camera: DemoCamera, path: PathName, fault: Fault | None) -> Clip:
    """Return the clip that a camera streams on a path, or of which its recordings are: own, bare or dark."""
    stem = {"dark": "dark", "mask-removed": f"{camera.place}-bare"}.get(fault or "", camera.place)
    return load(f"{stem}-{'sub' if path in FURTHER_STREAMS else path}.h264")

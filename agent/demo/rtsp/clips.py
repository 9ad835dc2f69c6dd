"""Loads the short H.264 clips that the simulated streams loop, and splits them into pictures.

A clip is SPS, PPS, an IDR picture, then P and more IDR pictures (made by `packaging/write_demo_clips.py`). What was
recorded of a camera is a scene with two noises, of which each half hour has its own mixture, slice by slice: no two
moments of real footage show one picture.
"""

import base64
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

from agent.demo.world.cameras import DemoCamera, Fault
from drivers.picture import FURTHER_STREAMS, PathName

IDR, SPS, PPS = 5, 7, 8
_START = re.compile(rb"\x00\x00\x00?\x01")

MIXTURE: Final = timedelta(minutes=30)
"""For so long, footage shows the same mixture."""
MIXTURES: Final = 4096
"""So many there are, any two of which differ in seven of 23 slices: in 85 days no two half hours are alike."""
_GOLAY: Final = 0xC75
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Clip:
    """Parameter sets and pictures of one or more slices, as NAL units without start codes; the first is an IDR."""

    sps: bytes
    pps: bytes
    pictures: tuple[tuple[bytes, ...], ...]

    @property
    def sprop(self) -> str:
        """The value of `sprop-parameter-sets`. Source: RFC 6184 section 8.1."""
        return ",".join(base64.b64encode(unit).decode() for unit in (self.sps, self.pps))

    @property
    def clean_points(self) -> tuple[int, ...]:
        """The numbers of its IDR pictures: there a player may begin."""
        return tuple(number for number, slices in enumerate(self.pictures) if is_clean(slices))


def cut(data: bytes) -> Clip:
    """Cut an Annex-B stream into a clip.

    Raises:
        ValueError: It does not start with SPS, PPS and an IDR picture, or holds anything but slices after them.
    """
    units = [unit for unit in _START.split(data) if unit]
    kinds = [unit[0] & 31 for unit in units]
    if kinds[:3] != [SPS, PPS, IDR] or any(kind not in (1, IDR, SPS, PPS) for kind in kinds[3:]):
        raise ValueError("a clip is SPS, PPS, then IDR and P pictures")
    if not {unit for unit in units if unit[0] & 31 in (SPS, PPS)} <= set(units[:2]):
        raise ValueError("a clip is of one size: its parameter sets do not change")
    slices = [unit for unit in units if unit[0] & 31 in (1, IDR)]
    begins = [number for number, unit in enumerate(slices) if _is_first(unit)]
    if begins[:1] != [0]:
        raise ValueError("a clip is of whole pictures: the first slice is not the first of its picture")
    pictures = tuple(tuple(slices[first:end]) for first, end in pairwise([*begins, len(slices)]))
    return Clip(units[0], units[1], pictures)


def is_clean(picture: tuple[bytes, ...]) -> bool:
    """Tell whether a player may begin with a picture."""
    return picture[0][0] & 31 == IDR


def _is_first(unit: bytes) -> bool:
    """Tell whether a slice begins a picture: `first_mb_in_slice` is 0. Source: ITU-T H.264 clause 7.3.3."""
    return unit[1] & 0x80 != 0


@lru_cache(maxsize=64)
def load(name: str) -> Clip:
    """Read a clip by its file name."""
    return cut(files("agent.demo").joinpath("clips", name).read_bytes())


def clip_of(camera: DemoCamera, path: PathName, fault: Fault | None, at: datetime = _EPOCH) -> Clip:
    """Return the clip that a camera streams on a path, or that was recorded of it at a moment: own, bare or dark."""
    stem = {"dark": "dark", "mask-removed": f"{camera.place}-bare"}.get(fault or "", camera.place)
    if path == "playback":
        return recorded(stem, at)
    return load(f"{stem}-{'sub' if path in FURTHER_STREAMS else path}.h264")


def recorded(stem: str, at: datetime) -> Clip:
    """Return what was recorded of a place at a moment: one GOP, with the noise of that half hour."""
    return _mixed(stem, (at - _EPOCH) // MIXTURE % MIXTURES)


@lru_cache(maxsize=256)
def _mixed(stem: str, number: int) -> Clip:
    """Return the first GOP of a clip of two, with the slices that a codeword takes from each of the key pictures.

    Source: M. J. E. Golay, "Notes on digital coding", 1949: the code of 23 bits, of which any two words differ in 7.
    """
    clip = load(f"{stem}-playback.h264")
    first, second = clip.clean_points
    word = 0
    for bit in range(MIXTURES.bit_length() - 1):
        word ^= (_GOLAY << bit) * (number >> bit & 1)
    pairs = zip(clip.pictures[first], clip.pictures[second], strict=True)
    key = tuple(pair[word >> place & 1] for place, pair in enumerate(pairs))
    return replace(clip, pictures=(key, *clip.pictures[1:second]))

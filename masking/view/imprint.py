"""Reduces a picture to its imprint: bits by which the daemon compares pictures that it does not have. For the child.

The points lie where chance has put them, the same ones in each picture, so that the bits of two pictures can be
compared and no picture can be drawn from them. `likeness.py` compares them.
"""

from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from masking.view.likeness import GRAIN_BITS, LAYOUT_BITS, SURE_LEAST
from masking.view.picture import Bgr, grey_of

_GRID: Final = (64, 36)
"""Width and height of the coarse picture whose places are compared."""

_AROUND: Final = 9
"""Side, in places, of what counts as the surroundings of one."""

_FAR: Final = 6
"""How far apart, in places, two compared ones lie at most: so the light of a whole side does not count."""

_SURE: Final = 4.0
"""Levels by which two places must differ to be sure."""

_RIM: Final = 0.03
"""Share of the picture at its rim that is left out: there decoders and lenses draw bars."""

_Numbers = npt.NDArray[np.intp]


def _pairs() -> tuple[_Numbers, _Numbers]:
    """Draw the places of the coarse picture that are compared."""
    chance = np.random.default_rng(3)
    one = chance.integers(0, _GRID, (LAYOUT_BITS, 2))
    other = np.clip(one + chance.integers(-_FAR, _FAR + 1, one.shape), 0, np.array(_GRID) - 1)
    first, second = (np.asarray(place[:, 1] * _GRID[0] + place[:, 0], np.intp) for place in (one, other))
    return first, second


# Drawn before the child gives up its rights.
_ONE, _OTHER = _pairs()
_PLACES: Final = np.random.default_rng(5).uniform(_RIM, 1 - _RIM, (GRAIN_BITS, 2))


def imprint(picture: Bgr) -> bytes:
    """Return the imprint of a decoded picture (height x width x 3, BGR); empty where it shows too little to compare."""
    grey = grey_of(picture)
    coarse = cv2.resize(grey, _GRID, interpolation=cv2.INTER_AREA).astype(np.float32)
    coarse -= cv2.blur(coarse, (_AROUND, _AROUND))
    step = coarse.ravel()[_ONE] - coarse.ravel()[_OTHER]
    sure = np.abs(step) > _SURE
    if int(sure.sum()) < SURE_LEAST:
        return b""
    fine = cv2.boxFilter(grey, cv2.CV_32S, (3, 3), normalize=False) * 25
    wide = cv2.boxFilter(grey, cv2.CV_32S, (5, 5), normalize=False) * 9
    height, width = grey.shape
    points = _points(height, width)
    grain = fine.ravel()[points] > wide.ravel()[points]
    return b"".join(np.packbits(bits).tobytes() for bits in (step > 0, sure, grain))


@lru_cache(maxsize=8)
def _points(height: int, width: int) -> _Numbers:
    """Which pixels of a grey picture are looked at."""
    x, y = (_PLACES[:, 0] * width).astype(np.intp), (_PLACES[:, 1] * height).astype(np.intp)
    return np.asarray(y * width + x, np.intp)

"""Finds in a JPEG's picture the step that lost coded data leave: from one block on, all is brighter or darker.

A JPEG sends how much a block's mean differs from the one before it. Where a part of its data is missing and the decoder
falls into step again by itself, nothing but these means shows it: along the rest of the row of blocks above it, and
below the row's beginning, one and the same step runs through whatever is seen there, and nowhere beside it. No scene
does that at the border of blocks. Runs in the locked-down child only.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from masking.bitstream.jpeg import Jpeg

Floats = npt.NDArray[np.float32]

_STEPS: Final = np.array(
    [sign * step for step in (3, 4, 5.5, 7.5, 10, 14, 19, 26, 36, 50, 70, 95) for sign in (1, -1)], np.float32
)[:, None, None]
"""Steps that are tried, in levels; each stands for those within half of it."""

_REACH: Final = np.maximum(np.abs(_STEPS) / 2, 2)

_EDGE: Final = 3
"""So many blocks at least on either side: a step along a whole row of blocks is an edge of the scene."""

_PROOF: Final = 0.33
"""How much clearer a step must be than its absence, in luma and colours together. The clearest of 795 whole JPEGs of
photographs, clips and drawings had 0.30 (a sheet of handwritten notes)."""


def has_a_step(picture: npt.NDArray[np.uint8], written: Jpeg) -> bool:
    """Return whether from some block on the levels of a decoded JPEG (height x width x 3, BGR) are off."""
    across, down = written.unit_px
    rows, columns = picture.shape[0] // down, picture.shape[1] // across
    if rows < 3 or columns < 3 * _EDGE or 0 < written.restart_units < columns:
        return False
    borders = np.arange(1, rows) * down
    luma = _planes(picture, borders, (-2, -1, 0, 1), columns * across)[..., 0]
    colours = _planes(picture, borders, (-5, -2, 1, 4), columns * across)[..., 1:]
    found = [_proof(_median(luma, across))] + [_proof(_median(colours[..., one], across)) for one in (0, 1)]
    together = np.sum([np.maximum(one, 0) for one in found], axis=0)
    return float(together.max()) >= _PROOF


def _planes(
    picture: npt.NDArray[np.uint8], borders: npt.NDArray[np.int64], taps: tuple[int, int, int, int], width: int
) -> Floats:
    """Return the step at each border, without the slope on either side of it: borders x width x 3 of YCrCb."""
    last = picture.shape[0] - 1
    far, near, here, beyond = (
        np.asarray(cv2.cvtColor(picture[np.minimum(borders + tap, last), :width], cv2.COLOR_BGR2YCrCb), np.float32)
        for tap in taps
    )
    return np.asarray((here - near) - (near - far + beyond - here) / 2, np.float32)


def _median(steps: Floats, across: int) -> Floats:
    """Return the median step above each block: borders x columns."""
    ordered = np.sort(steps.reshape(len(steps), -1, across), axis=2)
    return np.asarray((ordered[..., across // 2 - 1] + ordered[..., across // 2]) / 2, np.float32)


def _proof(steps: Floats) -> Floats:
    """Return for each block from which the levels may be off, but those at the edges, how clear the step is (-1..1).

    The least of four: the step is there above the rest of its row, and below what is before it in its row; it is not
    above what is before it, nor below the rest.
    """
    shown = np.maximum(0, 1 - np.abs(steps - _STEPS) / _REACH) - np.maximum(0, 1 - np.abs(steps) / _REACH)
    sums = np.cumsum(np.pad(shown, ((0, 0), (0, 0), (1, 0))), axis=2)
    columns = steps.shape[1]
    at = np.arange(_EDGE, columns - _EDGE + 1)
    before, rest = sums[:, :, at] / at, (sums[:, :, -1:] - sums[:, :, at]) / (columns - at)
    least = np.minimum(np.minimum(rest[:, :-1], before[:, 1:]), np.minimum(-before[:, :-1], -rest[:, 1:]))
    return np.asarray(least.max(axis=0), np.float32)

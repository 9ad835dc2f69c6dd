"""Determines whether the means of a JPEG's blocks are levels that samples have. Runs in the locked-down child only.

libjpeg decodes a JPEG of which a few bytes are missing without a word where it finds its place again: the blocks
behind are whole, and their levels off by whatever the lost ones would have added. It limits what it shows to the range
of samples, so that a dark or bright place looks flat there, as a mask does.
"""

from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from masking.bitstream.jpeg_levels import WideLevels

_MIDDLE, _MOST, _BLOCK_PX = 128, 255, 8

_MEAN_OF_STEP: Final = 1 / 8
"""The level that a step of a block's first coefficient stands for (ITU-T T.81 clause A.3.3)."""

_SLACK_LEVELS: Final = 2.0
"""What an encoder's arithmetic may be off, beside one whole step for one that cuts instead of rounding."""


def are_possible(wide: WideLevels, unit_px: tuple[int, int]) -> bool:
    """Return whether the mean of every block lies within the range of samples, give or take a step of quantization.

    A picture whose steps are too small to be made smaller hides levels beyond the range, and counts as possible.

    Args:
        wide: The picture with smaller steps.
        unit_px: Width and height of the blocks that are sent together.
    """
    size = cv2.IMREAD_REDUCED_COLOR_8 if len(wide.steps) > 1 else cv2.IMREAD_REDUCED_GRAYSCALE_8
    try:
        shown = cv2.imdecode(np.frombuffer(wide.data, np.uint8), size | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        return True  # the picture itself was decoded, and what is wrong with it said
    if shown is None:
        return True
    channels = np.atleast_3d(shown)[..., ::-1]
    blocks = unit_px[0] // _BLOCK_PX, unit_px[1] // _BLOCK_PX
    for number, (step, written) in enumerate(wide.steps):
        # Colours come with fewer blocks, each of which is shown with some of its detail.
        means = channels[..., number] if number == 0 else _means(channels[..., number], *blocks)
        times = step / written
        slack = step * _MEAN_OF_STEP + times / 2 + _SLACK_LEVELS
        if means.size and not _is_within(means, times, slack):
            return False
    return True


def _means(channel: npt.NDArray[Any], across: int, down: int) -> npt.NDArray[Any]:
    """Return the means of groups of so many values, without those at the end that are not whole."""
    height, width = (channel.shape[0] // down) * down, (channel.shape[1] // across) * across
    groups = channel[:height, :width].reshape(height // down, down, width // across, across)
    return np.asarray(groups.mean(axis=(1, 3)))


def _is_within(means: npt.NDArray[Any], times: float, slack: float) -> bool:
    low, high = (_MIDDLE + times * (float(end) - _MIDDLE) for end in (means.min(), means.max()))
    return low >= -slack and high <= _MOST + slack

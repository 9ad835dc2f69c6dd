"""The mean of a block lies where samples do: what leaves that range was never sent, though a decoder limits it."""

from __future__ import annotations

import cv2
import numpy as np
import pictures
import pytest
from wide_means import jpeg_of, with_level, with_means_of_more

from masking.bitstream import jpeg
from masking.bitstream.jpeg_levels import wide_levels
from masking.worker.levels import are_possible

SAMPLINGS = {
    "4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    "4:2:2": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    "4:4:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440,
    "4:1:1": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411,
    "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
}


def possible(data: bytes) -> bool:
    written = jpeg.rewrite(data, 1 << 24)
    wide = wide_levels(written.data)
    assert wide is not None
    return are_possible(wide, written.unit_px)


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("level", [0, 255])
def test_a_level_beyond_black_or_white_is_told_though_a_decoder_limits_it(level: int, sampling: str) -> None:
    whole = jpeg_of(with_level(level), 50, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, SAMPLINGS[sampling])
    assert possible(whole) and not possible(with_means_of_more(whole, 130))


def test_a_grey_picture_is_read_like_any_other() -> None:
    whole = jpeg_of(np.asarray(with_level(255)[..., 0]), 50)
    assert possible(whole) and not possible(with_means_of_more(whole, 130))


def colours() -> pictures.Picture:
    """The ends of brightness and of both colours, in fields and in single dots."""
    out = np.zeros((203, 358, 3), np.uint8)
    for number, colour in enumerate(((255, 0, 0), (0, 0, 255), (0, 255, 0), (255, 255, 255), (0, 255, 255))):
        out[:, 60 * number : 60 * number + 40] = colour
        out[3 + number :: 8, 300 + number :: 8] = colour
    return out


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("quality", [1, 5, 20, 50, 80, 95, 100])
@pytest.mark.parametrize("progressive", [0, 1])
def test_the_ends_of_every_colour_are_levels_that_samples_have(quality: int, sampling: str, progressive: int) -> None:
    options = cv2.IMWRITE_JPEG_SAMPLING_FACTOR, SAMPLINGS[sampling], cv2.IMWRITE_JPEG_PROGRESSIVE, progressive
    noise = np.random.default_rng(quality).choice(np.array([0, 255], np.uint8), (200, 320, 3))
    for picture in (colours(), noise, np.asarray(255 - colours()), np.asarray(colours()[..., 0])):
        assert possible(jpeg_of(picture, quality, *options))


def test_steps_that_cannot_be_smaller_tell_nothing() -> None:
    """At the highest quality a step is an eighth of a level: what lies beyond stays hidden, and is no sign."""
    assert possible(jpeg_of(with_level(255), 100))


def test_what_a_decoder_is_given_differs_in_its_steps_and_in_how_colours_are_named() -> None:
    written = jpeg.rewrite(jpeg_of(with_level(255), 50), 1 << 24).data
    wide = wide_levels(written)
    assert wide is not None and wide.steps == ((16, 4), (17, 4), (17, 4))
    scan = written.index(b"\xff\xda")
    assert wide.data.endswith(written[scan:]) and b"JFIF" not in wide.data
    assert wide_levels(written[:-2] + written[2 : written.index(b"\xff\xc0")] + written[-2:]) is None

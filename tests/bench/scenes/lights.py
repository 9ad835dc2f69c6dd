"""What a camera makes of a place before it draws its masks: light, and the noise of the sensor."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Light = Literal["day", "dusk", "night", "infrared"]
LIGHTS: tuple[Light, ...] = ("day", "dusk", "night", "infrared")

GAMMA_GAIN_SIGMA: dict[Light, tuple[float, float, float]] = {
    "day": (1.0, 1.0, 1.5),
    "dusk": (1.2, 0.75, 3.0),
    "night": (1.6, 0.45, 6.0),
    "infrared": (1.2, 0.8, 3.0),
}
"""Gamma, gain and sigma of the noise (levels of 0..255). Infrared pictures are grey, their noise too."""

EXPOSURE_SPREAD = 0.06
"""From one moment to the next the exposure differs by up to so much, as auto exposure does."""


def lit(picture: Picture, light: Light, seed: tuple[int, ...]) -> Picture:
    """The place as the sensor sees it; the same seed gives the same noise and exposure."""
    rng = np.random.default_rng(seed)
    gamma, gain, sigma = GAMMA_GAIN_SIGMA[light]
    gain *= float(rng.uniform(1 - EXPOSURE_SPREAD, 1 + EXPOSURE_SPREAD))
    table = np.clip(np.power(np.arange(256) / 255, gamma) * gain * 255, 0, 255).astype(np.float32)
    source = picture
    if light == "infrared":
        source = np.asarray(cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)
    shape = (*picture.shape[:2], 1 if light == "infrared" else 3)
    noise = rng.standard_normal(shape, np.float32) * np.float32(sigma)
    return np.clip(table[source] + noise + 0.5, 0, 255).astype(np.uint8)

"""Faults of a camera's picture, drawn into what the sensor delivers; seeded, at strengths from plain to severe."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
from view_scenes import Light, Picture

Floats = npt.NDArray[np.float32]


def _black(x: Floats, rng: np.random.Generator, strength: float) -> Floats:
    """A cap on the lens: sensor noise only."""
    return np.abs(rng.normal(0, 3, x.shape)).astype(np.float32)


def _bright(x: Floats, rng: np.random.Generator, strength: float) -> Floats:
    """A lamp into the lens, or an iris that hangs."""
    return np.asarray(x * (2.2 + 2 * strength) + 60 * (1 + strength), np.float32)


def _pale(x: Floats, rng: np.random.Generator, strength: float) -> Floats:
    """Fog, or a film on the dome."""
    left = 0.4 - 0.25 * strength
    return np.asarray(left * (x - x.mean()) + x.mean() + 20, np.float32)


def _blurred(x: Floats, rng: np.random.Generator, strength: float) -> Floats:
    """Out of focus, sigma 2 to 5 px; the sensor's noise stays sharp."""
    soft = cv2.GaussianBlur(x, (0, 0), 2 + 3 * strength)
    return np.asarray(soft + rng.normal(0, 1.5, x.shape), np.float32)


def _cast(x: Floats, rng: np.random.Generator, strength: float) -> Floats:
    """White balance gone, to any colour."""
    gains = np.array([1.0, 1.0, 1.0])
    gains[rng.permutation(3)[:2]] = 1 + (0.2 + 0.3 * strength), 1 - (0.1 + 0.2 * strength)
    return np.asarray(x * gains, np.float32)


def _noisy(x: Floats, rng: np.random.Generator, strength: float) -> Floats:
    """Gain too high, or a bad cable."""
    return np.asarray(x + rng.normal(0, 15 + 25 * strength, x.shape), np.float32)


def _striped(x: Floats, rng: np.random.Generator, strength: float) -> Floats:
    """A pattern of rows or columns, as power supply or readout make it."""
    length = x.shape[int(rng.integers(0, 2))]
    wave = (6 + 10 * strength) * np.sin(np.arange(length) * 2 * np.pi / rng.uniform(5, 30) + rng.uniform(0, 6))
    return np.asarray(x + (wave[:, None, None] if length == x.shape[0] else wave[None, :, None]), np.float32)


def _covered(x: Floats, rng: np.random.Generator, strength: float) -> Floats:
    """A cloth or a hand before 40 to 100 per cent of the lens, soft at its edge, with folds."""
    height, width = x.shape[:2]
    share = 0.4 + 0.6 * strength
    cloth = np.zeros((height, width), np.float32)
    if rng.uniform() < 0.5:
        cloth[:, : int(width * share)] = 1
    else:
        cloth[height - int(height * share) :] = 1
    if strength < 0.95:
        cloth = np.asarray(cv2.GaussianBlur(cloth, (0, 0), 8), np.float32)
    folds = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 40)
    tone = rng.uniform(20, 160, 3) + 6 * (folds / max(float(folds.std()), 1e-6))[..., None]
    noise = rng.normal(0, 1.5, x.shape)
    return np.asarray(x * (1 - cloth[..., None]) + (tone + noise) * cloth[..., None], np.float32)


FAULTS: dict[str, Callable[[Floats, np.random.Generator, float], Floats]] = {
    "black": _black,
    "over-bright": _bright,
    "covered": _covered,
    "low-contrast": _pale,
    "blurred": _blurred,
    "colour-cast": _cast,
    "noise": _noisy,
    "stripes": _striped,
}
"""By the indicator that must find it. Frozen, shaking and a missing overlay are made otherwise, in `quality.py`."""


def spoilt(picture: Picture, fault: str, light: Light, rng: np.random.Generator, strength: float) -> Picture:
    """The picture with a fault of a strength in 0..1; under infrared light everything is grey."""
    out = FAULTS[fault](picture.astype(np.float32), rng, strength)
    if light == "infrared":
        out = np.repeat(out.mean(axis=2, keepdims=True), 3, axis=2)
    return np.clip(out, 0, 255).astype(np.uint8)

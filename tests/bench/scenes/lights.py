"""Lights a place and senses it as a camera does: exposure, wandering shadows, noise, and what its filters leave of it.

The noise is what cameras in the dark have rather than white: more of it on bright pixels (shot noise) over a floor that
the gain lifts, smeared over neighbours by the colour filter and the noise filter, coarser in colour than in luma, with
columns and hot pixels that stay where they are from look to look. How much of each is drawn by lot for every camera.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Scene = npt.NDArray[np.float32]
Light = Literal["day", "dusk", "night", "infrared"]
LIGHTS: tuple[Light, ...] = ("day", "dusk", "night", "infrared")

GAMMA_GAIN: dict[Light, tuple[float, float]] = {
    "day": (1.0, 1.0),
    "dusk": (1.2, 0.75),
    "night": (1.6, 0.45),
    "infrared": (1.2, 0.8),
}
FLOOR_SHOT: dict[Light, tuple[tuple[float, float], tuple[float, float]]] = {
    "day": ((0.5, 1.8), (0.0, 0.10)),
    "dusk": ((1.5, 3.5), (0.05, 0.20)),
    "night": ((3.0, 8.0), (0.10, 0.45)),
    "infrared": ((1.5, 4.5), (0.05, 0.25)),
}
"""Ranges of the noise: sigma of the floor in levels, and shot noise: variance in levels squared per level of light."""

EXPOSURE_SPREAD = 0.08
"""From one look to the next the exposure differs by up to so much, as auto exposure does."""

_FIELDS = 6
_WIDEST_PX = 1280


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A sensor and its clean-up; ranges in `camera`."""

    floor: float
    shot: float
    smear_px: float
    chroma: float
    columns: float
    hot_ratio: float
    denoise: float
    sharpen: float
    seed: int


def camera(rng: np.random.Generator) -> Camera:
    """Draw a camera. `floor` and `shot` are shares of the light's range."""
    return Camera(
        floor=float(rng.uniform()),
        shot=float(rng.uniform()),
        smear_px=float(rng.choice([0.0, 0.5, 0.8, 1.2])),
        chroma=float(rng.uniform(0.3, 1.3)),
        columns=float(rng.uniform(0, 0.35)),
        hot_ratio=float(rng.choice([0, 0, 1e-4, 4e-4])),
        denoise=float(rng.choice([0, 0, 1, 2])),
        sharpen=float(rng.choice([0, 0.3, 0.7])),
        seed=int(rng.integers(0, 2**31)),
    )


def lighted(picture: Picture, light: Light, rng: np.random.Generator) -> Scene:
    """The place in a light, without noise: exposure, white balance, and light and shadow that wander between looks."""
    gamma, gain = GAMMA_GAIN[light]
    gain *= float(rng.uniform(1 - EXPOSURE_SPREAD, 1 + EXPOSURE_SPREAD))
    table = (np.power(np.arange(256) / 255, gamma) * gain * 255).astype(np.float32)
    source = picture
    if light == "infrared":
        source = np.asarray(cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)
    tint = np.ones(3, np.float32)
    if light != "infrared":
        tint = 1 + rng.uniform(-0.03, 0.03, 3).astype(np.float32)
    height, width = picture.shape[:2]
    spots = 1 + rng.uniform(-1, 1, (4, 6)).astype(np.float32) * (0.12 if light == "day" else 0.06)
    field = cv2.resize(spots, (width, height), interpolation=cv2.INTER_CUBIC)
    if light == "day" and rng.uniform() < 0.5:
        field = field * _shadow(rng, width, height)
    elif light == "infrared":
        field = field * _lamp(width, height)
    return np.asarray(np.clip(table[source] * (field[..., None] * tint), 0, 255), np.float32)


def _shadow(rng: np.random.Generator, width: int, height: int) -> Scene:
    """The shade of something large, with a soft edge."""
    small = np.ones((height // 4, width // 4), np.float32)
    corners = rng.uniform(-0.2, 1.2, (4, 2)) * (width // 4, height // 4)
    cv2.fillConvexPoly(small, cv2.convexHull(corners.astype(np.int32)), float(rng.uniform(0.6, 0.85)))
    return np.asarray(cv2.resize(cv2.GaussianBlur(small, (0, 0), 1.5), (width, height)), np.float32)


@lru_cache(maxsize=4)
def _lamp(width: int, height: int) -> Scene:
    """The fall-off of an infrared lamp beside the lens."""
    x, y = np.meshgrid(np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32))
    return np.asarray(1.1 - 0.3 * (x * x + y * y), np.float32)


def sensed(scene: Scene, light: Light, by: Camera, rng: np.random.Generator) -> Picture:
    """The scene as the camera hands it to its mask drawer: noise, then noise filter and sharpening."""
    height, width = scene.shape[:2]
    (floor_low, floor_high), (shot_low, shot_high) = FLOOR_SHOT[light]
    floor = floor_low + (floor_high - floor_low) * by.floor
    shot = shot_low + (shot_high - shot_low) * by.shot
    luma = cv2.cvtColor(scene, cv2.COLOR_BGR2GRAY)
    sigma = cv2.sqrt(luma * shot + floor * floor)
    noise = _field(width, height, by.smear_px, rng) * sigma
    noise += _fixed(width, height, by.seed, by.columns, by.hot_ratio) * floor
    if by.denoise:
        # What the filter leaves: coarse blotches where the scene is flat.
        coarse = cv2.resize(noise, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        noise = noise * (0.6 / by.denoise) + cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR) * 0.5
    out = scene + noise[..., None]
    if light != "infrared":
        small = (max(width // 2, 1), max(height // 2, 1))
        for channel in (0, 2):
            blotch = _field(*small, 1.0, rng) * (floor * by.chroma)
            out[..., channel] += cv2.resize(blotch, (width, height), interpolation=cv2.INTER_LINEAR)
    if by.sharpen:
        out += (out - cv2.GaussianBlur(out, (3, 3), 0)) * by.sharpen
    return np.clip(out + 0.5, 0, 255).astype(np.uint8)


def lit(picture: Picture, light: Light, seed: tuple[int, ...]) -> Picture:
    """The place in a light as some camera hands it on; the same seed gives the same camera, exposure and noise."""
    rng = np.random.default_rng(seed)
    by = camera(rng)
    return sensed(lighted(picture, light, rng), light, by, rng)


def _field(width: int, height: int, smear_px: float, rng: np.random.Generator) -> Scene:
    """Noise of unit sigma: one of some fields that are kept, rolled and flipped by lot; wide pictures repeat it."""
    wide, high = min(width, _WIDEST_PX), min(height, _WIDEST_PX)
    field = _kept(wide, high, smear_px, int(rng.integers(0, _FIELDS)))
    field = np.roll(field, (int(rng.integers(0, high)), int(rng.integers(0, wide))), (0, 1))
    field = field[:: int(rng.choice([-1, 1])), :: int(rng.choice([-1, 1]))] * np.float32(rng.choice([-1, 1]))
    if wide < width or high < height:
        field = np.tile(field, (-(-height // high), -(-width // wide)))[:height, :width]
    return np.asarray(field, np.float32)


@lru_cache(maxsize=160)
def _kept(width: int, height: int, smear_px: float, number: int) -> Scene:
    rng = np.random.default_rng((width, height, round(smear_px * 10), number))
    field = rng.standard_normal((height, width), np.float32)
    if smear_px:
        field = cv2.GaussianBlur(field, (0, 0), smear_px)
        field /= field.std()
    return np.asarray(field, np.float32)


@lru_cache(maxsize=8)
def _fixed(width: int, height: int, seed: int, columns: float, hot_ratio: float) -> Scene:
    """What is the same in all looks: columns that differ, pixels that glow; in shares of the floor."""
    rng = np.random.default_rng(seed)
    out = np.tile(rng.standard_normal((1, width)).astype(np.float32) * columns, (height, 1))
    glowing = rng.uniform(size=(height, width)) < hot_ratio
    out[glowing] += rng.uniform(3, 12, int(glowing.sum())).astype(np.float32)
    return out

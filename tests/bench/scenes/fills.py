"""Fills solid masks as cameras that do not keep to one colour do: a gradient, hatching, noise, two colours.

What is filled so hides as well as a plain colour: nothing of the scene is in it, and it is the same in all looks.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Fill = Literal["plain", "gradient", "hatch", "noise", "two"]
Colour = tuple[int, int, int]
Colours = npt.NDArray[np.float32]


def filled(fill: Fill, shape: tuple[int, int], colour: Colour, seed: int, scale: float) -> Colours:
    """Return the colours (BGR) of an area of `shape` pixels.

    Args:
        fill: How it is filled.
        shape: Height and width.
        colour: Its colour, or the first of several (BGR).
        seed: The same seed fills alike.
        scale: Width of the picture, as a multiple of 640 px.
    """
    rng = np.random.default_rng(seed)
    one = np.array(colour, np.float32)
    area = np.full((*shape, 3), one, np.float32)
    # Towards the middle of the range, so that it shows.
    other = np.clip(one + np.where(one < 128, 1, -1) * rng.uniform(18, 110), 0, 255).astype(np.float32)
    if fill == "gradient":
        share = np.linspace(0, 1, shape[0], dtype=np.float32)[:, None, None]
        if rng.uniform() < 0.5:
            share = np.linspace(0, 1, shape[1], dtype=np.float32)[None, :, None]
        area = area * (1 - share) + other * share
    elif fill == "hatch":
        step = max(int(rng.integers(6, 17) * scale), 4)
        for at in range(-shape[0], shape[1], step):
            cv2.line(area, (at, 0), (at + shape[0], shape[0]), other.tolist(), max(round(scale), 1), cv2.LINE_AA)
    elif fill == "noise":
        grain = max(round(float(rng.choice([1, 2, 4])) * scale), 1)
        small = rng.standard_normal((shape[0] // grain + 1, shape[1] // grain + 1)).astype(np.float32)
        noise = cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST)
        area = area + noise[..., None] * float(rng.uniform(4, 20))
    elif fill == "two":
        cut = float(rng.uniform(0.25, 0.75))
        if rng.uniform() < 0.5:
            area[:, int(shape[1] * cut) :] = other
        else:
            area[int(shape[0] * cut) :] = other
    return np.clip(area, 0, 255)

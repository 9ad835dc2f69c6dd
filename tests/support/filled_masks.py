"""Draws looks at a scene in changing light, with a solid mask of any fill over its zone."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
import pictures
from pictures import Picture

Filled = Literal["two", "slope", "hatch"]

DESK = pictures.polygon(pictures.ZONE)


def fill(kind: Filled) -> tuple[tuple[slice, slice], Picture]:
    """Where the zone lies in a picture of 640 x 360, and a fill of it that no single look takes for one colour."""
    left, top, right, bottom = (round(share * size) for share, size in zip(pictures.ZONE, (640, 360) * 2, strict=True))
    area = np.full((bottom - top, right - left, 3), 70.0)
    if kind == "two":
        area[:, (right - left) // 3 :] = 140
    elif kind == "slope":
        area += np.linspace(0, 80, right - left)[None, :, None]
    else:
        for at in range(-area.shape[0], area.shape[1], 9):
            cv2.line(area, (at, 0), (at + area.shape[0], area.shape[0]), (120, 120, 120), 1)
    return (slice(top, bottom), slice(left, right)), np.asarray(area, np.uint8)


def sensed(scene: Picture, light: float, moment: int) -> Picture:
    return np.asarray(np.clip(scene * light + _noise(moment, scene.shape), 0, 255), np.uint8)


@lru_cache(16)
def _noise(moment: int, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """A sensor's noise: the same moments are asked for again and again, and drawing it costs most of a picture."""
    noise = np.random.default_rng(moment).normal(0, 2, shape)
    noise.flags.writeable = False
    return noise


def coded(picture: Picture) -> Picture:
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def masked(kind: Filled, lights: tuple[float, ...], opacity: float = 1.0, bare_px: int = 0) -> list[Picture]:
    """Looks at a scene in these lights, with a fill over its zone; `bare_px`: columns that it leaves on the left."""
    (rows, columns), drawn = fill(kind)
    looks = []
    for moment, light in enumerate(lights):
        picture = sensed(pictures.scene(21), light, moment)
        part = picture[rows, columns][:, bare_px:]
        part[...] = np.rint(part * (1 - opacity) + drawn[:, bare_px:] * opacity)
        looks.append(coded(picture))
    return looks

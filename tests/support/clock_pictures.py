"""Draws pictures with a running clock, as a camera does: a changing scene, and a line of date and time burnt in."""

from datetime import datetime
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
"""Wall clocks are told as if they were of UTC."""


def second_of(at: datetime) -> float:
    """Return a wall-clock time as masking counts it."""
    return (at - EPOCH).total_seconds()


def shown_at(
    at: datetime, form: str = "%Y-%m-%d %H:%M:%S", face: str = "uni", size: int = 20, at_px: int = 12
) -> Picture:
    """Return a picture of 640 x 360 whose clock shows a moment; its scene and light are others at each."""
    picture = _scene(int(second_of(at))).copy()
    if form:
        for colour, offsets in (((0, 0, 0), (-1, 0, 1)), ((255, 255, 255), (0,))):
            for right in offsets:
                for down in offsets:
                    where = (at_px + right, 30 + down)
                    cv2.putText(picture, f"{at:{form}}", where, colour, cv2.FontFace(face), size)
    return picture


@lru_cache(48)  # more than a test has looks: each form of a clock is drawn on the same ones
def _scene(second: int) -> Picture:
    rng = np.random.default_rng(second)
    coarse = rng.integers(40, 200, (12, 20, 3)).astype(np.uint8)
    scene = cv2.resize(coarse, (640, 360), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    noisy = scene * rng.uniform(0.4, 1.0) + rng.normal(0, 2, scene.shape)
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)


def jpeg(picture: Picture, quality: int = 70) -> bytes:
    """Return a picture as a JPEG."""
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()

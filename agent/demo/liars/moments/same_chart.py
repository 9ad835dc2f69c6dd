"""Sends one test chart, with other noise, for both cameras.

Two cameras in front of one chart, or two encoders set to the same pattern, are two cameras all the same.

Source: ISO 12233, resolution charts; sensors never have the same noise twice.
"""

import cv2
import numpy as np

from agent.demo.liars.lie import UNKNOWN, Lie, Telling
from agent.demo.liars.lie import says as telling
from agent.demo.scene.scene import jpeg
from agent.model.finding import Message


def make() -> Telling:
    """Send the chart as the snapshot of each channel."""
    count = 0

    def say(asked: str, body: bytes) -> bytes:
        nonlocal count
        if "/snapshot/" not in asked:
            return body
        count += 1
        noise = np.random.default_rng(count).normal(0, 3, (360, 640, 3))
        return jpeg(np.clip(_chart() + noise, 0, 255).astype(np.uint8))

    return telling(say)


def _chart() -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Grey squares in an order of chance, the same one for each picture."""
    squares = np.random.default_rng(9).uniform(20, 235, (9, 16)).astype(np.float32)
    grey = cv2.resize(squares, (640, 360), interpolation=cv2.INTER_NEAREST)
    return np.repeat(grey[..., None], 3, axis=2).astype(np.float64)


LIE = Lie(
    name="same_chart",
    world="onvif",
    fakes=Message("both cameras show one test chart"),
    makes=make,
    right={
        "same-picture site": UNKNOWN,
    },
    looks=2,
)

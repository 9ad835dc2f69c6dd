"""Draws what recorders and decoders show where a camera's signal is lost: cards, bars, logos, one colour."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
WIDTH_PX, HEIGHT_PX = 640, 360

COLOURS = {
    "blue": (150, 60, 20), "pure blue": (255, 0, 0), "green": (0, 160, 0), "green of zeros": (0, 135, 0),
    "grey": (128, 128, 128), "dark grey": (44, 44, 44), "black": (0, 0, 0), "white": (232, 232, 232),
}  # fmt: skip
"""Blue, green, red."""

WORDS = ("NO VIDEO", "NO SIGNAL", "VIDEO LOSS", "No Signal", "OFFLINE")


def cards(seed: int) -> dict[str, Picture]:
    """Return one of each kind by name; where words stand, and which, is drawn by lot."""
    rng = np.random.default_rng(seed)
    made = {}
    for name, colour in COLOURS.items():
        card = np.full((HEIGHT_PX, WIDTH_PX, 3), colour, np.uint8)
        ink = (30, 30, 30) if name == "white" else (240, 240, 240)
        at = int(rng.integers(20, 300)), int(rng.integers(70, 290))
        if rng.uniform() < 0.5:
            _write(card, str(rng.choice(WORDS)), at, float(rng.uniform(0.8, 1.8)), ink, 2)
        else:
            _strokes(card, at, int(rng.integers(26, 52)), ink, rng)
        made[name] = card
    made["green without words"] = np.full((HEIGHT_PX, WIDTH_PX, 3), (0, 135, 0), np.uint8)
    made["bars"] = _bars(
        ((191, 191, 191), (0, 191, 191), (191, 191, 0), (0, 191, 0), (191, 0, 191), (0, 0, 191), (191, 0, 0))
    )
    made["bars with words"] = _bars(
        ((255, 255, 255), (0, 255, 255), (255, 255, 0), (0, 255, 0), (255, 0, 255), (0, 0, 255), (255, 0, 0), (0, 0, 0))
    )
    _write(made["bars with words"], "NO SIGNAL", (200, 190), 1.5, (255, 255, 255), 3)
    logo = np.full((HEIGHT_PX, WIDTH_PX, 3), (60, 40, 30), np.uint8)
    cv2.circle(logo, (320, 150), 70, (200, 140, 40), -1, cv2.LINE_AA)
    cv2.circle(logo, (320, 150), 40, (60, 40, 30), -1, cv2.LINE_AA)
    _write(logo, "VISION", (240, 290), 1.4, (230, 230, 230), 3)
    made["logo"] = logo
    return made


def _bars(colours: tuple[tuple[int, int, int], ...]) -> Picture:
    card = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    for number, colour in enumerate(colours):
        card[:, number * WIDTH_PX // len(colours) : (number + 1) * WIDTH_PX // len(colours)] = colour
    return card


def _write(card: Picture, words: str, at: tuple[int, int], scale: float, ink: tuple[int, int, int], wide: int) -> None:
    cv2.putText(card, words, at, cv2.FONT_HERSHEY_SIMPLEX, scale, ink, wide, cv2.LINE_AA)


def _strokes(
    card: Picture, at: tuple[int, int], size: int, ink: tuple[int, int, int], rng: np.random.Generator
) -> None:
    """Three characters of strokes along and across, as dense as Chinese ones."""
    for number in range(3):
        left, top = at[0] + number * size * 6 // 5, at[1] - size
        for _ in range(8):
            begin = rng.integers(0, size, 2)
            end = begin.copy()
            end[int(rng.integers(2))] = size
            ends = [(left + int(x), top + int(y)) for x, y in (begin, end)]
            cv2.line(card, ends[0], ends[1], ink, max(size // 10, 1), cv2.LINE_AA)

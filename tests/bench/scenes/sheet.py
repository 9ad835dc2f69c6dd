"""Lays out a contact sheet of verdicts: wrong ones first, then open and right ones of each case."""

from __future__ import annotations

import random
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from scenes.regions import Corners
from scenes.scoring import Scored

Picture = npt.NDArray[np.uint8]

COLUMNS = 9
TILE_PX = (200, 176)
_TEXT_PX = 40
_MOST_WRONG = 90
_EACH = 1

_INK = {"PASS": (60, 200, 60), "FAIL": (60, 60, 230), "UNSURE": (0, 190, 230)}


@dataclass(frozen=True)
class Tile:
    """A verdict and what was seen."""

    key: tuple[str, str, str]
    is_wrong: bool
    picture: Picture


def tile(one: Scored, picture: Picture, zone: Corners, looks: int) -> Tile:
    """Draw a zone with its surroundings and the verdict after so many looks."""
    wide, high = TILE_PX
    corners = np.array(zone)
    size = np.array(picture.shape[1::-1])
    middle, span = (corners.min(0) + corners.max(0)) / 2 * size, (corners.max(0) - corners.min(0)) * size
    half = max(float(span[0]), float(span[1]) * wide / (high - _TEXT_PX)) * 0.72
    low = middle - (half, half * (high - _TEXT_PX) / wide)
    scale = wide / (2 * half)
    move = np.array([[scale, 0, -low[0] * scale], [0, scale, -low[1] * scale]])
    view = cv2.warpAffine(picture, move, (wide, high - _TEXT_PX), flags=cv2.INTER_AREA)
    drawn = ((corners * size - low) * scale).round().astype(np.int32)
    cv2.polylines(view, [drawn], True, (255, 0, 255), 1, cv2.LINE_AA)
    verdict, is_wrong = one.at(looks), one.is_wrong(looks)
    text = np.full((_TEXT_PX, wide, 3), (0, 0, 90) if is_wrong else (0, 0, 0), np.uint8)
    odds = dict(verdict.numbers).get("hidden_probability", -1.0)
    lines = (
        f"{one.effect[:5]}: {one.case.name} {one.readable:.2f}",
        f"{verdict.verdict} {verdict.reason} {odds:.2f}",
        f"{one.place[:14]} {one.light[:5]} {one.quality} {one.surface}",
    )
    for row, line in enumerate(lines):
        ink = _INK[verdict.verdict] if row == 1 else (220, 220, 220)
        cv2.putText(text, line, (3, 11 + 12 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.36, ink, 1, cv2.LINE_AA)
    whole = np.vstack([view, text])
    whole[:, -1] = 90
    return Tile((one.effect, one.case.name, verdict.verdict), is_wrong, np.asarray(whole, np.uint8))


def sheet(tiles: list[Tile]) -> Picture:
    """Lay the sheet out (BGR). Wrong verdicts have a red ground."""
    rng = random.Random(5)
    wrong = [one for one in tiles if one.is_wrong]
    chosen = rng.sample(wrong, min(len(wrong), _MOST_WRONG))
    groups: dict[tuple[str, str, str], list[Tile]] = {}
    for one in tiles:
        if not one.is_wrong:
            groups.setdefault(one.key, []).append(one)
    for key in sorted(groups):
        chosen += rng.sample(groups[key], min(len(groups[key]), _EACH))
    pictures = [one.picture for one in chosen]
    while len(pictures) % COLUMNS:
        pictures.append(np.zeros((TILE_PX[1], TILE_PX[0], 3), np.uint8))
    rows = [np.hstack(pictures[at : at + COLUMNS]) for at in range(0, len(pictures), COLUMNS)]
    return np.vstack(rows)

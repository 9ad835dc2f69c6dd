"""A contact sheet of verdicts: all wrong ones first, then open and right ones of each case."""

from __future__ import annotations

import random

import cv2
import numpy as np
import numpy.typing as npt

from scenes.scoring import Scored

Picture = npt.NDArray[np.uint8]

COLUMNS = 9
TILE_PX = (200, 176)
_TEXT_PX = 40
_MOST_WRONG = 45
_EACH = 1

_INK = {"PASS": (60, 200, 60), "FAIL": (60, 60, 230), "UNSURE": (0, 190, 230)}


def sheet(scored: list[Scored]) -> Picture:
    """Draw the sheet (BGR). Wrong verdicts have a red ground."""
    rng = random.Random(5)
    wrong = [one for one in scored if one.is_wrong]
    chosen = rng.sample(wrong, min(len(wrong), _MOST_WRONG))
    groups: dict[tuple[str, str, str], list[Scored]] = {}
    for one in scored:
        if not one.is_wrong:
            groups.setdefault((one.effect, one.sample.case.name, one.verdict.verdict), []).append(one)
    for key in sorted(groups):
        chosen += rng.sample(groups[key], min(len(groups[key]), _EACH))
    tiles = [_tile(one) for one in chosen]
    while len(tiles) % COLUMNS:
        tiles.append(np.zeros_like(tiles[0]))
    rows = [np.hstack(tiles[at : at + COLUMNS]) for at in range(0, len(tiles), COLUMNS)]
    return np.vstack(rows)


def _tile(one: Scored) -> Picture:
    wide, high = TILE_PX
    picture, corners = one.sample.picture, np.array(one.sample.area.corners)
    size = np.array(picture.shape[1::-1])
    middle, span = corners.mean(0) * size, (corners.max(0) - corners.min(0)) * size
    half = max(float(span[0]), float(span[1]) * wide / (high - _TEXT_PX)) * 0.72
    low = middle - (half, half * (high - _TEXT_PX) / wide)
    scale = wide / (2 * half)
    move = np.array([[scale, 0, -low[0] * scale], [0, scale, -low[1] * scale]])
    view = cv2.warpAffine(picture, move, (wide, high - _TEXT_PX), flags=cv2.INTER_AREA)
    drawn = ((corners * size - low) * scale).round().astype(np.int32)
    cv2.polylines(view, [drawn], True, (255, 0, 255), 1, cv2.LINE_AA)
    text = np.full((_TEXT_PX, wide, 3), (0, 0, 90) if one.is_wrong else (0, 0, 0), np.uint8)
    shot = one.sample.shot
    odds = dict(one.verdict.numbers).get("hidden_probability", -1.0)
    lines = (
        f"{one.effect[:5]}: {one.sample.case.name}",
        f"{one.verdict.verdict} {one.verdict.reason} {odds:.2f}",
        f"{shot.place.name[:16]} {shot.light[:5]} {shot.crf}",
    )
    for row, line in enumerate(lines):
        ink = _INK[one.verdict.verdict] if row == 1 else (220, 220, 220)
        cv2.putText(text, line, (3, 11 + 12 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.36, ink, 1, cv2.LINE_AA)
    tile = np.vstack([view, text])
    tile[:, -1] = 90
    return np.asarray(tile, np.uint8)

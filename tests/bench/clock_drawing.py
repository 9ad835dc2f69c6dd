"""Draws a burnt-in clock as cameras do: fonts, bitmaps of an on-screen chip, outlines, boxes, transparency, flipping.

What fonts there are decides the machine: three of OpenCV's own and two bitmaps are always there, Debian's are
used where they are installed, and the bench names all that it drew with.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]
Style = Literal["outline", "plain", "box", "transparent", "flipping", "blank"]
STYLES: tuple[Style, ...] = ("outline", "plain", "box", "transparent", "flipping")

_TRUETYPE = Path("/usr/share/fonts/truetype")
_FILES = (
    "dejavu/DejaVuSansMono.ttf",
    "dejavu/DejaVuSans.ttf",
    "dejavu/DejaVuSans-Bold.ttf",
    "dejavu/DejaVuSansCondensed.ttf",
    "liberation/LiberationMono-Bold.ttf",
    "liberation/LiberationSans-Regular.ttf",
    "noto/NotoMono-Regular.ttf",
    "wqy/wqy-zenhei.ttc",
)
_BUILT_IN = ("sans", "uni")
"""Outline fonts that OpenCV 5 has inside: Rubik, and WenQuanYi Micro Hei with Chinese signs."""
_BOLD = "sans-bold"
_CHINESE = ("uni", "wqy-zenhei")
_SMALL = {
    "0": "0e11131519110e", "1": "040c040404040e", "2": "0e11010204081f", "3": "1f02040201110e", "4": "02060a121f0202",
    "5": "1f101e0101110e", "6": "0608101e11110e", "7": "1f010204080808", "8": "0e11110e11110e", "9": "0e11110f01020c",
    ":": "000c0c000c0c00", "-": "0000001f000000", "/": "00010204081000", " ": "00000000000000", "A": "0e11111f111111",
    "P": "1e11111e101010", "M": "111b1515111111",
}  # fmt: skip
_LARGE = {
    "0": "386cc6c6d6d6c6c66c38", "1": "1838781818181818187e", "2": "7cc6060c183060c0c6fe", "3": "7cc606063c060606c67c",
    "4": "0c1c3c6cccfe0c0c0c1e", "5": "fec0c0c0fc060606c67c", "6": "3860c0c0fcc6c6c6c67c", "7": "fec606060c1830303030",
    "8": "7cc6c6c67cc6c6c6c67c", "9": "7cc6c6c67e0606060c78", ":": "00001818000000181800", "-": "0000000000fe00000000",
    "/": "0002060c183060c08000", " ": "00000000000000000000", "A": "10386cc6c6fec6c6c6c6", "P": "fc6666667c60606060f0",
    "M": "c6eefefed6c6c6c6c6c6",
}  # fmt: skip
_BITMAPS = {"bitmap-5x7": (_SMALL, 5, 7), "bitmap-8x10": (_LARGE, 8, 10)}


@dataclass(frozen=True)
class Drawing:
    """How a camera writes: `font` one of `fonts()`, `digit_px` the height of a digit, `level` of the text 0..255.

    `doubled`: drawn twice as large and averaged down, as a sub-stream does with the overlay of a main stream.
    """

    font: str
    digit_px: float
    style: Style
    level: int = 255
    doubled: bool = False


def fonts() -> tuple[str, ...]:
    """Name the fonts that can be drawn with on this machine."""
    found = [Path(name).stem for name in _FILES if (_TRUETYPE / name).is_file()]
    return (*_BUILT_IN, _BOLD, *_BITMAPS, *found)


def has_chinese(font: str) -> bool:
    """Tell whether a font has Chinese signs."""
    return font in _CHINESE


def has_letters(font: str) -> bool:
    """Tell whether a font has all Latin letters: the bitmaps have A, P and M only."""
    return font not in _BITMAPS


def draw(luma: Plane, text: str, corner: tuple[int, int], drawing: Drawing) -> tuple[Plane, float]:
    """Draw a line of text into luma (height x width, 0..255), its top left corner at (x, y) in px.

    Returns the picture and the contrast: mean distance in levels of the strokes from what lies right around them, in
    the weakest stretch of the line that is as wide as a digit.
    """
    if drawing.style == "blank":
        return luma.copy(), 0.0
    strokes, around = _planes(text, drawing)
    height, width = strokes.shape
    x, y = corner
    out = luma.copy()
    part = out[y : y + height, x : x + width]
    strokes, around = strokes[: part.shape[0], : part.shape[1]], around[: part.shape[0], : part.shape[1]]
    level = float(drawing.level)
    share = strokes * (0.55 if drawing.style == "transparent" else 1.0)
    if drawing.style == "box":
        part[:] = 0.3 * part
    elif drawing.style == "outline":
        part *= 1 - around
    elif drawing.style == "flipping":
        level = _flipped(part, strokes, drawing)
    part[:] = part * (1 - share) + level * share
    return out, _weakest(part, strokes, np.maximum(around - strokes, 0), max(round(drawing.digit_px * 0.6), 4))


def draws_alike(one: Drawing, other: Drawing) -> bool:
    """Tell whether two drawings give the same digits: a bitmap has no sizes between its multiples."""
    first, second = (_planes("0123456789", how)[0] for how in (one, other))
    return first.shape == second.shape and bool(np.abs(first - second).max() < 0.05)


def _weakest(part: Plane, strokes: Plane, ring: Plane, wide: int) -> float:
    found = []
    for at in range(0, part.shape[1] - wide + 1, wide // 2):
        here = slice(at, at + wide)
        inside, beside = float(strokes[:, here].sum()), float(ring[:, here].sum())
        if inside > 0.4 * wide and beside > 1:
            shown = float((part[:, here] * strokes[:, here]).sum()) / inside
            found.append(abs(shown - float((part[:, here] * ring[:, here]).sum()) / beside))
    return min(found, default=0.0)


def width_px(text: str, drawing: Drawing) -> int:
    """Return the width of a line of text in px."""
    return int(_planes(text, drawing)[0].shape[1])


def _flipped(part: Plane, strokes: Plane, drawing: Drawing) -> Plane | float:
    """Levels of a text that is black on a bright ground and white on a dark one, in steps of a digit's width."""
    step = max(round(drawing.digit_px * 0.6), 4)
    columns = [float(part[:, at : at + step].mean()) for at in range(0, part.shape[1], step)]
    levels = np.repeat([0.0 if mean > 128 else 255.0 for mean in columns], step)[: part.shape[1]]
    return np.broadcast_to(levels.astype(np.float32), strokes.shape)


@lru_cache(maxsize=4096)
def _planes(text: str, drawing: Drawing) -> tuple[Plane, Plane]:
    """Coverage of the strokes and of strokes with their outline, 0..1."""
    scale = 2 if drawing.doubled else 1
    strokes = _strokes(text, drawing.font, drawing.digit_px * scale)
    size = 2 * max(round(drawing.digit_px * scale / 12), 1) + 1
    around = cv2.dilate(strokes, np.ones((size, size), np.uint8))
    if scale == 2:
        half = (strokes.shape[1] // 2, strokes.shape[0] // 2)
        strokes, around = (cv2.resize(one, half, interpolation=cv2.INTER_AREA) for one in (strokes, around))
    return np.asarray(strokes, np.float32), np.asarray(around, np.float32)


def _strokes(text: str, font: str, digit_px: float) -> Plane:
    if font in _BITMAPS:
        return _bitmap(text, font, digit_px)
    height = round(digit_px * 2.4)
    plane = np.zeros((height, round(len(text) * digit_px * 2.2) + 40, 3), np.uint8)
    origin = (6, round(digit_px * 1.6))
    face, size = _face(font, digit_px)
    cv2.putText(plane, text, origin, (255,) * 3, face, size, 700 if font == _BOLD else 0)
    used = np.flatnonzero(plane[..., 0].any(0))
    return np.asarray(plane[:, : used[-1] + 6, 0], np.float32) / 255


def _bitmap(text: str, font: str, digit_px: float) -> Plane:
    glyphs, wide, high = _BITMAPS[font]
    times = max(round(digit_px / high), 1)
    line = np.zeros((high + 4, (wide + 1) * len(text) + 8), np.float32)
    for index, sign in enumerate(text):
        rows = np.array(list(bytes.fromhex(glyphs[sign])), np.uint8)
        bits = np.unpackbits(rows[:, None], axis=1)[:, 8 - wide :]
        line[2 : 2 + high, 4 + index * (wide + 1) : 4 + index * (wide + 1) + wide] = bits
    return np.repeat(np.repeat(line, times, 0), times, 1)


def _face(font: str, digit_px: float) -> tuple[cv2.FontFace, int]:
    """A font face with the size at which its digits are so high."""
    face = _loaded(font)
    (_, _, _, high) = cv2.getTextSize((0, 0), "0", (0, 0), face, 100)
    return face, max(round(100 * digit_px / high), 6)


@cache
def _loaded(font: str) -> cv2.FontFace:
    paths = {Path(name).stem: _TRUETYPE / name for name in _FILES}
    return cv2.FontFace(str(paths.get(font, "sans" if font == _BOLD else font)))

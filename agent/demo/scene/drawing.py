"""Draws parts of the simulated scenes: textured areas, walls, windows, foliage, furniture, people.

A canvas is a BGR image of 1280x720; all positions are in pixels of that canvas. Every brush draws in place, and those
that need chance take a seeded generator, so that a scene is the same on every machine.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Canvas = NDArray[np.uint8]
Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]
"""Left, top, right, bottom; right and bottom are outside."""

WIDTH_PX, HEIGHT_PX = 1280, 720


def blank(colour: Colour) -> Canvas:
    """An empty canvas of one colour."""
    return np.full((HEIGHT_PX, WIDTH_PX, 3), colour, np.uint8)


def grain(rng: np.random.Generator, height: int, width: int, scales: tuple[int, ...]) -> NDArray[np.float32]:
    """Smooth noise in about -1..1: one layer per scale (size of a grain in pixels), coarse ones strongest."""
    total = np.zeros((height, width), np.float32)
    weight_sum = 0.0
    for scale in scales:
        weight = scale**0.5
        small = rng.uniform(-1, 1, (height // scale + 2, width // scale + 2)).astype(np.float32)
        layer = cv2.resize(small, (width + 2 * scale, height + 2 * scale), interpolation=cv2.INTER_CUBIC)
        total += weight * layer[:height, :width]
        weight_sum += weight
    noise: NDArray[np.float32] = np.clip(total * (1.7 / weight_sum), -1, 1)
    return noise


def any_colour(rng: np.random.Generator, low: int, high: int) -> Colour:
    """A colour by chance, each part between the bounds."""
    blue, green, red = (int(part) for part in rng.integers(low, high, 3))
    return blue, green, red


def area(
    canvas: Canvas,
    rng: np.random.Generator,
    points: list[tuple[int, int]],
    colour: Colour,
    roughness: float = 0.1,
    scales: tuple[int, ...] = (6, 24),
) -> None:
    """Fill a polygon with a colour whose brightness varies by `roughness` (ratio) in grains of the given scales."""
    corners = np.array(points, np.int32)
    left, top = np.maximum(corners.min(axis=0), 0)
    right, bottom = np.minimum(corners.max(axis=0) + 1, (canvas.shape[1], canvas.shape[0]))
    part = canvas[top:bottom, left:right]
    mask = np.zeros(part.shape[:2], np.uint8)
    cv2.fillPoly(mask, [corners - (left, top)], 255)
    light = 1 + roughness * grain(rng, part.shape[0], part.shape[1], scales)
    filled = np.clip(light[..., None] * np.array(colour, np.float32), 0, 255).astype(np.uint8)
    part[mask > 0] = filled[mask > 0]


def box(canvas: Canvas, rng: np.random.Generator, where: Box, colour: Colour, roughness: float = 0.08) -> None:
    """A textured rectangle."""
    left, top, right, bottom = where
    area(canvas, rng, [(left, top), (right, top), (right, bottom), (left, bottom)], colour, roughness)


def plain(canvas: Canvas, where: Box, colour: Colour, border: Colour | None = None) -> None:
    """A rectangle without texture, with an outline where a border colour is given."""
    left, top, right, bottom = where
    cv2.rectangle(canvas, (left, top), (right - 1, bottom - 1), colour, -1)
    if border is not None:
        cv2.rectangle(canvas, (left, top), (right - 1, bottom - 1), border, 3, cv2.LINE_AA)


def bricks(canvas: Canvas, rng: np.random.Generator, where: Box, colour: Colour, rows_px: int = 22) -> None:
    """A wall of bricks with pale joints; each brick has its own shade."""
    left, top, right, bottom = where
    plain(canvas, where, (168, 176, 180))
    brick_px = rows_px * 2
    for row, y in enumerate(range(top, bottom, rows_px)):
        for x in range(left - (row % 2) * rows_px, right, brick_px):
            shade = rng.uniform(0.72, 1.12)
            tone = tuple(int(min(255, shade * part)) for part in colour)
            start = (max(left, x + 2), y + 2)
            end = (min(right, x + brick_px) - 2, min(bottom, y + rows_px) - 2)
            if end[0] > start[0] and end[1] > start[1]:
                cv2.rectangle(canvas, start, end, tone, -1)


def foliage(canvas: Canvas, rng: np.random.Generator, centre: tuple[int, int], size: tuple[int, int]) -> None:
    """A crown of leaves: an ellipse of clumps, dark below and light above."""
    reach = rng.normal(0, 0.42, (size[0] * size[1] // 90, 2)).clip(-1, 1)
    for dx, dy in reach[np.argsort(-reach[:, 1])]:
        light = min(1.35, max(0.3, 0.75 - 0.45 * dy + rng.uniform(-0.25, 0.25)))
        tone = (int(38 * light), int(104 * light), int(62 * light))
        at = (int(centre[0] + dx * size[0] / 2), int(centre[1] + dy * size[1] / 2))
        cv2.ellipse(
            canvas, at, (int(rng.integers(4, 11)), 5), float(rng.uniform(0, 180)), 0, 360, tone, -1, cv2.LINE_AA
        )


def window(canvas: Canvas, rng: np.random.Generator, where: Box, *, lit: bool, inhabited: bool) -> None:
    """A window with frame, curtain and blinds; `inhabited` shows somebody behind the pane."""
    left, top, right, bottom = where
    plain(canvas, where, (118, 178, 214) if lit else (74, 60, 50))
    for y in range(top + 6, top + (bottom - top) // 3, 8):
        cv2.line(canvas, (left, y), (right, y), (206, 214, 216) if lit else (120, 112, 104), 2)
    fold_px = max(5, (right - left) // 14)
    for fold in range(4):
        tone = (92, 84, int(rng.integers(150, 225)))
        cv2.rectangle(canvas, (left + fold * fold_px, top), (left + (fold + 1) * fold_px - 2, bottom), tone, -1)
    if inhabited:
        wide, high = right - left, bottom - top
        pane = canvas[top:bottom, left:right]
        person(pane, (wide * 2 // 3, high * 3 // 2), high * 4 // 3, 0.0, (60, 64, 168))
        plain(canvas, (left - 4, bottom, right + 4, bottom + 10), (206, 206, 206))
    middle = (left + right) // 2
    cv2.line(canvas, (middle, top), (middle, bottom), (232, 232, 232), 6)
    cv2.line(canvas, (left, (top + bottom) // 2), (right, (top + bottom) // 2), (232, 232, 232), 4)
    plain_frame(canvas, where, (236, 236, 236), 8)


def plain_frame(canvas: Canvas, where: Box, colour: Colour, thickness_px: int) -> None:
    """The outline of a rectangle."""
    left, top, right, bottom = where
    cv2.rectangle(canvas, (left, top), (right, bottom), colour, thickness_px)


def floor_tiles(canvas: Canvas, top: int, vanishing: tuple[int, int], colour: Colour, step_px: int = 128) -> None:
    """Joints of a tiled floor below `top`, running to a vanishing point."""
    for x in range(-1280, 2 * WIDTH_PX, step_px):
        share = (top - vanishing[1]) / (HEIGHT_PX - vanishing[1])
        start = (int(vanishing[0] + (x - vanishing[0]) * share), top)
        cv2.line(canvas, start, (x, HEIGHT_PX), colour, 2, cv2.LINE_AA)
    depth = 1.0
    while (y := int(vanishing[1] + (HEIGHT_PX - vanishing[1]) * depth)) > top:
        cv2.line(canvas, (0, y), (WIDTH_PX, y), colour, 2, cv2.LINE_AA)
        depth *= 0.82


def sign(canvas: Canvas, where: Box, text: str, ground: Colour, ink: Colour) -> None:
    """A board with one line of text that fills it."""
    left, top, right, bottom = where
    plain(canvas, where, ground, border=ink)
    scale = 1.0
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, 2)
    scale = min((right - left - 16) / wide, (bottom - top - 14) / high)
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, 2)
    at = (left + (right - left - wide) // 2, top + (bottom - top + high) // 2)
    cv2.putText(canvas, text, at, cv2.FONT_HERSHEY_DUPLEX, scale, ink, 2, cv2.LINE_AA)


def shelf(canvas: Canvas, rng: np.random.Generator, where: Box, rows: int) -> None:
    """A shelf full of boxes, folders and bottles in many colours."""
    left, top, right, bottom = where
    plain(canvas, where, (58, 70, 84))
    row_px = (bottom - top) // rows
    for row in range(rows):
        x = left + 6
        base = top + (row + 1) * row_px - 6
        while x < right - 14:
            wide = int(rng.integers(12, 34))
            high = int(row_px * rng.uniform(0.45, 0.85))
            tone = any_colour(rng, 40, 235)
            plain(canvas, (x, base - high, min(right - 6, x + wide), base), tone, border=(36, 36, 36))
            x += wide + int(rng.integers(2, 7))
        cv2.line(canvas, (left, base + 3), (right, base + 3), (150, 164, 176), 5)


def car(canvas: Canvas, at: tuple[int, int], length_px: int, colour: Colour, plate: str) -> None:
    """A car seen from the side and a little from above; `at` is the ground below its middle."""
    x, y = at
    high = length_px // 3
    back, front = [(-0.5, -0.1), (-0.48, -0.5), (-0.28, -0.56)], [(0.36, -0.55), (0.5, -0.45), (0.5, -0.1)]
    body = np.array([*back, (-0.16, -0.98), (0.22, -0.98), *front])
    outline = (body * (length_px, high) + (x, y)).astype(np.int32)
    cv2.ellipse(canvas, (x, y), (length_px // 2, high // 6), 0, 0, 360, (44, 44, 44), -1, cv2.LINE_AA)
    cv2.fillPoly(canvas, [outline], colour, cv2.LINE_AA)
    glass = np.array([(-0.2, -0.58), (-0.12, -0.9), (0.19, -0.9), (0.29, -0.58)])
    cv2.fillPoly(canvas, [(glass * (length_px, high) + (x, y)).astype(np.int32)], (92, 78, 62), cv2.LINE_AA)
    for wheel in (-0.3, 0.32):
        centre = (int(x + wheel * length_px), int(y - 0.08 * high))
        cv2.circle(canvas, centre, high // 5, (28, 28, 28), -1, cv2.LINE_AA)
        cv2.circle(canvas, centre, high // 10, (160, 160, 160), -1, cv2.LINE_AA)
    plate_box = (x - length_px // 8, y - high // 3, x + length_px // 8, y - high // 9)
    sign(canvas, plate_box, plate, (150, 82, 24), (240, 240, 240))


def person(canvas: Canvas, feet: tuple[int, int], height_px: int, phase: float, coat: Colour) -> None:
    """Somebody upright or walking: `phase` (radians) swings legs and arms."""
    x, y = feet
    unit = height_px / 8
    swing = float(np.sin(phase)) * unit * 0.8
    hip = (x, int(y - 3.9 * unit))
    thick = max(2, int(unit * 0.75))
    for side in (-1, 1):
        foot = (int(x + side * swing), int(y - abs(swing) * 0.15))
        cv2.line(canvas, hip, foot, (66, 52, 44), thick, cv2.LINE_AA)
    cv2.ellipse(canvas, (x, int(y - 5.3 * unit)), (int(unit * 1.0), int(unit * 1.7)), 0, 0, 360, coat, -1, cv2.LINE_AA)
    for side in (-1, 1):
        hand = (int(x + side * unit - side * swing * 0.7), int(y - 3.7 * unit))
        shoulder = (int(x + side * unit * 0.8), int(y - 6.4 * unit))
        cv2.line(canvas, shoulder, hand, tuple(int(part * 0.75) for part in coat), max(2, thick - 1), cv2.LINE_AA)
    head = (x, int(y - 7.35 * unit))
    cv2.circle(canvas, head, int(unit * 0.62), (150, 178, 214), -1, cv2.LINE_AA)
    cv2.ellipse(canvas, head, (int(unit * 0.62), int(unit * 0.62)), 0, 180, 360, (34, 36, 44), -1, cv2.LINE_AA)

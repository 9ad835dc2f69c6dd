"""Renders places from a seed: streets, rooms, yards and halls; any number of them, no two alike.

The primitives are the demo's (`agent/demo/scene/drawing.py`); what is painted where is drawn by lot. A place is still:
`people` draws who passes through it.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from agent.demo.scene import drawing
from agent.demo.scene.drawing import HEIGHT_PX, WIDTH_PX, Canvas

STYLES = ("street", "room", "yard", "hall", "fence", "wall")


@lru_cache(maxsize=8)
def background(seed: int) -> Canvas:
    """Paint the still part of a place, 1280 x 720; the style follows from the seed."""
    rng = np.random.default_rng(seed)
    canvas = _PAINTERS[STYLES[seed % len(STYLES)]](rng)
    canvas = _grained(canvas, rng, float(rng.uniform(0.5, 3.5)))
    canvas.setflags(write=False)
    return canvas


def frame(seed: int, moment: int) -> Canvas:
    """The place at one of its moments: people stand elsewhere, the rest is the same."""
    canvas = background(seed).copy()
    people(canvas, np.random.default_rng((seed, moment)))
    return canvas


def people(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw up to three people somewhere into a picture, in place."""
    height, width = canvas.shape[:2]
    for _ in range(int(rng.integers(0, 4))):
        feet = (int(rng.uniform(0.05, 0.95) * width), int(rng.uniform(0.55, 1) * height))
        tall = int(rng.uniform(0.125, 0.46) * height)
        drawing.person(canvas, feet, tall, float(rng.uniform(0, 6)), drawing.any_colour(rng, 30, 230))


def _street(rng: np.random.Generator) -> Canvas:
    canvas = drawing.blank(drawing.any_colour(rng, 170, 240))
    horizon = int(rng.integers(330, 470))
    left = 0
    while left < WIDTH_PX:
        wide, top = int(rng.integers(180, 420)), int(rng.integers(20, 200))
        facade = drawing.any_colour(rng, 60, 210)
        if rng.uniform() < 0.5:
            drawing.bricks(canvas, rng, (left, top, left + wide, horizon), facade, int(rng.integers(12, 26)))
        else:
            drawing.box(canvas, rng, (left, top, left + wide, horizon), facade, float(rng.uniform(0.03, 0.2)))
        _windows(canvas, rng, (left, top, left + wide, horizon))
        left += wide + int(rng.integers(0, 60))
    _ground(canvas, rng, horizon)
    for _ in range(int(rng.integers(1, 5))):
        at = (int(rng.integers(100, 1200)), int(rng.integers(horizon + 60, 700)))
        drawing.car(canvas, at, int(rng.integers(200, 420)), drawing.any_colour(rng, 20, 230), "AB 1234")
    for _ in range(int(rng.integers(0, 4))):
        _tree(canvas, rng, horizon)
    return canvas


def _room(rng: np.random.Generator) -> Canvas:
    canvas = drawing.blank(drawing.any_colour(rng, 150, 235))
    floor = int(rng.integers(400, 520))
    drawing.box(canvas, rng, (0, 0, WIDTH_PX, floor), drawing.any_colour(rng, 120, 235), float(rng.uniform(0.02, 0.08)))
    _ground(canvas, rng, floor)
    for _ in range(int(rng.integers(1, 4))):
        left, top = int(rng.integers(0, 1000)), int(rng.integers(40, 220))
        drawing.shelf(canvas, rng, (left, top, left + int(rng.integers(160, 320)), floor), int(rng.integers(3, 6)))
    for _ in range(int(rng.integers(1, 5))):
        x, y = int(rng.integers(0, 1050)), int(rng.integers(floor - 40, 620))
        wide, high = int(rng.integers(140, 360)), int(rng.integers(50, 130))
        top = [(x + 30, y), (x + wide - 30, y), (x + wide, y + high), (x, y + high)]
        drawing.area(canvas, rng, top, drawing.any_colour(rng, 50, 210), 0.18, (3, 30))
        for _ in range(int(rng.integers(0, 6))):
            px, py = x + int(rng.integers(20, wide - 60)), y + int(rng.integers(5, high - 20))
            drawing.plain(canvas, (px, py, px + 50, py + 30), drawing.any_colour(rng, 120, 250), (60, 60, 60))
    _signs(canvas, rng, int(rng.integers(1, 4)), floor)
    return canvas


def _yard(rng: np.random.Generator) -> Canvas:
    canvas = drawing.blank(drawing.any_colour(rng, 180, 240))
    horizon = int(rng.integers(260, 400))
    for _ in range(int(rng.integers(3, 8))):
        _tree(canvas, rng, horizon + int(rng.integers(0, 60)))
    _ground(canvas, rng, horizon, rough=0.3)
    for _ in range(int(rng.integers(2, 7))):
        centre = (int(rng.integers(0, WIDTH_PX)), int(rng.integers(horizon, 700)))
        drawing.foliage(canvas, rng, centre, (int(rng.integers(60, 300)), int(rng.integers(40, 200))))
    return canvas


def _hall(rng: np.random.Generator) -> Canvas:
    canvas = drawing.blank(drawing.any_colour(rng, 140, 230))
    horizon = int(rng.integers(240, 360))
    drawing.box(canvas, rng, (0, 0, WIDTH_PX, horizon), drawing.any_colour(rng, 110, 225), 0.05)
    for x in range(int(rng.integers(20, 120)), WIDTH_PX, int(rng.integers(140, 320))):
        wide = int(rng.integers(30, 110))
        drawing.box(canvas, rng, (x, 0, x + wide, horizon + 60), drawing.any_colour(rng, 50, 230), 0.12)
    _ground(canvas, rng, horizon)
    drawing.floor_tiles(
        canvas, horizon, (640, horizon - 120), drawing.any_colour(rng, 60, 160), int(rng.integers(60, 190))
    )
    _signs(canvas, rng, int(rng.integers(1, 5)), horizon)
    return canvas


def _fence(rng: np.random.Generator) -> Canvas:
    canvas = _yard(rng) if rng.uniform() < 0.5 else _street(rng)
    ink, step = drawing.any_colour(rng, 10, 220), int(rng.integers(10, 60))
    top, bottom = int(rng.integers(200, 360)), int(rng.integers(480, 700))
    for x in range(0, WIDTH_PX, step):
        cv2.line(canvas, (x, top), (x, bottom), ink, int(rng.integers(2, 7)), cv2.LINE_AA)
    for y in (top, bottom):
        drawing.plain(canvas, (0, y, WIDTH_PX, y + 10), ink)
    return canvas


def _wall(rng: np.random.Generator) -> Canvas:
    """Mostly bare: what a camera over a car park or in front of a plastered wall sees."""
    canvas = drawing.blank(drawing.any_colour(rng, 60, 220))
    rough = float(rng.choice([0.01, 0.03, 0.08]))
    drawing.box(canvas, rng, (0, 0, WIDTH_PX, HEIGHT_PX), drawing.any_colour(rng, 70, 220), rough)
    for _ in range(int(rng.integers(1, 4))):
        x, y = int(rng.integers(0, 1000)), int(rng.integers(0, 500))
        drawing.box(canvas, rng, (x, y, x + 240, y + 200), drawing.any_colour(rng, 40, 230), 0.1)
    _signs(canvas, rng, 1, 500)
    return canvas


def _ground(canvas: Canvas, rng: np.random.Generator, top: int, rough: float | None = None) -> None:
    corners = [(0, top), (WIDTH_PX, top), (WIDTH_PX, HEIGHT_PX), (0, HEIGHT_PX)]
    share = float(rng.uniform(0.03, 0.22)) if rough is None else rough
    drawing.area(canvas, rng, corners, drawing.any_colour(rng, 70, 180), share, (3, int(rng.integers(8, 60))))


def _windows(canvas: Canvas, rng: np.random.Generator, where: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = where
    wide, high = int(rng.integers(50, 100)), int(rng.integers(50, 100))
    for x in range(left + 20, right - wide - 10, wide + int(rng.integers(16, 60))):
        for y in range(top + 24, bottom - high - 20, high + int(rng.integers(16, 60))):
            lit, inhabited = bool(rng.uniform() < 0.5), bool(rng.uniform() < 0.3)
            drawing.window(canvas, rng, (x, y, x + wide, y + high), lit=lit, inhabited=inhabited)


def _tree(canvas: Canvas, rng: np.random.Generator, ground: int) -> None:
    x, wide = int(rng.integers(0, WIDTH_PX)), int(rng.integers(120, 380))
    drawing.box(canvas, rng, (x - 12, ground - 120, x + 12, ground + 40), (48, 66, 88), 0.3)
    drawing.foliage(canvas, rng, (x, max(ground - wide // 2 - 60, 40)), (wide, wide))


def _signs(canvas: Canvas, rng: np.random.Generator, count: int, below: int) -> None:
    for _ in range(count):
        x, y = int(rng.integers(0, 1050)), int(rng.integers(10, max(below - 90, 20)))
        word = "".join(chr(int(c)) for c in rng.integers(65, 91, int(rng.integers(4, 9))))
        box = (x, y, x + int(rng.integers(140, 320)), y + int(rng.integers(44, 90)))
        drawing.sign(canvas, box, word, drawing.any_colour(rng, 20, 240), drawing.any_colour(rng, 20, 240))


def _grained(canvas: Canvas, rng: np.random.Generator, sigma: float) -> Canvas:
    """Fine texture of its own on all surfaces, as real materials have; it is part of the place, not noise."""
    fine = rng.normal(0, sigma, (HEIGHT_PX // 2, WIDTH_PX // 2)).astype(np.float32)
    grain = cv2.resize(fine, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_LINEAR)
    return np.clip(canvas.astype(np.float32) + grain[..., None], 0, 255).astype(np.uint8)


_PAINTERS = {"street": _street, "room": _room, "yard": _yard, "hall": _hall, "fence": _fence, "wall": _wall}

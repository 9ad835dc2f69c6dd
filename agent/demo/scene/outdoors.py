"""Draws the outdoor places that simulated cameras show: each function paints one still background."""

import cv2
import numpy as np

from agent.demo.scene.drawing import (
    HEIGHT_PX,
    WIDTH_PX,
    Canvas,
    area,
    blank,
    box,
    bricks,
    car,
    floor_tiles,
    foliage,
    plain,
    sign,
    window,
)


def gate(rng: np.random.Generator) -> Canvas:
    """A street behind a school gate, opposite a house with windows."""
    canvas = blank((226, 206, 184))
    area(canvas, rng, [(0, 0), (1280, 0), (1280, 230), (0, 230)], (228, 210, 190), 0.05, (60, 200))
    bricks(canvas, rng, (730, 140, 1210, 420), (70, 92, 158), 18)
    area(canvas, rng, [(700, 150), (970, 40), (1240, 150)], (60, 62, 92), 0.25, (5, 16))
    for column in range(3):
        for row in range(2):
            left, top = 780 + column * 145, 172 + row * 122
            lit = (column + row) % 2 == 0
            window(canvas, rng, (left, top, left + 96, top + 88), lit=lit, inhabited=column != 1)
    for x, y, wide in ((90, 170, 330), (400, 210, 260), (620, 240, 190)):
        box(canvas, rng, (x - 12, y + 40, x + 12, 440), (48, 66, 88), 0.3)
        foliage(canvas, rng, (x, y), (wide, wide))
    area(canvas, rng, [(0, 420), (1280, 420), (1280, 720), (0, 720)], (128, 126, 124), 0.16, (3, 9, 40))
    box(canvas, rng, (0, 416, 1280, 444), (168, 172, 176), 0.12)
    for x in range(20, 1280, 190):
        area(canvas, rng, [(x, 560), (x + 100, 560), (x + 90, 574), (x - 12, 574)], (222, 226, 226), 0.05)
    for x in (20, 600):
        bricks(canvas, rng, (x, 300, x + 70, 560), (64, 84, 140), 20)
        plain(canvas, (x - 8, 284, x + 78, 304), (190, 196, 200), (90, 90, 90))
    for x in range(100, 600, 32):
        cv2.line(canvas, (x, 360), (x, 540), (52, 60, 62), 6, cv2.LINE_AA)
    plain(canvas, (92, 372, 600, 382), (52, 60, 62))
    sign(canvas, (200, 300, 500, 356), "SCHOOL No.1", (40, 40, 150), (230, 236, 240))
    return canvas


def yard(rng: np.random.Generator) -> Canvas:
    """A playground; a neighbour's balcony overlooks it."""
    canvas = blank((214, 196, 174))
    box(canvas, rng, (60, 0, 860, 380), (176, 190, 204), 0.08)
    window(canvas, rng, (640, 60, 770, 180), lit=False, inhabited=False)
    bricks(canvas, rng, (150, 60, 520, 306), (86, 116, 176), 16)
    window(canvas, rng, (180, 80, 330, 220), lit=True, inhabited=True)
    window(canvas, rng, (380, 80, 490, 220), lit=False, inhabited=True)
    tones = ((70, 70, 210), (230, 230, 236), (190, 120, 60), (80, 180, 220), (90, 60, 150))
    for x, tone in zip((188, 250, 318, 372, 440), tones, strict=True):
        area(canvas, rng, [(x, 190), (x + 48, 190), (x + 44, 262), (x + 4, 256)], tone, 0.3, (4, 12))
    cv2.line(canvas, (150, 190), (520, 190), (240, 240, 240), 3, cv2.LINE_AA)
    for x in range(156, 520, 16):
        cv2.line(canvas, (x, 232), (x, 300), (52, 56, 60), 5)
    plain(canvas, (146, 226, 524, 236), (58, 62, 66))
    foliage(canvas, rng, (1010, 210), (420, 380))
    foliage(canvas, rng, (1220, 260), (300, 300))
    area(canvas, rng, [(0, 370), (1280, 370), (1280, 720), (0, 720)], (112, 140, 150), 0.18, (3, 10, 50))
    for radius in (200, 208):
        cv2.ellipse(canvas, (760, 590), (radius * 2, radius // 2), 0, 0, 360, (230, 234, 234), 3, cv2.LINE_AA)
    for x in (60, 200):
        cv2.line(canvas, (x, 560), (x + 60, 360), (40, 60, 200), 12, cv2.LINE_AA)
        cv2.line(canvas, (x + 120, 560), (x + 60, 360), (40, 60, 200), 12, cv2.LINE_AA)
    cv2.line(canvas, (110, 362), (272, 362), (40, 60, 200), 12, cv2.LINE_AA)
    for x in (150, 220):
        cv2.line(canvas, (x, 362), (x, 500), (60, 60, 60), 3)
        plain(canvas, (x - 22, 498, x + 22, 510), (40, 160, 220))
    box(canvas, rng, (960, 360, 1240, 420), (70, 110, 150), 0.35)
    return canvas


def parking(rng: np.random.Generator) -> Canvas:
    """A car park before a block of flats with windows on the ground floor."""
    canvas = blank((210, 198, 182))
    bricks(canvas, rng, (560, 30, 1280, 370), (96, 120, 172), 18)
    for column in range(4):
        for row in range(2):
            left, top = 690 + column * 118, 100 + row * 122
            lit, inhabited = (column + row) % 2 == 0, row == 1 or column == 2
            window(canvas, rng, (left, top, left + 88, top + 92), lit=lit, inhabited=inhabited)
    foliage(canvas, rng, (250, 210), (480, 320))
    foliage(canvas, rng, (520, 280), (220, 220))
    area(canvas, rng, [(0, 360), (1280, 360), (1280, 720), (0, 720)], (118, 116, 114), 0.15, (3, 9, 60))
    for x in range(-80, 1400, 210):
        cv2.line(canvas, (x + 60, 430), (x - 30, 640), (224, 228, 228), 6, cv2.LINE_AA)
    tones = ((50, 50, 170), (170, 166, 160), (130, 84, 40), (60, 60, 60), (214, 218, 220))
    for index, tone in enumerate(tones):
        car(canvas, (150 + index * 240, 480), 210, tone, f"B{int(rng.integers(10_000, 99_999))}")
    for index, tone in enumerate(tones[2:]):
        car(canvas, (240 + index * 400, 660), 290, tone, f"B{int(rng.integers(10_000, 99_999))}")
    sign(canvas, (30, 330, 110, 410), "P", (170, 90, 30), (244, 244, 244))
    return canvas


def roof(rng: np.random.Generator) -> Canvas:
    """A flat roof with ventilation units; nothing private is in view."""
    canvas = blank((224, 204, 176))
    area(canvas, rng, [(0, 0), (1280, 0), (1280, 330), (0, 330)], (226, 206, 180), 0.06, (80, 220))
    x = 0
    while x < WIDTH_PX:
        wide, high = int(rng.integers(60, 140)), int(rng.integers(60, 200))
        box(canvas, rng, (x, 340 - high, min(WIDTH_PX, x + wide), 340), (184, 176, 168), 0.06)
        x += wide
    area(canvas, rng, [(0, 330), (1280, 330), (1280, 720), (0, 720)], (140, 146, 150), 0.12, (3, 12, 60))
    box(canvas, rng, (0, 326, 1280, 352), (110, 116, 120), 0.1)
    for left, top, size in ((140, 380, 190), (760, 370, 170), (1010, 430, 220)):
        plain(canvas, (left, top, left + size, top + size * 3 // 4), (176, 182, 184), (80, 84, 88))
        for slat in range(top + 14, top + size * 3 // 4 - 8, 14):
            cv2.line(canvas, (left + 10, slat), (left + size // 2, slat), (96, 100, 104), 4)
        cv2.circle(canvas, (left + size * 3 // 4, top + size * 3 // 8), size // 6, (70, 74, 78), 8, cv2.LINE_AA)
    cv2.line(canvas, (460, 640), (600, HEIGHT_PX), (60, 90, 180), 14, cv2.LINE_AA)
    return canvas


def annex(rng: np.random.Generator) -> Canvas:
    """A side entrance beside the windows of a flat."""
    canvas = blank((190, 190, 184))
    bricks(canvas, rng, (0, 0, 1280, 520), (98, 128, 166), 26)
    for left in (300, 490):
        window(canvas, rng, (left, 130, left + 160, 270), lit=left == 300, inhabited=True)
        box(canvas, rng, (left - 6, 290, left + 166, 330), (60, 90, 160), 0.3)
        foliage(canvas, rng, (left + 80, 340), (170, 100))
    box(canvas, rng, (860, 120, 1080, 520), (80, 110, 120), 0.2)
    plain(canvas, (900, 160, 1040, 300), (170, 150, 120), (50, 60, 64))
    cv2.circle(canvas, (1050, 330), 10, (60, 200, 220), -1, cv2.LINE_AA)
    sign(canvas, (880, 60, 1060, 108), "ANNEX", (40, 90, 40), (240, 244, 240))
    area(canvas, rng, [(0, 520), (1280, 520), (1280, 720), (0, 720)], (140, 146, 150), 0.14, (4, 30))
    floor_tiles(canvas, 522, (640, 360), (110, 116, 120))
    foliage(canvas, rng, (90, 470), (220, 240))
    return canvas


def bicycles(rng: np.random.Generator) -> Canvas:
    """A bicycle shed on the left, and a plastered house with two windows of a flat. Drawn as seen in a mirror."""
    canvas = blank((214, 206, 190))
    box(canvas, rng, (0, 0, 1280, 470), (150, 204, 226), 0.10)
    for left in (300, 490):
        window(canvas, rng, (left, 130, left + 150, 300), lit=left == 490, inhabited=True)
        plain(canvas, (left - 12, 314, left + 162, 330), (230, 234, 236), (120, 120, 120))
        foliage(canvas, rng, (left + 76, 352), (180, 70))
    area(canvas, rng, [(0, 470), (1280, 470), (1280, 720), (0, 720)], (110, 112, 116), 0.20, (2, 6, 30))
    area(canvas, rng, [(700, 60), (1280, 20), (1280, 110), (700, 130)], (96, 104, 110), 0.25, (4, 40))
    for x in (712, 990, 1262):
        cv2.line(canvas, (x, 90), (x, 600), (70, 76, 80), 16)
    tones = ((40, 40, 200), (200, 120, 40), (60, 160, 60), (40, 170, 220), (150, 60, 140))
    for index, tone in enumerate(tones):
        x, y = 760 + index * 106, 520 + (index % 2) * 34
        for wheel in (x, x + 92):
            cv2.circle(canvas, (wheel, y), 42, (30, 30, 30), 5, cv2.LINE_AA)
            for spoke in range(0, 180, 30):
                end = np.array((np.cos(np.radians(spoke)), np.sin(np.radians(spoke)))) * 40
                first, last = (int(wheel - end[0]), int(y - end[1])), (int(wheel + end[0]), int(y + end[1]))
                cv2.line(canvas, first, last, (150, 150, 150), 1, cv2.LINE_AA)
        frame = [(x, y), (x + 30, y - 54), (x + 78, y - 58), (x + 46, y), (x, y)]
        cv2.polylines(canvas, [np.array(frame, np.int32)], False, tone, 7, cv2.LINE_AA)
        cv2.line(canvas, (x + 92, y), (x + 76, y - 76), tone, 7, cv2.LINE_AA)
        cv2.line(canvas, (x + 66, y - 82), (x + 90, y - 78), (30, 30, 30), 6, cv2.LINE_AA)
    foliage(canvas, rng, (110, 400), (230, 300))
    canvas = canvas[:, ::-1].copy()
    sign(canvas, (330, 150, 520, 210), "BICYCLES", (170, 90, 30), (244, 244, 244))
    return canvas

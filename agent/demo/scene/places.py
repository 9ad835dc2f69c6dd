"""Draws the nine places that the simulated cameras show.

Each place is one function that paints its still background (`scene.py` has the people). What is private in a place
(the windows of a house, an open door, a desk) lies where `agent/demo/world/cameras.py` puts that camera's zone, and is
full of detail, so that no picture that shows it can be mistaken for one that hides it.
"""

from collections.abc import Callable

import cv2
import numpy as np

from agent.demo.scene.drawing import (
    HEIGHT_PX,
    WIDTH_PX,
    Canvas,
    any_colour,
    area,
    blank,
    box,
    bricks,
    car,
    floor_tiles,
    foliage,
    person,
    plain,
    plain_frame,
    shelf,
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


def corridor(rng: np.random.Generator) -> Canvas:
    """A corridor of class rooms; the first door on the left is open to a changing room."""
    canvas = blank((196, 204, 206))
    area(canvas, rng, [(0, 0), (1280, 0), (760, 180), (520, 180)], (222, 226, 226), 0.04)
    area(canvas, rng, [(0, 0), (520, 180), (520, 430), (0, 720)], (176, 196, 198), 0.06, (8, 60))
    area(canvas, rng, [(1280, 0), (760, 180), (760, 430), (1280, 720)], (168, 188, 192), 0.06, (8, 60))
    area(canvas, rng, [(0, 720), (520, 430), (760, 430), (1280, 720)], (134, 150, 160), 0.10, (4, 20))
    floor_tiles(canvas, 432, (640, 300), (104, 116, 124))
    box(canvas, rng, (520, 180, 760, 430), (190, 182, 166), 0.08)
    window(canvas, rng, (580, 220, 700, 340), lit=True, inhabited=False)
    room = [(120, 150), (370, 176), (370, 560), (120, 675)]
    area(canvas, rng, room, (150, 206, 226), 0.10, (5, 20))
    shelf(canvas, rng, (134, 180, 290, 470), 5)
    person(canvas, (320, 590), 330, 0.7, (110, 70, 190))
    person(canvas, (205, 640), 220, 2.2, (60, 170, 210))
    cv2.polylines(canvas, [np.array(room, np.int32)], True, (62, 92, 128), 14, cv2.LINE_AA)
    for x, top, bottom in ((1120, 116, 660), (930, 172, 560), (820, 206, 486)):
        wide = (bottom - top) // 4
        door = [(x, top), (x + wide, top - 20), (x + wide, bottom + 46), (x, bottom)]
        area(canvas, rng, door, (86, 120, 156), 0.2, (3, 30))
        cv2.circle(canvas, (x + 12, (top + bottom) // 2), 7, (60, 210, 230), -1, cv2.LINE_AA)
    for y, half_px in ((40, 120), (110, 70), (156, 36)):
        plain(canvas, (640 - half_px, y, 640 + half_px, y + half_px // 6 + 3), (250, 252, 252))
    sign(canvas, (410, 214, 500, 250), "2-B", (236, 240, 240), (60, 60, 60))
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


def reception(rng: np.random.Generator) -> Canvas:
    """A reception desk with screen, forms and visitors' book."""
    canvas = blank((206, 214, 216))
    box(canvas, rng, (0, 0, 1280, 470), (198, 208, 212), 0.05)
    shelf(canvas, rng, (60, 90, 330, 430), 5)
    area(canvas, rng, [(0, 470), (1280, 470), (1280, 720), (0, 720)], (122, 140, 156), 0.12, (5, 30))
    sign(canvas, (480, 60, 900, 140), "RECEPTION", (120, 70, 30), (240, 240, 240))
    cv2.circle(canvas, (1080, 120), 52, (244, 244, 244), -1, cv2.LINE_AA)
    cv2.circle(canvas, (1080, 120), 52, (60, 60, 60), 5, cv2.LINE_AA)
    cv2.line(canvas, (1080, 120), (1080, 84), (30, 30, 30), 5, cv2.LINE_AA)
    cv2.line(canvas, (1080, 120), (1104, 132), (30, 30, 30), 5, cv2.LINE_AA)
    foliage(canvas, rng, (1210, 330), (160, 300))
    box(canvas, rng, (1180, 440, 1240, 540), (50, 80, 140), 0.2)
    person(canvas, (640, 620), 430, 0.0, (140, 100, 60))
    area(canvas, rng, [(470, 330), (960, 330), (1050, 580), (410, 580)], (112, 158, 196), 0.22, (3, 40))
    area(canvas, rng, [(410, 580), (1050, 580), (1040, 716), (420, 716)], (74, 110, 146), 0.22, (3, 40))
    for x in (520, 640, 800, 900):
        for y in (430, 490):
            tilt = int(rng.integers(-16, 16))
            page = [(x, y), (x + 92, y + tilt), (x + 84, y + 62 + tilt), (x - 10, y + 60)]
            area(canvas, rng, page, (236, 238, 240), 0.03)
            for line in range(5):
                end = x + int(rng.integers(40, 82))
                cv2.line(canvas, (x + 4, y + 10 + line * 10), (end, y + 10 + line * 10 + tilt), (60, 50, 50), 3)
    plain(canvas, (700, 300, 900, 432), (36, 36, 36), (20, 20, 20))
    for line in range(9):
        tone = any_colour(rng, 90, 250)
        plain(canvas, (712, 312 + line * 12, 730 + int(rng.integers(30, 150)), 319 + line * 12), tone)
    sign(canvas, (500, 372, 660, 424), "VISITORS", (50, 50, 190), (240, 240, 240))
    return canvas


def canteen(rng: np.random.Generator) -> Canvas:
    """A canteen; on the left the cash desk where people type their numbers."""
    canvas = blank((204, 216, 220))
    box(canvas, rng, (0, 0, 1280, 400), (190, 212, 220), 0.05)
    for left in (700, 900, 1100):
        window(canvas, rng, (left, 60, left + 140, 220), lit=True, inhabited=False)
    area(canvas, rng, [(0, 400), (1280, 400), (1280, 720), (0, 720)], (140, 160, 170), 0.08, (6, 40))
    floor_tiles(canvas, 402, (640, 220), (112, 130, 140))
    bricks(canvas, rng, (30, 224, 680, 440), (180, 196, 150), 20)
    shelf(canvas, rng, (120, 250, 600, 420), 3)
    person(canvas, (250, 610), 330, 0.4, (240, 240, 244))
    person(canvas, (470, 640), 340, 1.9, (80, 60, 170))
    bricks(canvas, rng, (70, 450, 650, 700), (150, 136, 96), 18)
    box(canvas, rng, (90, 440, 630, 545), (96, 120, 150), 0.35)
    plain(canvas, (330, 380, 420, 450), (48, 48, 52), (20, 20, 20))
    for row in range(4):
        for column in range(4):
            plain(canvas, (340 + column * 19, 388 + row * 14, 353 + column * 19, 398 + row * 14), (210, 225, 230))
    for x in range(120, 600, 44):
        tone = any_colour(rng, 60, 240)
        cv2.circle(canvas, (x + 18, 462), 17, tone, -1, cv2.LINE_AA)
        cv2.circle(canvas, (x + 18, 462), 9, (236, 240, 240), -1, cv2.LINE_AA)
    sign(canvas, (150, 478, 300, 520), "PAY HERE", (40, 160, 230), (30, 30, 30))
    sign(canvas, (190, 120, 540, 210), "CANTEEN", (60, 110, 50), (240, 244, 240))
    for x, y in ((760, 470), (1050, 470), (720, 590), (1060, 600)):
        table = [(x - 110, y), (x + 110, y), (x + 130, y + 56), (x - 130, y + 56)]
        area(canvas, rng, table, (120, 176, 214), 0.1, (4, 30))
        for leg in (-100, 100):
            cv2.line(canvas, (x + leg, y + 56), (x + leg, y + 110), (70, 70, 70), 7)
        for plate in (-60, 0, 60):
            cv2.ellipse(canvas, (x + plate, y + 28), (24, 10), 0, 0, 360, (246, 246, 246), -1, cv2.LINE_AA)
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


def lobby(rng: np.random.Generator) -> Canvas:
    """An entrance hall with glass doors and a wall of letter boxes with names."""
    canvas = blank((198, 206, 210))
    box(canvas, rng, (0, 0, 1280, 470), (176, 198, 210), 0.06)
    area(canvas, rng, [(0, 470), (1280, 470), (1280, 720), (0, 720)], (150, 158, 166), 0.10, (6, 40))
    floor_tiles(canvas, 472, (640, 260), (116, 124, 132))
    plain(canvas, (120, 90, 560, 470), (214, 204, 184))
    foliage(canvas, rng, (260, 280), (230, 240))
    box(canvas, rng, (124, 380, 556, 470), (140, 140, 138), 0.15)
    for x in (120, 340, 560):
        cv2.line(canvas, (x, 90), (x, 470), (84, 88, 92), 12)
    plain_frame(canvas, (120, 90, 560, 470), (84, 88, 92), 12)
    sign(canvas, (220, 40, 460, 82), "ENTRANCE 3", (90, 60, 40), (236, 240, 240))
    plain(canvas, (756, 160, 1140, 488), (70, 78, 86))
    for row in range(5):
        for column in range(5):
            left, top = 768 + column * 74, 172 + row * 62
            shade = int(rng.integers(110, 190))
            plain(canvas, (left, top, left + 66, top + 54), (shade, shade + 14, shade + 22), (40, 44, 48))
            plain(canvas, (left + 8, top + 8, left + 58, top + 24), (240, 242, 242))
            name, at = f"{row + 1}0{column + 1} Li", (left + 9, top + 21)
            cv2.putText(canvas, name, at, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (20, 20, 20), 1, cv2.LINE_AA)
            plain(canvas, (left + 12, top + 34, left + 54, top + 40), (24, 24, 24))
    foliage(canvas, rng, (660, 380), (110, 200))
    box(canvas, rng, (630, 440, 690, 530), (60, 84, 132), 0.2)
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


PLACES: dict[str, Callable[[np.random.Generator], Canvas]] = {
    place.__name__: place for place in (gate, corridor, yard, reception, canteen, parking, lobby, roof, annex)
}

"""Draws the indoor places that simulated cameras show: each function paints one still background."""

import cv2
import numpy as np

from agent.demo.scene.drawing import (
    Canvas,
    any_colour,
    area,
    blank,
    box,
    bricks,
    floor_tiles,
    foliage,
    person,
    plain,
    plain_frame,
    shelf,
    sign,
    window,
)


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


def stairs(rng: np.random.Generator) -> Canvas:
    """A landing; the door of a flat stands open on the left, the stairs go up on the right."""
    canvas = blank((206, 214, 200))
    box(canvas, rng, (0, 0, 1280, 520), (196, 210, 184), 0.07)
    area(canvas, rng, [(0, 520), (1280, 520), (1280, 720), (0, 720)], (124, 128, 134), 0.16, (3, 12, 50))
    room = [(116, 150), (376, 178), (376, 566), (116, 674)]
    area(canvas, rng, room, (176, 196, 232), 0.12, (5, 22))
    window(canvas, rng, (140, 190, 236, 300), lit=True, inhabited=False)
    for column in range(2):
        for row in range(3):
            left, top = 262 + column * 52, 206 + row * 58
            plain(canvas, (left, top, left + 44, top + 48), any_colour(rng, 60, 230), (30, 34, 40))
    area(canvas, rng, [(130, 470), (366, 450), (366, 540), (130, 640)], (60, 54, 150), 0.4, (5, 14))
    person(canvas, (190, 640), 300, 1.1, (60, 150, 60))
    person(canvas, (320, 570), 190, 2.6, (200, 120, 60))
    cv2.polylines(canvas, [np.array(room, np.int32)], True, (40, 54, 70), 16, cv2.LINE_AA)
    for step in range(9):
        left, top = 620 + step * 62, 640 - step * 58
        box(canvas, rng, (left, top, 1280, top + 58), (150 - step * 4, 152 - step * 4, 158 - step * 4), 0.12)
        plain(canvas, (left, top, 1280, top + 9), (70, 74, 82))
    for step in range(10):
        cv2.line(canvas, (600 + step * 62, 640 - step * 58), (600 + step * 62, 500 - step * 58), (50, 60, 64), 7)
    cv2.line(canvas, (600, 500), (1160, -24), (44, 80, 130), 18, cv2.LINE_AA)
    sign(canvas, (440, 190, 540, 270), "4", (236, 240, 240), (40, 40, 150))
    plain(canvas, (430, 330, 560, 410), (70, 160, 90), (240, 244, 240))
    return canvas


def store(rng: np.random.Generator) -> Canvas:
    """A store room: shelves on the left, the lockers of the staff with their things on the right."""
    canvas = blank((170, 178, 182))
    box(canvas, rng, (0, 0, 1280, 500), (164, 176, 186), 0.06)
    area(canvas, rng, [(0, 500), (1280, 500), (1280, 720), (0, 720)], (112, 118, 120), 0.14, (3, 10, 40))
    for left in (30, 330):
        shelf(canvas, rng, (left, 70, left + 270, 500), 4)
    for x, y, size in ((60, 560, 130), (210, 590, 110), (350, 560, 150)):
        box(canvas, rng, (x, y - size // 2, x + size, y + size // 2), (96, 142, 186), 0.2)
        plain(canvas, (x + size // 2 - 8, y - size // 2, x + size // 2 + 8, y + size // 2), (150, 190, 214))
    plain(canvas, (756, 160, 1140, 488), (62, 66, 70))
    for row in range(2):
        for column in range(4):
            left, top = 766 + column * 94, 170 + row * 158
            plain(canvas, (left, top, left + 84, top + 148), (176, 128, 70), (30, 30, 30))
            if (row + column) % 2:
                plain(canvas, (left + 6, top + 6, left + 78, top + 142), (38, 40, 44))
                area(
                    canvas,
                    rng,
                    [(left + 16, top + 20), (left + 66, top + 20), (left + 60, top + 96), (left + 20, top + 100)],
                    any_colour(rng, 70, 240),
                    0.3,
                    (4, 12),
                )
                plain(canvas, (left + 12, top + 112, left + 70, top + 136), any_colour(rng, 90, 240))
            else:
                for slat in range(5):
                    plain(canvas, (left + 18, top + 14 + slat * 9, left + 66, top + 18 + slat * 9), (60, 40, 20))
                plain(canvas, (left + 10, top + 70, left + 74, top + 92), (240, 242, 242))
                at = (left + 12, top + 87)
                cv2.putText(
                    canvas, f"Wu {row}{column}", at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (20, 20, 20), 1, cv2.LINE_AA
                )
    sign(canvas, (800, 60, 1090, 120), "STORE", (40, 90, 200), (240, 244, 240))
    for x in (640, 690):
        cv2.line(canvas, (x, 120), (x - 30, 560), (120, 170, 200), 9, cv2.LINE_AA)
    for step in range(7):
        cv2.line(canvas, (636 - step * 4, 160 + step * 56), (686 - step * 4, 160 + step * 56), (120, 170, 200), 7)
    return canvas


def kiosk(rng: np.random.Generator) -> Canvas:
    """A newsagent: the till with the money drawer on the left, papers on the wall and an ice box on the right."""
    canvas = blank((178, 204, 214))
    box(canvas, rng, (0, 0, 1280, 460), (150, 190, 214), 0.08)
    area(canvas, rng, [(0, 460), (1280, 460), (1280, 720), (0, 720)], (96, 110, 150), 0.12, (4, 30))
    for row in range(3):
        for column in range(5):
            left, top = 680 + column * 110, 90 + row * 112
            plain(canvas, (left, top, left + 92, top + 100), any_colour(rng, 120, 246), (50, 50, 50))
            plain(canvas, (left + 8, top + 8, left + 84, top + 28), any_colour(rng, 20, 110))
            for line in range(5):
                cv2.line(canvas, (left + 8, top + 42 + line * 11), (left + 80, top + 42 + line * 11), (70, 70, 70), 2)
    shelf(canvas, rng, (116, 256, 604, 400), 2)
    person(canvas, (210, 640), 380, 0.2, (190, 90, 150))
    box(canvas, rng, (60, 510, 660, 710), (54, 60, 140), 0.18)
    plain(canvas, (330, 300, 590, 520), (74, 78, 84), (20, 20, 20))
    plain(canvas, (350, 316, 570, 380), (130, 200, 150), (30, 30, 30))
    cv2.putText(canvas, "17.50", (370, 366), cv2.FONT_HERSHEY_DUPLEX, 1.6, (20, 40, 20), 3, cv2.LINE_AA)
    for column in range(6):
        tone = ((90, 90, 220), (90, 170, 110), (210, 150, 90))[column % 3]
        plain(canvas, (350 + column * 37, 396, 382 + column * 37, 446), tone, (24, 24, 24))
        cv2.circle(canvas, (366 + column * 37, 484), 15, (60, 190, 230), -1, cv2.LINE_AA)
    sign(canvas, (120, 60, 560, 160), "KIOSK", (40, 50, 190), (236, 240, 240))
    plain(canvas, (800, 470, 1210, 660), (236, 236, 230), (120, 120, 110))
    for x in range(820, 1190, 62):
        cv2.circle(canvas, (x + 20, 530), 24, any_colour(rng, 90, 250), -1, cv2.LINE_AA)
    sign(canvas, (880, 580, 1130, 640), "ICE", (220, 160, 60), (255, 255, 255))
    return canvas


def library(rng: np.random.Generator) -> Canvas:
    """A reading room; through its window one looks into the flats opposite."""
    canvas = blank((150, 176, 196))
    box(canvas, rng, (0, 0, 1280, 480), (146, 176, 200), 0.06)
    area(canvas, rng, [(0, 480), (1280, 480), (1280, 720), (0, 720)], (70, 96, 140), 0.2, (3, 30))
    plain(canvas, (270, 104, 680, 400), (240, 240, 240))
    bricks(canvas, rng, (286, 120, 664, 386), (120, 150, 190), 16)
    for left, top in ((300, 130), (430, 130), (556, 130), (300, 262), (430, 262), (556, 262)):
        window(canvas, rng, (left, top, left + 92, top + 104), lit=(left + top) % 4 == 0, inhabited=left != 430)
    for x in (470, 480):
        cv2.line(canvas, (x, 104), (x, 400), (232, 236, 236), 5)
    shelf(canvas, rng, (20, 60, 236, 480), 6)
    for left in (730, 920, 1110):
        shelf(canvas, rng, (left, 40, left + 160, 470), 6)
    for x in (420, 900):
        area(
            canvas, rng, [(x - 190, 540), (x + 190, 540), (x + 240, 640), (x - 240, 640)], (90, 140, 190), 0.15, (3, 40)
        )
        cv2.line(canvas, (x, 540), (x, 470), (60, 70, 70), 8)
        cv2.ellipse(canvas, (x, 468), (56, 24), 0, 180, 360, (60, 150, 60), -1, cv2.LINE_AA)
        plain(canvas, (x - 120, 566, x - 40, 610), (240, 244, 244), (60, 60, 60))
    sign(canvas, (860, 2, 1130, 38), "SILENCE", (60, 60, 60), (240, 240, 240))
    return canvas


def gym(rng: np.random.Generator) -> Canvas:
    """A sports hall: wall bars and a basket on the left, the open lockers of a changing corner on the right."""
    canvas = blank((196, 200, 190))
    box(canvas, rng, (0, 0, 1280, 450), (204, 212, 214), 0.05)
    area(canvas, rng, [(0, 450), (1280, 450), (1280, 720), (0, 720)], (86, 150, 206), 0.12, (3, 50))
    for y in range(60, 440, 30):
        cv2.line(canvas, (40, y), (300, y), (70, 120, 170), 9, cv2.LINE_AA)
    for x in (40, 170, 300):
        cv2.line(canvas, (x, 44), (x, 450), (60, 100, 140), 13)
    plain(canvas, (420, 60, 640, 200), (240, 240, 240), (40, 40, 180))
    plain_frame(canvas, (490, 120, 570, 180), (40, 40, 180), 5)
    cv2.ellipse(canvas, (530, 214), (46, 13), 0, 0, 360, (30, 100, 230), 7, cv2.LINE_AA)
    for x in range(492, 572, 13):
        cv2.line(canvas, (x, 220), (530 + (x - 530) // 2, 290), (236, 236, 236), 2, cv2.LINE_AA)
    for points, tone in (([(0, 690), (1280, 560)], (60, 60, 210)), ([(300, 452), (80, 720)], (240, 240, 240))):
        cv2.line(canvas, points[0], points[1], tone, 9, cv2.LINE_AA)
    cv2.ellipse(canvas, (540, 610), (300, 74), 0, 0, 360, (240, 240, 240), 6, cv2.LINE_AA)
    bricks(canvas, rng, (749, 155, 1150, 493), (90, 170, 120), 24)
    for column in range(5):
        left = 760 + column * 77
        plain(canvas, (left, 170, left + 66, 478), (48, 50, 56), (200, 206, 206))
        area(
            canvas,
            rng,
            [(left + 14, 196), (left + 54, 196), (left + 58, 320), (left + 10, 312)],
            any_colour(rng, 60, 250),
            0.3,
            (4, 12),
        )
        cv2.line(canvas, (left + 33, 180), (left + 33, 196), (220, 220, 220), 4)
        plain(canvas, (left + 10, 350, left + 58, 396), any_colour(rng, 90, 240), (20, 20, 20))
        for shoe in (12, 38):
            cv2.ellipse(canvas, (left + shoe + 8, 454), (10, 16), 0, 0, 360, (236, 236, 240), -1, cv2.LINE_AA)
    plain(canvas, (700, 506, 1190, 532), (60, 110, 160), (40, 70, 100))
    return canvas

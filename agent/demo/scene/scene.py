"""Renders pictures of the simulated cameras: the moving scene, sensor noise, and the masks drawn over it.

`picture` is a pure function of camera, path, time and fault. Noise comes before the mask, because in a real camera the
mask is drawn by the image processor after the sensor.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.demo.scene.drawing import Canvas, Colour, person
from agent.demo.scene.places import PLACES
from agent.demo.world.cameras import DemoCamera, DemoMask, Fault
from drivers.model import Polygon
from drivers.picture import PathName

SIZES_PX: dict[PathName, tuple[int, int]] = {
    "snapshot": (640, 360),
    "main": (640, 360),
    "sub": (320, 180),
    "stream-3": (320, 180),
    "recorder-live": (640, 360),
    "playback": (640, 360),
}
BLUR_SIGMA_PX = 10.0
NOISE_SIGMA = 1.5
NOISE_ROOM_PX = 192
"""How far the part of the noise field that is taken may lie from its corner, in each direction."""
DARK_RATIO = 0.035
"""How much of the light is left when a camera has gone dark."""


@dataclass(frozen=True, slots=True)
class Walker:
    """Somebody who walks from one point to another and back; positions are feet, in canvas pixels."""

    start: tuple[int, int]
    end: tuple[int, int]
    height_px: int
    period_s: float
    coat: Colour


WALKERS: dict[str, tuple[Walker, ...]] = {
    "gate": (
        Walker((80, 640), (900, 680), 190, 17, (150, 70, 40)),
        Walker((760, 520), (240, 560), 130, 23, (60, 60, 170)),
    ),
    "corridor": (Walker((600, 420), (700, 700), 230, 13, (90, 120, 50)),),
    "yard": (
        Walker((500, 640), (1150, 600), 150, 9, (40, 160, 210)),
        Walker((1180, 690), (640, 560), 170, 14, (170, 60, 120)),
    ),
    "reception": (Walker((1120, 700), (1080, 520), 330, 19, (120, 90, 40)),),
    "canteen": (
        Walker((700, 620), (1200, 660), 250, 15, (220, 220, 230)),
        Walker((1240, 480), (660, 470), 190, 21, (60, 90, 190)),
    ),
    "parking": (Walker((100, 560), (760, 620), 150, 18, (70, 70, 70)),),
    "lobby": (Walker((380, 700), (620, 470), 280, 16, (50, 50, 150)),),
    "roof": (Walker((340, 620), (980, 650), 150, 25, (30, 140, 230)),),
    "annex": (Walker((900, 700), (1100, 500), 230, 15, (150, 110, 60)),),
    "stairs": (Walker((480, 700), (560, 560), 300, 12, (60, 90, 180)),),
    "store": (Walker((560, 700), (1180, 640), 290, 17, (70, 130, 90)),),
    "kiosk": (Walker((1180, 700), (700, 620), 330, 22, (60, 60, 60)),),
    "library": (
        Walker((660, 700), (260, 680), 300, 26, (160, 80, 100)),
        Walker((1060, 520), (1240, 560), 230, 19, (60, 150, 170)),
    ),
    "gym": (
        Walker((120, 640), (640, 560), 200, 6, (50, 190, 240)),
        Walker((620, 690), (260, 500), 190, 8, (200, 60, 60)),
    ),
    "bicycles": (Walker((560, 700), (240, 560), 220, 14, (110, 60, 170)),),
}


@lru_cache(maxsize=16)
def background(place: str) -> Canvas:
    """The still part of a place, painted once."""
    seed = int.from_bytes(place.encode()[:6], "big")
    canvas = PLACES[place](np.random.default_rng(seed))
    canvas.setflags(write=False)
    return canvas


def scene(place: str, at_s: float) -> Canvas:
    """The place at a moment, with everybody who walks through it."""
    canvas = background(place).copy()
    for walker in WALKERS.get(place, ()):
        turn = (at_s / walker.period_s) % 2
        share = turn if turn < 1 else 2 - turn
        feet = tuple(int(start + (end - start) * share) for start, end in zip(walker.start, walker.end, strict=True))
        person(canvas, (feet[0], feet[1]), walker.height_px, at_s * 2 * math.pi * 0.9, walker.coat)
    return canvas


def picture(
    camera: DemoCamera, path: PathName, at: datetime, fault: Fault | None = None, *, dated: bool = True
) -> Canvas:
    """Render the picture of a camera on a path at a moment.

    Args:
        camera: A row of the table.
        path: Decides the size, and whether this device draws its mask there.
        at: Moves the scene; shown in the overlay.
        fault: `mask-removed` leaves the mask out; `dark` takes the light away.
        dated: Whether the overlay has date and time, as in a snapshot.
    """
    at_s = at.timestamp() % 86_400
    size = SIZES_PX[path]
    small = cv2.resize(scene(camera.place, at_s), size, interpolation=cv2.INTER_AREA)
    light = DARK_RATIO if fault == "dark" else 1.0
    image = cv2.addWeighted(small, light, _noise_at(at_s, size), 1.0, 0.0, dtype=cv2.CV_8U).astype(np.uint8, copy=False)
    mask = camera.mask
    if mask is not None and fault != "mask-removed" and mask.enabled and path not in mask.bare_paths:
        draw_mask(image, mask)
    if fault != "dark":
        _overlay(image, f"{camera.name}  {at:%Y-%m-%d %H:%M:%S}" if dated else camera.name)
    return image


def card(path: PathName, at: datetime) -> Canvas:
    """Render what a recorder draws for a camera that it has lost: words that wander over a blue card, and a clock."""
    width, height = SIZES_PX[path]
    scale, at_s = width / 640, at.timestamp()
    image = np.full((height, width, 3), (150, 60, 20), np.uint8)
    x = round((60 + 300 * abs(at_s / 40 % 2 - 1)) * scale)
    y = round((60 + 240 * abs(at_s / 28 % 2 - 1)) * scale)
    for text, where in (("NO VIDEO", (x, y)), (f"{at:%H:%M:%S}", (round(540 * scale), round(350 * scale)))):
        cv2.putText(image, text, where, cv2.FONT_HERSHEY_SIMPLEX, scale, (240, 240, 240), 2, cv2.LINE_AA)
    return image


@lru_cache(maxsize=1)
def _noise() -> NDArray[np.int16]:
    """A field of sensor noise, larger than any picture: drawn once, as drawing it costs more than all else."""
    width, height = (max(sides) + NOISE_ROOM_PX for sides in zip(*SIZES_PX.values(), strict=True))
    noise = np.random.default_rng(1).normal(0, NOISE_SIGMA, (height, width, 3))
    return np.round(noise).astype(np.int16)


def _noise_at(at_s: float, size: tuple[int, int]) -> NDArray[np.int16]:
    """Take a part of the field at a place that another moment does not take."""
    x, y = np.random.default_rng(int(at_s * 1000)).integers(0, NOISE_ROOM_PX, 2)
    return _noise()[y : y + size[1], x : x + size[0]]


def jpeg(image: Canvas, quality: int = 88) -> bytes:
    """Encode a picture as JPEG."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError("the picture cannot be encoded as JPEG")
    return data.tobytes()


def draw_mask(image: Canvas, mask: DemoMask) -> None:
    """Draw one mask in place: solid, translucent, mosaic or blur, where the device really puts it."""
    height, width = image.shape[:2]
    outline = _pixels(mask.polygon, mask.shift_x_norm, width, height)
    inside = cv2.fillPoly(np.zeros((height, width), np.uint8), [outline], 255)
    scale = width / 640
    if mask.effect == "Pixelated":
        hidden = _mosaic(image, max(2, round(mask.block_px * scale)))
    elif mask.effect == "Blurred":
        hidden = cv2.GaussianBlur(image, (0, 0), BLUR_SIGMA_PX * scale).astype(np.uint8)
    else:
        solid = cv2.fillPoly(image.copy(), [outline], _bgr(mask.color))
        hidden = cv2.addWeighted(solid, mask.opacity_ratio, image, 1 - mask.opacity_ratio, 0).astype(np.uint8)
    cv2.copyTo(hidden, inside, image)


def _mosaic(image: Canvas, block_px: int) -> Canvas:
    """Every block of a grid that starts at the top-left corner gets its mean colour."""
    height, width = image.shape[:2]
    rows, columns = math.ceil(height / block_px), math.ceil(width / block_px)
    padded = cv2.copyMakeBorder(image, 0, rows * block_px - height, 0, columns * block_px - width, cv2.BORDER_REPLICATE)
    means = cv2.resize(padded, (columns, rows), interpolation=cv2.INTER_AREA)
    blocks = cv2.resize(means, (columns * block_px, rows * block_px), interpolation=cv2.INTER_NEAREST)
    return blocks[:height, :width].astype(np.uint8)


def _pixels(polygon: Polygon, shift_x_norm: float, width: int, height: int) -> NDArray[np.int32]:
    return np.array([(round((x + shift_x_norm) * width), round(y * height)) for x, y in polygon], np.int32)


def _bgr(color: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return blue, green, red


def _overlay(image: Canvas, text: str) -> None:
    """The camera's own text, white with a dark shadow, in the lower left corner where no zone lies."""
    scale = image.shape[1] / 640
    x, y = round(10 * scale), image.shape[0] - round(10 * scale)
    for colour, offset_px in (((0, 0, 0), 1), ((255, 255, 255), 0)):
        at = (x + offset_px, y + offset_px)
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale * 0.5, colour, 1, cv2.LINE_AA)

"""Fixed cameras for the benches of view and quality: places, light, masks and overlays, moves, and a real codec.

Everything is seeded. A place is a still view with people or cars moving through it: rendered (agent/demo), from footage
of OpenCV's samples (Debian's package opencv-doc), or from clips and stills in the folder CAMWARDEN_FOOTAGE names.
A camera sees the middle of a place, so that it can be moved without a made-up border.
"""

from __future__ import annotations

import math
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from agent.demo.scene.scene import scene

Picture = npt.NDArray[np.uint8]
Light = Literal["day", "exposure", "night", "infrared", "lamps"]
LIGHTS: tuple[Light, ...] = ("day", "exposure", "night", "infrared")
VIEW_LIGHTS: tuple[Light, ...] = (*LIGHTS, "lamps")
"""`lamps`: a street at night, black but for the pools of light below two or three lamps."""

WIDTH_PX, HEIGHT_PX = 640, 360
PLACE_WIDTH_PX = 800
"""A camera sees 640 of them: a tenth of its view lies unseen on each side."""

SAMPLES = Path(os.environ.get("CAMWARDEN_OPENCV_DOC", "/usr/share/doc/opencv-doc")) / "examples" / "data"

MASK = ((0.08, 0.30), (0.26, 0.30), (0.26, 0.62), (0.08, 0.62))
CLOCK = ((0.60, 0.01), (0.99, 0.01), (0.99, 0.08), (0.60, 0.08))
NAME = ((0.01, 0.91), (0.30, 0.91), (0.30, 0.99), (0.01, 0.99))
"""A privacy mask and two overlays of the camera, polygons in 0..1."""


@dataclass(frozen=True)
class Place:
    """Where a camera hangs. `source`: a demo place, or a file; `tune`: looked at while thresholds were chosen."""

    name: str
    source: str | Path
    tune: bool


@dataclass(frozen=True)
class Move:
    """What happened to the camera: shares of the picture's width, degrees clockwise, factor."""

    right: float = 0.0
    down: float = 0.0
    turn_deg: float = 0.0
    zoom: float = 1.0


STILL = Move()

RENDERED_TUNE = ("gate", "corridor", "yard", "reception")
RENDERED_TEST = ("canteen", "parking", "lobby", "roof", "annex")
FILES_TUNE = ("tree.avi", "home.jpg", "building.jpg", "graf1.png", "aloeL.jpg")

FILES_TEST = ("vtest.avi", "leuvenA.jpg")
CLIPS_TUNE = ("one-by-one-person-detection.mp4",)
CLIPS_TEST = ("bottle-detection.mp4", "car-detection.mp4")


def places(tune: bool) -> list[Place]:
    """The places that are there, for tuning or for testing."""
    rendered = [Place(name, name, tune) for name in (RENDERED_TUNE if tune else RENDERED_TEST)]
    found = [(name, _file(name)) for name in (FILES_TUNE + CLIPS_TUNE if tune else FILES_TEST + CLIPS_TEST)]
    return rendered + [Place(Path(name).stem, path, tune) for name, path in found if path is not None]


def _file(name: str) -> Path | None:
    given = os.environ.get("CAMWARDEN_FOOTAGE")
    folders = [SAMPLES] + ([Path(given)] if given else [])
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def moments(place: Place, count: int) -> list[Picture]:
    """The place at so many moments, 800 px wide; a still is the same at each."""
    if isinstance(place.source, str):
        return [_sized(scene(place.source, 37.0 * index + 3)) for index in range(count)]
    if place.source.suffix in (".jpg", ".png"):
        return [_still(place.source)] * count
    return _clip(place.source, count)


def _still(path: Path) -> Picture:
    still = cv2.imread(str(path))
    if still is None:
        raise SystemExit(f"{path} cannot be read")
    return _sized(np.asarray(still, np.uint8))


def _sized(frame: Picture) -> Picture:
    height = max(round(frame.shape[0] * PLACE_WIDTH_PX / frame.shape[1]), 450)
    way = cv2.INTER_AREA if frame.shape[1] >= PLACE_WIDTH_PX else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(frame, (PLACE_WIDTH_PX, height), interpolation=way), np.uint8)


@cache
def _clip(path: Path, count: int) -> list[Picture]:
    """So many frames, evenly spread over a clip."""
    clip = cv2.VideoCapture(str(path))
    total = int(clip.get(cv2.CAP_PROP_FRAME_COUNT))
    wanted = {round(index * (total - 3) / max(count - 1, 1)) for index in range(count)}
    frames = []
    for number in range(total):
        if not clip.grab():
            break
        if number in wanted:
            done, frame = clip.retrieve()
            if done:
                frames.append(_sized(np.asarray(frame, np.uint8)))
    if not frames:
        raise SystemExit(f"{path} cannot be read")
    return [frames[index * len(frames) // count] for index in range(count)]


def shot(place: Picture, move: Move = STILL) -> Picture:
    """What the moved camera sees of a place, 640x360."""
    height, width = place.shape[:2]
    turn = math.radians(move.turn_deg)
    cos, sin = move.zoom * math.cos(turn), move.zoom * math.sin(turn)
    turned = np.array([[cos, -sin], [sin, cos]])
    centre = np.array([WIDTH_PX / 2 + move.right * WIDTH_PX, HEIGHT_PX / 2 + move.down * WIDTH_PX])
    offset = centre - turned @ np.array([width / 2, height / 2])
    matrix = np.hstack([turned, offset[:, None]])
    seen = cv2.warpAffine(
        place, matrix, (WIDTH_PX, HEIGHT_PX), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.asarray(seen, np.uint8)


def below_lamps(place: Picture, seed: int) -> Picture:
    """A place at night, lit by two or three lamps that hang in it: a sixth is well seen, the rest is next to black."""
    rng = np.random.default_rng(seed)
    height, width = place.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    light = np.full((height, width), 0.05, np.float32)
    bulbs = []
    for _ in range(rng.integers(2, 4)):
        x, y = rng.uniform(0.2, 0.8) * width, rng.uniform(0.2, 0.7) * height
        reach = rng.uniform(0.12, 0.2) * width
        light += rng.uniform(0.5, 0.8) * np.exp(-(((columns - x) / reach) ** 2 + ((rows - y) / (0.8 * reach)) ** 2))
        bulbs.append((round(x), round(y)))
    dark = np.power(place.astype(np.float32) / 255, 1.4) * np.minimum(light, 0.9)[..., None]
    dark = dark * np.array((0.75, 0.9, 1.0), np.float32)  # sodium
    out = np.clip(dark * 255, 0, 255).astype(np.uint8)
    for bulb in bulbs:
        cv2.circle(out, bulb, 5, (220, 245, 255), -1, cv2.LINE_AA)
    return out


def lit(view: Picture, light: Light, rng: np.random.Generator) -> Picture:
    """The view as the sensor delivers it in a light, with its noise; night and infrared are simulated."""
    x = view.astype(np.float32) / 255
    sigma = 1.5
    if light == "exposure":
        x = np.power(x, rng.uniform(0.7, 1.4)) * rng.uniform(0.6, 1.5)
    elif light == "lamps":
        x, sigma = x * rng.uniform(0.85, 1.15), 5.0
    elif light == "night":
        x, sigma = np.power(x, 1.6) * 0.45 * rng.uniform(0.85, 1.15), 6.0
    elif light == "infrared":
        grey = cv2.cvtColor(np.asarray(x, np.float32), cv2.COLOR_BGR2GRAY)
        rows, columns = np.mgrid[-1 : 1 : HEIGHT_PX * 1j, -1 : 1 : WIDTH_PX * 1j]
        lamp = 1.25 - 0.45 * (rows**2 + columns**2)
        x, sigma = np.repeat((np.power(grey, 1.2) * 0.8 * lamp)[..., None], 3, 2), 3.0
    shape = (*view.shape[:2], 1) if light == "infrared" else view.shape
    return np.clip(x * 255 + rng.normal(0, sigma, shape), 0, 255).astype(np.uint8)


def drawn(picture: Picture, number: int, mask: bool = True, overlays: bool = True) -> Picture:
    """The mask and the overlays, as the camera draws them after the sensor; the clock runs with `number`."""
    out = picture.copy()
    if mask:
        cv2.rectangle(out, _px(*MASK[0]), _px(*MASK[2]), (0, 0, 0), -1)
    if overlays:
        clock = f"2026-11-{number % 28 + 1:02d} {number % 24:02d}:{number * 7 % 60:02d}:{number * 13 % 60:02d}"
        for text, at in ((clock, _px(0.62, 0.065)), ("Camera 07", _px(0.02, 0.97))):
            for colour, shift in (((0, 0, 0), 1), ((255, 255, 255), 0)):
                where = (at[0] + shift, at[1] + shift)
                cv2.putText(out, text, where, cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, 1, cv2.LINE_AA)
    return out


def _px(x: float, y: float) -> tuple[int, int]:
    return round(x * WIDTH_PX), round(y * HEIGHT_PX)


def encoded(pictures: Sequence[Picture], crf: int = 28) -> Iterator[Picture]:
    """Each picture as a decoder gives it back after H.264 (every frame a keyframe), by ffmpeg."""
    form = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{WIDTH_PX}x{HEIGHT_PX}"]
    quiet = ["ffmpeg", "-v", "error", "-nostdin", "-threads", "1"]
    codec = ["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-g", "1", "-crf", str(crf)]
    to = [*quiet, *form, "-i", "pipe:0", "-pix_fmt", "yuv420p", *codec, "-threads", "1", "-f", "h264", "pipe:1"]
    back = [*quiet, "-f", "h264", "-i", "pipe:0", "-f", "rawvideo", "-pix_fmt", "bgr24", "pipe:1"]
    size = WIDTH_PX * HEIGHT_PX * 3
    for start in range(0, len(pictures), 100):
        batch = pictures[start : start + 100]
        # x264 spends more on a stream's first picture than a camera on any keyframe: the first goes in twice.
        given = b"".join(one.tobytes() for one in [batch[0], *batch])
        stream = subprocess.run(to, input=given, capture_output=True, check=True, timeout=300).stdout
        raw = subprocess.run(back, input=stream, capture_output=True, check=True, timeout=300).stdout
        if len(raw) != size * (len(batch) + 1):
            raise SystemExit("ffmpeg gave back another number of pictures than it was given")
        for at in range(size, len(raw), size):
            yield np.frombuffer(raw[at : at + size], np.uint8).reshape(HEIGHT_PX, WIDTH_PX, 3)

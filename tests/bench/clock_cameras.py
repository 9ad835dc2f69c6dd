"""Simulates cameras that burn a clock into their pictures: how each writes, what it looks at, how it is coded.

A camera's pictures are luma planes as a decoder gives them back: JPEG, or H.264 and H.265 of key pictures only. The
light runs with the hour of the day. Everything is seeded by the camera's number.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
import view_scenes
from clock_drawing import STYLES, Drawing, Plane, draw, fonts, has_chinese, has_letters, width_px

Luma = npt.NDArray[np.uint8]
Codec = Literal["jpeg-40", "jpeg-70", "jpeg-90", "h264", "h265"]
CODECS: tuple[Codec, ...] = ("jpeg-40", "jpeg-70", "h264", "h265", "jpeg-90", "h264", "h265", "jpeg-40")
SIZES = ((640, 360), (640, 360), (704, 576), (640, 360), (960, 540))
FORMATS = ("iso", "slashes", "european", "chinese", "weekday", "twelve", "iso-12")
LEAST_CONTRAST = 25.0
"""Levels between the strokes and what lies around them, before coding, in the weakest stretch of a line."""
BAND_RATIO = 0.2
_WEEK_ZH = "一二三四五六日"


@dataclass(frozen=True, kw_only=True)
class Camera:
    """One camera and path. `constant_s`: its clock beside true time; `side` of the places that it looks at."""

    number: int
    drawing: Drawing
    form: str
    size: tuple[int, int]
    corner: tuple[bool, bool]
    codec: Codec
    quantizer: int
    ground: int
    tune: bool
    constant_s: float = field(default=0.0)


@dataclass(frozen=True)
class Shot:
    """A picture as decoded, the moment that its clock shows, and the contrast with which that was drawn."""

    luma: Luma = field(repr=False)
    known: datetime
    shown: datetime
    contrast: float


def camera(number: int, tune: bool) -> Camera:
    """Draw a camera by lot; fonts, styles, formats and codecs each come up equally often."""
    rng = np.random.default_rng([number, int(tune), 7])
    names = fonts()
    font = names[number % len(names)]
    form = FORMATS[int(rng.integers(len(FORMATS)))]
    if (form == "chinese" and not has_chinese(font)) or (form == "weekday" and not has_letters(font)):
        form = "iso"
    style = STYLES[(number // 2) % len(STYLES)]
    size = SIZES[int(rng.integers(len(SIZES)))]
    high = float(rng.choice([12, 13, 14, 16, 18, 20, 24, 28]))
    high = {"bitmap-5x7": 14.0 if high < 18 else 21.0, "bitmap-8x10": 20.0}.get(font, high)
    return Camera(
        number=number,
        drawing=Drawing(font, high, style, int(rng.choice([255, 255, 235, 210])), bool(rng.random() < 0.35)),
        form=form,
        size=size,
        corner=(bool(rng.random() < 0.5), bool(rng.random() < 0.7)),
        codec=CODECS[int(rng.integers(len(CODECS)))],
        quantizer=int(rng.integers(22, 37)),
        ground=int(rng.integers(1000)),
        tune=tune,
        constant_s=float(rng.uniform(-1.5, 1.5)),
    )


def text_of(form: str, at: datetime) -> str:
    """Return the line that a clock shows at a moment."""
    if form == "chinese":
        return f"{at:%Y年%m月%d日} 星期{_WEEK_ZH[at.weekday()]} {at:%H:%M:%S}"
    return {
        "iso": f"{at:%Y-%m-%d %H:%M:%S}",
        "slashes": f"{at:%m/%d/%Y %H:%M:%S}",
        "european": f"{at:%d-%m-%Y %H:%M:%S}",
        "weekday": f"{at:%Y-%m-%d %a %H:%M:%S}",
        "twelve": f"{at:%m-%d-%Y %I:%M:%S %p}",
        "iso-12": f"{at:%Y-%m-%d %I:%M:%S %p}",
    }[form]


def shots(one: Camera, known: Sequence[datetime], seed: int, drawings: Sequence[Drawing] = ()) -> list[Shot]:
    """Take a picture at each known time. `drawings`: of each picture, another one than the camera's, to be refused.

    Only the upper and the lower fifth of each picture is drawn and coded; nothing else is looked at.
    """
    rng = np.random.default_rng([one.number, seed])
    views = _ground(one.ground, one.size, one.tune)
    made: list[tuple[Plane, datetime, float]] = []
    for at, how in zip(known, drawings or [one.drawing] * len(known), strict=True):
        shown = (at + timedelta(seconds=one.constant_s + rng.uniform(-0.5, 0.5))).replace(microsecond=0)
        luma = _lit(views[int(rng.integers(len(views)))], at, rng)
        text = text_of(one.form, shown)
        picture, contrast = draw(luma, text, _corner(one, how, text), how)
        made.append((picture, shown, contrast))
    planes = [np.clip(picture + 0.5, 0, 255).astype(np.uint8) for picture, _, _ in made]
    coded = [_whole(plane, one.size) for plane in _coded(planes, one.codec, one.quantizer)]
    return [Shot(luma, at, shown, contrast) for luma, at, (_, shown, contrast) in zip(coded, known, made, strict=True)]


def _whole(bands: Luma, size: tuple[int, int]) -> Luma:
    """A picture of which only the two bands are not grey."""
    picture = np.full((size[1], size[0]), 128, np.uint8)
    half = len(bands) // 2
    picture[:half], picture[-half:] = bands[:half], bands[half:]
    return picture


def _bands(plane: Plane) -> Plane:
    """The upper and the lower fifth of a picture, in even rows as coders want them."""
    half = int(len(plane) * BAND_RATIO) // 2 * 2
    return np.asarray(np.vstack([plane[:half], plane[-half:]]), np.float32)


def _corner(one: Camera, how: Drawing, text: str) -> tuple[int, int]:
    """Left-aligned text begins at one column whatever it says; right-aligned text ends at one."""
    at_left, at_top = one.corner
    width, height = one.size[0], 2 * (int(one.size[1] * BAND_RATIO) // 2 * 2)
    margin = 8 + one.number % 9
    x = margin if at_left else width - margin - width_px(text, how)
    y = one.number % 7 if at_top else height - round(2.4 * how.digit_px) - one.number % 5
    return max(x, 0), y


def _lit(view: Plane, at: datetime, rng: np.random.Generator) -> Plane:
    """The view in the light of an hour: dark and noisy at night, bright at noon, clouds by lot."""
    hour = at.hour + at.minute / 60
    day = float(np.clip(np.cos((hour - 13) * np.pi / 12) + 0.35, 0, 1))
    gain = 0.25 + 0.85 * day * rng.uniform(0.7, 1.15)
    noise = 5.0 - 3.5 * day
    grain = np.roll(_grain(view.shape), tuple(int(one) for one in rng.integers(0, 300, 2)), (0, 1))
    return np.asarray(np.clip(view * gain + noise * grain, 0, 255), np.float32)


@lru_cache(maxsize=4)
def _grain(shape: tuple[int, int]) -> Plane:
    """A sensor's noise of deviation 1; it is moved about for each picture."""
    return np.random.default_rng(1).normal(0, 1, shape).astype(np.float32)


@lru_cache(maxsize=16)
def _ground(number: int, size: tuple[int, int], tune: bool) -> list[Plane]:
    """Different moments of one place, as luma, or a synthetic ground: a drifting gradient, a moving texture."""
    known = view_scenes.places(tune)
    which = number % (len(known) + 2)
    if which >= len(known):
        return _synthetic(number, size, textured=which > len(known))
    frames = view_scenes.moments(known[which], 16)
    luma = [cv2.cvtColor(view_scenes.shot(frame), cv2.COLOR_BGR2GRAY) for frame in frames]
    return [_bands(np.asarray(cv2.resize(one, size, interpolation=cv2.INTER_LINEAR), np.float32)) for one in luma]


def _synthetic(number: int, size: tuple[int, int], textured: bool) -> list[Plane]:
    rng = np.random.default_rng(number)
    width, height = size
    rows, columns = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    made = []
    for step in range(16):
        plane = 60 + 130 * np.abs(np.sin(2 * rows + 3 * columns + step / 4))
        if textured:
            grain = cv2.resize(rng.normal(0, 1, (height // 4, width // 4)).astype(np.float32), size)
            plane = plane + 45 * grain
        made.append(_bands(np.asarray(np.clip(plane, 0, 255), np.float32)))
    return made


def _coded(planes: Sequence[Luma], codec: Codec, quantizer: int) -> list[Luma]:
    """The planes as they come out of an encoder and a decoder again."""
    if codec.startswith("jpeg"):
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(codec.partition("-")[2])]
        data = [cv2.imencode(".jpg", plane, quality)[1] for plane in planes]
        return [np.asarray(cv2.imdecode(one, cv2.IMREAD_GRAYSCALE), np.uint8) for one in data]
    height, width = planes[0].shape
    quiet = ["ffmpeg", "-v", "error", "-nostdin", "-threads", "1"]
    form = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{width}x{height}"]
    coding = {
        "h264": f"-c:v libx264 -preset veryfast -g 1 -qp {quantizer} -f h264",
        "h265": f"-c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=1:qp={quantizer}:pools=1 -f hevc",
    }[codec].split()
    given = b"".join(plane.tobytes() for plane in planes)
    to = [*quiet, *form, "-i", "pipe:0", "-pix_fmt", "yuv420p", *coding, "pipe:1"]
    stream = subprocess.run(to, input=given, capture_output=True, check=True, timeout=600).stdout
    back = [*quiet, "-f", coding[-1], "-i", "pipe:0", *form[:4], "pipe:1"]
    raw = subprocess.run(back, input=stream, capture_output=True, check=True, timeout=600).stdout
    if len(raw) != width * height * len(planes):
        raise SystemExit(f"ffmpeg gave back another number of {codec} pictures than it was given")
    return [plane.copy() for plane in np.frombuffer(raw, np.uint8).reshape(len(planes), height, width)]


def digest(one: Camera) -> str:
    """Name a camera for a cache of its pictures."""
    return hashlib.sha256(repr(one).encode()).hexdigest()[:16]

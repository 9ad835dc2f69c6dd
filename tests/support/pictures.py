"""Seeded pictures for mask tests: textured scenes, masks drawn into them as a camera does, and encoders.

A scene is rendered, lit and given sensor noise; then the mask is drawn (a camera's image processor draws it after the
noise), and the result is encoded as JPEG or as one H.264/H.265 keyframe.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from masking.model import Job, WorkerError, Zone
from masking.worker.client import Worker

Picture = npt.NDArray[np.uint8]
Box = tuple[float, float, float, float]
Light = Literal["day", "night", "ir"]

ZONE: Box = (0.3, 0.3, 0.6, 0.75)


@dataclass(frozen=True, slots=True)
class Mask:
    """A mask to draw: `strength` is opacity of a solid, block of a mosaic or sigma of a blur, in px at 640 wide.

    `shift` moves it by shares of its own width and height; `cover` shrinks it to that share of its area, keeping its
    top-left corner (`cover_from` `corner`), its left side (`side`) or its centre (`centre`).
    """

    kind: Literal["none", "solid", "mosaic", "blur"]
    strength: float = 1.0
    color: tuple[int, int, int] = (0, 0, 0)
    shift: tuple[float, float] = (0.0, 0.0)
    cover: float = 1.0
    cover_from: Literal["corner", "side", "centre"] = "side"


def polygon(box: Box) -> tuple[tuple[float, float], ...]:
    left, top, right, bottom = box
    return ((left, top), (right, top), (right, bottom), (left, bottom))


KEPT = 64
"""So many scenes, and as many lit ones, are kept: tests ask for the same few again and again."""


def scene(seed: int, width: int = 640, height: int = 360) -> Picture:
    """A street-like scene with texture at every scale: plaster, bricks, foliage, people-like figures, lettering."""
    return _scene(seed, width, height).copy()


@lru_cache(KEPT)
def _scene(seed: int, width: int, height: int) -> Picture:
    rng = np.random.default_rng(seed)
    big_w, big_h = 1280, 720
    # One plane of a colour after the other, into the same memory: three times as fast as all of them at once.
    planes = [np.full((big_h, big_w), level, np.float32) for level in rng.integers(70, 170, 3)]
    share = np.empty((big_h, big_w), np.float32)
    for octave in range(1, 8):
        cells = 2**octave
        coarse = rng.normal(0, 1, (max(cells * 9 // 16, 1) + 1, cells + 1, 1)).astype(np.float32)
        layer = cv2.resize(coarse, (big_w, big_h), interpolation=cv2.INTER_CUBIC)
        layer *= np.float32(9)
        for plane, amount in zip(planes, rng.uniform(0.7, 1.1, 3).astype(np.float32), strict=True):
            plane += np.multiply(layer, amount, out=share)
    img = np.dstack([np.clip(plane, 10, 245, out=plane).astype(np.uint8) for plane in planes])
    for _ in range(26):
        _object(img, rng)
    for _ in range(40):
        _small(img, rng)
    fine = rng.normal(0, 1, (big_h // 2, big_w // 2)).astype(np.float32)
    grain = cv2.resize(fine, (big_w, big_h), interpolation=cv2.INTER_LINEAR)
    img = np.clip(img.astype(np.float32) + 4.0 * grain[..., None], 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(img, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _object(img: Picture, rng: np.random.Generator) -> None:
    """A wall of bricks, a fence, a window front or a box: something with structure, anywhere."""
    height, width = img.shape[:2]
    w, h = int(rng.integers(60, 320)), int(rng.integers(60, 260))
    x, y = int(rng.integers(-40, width - 40)), int(rng.integers(-40, height - 40))
    fill = tuple(int(v) for v in rng.integers(20, 235, 3))
    ink = tuple(int(v) for v in rng.integers(20, 235, 3))
    cv2.rectangle(img, (x, y), (x + w, y + h), fill, -1)
    style = int(rng.integers(0, 4))
    if style == 0:
        step_x, step_y = int(rng.integers(14, 40)), int(rng.integers(8, 20))
        for row, yy in enumerate(range(y, y + h, step_y)):
            cv2.line(img, (x, yy), (x + w, yy), ink, 1)
            for xx in range(x + (row % 2) * step_x // 2, x + w, step_x):
                cv2.line(img, (xx, yy), (xx, min(yy + step_y, y + h)), ink, 1)
    elif style == 1:
        for xx in range(x, x + w, int(rng.integers(8, 26))):
            cv2.line(img, (xx, y), (xx, y + h), ink, int(rng.integers(1, 4)))
    elif style == 2:
        step = int(rng.integers(24, 60))
        for yy in range(y + 6, y + h - step, step):
            for xx in range(x + 6, x + w - step, step):
                pane = tuple(int(v) for v in rng.integers(20, 235, 3))
                cv2.rectangle(img, (xx, yy), (xx + step - 8, yy + step - 8), pane, -1)
    else:
        for _ in range(60):
            a = (int(rng.integers(x, x + w)), int(rng.integers(y, y + h)))
            leaf = tuple(int(v) for v in rng.integers(20, 235, 3))
            cv2.ellipse(
                img,
                a,
                (int(rng.integers(2, 12)), int(rng.integers(2, 8))),
                float(rng.uniform(0, 180)),
                0,
                360,
                leaf,
                -1,
            )


def _small(img: Picture, rng: np.random.Generator) -> None:
    """A figure or a word."""
    height, width = img.shape[:2]
    x, y = int(rng.integers(0, width)), int(rng.integers(40, height))
    coat = tuple(int(v) for v in rng.integers(0, 255, 3))
    skin = tuple(int(v) for v in rng.integers(80, 230, 3))
    if rng.uniform() < 0.5:
        size = int(rng.integers(8, 22))
        cv2.ellipse(img, (x, y), (size, size * 2), 0, 0, 360, coat, -1)
        cv2.circle(img, (x, y - int(size * 2.6)), int(size * 0.8), skin, -1)
        cv2.circle(img, (x - size // 3, y - int(size * 2.7)), max(size // 8, 1), (20, 20, 20), -1)
        cv2.circle(img, (x + size // 3, y - int(size * 2.7)), max(size // 8, 1), (20, 20, 20), -1)
    else:
        word = "".join(chr(int(c)) for c in rng.integers(65, 91, 6))
        cv2.putText(
            img, word, (x, y), cv2.FONT_HERSHEY_SIMPLEX, float(rng.uniform(0.5, 1.6)), coat, int(rng.integers(1, 4))
        )


def flat_scene(width: int = 640, height: int = 360, level: int = 150) -> Picture:
    """A bare wall: a slow gradient and nothing else."""
    ramp = np.linspace(level - 6, level + 6, width, dtype=np.float32)[None, :, None]
    return np.repeat(np.repeat(ramp, height, 0), 3, 2).astype(np.uint8)


def lit(picture: Picture, light: Light, seed: int) -> Picture:
    """The scene as the sensor sees it: by day, by night (dark, noisy) or under infrared (grey)."""
    return _lit(picture.tobytes(), picture.shape, light, seed).copy()


@lru_cache(KEPT)
def _lit(pixels: bytes, shape: tuple[int, ...], light: Light, seed: int) -> Picture:
    rng = np.random.default_rng(seed + 7)
    x = np.frombuffer(pixels, np.uint8).reshape(shape).astype(np.float32) / 255
    if light == "night":
        x, sigma = np.power(x, 1.6) * 0.45, 6.0
    elif light == "ir":
        grey = cv2.cvtColor(x, cv2.COLOR_BGR2GRAY)
        x, sigma = np.repeat(np.power(grey, 1.2)[..., None] * 0.8, 3, 2), 3.0
    else:
        sigma = 1.5
    noise: Any = rng.normal(0, sigma, shape)
    if light == "ir":
        noise = noise[..., :1]
    return np.clip(x * 255 + noise, 0, 255).astype(np.uint8)


def masked(picture: Picture, box: Box, mask: Mask) -> Picture:
    """Draw the mask; strengths in pixels are for 640 wide and scale with the picture."""
    height, width = picture.shape[:2]
    left, top, right, bottom = box
    w, h = right - left, bottom - top
    left, right = left + mask.shift[0] * w, right + mask.shift[0] * w
    top, bottom = top + mask.shift[1] * h, bottom + mask.shift[1] * h
    if mask.cover < 1:
        if mask.cover_from == "side":
            right = left + w * mask.cover
        elif mask.cover_from == "corner":
            right, bottom = left + w * mask.cover**0.5, top + h * mask.cover**0.5
        else:
            dx, dy = w * (1 - mask.cover**0.5) / 2, h * (1 - mask.cover**0.5) / 2
            left, top, right, bottom = left + dx, top + dy, right - dx, bottom - dy
    x0, x1 = sorted((min(max(round(left * width), 0), width), min(max(round(right * width), 0), width)))
    y0, y1 = sorted((min(max(round(top * height), 0), height), min(max(round(bottom * height), 0), height)))
    out = picture.copy()
    area = out[y0:y1, x0:x1]
    scale = width / 640
    if mask.kind == "solid":
        under = area.astype(np.float32) * (1 - mask.strength)
        out[y0:y1, x0:x1] = np.clip(under + np.array(mask.color, np.float32) * mask.strength, 0, 255).astype(np.uint8)
    elif mask.kind == "mosaic":
        out[y0:y1, x0:x1] = _mosaic(area, mask.strength * scale)
    elif mask.kind == "blur":
        sigma = mask.strength * scale
        reach = int(4 * sigma) + 2  # what lies further away has no share in it
        left_px, top_px = max(x0 - reach, 0), max(y0 - reach, 0)
        blurred = cv2.GaussianBlur(picture[top_px : y1 + reach, left_px : x1 + reach], (0, 0), sigma)
        out[y0:y1, x0:x1] = blurred[y0 - top_px : y1 - top_px, x0 - left_px : x1 - left_px]
    return out


def _mosaic(area: Picture, block: float) -> Picture:
    if not area.size:
        return area.copy()
    height, width = area.shape[:2]
    ys, xs = _starts(height, block), _starts(width, block)
    high, wide = np.diff([*ys, height]), np.diff([*xs, width])
    sums = np.add.reduceat(np.add.reduceat(area.astype(np.int64), ys, axis=0), xs, axis=1)
    means = (sums / (high[:, None] * wide[None, :])[..., None]).astype(np.uint8)
    return np.repeat(np.repeat(means, high, axis=0), wide, axis=1)


def _starts(size: int, block: float) -> list[int]:
    """Where blocks begin along a side, each at the pixel that is nearest."""
    return sorted({at for number in range(int(size / block) + 1) if (at := round(number * block)) < size})


def jpeg(picture: Picture, quality: int = 85) -> bytes:
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return data.tobytes()


def keyframe(picture: Picture, codec: Literal["h264", "h265"] = "h264", crf: int = 25) -> bytes:
    """One keyframe in Annex-B form with its parameter sets, made by ffmpeg."""
    known = _known(picture, codec, crf)
    if known not in _KEYFRAMES:
        encode_at_once([picture], codec, crf)
    return _KEYFRAMES[known]


_KEYFRAMES: dict[tuple[object, ...], bytes] = {}
AT_ONCE = 48


def encode_at_once(wanted: Iterable[Picture], codec: Literal["h264", "h265"] = "h264", crf: int = 25) -> None:
    """Make keyframes in a few runs of ffmpeg, for `keyframe` to return: most of what a run costs is its start."""
    library, form = ("libx264", "h264") if codec == "h264" else ("libx265", "hevc")
    encoder = ["-frames:v", "1", "-pix_fmt", "yuv420p", "-c:v", library, "-preset", "veryfast", "-tune", "zerolatency"]
    encoder += ["-crf", str(crf), "-threads", "1"]
    if codec == "h265":
        encoder += ["-x265-params", "log-level=error:pools=none:frame-threads=1"]
    rows = list({known: one for one in wanted if (known := _known(one, codec, crf)) not in _KEYFRAMES}.items())
    for some in (rows[at : at + AT_ONCE] for at in range(0, len(rows), AT_ONCE)):
        with TemporaryDirectory() as folder:
            sources: list[str] = []
            results: list[str] = []
            for number, (_, picture) in enumerate(some):
                height, width = picture.shape[:2]
                raw, made = Path(folder, f"{number}.raw"), Path(folder, f"{number}.{form}")
                raw.write_bytes(picture.tobytes())
                sources += ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}", "-i", str(raw)]
                results += ["-map", str(number), *encoder, "-f", form, str(made)]
            command = ["ffmpeg", "-v", "error", "-nostdin", *sources, *results]
            subprocess.run(command, capture_output=True, check=True, timeout=60)
            for number, (known, _) in enumerate(some):
                _KEYFRAMES[known] = Path(folder, f"{number}.{form}").read_bytes()


def _known(picture: Picture, codec: str, crf: int) -> tuple[object, ...]:
    return hashlib.sha256(picture.tobytes()).digest(), picture.shape, codec, crf


DESK_AND_DOOR = (
    Zone("desk", polygon(ZONE), "color", "#000000"),
    Zone("door", polygon((0.7, 0.1, 0.95, 0.6)), "any"),
)
"""Two zones of `desk_and_door`: the first is hidden, the second is not."""


@cache
def desk_and_door() -> Picture:
    """A scene in which the desk is masked and the door is bare."""
    return masked(lit(scene(21), "day", 1), ZONE, Mask("solid"))


@cache
def encodings() -> dict[str, bytes]:
    """`desk_and_door` in each kind that a worker takes."""
    picture = desk_and_door()
    return {"jpeg": jpeg(picture), "h264": keyframe(picture, "h264"), "h265": keyframe(picture, "h265")}


def job(data: bytes, kind: str = "jpeg", zones: tuple[Zone, ...] = DESK_AND_DOOR) -> Job:
    """A job for the worker; `kind` may be wrong on purpose."""
    return Job(data, kind, zones)  # type: ignore[arg-type]


def of_camera(camera: str, data: bytes, kind: str = "jpeg") -> Job:
    """A job on a picture of a camera that is a device of its own."""
    return Job(data, kind, DESK_AND_DOOR, device=camera, camera=camera)  # type: ignore[arg-type]


def reason_of(running: Worker, asked: Job) -> str:
    """Why the worker cannot judge this job; an answer is a failure of the test."""
    try:
        judged = running.judge(asked)
    except WorkerError as failure:
        return failure.reason
    raise AssertionError(f"the job was judged: {judged}")

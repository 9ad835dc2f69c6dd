"""What the cameras of a healthy site show, quarter of an hour by quarter of an hour, and what the worker says of it.

Rendered places (`scenes/rendered.py`) under a sky: dawn, clouds, moving shadows, dusk, infrared light at night; indoors
lamps and a round of the guard. Some days are drawn and come round again; cameras of the same place live on different
days of them. The real worker judges each picture. What it answered to the same question before is its answer again, so
that a month costs as much as those days; only the grain of the sensor is drawn anew for each camera and moment.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache

import cv2
import numpy as np
import view_scenes
from quiet_site import BEGINS_AT, PERIOD
from view_scenes import CLOCK, MASK, NAME, Light, Picture

from masking.model import Job, Judged
from masking.view.likeness import GRAIN_BITS
from masking.view.model import DescriptorJob
from masking.worker.study import Study
from scenes import rendered

PLACES = (1002, 1003, 1004, 1005, 1006, 1008, 1009, 1010)
"""Seeds of rendered places on which nothing was learned. 1007 is a bare wall, whose view nobody can approve."""

INDOORS = (1003, 1005, 1009)
SLOTS_A_DAY = timedelta(days=1) // PERIOD
EXCLUDED = (MASK, CLOCK, NAME)

DAWN_H, DUSK_H, TWILIGHT_H = 7.3, 16.9, 0.7
"""Local hours of the sun at the end of November in Datong, and how long it takes to come or go."""

Judge = Callable[[Job], Judged]


@dataclass(frozen=True)
class Sight:
    """What a picture shows: a place, the quarter of an hour, and which of several taken in it."""

    place: int
    slot: int
    take: int = 0

    @staticmethod
    def of(camera_id: str, at: datetime, days: int) -> Sight:
        """Return what a camera shows at a moment, in a life of so many days that comes round."""
        number = int(camera_id.removeprefix("cam")) - 1
        slot = (at - BEGINS_AT) // PERIOD + number // len(PLACES) * SLOTS_A_DAY
        return Sight(PLACES[number % len(PLACES)], slot % (days * SLOTS_A_DAY))


@lru_cache(maxsize=8192)
def jpeg(sight: Sight) -> bytes:
    """Draw what a camera delivers."""
    rng, weather = (np.random.default_rng([sight.place, sight.slot, one]) for one in (sight.take + 1, 0))
    day, hour = sight.slot // SLOTS_A_DAY, sight.slot % SLOTS_A_DAY / SLOTS_A_DAY * 24
    wide = cv2.resize(rendered.frame(sight.place, 100 * sight.slot + sight.take), (view_scenes.PLACE_WIDTH_PX, 450))
    sway = view_scenes.Move(*(rng.normal(0, 0.0004, 2) if sight.place not in INDOORS else (0.0, 0.0)))
    view = view_scenes.shot(np.asarray(wide, np.uint8), sway)
    shown = _indoors(view, hour, weather) if sight.place in INDOORS else _outdoors(view, day, hour, weather)
    dark = light_at(sight.place, hour) == "infrared" and not is_guard_there(sight.place, hour)
    seen = view_scenes.lit(shown, "infrared" if dark else "day", rng)
    drawn = view_scenes.drawn(seen, sight.slot)
    return cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def light_at(place: int, hour: float) -> Light:
    """In which light a camera of a place sees at a local hour."""
    if place in INDOORS:
        return "day" if 6.5 <= hour < 21.5 else "infrared"
    return "infrared" if _daylight(hour) < 0.3 else "day"


def _daylight(hour: float) -> float:
    """Return how much of the daylight there is, 0..1."""
    up = 1 / (1 + math.exp(-(hour - DAWN_H) * 4 / TWILIGHT_H))
    down = 1 / (1 + math.exp((hour - DUSK_H) * 4 / TWILIGHT_H))
    return up * down


def is_guard_there(place: int, hour: float) -> bool:
    """Whether the guard on his round has switched the lamps on indoors."""
    return place in INDOORS and 2.25 <= hour < 2.5


def _outdoors(view: Picture, day: int, hour: float, weather: np.random.Generator) -> Picture:
    """What the sun makes of a view: clouds and exposure, a warm morning and evening, and a shadow that walks across."""
    if light_at(PLACES[0], hour) == "infrared":
        return view
    sunny = day % 3 != 1
    level = (0.55 + 0.45 * _daylight(hour)) * float(weather.uniform(0.88, 1.12)) * (1.05 if sunny else 0.9)
    x = np.power(view.astype(np.float32) / 255, weather.uniform(0.9, 1.12)) * level
    if sunny:
        passed = min(max((hour - DAWN_H) / (DUSK_H - DAWN_H), 0.0), 1.0)
        columns = np.arange(view.shape[1])[None, :] + np.linspace(-80, 80, view.shape[0])[:, None]
        shade = 1 - 0.3 / (1 + np.exp((columns - view.shape[1] * passed) / 6))
        warm = 0.06 * (1 - math.sin(math.pi * passed))
        x = x * shade[..., None] * np.array([1 - warm, 1.0, 1 + warm])
    return np.clip(255 * x, 0, 255).astype(np.uint8)


def _indoors(view: Picture, hour: float, weather: np.random.Generator) -> Picture:
    """What lamps and a window make of a view."""
    level = (0.9 + 0.1 * _daylight(hour)) * float(weather.uniform(0.97, 1.03))
    return np.clip(view.astype(np.float32) * level, 0, 255).astype(np.uint8)


@dataclass
class Remembering:
    """The worker, and what it has answered. `days`: after so many the pictures come round."""

    worker: Judge
    days: int
    answers: dict[bytes, Judged] = field(default_factory=dict)
    asked: int = 0

    def judge(self, job: Job) -> Judged:
        """Judge the picture that the bytes of a job stand for."""
        camera_id, at = job.data.decode().split(" ")
        sight = Sight.of(camera_id, datetime.fromisoformat(at), self.days)
        key = hashlib.sha256(repr((sight, job.zones, job.positions)).encode() + _study_key(job.study)).digest()
        self.asked += 1
        if key not in self.answers:
            self.answers[key] = self.worker(replace(job, data=jpeg(sight)))
        return _with_own_noise(self.answers[key], job.data)


def _with_own_noise(judged: Judged, taken: bytes) -> Judged:
    """Return an answer with the grain of one sensor at one moment: several cameras live in a place's pictures."""
    layout, length = judged.imprint[: -GRAIN_BITS // 8], GRAIN_BITS // 8
    return replace(judged, imprint=layout + hashlib.shake_256(taken).digest(length)) if judged.imprint else judged


def _study_key(study: Study | None) -> bytes:
    """Return what tells one study from another; encoded pictures do not stand in a repr."""
    if study is None:
        return b"-"
    parts = [repr(study).encode()]
    if study.view is not None:
        parts += [*study.view.references, *study.view.derived]
    if study.quality is not None:
        parts += [study.quality.previous, *study.quality.references]
    if study.descriptor is not None:
        parts += study.descriptor.merge
    return b"|".join(hashlib.sha256(part).digest() for part in parts)


def reference(worker: Judge, place: int, light: Light) -> bytes:
    """Return the approved view of a place in a light, as `masks baseline` makes it of five pictures in a row."""
    slot = round((11.0 if light == "day" else 0.5) / 24 * SLOTS_A_DAY)
    ones = []
    for take in range(5):
        picture = jpeg(Sight(place, slot, take))
        judged = worker(Job(picture, "jpeg", study=Study(None, None, DescriptorJob((), EXCLUDED))))
        ones.append(judged.studied.descriptor if judged.studied else b"")
    merged = worker(Job(picture, "jpeg", study=Study(None, None, DescriptorJob(tuple(ones), EXCLUDED))))
    if merged.studied is None or not merged.studied.descriptor:
        raise SystemExit(f"place {place} has no view in the light {light}")
    return merged.studied.descriptor

"""Bench `clock`: are the digits of a burnt-in clock learned from looks, and is it then read, never wrongly?

Run: python tests/bench/clock.py [--quick] [--json]. What is drawn stands in `clock_drawing.py` and `clock_cameras.py`.
Needs ffmpeg. Footage is used where it is there: opencv-doc, and the folder that CAMWARDEN_FOOTAGE names.

A camera counts where 90 of 100 of its pictures show its text with the least contrast or more, in the weakest stretch
of a digit's width. Looks are steered as the agent steers its own. A reading is wrong strictly: any wrong digit of time
or date, or a half of the day that was told and is wrong.
"""

from __future__ import annotations

import os
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import clock_cameras as cameras
import cv2
import numpy as np
from clock_cameras import LEAST_CONTRAST, Camera, Shot
from clock_drawing import draws_alike, fonts, has_chinese, has_letters

from masking.clock import kept, learn, read, steer, strip
from masking.clock.glyphs import Glyphs
from measure.figures import Figure, flags, say, show
from measure.shares import share

LEARNED_60 = Figure("clock_learned_60_ratio", "", 0.95, "higher")
LEARNED_40 = Figure("clock_learned_40_ratio", "", 0.9, "higher")
READ = Figure("clock_read_ratio", "", 0.95, "higher")
WRONG = Figure("clock_wrong_ratio", "", 0.0005, "lower")
UNKNOWN = Figure("clock_unknown_drawing_told", "", 0, "lower")
LEARN_MS = Figure("clock_learn_60_ms", "ms", 2000, "lower")
READ_MS = Figure("clock_read_ms", "ms", 20, "lower")

WANTED = 125
LOOKS = 60
PERIOD_S = 900
READINGS = 54
AT_ONCE = 8
STRANGE = 8
"""So many pictures of each learned camera are drawn in another way: another font or size, or no clock at all."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Wall clocks of cameras are told as if they were of UTC."""


@dataclass
class Result:
    """What came of one camera; `reads` are those of its pictures with enough contrast."""

    camera: Camera
    counts: bool
    refused: str = ""
    learned_40: bool = False
    hours: str = ""
    pictures: int = 0
    pale: int = 0
    read: int = 0
    wrong: list[str] = field(default_factory=list)
    dated: int = 0
    half_told: int = 0
    strange: int = 0
    strange_told: list[str] = field(default_factory=list)
    learn_ms: float = 0.0
    read_ms: list[float] = field(default_factory=list)


def looks_at(start: datetime, count: int) -> list[datetime]:
    """When the agent would look: once in each period, at the moment that teaches most."""
    begin = int((start - EPOCH).total_seconds())
    chosen: list[int] = []
    for number in range(count):
        chosen.append(steer.best_moment(chosen, begin + number * PERIOD_S, PERIOD_S))
    return [EPOCH + timedelta(seconds=at) for at in chosen]


def measured(number: int) -> Result:
    """Teach one camera with 60 and with 40 looks, and read its pictures of the month before."""
    cv2.setNumThreads(1)
    one = cameras.camera(number, tune=False)
    rng = np.random.default_rng([number, 3])
    start = datetime(2026, 11, 3, tzinfo=UTC) + timedelta(minutes=int(rng.integers(0, 24 * 60 * 9)))
    jitter = [timedelta(seconds=float(rng.uniform(-20, 20))) for _ in range(LOOKS)]
    known = [at + late for at, late in zip(looks_at(start, LOOKS), jitter, strict=True)]
    past = [start - timedelta(seconds=float(rng.uniform(0, 30 * 86_400))) for _ in range(READINGS)]
    shots = cameras.shots(one, [*known, *past], 1)
    taught, asked = shots[:LOOKS], shots[LOOKS:]
    weak = float(np.percentile([shot.contrast for shot in shots], 10))
    result = Result(one, weak >= LEAST_CONTRAST)
    if not result.counts:
        return result
    looks = [learn.Look((shot.known - EPOCH).total_seconds(), _kept_strip(shot)) for shot in taught]
    begun = time.thread_time()
    learned = learn.learn(looks)
    result.learn_ms = 1000 * (time.thread_time() - begun)
    result.learned_40 = learn.learn(looks[:40]).glyphs is not None
    if learned.glyphs is None:
        result.refused = str(learned.refusal)
        return result
    glyphs = kept.decode(kept.encode(learned.glyphs))
    result.hours = glyphs.hours
    _read(result, glyphs, asked)
    _strange(result, glyphs, past, rng)
    return result


def _kept_strip(shot: Shot) -> strip.Strip:
    return strip.decode(strip.encode(strip.strip_of(shot.luma)))


def _read(result: Result, glyphs: Glyphs, asked: Sequence[Shot]) -> None:
    for shot in asked:
        if shot.contrast < LEAST_CONTRAST:
            result.pale += 1
            continue
        begun = time.thread_time()
        said = read.read_clock(strip.strip_of(shot.luma), glyphs)
        result.read_ms.append(1000 * (time.thread_time() - begun))
        result.pictures += 1
        if said is None:
            continue
        result.read += 1
        result.dated += said.day is not None
        result.half_told += said.whole_day
        if told := wrong(said, shot.shown):
            result.wrong.append(told)


def wrong(said: read.ClockTime, shown: datetime) -> str:
    """Return what is wrong with a reading, empty where nothing is."""
    second = shown.hour * 3600 + shown.minute * 60 + shown.second
    off = (said.second - second) % (86_400 if said.whole_day else 43_200)
    if off or (said.day is not None and said.day != shown.date()):
        return f"{shown} read as {timedelta(seconds=said.second)} of {said.day}"
    return ""


def _strange(result: Result, glyphs: Glyphs, past: Sequence[datetime], rng: np.random.Generator) -> None:
    """Show it drawings that it has not learned: other fonts, other sizes, and a picture without a clock."""
    one, own = result.camera, result.camera.drawing
    usable = [name for name in fonts() if name != own.font and _can_write(one, name)]
    chosen = [str(rng.choice(usable)) for _ in range(STRANGE // 2 + 1) if usable]  # one font alone may write Chinese
    tried = [replace(own, font=name) for name in chosen[1:]]
    tried += [replace(own, digit_px=own.digit_px * factor) for factor in (1.5, 0.75)]
    tried += [replace(own, font=name, digit_px=own.digit_px + 2) for name in chosen[:1]]
    tried = [how for how in tried if not draws_alike(how, own)] + [replace(own, style="blank")]
    both = [how for how in tried for _ in range(2)]
    for shot, how in zip(cameras.shots(one, past[: len(both)], 2, both), both, strict=True):
        result.strange += 1
        said = read.read_clock(strip.strip_of(shot.luma), glyphs)
        if said is not None:
            result.strange_told.append(f"{how.font} {how.digit_px}: {wrong(said, shot.shown) or 'rightly'}")


def _can_write(one: Camera, name: str) -> bool:
    return (one.form != "chinese" or has_chinese(name)) and (one.form != "weekday" or has_letters(name))


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    wanted = 4 if asked.quick else WANTED
    counted: list[Result] = []
    left_out = 0
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for first in range(0, 4 * wanted, AT_ONCE):
            for one in pool.map(measured, range(first, first + AT_ONCE)):
                left_out += not one.counts
                if one.counts and len(counted) < wanted:
                    counted.append(one)
                    say(
                        f"{len(counted)} {one.camera.drawing.font} {one.refused or one.read}/{one.pictures} {one.wrong}"
                    )
            if len(counted) >= wanted:
                break
    show("clock", asked, *figures_of(counted, left_out))


def figures_of(counted: Sequence[Result], left_out: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return figures and conditions of these cameras."""
    learned = [one for one in counted if not one.refused]
    pictures, readings = sum(one.pictures for one in learned), sum(one.read for one in learned)
    mistakes = [line for one in learned for line in one.wrong]
    strange_told = [line for one in learned for line in one.strange_told]
    figures = {
        LEARNED_60.name: share(LEARNED_60, len(learned), len(counted)),
        LEARNED_40.name: share(LEARNED_40, sum(one.learned_40 for one in counted), len(counted)),
        READ.name: share(READ, readings, pictures),
        WRONG.name: share(WRONG, len(mistakes), readings),
        UNKNOWN.name: share(UNKNOWN, len(strange_told), sum(one.strange for one in learned)),
        LEARN_MS.name: LEARN_MS.of([one.learn_ms for one in counted]),
        READ_MS.name: READ_MS.of([statistics.median(one.read_ms) for one in learned if one.read_ms]),
    }
    return figures, _conditions(counted, left_out, mistakes, strange_told)


def _conditions(
    counted: Sequence[Result], left_out: int, mistakes: Sequence[str], strange_told: Sequence[str]
) -> dict[str, Any]:
    return {
        "fonts": list(fonts()),
        "cameras_left_out_for_their_contrast": left_out,
        "pictures_left_out_for_their_contrast": sum(one.pale for one in counted),
        "dates_read": sum(one.dated for one in counted),
        "halves_of_the_day_told": sum(one.half_told for one in counted),
        "hours": dict(Counter(one.hours for one in counted)),
        "refused": dict(Counter(one.refused for one in counted if one.refused)),
        "wrong": list(mistakes),
        "unknown_drawings_told": list(strange_told),
        "read_by_style": _by(counted, lambda one: one.camera.drawing.style),
        "read_by_codec": _by(counted, lambda one: one.camera.codec),
        "read_by_font": _by(counted, lambda one: one.camera.drawing.font),
        "read_by_format": _by(counted, lambda one: one.camera.form),
        "looks": "one in 15 min, steered; clock within 1.5 s of true time; every picture a key picture or a JPEG",
    }


def _by(counted: Sequence[Result], key: Any) -> dict[str, str]:
    """Cameras learned of cameras, and pictures read of pictures, by a property."""
    rows: dict[str, str] = {}
    for name in sorted({key(one) for one in counted}):
        group = [one for one in counted if key(one) == name]
        learned = sum(not one.refused for one in group)
        rows[name] = f"{learned}/{len(group)}, {sum(o.read for o in group)}/{sum(o.pictures for o in group)}"
    return rows


if __name__ == "__main__":
    main()

"""Bench `quality`: which faults of a picture are found, how often a good picture is called bad, and what it costs.

Run: python tests/bench/quality.py [--quick] [--json]. What is measured, and on which places, stands in
masking/README.md. Needs ffmpeg. Footage is used where it is there, as in `view.py`.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import view_scenes as scenes
from quality_faults import FAULTS, spoilt

from masking.quality import approved as approved_view
from masking.quality import cells, indicators, learning, measure
from masking.quality.learning import QualityMemory
from masking.view import baseline
from masking.view import picture as view_picture
from masking.view.model import QualityJob, QualitySeen

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from cards_drawn import cards

from measure.figures import Figure, flags, say, show
from measure.shares import share

TIME = Figure("quality_360p_ms", "ms", 3, "lower")
FALSE = Figure("quality_false_per_1000", "", 5, "lower")
KINDS = ("signal-lost", "frozen", *FAULTS, "shaking", "overlay-missing")
FOUND = {kind: Figure(f"quality_found_ratio_{kind.replace('-', '_')}", "", 0.9, "higher") for kind in KINDS}

LIGHTS: tuple[scenes.Light, ...] = ("day", "night", "infrared")
BEGUN_AT = datetime(2026, 11, 1, tzinfo=UTC)
LATER_AT = datetime(2026, 12, 1, tzinfo=UTC)


COLD_EACH = 20
"""Each so manyth picture is measured a second time, as the first one of a camera."""

KEPT = (
    approved_view.reference_of,
    approved_view._sharp,
    approved_view._before,
    approved_view._own,
    cells.undrawn_of,
    view_picture._area,
)


def forget() -> None:
    """Throw away all that is kept of a camera's masks and references from picture to picture."""
    for one in KEPT:
        one.cache_clear()


@dataclass
class Tally:
    """What came out. `good`: pictures without a fault; `wrong`: what indicators said of them."""

    ms: list[float] = field(default_factory=list)
    cold_ms: list[float] = field(default_factory=list)
    good: int = 0
    good_called_bad: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    named_otherwise: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    wrong_where: Counter[str] = field(default_factory=Counter)


class Camera:
    """One camera: what it has learned, its approved backgrounds, and its picture before."""

    def __init__(self, place: str, references: Sequence[bytes], tally: Tally) -> None:
        self.place = place
        self.memory = QualityMemory()
        self.references = tuple(references)
        self.previous = b""
        self.tally = tally

    def seen(self, picture: scenes.Picture, at: datetime) -> tuple[QualitySeen, QualityMemory]:
        """Measure a picture, learn from it, and keep it as the one before; with what was known before it."""
        job = QualityJob(self.previous, self.references, (scenes.MASK,), (scenes.CLOCK, scenes.NAME))
        begun = time.thread_time()
        seen = measure.measure(picture, job)
        following = measure.describe_for_next(picture, seen.light)
        self.tally.ms.append(1000 * (time.thread_time() - begun))
        if len(self.tally.ms) % COLD_EACH == 0:
            forget()
            begun = time.thread_time()
            measure.describe_for_next(picture, measure.measure(picture, job).light)
            self.tally.cold_ms.append(1000 * (time.thread_time() - begun))
        self.previous = baseline.encode(following)
        before, self.memory = self.memory, learning.learn(self.memory, seen, at)
        return seen, before


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    cv2.setNumThreads(1)
    places = scenes.places(tune=False)[: 1 if asked.quick else None]
    tally = Tally()
    for place in places:
        say(place.name)
        watched(place, LIGHTS[:1] if asked.quick else LIGHTS, tally, 12 if asked.quick else 45, 2 if asked.quick else 5)
    figures = {TIME.name: TIME.of(tally.ms), FALSE.name: share(FALSE, tally.good_called_bad, tally.good, 1000)}
    for kind, figure in FOUND.items():
        figures[figure.name] = share(figure, tally.found[kind], tally.asked[kind])
    conditions: dict[str, Any] = {
        "places": [place.name for place in places],
        "places_thresholds_were_chosen_on": [place.name for place in scenes.places(tune=True)],
        "lights": list(LIGHTS),
        "learned_from_pictures": "30 in each light, spread over 8 days",
        "good_pictures_called": dict(tally.wrong),
        "good_pictures_called_where": dict(tally.wrong_where),
        "faults_missed_where": dict(tally.missed),
        "faults_unknown": dict(tally.unknown),
        "faults_called_otherwise": dict(tally.named_otherwise),
        "times_are": "warm: the camera's masks and references were seen before",
        "cold_ms": statistics.median(tally.cold_ms) if tally.cold_ms else None,
        "picture": f"{scenes.WIDTH_PX}x{scenes.HEIGHT_PX}, H.264 keyframes, CRF 28; one picture per check",
    }
    show("quality", asked, figures, conditions)


def watched(place: scenes.Place, lights: Sequence[scenes.Light], tally: Tally, good: int, faults: int) -> None:
    """One camera: a week of learning in each light, good pictures, then every fault so many times."""
    camera = Camera(place.name, (), tally)
    rng = np.random.default_rng([int.from_bytes(place.name.encode()[:6], "big"), 7])
    frames = scenes.moments(place, 35 + good)
    checked = {}
    for light in lights:
        views = [sensor(frame, light, rng) for frame in frames]
        # Of every third moment a week is learned; the others are checked.
        learned, checked[light] = [*views[::3], *views[1::3]][:35], [*views[2::3], *views[1::3]][-good:]
        decoded = list(scenes.encoded([scenes.drawn(one, index) for index, one in enumerate(learned)]))
        camera.references = (*camera.references, *approved(decoded[:5]))
        for index, picture in enumerate(decoded[5:]):
            camera.seen(picture, BEGUN_AT + timedelta(days=8) * index / 24)
    for light, views in checked.items():
        good_pictures(camera, light, views)
        for kind in KINDS:
            if (kind, light) != ("colour-cast", "infrared"):
                broken(camera, kind, views, frames, light, rng, faults)


def good_pictures(camera: Camera, light: scenes.Light, views: Sequence[scenes.Picture]) -> None:
    """Pictures without a fault, from the switch into this light on."""
    tally, shifts = camera.tally, list[float]()
    for picture in scenes.encoded([scenes.drawn(one, 100 + index) for index, one in enumerate(views)]):
        seen, before = camera.seen(picture, LATER_AT)
        shifts.append(seen.shift_percent or 0.0)
        said = [name for name, state in states(seen, before, shifts).items() if state == "bad"]
        tally.good += 1
        tally.good_called_bad += bool(said)
        tally.wrong.update(said)
        tally.wrong_where.update(f"{name}: {camera.place} {light}" for name in said)


def states(seen: QualitySeen, memory: QualityMemory, shifts: Sequence[float]) -> dict[str, str]:
    """State of every indicator, by name."""
    return {one.indicator: one.state for one in indicators.judge(seen, memory, None, shifts)}


def sensor(frame: scenes.Picture, light: scenes.Light, rng: np.random.Generator) -> scenes.Picture:
    """What the sensor delivers; by day the exposure differs from picture to picture, as clouds make it."""
    view = scenes.shot(frame)
    if light == "day":
        x = np.power(view.astype(np.float32) / 255, rng.uniform(0.85, 1.2)) * rng.uniform(0.8, 1.2)
        view = np.clip(255 * x, 0, 255).astype(np.uint8)
    return scenes.lit(view, light, rng)


def approved(decoded: Sequence[scenes.Picture]) -> list[bytes]:
    """The approved background, or none where the pictures are not of one light mode."""
    seen = [view_picture.describe(one, (scenes.MASK, scenes.CLOCK, scenes.NAME)) for one in decoded]
    return [baseline.encode(view_picture.median(seen))] if len({one.light for one in seen}) == 1 else []


def broken(
    camera: Camera,
    kind: str,
    views: Sequence[scenes.Picture],
    frames: Sequence[scenes.Picture],
    light: scenes.Light,
    rng: np.random.Generator,
    times: int,
) -> None:
    """A fault, so many times, each in another picture and of another strength."""
    for number in range(times):
        strength = number / max(times - 1, 1)
        before, view = views[number % len(views)], views[(number * 7 + 1) % len(views)]
        before = scenes.drawn(before, number)
        if kind == "frozen":
            series = [before, scenes.drawn(views[number % len(views)], number + 5)]
        elif kind == "signal-lost":
            series = [before, *lost(before, strength, rng)]
        elif kind == "overlay-missing":
            series = [before, scenes.drawn(view, number, overlays=False)]
        elif kind == "shaking":
            moves = [scenes.Move(*rng.uniform(-0.02, 0.02, 2).tolist()) for _ in range(5)]
            series = [
                scenes.drawn(scenes.lit(scenes.shot(frames[number + at], move), light, rng), number + at)
                for at, move in enumerate(moves)
            ]
        else:
            # The fault is there for two checks: the first may look like a switch to other light.
            worse = [spoilt(one, kind, light, rng, strength) for one in (view, views[number % len(views)])]
            series = [before, *(scenes.drawn(one, number + 5 + at) for at, one in enumerate(worse))]
        seen = [camera.seen(picture, LATER_AT) for picture in scenes.encoded(series)]
        shifts = [one.shift_percent for one, _ in seen[1:] if one.shift_percent is not None]
        said = states(*seen[-1], shifts)
        camera.tally.asked[kind] += 1
        camera.tally.found[kind] += said[kind] == "bad"
        camera.tally.unknown[kind] += said[kind] == "unknown"
        if said[kind] != "bad":
            camera.tally.missed[f"{kind}: {camera.place} {light}"] += 1
        others = [name for name, state in said.items() if state == "bad" and name != kind]
        camera.tally.named_otherwise.update(f"{kind}: {name}" for name in others)


def lost(last: scenes.Picture, strength: float, rng: np.random.Generator) -> list[scenes.Picture]:
    """Two pictures of a recorder whose camera is gone: its last frame with a clock that stands, or one of its cards.

    A card covers all that the camera drew, its clock as well: bars, words on a colour, one colour, a logo.
    """
    if strength == 1:
        return [last, last]
    drawn = list(cards(int(rng.integers(1 << 31))).values())
    return [drawn[int(rng.integers(len(drawn)))]] * 2


if __name__ == "__main__":
    main()

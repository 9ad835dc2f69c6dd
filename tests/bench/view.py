"""Bench `view`: is a moved camera found, and is one that stands still left alone?

Run: python tests/bench/view.py [--quick] [--json]. What is measured, and on which places, stands in masking/README.md.
Needs ffmpeg. Footage is used where it is there: opencv-doc, and the folder that CAMWARDEN_FOOTAGE names.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import view_scenes as scenes

from masking.view import baseline, compare, persistence
from masking.view import picture as view_picture
from masking.view.model import ViewSeen
from measure.figures import Figure, flags, say, show
from measure.shares import share

RECALL = Figure("moved_recall_ratio", "", 0.99, "higher")
FALSE = Figure("moved_false_per_1000", "", 1, "lower")
TIME = Figure("view_ms", "ms", 13, "lower")

EXCLUDED = (scenes.MASK, scenes.CLOCK, scenes.NAME)
CANDIDATES = 9
"""So many moments, spread over the whole of a place's time, are for the reference; checks look at the others."""


@dataclass
class Tally:
    """What came out for one place in one light."""

    found: int = 0
    moved: int = 0
    called_still: int = 0
    false: int = 0
    still: int = 0
    still_unknown: int = 0
    settled_false: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    off_px: list[float] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take another tally in."""
        for name in ("found", "moved", "called_still", "false", "still", "still_unknown", "settled_false"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.reasons += other.reasons
        self.missed += other.missed
        self.off_px += other.off_px
        self.ms += other.ms

    def row(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "moved": self.moved,
            "found": self.found,
            "called_still": self.called_still,
            "still": self.still,
            "false": self.false,
            "still_unknown": self.still_unknown,
            "settled_false": self.settled_false,
            "unknown_reasons": dict(self.reasons),
            "missed_moves": dict(Counter(self.missed)),
            "off_px_median": round(statistics.median(self.off_px), 3) if self.off_px else None,
        }


def moves(rng: np.random.Generator, count: int) -> list[tuple[str, scenes.Move]]:
    """Moves from the least that must be found upwards: 0.5 per cent of the width, 0.5 degrees, 1 per cent of zoom."""
    made = []
    for number in range(count):
        kind = ("pan-small", "pan", "turn", "zoom", "mixed", "pan-far")[number % 6]
        way, sign = rng.uniform(0, 2 * np.pi), rng.choice((-1, 1))
        along = {
            "pan-small": 0.005 * 2 ** rng.uniform(0, 1),
            "pan": 0.01 * 9 ** rng.uniform(0, 1),
            "mixed": 0.005 * 8 ** rng.uniform(0, 1),
            "pan-far": rng.uniform(0.09, 0.2),
        }.get(kind, 0.0)
        turn = sign * 0.5 * 8 ** rng.uniform(0, 1) if kind == "turn" else rng.uniform(-2, 2) * (kind == "mixed")
        zoom = (1 + 0.01 * 8 ** rng.uniform(0, 1)) ** sign if kind == "zoom" else 1.0
        zoom = 1 + rng.uniform(-0.03, 0.03) if kind == "mixed" else zoom
        move = scenes.Move(float(along * np.cos(way)), float(along * np.sin(way)), float(turn), float(zoom))
        made.append((kind, move))
    return made


def split(place: scenes.Place, checks: int) -> tuple[list[scenes.Picture], list[scenes.Picture]]:
    """A place's moments: CANDIDATES for the reference, and so many for checks."""
    frames = scenes.moments(place, CANDIDATES + checks)
    chosen = {round(index * (len(frames) - 1) / (CANDIDATES - 1)) for index in range(CANDIDATES)}
    rest = [frame for index, frame in enumerate(frames) if index not in chosen]
    return [frames[index] for index in sorted(chosen)], rest


def reference(taken: Sequence[scenes.Picture], light: scenes.Light, rng: np.random.Generator) -> tuple[bytes, bool]:
    """The approved background, and whether it is steady: the median of five pictures in one light mode, out of nine."""
    shots = [scenes.drawn(scenes.lit(scenes.shot(one), light, rng), index) for index, one in enumerate(taken)]
    seen = [view_picture.describe(one, EXCLUDED) for one in scenes.encoded(shots)]
    (mode, _), *_ = Counter(one.light for one in seen).most_common(1)
    chosen = [one for one in seen if one.light == mode][:5]
    background = view_picture.median(chosen)
    return baseline.encode(background), compare.steady(background, chosen, EXCLUDED)


def measured(place: scenes.Place, light: scenes.Light, moved: int, still: int) -> tuple[Tally, bool]:
    """Check one camera so many times, moved and not; and whether its background is steady, so that it may be used."""
    taken, later = split(place, still)
    seed = int.from_bytes(place.name.encode()[:6], "big")
    rng = np.random.default_rng([seed, scenes.LIGHTS.index(light)])
    approved, steady = reference(taken, "day" if light == "exposure" else light, rng)
    tally, memory = Tally(), persistence.ViewMemory()
    wanted = [(kind, move, later[index * still // moved]) for index, (kind, move) in enumerate(moves(rng, moved))]
    wanted += [("still", scenes.STILL, frame) for frame in later]
    shots = [
        scenes.drawn(scenes.lit(scenes.shot(frame, move), light, rng), number)
        for number, (_, move, frame) in enumerate(wanted)
    ]
    decoded = [*scenes.encoded(shots[::2], 28), *scenes.encoded(shots[1::2], 35)]
    for (kind, move, _), picture in zip([*wanted[::2], *wanted[1::2]], decoded, strict=True):
        begun = time.thread_time()
        seen = compare.compare(picture, (approved,), EXCLUDED)
        tally.ms.append(1000 * (time.thread_time() - begun))
        if seen.state == "unknown":
            tally.reasons[f"{'still' if kind == 'still' else 'moved'}: {seen.reason}"] += 1
        if kind == "still":
            tally.still += 1
            tally.false += seen.state == "moved"
            tally.still_unknown += seen.state == "unknown"
            before, memory = memory.settled, persistence.remember(memory, seen)
            newly = memory.settled is not before and memory.settled is not None
            tally.settled_false += newly and memory.settled is not None and memory.settled.state == "moved"
        else:
            _count_move(tally, kind, move, seen)
    return tally, steady


def _count_move(tally: Tally, kind: str, move: scenes.Move, seen: ViewSeen) -> None:
    tally.moved += 1
    tally.found += seen.state == "moved"
    tally.called_still += seen.state == "still"
    if seen.state != "moved":
        tally.missed.append(kind)
    elif seen.movement is not None:
        off = (seen.movement.right_percent - 100 * move.right, seen.movement.down_percent - 100 * move.down)
        tally.off_px.append(float(np.hypot(*off)) * scenes.WIDTH_PX / 100)


def other_light(place: scenes.Place, count: int) -> dict[str, int]:
    """Infrared pictures against a reference by day: standing still may be shown, a move must not be claimed."""
    taken, later = split(place, count)
    rng = np.random.default_rng(int.from_bytes(place.name.encode()[:6], "big") + 1)
    approved, _ = reference(taken, "day", rng)
    wanted = [scenes.STILL] * count + [move for _, move in moves(rng, count)]
    shots = [scenes.lit(scenes.shot(later[index % count], move), "infrared", rng) for index, move in enumerate(wanted)]
    seen = [
        compare.compare(one, (approved,), EXCLUDED).state
        for one in scenes.encoded([scenes.drawn(shot, number) for number, shot in enumerate(shots)])
    ]
    counts = Counter(f"still: {state}" for state in seen[:count]) + Counter(f"moved: {state}" for state in seen[count:])
    return dict(counts)


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    cv2.setNumThreads(1)
    moved, still = (6, 8) if asked.quick else (42, 90)
    lights = scenes.LIGHTS[::3] if asked.quick else scenes.LIGHTS
    places = scenes.places(tune=False)[: 1 if asked.quick else None]
    whole, rows, refused, crossed = Tally(), {}, [], Counter[str]()
    for place in places:
        say(place.name)
        for light in lights:
            tally, steady = measured(place, light, moved, still)
            rows[f"{place.name}, {light}"] = tally.row()
            if steady:
                whole.add(tally)
            else:
                refused.append(f"{place.name}, {light}")
        if not asked.quick:
            crossed.update(other_light(place, 10))
    figures = {
        RECALL.name: share(RECALL, whole.found, whole.moved),
        FALSE.name: share(FALSE, whole.false, whole.still, 1000),
        TIME.name: TIME.of(whole.ms),
    }
    conditions = {
        "places": [place.name for place in places],
        "places_thresholds_were_chosen_on": [place.name for place in scenes.places(tune=True)],
        "refused_as_unsteady_and_left_out": refused,
        "whole": whole.row(),
        "infrared_against_day": dict(crossed),
        "by_place_and_light": rows,
        "picture": f"{scenes.WIDTH_PX}x{scenes.HEIGHT_PX}, H.264 keyframes, CRF 28 and 35; one picture per check",
    }
    show("view", asked, figures, conditions)


if __name__ == "__main__":
    main()

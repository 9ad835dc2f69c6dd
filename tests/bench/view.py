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

RECALL = Figure("moved_recall_ratio", "", 0.97, "higher")
FALSE = Figure("moved_false_per_1000", "", 1, "lower")
AWAY = Figure("turned_away_named_ratio", "", 0.98, "higher")
COVERED = Figure("covered_called_moved_ratio", "", 0.02, "lower")
TIME = Figure("view_ms", "ms", 13, "lower")

EXCLUDED = (scenes.MASK, scenes.CLOCK, scenes.NAME)
CANDIDATES = 9
"""So many moments, spread over the whole of a place's time, are for the reference; checks look at the others."""


COUNTS = (
    "found", "found_at_once", "moved", "called_still", "false", "still", "still_unknown", "settled_false",
    "away", "away_named", "away_other_light", "covered", "covered_moved",
)  # fmt: skip


@dataclass
class Tally:
    """What came out for one place in one light."""

    found: int = 0
    found_at_once: int = 0
    moved: int = 0
    away_named: int = 0
    away: int = 0
    away_other_light: int = 0
    covered_moved: int = 0
    covered: int = 0
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
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.reasons += other.reasons
        self.missed += other.missed
        self.off_px += other.off_px
        self.ms += other.ms

    def row(self) -> dict[str, Any]:
        """As JSON."""
        return {
            **{name: getattr(self, name) for name in COUNTS},
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


def seen_at(
    frame: scenes.Picture, move: scenes.Move, light: scenes.Light, rng: np.random.Generator, number: int, seed: int
) -> scenes.Picture:
    """What the camera delivers before its codec: lamps hang in the place, all else of a light is the sensor's."""
    there = scenes.below_lamps(frame, seed) if light == "lamps" else frame
    return scenes.drawn(scenes.lit(scenes.shot(there, move), light, rng), number)


def reference(
    taken: Sequence[scenes.Picture], light: scenes.Light, rng: np.random.Generator, seed: int = 0
) -> tuple[bytes, bool]:
    """The approved background, and whether it is steady: the median of five pictures in one light mode, out of nine."""
    shots = [seen_at(one, scenes.STILL, light, rng, index, seed) for index, one in enumerate(taken)]
    seen = [view_picture.describe(one, EXCLUDED) for one in scenes.encoded(shots)]
    (mode, _), *_ = Counter(one.light for one in seen).most_common(1)
    chosen = [one for one in seen if one.light == mode][:5]
    background = view_picture.median(chosen)
    return baseline.encode(background), compare.steady(background, chosen, EXCLUDED)


def measured(
    place: scenes.Place, light: scenes.Light, moved: int, still: int, others: Sequence[scenes.Place]
) -> tuple[Tally, bool]:
    """Check one camera so many times, moved and not; and whether its background is steady, so that it may be used."""
    taken, later = split(place, still)
    seed = int.from_bytes(place.name.encode()[:6], "big")
    rng = np.random.default_rng([seed, scenes.VIEW_LIGHTS.index(light)])
    own, steady = reference(taken, "day" if light == "exposure" else light, rng, seed)
    # A person approves by day; the night joins it (`agent/observe/pictures/derived_views.py`).
    by_day = (reference(taken, "day", rng, seed)[0],) if light in ("night", "lamps") else ()
    approved = (own, *by_day) if len({baseline.light_of(one) for one in (own, *by_day)}) > len(by_day) else (own,)
    tally, memory = Tally(), persistence.ViewMemory()
    for frame in compared([(one, scenes.STILL) for one in later], light, rng, seed, approved, tally):
        tally.still += 1
        tally.false += frame.state == "moved"
        tally.still_unknown += frame.state == "unknown"
        if frame.state == "unknown":
            tally.reasons[f"still: {frame.reason}"] += 1
        before, memory = memory.settled, persistence.remember(memory, frame)
        newly = memory.settled is not before and memory.settled is not None
        tally.settled_false += newly and memory.settled is not None and memory.settled.state == "moved"
    wanted = moves(rng, moved)
    looks = [
        (later[(index * still // moved + 7 * look) % still], move)
        for index, (_, move) in enumerate(wanted)
        for look in range(persistence.CHECKS)
    ]
    seen = compared(looks, light, rng, seed, approved, tally)
    for index, (kind, move) in enumerate(wanted):
        _count_move(tally, kind, move, seen[index * persistence.CHECKS : (index + 1) * persistence.CHECKS])
    _count_away(tally, others, light, rng, seed, approved)
    _count_covered(tally, later, light, rng, seed, approved)
    return tally, steady


def compared(
    looks: Sequence[tuple[scenes.Picture, scenes.Move]],
    light: scenes.Light,
    rng: np.random.Generator,
    seed: int,
    approved: tuple[bytes, ...],
    tally: Tally,
) -> list[ViewSeen]:
    """Compare what a camera delivers at these moments, in turn through CRF 28 and 35."""
    shots = [seen_at(frame, move, light, rng, number, seed) for number, (frame, move) in enumerate(looks)]
    return _seen(shots, approved, tally)


def _seen(shots: Sequence[scenes.Picture], approved: tuple[bytes, ...], tally: Tally) -> list[ViewSeen]:
    even, odd = list(scenes.encoded(shots[::2], 28)), list(scenes.encoded(shots[1::2], 35)) if len(shots) > 1 else []
    found = []
    for number in range(len(shots)):
        picture = (odd if number % 2 else even)[number // 2]
        begun = time.thread_time()
        found.append(compare.compare(picture, approved, EXCLUDED))
        tally.ms.append(1000 * (time.thread_time() - begun))
    return found


def _settled(looks: Sequence[ViewSeen]) -> ViewSeen | None:
    memory = persistence.ViewMemory()
    for seen in looks:
        memory = persistence.remember(memory, seen)
    return memory.settled


def _count_move(tally: Tally, kind: str, move: scenes.Move, looks: Sequence[ViewSeen]) -> None:
    """Count a camera that was moved, and looked at three times since."""
    tally.moved += 1
    settled = _settled(looks)
    tally.found += settled is not None and settled.state == "moved"
    tally.found_at_once += looks[0].state == "moved"
    tally.called_still += settled is not None and settled.state == "still"
    if settled is None or settled.state != "moved":
        tally.missed.append(kind)
        tally.reasons[f"moved: {looks[-1].reason}"] += 1
    elif settled.movement is not None:
        off = (settled.movement.right_percent - 100 * move.right, settled.movement.down_percent - 100 * move.down)
        tally.off_px.append(float(np.hypot(*off)) * scenes.WIDTH_PX / 100)


def _count_away(
    tally: Tally, others: Sequence[scenes.Place], light: scenes.Light, rng: np.random.Generator, seed: int,
    approved: tuple[bytes, ...],
) -> None:  # fmt: skip
    """Count cameras that were turned away so far that they show another place."""
    looks = [(frame, scenes.STILL) for other in others for frame in scenes.moments(other, persistence.CHECKS)]
    seen = compared(looks, light, rng, seed + 1, approved, tally)
    for index in range(len(others)):
        looks_at = seen[index * persistence.CHECKS : (index + 1) * persistence.CHECKS]
        if any(one.light != one.reference_light for one in looks_at):
            tally.away_other_light += 1  # nobody approved the view in that light: never told, by design
            continue
        settled = _settled(looks_at)
        tally.away += 1
        tally.away_named += settled is not None and settled.state == "moved"
        if settled is None or settled.state != "moved":
            tally.reasons[f"away: {looks_at[0].reason}"] += 1


def _count_covered(
    tally: Tally, later: Sequence[scenes.Picture], light: scenes.Light, rng: np.random.Generator, seed: int,
    approved: tuple[bytes, ...],
) -> None:  # fmt: skip
    """Count cameras that are covered, fogged, or have something sharp before half of them: none of them moved."""
    for kind in ("cloth", "hand", "half", "defocused"):
        shots = []
        for number in range(persistence.CHECKS):
            there = seen_at(later[number], scenes.STILL, light, rng, number, seed)
            shots.append(_covered(there, kind, rng))
        settled = _settled(_seen(shots, approved, tally))
        tally.covered += 1
        tally.covered_moved += settled is not None and settled.state == "moved"
        if settled is not None and settled.state == "moved":
            tally.reasons[f"covered by {kind}: {settled.reason}"] += 1


def _covered(seen: scenes.Picture, kind: str, rng: np.random.Generator) -> scenes.Picture:
    height, width = seen.shape[:2]
    if kind == "defocused":
        return np.asarray(cv2.GaussianBlur(seen, (0, 0), 8), np.uint8)
    weave = rng.normal(90, 40, (height // 8, width // 8, 3)).astype(np.float32)
    cloth = cv2.GaussianBlur(cv2.resize(weave, (width, height), interpolation=cv2.INTER_CUBIC), (0, 0), 6)
    cloth = np.clip(cloth + rng.normal(0, 2, cloth.shape), 0, 255).astype(np.uint8)
    out = seen.copy()
    if kind == "half":
        out[:, width // 2 :] = np.clip(rng.normal(120, 50, (height, width // 2, 3)), 0, 255).astype(np.uint8)
        out[:, width // 2 :] = cv2.GaussianBlur(out[:, width // 2 :], (0, 0), 1.5)
    elif kind == "hand":
        cv2.ellipse(
            out, (width // 2, height // 2), (round(0.45 * width), round(0.5 * height)), 0, 0, 360, (70, 90, 150), -1
        )
        out = np.asarray(cv2.GaussianBlur(out, (0, 0), 9), np.uint8)
    else:
        out = cloth
    return out


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
    moved, still = (6, 12) if asked.quick else (30, 60)
    lights = scenes.VIEW_LIGHTS[::4] if asked.quick else scenes.VIEW_LIGHTS
    others = [*scenes.places(tune=True), *scenes.places(tune=False)]
    places = scenes.places(tune=False)[: 1 if asked.quick else None]
    whole, rows, refused, crossed = Tally(), {}, [], Counter[str]()
    for place in places:
        say(place.name)
        for light in lights:
            elsewhere = [one for one in others if one.name != place.name][: 3 if asked.quick else 10]
            tally, steady = measured(place, light, moved, still, elsewhere)
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
        AWAY.name: share(AWAY, whole.away_named, whole.away),
        COVERED.name: share(COVERED, whole.covered_moved, whole.covered),
        TIME.name: TIME.of(whole.ms),
    }
    conditions = {
        "places": [place.name for place in places],
        "places_thresholds_were_chosen_on": [place.name for place in scenes.places(tune=True)],
        "refused_as_unsteady_and_left_out": refused,
        "whole": whole.row(),
        "infrared_against_day": dict(crossed),
        "by_place_and_light": rows,
        "picture": f"{scenes.WIDTH_PX}x{scenes.HEIGHT_PX}, H.264 keyframes, CRF 28 and 35",
        "looks": "false moves by one picture each, all else by three",
    }
    show("view", asked, figures, conditions)


if __name__ == "__main__":
    main()

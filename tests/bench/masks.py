"""Bench `masks`: which verdicts come out on good and faulty masks, and what one costs. README.md says how to read it.

Run: python tests/bench/masks.py [--quick] [--json] [--detail FILE] [--sheet FILE]. Places: rendered ones and the
demo's, opencv-doc's fixed cameras where that package is installed or unpacked (CAMWARDEN_OPENCV_DOC), and the clips
in the folder that CAMWARDEN_FOOTAGE names. None of them took part in the learning (`train_masks.py`).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from masking.model import Verdict, Zone
from masking.zones.together import judge_looks
from masking.zones.verdict import judge_zone
from measure.figures import Figure, Flags, say, show
from scenes.cases import CASES, Case, asked, draw, lot
from scenes.lights import LIGHTS, lit
from scenes.places import MOMENTS, Place, places
from scenes.rendered import frame
from scenes.samples import CRFS, Picture, Sample, Shot, decoded, encode, samples
from scenes.scoring import Scored, errors, found, table
from scenes.sheet import sheet

SOFT = tuple(case for case in CASES if case.kind != "solid")
GOALS = {"solid": (0.002, 0.005, 0.03), "mosaic": (0.005, 0.02, 0.15), "blur": (0.005, 0.02, 0.15)}
EFFECTS = {"solid": "color", "mosaic": "pixelated", "blur": "blurred"}

TIME_360P = Figure("mask_360p_ms", "ms", 1.0, "lower")
TIME_1080P = Figure("mask_1080p_ms", "ms", 4.0, "lower")
TIMED_ZONE = ((0.42, 0.4), (0.62, 0.4), (0.62, 0.65), (0.42, 0.65))
TIMED_SEEDS = (1002, 1003, 1008)

KEEP_EACH = 11
"""Only each so manyth sample keeps its picture, and every wrong one: the contact sheet needs few."""


def main() -> None:
    """Measure, and print the one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one place, one light: shows that the bench works")
    parser.add_argument("--json", action="store_true", help="the JSON object only, no table on standard error")
    parser.add_argument("--detail", type=Path, help="write counts per case, light, quality and place to this file")
    parser.add_argument("--sheet", type=Path, help="write a contact sheet of verdicts to this JPEG or PNG file")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    cv2.ocl.setUseOpenCL(False)
    load = round(os.getloadavg()[0], 2)
    tested = [place for place in places() if place.side == "test"]
    if args.quick:
        tested = [place for place in tested if place.name == "demo-gate"]
    single, pooled = _judged(tested, args.quick)
    figures = _figures(single, pooled)
    new_zone_ms: dict[str, float] = {}
    for figure, width, height in ((TIME_360P, 640, 360), (TIME_1080P, 1920, 1080)):
        say(f"time at {width}x{height}")
        warm, new = _times_ms(width, height, 5 if args.quick else 60)
        figures[figure.name] = figure.of(warm)
        new_zone_ms[figure.name] = figure.of(new)["value"]
    conditions = {
        "places": [place.name for place in tested],
        "learned_on": [place.name for place in places() if place.side == "train"],
        "lights": list(LIGHTS),
        "crf": list(CRFS),
        "cases": len(CASES),
        "looks_pooled": MOMENTS,
        "no_texture_ratio": {kind: _no_texture(single, pooled, kind) for kind in EFFECTS},
        "single_look": {kind: _values(single, kind) for kind in EFFECTS},
        "real_places_only": {kind: _values(_real(pooled if kind != "solid" else single), kind) for kind in EFFECTS},
        "strip5_fail_ratio": {kind: _failed(single, pooled, kind) for kind in EFFECTS},
        "times_are": "warm: of a zone that was judged before in a picture of that size",
        "times_of_a_new_zone_ms": new_zone_ms,
        "load_1min_before": load,
    }
    if args.detail:
        by = ("case", "light", "quality", "texture", "place")
        detail = {"single": {k: table(single, k) for k in by}, "pooled": {k: table(pooled, k) for k in by}}
        args.detail.write_text(json.dumps(detail, indent=1))
    if args.sheet:
        cv2.imwrite(str(args.sheet), sheet([one for one in single if one.sample.picture.size]))
    show("masks", Flags(args.quick, args.json), figures, conditions)


def _judged(tested: list[Place], quick: bool) -> tuple[list[Scored], list[Scored]]:
    """Judge every sample alone, and every soft mask by its looks at all moments."""
    single: list[Scored] = []
    pooled: list[Scored] = []
    lights = LIGHTS[:1] if quick else LIGHTS
    crfs = CRFS[1:2] if quick else CRFS
    for place in tested:
        say(place.name)
        for light, crf in product(lights, crfs):
            left: Left = {}
            first = list(_looks(Shot(place, 0, light, crf), CASES, left))
            single += [
                one if index % KEEP_EACH == 0 or one.is_wrong else _without_picture(one)
                for index, one in enumerate(first, len(single))
            ]
            later: dict[tuple[str, str, str], Verdict] = {}
            for moment in range(1, MOMENTS):
                later = {_key(one): one.verdict for one in _looks(Shot(place, moment, light, crf), SOFT, left)}
            for one in first:
                if one.sample.case.kind != "solid":
                    joined = later[_key(one)].together
                    assert joined is not None
                    pooled.append(_without_picture(Scored(one.sample, one.effect, joined, MOMENTS)))
    return single, pooled


Left = dict[tuple[str, str, str], tuple[bytes, ...]]
"""What the looks so far have left, by effect, case and zone."""


def _looks(shot: Shot, cases: tuple[Case, ...], left: Left) -> Iterator[Scored]:
    """Judge every sample of a shot together with the looks before, and add what it leaves."""
    for sample in samples(shot, cases):
        for effect in asked(sample.case):
            key = (effect, sample.case.name, sample.area.texture)
            color = sample.color if effect == "color" else ""
            zone = Zone(sample.area.texture, sample.area.corners, effect, color, earlier=left.get(key, ()))
            verdict = judge_looks(sample.picture, zone)
            left[key] = (*zone.earlier, verdict.evidence)
            yield Scored(sample, effect, verdict, 1)


def _key(one: Scored) -> tuple[str, str, str]:
    return one.effect, one.sample.case.name, one.sample.area.texture


def _without_picture(one: Scored) -> Scored:
    sample = one.sample
    bare = Sample(sample.shot, sample.area, sample.case, sample.color, np.zeros((0, 0, 3), np.uint8))
    return Scored(bare, one.effect, one.verdict, one.looks)


def _of(scored: list[Scored], kind: str) -> list[Scored]:
    return [one for one in scored if one.effect == EFFECTS[kind]]


def _real(scored: list[Scored]) -> list[Scored]:
    return [one for one in scored if one.sample.shot.place.is_real]


def _figures(single: list[Scored], pooled: list[Scored]) -> dict[str, dict[str, Any]]:
    figures: dict[str, dict[str, Any]] = {}
    for kind, goals in GOALS.items():
        shares = errors(_of(single if kind == "solid" else pooled, kind), goals)
        figures |= {f"{kind}_{name}": share for name, share in shares.items()}
    figures["strip5_solid_found_ratio"] = found(_strips(single, "solid"), 0.95)
    figures["strip5_soft_found_ratio"] = found(_strips(pooled, "mosaic") + _strips(pooled, "blur"), 0.9)
    return figures


def _strips(scored: list[Scored], kind: str) -> list[Scored]:
    return [one for one in _of(scored, kind) if one.sample.case.name == f"{kind}-shift-5%"]


def _failed(single: list[Scored], pooled: list[Scored], kind: str) -> float:
    strips = _strips(single if kind == "solid" else pooled, kind)
    return round(sum(one.verdict.verdict == "FAIL" for one in strips) / max(len(strips), 1), 4)


def _values(scored: list[Scored], kind: str) -> dict[str, float]:
    own = _of(scored, kind)
    return {name: share["value"] for name, share in errors(own, GOALS[kind]).items()} | {"n": len(own)}


def _no_texture(single: list[Scored], pooled: list[Scored], kind: str) -> dict[str, float]:
    """The share of answers `no-texture`, in all and in either sort of zone."""
    own = _of(single if kind == "solid" else pooled, kind)
    out = {}
    for name in ("all", "flattest", "textured"):
        part = [one.verdict for one in own if name in ("all", one.sample.area.texture)]
        out[name] = round(sum(v.reason == "no-texture" for v in part) / max(len(part), 1), 4)
    return out


def _times_ms(width: int, height: int, repeats: int) -> tuple[list[float], list[float]]:
    """CPU time of one verdict on one core: the median of the repeats for each of some masks and places.

    Warm (the zone was judged before, as in every cycle of the daemon but the first) and of a new zone each time: what
    `masking/zones/raster.py` and `band.py` keep of a zone is then worked out anew.
    """
    warm, new = [], []
    picks = [case for case in CASES if case.name in ("solid-black", "mosaic-12", "blur-6", "none")]
    for seed, case in product(TIMED_SEEDS, picks):
        scene = cv2.resize(frame(seed, 0), (width, height), interpolation=cv2.INTER_AREA)
        picture = lit(np.asarray(scene, np.uint8), "day", (seed,))
        draw(picture, TIMED_ZONE, case, lot(np.random.default_rng(seed)))
        picture = next(decoded(encode([picture], 23)))
        effect = asked(case)[0]
        color = "#000000" if effect == "color" else ""
        zone = Zone("zone", TIMED_ZONE, effect, color)
        # By so little a corner moves that no pixel changes, but it is another zone.
        numbers = range(len(warm) * repeats + 1, (len(warm) + 1) * repeats + 1)
        others = [((TIMED_ZONE[0][0] + n * 1e-9, TIMED_ZONE[0][1]), *TIMED_ZONE[1:]) for n in numbers]
        warm.append(_median_ms(picture, [zone] * repeats))
        new.append(_median_ms(picture, [Zone("zone", corners, effect, color) for corners in others]))
    return warm, new


def _median_ms(picture: Picture, zones: list[Zone]) -> float:
    taken = []
    for zone in zones:
        begun = time.thread_time_ns()
        judge_zone(picture, zone)
        taken.append((time.thread_time_ns() - begun) / 1e6)
    return statistics.median(taken[1:])


if __name__ == "__main__":
    main()

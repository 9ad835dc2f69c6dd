"""Bench `masks`: which verdicts come out on good and faulty masks, and what one costs. README.md says how to read it.

Run: python tests/bench/masks.py [--quick] [--json] [--each N] [--detail FILE] [--sheet FILE]. Places: rendered ones and
the demo's, opencv-doc's fixed cameras where that package is installed or unpacked (CAMWARDEN_OPENCV_DOC), and the clips
in the folder that CAMWARDEN_FOOTAGE names. None of them took part in the learning (`train_masks.py`).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import time
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from masking.model import Zone
from measure.figures import Figure, Flags, say, show
from scenes import lights
from scenes.cases import CASES, EFFECTS, Kind, asked, draw, lot
from scenes.codecs import H264, decoded, encode
from scenes.courses import LOOKS, course, film
from scenes.looking import judge_each
from scenes.month import DAYS, LOOKS_A_DAY, ZoneMonth, months
from scenes.places import Place, places
from scenes.rendered import frame
from scenes.scoring import Scored, share, table
from scenes.sheet import Tile, sheet, tile
from scenes.verdicts import scored

KINDS: tuple[Kind, ...] = ("solid", "mosaic", "blur")
WRONG_PASS = {"solid": 0.002, "mosaic": 0.003, "blur": 0.003}
PROVEN = {"solid": 0.95, "mosaic": 0.75, "blur": 0.75}
ANY_WRONG_PASS, ANY_WRONG_FAIL = 0.004, 0.01
MONTHS_GOAL = 1.0

TIME_360P = Figure("mask_360p_ms", "ms", 2.5, "lower")
TIME_1080P = Figure("mask_1080p_ms", "ms", 4.0, "lower")
TIMED_ZONE = ((0.42, 0.4), (0.62, 0.4), (0.62, 0.65), (0.42, 0.65))
TIMED_SEEDS = (1002, 1003, 1008)
TIMED_LOOKS = 3
"""Different pictures of each timed zone, in turn."""

EACH = 46
"""Courses of each place."""

KEEP_EACH = 17
"""Only each so manyth zone has a picture for the contact sheet, and every wrong one."""

STAGES = (1, 2, 3, LOOKS)


def main() -> None:
    """Measure, and print the one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one place, a few courses: shows that the bench works")
    parser.add_argument("--json", action="store_true", help="the JSON object only, no table on standard error")
    parser.add_argument("--each", type=int, default=EACH, help=f"courses of each place ({EACH}); fewer take less time")
    parser.add_argument("--months", type=int, default=0, help="of so many places; 0, the default: of all")
    parser.add_argument("--detail", type=Path, help="write counts per case, surface, quality and place to this file")
    parser.add_argument("--sheet", type=Path, help="write a contact sheet of verdicts to this JPEG or PNG file")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    cv2.ocl.setUseOpenCL(False)
    load = round(os.getloadavg()[0], 2)
    tested = [place for place in places() if place.side == "test"]
    if args.quick:
        tested = [place for place in tested if place.name == "demo-gate"]
    judged, tiles = _judged(tested, 8 if args.quick else args.each)
    say("months")
    played = tested[:: max(len(tested) // args.months, 1)] if args.months else tested
    month = list(months(played, 1, 2 if args.quick else DAYS))
    figures = _figures(judged) | {"wrong_fail_per_1000_zone_months": _alarms(month)}
    new_zone_ms: dict[str, float] = {}
    for figure, width, height in ((TIME_360P, 640, 360), (TIME_1080P, 1920, 1080)):
        say(f"time at {width}x{height}")
        warm, new = _times_ms(width, height, TIMED_SEEDS[:1] if args.quick else TIMED_SEEDS, 5 if args.quick else 40)
        figures[figure.name] = figure.of(warm)
        new_zone_ms[figure.name] = figure.of(new)["value"]
    conditions = {
        "places": [place.name for place in tested],
        "learned_on": [place.name for place in places() if place.side == "train"],
        "courses_each": args.each,
        "cases": len(CASES),
        "looks": LOOKS,
        "bare_ratio": _mean([one.surface == "bare" for one in judged]),
        "after_looks": {str(looks): _rates(judged, looks) for looks in STAGES},
        "bare_zones_only": _rates([one for one in judged if one.surface == "bare"], LOOKS),
        "real_places_only": _rates([one for one in judged if one.is_real], LOOKS),
        "translucent_passed": _translucent(judged),
        "strip5_found_ratio": {kind: _strips(judged, kind) for kind in KINDS},
        "months": {
            "looks_a_day": LOOKS_A_DAY,
            "days": DAYS,
            "zones_with_alarms": sum(one.alarms > 0 for one in month),
            "cases_with_alarms": sorted({one.case for one in month if one.alarms}),
        },
        "times_are": "warm: of a zone that was judged before in a picture of that size",
        "times_of_a_new_zone_ms": new_zone_ms,
        "load_1min_before": load,
    }
    if args.detail:
        keys = {
            "case": lambda one: one.case.name,
            "surface": lambda one: one.surface,
            "shape": lambda one: one.shape,
            "quality": lambda one: one.quality,
            "size": lambda one: f"{one.size_px[0]}x{one.size_px[1]}",
            "light": lambda one: one.light,
            "place": lambda one: one.place,
        }
        detail = {name: table(judged, key, LOOKS) for name, key in keys.items()}
        args.detail.write_text(json.dumps(detail, indent=1))
    if args.sheet:
        cv2.imwrite(str(args.sheet), sheet(tiles))
    show("masks", Flags(args.quick, args.json), figures, conditions)


def _judged(tested: list[Place], each: int) -> tuple[list[Scored], list[Tile]]:
    found: list[Scored] = []
    tiles: list[Tile] = []
    for place in tested:
        say(place.name)
        for number in range(each):
            shot = film(course(place, number))
            for spot, one in scored(shot):
                if one.is_wrong(LOOKS) or len(found) % KEEP_EACH == 0:
                    tiles.append(tile(one, shot.pictures[-1], spot.corners, LOOKS))
                found.append(one)
    return found, tiles


def _of(judged: list[Scored], kind: Kind, *, good: bool) -> list[Scored]:
    return [one for one in judged if one.effect == EFFECTS[kind] and one.case.is_good is good]


def _any(judged: list[Scored], *, good: bool) -> list[Scored]:
    return [one for one in judged if one.effect == "any" and one.case.is_good is good]


def _figures(judged: list[Scored], looks: int = LOOKS) -> dict[str, dict[str, Any]]:
    def passes_wrongly(one: Scored) -> bool:
        return one.is_wrong_pass(looks)

    def fails_wrongly(one: Scored) -> bool:
        return one.is_wrong_fail(looks)

    def proven(one: Scored) -> bool:
        return one.at(looks).verdict == "PASS"

    figures = {}
    for kind in KINDS:
        name, faulty = f"{kind}_wrong_pass_ratio", _of(judged, kind, good=False)
        figures[name] = share(faulty, passes_wrongly, WRONG_PASS[kind], "lower")
    for kind in KINDS:
        figures[f"hidden_proven_ratio_{kind}"] = share(_of(judged, kind, good=True), proven, PROVEN[kind], "higher")
    figures["any_wrong_pass_ratio"] = share(_any(judged, good=False), passes_wrongly, ANY_WRONG_PASS, "lower")
    figures["any_wrong_fail_ratio"] = share(_any(judged, good=True), fails_wrongly, ANY_WRONG_FAIL, "lower")
    return figures


def _rates(judged: list[Scored], looks: int) -> dict[str, Any]:
    """The figures after so many looks, and how many good masks fail under their declared effect, as plain numbers."""
    rates = {name: {"value": one["value"], "n": one["n"]} for name, one in _figures(judged, looks).items()}
    for kind in KINDS:
        good = _of(judged, kind, good=True)
        rates[f"{kind}_wrong_fail_ratio"] = {
            "value": _mean([one.is_wrong_fail(looks) for one in good]),
            "n": len(good),
        }
    return rates


def _translucent(judged: list[Scored]) -> dict[str, int]:
    """Of translucent masks: how many there were, how many passed, and how many of these can be read."""
    own = [one for one in judged if one.case.is_translucent and one.effect == "color"]
    passed = [one for one in own if one.at(LOOKS).verdict == "PASS"]
    return {"n": len(own), "passed": len(passed), "readable": sum(one.is_wrong_pass(LOOKS) for one in passed)}


def _strips(judged: list[Scored], kind: Kind) -> dict[str, float]:
    own = [one for one in judged if one.case.name == f"{kind}-shift-5%" and one.effect == EFFECTS[kind]]
    return {"value": _mean([one.at(LOOKS).verdict != "PASS" for one in own]), "n": len(own)}


def _mean(values: list[bool]) -> float:
    return round(sum(values) / max(len(values), 1), 5)


def _alarms(month: list[ZoneMonth]) -> dict[str, Any]:
    """False alarms in 1,000 zone-months; the interval is Byar's for a count (Rothman, Boice, 1979)."""
    count, alarms = max(len(month), 1), sum(one.alarms for one in month)
    low = alarms * (1 - 1 / (9 * alarms) - 1.96 / (3 * math.sqrt(alarms))) ** 3 if alarms else 0.0
    high = (alarms + 1) * (1 - 1 / (9 * (alarms + 1)) + 1.96 / (3 * math.sqrt(alarms + 1))) ** 3
    value, low, high = (round(1000 * part / count, 2) for part in (alarms, max(low, 0.0), high))
    return {"value": value, "unit": "", "goal": MONTHS_GOAL, "better": "lower", "n": count, "low": low, "high": high}


def _times_ms(width: int, height: int, seeds: tuple[int, ...], repeats: int) -> tuple[list[float], list[float]]:
    """CPU time of one look at one zone on one core: the median of the repeats for each of some masks and places.

    Warm (the zone was judged before, as in every cycle of the daemon but the first) and of a new zone each time: what
    `masking/zones/raster.py` and `band.py` keep of a zone is then worked out anew.
    """
    warm, new = [], []
    picks = [case for case in CASES if case.name in ("solid-black", "mosaic-12", "blur-6", "none")]
    for seed, case in product(seeds, picks):
        scene = cv2.resize(frame(seed, 0), (width, height), interpolation=cv2.INTER_AREA)
        drawn = lot(np.random.default_rng(seed))
        pictures = []
        for look in range(TIMED_LOOKS):
            rng = np.random.default_rng((seed, look))
            lit = lights.lighted(np.asarray(scene, np.uint8), "day", rng)
            picture = lights.sensed(lit, "day", lights.camera(np.random.default_rng(seed)), rng)
            draw(picture, TIMED_ZONE, case, drawn)
            pictures.append(picture)
        pictures = list(decoded(encode(pictures, H264[0])))
        effect = asked(case)[0]
        color = "#000000" if effect == "color" else ""
        # By so little a corner moves that no pixel changes, but it is another zone.
        numbers = range(len(warm) * repeats + 1, (len(warm) + 1) * repeats + 1)
        others = [((TIMED_ZONE[0][0] + n * 1e-9, TIMED_ZONE[0][1]), *TIMED_ZONE[1:]) for n in numbers]
        looked = judge_each(islice(cycle(pictures), repeats), Zone("zone", TIMED_ZONE, effect, color))
        warm.append(_median_ms([looked] * repeats))
        new.append(_median_ms([judge_each(pictures[:1], Zone("zone", o, effect, color)) for o in others]))
    return warm, new


def _median_ms(looks: list[Any]) -> float:
    """The median time of one step of each of these iterators."""
    taken = []
    for look in looks:
        begun = time.thread_time_ns()
        next(look)
        taken.append((time.thread_time_ns() - begun) / 1e6)
    return statistics.median(taken[1:])


if __name__ == "__main__":
    main()

"""Bench `approved`: is a mask known again, and another one told? Would the faults that a calibration claims be found?

Run: python tests/bench/approved.py [--quick] [--json]. Needs ffmpeg. Test places of `masks`; limits of
`masking/worth/same_mask.py` were read off training places. What a calibration claims is drawn anew: the place at
another moment, with the gap along each side or the opacity that it names, coded and judged by a single look.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from masking.model import Verdict, Zone
from masking.worth.calibrate import calibrate
from masking.worth.same_mask import differences
from masking.worth.sensitivity import Sensitivity
from masking.zones.verdict import judge_zone
from measure.figures import Figure, flags, say, show
from scenes import cases
from scenes.cases import EFFECTS, Case, Corners, Lot
from scenes.codecs import Picture, Quality, decoded, encode
from scenes.lights import Light, lit
from scenes.places import Place, places
from scenes.regions import two_zones
from scenes.scoring import ratio

CALLED_ANOTHER = Figure("same_mask_called_another_ratio", "", 0.005, "lower")
CALLED_SAME = Figure("another_mask_called_same_ratio", "", 0.01, "lower")
SHIFT_TOLD = Figure("shift_2_percent_told_ratio", "", 0.7, "higher")
GAP_FOUND = Figure("claimed_gap_found_ratio", "", 0.95, "higher")
OPACITY_FOUND = Figure("claimed_opacity_found_ratio", "", 0.9, "higher")
BARE_FOUND = Figure("claimed_bare_found_ratio", "", 0.99, "higher")
TIME = Figure("calibrate_360p_ms", "ms", 100, "lower")

LOT = Lot(
    color="black", block_px=16, sigma_px=6, off_px=(0, 0), phase_px=(5.0, 3.0), side=0, seed=0, picks=False, box=False
)  # fmt: skip
MASKS = (
    Case("solid-black", "solid", True, color="black"),
    Case("solid-gray", "solid", True, color="gray"),
    Case("mosaic-8", "mosaic", True, 8),
    Case("mosaic-16", "mosaic", True, 16),
    Case("blur-6", "blur", True, 6),
)
FINE, COARSE, STILL = Quality("h264", 28), Quality("h264", 35), Quality("jpeg", 80)
SHOTS: tuple[tuple[int, Light, Quality], ...] = (
    (0, "day", FINE), (1, "day", COARSE), (1, "night", FINE), (2, "infrared", STILL)
)  # fmt: skip
CLAIMED: tuple[tuple[Light, Quality], ...] = (("day", FINE), ("night", FINE), ("day", STILL))

Outcomes = dict[str, list[bool]]


def main() -> None:
    """Measure and print."""
    asked = flags(__doc__ or "")
    tested = [place for place in places() if place.side == "test"]
    tested = [place for place in tested if place.name == "demo-gate"] if asked.quick else tested
    found: Outcomes = defaultdict(list)
    by_kind: Outcomes = defaultdict(list)
    times: list[float] = []
    for place in tested:
        say(place.name)
        height, width = place.frame(0).shape[:2]
        for slanted in two_zones(place.name, height / width):
            corners = _level(slanted)
            _known_again(place, corners, found)
            for light, quality in CLAIMED[: 1 if asked.quick else None]:
                times += _claims(place, corners, light, quality, found, by_kind)
    figures = {
        one.name: ratio(sum(found[one.name]), len(found[one.name]), one.goal, one.better)
        for one in (CALLED_ANOTHER, CALLED_SAME, SHIFT_TOLD, GAP_FOUND, OPACITY_FOUND, BARE_FOUND)
    }
    figures[TIME.name] = TIME.of(times)
    conditions: dict[str, Any] = {
        "places": [place.name for place in tested],
        "by_effect": {name: [round(float(np.mean(ones)), 4), len(ones)] for name, ones in sorted(by_kind.items())},
    }
    show("approved", asked, figures, conditions)


def _level(corners: Corners) -> Corners:
    """The rectangle around a zone: gaps are drawn along level and upright sides."""
    (left, top), (right, bottom) = np.array(corners).min(0), np.array(corners).max(0)
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _asked(corners: Corners, case: Case) -> Zone:
    return Zone("z", corners, EFFECTS[case.kind], cases.color_of(case, LOT) if case.kind == "solid" else "")


def _scene(place: Place, moment: int, light: Light) -> Picture:
    return lit(place.frame(moment), light, (len(place.name), moment, len(light)))


def _look(
    place: Place, corners: Corners, drawn: tuple[Case, ...], shot: tuple[int, Light, Quality]
) -> Iterator[Verdict]:
    moment, light, quality = shot
    pictures = []
    for case in drawn:
        picture = _scene(place, moment, light).copy()
        cases.draw(picture, corners, case, LOT)
        pictures.append(picture)
    for case, picture in zip(drawn, decoded(encode(pictures, quality)), strict=True):
        yield judge_zone(picture, _asked(corners, case))


def _known_again(place: Place, corners: Corners, found: Outcomes) -> None:
    """Compare masks that pass with the first look at them, at other times and coded otherwise; and with other masks."""
    first, *others = (list(_look(place, corners, MASKS, shot)) for shot in SHOTS)
    shifted = tuple(replace(case, shift=0.02) for case in MASKS)
    beside = list(_look(place, corners, shifted, SHOTS[1]))
    for number, approved in enumerate(first):
        if approved.verdict != "PASS":
            continue
        for look in others:
            if look[number].verdict == "PASS":
                found[CALLED_ANOTHER.name].append(bool(differences(approved.signature, look[number].signature)))
            for index, other in enumerate(look):
                if index != number and other.verdict == "PASS":
                    found[CALLED_SAME.name].append(not differences(approved.signature, other.signature))
        is_told = beside[number].verdict != "PASS" or bool(differences(approved.signature, beside[number].signature))
        found[SHIFT_TOLD.name].append(is_told)


def _claims(
    place: Place, corners: Corners, light: Light, quality: Quality, found: Outcomes, by_kind: Outcomes
) -> Iterator[float]:
    """Calibrate each mask that passes, and draw what that claims; yield what each calibration took."""
    pictures = []
    for case in MASKS:
        picture = _scene(place, 0, light).copy()
        cases.draw(picture, corners, case, LOT)
        pictures.append(picture)
    for case, picture in zip(MASKS, decoded(encode(pictures, quality)), strict=True):
        zone = _asked(corners, case)
        if judge_zone(picture, zone).verdict != "PASS":
            continue
        begun = time.process_time()
        claim = calibrate(picture, zone)
        yield 1000 * (time.process_time() - begun)
        drawn = list(_faults(_scene(place, 1, light), corners, case, claim))
        if not drawn:
            continue
        for (name, _), shown in zip(drawn, decoded(encode([one for _, one in drawn], quality)), strict=True):
            is_found = judge_zone(shown, zone).verdict != "PASS"
            found[name].append(is_found)
            by_kind[f"{name} {case.kind}"].append(is_found)


def _faults(scene: Picture, corners: Corners, case: Case, claim: Sensitivity) -> Iterator[tuple[str, Picture]]:
    """Yield the faults that a calibration claims to find: a gap along each side, an opacity, and a bare zone."""
    height, width = scene.shape[:2]
    if claim.gap_px is not None and not claim.blind_sides:
        for side in range(4):
            box = np.array((*corners[0], *corners[2]))
            box[side] += claim.gap_px / 640 * (1 if side < 2 else -1) * (width / height if side % 2 else 1)
            left, top, right, bottom = box.tolist()
            picture = scene.copy()
            cases.draw(picture, ((left, top), (right, top), (right, bottom), (left, bottom)), case, LOT)
            yield GAP_FOUND.name, picture
    if claim.opacity_ratio is not None:
        covered = scene.copy()
        cases.draw(covered, corners, case, LOT)
        if claim.opacity_ratio > 0:
            yield OPACITY_FOUND.name, cv2.addWeighted(covered, claim.opacity_ratio, scene, 1 - claim.opacity_ratio, 0)
        yield BARE_FOUND.name, scene.copy()


if __name__ == "__main__":
    main()

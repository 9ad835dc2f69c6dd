"""Bench `damaged`: are damaged pictures judged, what wrong verdicts come of it, and are whole ones refused.

Run: python tests/bench/damaged.py [--quick] [--json]. Needs ffmpeg. Places are the test places of `masks`; what is done
to pictures stands in tests/support/harmed.py, how they are encoded in damaged_pictures.py. All go through the worker.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from damaged_pictures import HARMED, WHOLE, Picture, encoded

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import harmed

from masking.model import Job, PictureKind, WorkerError, Zone
from masking.worker import decode
from masking.worker.client import Worker
from measure.figures import Figure, flags, say, show
from measure.shares import share
from scenes import cases
from scenes.cases import Case
from scenes.lights import LIGHTS, lit
from scenes.places import Place, places
from scenes.regions import two_zones

WRONG = Figure("damage_wrong_ratio", "", 0.01, "lower")
JUDGED = Figure("damage_judged_ratio", "", 0.01, "lower")
REFUSED = Figure("sound_refused_ratio", "", 0, "lower")
TIMES = {kind: Figure(f"whole_{kind}_360p_ms", "ms", 8, "lower") for kind in ("jpeg", "h264", "h265")}

CASES = (
    Case("solid-black", "solid", True, color="black"),
    Case("solid-gray", "solid", True, color="gray"),
    Case("mosaic-12", "mosaic", True, 12),
    Case("blur-6", "blur", True, 6),
    Case("none", "none", False),
)
"""What is drawn into both zones of a picture, in turn: hidden ones may not fail, and bare ones not pass."""

TRIES = 2
"""How often each harm is done to a picture."""

OTHER_SIZES = ((352, 288), (704, 576), (1280, 720), (1920, 1080), (358, 204))


class Tally:
    """What came of harmed pictures, by the kind of harm and of picture."""

    def __init__(self) -> None:
        self.n: Counter[tuple[str, str]] = Counter()
        self.judged: Counter[tuple[str, str]] = Counter()
        self.wrong: Counter[tuple[str, str]] = Counter()

    def rows(self, of: Counter[tuple[str, str]]) -> dict[str, str]:
        """Counts of so many, as text."""
        return {f"{kind}, {harm}": f"{of[kind, harm]} of {n}" for (kind, harm), n in sorted(self.n.items())}


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    cv2.setNumThreads(1)
    test = [place for place in places() if place.side == "test"][: 1 if asked.quick else None]
    tally, refused = Tally(), Counter[str]()
    whole = 0
    with Worker() as worker:
        for number, place in enumerate(test):
            say(place.name)
            for name, (kind, how) in list(HARMED.items())[:: 4 if asked.quick else 1]:
                harm(worker, place, number, (kind, how, name), tally, 1 if asked.quick else TRIES)
        for shown, picture in sound_pictures(test):
            for name, (kind, how) in list(WHOLE.items())[:: 5 if asked.quick else 1]:
                if name == "x264 of fields" and picture.shape[0] % 4:
                    continue
                whole += 1
                why = judged(worker, encoded(picture, kind, how), kind, (), f"{shown} {name}")
                if isinstance(why, str):
                    refused[f"{name}: {shown}: {why}"] += 1
        times = {kind: TIMES[kind].of(decoding_ms(test[0], kind, asked.quick)) for kind in TIMES}
    cut = [key for key in tally.n if key[1] in (*harmed.CUT_OR_ZEROED, "without a slice")]
    figures = {
        WRONG.name: share(WRONG, tally.wrong.total(), tally.n.total()),
        JUDGED.name: share(JUDGED, sum(tally.judged[key] for key in cut), sum(tally.n[key] for key in cut)),
        REFUSED.name: share(REFUSED, refused.total(), whole),
    } | {TIMES[kind].name: one for kind, one in times.items()}
    conditions = {
        "places": [place.name for place in test],
        "judged": tally.rows(tally.judged),
        "wrong": tally.rows(tally.wrong),
        "whole_and_refused": dict(refused),
        "encoders": list(HARMED),
        "encoders_of_whole_ones": list(WHOLE),
    }
    show("damaged", asked, figures, conditions)


def harm(
    worker: Worker, place: Place, number: int, encoder: tuple[PictureKind, str, str], tally: Tally, tries: int
) -> None:
    """Do every harm to a picture of a place, so many times, and judge what is left."""
    kind, how, name = encoder
    draw = np.random.default_rng([number, len(name), 3])
    case = CASES[(number + len(name)) % len(CASES)]
    light = LIGHTS[(number * 3 + len(name)) % len(LIGHTS)]
    data, asked = masked(place, case, light, draw)
    data = encoded(data, kind, how) if isinstance(data, np.ndarray) else data
    owner = f"{place.name} {name}"
    before = judged(worker, data, kind, asked, owner)
    if isinstance(before, str):
        raise SystemExit(f"a whole picture of {place.name} by {name} was refused: {before}")
    for harm_name in (*harmed.HARMS, "without a slice"):
        for _ in range(tries):
            if harm_name == "without a slice":
                spoilt = harmed.without_a_slice(data, kind, draw) if kind != "jpeg" else None
            else:
                spoilt = harmed.harmed(data, kind, harm_name, draw)
            if spoilt is None or spoilt == data:
                continue
            after = judged(worker, spoilt, kind, asked, owner)
            tally.n[kind, harm_name] += 1
            if not isinstance(after, str):
                tally.judged[kind, harm_name] += 1
                bad = "FAIL" if case.is_good else "PASS"
                tally.wrong[kind, harm_name] += any(
                    late == bad != early for early, late in zip(before, after, strict=True)
                )


def masked(place: Place, case: Case, light: str, draw: np.random.Generator) -> tuple[Picture, tuple[Zone, ...]]:
    """A picture of a place with a case drawn into both of its zones, and these as they are declared."""
    picture = lit(place.frame(0), light, (int(draw.integers(1 << 30)),))  # type: ignore[arg-type]
    lot = cases.lot(draw)
    areas = two_zones(place.name, picture.shape[0] / picture.shape[1])
    for corners in areas:
        cases.draw(picture, corners, case, lot)
    effect = cases.asked(case)[0]
    color = cases.color_of(case, lot) if effect == "color" else ""
    return picture, tuple(Zone(f"zone {n}", one, effect, color) for n, one in enumerate(areas))


def judged(worker: Worker, data: bytes, kind: PictureKind, asked: tuple[Zone, ...], owner: str) -> list[str] | str:
    """The verdicts on a picture's zones, or why it was not judged."""
    try:
        answer = worker.judge(Job(data, kind, asked, device=owner, camera=owner))
    except WorkerError as failure:
        if failure.reason in ("crashed", "timeout"):
            worker.judge(Job(encoded(np.zeros((32, 32, 3), np.uint8), "jpeg", "80"), "jpeg", ()))
        return failure.reason
    return [one.verdict for one in answer.verdicts]


def sound_pictures(test: list[Place]) -> Iterator[tuple[str, Picture]]:
    """Whole pictures of many kinds: places in each light and size, and what is drawn."""
    for number, place in enumerate(test):
        picture = lit(place.frame(1), LIGHTS[number % len(LIGHTS)], (number,))
        yield place.name, picture
        if number % 3 == 0:
            size = OTHER_SIZES[number // 3 % len(OTHER_SIZES)]
            yield f"{place.name} {size[0]}x{size[1]}", np.asarray(cv2.resize(picture, size), np.uint8)
    flat = np.full((360, 640, 3), 128, np.uint8)
    bars = np.repeat(np.repeat(np.array([[(255, 255, 255), (0, 255, 255), (0, 255, 0), (255, 0, 0)]]), 360, 0), 160, 1)
    boxed = test[0].frame(0).copy()
    boxed[:60] = boxed[-90:] = 16
    for name, drawn in (
        ("black", flat * 0), ("grey", flat), ("white", flat + 127), ("bars", bars), ("a scene between bars", boxed),
    ):  # fmt: skip
        yield name, np.asarray(drawn, np.uint8)


def decoding_ms(place: Place, kind: PictureKind, quick: bool) -> list[float]:
    """CPU time of decoding a picture of 640x360, and of all that tells whether it is whole, as the worker does it."""
    how = next(how for of, how in HARMED.values() if of == kind)
    data = encoded(np.asarray(cv2.resize(place.frame(0), (640, 360)), np.uint8), kind, how)
    complaints, said = os.pipe2(os.O_NONBLOCK)
    before = os.dup(1), os.dup(2)
    spent = []
    try:
        os.dup2(said, 1)
        os.dup2(said, 2)
        for _ in range(5 if quick else 60):
            begun = time.thread_time()
            decode.decode(data, kind, complaints)
            spent.append(1000 * (time.thread_time() - begun))
    finally:
        for descriptor, standard in zip(before, (1, 2), strict=True):
            os.dup2(descriptor, standard)
            os.close(descriptor)
        os.close(said)
        os.close(complaints)
    return spent[2:]


if __name__ == "__main__":
    main()

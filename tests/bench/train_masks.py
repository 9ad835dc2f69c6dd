"""Learns the forests of `masking/zones/forest.py` and writes them to `masking/zones/forest.json`.

Run, from the repository, in an environment of its own, for scikit-learn is needed here and nowhere else:

    python3 -m venv ENV && ENV/bin/pip install scikit-learn opencv-python-headless
    PYTHONPATH=. ENV/bin/python tests/bench/train_masks.py [--out FILE] [--features FILE] [--each N]

Learned on: the places of `scenes/places.py` with side `train` (rendered ones, and opencv-doc's photographs where
CAMWARDEN_OPENCV_DOC or the package has them), so many courses of each (`scenes/courses.py`) with every case, surface,
light and codec by lot, and two looks of each course. Where the forests decide is chosen by cross-validation over whole
places, never on those that figures are measured on. The same places give the same forests. With `--features` what was
measured stays in a folder, and the next run goes on from there.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import GroupKFold

from masking.zones import features, raster
from masking.zones.features import ZoneMeasures
from scenes.cases import CASES, EFFECTS, color_of
from scenes.courses import Film, Spot, course, film
from scenes.places import Place, places
from scenes.verdicts import correlation

OUT = Path(__file__).resolve().parents[2] / "masking/zones/forest.json"

NUMBERS: dict[str, Callable[[ZoneMeasures], dict[str, float]]] = {
    "color": features.color_numbers,
    "pixelated": features.pixelated_numbers,
    "blurred": features.blurred_numbers,
}
KINDS = {effect: kind for kind, effect in EFFECTS.items()}

FOLDS = 3
EACH = 24
"""Courses of each place."""

BLOCK = 4
"""So many courses of a place are measured before the next place has its turn, and kept in one file."""

MOST_WIDE_PX = 1280
"""Larger pictures are judged at a smaller size anyway, and cost too much."""

READABLE = 0.5
"""A translucent mask is learned as faulty where one look at the zone correlates so far with the scene behind.

What one look cannot show, no single verdict can find: several looks must (`masking/zones`).
"""

OTHER_WEIGHT = 0.25
"""What a faulty mask of another kind counts beside one of the declared kind."""

NO_COLOR = ("opacity", "luma_off", "chroma_off", "off_step")
"""Numbers that say nothing where no colour is declared; a solid mask is learned with and without them."""

WRONG_PASS = {"color": 0.0008, "pixelated": 0.003, "blurred": 0.003}
WRONG_FAIL = {"color": 0.002, "pixelated": 0.008, "blurred": 0.008}
"""Shares of errors in the cross-validation at which the forests decide; below the goals, for other places are
harder."""

Table = npt.NDArray[np.float32]


def main() -> None:
    """Measure, learn, choose and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--features", type=Path, help="keep what is measured in this folder, and go on from there")
    parser.add_argument("--each", type=int, default=EACH, help=f"courses of each place ({EACH})")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    measured = _measured(args.each, args.features)
    forests = {effect: _learned(effect, measured) for effect in NUMBERS}
    names = [place.name for place in places() if place.side == "train"]
    text = json.dumps({"learned_on": names, "forests": forests}, separators=(",", ":"))
    args.out.write_text(text + "\n")
    print(f"{args.out}: {len(text) // 1000} kB")


def _measured(each: int, folder: Path | None) -> dict[str, Any]:
    """The numbers of every sample, by effect, and about each: its place, its case, and whether it shows its fault."""
    blocks = []
    trained = [place for place in places() if place.side == "train"]
    for start in range(0, each, BLOCK):
        print(f"courses from {start} of {each}", file=sys.stderr, flush=True)
        for index, place in enumerate(trained):
            kept = folder / f"{place.name}-{start}.npz" if folder else None
            if kept is None or not kept.is_file():
                block = _block(place, index, range(start, min(start + BLOCK, each)))
                if kept is not None:
                    kept.parent.mkdir(parents=True, exist_ok=True)
                    np.savez(kept, **block)
            else:
                block = dict(np.load(kept))
            blocks.append(block)
    return {key: blocks[0][key] if key.startswith("names") else _joined(blocks, key) for key in blocks[0]}


def _joined(blocks: list[dict[str, Any]], key: str) -> Any:
    return np.concatenate([block[key] for block in blocks])


def _block(place: Place, index: int, numbers: range) -> dict[str, Any]:
    """The samples of some courses of one place."""
    rows: dict[str, list[list[float]]] = {effect: [] for effect in NUMBERS}
    about: list[tuple[int, int, bool]] = []
    names: dict[str, list[str]] = {}
    for number in numbers:
        one = course(place, number)
        size = one.size_px if one.size_px[0] <= MOST_WIDE_PX else (MOST_WIDE_PX, 720)
        shot = film(replace(one, lights=(one.lights[0], one.lights[-1]), size_px=size))
        for look, spot in product(range(2), one.spots):
            region = raster.cut(shot.pictures[look], spot.corners)
            if region is None:
                continue
            seen = ZoneMeasures(region, color_of(spot.case, spot.drawn))
            for effect, measure in NUMBERS.items():
                found = measure(seen)
                names[effect] = list(found)
                rows[effect].append(list(found.values()))
            about.append((index, CASES.index(spot.case), _shows(shot, look, spot)))
    tables = {effect: np.array(row, np.float32) for effect, row in rows.items()}
    return {**tables, "about": np.array(about), **{f"names_{effect}": names[effect] for effect in NUMBERS}}


def _shows(shot: Film, look: int, spot: Spot) -> bool:
    if not spot.case.is_translucent:
        return True
    return correlation(shot.pictures[look : look + 1], shot.scene, spot.corners, ()) > READABLE


def _learned(effect: str, measured: Mapping[str, Any]) -> dict[str, Any]:
    """One forest as plain data (see `masking.zones.forest`), scaled so that it decides at the agreed probabilities."""
    place, case, shows = measured["about"].T
    kinds = np.array([c.kind for c in CASES])[case]
    good = np.array([c.is_good for c in CASES])[case]
    used = ((kinds == KINDS[effect]) | ~good) & (shows > 0)
    own = ((kinds == KINDS[effect]) | (kinds == "none"))[used]
    x, y, place = measured[effect][used], (good & (kinds == KINDS[effect]))[used], place[used]
    names = [str(name) for name in measured[f"names_{effect}"]]
    weight = np.where(own, 1.0, OTHER_WEIGHT)
    if effect == "color":
        blind = x.copy()
        blind[:, [names.index(name) for name in NO_COLOR]] = -1
        x, y, place = np.concatenate((x, blind)), np.concatenate((y, y)), np.concatenate((place, place))
        weight, own = np.concatenate((weight, weight * 0.5)), np.concatenate((own, np.zeros_like(own)))
    odds = np.zeros(len(y))
    for train, test in GroupKFold(FOLDS).split(x, y, place):
        odds[test] = _model().fit(x[train], y[train], weight[train]).decision_function(x[test])
    high = float(np.quantile(odds[own & ~y], 1 - WRONG_PASS[effect]))
    low = min(float(np.quantile(odds[own & y], WRONG_FAIL[effect])), high - 1.0)
    unsure = np.mean((odds[own] < high) & (odds[own] > low))
    print(f"{effect}: n {len(y)}, passes from {high:.2f}, fails to {low:.2f}, unsure {unsure:.3f}")
    model = _model().fit(x, y, weight)
    # 0.95 and 0.05 lie as far from even odds.
    scale = 2 * math.log(0.95 / 0.05) / (high - low)
    base = (float(model._baseline_prediction.ravel()[0]) - (high + low) / 2) * scale
    trees = [_tree(stage[0].nodes, scale) for stage in model._predictors]
    return {"names": names, "base": round(base, 4), "trees": trees}


def _model() -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=140,
        max_leaf_nodes=12,
        learning_rate=0.1,
        min_samples_leaf=60,
        l2_regularization=10,
        early_stopping=False,
        random_state=0,
    )


def _tree(nodes: Any, scale: float) -> list[list[float]]:
    """A tree in pre-order: (feature, threshold, offset of the right branch), or (-1, value) for a leaf."""
    out: list[list[float]] = []

    def add(at: int) -> None:
        node = nodes[at]
        if node["is_leaf"]:
            out.append([-1, round(float(node["value"]) * scale, 4)])
            return
        here = len(out)
        out.append([int(node["feature_idx"]), float(f"{node['num_threshold']:.5g}"), 0])
        add(int(node["left"]))
        out[here][2] = len(out)
        add(int(node["right"]))

    add(0)
    return out


if __name__ == "__main__":
    main()

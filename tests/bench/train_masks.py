"""Learns the forests of `masking/zones/forest.py` and writes them to `masking/zones/forest.json`.

Run, from the repository, in an environment of its own, for scikit-learn is needed here and nowhere else:

    python3 -m venv ENV && ENV/bin/pip install scikit-learn opencv-python-headless
    PYTHONPATH=. ENV/bin/python tests/bench/train_masks.py [--out FILE] [--features FILE] [--each N]

Learned on: the places of `scenes/places.py` with side `train` (rendered ones, and opencv-doc's photographs where
CAMWARDEN_OPENCV_DOC or the package has them), so many courses of each (`scenes/courses.py`) with every case, surface,
light and codec by lot, and all looks of each course; every PANE_EACH-th course has bare panes that end exactly at the
zones' borders. A second forest for the mosaic joins several looks; it learns from odds that the first one gives to
places which it did not learn on. The others are taken over (KEPT). Where the forests decide is chosen by cross-
validation over whole places, never on those that figures are measured on. The same places give the same forests. With
`--features` what was measured stays in a folder, and the next run goes on from there.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import astuple, replace
from itertools import product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import GroupKFold

from masking.looks import evidence
from masking.looks.evidence_format import NO_MOMENT, Single
from masking.looks.numbers import OWN, joined_numbers
from masking.model import Zone
from masking.zones import features, raster
from masking.zones.features import ZoneMeasures
from masking.zones.opinions import JUDGES
from scenes.cases import CASES, EFFECTS, color_of
from scenes.courses import LOOKS, Film, Spot, course, film, panes
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
EACH = 8
PANE_EACH = 4
"""Courses of each place, and which of them have panes."""

SOFT = ("pixelated",)
"""Effects whose looks a forest joins."""

KEPT = ("color", "blurred")
"""Forests that stay as they are: learned on courses, a colour's passes a translucent mask more, and a blur's proves
fewer good ones."""

JOINED_AT = (1, 2, 3, 5)
"""Numbers of the present look, from 0, at which looks are joined for the second forest."""

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
WRONG_FAIL = {"color": 0.004, "pixelated": 0.018, "blurred": 0.03}
"""Shares of errors in the cross-validation at which the forests decide; below the goals, for other places are
harder."""

WRONG_PASS_JOINED = 0.002

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
    learned = {effect: _learned(effect, measured) for effect in NUMBERS if effect not in KEPT}
    kept = json.loads(OUT.read_bytes())["forests"]
    forests = {effect: kept[effect] if effect in KEPT else learned[effect][0] for effect in NUMBERS}
    looks = {effect: _joined_learned(effect, measured, learned[effect][1]) for effect in SOFT}
    names = [place.name for place in places() if place.side == "train"]
    text = json.dumps({"learned_on": names, "forests": forests, "looks": looks}, separators=(",", ":"))
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
    """The samples of some courses of one place: all looks of a zone, one after the other."""
    rows: dict[str, list[list[float]]] = {effect: [] for effect in NUMBERS}
    own: dict[str, list[list[float]]] = {effect: [] for effect in SOFT}
    about: list[tuple[int, int, bool, int]] = []
    changes: list[tuple[float, ...]] = []
    names: dict[str, list[str]] = {}
    for number in numbers:
        one = course(place, number)
        one = panes(one) if number % PANE_EACH == PANE_EACH - 1 else one
        shot = film(replace(one, size_px=one.size_px if one.size_px[0] <= MOST_WIDE_PX else (MOST_WIDE_PX, 720)))
        kept: list[evidence.Look] = []
        for spot, look in product(one.spots, range(LOOKS)):
            region = raster.cut(shot.pictures[look], spot.corners)
            if region is None:
                continue
            kept = [*kept, _kept(region)] if look else [_kept(region)]
            seen = ZoneMeasures(region, color_of(spot.case, spot.drawn))
            for effect, measure in NUMBERS.items():
                found = measure(seen)
                names[effect] = list(found)
                rows[effect].append(list(found.values()))
            for effect in SOFT:
                told = dict(JUDGES[effect](seen, Zone("", spot.corners, effect)).numbers)
                own[effect].append([told[name] for name in OWN[effect]])
            change = evidence.changing(evidence.counts_of(region), kept) if look else None
            changes.append(astuple(change) if change else (math.nan,) * 5)
            about.append((index, CASES.index(spot.case), _shows(shot, look, spot), look))
    tables = {effect: np.array(row, np.float32) for effect, row in rows.items()}
    tables |= {f"own_{effect}": np.array(row, np.float32) for effect, row in own.items()}
    tables["change"] = np.array(changes, np.float32)
    return {**tables, "about": np.array(about), **{f"names_{effect}": names[effect] for effect in NUMBERS}}


def _kept(region: raster.Region) -> evidence.Look:
    """What a look leaves; its verdict does not matter here."""
    basis = bytes(8)
    data = evidence.describe(region, Single(basis, NO_MOMENT, "UNSURE", "", True, False, None))
    return evidence.read((data,), basis)[0]


def _shows(shot: Film, look: int, spot: Spot) -> bool:
    if not spot.case.is_translucent:
        return True
    return correlation(shot.pictures[look : look + 1], shot.scene, spot.corners, ()) > READABLE


def _learned(effect: str, measured: Mapping[str, Any]) -> tuple[dict[str, Any], Table]:
    """One forest as plain data (see `masking.zones.forest`), scaled so that it decides at the agreed probabilities.

    Also the log odds that it gives to each sample when it has not learned on its place; NaN for what it does not learn.
    """
    place = measured["about"][:, 0]
    good, own, used = _labels(effect, measured)
    x, y, place, own = measured[effect][used], good[used], place[used], own[used]
    names = [str(name) for name in measured[f"names_{effect}"]]
    weight = np.where(own, 1.0, OTHER_WEIGHT)
    if effect == "color":
        blind = x.copy()
        blind[:, [names.index(name) for name in NO_COLOR]] = -1
        x, y, place = np.concatenate((x, blind)), np.concatenate((y, y)), np.concatenate((place, place))
        weight, own = np.concatenate((weight, weight * 0.5)), np.concatenate((own, np.zeros_like(own)))
    odds = _crossed(_model, x, y, place, weight)
    high = float(np.quantile(odds[own & ~y], 1 - WRONG_PASS[effect]))
    low = min(float(np.quantile(odds[own & y], WRONG_FAIL[effect])), high - 1.0)
    unsure = np.mean((odds[own] < high) & (odds[own] > low))
    proven = np.mean(odds[own & y] >= high)
    print(f"{effect}: n {len(y)}, passes from {high:.2f}, fails to {low:.2f}, unsure {unsure:.3f}, proven {proven:.3f}")
    model = _model().fit(x, y, weight)
    # 0.95 and 0.05 lie as far from even odds.
    scale = 2 * math.log(0.95 / 0.05) / (high - low)
    middle = (high + low) / 2
    given = np.full(len(used), np.nan, np.float32)
    given[used] = (odds[: int(used.sum())] - middle) * scale
    return _plain(model, names, scale, middle), given


def _labels(effect: str, measured: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """Of each sample: whether it is hidden by the effect, is of the effect's own kind or bare, and is learned on."""
    _, case, shows, _ = measured["about"].T
    kinds = np.array([c.kind for c in CASES])[case]
    is_good = np.array([c.is_good for c in CASES])[case]
    # What is written over a mask, its fill and its size are the rules' part: learned as good, they hide what is bare.
    is_plain = np.array([c.fill == "plain" and not c.overlay and not c.grow_px for c in CASES])[case]
    used = (((kinds == KINDS[effect]) & is_plain) | ~is_good) & (shows > 0)
    return is_good & (kinds == KINDS[effect]), (kinds == KINDS[effect]) | (kinds == "none"), used


def _joined_learned(effect: str, measured: Mapping[str, Any], odds: Table) -> dict[str, Any]:
    """The forest that joins looks: by what each look alone says to places that nobody learned on, and what changes."""
    good, own, used = _labels(effect, measured)
    rows, at = [], []
    for here in np.flatnonzero(used & np.isin(measured["about"][:, 3], JOINED_AT)):
        looks = slice(here - measured["about"][here, 3], here + 1)
        if np.isnan(measured["change"][here]).any() or np.isnan(odds[looks]).any():
            continue
        told = dict(zip(OWN[effect], measured[f"own_{effect}"][here].tolist(), strict=True))
        change = evidence.Change(*measured["change"][here].tolist())
        found = joined_numbers(effect, told, odds[looks].tolist(), change)
        rows.append(list(found.values()))
        at.append(here)
    x, y, place, own = np.array(rows, np.float32), good[at], measured["about"][at, 0], own[at]
    weight = np.where(own, 1.0, OTHER_WEIGHT)
    crossed = _crossed(_small_model, x, y, place, weight)
    # A mask of another kind, too: in a zone of any effect this forest is asked about it.
    high = max(float(np.quantile(crossed[some & ~y], 1 - WRONG_PASS_JOINED)) for some in (own, ~own))
    proven = np.mean(crossed[own & y] >= high)
    print(f"{effect}, joined: n {len(y)}, passes from {high:.2f}, proven {proven:.3f}")
    return _plain(_small_model().fit(x, y, weight), list(found), 1.0, high - math.log(0.95 / 0.05))


def _crossed(model: Callable[[], Any], x: Table, y: Any, place: Any, weight: Any) -> Any:
    """Odds of each sample by what is learned on other places."""
    odds = np.zeros(len(y))
    for train, test in GroupKFold(FOLDS).split(x, y, place):
        odds[test] = model().fit(x[train], y[train], weight[train]).decision_function(x[test])
    return odds


def _plain(model: Any, names: list[str], scale: float, middle: float) -> dict[str, Any]:
    base = (float(model._baseline_prediction.ravel()[0]) - middle) * scale
    return {"names": names, "base": round(base, 4), "trees": [_tree(one[0].nodes, scale) for one in model._predictors]}


def _small_model() -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=60,
        max_leaf_nodes=8,
        learning_rate=0.1,
        min_samples_leaf=60,
        l2_regularization=10,
        early_stopping=False,
        random_state=0,
    )


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

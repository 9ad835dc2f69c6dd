"""Estimates how likely a zone is hidden by an effect: small boosted forests over the numbers of `features.py`.

Where one readable rule is not enough, many small ones vote. `tests/bench/train_masks.py` trains the forests on places
outside all published figures; `forest.json` holds them as plain numbers, read on import, before the worker drops its
files. `verdict.py` decides what follows, and may overrule them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from masking.model import Effect

PASS_FROM: Final = 0.95
FAIL_TO: Final = 0.05
"""The forests are scaled so that these probabilities are where one picture decides."""


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees as flat arrays.

    At a node, a number up to `threshold` leads to `left`, else to `right`; a leaf leads to itself. `value` of the
    reached leaves, and `base`, add up to log odds.
    """

    names: tuple[str, ...]
    roots: npt.NDArray[np.intp]
    feature: npt.NDArray[np.intp]
    threshold: npt.NDArray[np.float32]
    left: npt.NDArray[np.intp]
    right: npt.NDArray[np.intp]
    value: npt.NDArray[np.float32]
    depth: int
    base: float

    def log_odds(self, numbers: Mapping[str, float]) -> float:
        """Log odds that a zone with these numbers is hidden by the forest's effect."""
        x = np.array([numbers[name] for name in self.names], np.float32)
        # Asking every node at once is quicker than asking those on the way, level by level.
        following = np.where(x.take(self.feature) <= self.threshold, self.left, self.right)
        node = self.roots
        for _ in range(self.depth):
            node = following.take(node)
        return self.base + float(self.value[node].sum())


def build_forest(data: Mapping[str, Any]) -> Forest:
    """Build a forest of trees of pre-order nodes (feature, threshold, right): left follows, (-1, value) is a leaf."""
    sizes = [len(tree) for tree in data["trees"]]
    nodes = [node for tree in data["trees"] for node in tree]
    starts = np.cumsum([0, *sizes[:-1]])
    at = np.arange(len(nodes))
    asked = np.array([node[0] for node in nodes], np.intp)
    number = np.array([node[1] for node in nodes])
    other = np.repeat(starts, sizes) + np.array([node[-1] if node[0] >= 0 else 0 for node in nodes], np.intp)
    is_leaf = asked < 0
    left, right = np.where(is_leaf, at, at + 1), np.where(is_leaf, at, other)
    depth, level = 0, starts[~is_leaf[starts]]
    while level.size:
        depth, below = depth + 1, np.concatenate((left[level], right[level]))
        level = below[~is_leaf[below]]
    return Forest(
        tuple(data["names"]),
        starts,
        np.where(is_leaf, 0, asked),
        np.where(is_leaf, np.inf, number).astype(np.float32),
        left,
        right,
        np.where(is_leaf, number, 0).astype(np.float32),
        depth,
        float(data["base"]),
    )


DATA: Final = Path(__file__).with_name("forest.json")
_READ: Final = json.loads(DATA.read_bytes())
FORESTS: Final[dict[Effect, Forest]] = {effect: build_forest(data) for effect, data in _READ["forests"].items()}
LOOKS: Final[dict[Effect, Forest]] = {effect: build_forest(data) for effect, data in _READ["looks"].items()}
"""For one picture, and for several looks at a mosaic (`looks/numbers.py`)."""

"""The shipped forests fit the measures, are small, and were learned elsewhere; a forest is read as it was written."""

from __future__ import annotations

import json
import math

import numpy as np
import pictures
import pytest

from masking.looks.evidence import Change
from masking.looks.numbers import joined_numbers
from masking.model import Effect, Zone
from masking.zones import features
from masking.zones.features import ZoneMeasures
from masking.zones.forest import DATA, FORESTS, LOOKS, build_forest
from masking.zones.opinions import JUDGES
from masking.zones.raster import cut

NUMBERS = {
    "color": features.color_numbers,
    "pixelated": features.pixelated_numbers,
    "blurred": features.blurred_numbers,
}

TWO_TREES = {
    "names": ["a", "b"],
    "base": -0.5,
    "trees": [
        [[0, 1.0, 2], [-1, 2.0], [1, 5.0, 4], [-1, -1.0], [-1, 0.25]],
        [[-1, 0.125]],
    ],
}


@pytest.mark.parametrize(
    ("a", "b", "odds"),
    [(1.0, 9.0, 2.0), (0.5, 0.0, 2.0), (1.5, 5.0, -1.0), (1.5, 5.5, 0.25)],
)
def test_a_forest_adds_up_the_leaves_that_its_numbers_lead_to(a: float, b: float, odds: float) -> None:
    forest = build_forest(TWO_TREES)
    assert forest.depth == 2
    assert forest.log_odds({"a": a, "b": b, "unused": 0.0}) == pytest.approx(-0.5 + odds + 0.125)


def test_a_forest_that_misses_a_number_says_which() -> None:
    with pytest.raises(KeyError, match="b"):
        build_forest(TWO_TREES).log_odds({"a": 1.0})


@pytest.mark.parametrize("effect", ["color", "pixelated", "blurred"])
def test_every_number_that_a_shipped_forest_asks_for_is_measured(effect: Effect) -> None:
    region = cut(pictures.lit(pictures.scene(21), "day", 1), pictures.polygon(pictures.ZONE))
    assert region is not None
    numbers = NUMBERS[effect](ZoneMeasures(region, "#000000"))
    assert set(FORESTS[effect].names) <= set(numbers)
    assert all(math.isfinite(value) for value in numbers.values())
    assert math.isfinite(FORESTS[effect].log_odds(numbers))


@pytest.mark.parametrize("effect", LOOKS)
def test_every_number_that_a_shipped_forest_of_looks_asks_for_is_measured(effect: Effect) -> None:
    region = cut(pictures.lit(pictures.scene(21), "day", 1), pictures.polygon(pictures.ZONE))
    assert region is not None
    told = dict(JUDGES[effect](ZoneMeasures(region, ""), Zone("desk", pictures.polygon(pictures.ZONE), effect)).numbers)
    numbers = joined_numbers(effect, told, (-30.0, 30.0), Change(0.0, 0.0, 0.0, 1.0, 1.0))
    assert LOOKS[effect].names == tuple(numbers)
    assert math.isfinite(LOOKS[effect].log_odds(numbers))


def test_the_measures_are_finite_for_flat_tiny_and_noisy_pictures() -> None:
    rng = np.random.default_rng(3)
    for height, width in ((16, 16), (40, 24), (180, 320), (360, 640)):
        for picture in (np.zeros((height, width, 3), np.uint8), rng.integers(0, 255, (height, width, 3), np.uint8)):
            for box in (pictures.ZONE, (0.0, 0.0, 1.0, 1.0), (0.0, 0.2, 0.5, 1.0)):
                region = cut(picture, pictures.polygon(box))
                if region is not None:
                    seen = ZoneMeasures(region, "#ffffff")
                    for numbers in NUMBERS.values():
                        assert all(math.isfinite(value) for value in numbers(seen).values())


def test_the_forests_are_small_and_were_not_learned_where_figures_are_measured() -> None:
    assert DATA.stat().st_size < 300_000
    learned_on = json.loads(DATA.read_bytes())["learned_on"]
    assert len(learned_on) >= 20
    assert not [name for name in learned_on if "vtest" in name or "leuven" in name or name.startswith(("demo", "clip"))]

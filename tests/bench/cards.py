"""Measures cards to type off: CPU of a card of 24 corners, what 200 zones leave bare, and hide beyond them.

Run alone: python tests/bench/cards.py [--quick] [--json]. The peer is the rectangle around each zone, on the same grid.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from zones_made import star, zones

from agent.onsite.cards.card import card
from agent.onsite.cards.grid import corners
from agent.onsite.cards.makers import MAKERS
from agent.onsite.cards.model import Known
from agent.site.config.site import PrivateZone
from masking.coverage import hidden_beyond
from masking.geometry import GeometryError, bounding_box, validate
from masking.model import Polygon
from measure.figures import Figure, flags, say, show

CPU = Figure("card_24_corners_cpu_ms", "ms", 200, "lower")
BARE = Figure("zones_left_bare", "zones", 0, "lower")
WORSE = Figure("worse_than_box", "zones", 0, "lower")
RECTANGLES = Figure("rectangles_too_much_ratio", "", 0.35, "lower")
FOUR_CORNERS = Figure("four_corners_too_much_ratio", "", 0.12, "lower")

ZONES, QUICK_ZONES = 200, 10
REPEATS, QUICK_REPEATS = 40, 3


def cornered(count: int, seed: int = 24) -> list[Polygon]:
    """Return zones of 24 corners that do not cross themselves."""
    rng = random.Random(seed)
    found: list[Polygon] = []
    while len(found) < count:
        zone = star(rng, 24)
        try:
            validate(zone)
        except GeometryError:
            continue
        found.append(zone)
    return found


def cpu_ms(zone: Polygon, driver: str) -> float:
    """Return the CPU time of one card, with four masks free."""
    began = time.process_time()
    card(PrivateZone("z", zone), Known(driver=driver, masks=()), free=4)
    return 1000 * (time.process_time() - began)


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    drawn = list(zones(QUICK_ZONES if asked.quick else ZONES))
    timed = cornered(QUICK_REPEATS if asked.quick else REPEATS)
    say(f"cards of {len(timed)} zones of 24 corners, twice")
    spent = [cpu_ms(zone, driver) for zone in timed for driver in ("hikvision", "dahua")]
    bare = worse = 0
    ratios: dict[str, float] = {}
    for driver in ("dahua", "hikvision"):
        say(f"{len(drawn)} zones on the grid of {driver}")
        grid = MAKERS[driver].grid
        beyond = around = 0.0
        for zone in drawn:
            found = card(PrivateZone("z", zone), Known(driver=driver, masks=()), free=4)
            box = hidden_beyond(zone, [grid.polygon(corners(grid.outward(bounding_box(zone))))])
            bare += found.left_bare > 1e-9
            worse += found.too_much > box + 1e-9
            beyond, around = beyond + found.too_much, around + box
        ratios[driver] = beyond / around
    figures = {
        CPU.name: CPU.of(spent),
        BARE.name: BARE.of([bare]),
        WORSE.name: WORSE.of([worse]),
        RECTANGLES.name: RECTANGLES.of([ratios["dahua"]]),
        FOUR_CORNERS.name: FOUR_CORNERS.of([ratios["hikvision"]]),
    }
    show("cards", asked, figures, {"zones": len(drawn), "masks": 4})


if __name__ == "__main__":
    main()

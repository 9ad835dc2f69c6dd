"""Finds the mask of a full device that hides a zone as well with the least enlargement. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from agent.onsite.cards.grid import Grid, corners
from agent.onsite.cards.model import Known, Maker
from agent.onsite.cards.outline import BARE_MOST
from agent.onsite.cards.shapes import Shape
from masking.coverage import hidden_beyond, uncovered_ratio
from masking.geometry import bounding_box
from masking.model import Polygon


@dataclass(frozen=True, slots=True)
class Enlarged:
    """A mask that a device lists, drawn larger: its number, its new outline on the grid, and what it hides more.

    `too_much`: share of the picture (0..1) that it hides then, beyond what it hides now and the zone.
    """

    number: int
    shape: Shape
    too_much: float


def enlarged(zone: Polygon, maker: Maker, known: Known, grid: Grid) -> Enlarged | None:
    """Return the mask to enlarge to the rectangle around itself and the zone; None where no mask can be.

    It must be switched on, have an outline, and a number on the maker's page: others are not known well enough.
    """
    return min(_candidates(zone, maker, known, grid), key=lambda one: one.too_much, default=None)


def _candidates(zone: Polygon, maker: Maker, known: Known, grid: Grid) -> Iterator[Enlarged]:
    for mask in known.masks or ():
        number = maker.slot_of(mask.token)
        if number is None or mask.enabled is not True or len(mask.polygon) < 3:
            continue
        shape = corners(grid.outward(bounding_box((*mask.polygon, *zone))))
        outline = grid.polygon(shape)
        if max(uncovered_ratio(zone, (outline,)), uncovered_ratio(mask.polygon, (outline,))) <= BARE_MOST:
            both = hidden_beyond(zone, (outline,)) - hidden_beyond(zone, (mask.polygon,))
            yield Enlarged(number, shape, max(both, 0.0))

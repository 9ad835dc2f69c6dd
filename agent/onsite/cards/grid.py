"""Converts shapes of a picture into the whole numbers in which a device's page counts, and into their text.

In here every grid counts from the upper left, x to the right and y down; only `written` turns it as the device does.
Rounding is always outwards: a mask may hide a little more, and never less.
"""

import math
from dataclasses import dataclass
from typing import Final

from masking.model import Point, Polygon

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""

Cell = tuple[int, int]
"""A point of a grid: steps from the left and from the top."""

CellBox = tuple[int, int, int, int]

ROUNDING: Final = 1e-9
"""Part of a grid's step that counts as rounding of a float: the zone of a mask that was taken over gives it again."""


@dataclass(frozen=True, slots=True)
class Grid:
    """How a device counts: `columns` by `rows` steps across the picture.

    `y_up`: it counts heights from the bottom. `low`, `high`: the numbers at its ends, None for 0 and the count of steps
    itself; with them a number has `decimals`.
    """

    columns: int
    rows: int
    y_up: bool = False
    low: float | None = None
    high: float | None = None
    decimals: int = 0

    def outward(self, box: Box) -> CellBox:
        """Round a box of fractions outwards onto the grid, at least one step wide and high, inside the picture."""
        left, right = _outward(box[0] * self.columns, box[2] * self.columns, self.columns)
        top, bottom = _outward(box[1] * self.rows, box[3] * self.rows, self.rows)
        return left, top, right, bottom

    def point(self, cell: Cell) -> Point:
        """Return a point of the grid in fractions of the picture."""
        return cell[0] / self.columns, cell[1] / self.rows

    def polygon(self, cells: tuple[Cell, ...]) -> Polygon:
        """Return a shape of the grid in fractions of the picture."""
        return tuple(self.point(cell) for cell in cells)

    def written(self, cell: Cell) -> tuple[str, str]:
        """Return a point as the device's page writes it: x and y."""
        across, down = cell
        return self._number(across, self.columns), self._number(self.rows - down if self.y_up else down, self.rows)

    def _number(self, steps: int, count: int) -> str:
        if self.low is None or self.high is None:
            return str(steps)
        return f"{self.low + (self.high - self.low) * steps / count:.{self.decimals}f}"


def corners(box: CellBox) -> tuple[Cell, ...]:
    """Return the corners of a box, clockwise from the upper left."""
    left, top, right, bottom = box
    return (left, top), (right, top), (right, bottom), (left, bottom)


def _outward(low: float, high: float, most: int) -> tuple[int, int]:
    first = min(max(math.floor(low + ROUNDING), 0), most - 1)
    return first, min(max(math.ceil(high - ROUNDING), first + 1), most)

"""Tells by few measures whether a zone may pass as an effect at all: its judge then need not be asked.

Each is what the judge's own rules demand for a PASS (`opinions.py`), whatever its forest says: no verdict depends on
it, it spares the many measures of effects that a zone does not have.
"""

from collections.abc import Callable
from typing import Final

from masking.model import Effect
from masking.zones.features import ZoneMeasures

COVERED_MIN: Final = 0.965
WORST_CELL_MIN: Final = 0.5
STEP_MIN: Final = 0.5
"""Shares of a solid mask's colour in all and in the worst cell, and of the border's cells that must show a step."""

GRID_CONTRAST_MIN: Final = 1.6
GRID_LINES_MIN: Final = 3
ENERGY_MIN: Final = 0.06
LEAK_MOST: Final = 0.6
"""Without so plain a grid there is no mosaic, without so much gradient no blur; and either takes more detail away."""

TEXTURED_LEAST: Final = 0.05
"""Below this share of the border nothing passes for a mosaic or a blur, however sure the forest is."""


def _may_be_solid(seen: ZoneMeasures) -> bool:
    solid = seen.solid
    is_patchy = solid.covered_ratio < COVERED_MIN or solid.worst_cell_ratio < WORST_CELL_MIN
    return not is_patchy and solid.color_off <= 1 and seen.border.step_ratio >= STEP_MIN


def _may_be_mosaic(seen: ZoneMeasures) -> bool:
    if seen.border.textured_ratio < TEXTURED_LEAST:
        return False
    grid = seen.mosaic
    is_grid = grid.contrast >= GRID_CONTRAST_MIN and grid.lines >= GRID_LINES_MIN
    return is_grid and seen.rest.leak_ratio < LEAK_MOST


def _may_be_blur(seen: ZoneMeasures) -> bool:
    is_textured = seen.border.textured_ratio >= TEXTURED_LEAST
    return is_textured and seen.detail.leak_ratio < LEAK_MOST and seen.blur.energy >= ENERGY_MIN


MAY_PASS: Final[dict[Effect, Callable[[ZoneMeasures], bool]]] = {
    "color": _may_be_solid,
    "pixelated": _may_be_mosaic,
    "blurred": _may_be_blur,
}

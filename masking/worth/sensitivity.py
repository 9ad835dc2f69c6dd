"""Defines what a calibration found: the smallest faults that a zone's judge would have found. Pure, for the daemon."""

from dataclasses import dataclass
from typing import Final

SIDES: Final = ("left", "top", "right", "bottom")

GAPS_PX: Final = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0)
"""Widths of bare strips that are tried along each side, in pixels of a 640 px wide picture."""

OPACITIES: Final = (0.98, 0.95, 0.93, 0.9, 0.85, 0.7, 0.5, 0.0)
"""Opacities that are tried over the whole zone; the last one is a bare zone."""

MOST_ZONES: Final = 4
"""So many zones are calibrated in one picture: it is one job of the worker, which has its time limit."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What would have been found in a zone that passed.

    `gap_px`: the narrowest bare strip, along whichever side it lies, in pixels of a 640 px wide picture; None: none.
    `sides` could be tried, and along `blind_sides` of them no strip would have been found: what lies there looks like
    the mask; 0 sides: nothing could be tried. `opacity_ratio` (0..1): the most opaque mask that would have been told
    from an opaque one; None: not even a bare zone would have been found.
    """

    gap_px: float | None
    sides: int
    blind_sides: int
    opacity_ratio: float | None

    @property
    def is_proof(self) -> bool:
        """Whether a PASS says anything: gross faults, a bare zone and a bare strip, would have been found."""
        return self.opacity_ratio is not None and self.gap_px is not None


NOT_MEASURED: Final = Sensitivity(None, 0, 0, None)

"""Converts zones of the approved view into a path's picture, and measures what of the view that picture shows.

Pure Python: the daemon uses it for words, the worker for zones. `register.py` finds a `Framing`. Paths of one camera
differ in known ways only: turned by quarters, mirrored, squeezed, cut to a part, with bars. A picture that is shifted
beyond the approved view on one side and cut on the other is none of them, but a camera that moved.
"""

from dataclasses import dataclass
from typing import Final

from masking.geometry import area
from masking.view.model import NO_BARS, Bars, Framing, Polygon
from masking.view.zones import clipped

SAME: Final = 0.02
"""Shares of the frame up to which a framing is the approved one: tiles measure far finer, lenses and scalers do not."""

SCALE_MOST: Final = 4.0
"""No path shows less than a quarter of another's width, nor four times of it."""

ASIDE: Final = 0.01
"""How far beside what is shown a zone must lie to be shown nowhere."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in 0..1."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What of the approved view a picture leaves out at each side, as shares (0..1) of its width or height."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0

    @property
    def shown_ratio(self) -> float:
        """Share of the approved view that is shown."""
        return max(1 - self.left - self.right, 0.0) * max(1 - self.top - self.bottom, 0.0)


def framed(framing: Framing, polygon: Polygon) -> Polygon:
    """Return where a polygon of the approved view lies in the picture; parts may lie outside of 0..1."""
    return tuple(_into(framing, x, y) for x, y in polygon)


def _into(framing: Framing, x: float, y: float) -> tuple[float, float]:
    x = 1 - x if framing.mirrored else x
    x, y = {0: (x, y), 90: (1 - y, x), 180: (1 - x, 1 - y), 270: (y, 1 - x)}[framing.turn_deg]
    return framing.scale_x * x + framing.offset_x, framing.scale_y * y + framing.offset_y


def unframed(framing: Framing, x: float, y: float) -> tuple[float, float]:
    """Return which point of the approved view lies at a point of the picture."""
    x, y = (x - framing.offset_x) / framing.scale_x, (y - framing.offset_y) / framing.scale_y
    x, y = {0: (x, y), 90: (y, 1 - x), 180: (1 - x, 1 - y), 270: (1 - y, x)}[framing.turn_deg]
    return (1 - x if framing.mirrored else x), y


def content(bars: Bars) -> Box:
    """Return the part of a picture that is no bar."""
    return bars.left, bars.top, 1 - bars.right, 1 - bars.bottom


def shown(framing: Framing, bars: Bars = NO_BARS) -> Box:
    """Return the part of the approved view that a picture shows, in the approved frame; it may reach beyond 0..1."""
    left, top, right, bottom = content(bars)
    (one, up), (other, down) = unframed(framing, left, top), unframed(framing, right, bottom)
    return min(one, other), min(up, down), max(one, other), max(up, down)


def cut_of(framing: Framing, bars: Bars = NO_BARS) -> Cut:
    """Return what a picture leaves out of the approved view."""
    left, top, right, bottom = shown(framing, bars)
    return Cut(*(min(max(one, 0.0), 1.0) for one in (left, top, 1 - right, 1 - bottom)))


def is_as_approved(framing: Framing) -> bool:
    """Tell whether no point of the approved view lies farther than SAME from where it was approved."""
    if framing.turn_deg or framing.mirrored:
        return False
    return _ends_near(framing.scale_x, framing.offset_x) and _ends_near(framing.scale_y, framing.offset_y)


def _ends_near(scale: float, offset: float) -> bool:
    return abs(offset) <= SAME and abs(scale + offset - 1) <= SAME


def plausible(framing: Framing, bars: Bars = NO_BARS) -> bool:
    """Tell whether a framing is one in which paths of one camera differ: along each axis the one contains the other."""
    scales = (framing.scale_x, framing.scale_y)
    if not all(1 / SCALE_MOST <= scale <= SCALE_MOST for scale in scales):
        return False
    left, top, right, bottom = shown(framing, bars)
    return all(
        (low >= -SAME and high <= 1 + SAME) or (low <= SAME and high >= 1 - SAME)
        for low, high in ((left, right), (top, bottom))
    )


def inside(polygon: Polygon, box: Box) -> Polygon:
    """Return the part of a polygon within a box of the picture; empty where none is."""
    left, top, right, bottom = box
    wide, high = right - left, bottom - top
    if wide <= 0 or high <= 0:
        return ()
    part = clipped(tuple(((x - left) / wide, (y - top) / high) for x, y in polygon))
    if len(part) < 3 or area(part) <= 0:
        return ()
    return tuple((min(max(left + x * wide, 0.0), 1.0), min(max(top + y * high, 0.0), 1.0)) for x, y in part)


def is_beside(polygon: Polygon, box: Box) -> bool:
    """Tell whether a polygon lies wholly outside of a box, by ASIDE at least."""
    left, top, right, bottom = box
    return not inside(polygon, (left - ASIDE, top - ASIDE, right + ASIDE, bottom + ASIDE))


def bar_boxes(bars: Bars) -> tuple[Box, ...]:
    """Return the bars as boxes of the picture."""
    boxes = (
        (0.0, 0.0, bars.left, 1.0),
        (0.0, 0.0, 1.0, bars.top),
        (1 - bars.right, 0.0, 1.0, 1.0),
        (0.0, 1 - bars.bottom, 1.0, 1.0),
    )
    return tuple(box for box, share in zip(boxes, (bars.left, bars.top, bars.right, bars.bottom), strict=True) if share)

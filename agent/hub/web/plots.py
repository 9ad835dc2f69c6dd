"""Renders counts and shares by day as columns of a plot, which a template draws as SVG. Pure.

A plot never stands alone: its numbers are the table below it. Heights are whole numbers of a fixed drawing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 720
HEIGHT: Final = 150
LEFT: Final = 46
BOTTOM: Final = 22
TOP: Final = 10
RIGHT: Final = 16
_STEPS: Final = (1, 2, 2.5, 5, 10)
_LABELS_MOST: Final = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a column. `kind`: a class of the style sheet."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A label of an axis, and where it stands."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Columns of several parts. `values`: of each label the numbers by kind, as the table has them; None: not known."""

    bars: tuple[Bar, ...]
    heights: tuple[Tick, ...]
    labels: tuple[Tick, ...]
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    values: tuple[Mapping[str, float | None], ...]
    width: int = WIDTH
    height: int = HEIGHT + TOP + BOTTOM
    left: int = LEFT
    floor: int = TOP + HEIGHT


def columns(
    names: Sequence[str], values: Sequence[Mapping[str, float | None]], kinds: Sequence[str], most: float | None = None
) -> Plot:
    """Lay out a column for each name, its parts one on the other in the order of `kinds`.

    Args:
        names: What stands below the columns, such as days.
        values: The numbers of each, by kind; None: not known, and nothing is drawn.
        kinds: Which parts, from below.
        most: The top of the axis; None: a round number above the highest column.
    """
    sums = [sum(value for kind in kinds if (value := one.get(kind)) is not None) for one in values]
    top = most if most is not None else _round_up(max(sums, default=0.0))
    wide = (WIDTH - LEFT - RIGHT) / max(1, len(names))
    bars = []
    for number, one in enumerate(values):
        floor = float(TOP + HEIGHT)
        for kind in kinds:
            value = one.get(kind)
            if value is not None and value > 0:
                high = HEIGHT * min(1.0, value / top)
                floor -= high
                bars.append(
                    Bar(kind, round(LEFT + wide * number + wide * 0.1, 1), round(floor, 1), round(wide * 0.8, 1),
                        round(high, 1))
                )  # fmt: skip
    every = -(-len(names) // _LABELS_MOST) or 1
    labels = tuple(
        Tick(round(LEFT + wide * (number + 0.5), 1), name)
        for number, name in enumerate(names)
        if (len(names) - 1 - number) % every == 0
    )
    heights = tuple(Tick(round(TOP + HEIGHT * (1 - part), 1), f"{top * part:g}") for part in (0.0, 0.5, 1.0))
    return Plot(
        bars=tuple(bars), heights=heights, labels=labels, names=tuple(names), kinds=tuple(kinds), values=tuple(values)
    )


def _round_up(value: float) -> float:
    """Return the next number that reads well; 1 for nothing."""
    if value <= 0:
        return 1.0
    power = 10.0 ** (len(str(int(value))) - 1)
    return next(step * power for step in _STEPS if step * power >= value)

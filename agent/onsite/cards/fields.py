"""Writes shapes of a grid as fields to type off: in the device's numbers, and in percent to draw by eye. Pure."""

from collections.abc import Iterable, Iterator

from agent.model.finding import Message, sentence
from agent.onsite.cards import generic
from agent.onsite.cards.grid import Grid
from agent.onsite.cards.model import Field, Maker
from agent.onsite.cards.shapes import Shape


def write_fields(shapes: Iterable[Shape], numbers: Iterable[int], grid: Grid, maker: Maker) -> Iterator[Field]:
    """Yield the fields of shapes that get these numbers on the page; what is in percent already is written once."""
    for number, shape in zip(numbers, shapes, strict=False):
        yield from write_shape(number, shape, grid, maker)
        if grid != generic.MAKER.grid:
            percent = "; ".join(f"{100 * x:.1f}, {100 * y:.1f}" for x, y in grid.polygon(shape))
            label = Message("mask {number}, corners in % from the left and from the top", {"number": number})
            yield Field(label, sentence(percent))


def write_shape(number: int, shape: Shape, grid: Grid, maker: Maker) -> Iterator[Field]:
    """Yield the fields of one shape in the device's numbers: its sides where it is a rectangle, else its corners."""
    if _is_rectangle(shape) and not maker.by_corners:
        (left, top), (right, bottom) = grid.written(shape[0]), grid.written(shape[2])
        label = Message("mask {number}: left, top, right, bottom", {"number": number})
        yield Field(label, sentence(f"{left}, {top}, {right}, {bottom}"))
        return
    for corner, cell in enumerate(shape, start=1):
        x, y = grid.written(cell)
        label = Message("mask {number}, corner {corner}: x, y", {"number": number, "corner": corner})
        yield Field(label, sentence(f"{x}, {y}"))


def _is_rectangle(shape: Shape) -> bool:
    """Tell whether a shape is an upright rectangle, written clockwise from its upper left corner."""
    if len(shape) != 4:
        return False
    (left, top), (right, bottom) = shape[0], shape[2]
    return shape == ((left, top), (right, top), (right, bottom), (left, bottom))

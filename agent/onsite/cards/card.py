"""Builds the card of one zone: the masks to draw on the device's own page, in its numbers and within its limits. Pure.

What a device cannot take is covered by what it can: nothing of the zone stays bare, and what is hidden beyond it is
measured with the function that the reports use (`masking/coverage.py`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from agent.model.finding import Listed, Message, listed, sentence
from agent.onsite.cards import generic, hikvision
from agent.onsite.cards.enlarge import enlarged
from agent.onsite.cards.fields import write_fields, write_shape
from agent.onsite.cards.grid import Grid
from agent.onsite.cards.makers import maker_of, title_of
from agent.onsite.cards.model import Card, Known, Maker
from agent.onsite.cards.shapes import draw
from agent.onsite.cards.slots import Slots, count_slots
from agent.site.config.site import PrivateZone
from agent.text.harmless import printable
from masking.coverage import uncovered_ratio
from masking.geometry import GeometryError, validate, without_repeats
from masking.model import Polygon

STEPS_LEAST: Final = 64
STEPS_MOST: Final = 65536
"""Fewer or more steps over a picture are no screen that masks are drawn on: the maker's usual one counts."""

COVERED: Final = 0.001
"""Share of a zone that may be bare where the masks that a device lists are called enough already: rounding."""

_TURNED = Message(
    "with mirroring, rotation or corridor mode on, draw by eye: numbers may count in the picture before it is turned"
)
_UPRIGHT = Message(
    "the picture is higher than wide, so the device turns it, and its numbers may count before that: draw by eye"
)
_BY_EYE = Message("a page without fields for numbers: drag the corners to these percentages of the picture")
_PROVE = Message("save, and look again: only a picture proves that the zone is hidden")


def card(
    zone: PrivateZone,
    known: Known,
    *,
    beside: Iterable[PrivateZone] = (),
    free: int | None = None,
    rectangles: bool = False,
    preset: str = "",
) -> Card:
    """Return the card of a zone.

    Args:
        zone: The zone; its polygon in 0..1 of the picture, origin top left.
        known: What is known of the camera's device.
        beside: The other zones of the camera: one mask stays free for each that the listed masks do not cover.
        free: How many masks are free by the word of a person; None: counted from what the device lists.
        rectangles: The page draws upright rectangles only.
        preset: The preset position that the zone is of, empty where the camera is fixed.

    Returns:
        The card, with a `refusal` where the zone cannot be drawn or no mask is free. Nothing raises.
    """
    maker = maker_of(known)
    name = printable(zone.name)
    slots = count_slots(maker, known, free)
    try:
        polygon = without_repeats(zone.polygon)
        validate(polygon)
    except GeometryError as error:
        return _refused(maker, known, name, slots, Message(
            "zone {zone} cannot be drawn: {error}; name its corners in order around the area, each once",
            {"zone": name, "error": sentence(str(error))},
        ))  # fmt: skip
    if slots.planned < 1:
        return _refused(maker, known, name, slots, _full(polygon, maker, known))
    grid = _grid(maker, known)
    others = sum(1 for one in beside if one != zone and not _is_covered(one, known))
    drawn = draw(polygon, grid, max(slots.planned - others, 1), *_corners(maker, known, rectangles))
    shapes = tuple(grid.polygon(shape) for shape in drawn.shapes)
    percent = f"{100 * drawn.too_much:.1f}"
    return Card(
        maker=maker.name,
        title=title_of(maker, known),
        words=_words(name, len(shapes), percent),
        lines=tuple(_lines(maker, known, slots, zone, preset)),
        fields=tuple(write_fields(drawn.shapes, slots.numbers, grid, maker)),
        shapes=shapes,
        too_much=drawn.too_much,
        left_bare=drawn.left_bare,
        free=slots.free,
    )


def _grid(maker: Maker, known: Known) -> Grid:
    """Return how the page counts: in the steps that the device reports, in percent where its numbers mean nothing."""
    if known.upright:
        return generic.MAKER.grid
    steps = known.options.steps if known.options is not None else None
    if maker is hikvision.MAKER and steps is not None and all(STEPS_LEAST <= one <= STEPS_MOST for one in steps):
        return replace(maker.grid, columns=steps[0], rows=steps[1])
    return maker.grid


def _corners(maker: Maker, known: Known, rectangles: bool) -> tuple[int, int]:
    """Return how many corners a mask may have, and must have."""
    options = known.options
    if rectangles or (options is not None and options.rectangle_only):
        return 0, 3
    if maker.corners_most or options is None:
        return maker.corners_most, maker.corners_least
    return options.max_points, maker.corners_least


def _words(name: str, count: int, percent: str) -> Message:
    if count == 1:
        return Message(
            "zone {zone}: one mask hides it whole, and {percent} % of the picture beyond it",
            {"zone": name, "percent": percent},
        )
    return Message(
        "zone {zone}: {count} masks hide it whole, and {percent} % of the picture beyond it",
        {"zone": name, "count": count, "percent": percent},
    )


def _refused(maker: Maker, known: Known, name: str, slots: Slots, why: Message) -> Card:
    words = Message("zone {zone}: there is no card for it", {"zone": name})
    return Card(maker=maker.name, title=title_of(maker, known), words=words, free=slots.free, refusal=why)


def _full(zone: Polygon, maker: Maker, known: Known) -> Message:
    """Say that no mask is free, and which of those that are in use can make room."""
    off = [printable(mask.token) for mask in known.masks or () if mask.enabled is False]
    if off:
        return Message(
            "no mask is free; of those in use, {off} are switched off: on the device's page delete one of them, or "
            "draw it anew for this zone",
            {"off": listed(off)},
        )
    grid = _grid(maker, known)
    larger = enlarged(zone, maker, known, grid)
    if larger is not None:
        values = Listed(tuple(one.value for one in write_shape(larger.number, larger.shape, grid, maker)), "; ")
        return Message(
            "no mask is free: on the device's page enlarge mask {number} to {values}; that hides {percent} % of the "
            "picture more; or delete a mask that hides nothing private",
            {"number": larger.number, "values": values, "percent": f"{100 * larger.too_much:.1f}"},
        )
    return Message(
        "no mask is free: on the device's page enlarge a mask beside the zone until it covers it, or delete one that "
        "hides nothing private; or turn the camera so that the zone leaves the picture"
    )


def _lines(maker: Maker, known: Known, slots: Slots, zone: PrivateZone, preset: str) -> Iterator[Message]:
    if preset:
        yield Message(
            "turn the camera to preset {preset} first: a mask of a camera that turns belongs to one position",
            {"preset": printable(preset)},
        )
    yield maker.page
    yield slots.words
    if _is_covered(zone, known):
        yield Message("the masks that the device lists cover this zone already: look at a picture before you draw more")
    if known.upright:
        yield _UPRIGHT
    else:
        yield from maker.notes
        if maker is hikvision.MAKER:
            yield _steps(_grid(maker, known), known)
        if maker is not generic.MAKER:
            yield _BY_EYE
        yield _TURNED
    yield _PROVE


def _steps(grid: Grid, known: Known) -> Message:
    """Say over how many steps the numbers run, and whose word that is."""
    values: dict[str, object] = {"columns": grid.columns, "rows": grid.rows}
    if known.options is not None and known.options.steps == (grid.columns, grid.rows):
        return Message("its numbers run to {columns} across and {rows} up, by the device's own word", values)
    return Message("its numbers run to {columns} across and {rows} up, as is usual for this maker", values)


def _is_covered(zone: PrivateZone, known: Known) -> bool:
    """Tell whether the masks that the device lists as switched on cover a zone, by their outlines alone."""
    on = [mask.polygon for mask in known.masks or () if mask.enabled and mask.polygon]
    return bool(on) and uncovered_ratio(zone.polygon, on) <= COVERED

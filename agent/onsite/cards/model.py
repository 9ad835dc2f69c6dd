"""Defines cards, their fields, and what is known of the device that a card is for."""

from collections.abc import Callable
from dataclasses import dataclass

from agent.model.finding import Message
from agent.onsite.cards.grid import Grid
from drivers.details import MaskOptions
from drivers.model import Mask
from masking.model import Polygon


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """How one maker's devices take masks.

    `name`: a word for scripts; `title`: the maker's name. `page`: where masks are drawn, in the maker's words.
    `grid`: how its numbers count. `corners_most`: how many corners a mask may have, below 4: upright rectangles only;
    `corners_least`: how many it must have. `by_corners`: its page writes every corner of a rectangle. `usual`: how many
    masks its devices usually hold, None where nothing is known. `slot_of`: the number on the page of a mask that the
    device listed, by its token; None where the token is no number of a slot. `notes`: what else a person must know.
    """

    name: str
    title: Message
    page: Message
    grid: Grid
    notes: tuple[Message, ...]
    corners_most: int = 0
    corners_least: int = 3
    by_corners: bool = False
    usual: int | None = None
    slot_of: Callable[[str], int | None] = lambda token: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a camera's device when a card is made.

    `driver`: how it is read, `manufacturer`: as the device reports it. `masks` None: it does not list them, or did not
    answer. `options` None: it does not report what it can draw. `upright`: its picture is higher than wide, so that it
    was turned (corridor mode).
    """

    driver: str
    manufacturer: str = ""
    masks: tuple[Mask, ...] | None = None
    options: MaskOptions | None = None
    upright: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One value to type off, and what it is."""

    label: Message
    value: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One zone as a person draws it on the device's own page. camwarden writes nothing to a device.

    `maker`: a word for scripts, `title`: whose page it is for. `shapes` are the masks in 0..1 of the picture, origin
    top left. `too_much`: share of the picture (0..1) that they hide beyond the zone; `left_bare`: share of the
    zone (0..1) that they leave bare. `free`: how many masks the device can still take, None where that is unknown.
    `refusal`: why there is no card and what to do; then there is neither field nor shape.
    """

    maker: str
    title: Message
    words: Message
    lines: tuple[Message, ...] = ()
    fields: tuple[Field, ...] = ()
    shapes: tuple[Polygon, ...] = ()
    too_much: float = 0.0
    left_bare: float = 0.0
    free: int | None = None
    refusal: Message | None = None

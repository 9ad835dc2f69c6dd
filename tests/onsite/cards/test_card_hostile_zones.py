"""Whatever polygon comes, a card refuses it in words or hides it whole, in numbers the page has, and nothing raises."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.onsite.cards.card import card
from agent.onsite.cards.encode import card_json, card_lines
from agent.onsite.cards.makers import MAKERS
from agent.onsite.cards.model import Card, Known
from agent.onsite.cards.slots import MASKS_MOST
from agent.site.config.site import PrivateZone
from drivers.details import MaskOptions
from drivers.model import Mask
from masking.coverage import uncovered_ratio
from masking.geometry import GeometryError, validate, without_repeats
from masking.model import Polygon

ANY = st.floats(allow_nan=True, allow_infinity=True) | st.floats(-0.1, 1.1) | st.sampled_from([0.0, 0.5, 1.0, 1e-300])
LATTICE = st.integers(0, 12).map(lambda n: n / 12)
ANYTHING = st.lists(st.tuples(ANY, ANY), max_size=12).map(tuple)
CORNERED = st.lists(st.tuples(LATTICE, LATTICE), min_size=3, max_size=7).map(tuple)
"""Corners on few places: many lie on one line, repeat or cross."""

EDGES = {"hikvision": (0, 704), "dahua": (0, 8191), "uniview": (0, 10000), "onvif": (-1, 1), "generic": (0, 100)}


@st.composite
def around(draw: st.DrawFn) -> Polygon:
    """Draw a polygon around a middle: from a speck to the whole picture, of 3 to 100 corners, needles among them."""
    count = draw(st.integers(3, 100))
    size = draw(st.sampled_from([0.0005, 0.004, 0.03, 0.2, 0.49]))
    middle = draw(st.floats(size, 1 - size)), draw(st.floats(size, 1 - size))
    reaches = draw(st.lists(st.floats(0.02, 1.0), min_size=count, max_size=count))
    return tuple(
        (
            min(max(middle[0] + size * reach * math.cos(2 * math.pi * n / count), 0.0), 1.0),
            min(max(middle[1] + size * reach * math.sin(2 * math.pi * n / count), 0.0), 1.0),
        )
        for n, reach in enumerate(reaches)
    )


def is_zone(polygon: Polygon) -> bool:
    try:
        validate(without_repeats(polygon))
    except GeometryError:
        return False
    return True


def held(found: Card, zone: Polygon, most: int) -> None:
    """A card is refused, or its shapes hide the zone, lie in the picture, and are numbers that the page has."""
    for lang in ("en", "zh_CN"):
        assert "{" not in "".join(card_lines(found, lang)) and card_json(found, lang)["make"]
    if found.refusal is not None:
        assert (found.fields, found.shapes) == ((), ())
        assert not is_zone(zone)
        return
    assert is_zone(zone)
    assert 1 <= len(found.shapes) <= most
    assert uncovered_ratio(zone, found.shapes) <= 1e-7 and found.left_bare <= 1e-7
    assert all(0 <= x <= 1 and 0 <= y <= 1 for shape in found.shapes for x, y in shape)
    assert 0 <= found.too_much <= 1
    low, high = EDGES[found.maker]
    for one in found.fields:
        if "in %" not in str(one.label):
            assert all(low <= float(number) <= high for number in str(one.value).split(", "))


@settings(max_examples=150)
@given(ANYTHING | CORNERED, st.sampled_from(sorted(MAKERS)))
@example(((0.1, 0.1), (0.4, 0.4), (0.4, 0.1), (0.1, 0.4)), "dahua")
@example(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)), "hikvision")
@example(((0.0, 0.0), (0.001, 0.0), (0.001, 0.001), (0.0, 0.001)), "hikvision")
@example(((0.999, 0.999), (1.0, 0.999), (1.0, 1.0)), "onvif")
def test_any_points_at_all(zone: Polygon, maker: str) -> None:
    held(card(PrivateZone("z", zone), Known(driver=maker, masks=())), zone, MAKERS[maker].usual or 1)


@settings(max_examples=60)
@given(around(), st.sampled_from(["hikvision", "dahua"]), st.integers(1, 5))
def test_polygons_of_up_to_a_hundred_corners(zone: Polygon, maker: str, free: int) -> None:
    held(card(PrivateZone("z", zone), Known(driver=maker), free=free), zone, free)


SWITCHES = st.sampled_from([True, False, None])
MASKS = st.lists(st.builds(Mask, st.text(max_size=9), ANYTHING, st.text(max_size=9), SWITCHES), max_size=9)
NUMBERS = st.integers(0, 2**31 - 1)
STEPS = st.none() | st.tuples(st.integers(-9, 2**31), st.integers(-9, 2**31))
OPTIONS = st.builds(MaskOptions, NUMBERS, NUMBERS, st.just(()), SWITCHES, steps=STEPS)


@settings(max_examples=60)
@given(MASKS, OPTIONS, st.sampled_from([*sorted(MAKERS), "\x1b[2J"]), st.text(max_size=20), st.booleans())
def test_whatever_a_device_reports(
    masks: list[Mask], options: MaskOptions, driver: str, manufacturer: str, upright: bool
) -> None:
    known = Known(driver=driver, manufacturer=manufacturer, masks=tuple(masks), options=options, upright=upright)
    zone = PrivateZone("{braces} \x1b", ((0.2, 0.2), (0.7, 0.3), (0.6, 0.8), (0.5, 0.4), (0.3, 0.7)))
    found = card(zone, known, preset="{x}")
    assert len(found.shapes) <= MASKS_MOST and found.left_bare <= 1e-9
    assert bool(found.shapes) == (found.refusal is None)
    text = "".join(card_lines(found, "zh_CN"))
    assert "\x1b" not in text and "\x00" not in text


def test_the_most_corners_that_a_zone_may_have() -> None:
    zone = tuple(
        (0.5 + reach * math.cos(2 * math.pi * n / 256), 0.5 + reach * math.sin(2 * math.pi * n / 256))
        for n in range(256)
        for reach in (0.45 if n % 2 else 0.3,)
    )
    options = MaskOptions(64, 1000, ())
    for maker in ("onvif", "dahua"):
        held(card(PrivateZone("z", zone), Known(driver=maker, masks=(), options=options)), zone, MASKS_MOST)


@pytest.mark.parametrize("free", [1, 2, 4])
def test_a_saw_of_needles_at_the_edge_of_the_picture(free: int) -> None:
    teeth = [(n / 40, 0.0 if n % 2 else 0.3) for n in range(41)]
    zone: Polygon = (*teeth, (1.0, 0.4), (0.0, 0.4))
    assert all(a != b for a, b in pairwise(zone))
    held(card(PrivateZone("z", zone), Known(driver="hikvision"), free=free), zone, free)

"""Strips and glyphs as bytes: bounded, read back as they were, and refused where they were damaged or made up."""

import zlib
from dataclasses import replace

import numpy as np
import pytest

from masking.clock import kept, strip
from masking.clock.glyphs import Glyphs, Layout, Template
from masking.clock.orders import DatePlace


def glyphs() -> Glyphs:
    rng = np.random.default_rng(1)

    def some(pixels: int) -> Template:
        mean, weight = rng.normal(0, 1, pixels), rng.uniform(0.1, 6, pixels)
        return Template(mean.astype(np.float32), weight.astype(np.float32))

    layout = Layout(
        scale=2, unsigned=False, top=20, high=24, wide=14, colon_wide=8, lefts=(20, 34, 56, 70, 92, 106),
        colons=(48, 84),
    )  # fmt: skip
    date = DatePlace("ymd", (1, 2, 3, 4, 5, 6, 7, 8))
    digits, colons = tuple(some(24 * 14) for _ in range(10)), tuple(some(24 * 8) for _ in range(2))
    return Glyphs(640, 360, layout, digits, colons, "24", 0.875, date)


def some_strip() -> strip.Strip:
    return strip.strip_of(np.random.default_rng(2).integers(0, 255, (360, 640)).astype(np.uint8))


def test_glyphs_are_read_back_as_they_were() -> None:
    known = glyphs()
    back = kept.decode(kept.encode(known))
    assert replace(back, digits=(), colons=()) == replace(known, digits=(), colons=())
    for one, other in zip((*known.digits, *known.colons), (*back.digits, *back.colons), strict=True):
        assert float(np.abs(one.mean - other.mean).max()) < 0.021
        assert float(np.abs(one.weight - other.weight).max()) < 0.021


def test_neither_glyphs_nor_strips_show_themselves_in_a_log() -> None:
    assert "0." not in repr(glyphs().digits)
    assert "rows" not in repr(some_strip())


@pytest.mark.parametrize("cut", [0, 4, 40, 70, 200, -1])
def test_glyphs_that_were_cut_are_refused(cut: int) -> None:
    with pytest.raises(kept.GlyphsError):
        kept.decode(kept.encode(glyphs())[:cut])


@pytest.mark.parametrize("at", range(0, 48))
def test_no_head_of_glyphs_that_was_changed_ends_in_anything_but_glyphs_or_a_refusal(at: int) -> None:
    data = bytearray(kept.encode(glyphs()))
    for value in (0, 1, 127, 255):
        data[at] = value
        try:
            back = kept.decode(bytes(data))
        except kept.GlyphsError:
            continue
        assert len(back.digits) == 10
        assert max(back.layout.high, back.layout.wide) <= kept.MAX_CELL_PX


def test_a_bomb_of_zeros_is_not_unpacked() -> None:
    head = kept.encode(glyphs())[:60]
    with pytest.raises(kept.GlyphsError):
        kept.decode(head + zlib.compress(bytes(80_000_000), 9))
    begin = strip.encode(some_strip())[:13]
    with pytest.raises(strip.StripError):
        strip.decode(begin + zlib.compress(bytes(80_000_000), 9))


def test_glyphs_without_any_weight_do_not_fit_everything() -> None:
    known = glyphs()
    blank = tuple(replace(one, weight=np.zeros_like(one.weight)) for one in known.digits)
    back = kept.decode(kept.encode(replace(known, digits=blank)))
    assert all(float(one.weight.min()) > 0 for one in back.digits)


def test_a_strip_is_read_back_within_a_step() -> None:
    known = some_strip()
    back = strip.decode(strip.encode(known))
    assert (back.width_px, back.height_px, back.top) == (640, 360, 0)
    assert float(np.abs(back.rows - known.rows).max()) <= strip.STEP / 2


def test_a_strip_of_a_large_picture_is_averaged_down() -> None:
    large = strip.strip_of(np.zeros((2160, 3840), np.uint8))
    assert large.rows.shape == (2 * 108, 960)
    assert (large.width_px, large.height_px) == (3840, 2160)


@pytest.mark.parametrize("damage", ["cut", "version", "size", "body"])
def test_a_strip_that_was_damaged_is_refused(damage: str) -> None:
    data = bytearray(strip.encode(some_strip()))
    if damage == "cut":
        data = data[: len(data) // 2]
    elif damage == "version":
        data[0] = 9
    elif damage == "size":
        data[7:9] = b"\xff\xff"
    else:
        data[40:60] = bytes(20)
    with pytest.raises(strip.StripError):
        strip.decode(bytes(data))

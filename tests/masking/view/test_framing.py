"""Points and zones of the approved view in a path's picture: there and back, what is cut, what is beside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masking.view.framing import cut_of, framed, inside, is_as_approved, is_beside, plausible, shown, unframed
from masking.view.model import AS_APPROVED, Bars, Framing

CUT = Framing(scale_x=4 / 3, offset_x=-1 / 6)
scales = st.floats(0.3, 3.5)
offsets = st.floats(-2, 2)
any_framing = st.builds(
    Framing, turn_deg=st.sampled_from((0, 90, 180, 270)), mirrored=st.booleans(), scale_x=scales, scale_y=scales,
    offset_x=offsets, offset_y=offsets,
)  # fmt: skip


@given(any_framing, st.floats(0, 1), st.floats(0, 1))
def test_a_point_is_found_again(one: Framing, x: float, y: float) -> None:
    ((there, down),) = framed(one, ((x, y),))
    assert unframed(one, there, down) == pytest.approx((x, y), abs=1e-6)


def test_what_is_cut_is_told_by_side() -> None:
    cut = cut_of(CUT)
    assert (cut.left, cut.right) == (pytest.approx(0.125), pytest.approx(0.125))
    assert cut.shown_ratio == pytest.approx(0.75)
    barred = cut_of(Framing(scale_y=0.75, offset_y=0.125), Bars(top=0.125, bottom=0.125))
    assert barred.shown_ratio == pytest.approx(1)


def test_a_turn_by_a_quarter_goes_with_the_clock() -> None:
    assert framed(Framing(turn_deg=90), ((0.0, 0.0), (0.2, 0.0))) == ((1.0, 0.0), (1.0, 0.2))
    assert framed(Framing(mirrored=True), ((0.1, 0.3),)) == ((0.9, 0.3),)


@pytest.mark.parametrize(
    ("framing", "is_one"),
    [
        (AS_APPROVED, True),
        (CUT, True),
        (Framing(scale_x=0.75, offset_x=0.125), True),  # shows more at both sides
        (Framing(offset_x=0.2), False),  # panned
        (Framing(scale_x=1.2, offset_x=0.1), False),  # zoomed and panned out on one side
        (Framing(scale_x=5.0, offset_x=-2.0), False),
        (Framing(scale_x=-1.0, offset_x=1.0), False),
    ],
)
def test_only_ways_in_which_paths_differ_are_plausible(framing: Framing, is_one: bool) -> None:
    assert plausible(framing) is is_one


def test_a_zone_is_beside_only_where_all_of_it_lies_clear_of_what_is_shown() -> None:
    box = (0.0, 0.0, 1.0, 1.0)
    assert is_beside(((-0.3, 0.2), (-0.05, 0.2), (-0.05, 0.5), (-0.3, 0.5)), box)
    assert not is_beside(((-0.3, 0.2), (-0.005, 0.2), (-0.005, 0.5), (-0.3, 0.5)), box)
    assert not is_beside(((-0.3, 0.2), (0.1, 0.2), (0.1, 0.5), (-0.3, 0.5)), box)
    part = inside(((-0.3, 0.2), (0.1, 0.2), (0.1, 0.5), (-0.3, 0.5)), box)
    assert {round(x, 6) for x, _ in part} == {0.0, 0.1}


def test_nearly_as_approved_is_as_approved() -> None:
    assert is_as_approved(Framing(scale_x=1.01, offset_x=-0.005))
    assert not is_as_approved(Framing(scale_x=1.05, offset_x=-0.025))
    assert not is_as_approved(Framing(mirrored=True))
    assert shown(AS_APPROVED) == (0.0, 0.0, 1.0, 1.0)

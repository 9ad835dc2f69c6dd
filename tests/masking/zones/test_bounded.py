"""A blur that no look is sure of is proven by texture along every side in each of them, and by nothing less."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from masking.looks import bounded
from masking.looks.evidence import Change
from masking.looks.evidence_format import NO_MOMENT, Single
from masking.model import Verdict

LEANS = Single(bytes(8), NO_MOMENT, "UNSURE", "blurred", tells=True, is_poor=False, probability=0.7)
PRESENT = Verdict("desk", "UNSURE", "not-clean", (("hidden_probability", 0.7), ("sigma_px", 3.0)))
STILL = Change(inside=-1.2, cell=0.0, strip=0.3, around=2.0, least_around=1.5)


def test_looks_that_lean_to_a_blur_beside_texture_on_every_side_prove_it() -> None:
    assert bounded.is_blur(PRESENT, [LEANS] * 3, STILL)


@pytest.mark.parametrize("change", [None, replace(STILL, inside=-0.9), replace(STILL, least_around=0.6)])
def test_what_moves_inside_or_where_nothing_moves_around_is_not_proven(change: Change | None) -> None:
    """Of two looks at one frozen picture nothing changes anywhere."""
    assert not bounded.is_blur(PRESENT, [LEANS] * 3, change)


@pytest.mark.parametrize(
    "other",
    [{"tells": False}, {"is_poor": True}, {"probability": 0.1}, {"probability": None}, {"judge": "pixelated"}],
)
def test_one_look_without_texture_bits_or_odds_leaves_it_open(other: dict[str, Any]) -> None:
    """Where one side has no texture a bare strip shows nothing: such a look says nothing of that side."""
    assert not bounded.is_blur(PRESENT, [replace(LEANS, **other), LEANS, LEANS], STILL)


def test_two_looks_low_odds_or_a_weak_blur_leave_it_open() -> None:
    assert not bounded.is_blur(PRESENT, [LEANS] * 2, STILL)
    assert not bounded.is_blur(PRESENT, [replace(LEANS, probability=0.55)] * 3, STILL)
    weak = replace(PRESENT, numbers=(("hidden_probability", 0.7), ("sigma_px", 1.5)))
    assert not bounded.is_blur(weak, [LEANS] * 3, STILL)

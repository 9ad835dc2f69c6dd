"""What is said of every case in one test is said of each: all that break it are listed, and no case is no proof."""

from __future__ import annotations

import pytest
from every_case import holds_for_every


def is_even(number: int) -> None:
    assert number % 2 == 0, number


def raises(number: int) -> None:
    with pytest.raises(ValueError):
        int("1" if number else "x")


def test_every_case_that_breaks_a_claim_is_listed_and_no_other() -> None:
    with pytest.raises(AssertionError) as caught:
        holds_for_every((f"case {number}", lambda number=number: is_even(number)) for number in range(6))  # type: ignore[misc]
    assert str(caught.value).startswith("3 of 6 cases")
    assert [f"case {number}:" in str(caught.value) for number in range(6)] == [False, True] * 3


def test_a_case_that_raises_nothing_or_something_else_breaks_it_too() -> None:
    with pytest.raises(AssertionError, match="2 of 3 cases"):
        holds_for_every([("held", lambda: raises(0)), ("none", lambda: raises(1)), ("other", lambda: {}["x"])])


def test_a_claim_that_holds_for_all_passes_and_one_about_nothing_does_not() -> None:
    holds_for_every([("one", lambda: is_even(2))])
    with pytest.raises(AssertionError, match="no case at all"):
        holds_for_every([])
    with pytest.raises(AssertionError, match="two cases by one name"):
        holds_for_every([("one", lambda: is_even(2)), ("one", lambda: is_even(4))])

"""A packed day comes back as it was, and whatever else is read in its place is none; days add up without a carry."""

from __future__ import annotations

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.hub.domain.asking.packed_days import (
    DAYS_MOST,
    FORMAT,
    Bad,
    Numbers,
    PackedDay,
    added,
    bad_of,
    named_of,
    pack,
    packed,
    text_of,
    unpacked,
    wanted,
    without,
)

A, B = ("A", "M"), ("\ud800", "大")
NUMBERS = Numbers({("S1", A): 3, ("S1", B): 0, ("S2", A): 7}, {"S1": 3, "S2": 7})
HEADS = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 40) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
)


def bad(names: tuple[str, str], *checks: str) -> list[str]:
    return ["good", *names, *(f"{check} camera:c" for check in checks)]


def test_a_day_comes_back_and_what_needs_no_place_has_none() -> None:
    of_s1 = bad_of([bad(A, "x", "y"), bad(A, "y", "x"), bad(B, "x"), ["online", *A, "x c"]], 9)
    assert of_s1 == {(A, ("x", "y")): 2, (B, ("x",)): 1}
    whole, left = pack({"S1": of_s1, "S2": {}}, ["S1", "S2"], NUMBERS)
    assert (whole.bad, left) == ({("x",): b"\1", ("x", "y"): b"\0\0\0\2"}, frozenset())
    assert whole.reported == bytes([0, 0, 0, 1, 0, 0, 0, 1])
    assert unpacked(packed(whole)) == whole and unpacked(packed(PackedDay())) == PackedDay()
    assert without(whole, [3, 99]) == PackedDay(bytes([0, 0, 0, 0, 0, 0, 0, 1]), {("x",): b"\1"})


def test_what_cannot_be_packed_is_left_out_whole() -> None:
    assert bad_of([bad(A, "x")] * 3, 3) is None and bad_of([bad(A, "x")] * 256, 999) is None
    told: dict[str, Bad | None] = {"S1": None, "S2": {(A, ("x",)): 1, (B, ("x",)): 1}, "S3": {}}
    assert pack(told, ["S1", "S2", "S3"], NUMBERS) == (PackedDay(), frozenset(told))
    assert wanted(told, ["S1", "S2", "S3"], NUMBERS) == {("S2", B), ("S3", ("", ""))}
    assert named_of(text_of(B)) == B and text_of(B).isascii()


@given(HEADS, st.binary(max_size=40))
def test_whatever_head_stands_there_nothing_is_raised(head: object, rest: bytes) -> None:
    text = json.dumps(head).encode()
    for length in (len(text), len(text) + 1, 0, 2**32 - 1):
        whole = zlib.compress(length.to_bytes(4, "little") + text + rest)
        for stored in (FORMAT + whole, FORMAT + whole[:-1], whole, FORMAT + rest):
            found = unpacked(stored)
            assert found is None or len(found.reported) <= len(rest)


@pytest.mark.parametrize("size", [0, 1, 3, 5])
def test_days_add_up_to_the_bound_of_a_report_and_no_number_touches_another(size: int) -> None:
    of_a_day = [bytes([255, 0, 255])] * 4 + [bytes([3, 0, 3])]
    assert added(of_a_day * DAYS_MOST, size) == (65472, 0, 65472, 0, 0)[:size]
    assert len(added([bytes([255] * 9)] * 999, size)) == size, "whatever somebody has made up"

"""A picture that is cut into fragments says which is its first and which its last, also where the cut is even."""

from __future__ import annotations

import pytest

from agent.demo.rtsp.rtp import PAYLOAD_MAX_BYTES, fragments

STEP = PAYLOAD_MAX_BYTES - 2


@pytest.mark.parametrize("length", [PAYLOAD_MAX_BYTES + 1, 1 + 2 * STEP, 2 + 2 * STEP, 1 + 3 * STEP])
def test_fragments_make_the_unit_again_and_one_of_them_is_the_last(length: int) -> None:
    unit = bytes([0x65]) + bytes(number % 251 for number in range(length - 1))
    made = list(fragments(unit))
    assert all(len(one) <= PAYLOAD_MAX_BYTES for one in made)
    assert [one[1] >> 6 for one in made] == [0b10, *[0b00] * (len(made) - 2), 0b01]
    assert {(one[0] & 0xE0 | one[1] & 0x1F) for one in made} == {unit[0]}
    assert unit[:1] + b"".join(one[2:] for one in made) == unit


def test_a_unit_that_fits_stays_whole() -> None:
    assert list(fragments(bytes(PAYLOAD_MAX_BYTES))) == [bytes(PAYLOAD_MAX_BYTES)]

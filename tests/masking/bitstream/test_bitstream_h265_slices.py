"""Slices of H.265 by hand: which are one picture, and that nothing else passes for one."""

from __future__ import annotations

import random
import re
import time

import pytest
from bitwriter import pps_h265, slice_h265, sps_h265, stream, vps_h265
from streams import by_ffmpeg, split

from masking.bitstream.h265 import read
from masking.bitstream.picture import NotAPicture

MAX_PIXELS = 64 * 1024 * 1024
MOVIE = b"\0\0\0\x18ftypqt  \0\0\2\0qt  \0\0\1\0moov" + bytes(range(1, 200)) * 3
FOUR_BLOCKS = [vps_h265(), sps_h265(size=(128, 128)), pps_h265()]
DEPENDENT = [vps_h265(), sps_h265(size=(128, 128)), pps_h265(dependent=1)]


def refused(data: bytes, max_pixels: int = MAX_PIXELS) -> NotAPicture:
    with pytest.raises(NotAPicture) as caught:
        read(data, max_pixels)
    assert re.fullmatch(r"[ -~]{1,200}", str(caught.value))
    return caught.value


def test_slices_and_segments_that_depend_on_them_are_one_picture() -> None:
    slices = [slice_h265(), slice_h265(0, address="0" + "01"), slice_h265(0, address="1" + "10", kind=-1)]
    assert read(stream([*DEPENDENT, *slices]), MAX_PIXELS).data == stream([*DEPENDENT, *slices])


@pytest.mark.parametrize("kind", range(16, 22))
def test_every_key_picture_is_one(kind: int) -> None:
    data = stream([*FOUR_BLOCKS, slice_h265(unit_type=kind)])
    assert read(data, MAX_PIXELS).data == data


def test_the_bits_that_a_set_reserves_in_slices_are_passed_over() -> None:
    data = stream([*FOUR_BLOCKS[:2], pps_h265(extra=2), slice_h265(address="11")])
    assert read(data, MAX_PIXELS).data == data


BAD = {
    "the second slice only": (slice_h265(0, address="01"),),
    "a P slice": (slice_h265(kind=1),),
    "a B slice": (slice_h265(kind=0),),
    "slice_type 3": (slice_h265(kind=3),),
    "a set that did not come": (slice_h265(pps=1),),
    "a higher sub-layer": (slice_h265(place=2),),
    "a higher layer": (slice_h265(place=9),),
    "no sub-layer": (slice_h265(place=0),),
    "a reserved key picture": (slice_h265(unit_type=22),),
    "a leading picture": (slice_h265(unit_type=8),),
    "a trailing picture": (slice_h265(unit_type=1),),
    "not a slice but its header": (b"\x26\x01",),
    "a movie": (b"\x26\x01" + MOVIE,),
    "a forbidden bit": (slice_h265(unit_type=19 + 64),),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_key_picture_ends_here(name: str) -> None:
    reason = "damaged" if name == "the second slice only" else "undecodable"
    assert refused(stream([*FOUR_BLOCKS, *BAD[name]])).reason == reason


def test_a_slice_of_another_picture_ends_the_reading() -> None:
    half, rest = slice_h265(), slice_h265(0, address="10")
    alone = stream([*FOUR_BLOCKS, half, rest])
    assert read(alone, MAX_PIXELS).data == alone
    for other in (half, rest, slice_h265(0, address="01"), slice_h265(0, address="11", unit_type=20), b"\x02\x01\x7f"):
        assert read(stream([*FOUR_BLOCKS, half, rest, other]), MAX_PIXELS).data == alone


def test_a_slice_outside_of_the_picture_ends_here() -> None:
    sets = [vps_h265(), sps_h265(size=(192, 64)), pps_h265()]
    assert "outside" in str(refused(stream([*sets, slice_h265(), slice_h265(0, address="11")])))


@pytest.mark.parametrize("missing", range(3))
def test_a_missing_set_is_told(missing: int) -> None:
    sets = [each for index, each in enumerate(FOUR_BLOCKS) if index != missing]
    assert "did not come" in str(refused(stream([*sets, slice_h265()])))


def test_a_picture_that_is_too_large_is_told_apart() -> None:
    for sps in (
        sps_h265(size=(16000, 16000)),
        sps_h265(size=(16896, 64)),
        sps_h265(size=(16000, 16000), crop=(7900, 0, 0, 0)),
    ):
        assert refused(stream([vps_h265(), sps, pps_h265(), slice_h265()])).reason == "too-large"
    data = stream([*FOUR_BLOCKS, slice_h265()])
    assert refused(data, 128 * 128 - 1).reason == "too-large"
    assert read(data, 128 * 128).width_px == 128
    small = stream([vps_h265(), sps_h265(crop=(0, 25, 0, 0)), pps_h265(), slice_h265()])
    assert refused(small).reason == "undecodable"


def test_hidden_bytes_never_come_out() -> None:
    """Whatever carries them: a set that nobody names, a message, a private unit, what follows the picture."""
    parts = split(by_ffmpeg("h265", frames=1))
    plain = read(stream(parts), MAX_PIXELS).data
    for kind in (10, 15, 22, 31, 32, 33, 34, 35, 38, 39, 40, 41, 47, 48, 63):
        for index in range(len(parts) + 1):
            mixed = stream([*parts[:index], bytes((kind << 1, 1)) + MOVIE, *parts[index:]])
            try:
                found = read(mixed, MAX_PIXELS)
            except NotAPicture:
                continue
            assert found.data == plain and b"moov" not in found.data


@pytest.mark.parametrize("seed", range(6))
def test_mutations_are_pictures_or_refused(seed: int) -> None:
    rng = random.Random(seed)
    data = by_ffmpeg("h265", "-x265-params", "hrd=1:vbv-bufsize=99:vbv-maxrate=99:scaling-list=default", size="64x64")
    for _ in range(700):
        wounded = bytearray(data[: rng.choice((250, len(data)))])
        for _ in range(rng.choice((1, 1, 3, 20))):
            wounded[rng.randrange(min(len(wounded), rng.choice((120, 4000))))] = rng.choice(
                (0, 1, 3, 255, rng.randrange(256))
            )
        try:
            unit = read(bytes(wounded), MAX_PIXELS)
        except NotAPicture as error:
            assert re.fullmatch(r"[ -~]{1,200}", str(error))
        else:
            assert {each[0] >> 1 for each in split(unit.data)} <= {*range(16, 22), 32, 33, 34}


LARGE = {
    "zeros": lambda: b"\0\0\1" + bytes(32 << 20),
    "start codes": lambda: b"\0\0\1\x46" * (8 << 20),
    "one long set": lambda: b"\0\0\1\x42\1" + b"\xff" * (32 << 20),
    "one long slice": lambda: stream([*FOUR_BLOCKS, slice_h265()]) + b"\0\0\1\x26\1" + b"\x80" * (32 << 20),
    "sets": lambda: b"\0\0\1" + sps_h265() + (b"\0\0\1" + sps_h265(layers=6)) * 4000,
}


@pytest.mark.parametrize("name", LARGE)
def test_no_input_takes_long(name: str) -> None:
    data = LARGE[name]()
    begun_s = time.process_time()
    try:
        read(data, MAX_PIXELS)
    except NotAPicture as error:
        assert error.reason == "undecodable"
    assert time.process_time() - begun_s < 2.0

"""What units of H.264 and H.265 have in common: where they begin and end, and what bytes may stand in one."""

from __future__ import annotations

import random

import pytest
from bitwriter import Writer, escaped, pps_h264, slice_h264, sps_h264, stream

from masking.bitstream import bits, h264
from masking.bitstream.picture import NotAPicture
from masking.bitstream.units import MAX_UNITS, units

MAX_PIXELS = 64 * 1024 * 1024
PICTURE = [pps_h264(), slice_h264([bytes((90,)) * 384] * 4)]


def _clocked(ticks: int) -> bytes:
    """A set that holds any 64 bits: ticks and time scale."""
    return sps_h264(vui="0000" + "1" + f"{ticks:064b}" + "0" + "0000")


def test_a_set_of_more_than_1024_bytes_is_refused_though_each_of_its_bits_is_one() -> None:
    buffer = Writer().ue(31).u(8, 0).text + (Writer().ue(2**32 - 2, 2**32 - 2).text + "1") * 32 + "0" * 20
    long = sps_h264(vui="0" * 5 + "1" + buffer + "1" + buffer + "0" + "00")
    assert len(long) > bits.SET_MAX_BYTES
    with pytest.raises(NotAPicture, match="more than any parameter set has"):
        h264.read(stream([long, *PICTURE]), MAX_PIXELS)


def test_bytes_that_must_be_escaped_are_refused_where_they_are_not() -> None:
    good = _clocked(0)
    assert h264.read(stream([good, *PICTURE]), MAX_PIXELS).width_px == 32
    with pytest.raises(NotAPicture, match="cannot stand in a unit"):
        h264.read(stream([good.replace(b"\0\0\3", b"\0\0"), *PICTURE]), MAX_PIXELS)


def test_an_escape_before_what_needs_none_is_refused() -> None:
    holes = ((1 << 64) - 1 ^ 0xFFFF << at for at in range(8, 40))  # sixteen zeros, two bytes of the set in one of them
    good = next(unit for unit in map(_clocked, holes) if b"\0\0" in unit and b"\0\0\3" not in unit)
    at = good.index(b"\0\0") + 2
    assert h264.read(stream([good, *PICTURE]), MAX_PIXELS).width_px == 32
    with pytest.raises(NotAPicture, match="cannot stand in a unit"):
        h264.read(stream([good[:at] + b"\3" + good[at:], *PICTURE]), MAX_PIXELS)


@pytest.mark.parametrize("seed", range(5))
def test_bits_come_back_as_they_were_written(seed: int) -> None:
    rng = random.Random(seed)
    values = [(rng.choice("utes"), rng.getrandbits(rng.randrange(1, 31))) for _ in range(100)]
    writer = Writer()
    for kind, value in values:
        if kind == "u":
            writer.u(31, value)
        elif kind == "t":
            writer.u(40, value)
        else:
            (writer.ue if kind == "e" else writer.se)(value)
    read = bits.Bits("test", writer.unit(b""))
    for kind, value in values:
        took = {
            "u": lambda: read.take(31),
            "t": lambda: read.take(40),
            "e": lambda: read.number("e", bits.ANY),
            "s": lambda: read.signed("s", -(2**31), 2**31),
        }[kind]()
        assert took == value
    assert not read.more()
    read.finish()


def test_what_is_escaped_holds_no_start_code_and_comes_back() -> None:
    rng = random.Random(1)
    for _ in range(500):
        payload = bytes(rng.choice((0, 0, 0, 1, 2, 3, 4, 255)) for _ in range(rng.randrange(1, 30))) + b"\x80"
        text = "".join(f"{byte:08b}" for byte in payload[:-1])
        assert bits.escaped(text) == escaped(payload)
        assert not any(code in bits.escaped(text) for code in (b"\0\0\0", b"\0\0\1", b"\0\0\2"))
        assert bits.digits(bits.escaped(text)) == text + "10000000"


@pytest.mark.parametrize("zeros", [0, 1, 2, 63, 4095, 4096, 4097, 100_000])
def test_zeros_around_units_belong_to_none(zeros: int) -> None:
    data = bytes(zeros) + b"\0\0\1\x09a" + bytes(zeros) + b"\0\0\1\x06b\0\3" + bytes(zeros) + b"\0\0\1" + bytes(zeros)
    assert [data[begin:end] for begin, end in units(data)] == [b"\x09a", b"\x06b\0\3"]


def test_so_many_units_are_looked_at_and_no_more() -> None:
    assert len(list(units(b"\0\0\1\x09" * MAX_UNITS))) == MAX_UNITS
    with pytest.raises(NotAPicture, match="4096"):
        list(units(b"\0\0\1\x09" * (MAX_UNITS + 1)))

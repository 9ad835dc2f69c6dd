"""Parses the values of H.264 and H.265 syntax at the front of a unit, each validated against its range. Pure.

Source: ITU-T H.264 clauses 7.2, 7.3.2.11, 7.4.1 and 9.1; ITU-T H.265 clauses 7.2, 7.3.2.11, 7.4.2 and 9.2.
"""

import re

from masking.bitstream.picture import SIDE_MAX_PX, undecodable

SET_MAX_BYTES = 1024
"""The longest parameter set that is read. Real ones have less than two hundred bytes."""

ANY = 2**32 - 2
"""The largest Exp-Golomb number in either standard."""

_FORBIDDEN = re.compile(rb"\0\0[\0-\2]|\0\0\x03[^\0-\3]")
"""Bytes that no unit may hold: a start code, or a prevention of one where there was none to prevent."""


_TO_ESCAPE = re.compile(rb"\0\0(?=[\0-\x03])")


def digits(payload: bytes) -> str:
    """Return the bits of a unit behind its header, as digits, without the bytes that prevent start codes in it."""
    return bin(int.from_bytes(b"\1" + payload.replace(b"\0\0\3", b"\0\0"), "big"))[3:]


def escaped(text: str) -> bytes:
    """Return the bytes of a unit behind its header: those bits, the one that ends it, and no start code."""
    text += "1"
    text += "0" * (-len(text) % 8)
    return _TO_ESCAPE.sub(b"\0\0\3", int(text, 2).to_bytes(len(text) // 8, "big"))


class Bits:
    """Bits of one unit, most significant first. `what` names the unit in refusals."""

    __slots__ = ("_at", "_text", "what")

    def __init__(self, what: str, payload: bytes) -> None:
        """Take the raw bytes of a unit behind its header, where 00 00 03 stands for 00 00."""
        self.what = what
        # One text of digits: a value is a slice of it and a prefix of zeros one search, however long the unit is.
        self._text = digits(payload)
        self._at = 0

    @property
    def at(self) -> int:
        """How many bits were taken."""
        return self._at

    def take(self, count: int) -> int:
        """Return the next `count` bits as a number."""
        begin, self._at = self._at, self._at + count
        if self._at > len(self._text):
            raise undecodable(f"the {self.what} ends in the middle")
        return int(self._text[begin : self._at], 2) if count else 0

    def flag(self) -> bool:
        """Return the next bit."""
        return self.take(1) == 1

    def skip(self, count: int) -> None:
        """Pass over bits that may have any value."""
        self._at += count
        if self._at > len(self._text):
            raise undecodable(f"the {self.what} ends in the middle")

    def number(self, name: str, most: int, least: int = 0) -> int:
        """Return an unsigned Exp-Golomb number, ue(v), that must lie in a range."""
        value = self._golomb()
        if not least <= value <= most:
            raise undecodable(f"the {self.what} says {name} {value}, which is not in {least}..{most}")
        return value

    def signed(self, name: str, least: int, most: int) -> int:
        """Return a signed Exp-Golomb number, se(v), that must lie in a range."""
        coded = self._golomb()
        value = (coded + 1) // 2 if coded & 1 else -(coded // 2)
        if not least <= value <= most:
            raise undecodable(f"the {self.what} says {name} {value}, which is not in {least}..{most}")
        return value

    def more(self) -> bool:
        """Return whether anything precedes the bit that ends the unit (more_rbsp_data)."""
        return self._text.rfind("1") > self._at

    def finish(self) -> None:
        """Refuse anything behind the last value but rbsp_trailing_bits: one set bit, and zeros up to a byte."""
        rest = self._text[self._at :]
        if len(rest) > 8:
            raise undecodable(f"the {self.what} holds {(len(rest) - 1) // 8} bytes more than a parameter set")
        if not rest.startswith("1") or "1" in rest[1:]:
            raise undecodable(f"the {self.what} does not end where a parameter set does")

    def _golomb(self) -> int:
        one = self._text.find("1", self._at)
        zeros = one - self._at
        if one < 0 or one + zeros >= len(self._text):
            raise undecodable(f"the {self.what} ends in the middle")
        if zeros > 31:
            raise undecodable(f"the {self.what} holds a number of more than 32 bits")
        self._at = one + zeros + 1
        return int(self._text[one : self._at], 2) - 1


def set_bits(what: str, unit: bytes, header_bytes: int) -> Bits:
    """Return the bits of a whole parameter set.

    Args:
        what: Its name in refusals.
        unit: The NAL unit with its header, without start code and the zeros behind it.
        header_bytes: The size of the header.

    Raises:
        NotAPicture: It is longer than SET_MAX_BYTES, or its bytes cannot be in a unit.
    """
    if len(unit) > SET_MAX_BYTES:
        raise undecodable(f"the {what} has {len(unit)} bytes, which is more than any parameter set has")
    if _FORBIDDEN.search(unit):
        raise undecodable(f"the {what} holds bytes that cannot stand in a unit")
    return Bits(what, unit[header_bytes:])


def skip_display(bits: Bits) -> None:
    """Skip aspect ratio, overscan, signal type and place of the colours in vui_parameters. Raises NotAPicture.

    Source: ITU-T H.264 clause E.1.1; ITU-T H.265 clause E.2.1, which are the same here.
    """
    if bits.flag() and bits.take(8) == 255:
        bits.skip(32)
    if bits.flag():
        bits.skip(1)  # overscan_appropriate_flag
    if bits.flag():
        bits.skip(4)  # video_format, video_full_range_flag
        if bits.flag():
            bits.skip(24)  # colours
    if bits.flag():
        bits.number("chroma_sample_loc_type_top_field", 5)
        bits.number("chroma_sample_loc_type_bottom_field", 5)


def cropped(bits: Bits, name: str, coded: tuple[int, int], chroma: int, down: int = 1) -> tuple[int, int]:
    """Return the size that crop offsets, in samples of colour and `down` rows, leave. Raises NotAPicture."""
    left, right, top, bottom = (bits.number(name, SIDE_MAX_PX) for _ in range(4))
    width_px = coded[0] - (left + right) * (2 if chroma in (1, 2) else 1)
    height_px = coded[1] - (top + bottom) * (2 if chroma == 1 else 1) * down
    if width_px < 1 or height_px < 1:
        raise undecodable("the SPS cuts off the whole picture")
    return width_px, height_px

"""Extracts the first IDR picture from an H.264 byte stream, and writes it anew with the parameter sets that it names.

Decides which units belong to that picture, and validates their headers. The decoder detects damaged slices.

Two fields are shown as one frame by an added message, the only thing in an access unit that nobody sent: FFmpeg marks a
picture of fields as interlaced; OpenCV 5.0 then requests a conversion that FFmpeg refuses, and shows old memory: an
earlier picture. A message with "frame" as the picture's structure avoids the mark; the pixels are the same.

Source: ITU-T H.264 clauses 7.3.2.3, 7.3.3, 7.4.1.2, 7.4.3, D.1.3, D.2.3, E.1.1 and E.2.1, and Annex B.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal

from masking.bitstream.bits import ANY, Bits, digits, escaped
from masking.bitstream.h264_sets import Pps, Sps, parse_pps, parse_sps, pps_ids, sps_id
from masking.bitstream.picture import AccessUnit, NotAPicture, Span, check_size, damaged, sliced, undecodable
from masking.bitstream.units import join_units, places, units

_SLICE, _IDR_SLICE, _SPS, _PPS = 1, 5, 7, 8
_REFERENCE_MASK = 0x60
_MACROBLOCK_PX = 16
_TYPE_MASK = 0x9F
"""forbidden_zero_bit and nal_unit_type: a unit with the former is of no type that is known."""

_HEAD_BYTES = 96
"""More than the values at the front of a slice, or before the number of a set, can take."""

_INTRA: Final = (2, 4, 7, 9)
_SECOND_FIELD: Final = (0, 2, 5, 7)
"""slice_type: I and SI in an IDR picture; P and I in the field that may follow an IDR field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slice:
    """A slice: `sets` numbers its PPS and SPS; `idr` is idr_pic_id, `repeats` redundant_pic_cnt, or None."""

    address: int
    sets: tuple[int, int]
    sps: Sps
    frame_number: int
    parity: Literal["frame", "top", "bottom"]
    idr: int | None
    repeats: int | None


@dataclass(slots=True)
class _Sets:
    """Parameter sets by their numbers: those that came, and those that the picture uses, whatever comes later."""

    data: bytes
    sps: dict[int, Span] = field(default_factory=dict)
    pps: dict[int, tuple[Span, int]] = field(default_factory=dict)
    used_sps: dict[int, Span] = field(default_factory=dict)
    used_pps: dict[int, tuple[Span, int]] = field(default_factory=dict)

    def keep(self, kind: int, span: Span) -> None:
        """Store a set; the later one of a number counts."""
        if kind == _SPS:
            self.sps[sps_id(_head("SPS", self.data, span))] = span
        else:
            number, of = pps_ids(_head("PPS", self.data, span))
            self.pps[number] = (span, of)

    def named(self, number: int) -> tuple[Sps, Pps, int]:
        """Return the sets that a slice names by the number of its PPS, and the number of the SPS."""
        found = self.used_pps.get(number) or self.pps.get(number)
        if found is None:
            raise undecodable(f"a slice names PPS {number}, which did not come")
        span, of = found
        sequence = self.used_sps.get(of) or self.sps.get(of)
        if sequence is None:
            raise undecodable(f"PPS {number} names SPS {of}, which did not come")
        sps = parse_sps(self.data[slice(*sequence)])
        return sps, parse_pps(self.data[slice(*span)], sps), of

    def use(self, number: int, of: int) -> None:
        """Mark the sets of a slice that is taken."""
        self.used_pps.setdefault(number, self.pps[number])
        self.used_sps.setdefault(of, self.sps[of])


def read(data: bytes, max_pixels: int) -> AccessUnit:
    """Return the first IDR picture of a byte stream: a frame, or a field with that which completes its frame, if any.

    Args:
        data: An Annex-B byte stream that may begin in the middle of a group of pictures, and hold several pictures.
        max_pixels: The largest picture, as it is stored, that may be decoded.

    Raises:
        NotAPicture: There is none, or none that may reach the decoder.
    """
    sets = _Sets(data)
    taken: list[Span] = []
    addresses: list[int] = []
    first = last = None
    looked = 0
    for span in units(data):
        kind = data[span[0]] & _TYPE_MASK
        if kind in (_SLICE, _IDR_SLICE):
            if last is not None and first is not None and _begins_another(data, span, first, last):
                break
            here = _slice(data, span, sets) if last is not None or kind == _IDR_SLICE else None
            if here is not None and not here.repeats:
                if first is None:
                    first = _opening(here, max_pixels)
                elif last is not None and not _follows(here, first, last):
                    break
                last = here
                sets.use(*here.sets)
                taken.append(span)
                addresses.append(here.address)
        elif kind in (_SPS, _PPS):
            with suppress(NotAPicture):  # a set without a number: no slice can name it
                sets.keep(kind, span)
        looked += 1
    if first is None:
        raise undecodable("the data holds no IDR picture")
    units_passed = len(sets.used_sps) + len(sets.used_pps) + len(taken)
    parts = list(_parts(sets, first, taken))
    in_rows = first.parity == "frame" and not first.sps.adaptive
    columns = first.sps.coded_size[0] // _MACROBLOCK_PX if in_rows else 0
    slices = sliced(places(parts)[-len(taken) :], addresses, columns, _MACROBLOCK_PX)
    return AccessUnit(join_units(parts), *first.sps.size, looked - units_passed, slices)


def _parts(sets: _Sets, first: _Slice, taken: list[Span]) -> Iterator[bytes | memoryview]:
    """Yield the units of the picture: its sets, what makes a frame of fields, its slices."""
    view = memoryview(sets.data)
    of_fields = first.parity != "frame" or first.sps.adaptive
    for begin, end in sets.used_sps.values():
        yield with_structure(sets.data[begin:end], first.sps) if of_fields else view[begin:end]
    for (begin, end), _ in sets.used_pps.values():
        yield view[begin:end]
    if of_fields:
        yield frame_message(first.sps)
    for begin, end in taken:
        yield view[begin:end]


def _begins_another(data: bytes, span: Span, first: _Slice, last: _Slice) -> bool:
    """Return by its first bytes whether a slice is of a later picture, whatever else it holds."""
    header = data[span[0]]
    if header & _TYPE_MASK == _SLICE and (first.parity == "frame" or not header & _REFERENCE_MASK):
        return True
    opens = data[span[0] + 1 : min(span[0] + 2, span[1])] >= b"\x80"  # first_mb_in_slice 0
    return opens and last.repeats is None and (first.parity == "frame" or last.parity != first.parity)


def _opening(here: _Slice, max_pixels: int) -> _Slice:
    """Return a slice that may open a picture."""
    if here.address:
        raise damaged(f"the picture begins with macroblock {here.address}: its first slice is missing")
    check_size(*here.sps.coded_size, max_pixels)
    check_size(*here.sps.size, max_pixels)
    return here


def _follows(here: _Slice, first: _Slice, last: _Slice) -> bool:
    """Return whether a slice continues the picture, or opens the second field of its frame."""
    if (here.sps, here.frame_number) != (first.sps, first.frame_number):
        return False
    if here.parity == last.parity:
        return here.idr == last.idr and here.address > last.address
    return "frame" not in (here.parity, first.parity) and here.address == 0 and here.idr in (None, first.idr)


def _slice(data: bytes, span: Span, sets: _Sets) -> _Slice:
    """Read the front of a slice, up to where it belongs."""
    is_idr = data[span[0]] & _TYPE_MASK == _IDR_SLICE
    if not data[span[0]] & _REFERENCE_MASK:
        raise undecodable("a slice of an IDR picture says that nothing refers to it")
    bits = _head("slice", data, span)
    address = bits.number("first_mb_in_slice", ANY)
    kind = bits.number("slice_type", 9)
    if kind not in (_INTRA if is_idr else _SECOND_FIELD):
        raise undecodable(f"a slice of type {kind} cannot be in this picture")
    number = bits.number("pic_parameter_set_id", 255)
    sps, pps, of = sets.named(number)
    frame_number = bits.take(sps.frame_number_bits)
    parity: Literal["frame", "top", "bottom"] = "frame"
    if not sps.frames_only and bits.flag():
        parity = "bottom" if bits.flag() else "top"
    idr = bits.number("idr_pic_id", 65535) if is_idr else None
    _skip_order(bits, sps, pps, parity == "frame")
    repeats = bits.number("redundant_pic_cnt", 127) if pps.redundant else None
    if address >= sps.macroblocks // (1 if parity == "frame" and not sps.adaptive else 2):
        raise undecodable(f"a slice begins at macroblock {address}, which is outside of the picture")
    return _Slice(
        address=address, sets=(number, of), sps=sps, frame_number=frame_number, parity=parity, idr=idr,
        repeats=repeats,
    )  # fmt: skip


def _skip_order(bits: Bits, sps: Sps, pps: Pps, is_frame: bool) -> None:
    """Skip the picture's place in the order of output."""
    bits.skip(sps.order_bits)
    differences = (sps.order_type == 0 and pps.order_deltas and is_frame) or sps.order_deltas
    if differences:
        bits.signed("delta_pic_order_cnt", -(2**31) + 1, 2**31 - 1)
    if sps.order_deltas and pps.order_deltas and is_frame:
        bits.signed("delta_pic_order_cnt", -(2**31) + 1, 2**31 - 1)


def _head(what: str, data: bytes, span: Span) -> Bits:
    return Bits(what, data[span[0] + 1 : min(span[1], span[0] + _HEAD_BYTES)])


_EMPTY_DESCRIPTION = "0" * 7 + "1" + "0"
"""vui_parameters in which everything is absent but pic_struct_present_flag."""

_FRAME = "0000" + "0"
"""pic_struct 0, and clock_timestamp_flag."""

_SEI_HEADER = b"\x06"
_PICTURE_TIMING = 1


def with_structure(unit: bytes, sps: Sps) -> bytes:
    """Return a sequence parameter set with one change: messages carry the structure of fields in a picture."""
    text = digits(unit[1:])
    text = text[: text.rindex("1")]
    if sps.structure_at is None:
        text = text[: sps.description_at] + "1" + _EMPTY_DESCRIPTION
    else:
        text = text[: sps.structure_at] + "1" + text[sps.structure_at + 1 :]
    return unit[:1] + escaped(text)


def frame_message(sps: Sps) -> bytes:
    """Return the SEI unit with that structure: this picture is a frame."""
    payload = "0" * sps.delay_bits + _FRAME
    payload += ("1" + "0" * (-(len(payload) + 1) % 8)) if len(payload) % 8 else ""
    return _SEI_HEADER + escaped(f"{_PICTURE_TIMING:08b}{len(payload) // 8:08b}{payload}")

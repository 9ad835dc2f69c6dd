"""Extracts the first IRAP picture from an H.265 byte stream, and writes it anew with the parameter sets that it names.

Decides which units belong to that picture, and validates their headers. The decoder detects damaged slices. Higher
layers are dropped.

Source: ITU-T H.265 clauses 7.3.1, 7.3.6.1, 7.4.2.2, 7.4.2.4 and 7.4.7.1, and Annex B.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from masking.bitstream.bits import Bits
from masking.bitstream.h265_sets import Pps, Sps, check_vps, parse_pps, parse_sps, pps_ids, sps_id, without_window
from masking.bitstream.picture import AccessUnit, NotAPicture, Span, check_size, damaged, sliced, undecodable
from masking.bitstream.units import join_units, places, units

_VPS, _SPS, _PPS = 32, 33, 34
_SLICES: Final = frozenset((*range(10), *range(16, 22)))
_KEYS: Final = range(16, 22)
"""nal_unit_type: slices of the standard, and those of IRAP pictures (BLA, IDR, CRA)."""

_HEADER_BYTES = 2
_HEAD_BYTES = 192
"""More than the values at the front of a slice, or before the number of a set, can take."""

_INTRA = 2
_BASE = 1
"""The header's last nine bits in the base layer at the lowest sub-layer: nuh_layer_id 0, nuh_temporal_id_plus1 1."""


@dataclass(frozen=True, slots=True)
class _Slice:
    """Where a slice segment belongs. `pps` is the number of the set that it names."""

    opens: bool
    address: int
    pps: int
    sps: Sps
    has_tiles: bool


@dataclass(slots=True)
class _Sets:
    """Parameter sets by their numbers: those that came, and those that the picture uses, whatever comes later."""

    data: bytes
    vps: dict[int, Span] = field(default_factory=dict)
    sps: dict[int, Span] = field(default_factory=dict)
    pps: dict[int, tuple[Span, int]] = field(default_factory=dict)
    used_vps: dict[int, Span] = field(default_factory=dict)
    used_sps: dict[int, Span] = field(default_factory=dict)
    used_pps: dict[int, tuple[Span, int]] = field(default_factory=dict)

    def keep(self, kind: int, span: Span) -> None:
        """Store a set; the later one of a number counts."""
        if kind == _VPS:
            self.vps[_head("VPS", self.data, span).take(4)] = span
        elif kind == _SPS:
            self.sps[sps_id(_head("SPS", self.data, span))] = span
        else:
            number, of = pps_ids(_head("PPS", self.data, span))
            self.pps[number] = (span, of)

    def named(self, number: int) -> tuple[Sps, Pps]:
        """Return the sets that a slice names by the number of its PPS."""
        found = self.used_pps.get(number) or self.pps.get(number)
        if found is None:
            raise undecodable(f"a slice names PPS {number}, which did not come")
        span, of = found
        sequence = self.used_sps.get(of) or self.sps.get(of)
        if sequence is None:
            raise undecodable(f"PPS {number} names SPS {of}, which did not come")
        sps = parse_sps(self.data[slice(*sequence)])
        video = self.used_vps.get(sps.vps) or self.vps.get(sps.vps)
        if video is None:
            raise undecodable(f"SPS {of} names VPS {sps.vps}, which did not come")
        check_vps(self.data[slice(*video)])
        return sps, parse_pps(self.data[slice(*span)], sps)

    def use(self, number: int, sps: Sps) -> None:
        """Mark the sets of a slice that is taken."""
        self.used_pps.setdefault(number, self.pps[number])
        self.used_sps.setdefault(sps.id, self.sps[sps.id])
        self.used_vps.setdefault(sps.vps, self.vps[sps.vps])

    def used(self) -> list[bytes]:
        """Return the sets that are used, in the order in which a decoder needs them."""
        vps = [self.data[slice(*span)] for span in self.used_vps.values()]
        sps = [self.data[slice(*span)] for span in self.used_sps.values()]
        pps = [self.data[slice(*span)] for span, _ in self.used_pps.values()]
        return [*vps, *(without_window(unit, parse_sps(unit)) for unit in sps), *pps]


def read(data: bytes, max_pixels: int) -> AccessUnit:
    """Return the first IRAP picture of a byte stream.

    Args:
        data: An Annex-B byte stream that may begin in the middle of a group of pictures, and hold several pictures.
        max_pixels: The largest picture, as it is stored, that may be decoded.

    Raises:
        NotAPicture: There is none, or none that may reach the decoder.
    """
    sets = _Sets(data)
    taken: list[Span] = []
    addresses: list[int] = []
    last: _Slice | None = None
    key = looked = 0
    for span in units(data):
        kind, place = _header(data, span)
        if place >> 3 == 0 and kind in _SLICES and (kind in _KEYS or last is not None):
            if last is not None and (kind != key or _opens(data, span)):
                break
            here = _slice(data, span, place, sets)
            if last is None:
                _check_opening(here, max_pixels)
            elif here.sps != last.sps or here.address <= last.address:
                break
            key, last = kind, here
            sets.use(here.pps, here.sps)
            taken.append(span)
            addresses.append(here.address)
        elif place == _BASE and kind in (_VPS, _SPS, _PPS):
            with suppress(NotAPicture):  # a set without a number: no slice can name it
                sets.keep(kind, span)
        looked += 1
    if last is None:
        raise undecodable("the data holds no IRAP picture")
    view = memoryview(data)
    parts: list[bytes | memoryview] = [*sets.used(), *(view[begin:end] for begin, end in taken)]
    columns = 0 if last.has_tiles else last.sps.columns
    slices = sliced(places(parts)[-len(taken) :], addresses, columns, 1 << last.sps.block_bits)
    return AccessUnit(join_units(parts), *last.sps.size, looked - len(parts), slices)


def _header(data: bytes, span: Span) -> tuple[int, int]:
    """Return nal_unit_type, and layer with sub-layer; of a unit that has no header, those of no unit."""
    value = int.from_bytes(data[span[0] : span[0] + _HEADER_BYTES], "big")
    if span[1] - span[0] <= _HEADER_BYTES or value >> 15 or not value & 7:
        return 63, 0
    return value >> 9, value & 0x1FF


def _opens(data: bytes, span: Span) -> bool:
    return data[span[0] + _HEADER_BYTES] >= 0x80  # first_slice_segment_in_pic_flag


def _check_opening(here: _Slice, max_pixels: int) -> None:
    """Refuse a slice that cannot open a picture."""
    if not here.opens:
        raise damaged(f"the picture begins with block {here.address}: its first slice is missing")
    check_size(*here.sps.coded_size, max_pixels)
    check_size(*here.sps.size, max_pixels)


def _slice(data: bytes, span: Span, place: int, sets: _Sets) -> _Slice:
    """Read the front of a slice segment of an IRAP picture, up to where it belongs."""
    if place != _BASE:
        raise undecodable("a slice of an IRAP picture is not of the lowest sub-layer")
    bits = _head("slice", data, span)
    opens = bits.flag()
    bits.skip(1)  # no_output_of_prior_pics_flag
    number = bits.number("slice_pic_parameter_set_id", 63)
    sps, pps = sets.named(number)
    blocks = sps.columns * sps.rows
    depends = not opens and pps.dependent_slices and bits.flag()
    address = 0 if opens else bits.take((blocks - 1).bit_length())
    if address >= blocks:
        raise undecodable(f"a slice begins at block {address}, which is outside of the picture")
    if not depends:
        bits.skip(pps.extra_bits)
        kind = bits.number("slice_type", 2)
        if kind != _INTRA:
            raise undecodable(f"a slice of type {kind} cannot be in this picture")
    return _Slice(opens, address, number, sps, pps.has_tiles)


def _head(what: str, data: bytes, span: Span) -> Bits:
    return Bits(what, data[span[0] + _HEADER_BYTES : min(span[1], span[0] + _HEAD_BYTES)])

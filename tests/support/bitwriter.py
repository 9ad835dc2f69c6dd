"""Writes parameter sets and pictures of H.264 by hand: those that no encoder writes, and hostile ones."""

from __future__ import annotations

import re
from collections.abc import Iterable


class Writer:
    """Collects bits; every call returns the writer itself."""

    def __init__(self) -> None:
        self.text = ""

    def u(self, bits: int, value: int) -> Writer:
        assert 0 <= value < 1 << bits
        self.text += f"{value:0{bits}b}" if bits else ""
        return self

    def ue(self, *values: int) -> Writer:
        for value in values:
            digits = f"{value + 1:b}"
            self.text += "0" * (len(digits) - 1) + digits
        return self

    def se(self, *values: int) -> Writer:
        return self.ue(*(2 * value - 1 if value > 0 else -2 * value for value in values))

    def flags(self, text: str) -> Writer:
        self.text += text
        return self

    def align(self) -> Writer:
        self.text += "0" * (-len(self.text) % 8)
        return self

    def raw(self, data: bytes) -> Writer:
        self.text += "".join(f"{byte:08b}" for byte in data)
        return self

    def unit(self, header: bytes, more: bytes = b"") -> bytes:
        """The NAL unit of these bits, with the bit that ends them; `more` stands behind that."""
        text = self.text + "1"
        text += "0" * (-len(text) % 8)
        payload = int(text, 2).to_bytes(len(text) // 8, "big") + more
        return header + escaped(payload)


def escaped(payload: bytes) -> bytes:
    """Keep start codes out of the bytes of a unit."""
    return re.sub(rb"\0\0(?=[\0-\x03])", b"\0\0\3", payload)


def stream(units: Iterable[bytes]) -> bytes:
    """The units as a byte stream."""
    return b"".join(b"\0\0\0\1" + unit for unit in units)


def sps_h264(
    profile: int = 77, level: int = 30, number: int = 0, frame_number: int = 0, order: Writer | None = None,
    references: int = 1, columns: int = 2, rows: int = 2, frames: str = "1", crop: tuple[int, ...] = (),
    format_: Writer | None = None, vui: str | None = None, constraints: int = 0, direct: int = 1, more: bytes = b"",
) -> bytes:  # fmt: skip
    """A sequence parameter set of H.264; `frames`: frame_mbs_only_flag, or 0 and mb_adaptive_frame_field_flag."""
    bits = Writer().u(8, profile).u(8, constraints).u(8, level).ue(number)
    bits.flags(format_.text if format_ else "").ue(frame_number).flags((order or Writer().ue(0, 0)).text)
    bits.ue(references).u(1, 0).ue(columns - 1, rows - 1).flags(frames).u(1, direct)
    bits.u(1, bool(crop)).ue(*crop)
    bits.flags("0" if vui is None else "1" + vui)
    return bits.unit(b"\x67", more)


def pps_h264(
    number: int = 0, of: int = 0, groups: int = 0, references: tuple[int, int] = (0, 0), bipred: int = 0,
    offsets: tuple[int, int, int] = (0, 0, 0), redundant: int = 0, rest: Writer | None = None, order: int = 0,
    more: bytes = b"",
) -> bytes:  # fmt: skip
    """A picture parameter set of H.264, with CAVLC."""
    bits = Writer().ue(number, of).u(1, 0).u(1, order).ue(groups).ue(*references).u(1, 0).u(2, bipred)
    bits.se(*offsets).u(1, 1).u(1, 0).u(1, redundant).flags(rest.text if rest else "")
    return bits.unit(b"\x68", more)


def slice_h264(
    samples: Iterable[bytes] = (), first: int = 0, kind: int = 7, pps: int = 0, field: str = "", idr: int | None = 0,
    order: int = 0, header: int | None = None, frame_number: int = 0, redundant: int | None = None,
) -> bytes:  # fmt: skip
    """A slice whose macroblocks are sent as they are (I_PCM); `field`: field_pic_flag and bottom_field_flag."""
    bits = Writer().ue(first, kind, pps).u(4, frame_number).flags(field)
    if idr is not None:
        bits.ue(idr)
    bits.u(4, order)
    if redundant is not None:
        bits.ue(redundant)
    bits.flags("00" if idr is not None else "0").se(0).ue(1)  # marking, slice_qp_delta, no deblocking
    for macroblock in samples:
        bits.ue(25).align().raw(macroblock)
    return bits.unit(bytes((header if header is not None else 0x65 if idr is not None else 0x61,)))


def _profile_h265(profile: int, level: int, layers: int, space: int) -> str:
    bits = Writer().u(2, space).u(1, 0).u(5, profile).u(32, 1 << 31 - profile).u(48, 0).u(8, level)
    if layers:
        bits.flags("11" * layers + "00" * (8 - layers)).flags("0" * 96 * layers)
    return bits.text


def vps_h265(
    profile: int = 1, level: int = 93, layers: int = 0, reserved: int = 3, several: int = 0, ones: int = 0xFFFF,
    kept: tuple[int, ...] = (4, 2, 0), last_layer: int = 0, sets: int = 0, rest: str = "00", space: int = 0,
    more: bytes = b"",
) -> bytes:  # fmt: skip
    """A video parameter set; `rest`: from vps_timing_info_present_flag on."""
    bits = Writer().u(4, 0).u(2, reserved).u(6, several).u(3, layers).u(1, 1).u(16, ones)
    bits.flags(_profile_h265(profile, level, layers, space)).u(1, 0).ue(*kept).u(6, last_layer).ue(sets).flags(rest)
    return bits.unit(b"\x40\x01", more)


def sps_h265(
    vps: int = 0, profile: int = 1, level: int = 93, layers: int = 0, number: int = 0, format_: tuple[int, ...] = (1,),
    size: tuple[int, int] = (64, 64), crop: tuple[int, ...] = (), depths: tuple[int, int] = (0, 0), order: int = 4,
    kept: tuple[int, ...] = (4, 2, 0), blocks: tuple[int, ...] = (0, 3, 0, 3), depth: tuple[int, int] = (0, 0),
    lists: str = "0", raw: str = "0", references: str = "1", distant: str = "0", vui: str = "0", extension: str = "0",
    space: int = 0, more: bytes = b"",
) -> bytes:  # fmt: skip
    """A sequence parameter set of H.265; `format_`: chroma_format_idc and what hangs on it."""
    bits = Writer().u(4, vps).u(3, layers).u(1, 1).flags(_profile_h265(profile, level, layers, space)).ue(number)
    bits.ue(format_[0]).flags("".join(map(str, format_[1:]))).ue(*size).u(1, bool(crop)).ue(*crop)
    bits.ue(*depths).ue(order).u(1, 0).ue(*kept).ue(*blocks).ue(*depth).flags(lists).u(2, 3).flags(raw)
    bits.flags(references).flags(distant).u(2, 0).flags(vui).flags(extension)
    return bits.unit(b"\x42\x01", more)


def pps_h265(
    number: int = 0, of: int = 0, dependent: int = 0, extra: int = 0, references: tuple[int, int] = (0, 0), qp: int = 0,
    quantized: str = "00", offsets: tuple[int, int] = (0, 0), tiles: str = "0", filters: str = "0", lists: str = "0",
    merge: int = 0, extension: str = "0", more: bytes = b"",
) -> bytes:  # fmt: skip
    """A picture parameter set of H.265; `quantized`: transform_skip_enabled_flag and what hangs on cu_qp_delta."""
    bits = Writer().ue(number, of).u(1, dependent).u(1, 0).u(3, extra).u(2, 0).ue(*references).se(qp).u(1, 0)
    bits.flags(quantized).se(*offsets).u(4, 0).flags(tiles[:1]).u(1, 0).flags(tiles[1:]).u(1, 0).flags(filters)
    bits.flags(lists).u(1, 0).ue(merge).u(1, 0).flags(extension)
    return bits.unit(b"\x44\x01", more)


def slice_h265(
    first: int = 1,
    pps: int = 0,
    address: str = "",
    kind: int = 2,
    unit_type: int = 19,
    place: int = 1,
    data: int = 0x55,
) -> bytes:
    """The head of a slice segment, and nothing that any decoder could show; `address`: from dependent_slice on."""
    bits = Writer().u(1, first).u(1, 0).ue(pps).flags(address)
    if kind >= 0:
        bits.ue(kind)
    return bits.u(32, data).unit(bytes((unit_type << 1, place)))

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
    format_: Writer | None = None, vui: str | None = None, constraints: int = 0, more: bytes = b"",
) -> bytes:  # fmt: skip
    """A sequence parameter set of H.264; `frames`: frame_mbs_only_flag, or 0 and mb_adaptive_frame_field_flag."""
    bits = Writer().u(8, profile).u(8, constraints).u(8, level).ue(number)
    bits.flags(format_.text if format_ else "").ue(frame_number).flags((order or Writer().ue(0, 0)).text)
    bits.ue(references).u(1, 0).ue(columns - 1, rows - 1).flags(frames).u(1, 1)
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

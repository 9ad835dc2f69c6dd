"""Writes the message that makes a decoder show two fields as one frame.

FFmpeg marks a picture of fields as interlaced; OpenCV 5.0 then requests a conversion that FFmpeg refuses, and shows old
memory: an earlier picture. A message with "frame" as the picture's structure avoids the mark; the pixels are the same.
It is the only thing in an access unit that nobody sent.

Source: ITU-T H.264 clauses 7.3.2.3, D.1.3, D.2.3, E.1.1 and E.2.1.
"""

from __future__ import annotations

from masking.bitstream.bits import digits, escaped
from masking.bitstream.h264_sets import Sps

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

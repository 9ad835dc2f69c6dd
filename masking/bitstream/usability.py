"""Skips the first part of the video usability information of H.264 and H.265, which changes nothing decoded.

Source: ITU-T H.264 clause E.1.1; ITU-T H.265 clause E.2.1.
"""

from __future__ import annotations

from masking.bitstream.bits import Bits

_EXTENDED_ASPECT = 255


def skip_display(bits: Bits) -> None:
    """Skip aspect ratio, overscan, signal type and place of the colours in vui_parameters. Raises NotAPicture."""
    if bits.flag() and bits.take(8) == _EXTENDED_ASPECT:
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

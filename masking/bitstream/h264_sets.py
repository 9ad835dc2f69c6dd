"""Parses parameter sets of H.264 to their last bit, and refuses what our decoder does not decode. Pure.

Values that only describe the picture (colours, aspect ratio) may be reserved ones, as the standard demands of decoders;
and a clock may have 0 ticks, which cameras do send.

Source: ITU-T H.264 clauses 7.3.2.1.1, 7.3.2.2, 7.4.2.1.1, 7.4.2.2, A.2, A.3, E.1 and E.2.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from masking.bitstream.bits import ANY, Bits, cropped, set_bits, skip_display
from masking.bitstream.picture import SIDE_MAX_PX, undecodable

PROFILES: Final = {
    66: "Baseline",
    77: "Main",
    88: "Extended",
    100: "High",
    110: "High 10",
    122: "High 4:2:2",
    244: "High 4:4:4 Predictive",
    44: "CAVLC 4:4:4 Intra",
}
"""What FFmpeg's own decoder takes, by profile_idc."""

LEVELS = frozenset((9, 10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52, 60, 61, 62))
"""Every level_idc of the standard; 9 is level 1b, and so is 11 with constraint_set3_flag."""

BIT_DEPTHS = (8, 9, 10, 12, 14)
"""What FFmpeg's decoder has code for."""

_WITH_CHROMA_FORMAT = (100, 110, 122, 244, 44)
_MACROBLOCK_PX = 16
_SIDE_MAX_MACROBLOCKS = SIDE_MAX_PX // _MACROBLOCK_PX + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sps:
    """The values of a sequence parameter set that slices and PPS need. Sizes are width and height in pixels.

    `description_at` is the bit for a description (VUI), and `structure_at` the one in it for messages on the structure
    of fields, behind `delay_bits` of other data.
    """

    id: int
    chroma_format: int
    bit_depth: int
    frame_number_bits: int
    order_type: int
    order_bits: int
    order_deltas: bool
    macroblocks: int
    frames_only: bool
    adaptive: bool
    coded_size: tuple[int, int]
    size: tuple[int, int]
    description_at: int
    structure_at: int | None
    delay_bits: int


@dataclass(frozen=True, slots=True)
class Pps:
    """What slices need of a picture parameter set."""

    id: int
    order_deltas: bool
    redundant: bool


def sps_id(head: Bits) -> int:
    """Return seq_parameter_set_id of a sequence parameter set whose header is passed."""
    head.skip(24)
    return head.number("seq_parameter_set_id", 31)


def pps_ids(head: Bits) -> tuple[int, int]:
    """Return the numbers of a picture parameter set, and of the sequence parameter set that it names."""
    return head.number("pic_parameter_set_id", 255), head.number("seq_parameter_set_id", 31)


@lru_cache(maxsize=32)
def parse_sps(unit: bytes) -> Sps:
    """Parse a whole sequence parameter set. Raises NotAPicture, also for a stream that our decoder does not decode."""
    bits = set_bits("SPS", unit, 1)
    profile = bits.take(8)
    if profile not in PROFILES:
        raise undecodable(f"the SPS is of profile {profile}, which is not decoded")
    bits.skip(8)  # constraint flags; the last two are reserved and ignored
    level = bits.take(8)
    if level not in LEVELS:
        raise undecodable(f"the SPS is of level {level}, which is none")
    number = bits.number("seq_parameter_set_id", 31)
    chroma, depth = _format(bits) if profile in _WITH_CHROMA_FORMAT else (1, 8)
    frame_number_bits = bits.number("log2_max_frame_num_minus4", 12) + 4
    order_type, order_bits, order_deltas = _order(bits)
    bits.number("max_num_ref_frames", 16)
    bits.skip(1)  # gaps_in_frame_num_value_allowed_flag
    columns = bits.number("pic_width_in_mbs_minus1", _SIDE_MAX_MACROBLOCKS) + 1
    rows = bits.number("pic_height_in_map_units_minus1", _SIDE_MAX_MACROBLOCKS) + 1
    frames_only = bits.flag()
    adaptive = not frames_only and bits.flag()
    direct_8x8 = bits.flag()
    if not frames_only:
        rows *= 2
        if not direct_8x8:
            raise undecodable("the SPS allows fields without direct_8x8_inference_flag")
    coded = (columns * _MACROBLOCK_PX, rows * _MACROBLOCK_PX)
    size = cropped(bits, "frame_crop_offset", coded, chroma, 1 if frames_only else 2) if bits.flag() else coded
    description_at = bits.at
    structure_at, delay_bits = _describe(bits) if bits.flag() else (None, 0)
    bits.finish()
    return Sps(
        id=number, chroma_format=chroma, bit_depth=depth, frame_number_bits=frame_number_bits, order_type=order_type,
        order_bits=order_bits, order_deltas=order_deltas, macroblocks=columns * rows, frames_only=frames_only,
        adaptive=adaptive, coded_size=coded, size=size,
        description_at=description_at, structure_at=structure_at, delay_bits=delay_bits,
    )  # fmt: skip


@lru_cache(maxsize=32)
def parse_pps(unit: bytes, sps: Sps) -> Pps:
    """Parse a whole picture parameter set. Raises NotAPicture, also where our decoder does not decode its stream."""
    bits = set_bits("PPS", unit, 1)
    number, _ = pps_ids(bits)
    bits.skip(1)  # entropy_coding_mode_flag
    order_deltas = bits.flag()
    if bits.number("num_slice_groups_minus1", 7):
        raise undecodable("the PPS divides the picture into slice groups, which are not decoded")
    bits.number("num_ref_idx_l0_default_active_minus1", 31)
    bits.number("num_ref_idx_l1_default_active_minus1", 31)
    bits.skip(1)  # weighted_pred_flag
    if bits.take(2) == 3:
        raise undecodable("the PPS says weighted_bipred_idc 3, which is not in 0..2")
    bits.signed("pic_init_qp_minus26", -26 - 6 * (sps.bit_depth - 8), 25)
    bits.signed("pic_init_qs_minus26", -26, 25)
    bits.signed("chroma_qp_index_offset", -12, 12)
    bits.skip(2)  # deblocking_filter_control_present_flag, constrained_intra_pred_flag
    redundant = bits.flag()
    if bits.more():
        transform_8x8 = bits.flag()
        if bits.flag():
            _scaling_lists(bits, (2 if sps.chroma_format != 3 else 6) if transform_8x8 else 0)
        bits.signed("second_chroma_qp_index_offset", -12, 12)
    bits.finish()
    return Pps(number, order_deltas, redundant)


def _format(bits: Bits) -> tuple[int, int]:
    """Return chroma_format_idc and the bit depth."""
    chroma = bits.number("chroma_format_idc", 3)
    if chroma == 3 and bits.flag():
        raise undecodable("the SPS codes each colour on its own, which is not decoded")
    luma = bits.number("bit_depth_luma_minus8", 6) + 8
    other = bits.number("bit_depth_chroma_minus8", 6) + 8
    if luma not in BIT_DEPTHS or other != luma:
        raise undecodable(f"the SPS is of bit depths {luma} and {other}, which are not decoded")
    bits.skip(1)  # qpprime_y_zero_transform_bypass_flag
    if bits.flag():
        _scaling_lists(bits, 2 if chroma != 3 else 6)
    return chroma, luma


def _scaling_lists(bits: Bits, large: int) -> None:
    """Pass over six lists of 4x4 and some of 8x8."""
    for index in range(6 + large):
        if not bits.flag():
            continue
        last = following = 8
        for _ in range(16 if index < 6 else 64):
            if following:
                following = (last + bits.signed("delta_scale", -128, 127)) % 256
            last = following or last


def _order(bits: Bits) -> tuple[int, int, bool]:
    """Return pic_order_cnt_type, the bits of pic_order_cnt_lsb, and whether slices give differences (type 1)."""
    kind = bits.number("pic_order_cnt_type", 2)
    if kind == 0:
        return kind, bits.number("log2_max_pic_order_cnt_lsb_minus4", 12) + 4, False
    if kind == 2:
        return kind, 0, False
    deltas = not bits.flag()
    bits.signed("offset_for_non_ref_pic", -(2**31) + 1, 2**31 - 1)
    bits.signed("offset_for_top_to_bottom_field", -(2**31) + 1, 2**31 - 1)
    for _ in range(bits.number("num_ref_frames_in_pic_order_cnt_cycle", 255)):
        bits.signed("offset_for_ref_frame", -(2**31) + 1, 2**31 - 1)
    return kind, 0, deltas


def _describe(bits: Bits) -> tuple[int, int]:
    """Skip vui_parameters; return where pic_struct_present_flag is, and the bits of the delays in messages."""
    skip_display(bits)
    if bits.flag():
        bits.skip(65)  # num_units_in_tick, time_scale, fixed_frame_rate_flag
    delay_bits = max([_buffer(bits) if bits.flag() else 0 for _ in range(2)])
    if delay_bits:
        bits.skip(1)  # low_delay_hrd_flag
    structure_at = bits.at
    bits.skip(1)  # pic_struct_present_flag
    if bits.flag():
        bits.skip(1)  # motion_vectors_over_pic_boundaries_flag
        bits.number("max_bytes_per_pic_denom", 16)
        bits.number("max_bits_per_mb_denom", 16)
        bits.number("log2_max_mv_length_horizontal", 16)
        bits.number("log2_max_mv_length_vertical", 16)
        bits.number("max_num_reorder_frames", 16)
        bits.number("max_dec_frame_buffering", 16)
    return structure_at, delay_bits


def _buffer(bits: Bits) -> int:
    """Pass over hrd_parameters; return how many bits the two delays of a message about timing have."""
    count = bits.number("cpb_cnt_minus1", 31) + 1
    bits.skip(8)  # bit_rate_scale, cpb_size_scale
    for _ in range(count):
        bits.number("bit_rate_value_minus1", ANY)
        bits.number("cpb_size_value_minus1", ANY)
        bits.skip(1)  # cbr_flag
    bits.skip(5)  # initial_cpb_removal_delay_length_minus1
    delay_bits = bits.take(5) + 1 + bits.take(5) + 1
    bits.skip(5)  # time_offset_length
    return delay_bits

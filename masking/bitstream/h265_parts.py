"""Skips the parts that parameter sets of H.265 share, each value validated against its range. Pure.

Source: ITU-T H.265 clauses 7.3.3, 7.3.4, 7.3.7, 7.4.4, 7.4.5, 7.4.8, A.3, A.4, E.2 and E.3.
"""

from typing import Final

from masking.bitstream.bits import ANY, Bits, skip_display
from masking.bitstream.picture import SIDE_MAX_PX, undecodable

PROFILES: Final = {1: "Main", 2: "Main 10", 3: "Main Still Picture", 4: "format range extensions"}
"""What is let through, by general_profile_idc: what FFmpeg's own decoder takes and encoders of video write."""

LEVELS = frozenset((30, 60, 63, 90, 93, 120, 123, 150, 153, 156, 180, 183, 186, 189, 210, 213, 216, 255))
"""Every general_level_idc of the standard; 255 is level 8.5, which bounds nothing."""

MAX_SUB_LAYERS = 6
_PROFILE_BITS, _LEVEL_BITS = 88, 8


def sub_layers(bits: Bits) -> int:
    """Return max_sub_layers_minus1."""
    count = bits.take(3)
    if count > MAX_SUB_LAYERS:
        raise undecodable(f"the {bits.what} says max_sub_layers_minus1 {count}, which is not in 0..{MAX_SUB_LAYERS}")
    return count


def skip_profile(bits: Bits, layers: int) -> None:
    """Skip profile_tier_level without validating its values."""
    bits.skip(_PROFILE_BITS + _LEVEL_BITS)
    told = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    if layers:
        bits.skip(2 * (8 - layers))
    bits.skip(sum(_PROFILE_BITS * profile + _LEVEL_BITS * level for profile, level in told))


def check_profile(bits: Bits, layers: int) -> None:
    """Skip profile_tier_level. Raises NotAPicture for a profile or level that our decoder does not decode."""
    if bits.take(2):
        raise undecodable(f"the {bits.what} is of another profile space")
    bits.skip(1)  # general_tier_flag
    profile = bits.take(5)
    if profile not in PROFILES:
        raise undecodable(f"the {bits.what} is of profile {profile}, which is not decoded")
    bits.skip(80)  # compatibility, what the source was, constraints of the range extensions
    level = bits.take(8)
    if level not in LEVELS:
        raise undecodable(f"the {bits.what} is of level {level}, which is none")
    told = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    if layers:
        bits.skip(2 * (8 - layers))
    bits.skip(sum(_PROFILE_BITS * profile + _LEVEL_BITS * level for profile, level in told))


def skip_ordering(bits: Bits, layers: int) -> None:
    """Skip how many pictures each sub-layer stores."""
    for _ in range(layers + 1 if bits.flag() else 1):
        most = bits.number("max_dec_pic_buffering_minus1", 15)
        bits.number("max_num_reorder_pics", most)
        bits.number("max_latency_increase_plus1", ANY)


def skip_scaling_lists(bits: Bits) -> None:
    """Pass over scaling_list_data."""
    for size in range(4):
        for matrix in range(0, 6, 3 if size == 3 else 1):
            if not bits.flag():
                bits.number("scaling_list_pred_matrix_id_delta", matrix // 3 if size == 3 else matrix)
                continue
            if size > 1:
                bits.signed("scaling_list_dc_coef_minus8", -7, 247)
            for _ in range(min(64, 16 << 2 * size)):
                bits.signed("scaling_list_delta_coef", -128, 127)


def short_term_set(bits: Bits, earlier: list[tuple[int, ...]]) -> tuple[int, ...]:
    """Return the distances to the pictures of one st_ref_pic_set, the nearest before it first, then those after it."""
    if earlier and bits.flag():
        sign = -1 if bits.flag() else 1
        moved_by = sign * (bits.number("abs_delta_rps_minus1", 2**15 - 1) + 1)
        moved = []
        # The distances of the set before this one, and that of its own picture.
        for distance in (*earlier[-1], 0):
            used = bits.flag()
            if (used or bits.flag()) and distance + moved_by:
                moved.append(distance + moved_by)
        found = (*sorted((d for d in moved if d < 0), reverse=True), *sorted(d for d in moved if d > 0))
    else:
        before, after = bits.number("num_negative_pics", 16), bits.number("num_positive_pics", 16)
        found = (*_distances(bits, before, -1), *_distances(bits, after, 1))
    if len(found) > 16:
        raise undecodable(f"the {bits.what} refers to {len(found)} pictures at once")
    return found


def _distances(bits: Bits, count: int, sign: int) -> list[int]:
    found, at = [], 0
    for _ in range(count):
        at += sign * (bits.number("delta_poc_minus1", 2**15 - 1) + 1)
        bits.skip(1)  # used_by_curr_pic_flag
        found.append(at)
    return found


def skip_description(bits: Bits, layers: int) -> tuple[int, int] | None:
    """Skip vui_parameters; return where the default display window is, if there is one."""
    skip_display(bits)
    bits.skip(3)  # neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag
    window = None
    window_at = bits.at
    if bits.flag():
        for _ in range(4):
            bits.number("def_disp_win_offset", SIDE_MAX_PX)
        window = (window_at, bits.at)
    if bits.flag():
        skip_clock(bits)
        if bits.flag():
            Buffers(bits, layers).skip(with_common=True)
    if bits.flag():
        bits.skip(3)  # tiles_fixed_structure_flag, motion_vectors_over_pic_boundaries_flag, restricted lists
        bits.number("min_spatial_segmentation_idc", 4095)
        bits.number("max_bytes_per_pic_denom", 16)
        bits.number("max_bits_per_min_cu_denom", 16)
        bits.number("log2_max_mv_length_horizontal", 16)
        bits.number("log2_max_mv_length_vertical", 15)
    return window


def skip_clock(bits: Bits) -> None:
    """Pass over the ticks of the clock, which cameras also give as 0."""
    bits.skip(64)
    if bits.flag():
        bits.number("num_ticks_poc_diff_one_minus1", ANY)


class Buffers:
    """Skips hrd_parameters, of which a later one may continue with the common part of an earlier one."""

    __slots__ = ("_bits", "_kinds", "_layers", "_parts")

    def __init__(self, bits: Bits, layers: int) -> None:
        self._bits, self._layers = bits, layers
        self._kinds, self._parts = 0, False

    def skip(self, with_common: bool) -> None:
        """Pass over the next one."""
        bits = self._bits
        if with_common:
            self._kinds, self._parts = bits.take(1) + bits.take(1), False
            if self._kinds:
                self._parts = bits.flag()
                bits.skip((19 if self._parts else 0) + 8 + (4 if self._parts else 0) + 15)
        for _ in range(self._layers + 1):
            fixed = bits.flag()  # fixed_pic_rate_general_flag
            fixed = fixed or bits.flag()  # fixed_pic_rate_within_cvs_flag
            low_delay = False
            if fixed:
                bits.number("elemental_duration_in_tc_minus1", 2047)
            else:
                low_delay = bits.flag()
            count = 1 if low_delay else bits.number("cpb_cnt_minus1", 31) + 1
            for _ in range(self._kinds * count):
                for _ in range(4 if self._parts else 2):
                    bits.number("bit_rate_or_cpb_size_minus1", ANY)
                bits.skip(1)  # cbr_flag

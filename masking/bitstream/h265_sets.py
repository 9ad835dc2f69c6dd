"""Parses parameter sets of H.265 to their last bit, and refuses what our decoder does not decode. Pure.

Streams of several layers, of depth and of screen content are refused: no camera needs the decoder's code for them.

Source: ITU-T H.265 clauses 7.3.2.1 to 7.3.2.3, 7.4.3.1 to 7.4.3.3.
"""

from dataclasses import dataclass
from functools import lru_cache

from masking.bitstream.bits import Bits, cropped, digits, escaped, set_bits
from masking.bitstream.h265_parts import (
    Buffers,
    check_profile,
    short_term_set,
    skip_clock,
    skip_description,
    skip_ordering,
    skip_profile,
    skip_scaling_lists,
    sub_layers,
)
from masking.bitstream.picture import SIDE_MAX_PX, undecodable

BIT_DEPTHS = (8, 9, 10, 12)
"""What FFmpeg's decoder has code for."""

_HEADER_BYTES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sps:
    """A sequence parameter set's values; sizes in pixels, `window`: begin and end bits of the display window."""

    id: int
    vps: int
    chroma_format: int
    bit_depth: int
    block_bits: int
    block_depth: int
    transform_bits: int
    columns: int
    rows: int
    coded_size: tuple[int, int]
    size: tuple[int, int]
    window: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Pps:
    """What slices need of a picture parameter set."""

    id: int
    dependent_slices: bool
    extra_bits: int
    has_tiles: bool


def sps_id(head: Bits) -> int:
    """Return sps_seq_parameter_set_id of a sequence parameter set whose header is passed."""
    head.skip(4)
    layers = sub_layers(head)
    head.skip(1)
    skip_profile(head, layers)
    return head.number("sps_seq_parameter_set_id", 15)


def pps_ids(head: Bits) -> tuple[int, int]:
    """Return the numbers of a picture parameter set, and of the sequence parameter set that it names."""
    return head.number("pps_pic_parameter_set_id", 63), head.number("pps_seq_parameter_set_id", 15)


@lru_cache(maxsize=32)
def check_vps(unit: bytes) -> None:
    """Parse a whole video parameter set. Raises NotAPicture, also for a stream that our decoder does not decode."""
    bits = set_bits("VPS", unit, _HEADER_BYTES)
    bits.skip(4)  # vps_video_parameter_set_id
    if bits.take(2) != 3 or bits.take(6):
        raise undecodable("the VPS is of a stream of several layers")
    layers = sub_layers(bits)
    bits.skip(1)  # vps_temporal_id_nesting_flag
    if bits.take(16) != 0xFFFF:
        raise undecodable("the VPS does not hold the bits that every VPS holds")
    check_profile(bits, layers)
    skip_ordering(bits, layers)
    last_layer = bits.take(6)
    if last_layer > 62:
        raise undecodable(f"the VPS says vps_max_layer_id {last_layer}, which is not in 0..62")
    layer_sets = bits.number("vps_num_layer_sets_minus1", 1023)
    bits.skip(layer_sets * (last_layer + 1))
    if bits.flag():
        skip_clock(bits)
        buffers = Buffers(bits, layers)
        for index in range(bits.number("vps_num_hrd_parameters", layer_sets + 1)):
            bits.number("hrd_layer_set_idx", layer_sets)
            buffers.skip(with_common=index == 0 or bits.flag())
    if bits.flag():
        raise undecodable("the VPS has an extension, which is not decoded")
    bits.finish()


@lru_cache(maxsize=32)
def parse_sps(unit: bytes) -> Sps:
    """Parse a whole sequence parameter set. Raises NotAPicture, also for a stream that our decoder does not decode."""
    bits = set_bits("SPS", unit, _HEADER_BYTES)
    vps = bits.take(4)
    layers = sub_layers(bits)
    bits.skip(1)  # sps_temporal_id_nesting_flag
    check_profile(bits, layers)
    number = bits.number("sps_seq_parameter_set_id", 15)
    chroma = bits.number("chroma_format_idc", 3)
    if chroma == 3 and bits.flag():
        raise undecodable("the SPS codes each colour on its own, which is not decoded")
    sides = 2 * SIDE_MAX_PX
    coded = (bits.number("pic_width_in_luma_samples", sides, 1), bits.number("pic_height_in_luma_samples", sides, 1))
    size = cropped(bits, "conf_win_offset", coded, chroma) if bits.flag() else coded
    luma, other = bits.number("bit_depth_luma_minus8", 8) + 8, bits.number("bit_depth_chroma_minus8", 8) + 8
    if luma not in BIT_DEPTHS or other != luma:
        raise undecodable(f"the SPS is of bit depths {luma} and {other}, which are not decoded")
    order_bits = bits.number("log2_max_pic_order_cnt_lsb_minus4", 12) + 4
    skip_ordering(bits, layers)
    least_bits, block_bits, transform_bits = _blocks(bits, coded)
    if bits.flag() and bits.flag():
        skip_scaling_lists(bits)
    bits.skip(2)  # amp_enabled_flag, sample_adaptive_offset_enabled_flag
    if bits.flag():
        _raw(bits, luma, least_bits, block_bits)
    reference_sets: list[tuple[int, ...]] = []
    for _ in range(bits.number("num_short_term_ref_pic_sets", 64)):
        reference_sets.append(short_term_set(bits, reference_sets))
    if bits.flag():
        bits.skip((order_bits + 1) * bits.number("num_long_term_ref_pics_sps", 32))
    bits.skip(2)  # sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
    window = skip_description(bits, layers) if bits.flag() else None
    if _range_extension(bits):
        bits.skip(9)  # flags, each of which the decoder knows
    bits.finish()
    block_px = 1 << block_bits
    return Sps(
        id=number, vps=vps, chroma_format=chroma, bit_depth=luma, block_bits=block_bits,
        block_depth=block_bits - least_bits, transform_bits=transform_bits, columns=-(-coded[0] // block_px),
        rows=-(-coded[1] // block_px), coded_size=coded, size=size, window=window,
    )  # fmt: skip


def without_window(unit: bytes, sps: Sps) -> bytes:
    """Return a sequence parameter set that proposes no part of the picture to be shown.

    FFmpeg's parser heeds a default display window and its decoder does not: OpenCV would scale the picture to its size.
    """
    if sps.window is None:
        return unit
    begin, end = sps.window
    text = digits(unit[_HEADER_BYTES:])
    return unit[:_HEADER_BYTES] + escaped(text[:begin] + "0" + text[end : text.rindex("1")])


@lru_cache(maxsize=32)
def parse_pps(unit: bytes, sps: Sps) -> Pps:
    """Parse a whole picture parameter set. Raises NotAPicture, also where our decoder does not decode its stream."""
    bits = set_bits("PPS", unit, _HEADER_BYTES)
    number, _ = pps_ids(bits)
    dependent = bits.flag()
    bits.skip(1)  # output_flag_present_flag
    extra_bits = bits.take(3)
    bits.skip(2)  # sign_data_hiding_enabled_flag, cabac_init_present_flag
    bits.number("num_ref_idx_l0_default_active_minus1", 14)
    bits.number("num_ref_idx_l1_default_active_minus1", 14)
    bits.signed("init_qp_minus26", -26 - 6 * (sps.bit_depth - 8), 25)
    bits.skip(1)  # constrained_intra_pred_flag
    skips_transform = bits.flag()
    if bits.flag():
        bits.number("diff_cu_qp_delta_depth", sps.block_depth)
    bits.signed("pps_cb_qp_offset", -12, 12)
    bits.signed("pps_cr_qp_offset", -12, 12)
    bits.skip(4)  # pps_slice_chroma_qp_offsets_present_flag, weighted prediction, transquant_bypass_enabled_flag
    tiles = bits.flag()
    bits.skip(1)  # entropy_coding_sync_enabled_flag
    if tiles:
        _tiles(bits, sps)
    bits.skip(1)  # pps_loop_filter_across_slices_enabled_flag
    if bits.flag():
        bits.skip(1)  # deblocking_filter_override_enabled_flag
        if not bits.flag():
            bits.signed("pps_beta_offset_div2", -6, 6)
            bits.signed("pps_tc_offset_div2", -6, 6)
    if bits.flag():
        skip_scaling_lists(bits)
    bits.skip(1)  # lists_modification_present_flag
    bits.number("log2_parallel_merge_level_minus2", sps.block_bits - 2)
    bits.skip(1)  # slice_segment_header_extension_present_flag
    if _range_extension(bits):
        _range(bits, sps, skips_transform)
    bits.finish()
    return Pps(number, dependent, extra_bits, tiles)


def _blocks(bits: Bits, coded: tuple[int, int]) -> tuple[int, int, int]:
    """Return the binary logarithms of the smallest and the largest coding block, and of the largest transform."""
    least = bits.number("log2_min_luma_coding_block_size_minus3", 3) + 3
    largest = least + bits.number("log2_diff_max_min_luma_coding_block_size", 3)
    if not 4 <= largest <= 6:
        raise undecodable(f"the SPS has coding blocks of {1 << largest} pixels, which are none")
    if coded[0] % (1 << least) or coded[1] % (1 << least):
        raise undecodable(f"the SPS has {coded[0]}x{coded[1]} pixels, which are no whole coding blocks")
    smallest_transform = bits.number("log2_min_luma_transform_block_size_minus2", least - 3) + 2
    transform = smallest_transform + bits.number("log2_diff_max_min_luma_transform_block_size", 3)
    if transform > min(largest, 5):
        raise undecodable(f"the SPS has transforms of {1 << transform} pixels, which are too large")
    bits.number("max_transform_hierarchy_depth_inter", largest - smallest_transform)
    bits.number("max_transform_hierarchy_depth_intra", largest - smallest_transform)
    return least, largest, transform


def _raw(bits: Bits, depth: int, least_bits: int, block_bits: int) -> None:
    """Pass over how blocks are sent without being coded (pcm)."""
    if max(bits.take(4), bits.take(4)) >= depth:
        raise undecodable("the SPS sends raw blocks with more bits than the picture has")
    smallest = bits.number("log2_min_pcm_luma_coding_block_size_minus3", min(block_bits, 5) - 3, min(least_bits, 5) - 3)
    bits.number("log2_diff_max_min_pcm_luma_coding_block_size", min(block_bits, 5) - 3 - smallest)
    bits.skip(1)  # pcm_loop_filter_disabled_flag


def _range_extension(bits: Bits) -> bool:
    """Return whether a range extension follows; any other extension is refused."""
    if not bits.flag():
        return False
    follows = bits.flag()
    if bits.take(7):
        raise undecodable(f"the {bits.what} has an extension, which is not decoded")
    return follows


def _tiles(bits: Bits, sps: Sps) -> None:
    """Pass over how the picture is divided into tiles."""
    columns = bits.number("num_tile_columns_minus1", sps.columns - 1)
    rows = bits.number("num_tile_rows_minus1", sps.rows - 1)
    if not columns and not rows:
        raise undecodable("the PPS divides the picture into one tile")
    if not bits.flag():
        for count, blocks in ((columns, sps.columns), (rows, sps.rows)):
            if sum(bits.number("tile_size_minus1", blocks - 1) + 1 for _ in range(count)) >= blocks:
                raise undecodable("the PPS has more tiles than the picture has room for")
    bits.skip(1)  # loop_filter_across_tiles_enabled_flag


def _range(bits: Bits, sps: Sps, skips_transform: bool) -> None:
    """Pass over pps_range_extension."""
    if skips_transform:
        bits.number("log2_max_transform_skip_block_size_minus2", sps.transform_bits - 2)
    if bits.flag() and sps.chroma_format != 3:
        raise undecodable("the PPS predicts across colours where they are not sampled alike")
    if bits.flag():
        bits.number("diff_cu_chroma_qp_offset_depth", sps.block_depth)
        for _ in range(bits.number("chroma_qp_offset_list_len_minus1", 5) + 1):
            bits.signed("cb_qp_offset_list", -12, 12)
            bits.signed("cr_qp_offset_list", -12, 12)
    for name in ("log2_sao_offset_scale_luma", "log2_sao_offset_scale_chroma"):
        bits.number(name, max(0, sps.bit_depth - 10))

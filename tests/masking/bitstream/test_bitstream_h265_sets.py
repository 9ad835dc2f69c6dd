"""Parameter sets and slices of H.265: real ones are read to their last bit, and nothing else passes for one."""

from __future__ import annotations

import base64
import re

import pytest
from bitwriter import Writer, pps_h265, slice_h265, sps_h265, stream, vps_h265
from camera_sets import H265

from masking.bitstream import h265_parts, h265_sets
from masking.bitstream.bits import Bits
from masking.bitstream.h265 import read
from masking.bitstream.picture import NotAPicture

MAX_PIXELS = 64 * 1024 * 1024
MOVIE = b"\0\0\0\x18ftypqt  \0\0\2\0qt  \0\0\1\0moov" + bytes(range(1, 200)) * 3


def picture(vps: bytes | None = None, sps: bytes | None = None, pps: bytes | None = None, *slices: bytes) -> bytes:
    return stream([vps or vps_h265(), sps or sps_h265(), pps or pps_h265(), *(slices or (slice_h265(),))])


def refused(data: bytes, max_pixels: int = MAX_PIXELS) -> NotAPicture:
    with pytest.raises(NotAPicture) as caught:
        read(data, max_pixels)
    assert re.fullmatch(r"[ -~]{1,200}", str(caught.value))
    return caught.value


def told(name: str, error: NotAPicture) -> None:
    """Where a case is named by an element of the syntax, the refusal names it too."""
    element = name.split()[0]
    assert error.reason == "undecodable" and ("_" not in element or element in str(error))


@pytest.mark.parametrize("name", H265)
def test_sets_of_real_devices_are_read_to_their_last_bit(name: str) -> None:
    texts, size = H265[name]
    vps, sps, pps = (base64.b64decode(text).rstrip(b"\0") for text in texts)
    h265_sets.check_vps(vps)
    sequence = h265_sets.parse_sps(sps)
    assert sequence.size == size
    h265_sets.parse_pps(pps, sequence)
    for more in (b"\x80", b"\0\x80", b"\1", b"moov", MOVIE):
        with pytest.raises(NotAPicture):
            h265_sets.check_vps(vps + more)
        with pytest.raises(NotAPicture):
            h265_sets.parse_sps(sps + more)
        with pytest.raises(NotAPicture):
            h265_sets.parse_pps(pps + more, sequence)
    for bytes_left in range(1, len(sps)):
        with pytest.raises(NotAPicture):
            h265_sets.parse_sps(sps[:bytes_left])


def test_the_picture_by_hand_is_one() -> None:
    unit = read(picture(), MAX_PIXELS)
    assert unit.data == picture() and (unit.width_px, unit.height_px, unit.dropped_units) == (64, 64, 0)


def _w() -> Writer:
    return Writer()


BUFFER = _w().flags("11" + "0").u(8, 0).u(15, 0).flags("1").ue(0, 0).ue(9, 9).u(1, 0).ue(9, 9).u(1, 0).text
BUFFER_IN_PARTS = (
    _w().flags("10" + "1").u(19, 0).u(8, 0).u(4, 0).u(15, 0).flags("0" + "0" + "1").ue(9, 9, 9, 9).u(1, 0).text
)  # fmt: skip
TIMED = "1" + "0" * 64 + "0"
PREDICTED = (
    _w().ue(3).ue(2, 1).ue(0).u(1, 1).ue(1).u(1, 1).ue(3).u(1, 0)  # distances -1 -3 4
    .flags("1" + "1").ue(0).flags("1" + "01" + "1" + "1")  # those and 0, all nearer by 1: -2 -4 3 -1
    .flags("1" + "0").ue(0).flags("1" * 5).text  # and farther by 1; of five pictures
)  # fmt: skip

GOOD_VPS = [
    vps_h265(layers=6),
    vps_h265(rest=TIMED + _w().ue(0).text + "0"),
    vps_h265(sets=1, last_layer=2,
             rest="000" + TIMED + _w().ue(2).ue(0).text + BUFFER + _w().ue(1).text + "1" + BUFFER + "0"),
    vps_h265(sets=1, rest="0" + TIMED + _w().ue(2).ue(0).text + BUFFER_IN_PARTS + _w().ue(1).text + "0" + "001"
             + _w().ue(9, 9, 9, 9).u(1, 0).text + "0"),
    *(vps_h265(profile=profile) for profile in h265_parts.PROFILES),
    *(vps_h265(level=level) for level in sorted(h265_parts.LEVELS)),
]  # fmt: skip


@pytest.mark.parametrize("index", range(len(GOOD_VPS)))
def test_every_video_parameter_set_of_the_standard_is_read(index: int) -> None:
    assert read(picture(GOOD_VPS[index]), MAX_PIXELS).width_px == 64


GOOD_SPS = {
    "layers": sps_h265(layers=3),
    "4:0:0": sps_h265(format_=(0,)),
    "4:4:4": sps_h265(format_=(3, 0)),
    "12 bits": sps_h265(depths=(4, 4)),
    "cropped": sps_h265(crop=(4, 4, 8, 8)),
    "small blocks": sps_h265(blocks=(0, 1, 0, 2), size=(72, 72)),
    "raw blocks": sps_h265(raw="1" + "0111" * 2 + _w().ue(0, 2).text + "0"),
    "lists": sps_h265(lists="11" + ("0" + "1") * 20),
    "predicted references": sps_h265(references=PREDICTED),
    "64 sets": sps_h265(references=_w().ue(64).ue(0, 0).text + ("0" + _w().ue(0, 0).text) * 63),
    "distant references": sps_h265(distant="1" + _w().ue(2).text + "0" * 18),
    "described": sps_h265(vui="1" + "0" * 4 + "000" + "0" + "0" + "0"),
    "described at length": sps_h265(
        vui="1" + "1" + f"{255:08b}" + "0" * 32 + "11" + "1" + "0000" + "1" + "0" * 24 + "1" + _w().ue(5, 5).text
        + "000" + "1" + _w().ue(0, 0, 2, 2).text + "1" + "0" * 64 + "1" + _w().ue(9).text + "1" + BUFFER
        + "1000" + _w().ue(4095, 16, 16, 15, 15).text
    ),
    "range extension": sps_h265(profile=4, extension="1" + "1" + "0" * 7 + "1" * 9),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD_SPS)
def test_every_sequence_parameter_set_of_the_standard_is_read(name: str) -> None:
    assert h265_sets.parse_sps(GOOD_SPS[name]).size[0] in (64, 72, 48)


def test_predicted_references_are_those_of_the_standard() -> None:
    """H.265, 7-61 and 7-62, worked out by hand."""
    bits = Bits("SPS", Writer().flags(PREDICTED).unit(b""))
    sets: list[tuple[int, ...]] = []
    for _ in range(bits.number("count", 64)):
        sets.append(h265_parts.short_term_set(bits, sets))
    assert sets == [(-1, -3, 4), (-1, -2, -4, 3), (-1, -3, 1, 4)]


GOOD_PPS = {
    "tiles": (pps_h265(tiles="1" + _w().ue(1, 1).text + "1" + "1"), sps_h265(size=(128, 128))),
    "uneven tiles": (pps_h265(tiles="1" + _w().ue(1, 0).text + "0" + _w().ue(1).text + "1"), sps_h265(size=(192, 64))),
    "filters": (pps_h265(filters="1" + "10" + _w().se(6, -6).text), sps_h265()),
    "no filters": (pps_h265(filters="1" + "11"), sps_h265()),
    "quantization": (pps_h265(quantized="1" + "1" + _w().ue(3).text, qp=25, offsets=(12, -12)), sps_h265()),
    "lists": (pps_h265(lists="1" + ("0" + "1") * 20), sps_h265()),
    "extra bits": (pps_h265(extra=2), sps_h265()),
    "12 bits": (pps_h265(qp=-50), sps_h265(depths=(4, 4))),
    "range extension": (
        pps_h265(quantized="10", extension="11" + "0" * 7 + _w().ue(3).text + "1" + "1" + _w().ue(1, 0).se(-12, 12).text
                 + _w().ue(2, 2).text),
        sps_h265(format_=(3, 0), depths=(4, 4)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD_PPS)
def test_every_picture_parameter_set_of_the_standard_is_read(name: str) -> None:
    pps, sps = GOOD_PPS[name]
    h265_sets.parse_pps(pps, h265_sets.parse_sps(sps))


RESTRICTIONS = {
    "min_spatial_segmentation_idc": 4095, "max_bytes_per_pic_denom": 16, "max_bits_per_min_cu_denom": 16,
    "log2_max_mv_length_horizontal": 16, "log2_max_mv_length_vertical": 15,
}  # fmt: skip
FLAGS_OF_A_MOVIE = "".join(f"{byte:08b}" for byte in MOVIE)

BAD_VPS = {
    "several layers": vps_h265(several=1),
    "no base layer": vps_h265(reserved=2),
    "8 sub-layers": vps_h265(layers=7),
    "zeros for ones": vps_h265(ones=0xFFFE),
    "another profile space": vps_h265(space=1),
    "profile 6": vps_h265(profile=6),
    "profile 9": vps_h265(profile=9),
    "level 31": vps_h265(level=31),
    "17 pictures kept": vps_h265(kept=(16, 0, 0)),
    "more reordered than kept": vps_h265(kept=(1, 2, 0)),
    "layer 63": vps_h265(last_layer=63),
    "1025 layer sets": vps_h265(sets=1024, rest="0" * 1026),
    "3 buffers for 1 set": vps_h265(rest=TIMED + _w().ue(3).text + "0" * 99),
    "a buffer for a set that is none": vps_h265(rest=TIMED + _w().ue(1, 1).text + BUFFER + "0"),
    "elemental_duration_in_tc_minus1 2048": vps_h265(
        rest=TIMED + _w().ue(1, 0).text + "00" + "1" + _w().ue(2048).text + "0"
    ),
    "cpb_cnt_minus1 32": vps_h265(rest=TIMED + _w().ue(1, 0).text + "00" + "000" + _w().ue(32).text + "0"),
    "an extension": vps_h265(rest="01" + FLAGS_OF_A_MOVIE),
    "an empty extension": vps_h265(rest="01"),
    "one byte more": vps_h265(more=b"\x80"),
    "a movie behind it": vps_h265(more=MOVIE),
    "1025 bytes": vps_h265(more=b"\xff" * 1025),
}

BAD_SPS = {
    "another VPS": sps_h265(vps=1),
    "7 sub-layers more": sps_h265(layers=7),
    "another profile space": sps_h265(space=2),
    "profile 0": sps_h265(profile=0),
    "profile 5": sps_h265(profile=5),
    "profile 11": sps_h265(profile=11),
    "level 0": sps_h265(level=0),
    "number 16": sps_h265(number=16),
    "chroma_format_idc 4": sps_h265(format_=(4,)),
    "planes on their own": sps_h265(format_=(3, 1)),
    "no width": sps_h265(size=(0, 64)),
    "no whole blocks": sps_h265(size=(68, 64)),
    "all cut off": sps_h265(crop=(16, 16, 0, 0)),
    "11 bits": sps_h265(depths=(3, 3)),
    "16 bits": sps_h265(depths=(8, 8)),
    "two depths": sps_h265(depths=(0, 2)),
    "log2_max_pic_order_cnt_lsb_minus4 13": sps_h265(order=13),
    "17 pictures kept": sps_h265(kept=(16, 0, 0)),
    "bit_depth_chroma_minus8 9": sps_h265(depths=(0, 9)),
    "conf_win_offset 16889": sps_h265(crop=(0, 0, 0, 16889)),
    "pic_height_in_luma_samples 33777": sps_h265(size=(64, 33777)),
    "log2_min_luma_coding_block_size_minus3 4": sps_h265(blocks=(4, 0, 0, 3), size=(128, 128)),
    "log2_diff_max_min_luma_coding_block_size 4": sps_h265(blocks=(0, 4, 0, 3)),
    "transforms larger than blocks": sps_h265(blocks=(0, 1, 0, 3)),
    "max_transform_hierarchy_depth_intra 5": sps_h265(depth=(0, 5)),
    "log2_min_pcm_luma_coding_block_size_minus3 3": sps_h265(raw="1" + "0111" * 2 + _w().ue(3, 0).text + "0"),
    "num_positive_pics 17": sps_h265(references=_w().ue(1).ue(0, 17).text + "11" * 17),
    "abs_delta_rps_minus1 32768": sps_h265(references=_w().ue(2).ue(0, 0).text + "10" + _w().ue(2**15).text + "1"),
    "scaling_list_dc_coef_minus8 248": sps_h265(lists="11" + "01" * 12 + "1" + _w().se(248).text),
    "chroma_sample_loc_type_bottom_field 6": sps_h265(vui="1" + "0001" + _w().ue(0, 6).text + "0" * 6),
    "def_disp_win_offset 16889": sps_h265(vui="1" + "0" * 4 + "000" + "1" + _w().ue(0, 0, 0, 16889).text),
    **{
        f"{name} {most + 1}": sps_h265(
            vui="1" + "0" * 9 + "1" + "000" + _w().ue(*((most + 1) * (at == index) for at in range(5))).text)
        for index, (name, most) in enumerate(RESTRICTIONS.items())
    },
    "blocks of 8": sps_h265(blocks=(0, 0, 0, 1)),
    "blocks of 128": sps_h265(blocks=(1, 3, 0, 3), size=(128, 128)),
    "transforms as large as blocks": sps_h265(blocks=(0, 3, 1, 2)),
    "transforms of 64": sps_h265(blocks=(1, 2, 0, 4)),
    "a hierarchy of 5": sps_h265(depth=(5, 0)),
    "raw blocks of 9 bits": sps_h265(raw="1" + "1000" * 2 + _w().ue(0, 0).text + "0"),
    "raw blocks of 64": sps_h265(raw="1" + "0111" * 2 + _w().ue(0, 3).text + "0"),
    "65 sets": sps_h265(references=_w().ue(65).text + "1" * 300),
    "17 references": sps_h265(references=_w().ue(1).ue(17, 0).text + "11" * 17),
    "17 references predicted": sps_h265(
        references=_w().ue(2).ue(8, 8).text + "11" * 16 + "1" + "0" + _w().ue(99).text + "1" * 17),
    "a leap of 32769": sps_h265(references=_w().ue(1).ue(1, 0).ue(2**15).text + "1"),
    "33 distant references": sps_h265(distant="1" + _w().ue(33).text + "0" * 297),
    "a list from a later one": sps_h265(lists="11" + "0" + _w().ue(1).text + "01" * 19),
    "a list that leaps": sps_h265(lists="11" + "1" + _w().se(-129).text + "1" * 99),
    "a place of colour beyond 5": sps_h265(vui="1" + "0001" + _w().ue(6, 0).text + "0" * 6),
    "an extension of layers": sps_h265(extension="1" + "01" + "0" * 6 + "0"),
    "an extension of depth": sps_h265(extension="1" + "001" + "0" * 5),
    "an extension of screens": sps_h265(extension="1" + "0001" + "0" * 4 + "0" * 9),
    "an extension that is unknown": sps_h265(extension="1" + "0" * 7 + "1" + FLAGS_OF_A_MOVIE),
    "one byte more": sps_h265(more=b"\x80"),
    "a movie behind it": sps_h265(more=MOVIE),
    "a movie for a description": sps_h265(vui="1" + FLAGS_OF_A_MOVIE),
    "1025 bytes": sps_h265(more=b"\xff" * 1025),
    "an escape where there is nothing to escape": sps_h265() + b"\0\0\3\x80",
}  # fmt: skip

RANGE = "11" + "0" * 7

BAD_PPS = {
    "another SPS": pps_h265(of=1),
    "16 references": pps_h265(references=(15, 0)),
    "init_qp_minus26 -27": pps_h265(qp=-27),
    "pps_cb_qp_offset 13": pps_h265(offsets=(13, 0)),
    "pps_cr_qp_offset -13": pps_h265(offsets=(0, -13)),
    "num_tile_rows_minus1 1": pps_h265(tiles="1" + _w().ue(0, 1).text + "11"),
    "pps_tc_offset_div2 -7": pps_h265(filters="1" + "00" + _w().se(0, -7).text),
    "log2_max_transform_skip_block_size_minus2 4": pps_h265(quantized="10", extension=RANGE + _w().ue(4).text + "00"),
    "diff_cu_chroma_qp_offset_depth 4": pps_h265(extension=RANGE + "01" + _w().ue(4).text),
    "chroma_qp_offset_list_len_minus1 6": pps_h265(extension=RANGE + "01" + _w().ue(0, 6).text),
    "cb_qp_offset_list 13": pps_h265(extension=RANGE + "01" + _w().ue(0, 0).se(13, 0).text),
    "cr_qp_offset_list -13": pps_h265(extension=RANGE + "01" + _w().ue(0, 0).se(0, -13).text),
    "log2_sao_offset_scale_chroma 1": pps_h265(extension=RANGE + "00" + _w().ue(0, 1).text),
    "diff_cu_qp_delta_depth 4": pps_h265(quantized="01" + _w().ue(4).text),
    "more tiles than blocks": pps_h265(tiles="1" + _w().ue(1, 0).text + "11"),
    "one tile": pps_h265(tiles="1" + _w().ue(0, 0).text + "11"),
    "pps_beta_offset_div2 7": pps_h265(filters="1" + "00" + _w().se(7, 0).text),
    "log2_parallel_merge_level_minus2 5": pps_h265(merge=5),
    "prediction across colours": pps_h265(extension="11" + "0" * 7 + "1" + "0" + _w().ue(0, 0).text),
    "an offset of sizes": pps_h265(extension="11" + "0" * 7 + "0" + "0" + _w().ue(1, 0).text),
    "an extension of screens": pps_h265(extension="1" + "0001" + "0" * 4),
    "one byte more": pps_h265(more=b"\x80"),
    "a movie behind it": pps_h265(more=MOVIE),
    "1025 bytes": pps_h265(more=b"\xff" * 1025),
}


@pytest.mark.parametrize("name", BAD_VPS)
def test_what_is_no_video_parameter_set_ends_here(name: str) -> None:
    told(name, refused(picture(BAD_VPS[name])))


@pytest.mark.parametrize("name", BAD_SPS)
def test_what_is_no_sequence_parameter_set_ends_here(name: str) -> None:
    told(name, refused(picture(None, BAD_SPS[name])))


@pytest.mark.parametrize("name", BAD_PPS)
def test_what_is_no_picture_parameter_set_ends_here(name: str) -> None:
    told(name, refused(picture(None, None, BAD_PPS[name])))


@pytest.mark.parametrize("sizes", [(1, 0), (3,)])
def test_tiles_must_fit_into_the_picture(sizes: tuple[int, ...]) -> None:
    pps = pps_h265(tiles="1" + _w().ue(len(sizes), 0).text + "0" + _w().ue(*sizes).text + "1")
    refused(picture(None, sps_h265(size=(192, 64)), pps))

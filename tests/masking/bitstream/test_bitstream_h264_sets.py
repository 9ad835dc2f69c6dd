"""Parameter sets and slices of H.264: real ones are read to their last bit, and nothing else passes for one."""

from __future__ import annotations

import base64
import random
import re
import time
from collections.abc import Callable

import pytest
from bitwriter import Writer, pps_h264, slice_h264, sps_h264, stream
from camera_sets import H264
from streams import by_ffmpeg, shown, split

from masking.bitstream import h264_sets
from masking.bitstream.h264 import read
from masking.bitstream.picture import AccessUnit, NotAPicture

MAX_PIXELS = 64 * 1024 * 1024
MOVIE = b"\0\0\0\x18ftypqt  \0\0\2\0qt  \0\0\1\0moov" + bytes(range(1, 200)) * 3

FLAT = [bytes((90,)) * 256 + bytes((128,)) * 128] * 4


def picture(sps: bytes | None = None, pps: bytes | None = None, *slices: bytes) -> bytes:
    """A picture of four grey macroblocks, of which one part is another."""
    return stream([sps or sps_h264(), pps or pps_h264(), *(slices or (slice_h264(FLAT),))])


def refused(data: bytes, max_pixels: int = MAX_PIXELS) -> NotAPicture:
    with pytest.raises(NotAPicture) as caught:
        read(data, max_pixels)
    assert re.fullmatch(r"[ -~]{1,200}", str(caught.value))
    return caught.value


def told(name: str, error: NotAPicture) -> None:
    """Where a case is named by an element of the syntax, the refusal names it too."""
    element = name.split()[0]
    assert error.reason == ("damaged" if name == "the second slice only" else "undecodable")
    assert "_" not in element or element in str(error)


@pytest.mark.parametrize("name", H264)
def test_sets_of_real_devices_are_read_to_their_last_bit(name: str) -> None:
    texts, size = H264[name]
    sps_unit, pps_unit = (base64.b64decode(text).rstrip(b"\0") for text in texts)
    sps = h264_sets.parse_sps(sps_unit)
    assert sps.size == size
    h264_sets.parse_pps(pps_unit, sps)
    for unit, parse in ((sps_unit, h264_sets.parse_sps), (pps_unit, lambda unit: h264_sets.parse_pps(unit, sps))):
        _nothing_fits_in(unit, parse)
    for bytes_left in range(1, len(sps_unit)):  # a PPS may end early: what it holds more is optional
        with pytest.raises(NotAPicture):
            h264_sets.parse_sps(sps_unit[:bytes_left])


def _nothing_fits_in(unit: bytes, parse: Callable[[bytes], object]) -> None:
    for more in (b"\x80", b"\0\x80", b"\1", b"moov", MOVIE):
        with pytest.raises(NotAPicture):
            parse(unit + more)


def test_the_picture_by_hand_is_a_picture() -> None:
    unit = read(picture(), MAX_PIXELS)
    assert unit == AccessUnit(picture(), 32, 32, 0)
    found = shown(unit.data)
    assert found is not None and found.shape == (32, 32, 3) and found.std() == 0


def _format(chroma: int = 1, luma: int = 0, other: int = 0, apart: int | None = None, lists: str = "0") -> Writer:
    return Writer().ue(chroma).flags("" if apart is None else str(apart)).ue(luma, other).u(1, 0).flags(lists)


TOO_MANY_ZEROS = Writer().flags("0" * 32 + "1" + "0" * 32)
VUI_PLAIN = "0" * 9
BUFFER = Writer().ue(0).u(8, 0).ue(9, 9).u(1, 0).u(20, 0).text
RESTRICTIONS = (
    "max_bytes_per_pic_denom", "max_bits_per_mb_denom", "log2_max_mv_length_horizontal", "log2_max_mv_length_vertical",
    "max_num_reorder_frames", "max_dec_frame_buffering",
)  # fmt: skip
LONG_LIST = Writer().flags("11").se(*[-9] * 16).flags("0" * 7).text

GOOD_SPS = {
    "every profile": [sps_h264(profile=each) for each in (66, 77, 88)]
    + [sps_h264(profile=each, format_=_format()) for each in (100, 110, 122, 244, 44)],
    "every level": [sps_h264(level=each) for each in sorted(h264_sets.LEVELS)] + [sps_h264(level=11, constraints=0x10)],
    "every format": [sps_h264(profile=244, format_=_format(each, apart=0 if each == 3 else None)) for each in range(4)],
    "every depth": [sps_h264(profile=244, format_=_format(1, each, each)) for each in (0, 1, 2, 4, 6)],
    "lists": [sps_h264(profile=100, format_=_format(lists=LONG_LIST))],
    "orders": [
        sps_h264(order=Writer().ue(2)),
        sps_h264(order=Writer().ue(1).u(1, 0).se(-5, 2**31 - 1).ue(255).se(*[1] * 255)),
    ],
    "cropped": [sps_h264(crop=(0, 8, 0, 8)), sps_h264(crop=(4, 4, 4, 4))],
    "numbers": [sps_h264(frame_number=12), sps_h264(references=16), sps_h264(references=0)],
    "described": [
        sps_h264(vui=VUI_PLAIN),
        sps_h264(vui="1" + f"{255:08b}" + "1" * 32 + "0" * 8),
        sps_h264(vui="0" * 4 + "1" + "0" * 65 + "0" * 4),
        sps_h264(vui="0" * 5 + "1" + BUFFER + "1" + BUFFER + "0" + "00"),
        sps_h264(vui="0" * 8 + "1" + "1" + Writer().ue(0, 0, 16, 16, 16, 16).text),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD_SPS)
def test_all_that_the_standard_allows_is_read(name: str) -> None:
    for unit in GOOD_SPS[name]:
        h264_sets.parse_sps(unit)


BAD_SPS = {
    "a profile of layers": sps_h264(profile=118, format_=_format()),
    "a profile that is none": sps_h264(profile=99),
    "a level that is none": sps_h264(level=33),
    "a number beyond 31": sps_h264(number=32),
    "chroma_format_idc 4": sps_h264(profile=244, format_=_format(4)),
    "planes on their own": sps_h264(profile=244, format_=_format(3, apart=1)),
    "11 bits": sps_h264(profile=244, format_=_format(1, 3, 3)),
    "15 bits": sps_h264(profile=244, format_=_format(1, 7, 7)),
    "two depths": sps_h264(profile=244, format_=_format(1, 0, 2)),
    "a list that leaps": sps_h264(profile=100, format_=_format(lists="11" + Writer().se(128).text)),
    "log2_max_frame_num_minus4 13": sps_h264(frame_number=13),
    "pic_order_cnt_type 3": sps_h264(order=Writer().ue(3)),
    "log2_max_pic_order_cnt_lsb_minus4 13": sps_h264(order=Writer().ue(0, 13)),
    "256 pictures in a cycle": sps_h264(order=Writer().ue(1).u(1, 0).se(0, 0).ue(256).se(*[0] * 256)),
    "17 references": sps_h264(references=17),
    "too many columns": sps_h264(columns=1058),
    "too many rows": sps_h264(rows=1058),
    "all cut off": sps_h264(crop=(8, 8, 0, 0)),
    "more cut off than there is": sps_h264(crop=(0, 0, 0, 2000)),
    "a place of colour beyond 5": sps_h264(vui="0001" + Writer().ue(6, 0).text + "0" * 5),
    "33 buffers": sps_h264(vui="0" * 5 + "1" + Writer().ue(32).u(8, 0).text + "0" * 300),
    "bit_depth_chroma_minus8 7": sps_h264(profile=244, format_=_format(1, 0, 7)),
    "frame_crop_offset 16889": sps_h264(crop=(0, 0, 0, 16889)),
    "chroma_sample_loc_type_bottom_field 6": sps_h264(vui="0001" + Writer().ue(0, 6).text + "0" * 5),
    **{
        f"{name} 17": sps_h264(vui="0" * 8 + "11" + Writer().ue(*(17 * (at == index) for at in range(6))).text)
        for index, name in enumerate(RESTRICTIONS)
    },
    "fields predicted as frames": sps_h264(frames="00", direct=0),
    "a bit more": sps_h264(vui=VUI_PLAIN + "1"),
    "two bits more": sps_h264(vui=VUI_PLAIN + "11"),
    "an overlong number": Writer().u(8, 77).u(8, 0).u(8, 30).flags(TOO_MANY_ZEROS.text * 8).unit(b"\x67"),
    "nothing": b"\x67\x4d",
    "one byte more": sps_h264(more=b"\x80"),
    "a movie behind it": sps_h264(more=MOVIE),
    "a movie for a description": sps_h264(vui="".join(f"{byte:08b}" for byte in MOVIE)),
    "1025 bytes": sps_h264(vui="1" * 8200)[:1025],
    "a start code": sps_h264() + b"\0\0\2\x80",
    "an escape where there is nothing to escape": sps_h264() + b"\0\0\3\x80",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_SPS)
def test_what_is_no_sequence_parameter_set_ends_here(name: str) -> None:
    told(name, refused(picture(BAD_SPS[name])))


BAD_PPS = {
    "slice groups": pps_h264(groups=1),
    "32 references": pps_h264(references=(32, 0)),
    "32 references back": pps_h264(references=(0, 32)),
    "weighted_bipred_idc 3": pps_h264(bipred=3),
    "pic_init_qp_minus26 26": pps_h264(offsets=(26, 0, 0)),
    "pic_init_qp_minus26 -27": pps_h264(offsets=(-27, 0, 0)),
    "pic_init_qs_minus26 -27": pps_h264(offsets=(0, -27, 0)),
    "chroma_qp_index_offset 13": pps_h264(offsets=(0, 0, 13)),
    "second offset -13": pps_h264(rest=Writer().u(2, 0).se(-13)),
    "lists that end": pps_h264(rest=Writer().u(2, 1).flags("1")),
    "another SPS": pps_h264(of=1),
    "one byte more": pps_h264(more=b"\x80"),
    "a movie behind it": pps_h264(more=MOVIE),
    "1025 bytes": pps_h264() + b"\xff" * 1025,
}


@pytest.mark.parametrize("name", BAD_PPS)
def test_what_is_no_picture_parameter_set_ends_here(name: str) -> None:
    told(name, refused(picture(None, BAD_PPS[name])))


BAD_SLICES = {
    "the second slice only": (slice_h264(FLAT[:2], first=2),),
    "beyond the picture": (slice_h264(FLAT[:2]), slice_h264(FLAT[:2], first=4)),
    "a P slice": (slice_h264(FLAT, kind=5),),
    "a B slice": (slice_h264(FLAT, kind=1),),
    "slice_type 10": (slice_h264(FLAT, kind=10),),
    "a set that did not come": (slice_h264(FLAT, pps=1),),
    "nothing refers to it": (slice_h264(FLAT, header=0x05),),
    "idr_pic_id 65536": (slice_h264(FLAT, idr=65536),),
    "not a slice but its header": (b"\x65",),
    "no IDR slice": (slice_h264(FLAT, idr=None),),
    "a data partition": (slice_h264(FLAT, header=0x62),),
    "a movie": (b"\x65" + MOVIE,),
    "an auxiliary picture": (slice_h264(FLAT, header=0x73),),
}


@pytest.mark.parametrize("name", BAD_SLICES)
def test_what_is_no_key_picture_ends_here(name: str) -> None:
    told(name, refused(picture(None, None, *BAD_SLICES[name])))


@pytest.mark.parametrize("count", [1, 2, 40])
def test_what_stands_behind_a_set_is_counted(count: int) -> None:
    error = refused(picture(sps_h264(more=b"\x80" * count)))
    assert error.detail == f"the SPS holds {count} bytes more than a parameter set"


def test_a_redundant_picture_has_a_number_of_the_standard() -> None:
    told("redundant_pic_cnt 128", refused(picture(None, pps_h264(redundant=1), slice_h264(FLAT, redundant=128))))


FORMATS = [(chroma, depth) for chroma in range(4) for depth in range(8, 15)]


@pytest.mark.parametrize(("chroma", "depth"), FORMATS)
def test_a_format_is_read_where_the_decoder_has_it(chroma: int, depth: int) -> None:
    bits = Writer().ue(0, 7, 0).u(4, 0).ue(0).u(4, 0).flags("00").se(0).ue(1)
    for _ in range(4):
        bits.ue(25).align()
        for value, count in ((90, 256), (128, (0, 128, 256, 512)[chroma])):
            bits.flags(f"{value << depth - 8:0{depth}b}" * count)
    sps = sps_h264(profile=244, format_=_format(chroma, depth - 8, depth - 8, apart=0 if chroma == 3 else None))
    data = picture(sps, None, bits.unit(b"\x65"))
    before = shown(data)
    assert (before is not None) == (depth in h264_sets.BIT_DEPTHS)
    if before is not None:
        assert read(data, MAX_PIXELS).data == data


def test_slices_of_one_picture_must_agree() -> None:
    half, rest = slice_h264(FLAT[:2]), slice_h264(FLAT[:2], first=2)
    assert read(picture(None, None, half, rest), MAX_PIXELS).data == picture(None, None, half, rest)
    for other in (
        slice_h264(FLAT[:2], first=2, idr=1),
        slice_h264(FLAT[:2], first=2, frame_number=1),
        slice_h264(FLAT[:2], first=2, idr=None),
        half,
    ):
        assert read(picture(None, None, half, other), MAX_PIXELS).data == picture(None, None, half)


@pytest.mark.parametrize("missing", [0, 1])
def test_a_missing_set_is_told(missing: int) -> None:
    parts = split(picture())
    del parts[missing]
    assert "did not come" in str(refused(stream(parts)))


def test_a_set_that_comes_too_late_does_not_count() -> None:
    sps, pps, only = split(picture())
    assert "did not come" in str(refused(stream([sps, only, pps])))


def test_a_picture_that_is_too_large_is_told_apart() -> None:
    data = picture(sps_h264(columns=1000, rows=1000))
    assert refused(data).reason == "too-large"
    assert refused(picture(), 32 * 32 - 1).reason == "too-large"
    assert read(picture(), 32 * 32).width_px == 32
    # What is stored counts, however little of it is shown.
    assert refused(picture(sps_h264(columns=1000, rows=1000, crop=(0, 7900, 0, 7900)))).reason == "too-large"
    assert refused(picture(sps_h264(columns=1056, rows=2, crop=(0, 0, 0, 8)))).reason == "too-large"
    assert refused(picture(sps_h264(crop=(0, 9, 0, 0)))).reason == "undecodable"


def test_hidden_bytes_never_come_out() -> None:
    """Whatever carries them: a set that nobody names, a message, a private unit, what follows the picture."""
    parts = split(by_ffmpeg("h264", "-x264-params", "slices=3", frames=1))
    plain = read(stream(parts), MAX_PIXELS).data
    for header in (0x67, 0x68, 0x06, 0x09, 0x0C, 0x18, 0x1F, 0x6D, 0x6E, 0x6F, 0x74):
        for index in range(len(parts) + 1):
            mixed = stream([*parts[:index], bytes((header,)) + MOVIE, *parts[index:]])
            try:
                found = read(mixed, MAX_PIXELS)
            except NotAPicture:
                continue
            assert found.data == plain and b"moov" not in found.data
    assert b"moov" not in read(stream(parts) + MOVIE.replace(b"\0\0", b"\1"), MAX_PIXELS).data[: len(plain)]


@pytest.mark.parametrize("seed", range(6))
def test_mutations_are_pictures_or_refused(seed: int) -> None:
    rng = random.Random(seed)
    data = by_ffmpeg("h264", "-x264-params", "slices=3:nal-hrd=vbr:vbv-bufsize=99:vbv-maxrate=99:cqm=jvt", size="64x64")
    for _ in range(700):
        wounded = bytearray(data[: rng.choice((200, len(data)))])
        for _ in range(rng.choice((1, 1, 3, 20))):
            wounded[rng.randrange(min(len(wounded), rng.choice((80, 4000))))] = rng.choice(
                (0, 1, 3, 255, rng.randrange(256))
            )
        try:
            unit = read(bytes(wounded), MAX_PIXELS)
        except NotAPicture as error:
            assert re.fullmatch(r"[ -~]{1,200}", str(error))
        else:
            assert {each[0] & 0x1F for each in split(unit.data)} <= {5, 7, 8, 1, 6}


LARGE = {
    "zeros": lambda: b"\0\0\1" + bytes(32 << 20),
    "start codes": lambda: b"\0\0\1\x09" * (8 << 20),
    "empty units": lambda: b"\0\0\1" * (10 << 20),
    "one long set": lambda: b"\0\0\1\x67" + b"\xff" * (32 << 20),
    "one long slice": lambda: picture() + b"\0\0\1\x65" + b"\x80" * (32 << 20),
    "no start code": lambda: b"\xff" * (32 << 20),
    "slices without sets": lambda: b"\0\0\1\x67" + b"\0\0\1\x65\xb8" * 4000,
}


@pytest.mark.parametrize("name", LARGE)
def test_no_input_takes_long(name: str) -> None:
    data = LARGE[name]()
    begun_s = time.process_time()
    try:
        read(data, MAX_PIXELS)
    except NotAPicture as error:
        assert error.reason == "undecodable"
    assert time.process_time() - begun_s < 2.0


def test_a_large_picture_costs_what_copying_it_costs() -> None:
    rng = random.Random(3)
    data = picture() + rng.randbytes(4 << 20).replace(b"\0\0", b"\1\1")
    begun_s = time.process_time()
    for _ in range(10):
        read(data, MAX_PIXELS)
    assert (time.process_time() - begun_s) / 10 < 0.1

"""What real encoders of H.264 write reaches the decoder with the same pixels, whatever stands around it."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest
from bitwriter import Writer, pps_h264, slice_h264, sps_h264, stream
from streams import by_ffmpeg, by_gstreamer, encode_at_once, launch_at_once, shown, shown_by_ffmpeg, split

from masking.bitstream.h264 import read
from masking.bitstream.picture import AccessUnit, NotAPicture

MAX_PIXELS = 64 * 1024 * 1024

X264 = {
    "plain": (),
    "baseline": ("-profile:v", "baseline"),
    "main": ("-profile:v", "main"),
    "cavlc": ("-x264-params", "cabac=0"),
    "422": ("-pix_fmt", "yuv422p"),
    "444": ("-pix_fmt", "yuv444p"),
    "10 bits": ("-pix_fmt", "yuv420p10le"),
    "422 10 bits": ("-pix_fmt", "yuv422p10le"),
    "444 10 bits": ("-pix_fmt", "yuv444p10le"),
    "grey": ("-pix_fmt", "gray"),
    "grey 10 bits": ("-pix_fmt", "gray10le"),
    "full range": ("-pix_fmt", "yuvj420p"),
    "lossless": ("-qp", "0"),
    "lossless 444": ("-qp", "0", "-pix_fmt", "yuv444p"),
    "8 slices": ("-x264-params", "slices=8"),
    "slices of 300 bytes": ("-x264-params", "slice-max-size=300"),
    "slices of 5 macroblocks": ("-x264-params", "slice-max-mbs=5"),
    "delimiters": ("-x264-params", "aud=1"),
    "buffer model": ("-x264-params", "nal-hrd=vbr:vbv-bufsize=1000:vbv-maxrate=1000"),
    "constant rate": ("-x264-params", "nal-hrd=cbr:vbv-bufsize=300:vbv-maxrate=300:bitrate=300"),
    "filler": ("-x264-params", "filler=1:nal-hrd=cbr:vbv-bufsize=2000:vbv-maxrate=2000:bitrate=2000"),
    "matrices": ("-x264-params", "cqm=jvt"),
    "own matrices": ("-x264-params", "cqm4=" + ",".join("17" for _ in range(16))),
    "no 8x8": ("-x264-params", "8x8dct=0"),
    "other numbers": ("-x264-params", "sps-id=7"),
    "numbers at the end": ("-x264-params", "sps-id=31"),
    "intra only": ("-x264-params", "keyint=1"),
    "intra profile": ("-x264-params", "keyint=1", "-pix_fmt", "yuv422p10le"),
    "refresh": ("-x264-params", "intra-refresh=1"),
    "open groups": ("-x264-params", "open-gop=1:keyint=4"),
    "16 references": ("-x264-params", "ref=16:bframes=8:b-pyramid=normal"),
    "weighted": ("-x264-params", "weightp=2:weightb=1"),
    "constrained": ("-x264-params", "constrained-intra=1"),
    "deblocking": ("-x264-params", "deblock=-3,4"),
    "no deblocking": ("-x264-params", "no-deblock=1"),
    "colour offset": ("-x264-params", "chroma-qp-offset=-9"),
    "described": ("-x264-params", "videoformat=pal:fullrange=on:colorprim=bt709:transfer=bt709:chromaloc=3"),
    "aspect": ("-x264-params", "sar=97/55:overscan=crop"),
    "stereo": ("-x264-params", "frame-packing=3"),
    "fields in name": ("-x264-params", "fake-interlaced=1"),
    "level 1b": ("-level", "1b", "-profile:v", "baseline"),
    **{f"level {level}": ("-level", level) for level in ("1.1", "2.2", "3.1", "4.2", "5.2", "6.2")},
}  # fmt: skip
SIZES = ("16x16", "18x34", "66x50", "720x576", "1280x720", "1920x1080")

GSTREAMER = {
    "x264enc": "x264enc key-int-max=2 speed-preset=ultrafast byte-stream=true",
    "x264enc slices": "x264enc tune=zerolatency byte-stream=true option-string=slices=4 aud=false",
    "x264enc intra": "x264enc intra-refresh=true byte-stream=true",
    "x264enc baseline": "x264enc byte-stream=true ! video/x-h264,profile=baseline,stream-format=byte-stream",
    "x264enc high 4:2:2": "videoconvert ! video/x-raw,format=Y42B ! x264enc byte-stream=true",
    "openh264enc": "openh264enc",
    "openh264enc slices": "openh264enc slice-mode=n-slices num-slices=4 gop-size=2",
    "openh264enc cabac": "openh264enc ! video/x-h264,profile=high",
    "parsed": "x264enc ! h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au",
}


@pytest.fixture(scope="module")
def encoded() -> None:
    encode_at_once("h264", X264.values())


@pytest.mark.usefixtures("encoded")
@pytest.mark.parametrize("name", X264)
def test_a_key_picture_of_x264_is_shown_as_before(name: str) -> None:
    _same(by_ffmpeg("h264", *X264[name]))


@pytest.mark.parametrize("size", SIZES)
def test_a_picture_of_any_size_is_shown_as_before(size: str) -> None:
    data = by_ffmpeg("h264", size=size, frames=1)
    assert "{}x{}".format(*_size(_same(data))) == size


@pytest.fixture(scope="module")
def launched() -> None:
    launch_at_once(GSTREAMER.values())


@pytest.mark.usefixtures("launched")
@pytest.mark.parametrize("name", GSTREAMER)
def test_a_key_picture_of_gstreamer_is_shown_as_before(name: str) -> None:
    _same(by_gstreamer(GSTREAMER[name]))


def _size(unit: AccessUnit) -> tuple[int, int]:
    return unit.width_px, unit.height_px


def _same(data: bytes) -> AccessUnit:
    unit = read(data, MAX_PIXELS)
    before, now = shown(data), shown(unit.data)
    assert before is not None and now is not None
    assert now.shape == (unit.height_px, unit.width_px, 3)
    assert np.array_equal(before, now)
    kinds = [each[0] & 0x1F for each in split(unit.data)]
    assert kinds == sorted(kinds, key=(7, 8, 5).index) and kinds[0] == 7 and kinds[1] == 8
    return unit


MIXED = ("tff=1", "bff=1", "tff=1:pic-struct=1:nal-hrd=vbr:vbv-bufsize=900:vbv-maxrate=900")


def _mixed(name: str, pixels: str) -> tuple[str, ...]:
    return "-pix_fmt", pixels, "-x264-params", name


@pytest.mark.parametrize("name", MIXED)
@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p10le"])
def test_a_picture_of_mixed_fields_is_shown_as_ffmpeg_shows_it(name: str, pixels: str) -> None:
    """OpenCV 5.0 by itself shows memory that nobody wrote."""
    encode_at_once("h264", [_mixed(each, pixels) for each in MIXED], size="176x160")
    data = by_ffmpeg("h264", *_mixed(name, pixels), size="176x160")
    unit = read(data, MAX_PIXELS)
    assert shown_by_ffmpeg(unit.data, "h264", "yuv420p") == shown_by_ffmpeg(data, "h264", "yuv420p") != b""
    picture = shown(unit.data)
    assert picture is not None
    wanted = np.frombuffer(shown_by_ffmpeg(data, "h264"), np.uint8).reshape(picture.shape)
    assert np.abs(picture.astype(int) - wanted).mean() < 4  # two versions of one conversion


# --- fields by hand: no encoder here writes them


def _macroblocks(seed: int, count: int) -> list[bytes]:
    rng = random.Random(seed)
    return [bytes(rng.randrange(1, 255) for _ in range(384)) for _ in range(count)]


FIELDS_SPS = sps_h264(frames="00", rows=1)
TOP, BOTTOM = _macroblocks(1, 2), _macroblocks(2, 2)


@pytest.mark.parametrize("second", [{"idr": None}, {"idr": 0}], ids=["second field P or I", "both fields IDR"])
@pytest.mark.parametrize("between", [(), (b"\x09\x10",), (b"\x68\xee\x3c\x80", b"\x06\x05\x01\x00\x80")])
def test_two_fields_are_one_frame(second: dict[str, int | None], between: tuple[bytes, ...]) -> None:
    opens, ends = slice_h264(TOP, field="10"), slice_h264(BOTTOM, field="11", order=1, **second)  # type: ignore[arg-type]
    data = stream([FIELDS_SPS, pps_h264(), opens, *between, ends])
    unit = read(data, MAX_PIXELS)
    assert _size(unit) == (32, 32)
    luma = np.frombuffer(shown_by_ffmpeg(unit.data, "h264", "yuv420p"), np.uint8)[: 32 * 32].reshape(32, 32)
    for parity, macroblocks in ((0, TOP), (1, BOTTOM)):
        wanted = np.hstack([np.frombuffer(each[:256], np.uint8).reshape(16, 16) for each in macroblocks])
        assert np.array_equal(luma[parity::2], wanted)
    picture = shown(unit.data)
    assert picture is not None
    told = np.frombuffer(shown_by_ffmpeg(stream([FIELDS_SPS, pps_h264(), opens, ends]), "h264"), np.uint8)
    assert np.abs(picture.astype(int) - told.reshape(32, 32, 3)).max() <= 2


def test_a_second_field_that_is_predicted_from_the_first_comes_with_it() -> None:
    opens = slice_h264(TOP, field="10")
    skips = Writer().ue(0, 5, 0).u(4, 0).flags("11").u(4, 1).flags("00" + "0").se(0).ue(1).ue(2).unit(b"\x61")
    unit = read(stream([FIELDS_SPS, pps_h264(), opens, skips]), MAX_PIXELS)
    assert split(unit.data)[-2:] == [opens, skips]
    luma = np.frombuffer(shown_by_ffmpeg(unit.data, "h264", "yuv420p"), np.uint8)[: 32 * 32].reshape(32, 32)
    assert np.array_equal(luma[0::2], luma[1::2]) and luma.std() > 50


def test_a_field_alone_is_no_picture_to_the_decoder() -> None:
    data = stream([FIELDS_SPS, pps_h264(), slice_h264(TOP, field="10")])
    assert shown(data) is None and shown(read(data, MAX_PIXELS).data) is None


def test_a_field_that_does_not_complete_the_frame_ends_the_reading() -> None:
    opens = slice_h264(TOP, field="10")
    alone = read(stream([FIELDS_SPS, pps_h264(), opens]), MAX_PIXELS)
    for other in (
        slice_h264(BOTTOM, field="10", idr=None),  # the same parity
        slice_h264(BOTTOM, field="11", idr=None, frame_number=1),
        slice_h264(BOTTOM, field="11", idr=3),
        slice_h264(BOTTOM, field="11", idr=None, first=1),
        slice_h264(BOTTOM, field="11", idr=None, header=0x01),  # nothing refers to it
        slice_h264(BOTTOM, field="0", idr=None),  # a frame
    ):
        assert read(stream([FIELDS_SPS, pps_h264(), opens, other]), MAX_PIXELS) == alone


# --- the same picture, in other streams


def _plain(*arguments: str) -> bytes:
    return by_ffmpeg(
        "h264", "-x264-params", "slices=4:repeat-headers=1:keyint=2:min-keyint=1:scenecut=0", *arguments, frames=5
    )


def test_start_codes_and_zeros_do_not_matter() -> None:
    data = _plain()
    found = read(data, MAX_PIXELS)
    parts = split(data)
    for code in (b"\0\0\1", b"\0\0\0\1", b"\0\0\0\0\0\0\1", bytes(9000) + b"\0\0\1"):
        assert read(b"".join(code + part for part in parts), MAX_PIXELS) == found
    assert read(data + bytes(5000), MAX_PIXELS) == found


def test_a_stream_may_begin_in_the_middle_of_a_group() -> None:
    parts = split(_plain())
    kinds = [part[0] & 0x1F for part in parts]
    assert kinds[0] == 7
    early = [part for part in parts if part[0] & 0x1F == 1][:4]
    later = [index for index, kind in enumerate(kinds) if kind == 7][1]
    whole = read(stream(parts[later:]), MAX_PIXELS)
    after = read(stream([*early, *parts[later:]]), MAX_PIXELS)
    assert after.data == whole.data and after.dropped_units == whole.dropped_units + 4


def test_what_is_no_part_of_the_picture_is_dropped_and_counted() -> None:
    parts = split(_plain())
    plain = read(stream(parts), MAX_PIXELS)
    private = [
        bytes((kind, *b"ftypqt  moovmdat")) for kind in (0, 2, 3, 4, 6, 9, 10, 11, 12, *range(13, 32), 0x80, 0xE5)
    ]
    index = next(index for index, part in enumerate(parts) if part[0] & 0x1F == 5)
    mixed = [part for one in parts[: index + 4] for part in (*private, one)]
    found = read(stream([*mixed, *parts[index + 4 :]]), MAX_PIXELS)
    assert found.data == plain.data
    assert found.dropped_units == plain.dropped_units + len(private) * (index + 4)
    assert b"moov" not in found.data


def test_what_follows_the_picture_is_not_even_looked_at() -> None:
    parts = split(_plain())
    index = next(index for index, part in enumerate(parts) if part[0] & 0x1F == 5)
    alone = read(stream(parts[: index + 4]), MAX_PIXELS)
    for other in (parts[index], b"\x41\x9a", b"\x65\x80", b"\x65\xff"):
        assert read(stream([*parts[: index + 4], other, *[b"\x09\x10"] * 5000]), MAX_PIXELS) == alone


def test_the_later_of_two_sets_of_one_number_counts_up_to_the_picture() -> None:
    parts = split(_plain())
    other = split(by_ffmpeg("h264", "-x264-params", "cabac=0", size="64x64"))
    sets = [part for part in other if part[0] & 0x1F in (7, 8)]
    found = read(stream(parts), MAX_PIXELS)
    assert read(stream([*sets, *parts]), MAX_PIXELS).data == found.data
    index = next(index for index, part in enumerate(parts) if part[0] & 0x1F == 5) + 1
    assert read(stream([*parts[:index], *sets, *parts[index:]]), MAX_PIXELS).data == found.data


def test_only_the_sets_that_slices_name_are_written() -> None:
    parts = split(_plain())
    other = [
        part for part in split(by_ffmpeg("h264", "-x264-params", "sps-id=9", size="64x64")) if part[0] & 0x1F in (7, 8)
    ]
    bad = sps_h264(number=5, profile=118)
    assert read(stream([*other, bad, *parts]), MAX_PIXELS).data == read(stream(parts), MAX_PIXELS).data


def test_zero_words_at_the_end_of_a_slice_stay() -> None:
    parts = split(by_ffmpeg("h264", frames=1))
    longer = [part + b"\0\0\3\0\0\3" if part[0] & 0x1F == 5 else part for part in parts]
    unit = read(stream(longer), MAX_PIXELS)
    assert unit.data.endswith(b"\0\0\3\0\0\3")
    before, now = shown(stream(longer)), shown(unit.data)
    assert before is not None and now is not None and np.array_equal(before, now)


def test_redundant_slices_are_dropped() -> None:
    sets = [sps_h264(), pps_h264(redundant=1)]
    blocks = _macroblocks(3, 4)
    good = slice_h264(blocks, redundant=0)
    unit = read(
        stream([*sets, good, slice_h264(blocks[:1], redundant=1), slice_h264(first=2, redundant=2)]), MAX_PIXELS
    )
    assert split(unit.data) == [*sets, good] and unit.dropped_units == 2


def test_a_stream_that_was_cut_is_a_picture_or_none() -> None:
    data = _plain()
    wrong = []
    for cut in range(0, 3000, 37):
        try:
            unit = read(data[:cut], MAX_PIXELS)
        except NotAPicture as refused:
            if not re.fullmatch(r"[ -~]{1,200}", str(refused)) or refused.reason != "undecodable":
                wrong.append((cut, refused.reason, str(refused)))
        else:
            kinds = [part[0] & 0x1F for part in split(unit.data)]
            if kinds[:3] != [7, 8, 5]:
                wrong.append((cut, "", str(kinds)))
    assert wrong == []

"""What real encoders of H.265 write reaches the decoder with the same pixels, whatever stands around it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from streams import by_ffmpeg, by_gstreamer, encode_at_once, launch_at_once, shown, shown_by_ffmpeg, split

from masking.bitstream.h265 import read
from masking.bitstream.picture import AccessUnit, NotAPicture

MAX_PIXELS = 64 * 1024 * 1024

PIXELS = (
    "yuv420p", "yuvj420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le", "yuv420p12le", 
    "yuv422p12le", "yuv444p12le", "gray", "gray10le", "gray12le", "gbrp",
)  # fmt: skip

PROFILES = {
    "main": "yuv420p", "main10": "yuv420p10le", "main12": "yuv420p12le", "main422-10": "yuv422p10le",
    "main444-8": "yuv444p", "main444-10": "yuv444p10le", "main-intra": "yuv420p", "main10-intra": "yuv420p10le",
    "main422-10-intra": "yuv422p10le", "main444-intra": "yuv444p",
}  # fmt: skip

X265 = {
    "no waves": "wpp=0",
    "4 slices": "slices=4",
    "delimiters": "aud=1:hash=1:info=1",
    "buffer model": "hrd=1:vbv-bufsize=900:vbv-maxrate=900:aud=1",
    "one long buffer model": "hrd=1:vbv-bufsize=900:vbv-maxrate=900:hrd-concat=1",
    "matrices": "scaling-list=default",
    "lossless": "lossless=1",
    "skipped transforms": "tskip=1",
    "small blocks": "ctu=16:min-cu-size=8",
    "16x16 only": "ctu=16:min-cu-size=16:max-tu-size=4",
    "32x32 blocks": "ctu=32:min-cu-size=16:max-tu-size=16",
    "deep transforms": "tu-intra-depth=4:tu-inter-depth=4",
    "rectangles": "rect=1:amp=1",
    "no filters": "no-sao=1:no-deblock=1",
    "deblocking": "deblock=-3,4",
    "colour offsets": "cbqpoffs=-9:crqpoffs=9",
    "two temporal layers": "temporal-layers=2:bframes=3:b-adapt=0",
    "open groups": "open-gop=1:keyint=2:bframes=2",
    "closed groups": "open-gop=0:keyint=2",
    "intra only": "keyint=1",
    "intra refresh": "intra-refresh=1",
    "5 references": "ref=5:bframes=4:b-pyramid=1",
    "sets without prediction": "opt-ref-list-length-pps=0:opt-qp-pps=0",
    "optimised sets": "opt-ref-list-length-pps=1:opt-qp-pps=1",
    "described": "sar=5:overscan=crop:videoformat=pal:range=full:colorprim=bt709:transfer=bt709:colormatrix=bt709",
    "shown in part": "chromaloc=2:display-window=0,0,2,2",
    "with light levels": "max-cll=1000,400",
    "constrained": "constrained-intra=1",
    "strong": "no-strong-intra-smoothing=1:no-temporal-mvp=1",
    "weighted": "weightp=1:weightb=1",
    "high tier": "level-idc=5.1:high-tier=1",
    "level 2": "level-idc=2",
    "level 6.2": "level-idc=6.2",
    "level 8.5": "level-idc=8.5",
}  # fmt: skip

SIZES = ("64x64", "18x34", "98x66", "720x576", "1280x720", "1920x1080")

GSTREAMER = {
    "x265enc": "x265enc key-int-max=2",
    "x265enc slices": "x265enc option-string=slices=3",
    "parsed": "x265enc ! h265parse config-interval=-1 ! video/x-h265,stream-format=byte-stream,alignment=au",
    "10 bits": "videoconvert ! video/x-raw,format=I420_10LE ! x265enc",
}


@pytest.fixture(scope="module")
def encoded() -> None:
    rows = [("-x265-params", params) for params in X265.values()]
    rows += [("-pix_fmt", pixels) for pixels in PIXELS]
    encode_at_once("h265", [*rows, *(_profiled(profile) for profile in PROFILES)])


def _profiled(profile: str) -> tuple[str, ...]:
    return "-profile:v", profile, "-pix_fmt", PROFILES[profile]


def _same(data: bytes) -> AccessUnit:
    unit = read(data, MAX_PIXELS)
    before, now = shown(data), shown(unit.data)
    assert before is not None and now is not None
    assert now.shape == (unit.height_px, unit.width_px, 3)
    assert np.array_equal(before, now)
    kinds = [each[0] >> 1 for each in split(unit.data)]
    assert kinds[:3] == [32, 33, 34] and len(set(kinds[3:])) == 1 and kinds[3] in range(16, 22)
    return unit


@pytest.mark.usefixtures("encoded")
@pytest.mark.parametrize("pixels", PIXELS)
def test_a_key_picture_of_any_format_is_shown_as_before(pixels: str) -> None:
    _same(by_ffmpeg("h265", "-pix_fmt", pixels))


@pytest.mark.usefixtures("encoded")
@pytest.mark.parametrize("profile", PROFILES)
def test_a_key_picture_of_any_profile_is_shown_as_before(profile: str) -> None:
    _same(by_ffmpeg("h265", *_profiled(profile)))


@pytest.mark.parametrize("profile", ["mainstillpicture", "msp"])
def test_a_still_picture_is_shown_as_before(profile: str) -> None:
    _same(by_ffmpeg("h265", "-profile:v", profile, frames=1))


@pytest.mark.usefixtures("encoded")
@pytest.mark.parametrize("name", X265)
def test_a_key_picture_of_x265_is_shown_as_before(name: str) -> None:
    _same(by_ffmpeg("h265", "-x265-params", X265[name]))


def test_a_window_that_is_proposed_changes_nothing_however_the_decoder_is_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """FFmpeg's parser heeds it, its decoder does not: where nothing looks ahead, OpenCV scales the picture down."""
    data = by_ffmpeg("h265", "-x265-params", X265["shown in part"])
    unit, wanted = read(data, MAX_PIXELS), shown(data)
    monkeypatch.setenv(
        "OPENCV_FFMPEG_CAPTURE_OPTIONS", "input_format;hevc|codec_whitelist;none|video_codec;hevc|threads;1"
    )
    scaled, found = shown(data), shown(unit.data)
    assert wanted is not None and scaled is not None and found is not None
    assert scaled.shape != wanted.shape, "FFmpeg heeds it no more"
    assert np.array_equal(found, wanted)


@pytest.mark.parametrize("size", SIZES)
def test_a_picture_of_any_size_is_shown_as_before(size: str) -> None:
    unit = _same(by_ffmpeg("h265", size=size, frames=1))
    assert f"{unit.width_px}x{unit.height_px}" == size


@pytest.fixture(scope="module")
def launched() -> None:
    launch_at_once(GSTREAMER.values())


@pytest.mark.usefixtures("launched")
@pytest.mark.parametrize("name", GSTREAMER)
def test_a_key_picture_of_gstreamer_is_shown_as_before(name: str) -> None:
    _same(by_gstreamer(GSTREAMER[name]))


@pytest.mark.parametrize("parity", ["tff", "bff"])
def test_a_picture_that_calls_itself_a_field_is_shown_as_ffmpeg_shows_it(parity: str) -> None:
    """OpenCV 5.0 by itself shows memory that nobody wrote; the message that it heeds is dropped."""
    data = by_ffmpeg("h265", "-x265-params", f"interlace={parity}")
    unit = read(data, MAX_PIXELS)
    picture = shown(unit.data)
    assert picture is not None
    wanted = np.frombuffer(shown_by_ffmpeg(data, "h265"), np.uint8).reshape(picture.shape)
    assert np.abs(picture.astype(int) - wanted).mean() < 4  # two versions of one conversion


# --- the same picture, in other streams


def _groups() -> list[bytes]:
    """Units of a stream whose later key pictures are CRA pictures; each has two slices, and its sets before it."""
    params = "slices=2:open-gop=1:keyint=4:min-keyint=4:bframes=2:b-adapt=0:scenecut=0:repeat-headers=1"
    return split(by_ffmpeg("h265", "-x265-params", params, size="176x256", frames=10))


def _stream(units: list[bytes]) -> bytes:
    return b"".join(b"\0\0\0\1" + unit for unit in units)


def _kinds(units: list[bytes]) -> list[int]:
    return [each[0] >> 1 for each in units]


def test_a_stream_may_begin_with_pictures_that_are_no_key() -> None:
    parts = _groups()
    kinds = _kinds(parts)
    second = [index for index, kind in enumerate(kinds) if kind == 32][1]
    early = [part for part, kind in zip(parts, kinds, strict=True) if kind in (0, 1)][:3]
    assert early
    found = read(_stream([*early, *parts[second:]]), MAX_PIXELS)
    assert _kinds(split(found.data)) == [32, 33, 34, 21, 21]
    _same(_stream(parts[second:]))
    key = next(index for index, kind in enumerate(kinds) if kind == 21) + 2
    leading = [bytes((kind << 1, 1)) + part[2:] for kind in (6, 7, 8, 9) for part in early]
    assert read(_stream([*leading, *parts[second:key], *leading, *parts[key:]]), MAX_PIXELS).data == found.data


def test_start_codes_and_zeros_do_not_matter() -> None:
    parts = _groups()
    found = read(_stream(parts), MAX_PIXELS)
    for code in (b"\0\0\1", b"\0\0\0\0\0\0\1", bytes(9000) + b"\0\0\1"):
        assert read(b"".join(code + part for part in parts), MAX_PIXELS) == found


def test_what_is_no_part_of_the_picture_is_dropped_and_counted() -> None:
    parts = _groups()
    plain = read(_stream(parts), MAX_PIXELS)
    movie = b"ftypqt  moovmdat"
    private = [
        bytes((kind << 1, 1)) + movie for kind in (10, 15, 22, 23, 24, 31, 35, 36, 37, 38, 39, 40, 41, 47, 48, 63)
    ]
    private += [b"\x26\x09" + movie, b"\x42\x09" + movie, b"\xa6\x01" + movie, b"\x26\x00" + movie, b"\x44\x02" + movie]
    keys = [index for index, kind in enumerate(_kinds(parts)) if kind in range(16, 22)][:2]
    mixed = [part for one in parts[: keys[1] + 1] for part in (*private, one)]
    found = read(_stream([*mixed, *parts[keys[1] + 1 :]]), MAX_PIXELS)
    assert found.data == plain.data
    assert found.dropped_units == plain.dropped_units + len(private) * (keys[1] + 1)


def test_what_follows_the_picture_is_not_even_looked_at() -> None:
    parts = _groups()
    last = [index for index, kind in enumerate(_kinds(parts)) if kind in range(16, 22)][1]
    alone = read(_stream(parts[: last + 1]), MAX_PIXELS)
    for other in (parts[last - 1], b"\x02\x01\xd0", b"\x26\x01\xff", b"\x2a\x01\x01"):
        assert read(_stream([*parts[: last + 1], other, *[b"\x46\x01\x10"] * 5000]), MAX_PIXELS) == alone


def test_the_later_of_two_sets_of_one_number_counts_up_to_the_picture() -> None:
    parts = _groups()
    sets = [part for part in split(by_ffmpeg("h265", size="64x64", frames=1)) if part[0] >> 1 in (32, 33, 34)]
    plain = read(_stream(parts), MAX_PIXELS)
    assert read(_stream([*sets, *parts]), MAX_PIXELS).data == plain.data
    first = next(index for index, kind in enumerate(_kinds(parts)) if kind in range(16, 22)) + 1
    assert read(_stream([*parts[:first], *sets, *parts[first:]]), MAX_PIXELS).data == plain.data


def test_a_stream_that_was_cut_is_a_picture_or_none() -> None:
    data = _stream(_groups())
    wrong = []
    for cut in range(0, 3000, 37):
        try:
            unit = read(data[:cut], MAX_PIXELS)
        except NotAPicture as refused:
            if not re.fullmatch(r"[ -~]{1,200}", str(refused)) or refused.reason != "undecodable":
                wrong.append((cut, refused.reason, str(refused)))
        else:
            kinds = _kinds(split(unit.data))
            if kinds[:3] != [32, 33, 34]:
                wrong.append((cut, "", str(kinds)))
    assert wrong == []

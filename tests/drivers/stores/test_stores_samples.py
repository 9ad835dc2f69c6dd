"""The first key picture of a segment: the same pixels as by FFmpeg, whole or not at all, and of two codecs only."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from segments_made import (
    ENCODERS,
    FOLDER,
    SHAPES,
    annex_b,
    decoded,
    ffmpeg,
    kind_of,
    pictures_of,
    segment,
    slices,
    taken,
    unit_type,
)

from drivers.rtsp.rtp import CODECS
from drivers.stores.container import UnreadableError
from drivers.stores.samples.units import delimited


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("encoder", [name for name in ENCODERS if name != "avc interlaced"])
def test_the_picture_is_pixel_by_pixel_the_first_that_ffmpeg_finds_in_the_file(encoder: str, shape: str) -> None:
    path = segment(encoder, shape)
    sample = taken(path)
    assert sample.kind == kind_of(encoder)
    assert decoded(sample.data) == decoded(path)
    # One key picture, and nothing but its slices and parameter sets.
    codec = CODECS[sample.kind]
    numbers = [unit_type(sample.kind, unit) for unit in delimited(sample.data)]
    sets = [number for number in numbers if number in codec.parameter_sets]
    assert set(sets) == set(codec.parameter_sets) and numbers[: len(sets)] == sets
    assert len(numbers) > len(sets) and all(number in codec.keys for number in numbers[len(sets) :])
    opening = [unit for unit in delimited(sample.data) if codec.kind(unit) in codec.keys and codec.opens_picture(unit)]
    assert len(opening) == 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("encoder", ["avc open gop", "avc slices", "hevc"])
def test_a_file_cut_anywhere_gives_the_same_picture_or_none(encoder: str, shape: str) -> None:
    whole = segment(encoder, shape).read_bytes()
    expected, outcomes = taken(whole), set()
    near = whole.index(expected.data[-64:]) if expected.data[-64:] in whole else len(whole) // 5
    places = [len(whole) * step // 24 for step in range(24)] + [near + step for step in range(-30, 600, 35)]
    for size in places:
        try:
            assert taken(whole[:size]) == expected, size
            outcomes.add("same")
        except UnreadableError:
            outcomes.add("none")
    # The index of a plain one stands at its end.
    assert outcomes == ({"none"} if shape in ("plain.mp4", "plain.mov") else {"same", "none"})


@pytest.mark.parametrize("shape", SHAPES)
def test_interlaced_pictures_are_taken_as_they_are(shape: str) -> None:
    """FFmpeg's own conversion refuses fields in the version that OpenCV brings: there are no pixels to compare."""
    units = slices("h264", pictures_of("avc interlaced", "320x240")[0])
    assert taken(segment("avc interlaced", shape)).data.endswith(annex_b(*units))


FOREIGN: dict[str, dict[str, str]] = {
    "mp4": {"mpeg4": "mp4v", "mpeg2video": "mp4v", "mjpeg": "mp4v", "libvpx-vp9": "VP9", "libaom-av1": "AV1",
            "png": "mp4v"},
    "mov": {"prores_ks": "ProRes", "mjpeg": "JPEG", "png": "PNG", "ffv1": "FFV1", "magicyuv": "MagicYUV", "gif": "GIF",
            "tiff": "TIFF", "mpeg4": "mp4v", "qtrle": "rle", "rawvideo": "I420"},
    "ts": {"mpeg2video": "MPEG-2", "mpeg1video": "MPEG-", "mpeg4": "MPEG-4", "jpeg2000": "private", "ffv1": "private",
           "libvpx-vp9": "private", "libaom-av1": "private", "mjpeg": "private"},
    "mkv": {"ffv1": "FFV1", "mjpeg": "V_MJPEG", "prores_ks": "V_PRORES", "libvpx-vp9": "V_VP9", "libvpx": "V_VP8",
            "libaom-av1": "V_AV1", "magicyuv": "M8Y0", "png": "MPNG", "gif": "V_QUICKTIME gif",
            "mpeg4": "V_MPEG4/ISO/ASP",
            "mpeg2video": "V_MPEG2", "huffyuv": "HFYU", "libtheora": "V_THEORA", "rawvideo": "V_UNCOMPRESSED"},
}  # fmt: skip


@cache
def foreign_files(ending: str) -> dict[str, Path]:
    """Write a file of each foreign codec in this container, in one run of ffmpeg."""
    files = {codec: FOLDER / f"foreign-{codec}.{ending}" for codec in FOREIGN[ending]}
    outputs = (word for codec, path in files.items() for word in ("-c:v", codec, "-strict", "-2", path))
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=0.2", *outputs)
    return files


@pytest.mark.parametrize(
    ("ending", "codec"), [(ending, codec) for ending, codecs in FOREIGN.items() for codec in codecs]
)
def test_a_foreign_codec_is_refused_by_name(ending: str, codec: str) -> None:
    with pytest.raises(UnreadableError, match=r"^its video is .*, not H\.264 or H\.265$") as refused:
        taken(foreign_files(ending)[codec])
    assert FOREIGN[ending][codec] in str(refused.value)

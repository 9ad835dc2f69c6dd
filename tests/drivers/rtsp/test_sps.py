"""The size in a parameter set: as ffmpeg meant it, and nothing but a plausible size whatever the bytes are."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measured_clips import parameter_set

from drivers.rtsp.sps import SIDE_MAX_PX, picture_size

SETS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "H.264 baseline": ("h264", "352x288", ("-profile:v", "baseline")),
    "H.264 main, cropped to 1080 lines": ("h264", "1920x1080", ("-profile:v", "main")),
    "H.264 high": ("h264", "2560x1440", ("-preset", "veryfast", "-profile:v", "high")),
    "H.264 with scaling lists": ("h264", "704x576", ("-preset", "veryfast", "-x264-params", "cqm=jvt")),
    "H.264 interlaced": ("h264", "1920x1080", ("-preset", "veryfast", "-x264-params", "interlaced=1")),
    "H.264 4:2:2, ten bits": ("h264", "642x362", ("-pix_fmt", "yuv422p10le")),
    "H.264 4:4:4, odd size": ("h264", "321x241", ("-vf", "format=yuv444p,scale=321:241")),
    "H.264 grey": ("h264", "640x480", ("-pix_fmt", "gray")),
    "H.264 4K": ("h264", "3840x2160", ()),
    "H.265 main": ("h265", "1920x1080", ()),
    "H.265 ten bits": ("h265", "1280x720", ("-pix_fmt", "yuv420p10le")),
    "H.265 4:4:4, odd size": ("h265", "333x245", ("-vf", "format=yuv444p,scale=333:245")),
    "H.265 with temporal layers": ("h265", "640x360", ("-x265-params", "temporal-layers=3:log-level=none")),
    "H.265 cut small": ("h265", "646x362", ()),
}


@cache
def bytes_of(name: str) -> tuple[str, bytes]:
    kind, size, options = SETS[name]
    return kind, parameter_set(kind, size, *options)


@pytest.mark.parametrize("name", SETS)
def test_the_size_is_the_one_that_ffmpeg_encoded(name: str) -> None:
    kind, nal = bytes_of(name)
    width, height = SETS[name][1].split("x")
    assert picture_size(kind, nal) == (int(width), int(height))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", SETS)
def test_a_set_that_was_cut_off_has_its_own_size_or_none(name: str) -> None:
    kind, nal = bytes_of(name)
    whole = picture_size(kind, nal)  # type: ignore[arg-type]
    seen = [picture_size(kind, nal[:end]) for end in range(len(nal))]  # type: ignore[arg-type]
    assert set(seen) <= {None, whole} and None in seen


def test_other_units_and_endless_ones_have_no_size() -> None:
    _, nal = bytes_of("H.264 high")
    assert picture_size("h264", b"\x68" + nal[1:]) is None
    assert picture_size("h265", nal) is None
    assert picture_size("h264", nal + bytes(5000)) is None


def test_a_size_beyond_every_level_is_none() -> None:
    """Baseline, level 3, then only zeros of Exp-Golomb that say: as large as can be written."""
    bits = "1" + "1" + "1" + "010" + "0"  # id, frame number, order count (two values), one reference, no gaps
    huge = "0" * 20 + "1" + "1" * 20
    text = bits + huge + huge + "1" + "1" + "0" + "1"
    data = int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8), "big")
    assert picture_size("h264", b"\x67\x42\x00\x1e" + data) is None


def _plausible(size: tuple[int, int] | None) -> bool:
    return size is None or all(0 < side <= SIDE_MAX_PX for side in size)


@given(st.sampled_from(["h264", "h265"]), st.binary(max_size=300))
def test_any_bytes_give_a_plausible_size_or_none(kind: str, data: bytes) -> None:
    header = b"\x67" if kind == "h264" else b"\x42\x01"
    assert _plausible(picture_size(kind, header + data))  # type: ignore[arg-type]


@given(st.sampled_from(list(SETS)), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=4))
def test_real_sets_with_changed_bytes_give_a_plausible_size_or_none(name: str, changes: list[tuple[int, int]]) -> None:
    kind, nal = bytes_of(name)
    changed = bytearray(nal)
    for place, byte in changes:
        changed[place % len(changed)] = byte
    assert _plausible(picture_size(kind, bytes(changed)))  # type: ignore[arg-type]

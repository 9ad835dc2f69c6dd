"""Descriptors of views: they come back as they were written, and nothing else is taken for one."""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import PATIENCE_S

from masking.view import baseline
from masking.view.baseline import BaselineError, Descriptor
from masking.view.model import LIGHT_MODES, LightMode

GREY = bytes(range(256)) * 9
NIGHT = Descriptor("night", 64, 36, 5, GREY)


@given(
    st.sampled_from(LIGHT_MODES),
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(1, baseline.MAX_PICTURES),
    st.integers(0, 255),
)
def test_a_descriptor_comes_back_as_it_was(light: LightMode, width: int, height: int, pictures: int, tone: int) -> None:
    one = Descriptor(light, width, height, pictures, bytes([tone]) * (width * height))
    data = baseline.encode(one)
    assert baseline.decode(data) == one
    assert baseline.light_of(data) == light


def test_the_grey_values_are_never_printed() -> None:
    assert "grey" not in repr(NIGHT) and "\\x" not in repr(NIGHT)
    assert len(NIGHT.digest) == 64


def test_the_largest_descriptor_fits_even_when_it_cannot_be_compressed() -> None:
    noise = b"".join(zlib.crc32(index.to_bytes(4)).to_bytes(4) for index in range(640 * 640 // 4))
    data = baseline.encode(Descriptor("day", 640, 640, 1, noise))
    assert len(data) <= baseline.MAX_BYTES
    assert baseline.decode(data).grey == noise


GOOD = baseline.encode(NIGHT)
DAMAGED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "not-a-baseline"),
    "a jpeg": (lambda: b"\xff\xd8\xff" * 40, "not-a-baseline"),
    "cut in the head": (lambda: GOOD[:20], "not-a-baseline"),
    "cut in the picture": (lambda: GOOD[:-9], "damaged"),
    "something behind it": (lambda: GOOD + b"x", "damaged"),
    "another version": (lambda: GOOD[:4] + b"\x02" + GOOD[5:], "other-version"),
    "no such light": (lambda: GOOD[:5] + b"\x07" + GOOD[6:], "damaged"),
    "a median of none": (lambda: GOOD[:6] + b"\0\0" + GOOD[8:], "damaged"),
    "no width": (lambda: GOOD[:8] + b"\0\0" + GOOD[10:], "damaged"),
    "absurd sizes": (lambda: GOOD[:8] + (65_535).to_bytes(2) * 2 + GOOD[12:], "damaged"),
    "too many pixels": (lambda: GOOD[:8] + (1280).to_bytes(2) * 2 + GOOD[12:], "too-large"),
    "another digest": (lambda: GOOD[:12] + bytes(32) + GOOD[44:], "damaged"),
    "a zlib bomb": (lambda: GOOD[:44] + zlib.compress(bytes(50_000_000)), "damaged"),
    "too long": (lambda: GOOD + bytes(baseline.MAX_BYTES), "too-large"),
    "no zlib": (lambda: GOOD[:44] + b"nonsense", "damaged"),
}
"""Made where it is asked for: a bomb takes its time."""


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_bytes_are_refused_with_a_reason(name: str) -> None:
    made, reason = DAMAGED[name]
    with pytest.raises(BaselineError) as refused:
        baseline.decode(made())
    assert refused.value.reason == reason


@given(st.integers(0, 400), st.integers(1, 255))
def test_a_changed_byte_is_never_a_picture_that_nobody_approved(at: int, change: int) -> None:
    good = bytearray(baseline.encode(NIGHT))
    at %= len(good)
    good[at] ^= change
    try:
        read = baseline.decode(bytes(good))
    except BaselineError:
        return
    assert read.grey == NIGHT.grey  # the light mode or the count was hit: the head is not what the digest is of


@pytest.mark.parametrize(
    "wrong",
    [
        Descriptor("day", 10, 10, 1, b"x" * 99),
        Descriptor("day", 10, 10, 0, b"x" * 100),
        Descriptor("day", 0, 10, 1, b""),
        Descriptor("day", 1280, 1280, 1, b""),
    ],
)
def test_what_could_not_be_read_back_is_not_written(wrong: Descriptor) -> None:
    with pytest.raises(BaselineError):
        baseline.encode(wrong)


def test_the_daemons_side_loads_no_picture_code() -> None:
    modules = [
        "view.baseline",
        "view.persistence",
        "quality.indicators",
        "quality.learning",
        "view.model",
        "view.zones",
    ]
    imports = "; ".join(f"import masking.{name}" for name in modules)
    script = f"import sys; {imports}; print([m for m in ('numpy', 'cv2') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=PATIENCE_S
    )
    assert done.stdout.strip() == "[]"

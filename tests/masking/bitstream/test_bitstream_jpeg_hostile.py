"""What is no whole JPEG ends at our walker, and what holds more than a picture is none of our own."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from jpegs import encoded, instead, joined, parts_of, renamed, segment, with_byte, with_more, without

from masking.bitstream.jpeg import plain_size, rewrite
from masking.bitstream.picture import NotAPicture

MAX_PIXELS = 64 * 1024 * 1024
HIDDEN = b"ftypqt  moovmdat"


def refused(data: bytes, max_pixels: int = MAX_PIXELS) -> NotAPicture:
    with pytest.raises(NotAPicture) as caught:
        rewrite(data, max_pixels)
    assert re.fullmatch(r"[ -~]{1,200}", str(caught.value))
    return caught.value


FRAME = dict(parts_of(encoded()))[0xC0]
SCAN = dict(parts_of(encoded()))[0xDA]

FOUR = {0xC0: FRAME[:5] + b"\4" + FRAME[6:] + b"\4\x11\0", 0xDA: b"\4" + SCAN[1:7] + b"\4\0" + SCAN[7:]}
DIVISORS = (b"\0" + b"\1" * 64, b"\1" + b"\1" * 64)
THIRD_TABLES = segment(0xC4, b"\2" + b"\1" + bytes(15) + b"\1" + b"\x12" + b"\1" + bytes(15) + b"\1")
GREY = b"\xff\xd8" + b"".join(segment(*each) for each in parts_of(encoded("progressive", grey=True))[:-1])
COEFFICIENTS = segment(0xC4, b"\x10" + b"\1" + bytes(15) + b"\1")
MEANS_SCAN = segment(0xDA, b"\1\1\0\0\0\0") + b"\x2a"
COEFFICIENTS_SCAN = segment(0xDA, b"\1\1\0\1\x3f\0") + b"\x2a"

BAD = {
    "nothing": b"",
    "another file": b"\x89PNG\r\n\x1a\n" + bytes(99),
    "a movie": b"\0\0\0\x18ftypqt  " + bytes(99),
    "another beginning": b"\xff\xd9" + encoded()[2:],
    "only a beginning": b"\xff\xd8\xff",
    "no end": encoded()[:-2],
    "cut in the scan": encoded()[: len(encoded()) // 2],
    "cut in a table": encoded()[:60],
    "two beginnings": b"\xff\xd8" + encoded(),
    "bytes between segments": b"\xff\xd8" + segment(0xFE, b"x") + b"\0" + encoded()[2:],
    "an empty segment": b"\xff\xd8\xff\xfe\0\1" + encoded()[2:],
    "a restart without a scan": b"\xff\xd8\xff\xd0" + encoded()[2:],
    "lossless": renamed(0xC3),
    "hierarchical": renamed(0xC5),
    "arithmetic": renamed(0xC9),
    "arithmetic progressive": renamed(0xCA, "progressive"),
    "arithmetic conditioning": with_more(0xCC, b"\0\0"),
    "a number of lines": with_more(0xDC, b"\0\x20"),
    "a hierarchy": with_more(0xDE, FRAME),
    "an expansion": with_more(0xDF, b"\0"),
    "a reserved marker": with_more(0xF0, b"\0"),
    "two frames": with_more(0xC0, FRAME),
    "no frame": without(encoded(), 0xC0),
    "12 bits": with_byte(0xC0, 0, 12),
    "no height": with_byte(0xC0, 2, 0),
    "4 components": instead(0xC0, FRAME[:5] + b"\4" + FRAME[6:] + b"\4\x11\0"),
    "4 components, all sent": joined([(each, FOUR.get(each, body)) for each, body in parts_of(encoded())]),
    "a frame of 5 bytes": instead(0xC0, FRAME[:5]),
    "no scan": encoded()[: encoded().index(b"\xff\xda")] + b"\xff\xd9",
    "one component never sent": instead(0xDA, b"\2" + SCAN[1:5] + SCAN[7:]),
    "coefficients before means": GREY + COEFFICIENTS + COEFFICIENTS_SCAN + MEANS_SCAN + b"\xff\xd9",
    "2 components": instead(0xC0, FRAME[:5] + b"\2" + FRAME[6:12]),
    "a frame that is too long": instead(0xC0, FRAME + b"\0"),
    "a frame that is too short": instead(0xC0, FRAME[:-1]),
    "sampling 5": with_byte(0xC0, 7, 0x51),
    "sampling 0": with_byte(0xC0, 7, 0x10),
    "quantization table 4": with_byte(0xC0, 8, 4),
    "two components of one number": with_byte(0xC0, 9, 1),
    "a missing quantization table": without(encoded(), 0xDB),
    "a quantization table of 3 bytes a value": instead(0xDB, b"".join(DIVISORS) + b"\x22" + b"\1" * 192),
    "a quantization table of number 4": instead(0xDB, b"".join(DIVISORS) + b"\4" + b"\1" * 64),
    "a quantization table that is cut": instead(0xDB, b"".join(DIVISORS)[:-1]),
    "a division by zero": with_byte(0xDB, 9, 0),
    "an empty quantization segment": with_more(0xDB, b""),
    "a Huffman table of class 2": with_byte(0xC4, 0, 0x20),
    "Huffman table 4": with_byte(0xC4, 0, 0x04),
    "an overfull Huffman table": instead(0xC4, b"\0" + b"\3" + bytes(15) + b"\0\1\2"),
    "a Huffman table of 257 codes": instead(0xC4, b"\0" + bytes(14) + b"\xff\2" + bytes(257)),
    "a Huffman table twice": instead(0xC4, (b"\0" + b"\0\1" + bytes(14) + b"\1") * 2),
    "a quantization table twice": instead(0xDB, DIVISORS[0] + b"".join(DIVISORS)),
    "an empty Huffman segment": with_more(0xC4, b""),
    "more blocks in a row than may be": with_byte(0xC0, 7, 0x44),
    "an empty Huffman table": instead(0xC4, bytes(17)),
    "a Huffman table that is cut": instead(0xC4, b"\0" + b"\0\1" + bytes(14)),
    "a Huffman table with a category of 16": instead(0xC4, b"\0" + b"\0\1" + bytes(14) + b"\x10"),
    "a restart interval of 3 bytes": with_more(0xDD, b"\0\0\1"),
    "a scan of a component that is none": with_byte(0xDA, 1, 9),
    "a scan in another order": instead(0xDA, SCAN[:1] + SCAN[3:5] + SCAN[1:3] + SCAN[5:]),
    "a scan of no component": instead(0xDA, b"\0" + SCAN[7:]),
    "a scan of Huffman table 2 in baseline": b"\xff\xd8" + THIRD_TABLES + with_byte(0xDA, 2, 0x22)[2:],
    "a scan of half the coefficients": with_byte(0xDA, 8, 31),
    "a scan of some bits": with_byte(0xDA, 9, 1),
    "the picture twice": encoded()[:-2] + encoded()[encoded().index(b"\xff\xda") :],
    "restarts out of order": encoded("restarts").replace(b"\xff\xd1", b"\xff\xd2", 1),
    "a restart too many": with_more(0xDD, b"\xff\xff")[:-2] + b"\xff\xd0\xff\xd9",
    "restarts where none are due": without(encoded("restarts"), 0xDD),
    "progressive scans in a baseline frame": renamed(0xC0, "progressive"),
    "a baseline scan in a progressive frame": renamed(0xC2),
}


def test_what_the_cases_are_made_of_is_a_jpeg() -> None:
    assert rewrite(instead(0xDB, b"".join(DIVISORS)), MAX_PIXELS).width_px == 165
    extended = renamed(0xC1)
    assert rewrite(b"\xff\xd8" + THIRD_TABLES + extended[2:], MAX_PIXELS).width_px == 165


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_whole_jpeg_ends_here(name: str) -> None:
    broken = ("no end", "cut in the scan", "restarts out of order")
    assert refused(BAD[name]).reason == ("damaged" if name in broken else "undecodable")


def test_a_picture_that_is_too_large_is_told_apart() -> None:
    assert refused(encoded(), 123 * 165 - 1).reason == "too-large"
    assert rewrite(encoded(), 123 * 165).width_px == 165
    huge = instead(0xC0, FRAME[:1] + b"\xff\xff\xff\xff" + FRAME[5:])
    assert refused(huge).reason == "too-large"
    assert refused(instead(0xC0, FRAME[:1] + b"\0\x0f\0\x40" + FRAME[5:])).reason == "undecodable"


def test_a_progressive_jpeg_of_endless_scans_ends_here() -> None:
    data = encoded("progressive")
    start = data.index(b"\xff\xda")
    end = data.index(b"\xff", start + 14)
    assert "twice" in str(refused(data[:end] + data[start:]))
    refinement = b"".join(
        segment(0xDA, b"\1\1\0\0\0" + bytes(((low + 1) << 4 | low,))) + b"\x2a" for low in range(12, -1, -1)
    )
    head = GREY + COEFFICIENTS
    assert rewrite(head + MEANS_SCAN + COEFFICIENTS_SCAN + b"\xff\xd9", MAX_PIXELS).components == 1
    assert (
        rewrite(head + segment(0xDA, b"\1\1\0\0\0\x0d") + b"\x2a" + refinement + b"\xff\xd9", MAX_PIXELS).components
        == 1
    )
    every = b"".join(segment(0xDA, bytes((1, 1, 0, at, at, 0))) + b"\x2a" for at in range(1, 64))
    assert "scans" in str(refused(head + segment(0xDA, b"\1\1\0\0\0\x0d") + b"\x2a" + refinement + every + b"\xff\xd9"))


# --- pictures of our own encoder


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("name", ["plain", "optimized", "coarse", "4:2:2", "4:4:4"])
def test_a_picture_of_our_own_encoder_is_plain(name: str, grey: bool) -> None:
    assert plain_size(encoded(name, grey), 165, 123) == (165, 123)


def test_a_picture_of_one_pixel_is_plain() -> None:
    assert plain_size(cv2.imencode(".jpg", np.zeros((1, 1), np.uint8))[1].tobytes(), 9, 9) == (1, 1)


NOT_PLAIN = {
    **BAD,
    "progressive": encoded("progressive"),
    "with restarts": encoded("restarts"),
    "extended": renamed(0xC1),
    "without JFIF": without(encoded(), 0xE0),
    "with a comment": encoded()[:20] + segment(0xFE, b"x") + encoded()[20:],
    "with EXIF": encoded()[:20] + segment(0xE1, b"Exif\0\0") + encoded()[20:],
    "with Adobe's marker": encoded()[:20] + segment(0xEE, b"Adobe\0\x64\0\0\0\0\1") + encoded()[20:],
    "with JFIF twice": encoded()[:20] + encoded()[2:],
    "with another resolution": encoded()[:14] + b"\0\x48" + encoded()[16:],
    "with a thumbnail": b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\1\1abc") + encoded()[20:],
    "filled up before a segment": encoded()[:20] + b"\xff" + encoded()[20:],
    "filled up before the end": encoded()[:-2] + b"\xff\xff\xff\xd9",
    "filled up behind the tables": encoded().replace(b"\xff\xc0", b"\xff\xff\xc0", 1),
    "one byte behind it": encoded() + b"\0",
    "a movie behind it": encoded() + HIDDEN,
    "twice": encoded() * 2,
}


@pytest.mark.parametrize("name", NOT_PLAIN)
def test_what_holds_more_than_a_picture_is_not_plain(name: str) -> None:
    with pytest.raises(NotAPicture):
        plain_size(NOT_PLAIN[name], 165, 123)


@pytest.mark.parametrize(("width_px", "height_px"), [(164, 123), (165, 122), (20000, 1), (400, 100), (100, 400)])
def test_a_picture_that_is_larger_than_asked_for_is_not_plain(width_px: int, height_px: int) -> None:
    with pytest.raises(NotAPicture) as caught:
        plain_size(encoded(), width_px, height_px)
    assert caught.value.reason == "too-large"


# --- hostile bytes


@pytest.mark.parametrize("name", ["plain", "progressive", "restarts"])
def test_a_jpeg_that_was_cut_anywhere_is_refused(name: str) -> None:
    data = encoded(name)
    for size in (*range(700), *range(700, len(data), 101), len(data) - 1):
        refused(data[:size])


@pytest.mark.parametrize("name", ["plain", "progressive", "restarts"])
def test_mutations_are_pictures_or_refused(name: str) -> None:
    rng = random.Random(name)
    for _ in range(2000):
        wounded = bytearray(encoded(name))
        for _ in range(rng.choice((1, 1, 3, 20))):
            wounded[rng.randrange(rng.choice((700, len(wounded))))] = rng.choice((0, 1, 0xFF, 0xDA, rng.randrange(256)))
        for read in (lambda data: rewrite(data, MAX_PIXELS), lambda data: plain_size(data, 999, 999)):
            try:
                read(bytes(wounded))
            except NotAPicture as error:
                assert re.fullmatch(r"[ -~]{1,200}", str(error))


LARGE: dict[str, Callable[[], bytes]] = {
    "FF": lambda: encoded()[:-2] + b"\xff" * (32 << 20),
    "FF 00": lambda: encoded()[:-2] + b"\xff\0" * (16 << 20),
    "all restarts": lambda: (
        with_more(0xDD, b"\0\1")[:-2] + b"".join(bytes((0xFF, 0xD0 | n)) for n in range(8)) * (2 << 20)
    ),
    "comments": lambda: b"\xff\xd8" + segment(0xFE, b"") * (8 << 20),
    "tables": lambda: b"\xff\xd8" + segment(0xC4, (b"\0" + b"\0\1" + bytes(14) + b"\1") * 3000) * 600,
    "tables one by one": lambda: b"\xff\xd8" + segment(0xC4, b"\0" + b"\0\1" + bytes(14) + b"\1") * 9000,
}


@pytest.mark.parametrize("name", LARGE)
def test_no_input_takes_long(name: str) -> None:
    data = LARGE[name]()
    begun_s = time.process_time()
    assert refused(data).reason in ("undecodable", "damaged")
    assert time.process_time() - begun_s < 4.0

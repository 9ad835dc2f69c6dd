"""JPEGs of OpenCV's encoder, and their segments to take apart, to put together again and to spoil."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

ENCODINGS: dict[str, list[int]] = {
    "plain": [],
    "progressive": [cv2.IMWRITE_JPEG_PROGRESSIVE, 1],
    "optimized": [cv2.IMWRITE_JPEG_OPTIMIZE, 1],
    "restarts": [cv2.IMWRITE_JPEG_RST_INTERVAL, 3],
    "progressive with restarts": [cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 5],
    "coarse": [cv2.IMWRITE_JPEG_QUALITY, 1],
    "fine": [cv2.IMWRITE_JPEG_QUALITY, 100],
    "4:1:1": [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411],
    "4:2:0": [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420],
    "4:2:2": [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422],
    "4:4:0": [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440],
    "4:4:4": [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444],
}


@cache
def scene(grey: bool = False) -> npt.NDArray[np.uint8]:
    rng = np.random.default_rng(5)
    noise = cv2.GaussianBlur(rng.integers(0, 256, (123, 165, 3), np.uint8), (7, 7), 2)
    picture = np.clip(noise.astype(int) * 3 - 256, 0, 255).astype(np.uint8)
    return picture[:, :, 0].copy() if grey else picture


@cache
def encoded(name: str = "plain", grey: bool = False) -> bytes:
    return cv2.imencode(".jpg", scene(grey), ENCODINGS[name])[1].tobytes()


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def parts_of(data: bytes) -> list[tuple[int, bytes]]:
    """Segments up to the first SOS, whose body holds all the rest."""
    found, at = [], 2
    while True:
        marker, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:
            return [*found, (marker, data[at + 4 :])]
        found.append((marker, data[at + 4 : at + 2 + size]))
        at += 2 + size


def joined(parts: list[tuple[int, bytes]]) -> bytes:
    """The opposite of `parts_of`, where the header of a scan has the length of one for three components or one."""
    *heads, (_, rest) = parts
    size = 4 + 2 * rest[0]
    return b"\xff\xd8" + b"".join(segment(*each) for each in heads) + b"\xff\xda" + (size + 2).to_bytes(2, "big") + rest


def without(data: bytes, *markers: int) -> bytes:
    return joined([each for each in parts_of(data) if each[0] not in markers])


def with_byte(marker: int, at: int, value: int, name: str = "plain") -> bytes:
    parts = parts_of(encoded(name))
    index = next(index for index, (each, _) in enumerate(parts) if each == marker)
    body = bytearray(parts[index][1])
    body[at] = value
    parts[index] = marker, bytes(body)
    return joined(parts)


def instead(marker: int, body: bytes, name: str = "plain") -> bytes:
    return joined([(each, body if each == marker else old) for each, old in parts_of(encoded(name))])


def renamed(marker: int, name: str = "plain") -> bytes:
    return joined([(marker if each in (0xC0, 0xC2) else each, body) for each, body in parts_of(encoded(name))])


def with_more(marker: int, body: bytes) -> bytes:
    parts = parts_of(encoded())
    return joined([*parts[:-1], (marker, body), parts[-1]])

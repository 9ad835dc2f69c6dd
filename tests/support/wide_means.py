"""JPEGs whose blocks have the levels of samples, or levels that no sample has."""

from __future__ import annotations

import cv2
import pictures


def jpeg_of(picture: pictures.Picture, quality: int, *options: int) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality, *options])[1].tobytes()


def with_means_of_more(data: bytes, percent: int) -> bytes:
    """Let every block's mean stand for more, as it does where what came before it was misread."""
    at = data.index(b"\xff\xdb") + 5
    return data[:at] + bytes([data[at] * percent // 100]) + data[at + 1 :]


def with_level(level: int) -> pictures.Picture:
    """Return a scene with a place of one level."""
    picture = pictures.desk_and_door().copy()
    picture[100:180, 200:330] = level
    return picture

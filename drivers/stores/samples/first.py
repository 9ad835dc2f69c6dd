"""Extracts the first whole key picture of a segment, whatever its container is. The one way in."""

from typing import BinaryIO

from drivers.stores.container import kind_of
from drivers.stores.samples import matroska, mp4, mpegts
from drivers.stores.samples.units import Sample

_READERS = {"mp4": mp4.first_picture, "mpegts": mpegts.first_picture, "matroska": matroska.first_picture}


def first_picture(file: BinaryIO) -> Sample:
    """Extract the first whole key picture from a segment.

    Args:
        file: Open for reading, seekable. Few and bounded stretches of it are read.

    Raises:
        UnreadableError: Not a media file, neither H.264 nor H.265, or no such picture.
        OSError: It could not be read.
    """
    return _READERS[kind_of(file)](file)

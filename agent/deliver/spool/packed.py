"""Packs the memory of a cycle: some hundred KiB of JSON at each look would wear out the flash of a small gateway.

It stays text, as every single value of the spool is. A memory that an older version left is plain JSON and is read as
it is; an older version that reads a packed one begins with an empty memory, as after any that it cannot read.
"""

import base64
import zlib
from typing import Final

_PACKED: Final = "zlib:"  # JSON begins otherwise
_LEVEL: Final = 6
_SHORT_CHARS: Final = 2048
"""Shorter ones stay plain: they fit a page of the file."""


def pack(text: str) -> str:
    """Compress a memory; a short one stays as it is."""
    if len(text) < _SHORT_CHARS:
        return text
    return _PACKED + base64.b85encode(zlib.compress(text.encode(), _LEVEL)).decode("ascii")


def unpack(value: str) -> str:
    """Return the memory that `pack` compressed; a plain one unchanged, and an empty one for what is damaged."""
    if not value.startswith(_PACKED):
        return value
    try:
        return zlib.decompress(base64.b85decode(value.removeprefix(_PACKED))).decode()
    except (ValueError, zlib.error):
        return ""

"""Reads gzip answers piece by piece, and never beyond the limit of the answer.

Requests ask for no compression; small web servers of cameras send their static pages and lists packed all the same.

Source: RFC 1952 (gzip), RFC 9110 section 8.4.1.
"""

import zlib

from drivers.errors import Malformed

_GZIP = 16 + zlib.MAX_WBITS


class Unpacking:
    """One packed answer of at most `max_bytes` unpacked bytes. The caller counts them and stops at one more."""

    def __init__(self, max_bytes: int) -> None:
        self._unpack = zlib.decompressobj(_GZIP)
        self._left = max_bytes + 1

    @property
    def ended(self) -> bool:
        """Whether the answer came whole: its end and checksum were read."""
        return self._unpack.eof

    def take(self, chunk: bytes, operation: str) -> bytes:
        """Return what the next bytes unpack to, cut one byte behind the limit. Raises Malformed."""
        if self.ended or self._left <= 0:
            raise Malformed(f"{operation}: something follows the end of the compressed answer")
        try:
            part = self._unpack.decompress(chunk, self._left)
        except zlib.error:
            raise Malformed(f"{operation}: the answer is compressed and damaged") from None
        self._left -= len(part)
        if self._unpack.unused_data:
            raise Malformed(f"{operation}: something follows the end of the compressed answer")
        return part

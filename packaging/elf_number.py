"""Reads one number out of a shared object by the name of its symbol: libraries keep their version so.

Source: System V ABI, ELF-64 object file format.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from typing import Final

_HEADER: Final = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION: Final = struct.Struct("<IIQQQQIIQQ")
_SYMBOL: Final = struct.Struct("<IBBHQQ")
_DYNSYM: Final = 11
_NOBITS: Final = 8


def number_of(content: bytes | mmap.mmap, symbol: str) -> int | None:
    """Return the 32-bit number that a symbol of a 64-bit little-endian shared object names, or None."""
    if content[:6] != b"\x7fELF\x02\x01":
        return None
    try:
        sections = [*_sections(content)]
        for kind, _, offset, size, link in sections:
            if kind == _DYNSYM:
                _, _, names_at, names_size, _ = sections[link]
                names = content[names_at : names_at + names_size]
                wanted = names.find(b"\0" + symbol.encode("ascii") + b"\0") + 1
                for name_at, _, _, _, value, _ in _SYMBOL.iter_unpack(content[offset : offset + size]):
                    if wanted and name_at == wanted:
                        return _at(content, sections, value)
    except (struct.error, IndexError):
        return None
    return None


def _sections(content: bytes | mmap.mmap) -> Iterator[tuple[int, int, int, int, int]]:
    """Yield kind, address, offset, size and link of each section."""
    header = _HEADER.unpack_from(content)
    table_at, entry_size, count = header[6], header[11], header[12]
    for index in range(count):
        _, kind, _, address, offset, size, link, _, _, _ = _SECTION.unpack_from(content, table_at + index * entry_size)
        yield kind, address, offset, size, link


def _at(content: bytes | mmap.mmap, sections: list[tuple[int, int, int, int, int]], address: int) -> int | None:
    for kind, begins_at, offset, size, _ in sections:
        if begins_at and kind != _NOBITS and begins_at <= address < begins_at + size:
            return int(struct.unpack_from("<I", content, offset + address - begins_at)[0])
    return None

"""Parses the elements of EBML: id, size and content. Bounded, and flat.

Source: RFC 8794, 4 (VINT), 5 (ID), 6 (size), 7 (types), 11.2 (header).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from drivers.stores.container import UnreadableError, read_at

CHILDREN_MAX = 1024
"""The most elements read within another."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element: its name, where its content begins and ends; the end is None where its size is not known."""

    name: int
    start: int
    end: int | None


def element_at(file: BinaryIO, at: int) -> Element | None:
    """Parse the head of an element; None where the file ends within it. Raises UnreadableError."""
    head = read_at(file, at, 12)
    name_bytes = _width(head[:1])
    if name_bytes > 4:
        raise UnreadableError("it is damaged: an element has no name")
    size_bytes = _width(head[name_bytes : name_bytes + 1])
    start = name_bytes + size_bytes
    if not head or start > len(head):
        return None
    size = _number(head[name_bytes:start])
    unknown = size == (1 << 7 * size_bytes) - 1
    return Element(int.from_bytes(head[:name_bytes], "big"), at + start, None if unknown else at + start + size)


def children(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield an element's elements: names and contents. Raises UnreadableError unless they fill it."""
    at = 0
    for _ in range(CHILDREN_MAX):
        if at == len(data):
            return
        name_bytes = _width(data[at : at + 1])
        size_bytes = _width(data[at + name_bytes : at + name_bytes + 1])
        start = at + name_bytes + size_bytes
        end = start + _number(data[at + name_bytes : start])
        if name_bytes > 4 or end > len(data):
            break
        yield int.from_bytes(data[at : at + name_bytes], "big"), data[start:end]
        at = end
    raise UnreadableError("it is damaged: an element does not hold what it tells")


def vint(data: bytes) -> tuple[int, int]:
    """Return the number at the beginning, and how many bytes it takes."""
    width = _width(data[:1])
    return _number(data[:width]), width


def _width(first: bytes) -> int:
    """Return how many bytes a number has that begins so; more than can be read where there is none."""
    return 9 - first[0].bit_length() if first and first[0] else 9


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big") & (1 << 7 * len(data)) - 1

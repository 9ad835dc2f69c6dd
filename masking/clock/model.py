"""Defines what is asked of the clock in a picture, and the answer: plain values, no numpy, no OpenCV."""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

MOST_LOOKS: Final = 60
"""So many looks are gathered of one path; what they did not teach, more do not."""


@dataclass(frozen=True, slots=True)
class ClockLook:
    """What one look contributes to learning: an encoded strip, and the second that the clock should have shown.

    `known_s`: seconds since 1970-01-01 on the camera's own wall clock, without time zone.
    """

    known_s: float
    strip: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClockJob:
    """What is asked: to read with `glyphs` (encoded, empty: not), to `gather` this picture, to learn from `looks`."""

    glyphs: bytes = field(default=b"", repr=False)
    gather: bool = False
    looks: tuple[ClockLook, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class ClockReading:
    """What a clock in a picture shows: `second` of the day, modulo 12 hours unless `whole_day`; `day` where told."""

    second: int
    whole_day: bool
    day: date | None = None


@dataclass(frozen=True, slots=True)
class ClockSeen:
    """The answer. `reading`: None where nothing is plainly read. `strip`: what this picture contributes, encoded.

    `glyphs`: what was learned of the looks, encoded; empty with `refusal`, a kebab-case word, where nothing was.
    """

    reading: ClockReading | None = None
    strip: bytes = field(default=b"", repr=False)
    glyphs: bytes = field(default=b"", repr=False)
    refusal: str = ""

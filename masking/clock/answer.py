"""Answers what is asked of the clock in a decoded picture. For the locked-down child only."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from masking.clock import kept, strip
from masking.clock.learn import Look, learn
from masking.clock.model import ClockJob, ClockReading, ClockSeen
from masking.clock.read import read_clock

_BAD: Final = "bad-looks"


def seen_clock(picture: npt.NDArray[np.uint8], asked: ClockJob) -> ClockSeen:
    """Read, gather and learn what was asked of a picture (height x width x 3, BGR)."""
    shown = strip.strip_of(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8))
    reading = _read(shown, asked.glyphs) if asked.glyphs else None
    glyphs, refusal = _learned(asked) if asked.looks else (b"", "")
    try:
        gathered = strip.encode(shown) if asked.gather else b""
    except strip.StripError:
        gathered = b""
    return ClockSeen(reading, gathered, glyphs, refusal)


def warm_up() -> None:
    """Load what numpy loads at first use; a child can load nothing any more."""
    np.median(np.zeros((2, 2)), 0)
    np.quantile(np.zeros(2), 0.5)


def _read(shown: strip.Strip, glyphs: bytes) -> ClockReading | None:
    try:
        told = read_clock(shown, kept.decode(glyphs))
    except kept.GlyphsError:
        return None
    return None if told is None else ClockReading(told.second, told.whole_day, told.day)


def _learned(asked: ClockJob) -> tuple[bytes, str]:
    try:
        looks = [Look(one.known_s, strip.decode(one.strip)) for one in asked.looks]
        learned = learn(looks)
        return (b"", str(learned.refusal)) if learned.glyphs is None else (kept.encode(learned.glyphs), "")
    except (strip.StripError, kept.GlyphsError):
        return b"", _BAD

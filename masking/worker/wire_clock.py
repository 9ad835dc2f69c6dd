"""Encodes and parses what is asked of the clock in a picture; answers are validated as strictly as in `wire.py`.

Strips and glyphs are opaque bytes to the parent: their size and first bytes are checked, and only a child decodes them.
"""

import base64
import binascii
from datetime import date
from typing import Any, Final

from masking.clock.model import MOST_LOOKS, ClockJob, ClockLook, ClockReading, ClockSeen
from masking.worker.wire import WireError, integer, word

MAX_STRIP_BYTES: Final = 400_000
MAX_GLYPHS_BYTES: Final = 120_000
GLYPHS_BEGIN: Final = b"CWCL1"
STRIP_BEGINS: Final = b"\x01"
_LAST_SECOND: Final = 86_399


def clock_message(asked: ClockJob | None) -> dict[str, Any]:
    """The part of a job's header about the clock; empty where nothing is asked."""
    if asked is None:
        return {}
    looks = [[one.known_s, _text(one.strip)] for one in asked.looks[:MOST_LOOKS]]
    return {"clock": {"glyphs": _text(asked.glyphs), "gather": asked.gather, "looks": looks}}


def clock_of(message: dict[str, Any]) -> ClockJob | None:
    """What a job's header asks of the clock, in the child (which trusts its parent)."""
    asked = message.get("clock")
    if asked is None:
        return None
    looks = tuple(ClockLook(float(known_s), base64.b64decode(strip)) for known_s, strip in asked["looks"])
    return ClockJob(base64.b64decode(asked["glyphs"]), bool(asked["gather"]), looks)


def seen_message(seen: ClockSeen | None) -> dict[str, Any]:
    """The part of a child's answer about the clock."""
    if seen is None:
        return {}
    reading = seen.reading
    told = None if reading is None else [reading.second, reading.whole_day, str(reading.day or "")]
    parts = {"strip": _text(seen.strip), "glyphs": _text(seen.glyphs), "refusal": seen.refusal}
    return {"clock": {"reading": told, **parts}}


def read_seen(message: dict[str, Any], asked: ClockJob | None) -> ClockSeen | None:
    """Parse a child's answer about the clock. Raises WireError, also for what was not asked."""
    answer = message.get("clock")
    if asked is None:
        if answer is not None:
            raise WireError("a clock that nobody asked for")
        return None
    if not isinstance(answer, dict):
        raise WireError("no answer about the clock")
    strip = _bytes(answer.get("strip"), MAX_STRIP_BYTES, STRIP_BEGINS)
    glyphs = _bytes(answer.get("glyphs"), MAX_GLYPHS_BYTES, GLYPHS_BEGIN)
    refusal = answer.get("refusal")
    if (strip and not asked.gather) or (glyphs and not asked.looks) or (refusal != "" and not asked.looks):
        raise WireError("more about the clock than was asked")
    reading = _reading(answer.get("reading"))
    if reading is not None and not asked.glyphs:
        raise WireError("a reading without glyphs")
    return ClockSeen(reading, strip, glyphs, "" if refusal == "" else word(refusal))


def _reading(value: object) -> ClockReading | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 3 or not isinstance(value[1], bool):
        raise WireError("a reading that is none")
    return ClockReading(integer(value[0], 0, _LAST_SECOND), value[1], _day(value[2]))


def _day(value: object) -> date | None:
    if value == "":
        return None
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year < 2100:
        raise WireError("a day that is none")
    return day


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(value: object, most: int, begin: bytes) -> bytes:
    """Opaque bytes of an answer. Raises WireError unless they are base64, not too many, and begin as they must."""
    if not isinstance(value, str) or len(value) > most * 4 // 3 + 4:
        raise WireError("opaque bytes that are too many")
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise WireError("opaque bytes that are not base64") from None
    if data and (len(data) > most or not data.startswith(begin)):
        raise WireError("opaque bytes of another kind")
    return data

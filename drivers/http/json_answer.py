"""Parses answers in JSON strictly: one object, no name twice, nothing after it. Pure."""

import json
from typing import Any

from drivers.errors import Malformed
from drivers.model import Reply
from drivers.text import decode_text


def json_object(reply: Reply) -> dict[str, Any]:
    """Parse one JSON object. Raises Malformed: it is cut off, nested too deeply, repeats a key, or is not an object."""
    try:
        # With all bytes asked for, so that only a character that was cut in half is left out: JSON cannot end in one.
        value = json.loads(decode_text(reply.body, max(len(reply.body), 1)), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise Malformed(f"{reply.operation}: the answer is no complete JSON") from None
    if not isinstance(value, dict):
        raise Malformed(f"{reply.operation}: the answer is no JSON object")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name stands there twice")
    return values


def flag(value: object) -> bool | None:
    """Read a switch: true or false, 1 or 0; None for anything else."""
    return bool(value) if isinstance(value, bool | int) and value in (0, 1) else None


def whole(value: object) -> int:
    """Read a whole number that is not negative; 0 where it is none. Digits in a text count."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 15:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**15 else 0

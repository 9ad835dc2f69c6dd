"""Parses the bytes of every payload within the contract's bounds, whoever signed them. Pure.

Two readers must parse the same bytes alike, or both refuse: decoders differ in depth (Python 3.11 a thousand levels,
3.13 ten times as many, SQLite a thousand), in numbers above 2^53, in which of two equal names counts, and in years that
no calendar shows in every zone. All of that is refused before anything is stored, in this order:

    size            more than 1 MiB plain
    payload         not JSON in UTF-8, or a text with half a character
    duplicate-name  a name is twice in one object, at any depth
    too-deep        arrays and objects nested more than 64 deep
    number          NaN, Infinity, or farther from zero than 2^53 - 1
    time            a time of the site's or the hub's own before 2000 or from 2100 on, in UTC

Source: RFC 7493 sections 2.1 to 2.3 (text, numbers, names).
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NoReturn

from agent.host.clock import TIME_END, TIME_FIRST
from agent.model.errors import NotVerified

PAYLOAD_MAX_BYTES: Final = 1024 * 1024
"""Uncompressed."""

NESTING_MAX: Final = 64
NUMBER_MAX: Final = 2**53 - 1

TIMES: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("ts", "expires_at", "decided_at"),
    "health": ("body/next_due_at",),
    "config": (
        "body/cameras/approval/at",
        "body/planned/from", "body/planned/until", "body/planned/said_at",
        "body/acknowledged/at", "body/acknowledged/until",
        "body/drills/from", "body/drills/until", "body/drills/found_at", "body/drills/recovered_at",
        "body/disputed/detected_at", "body/disputed/at", "body/disputed/decided_at",
        "body/answers/looked_from", "body/answers/looked_until",
    ),
    "event": (
        "body/episode/detected_at", "body/episode/repaired_at", "body/episode/verified_at",
        "body/episode/acknowledged/at", "body/episode/acknowledged/until",
        "body/dispute/detected_at", "body/dispute/repaired_at", "body/dispute/at",
    ),
}  # fmt: skip
"""Paths of times of the site's or the hub's own clock, by stream; `` is every payload. A device's time is not bound:
its clock may be anywhere, and a report must be able to carry that.
"""

_PATHS: Final = {
    stream: tuple(tuple(path.split("/")) for path in (*TIMES[""], *(paths if stream else ())))
    for stream, paths in TIMES.items()
}

_TIME_CHARS: Final = 40
"""Longer ones have digits that nobody needs: parsed, and not remembered."""

_HALF: Final = re.compile(rb"\\u[dD][89a-fA-F]")


Decode = Callable[[bytes], Any]
"""Decodes JSON to the values of the standard library's decoder, or raises ValueError or RecursionError: it may refuse
more than that one does. Of a name that stands twice in one object it may return either value."""


def _decode(payload: bytes) -> Any:
    return _QUICK_DECODER.decode(payload.decode())


def read_json(payload: bytes, decode: Decode = _decode) -> Any:
    """Return the decoded payload, if it is within the bounds of any payload.

    Args:
        payload: The exact bytes.
        decode: Tried first; whatever it refuses is judged by the standard library's.

    Raises:
        NotVerified: `reason` is the word of the first bound that it breaks.
    """
    if len(payload) > PAYLOAD_MAX_BYTES:
        raise NotVerified("size", "larger than any payload: {most} bytes", most=PAYLOAD_MAX_BYTES)
    value, (_, is_deep, is_large) = _read_quickly(payload, decode) or _read_asking(payload)
    if not whole_text(payload):
        raise NotVerified("payload", "a text with half a character")
    if is_deep:
        _too_deep()
    if is_large:
        _no_number("")
    return value


def read_time(value: object) -> datetime:
    """Return a time in UTC within the bounds.

    Raises:
        ValueError: It is no time with an offset.
        NotVerified: `time`: it is out of bounds.
    """
    if not isinstance(value, str):
        raise ValueError("not a time with an offset")
    return _remembered(value) if len(value) <= _TIME_CHARS else _time(value)


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("not a time with an offset")
    if not TIME_FIRST <= at < TIME_END:  # compared in UTC without becoming it: at an end of the calendar it could not
        raise NotVerified("time", "a time before 2000, or from 2100 on")
    return at.astimezone(UTC)


_remembered: Final = lru_cache(maxsize=256)(_time)
"""A payload's times are read for its bounds, for columns, and for what they say."""


def refuse_other_times(data: Mapping[str, Any], stream: str) -> None:
    """Refuse out-of-bounds times of the site's or the hub's own; what does not parse is for others to judge.

    Raises:
        NotVerified: `time`: one is out of bounds.
    """
    for path in _PATHS.get(stream, _PATHS[""]):
        for value in _at(data, path):
            try:
                read_time(value)
            except ValueError:
                continue


def whole_text(payload: bytes) -> bool:
    """Return whether a JSON payload has no lone surrogate: no file or database takes one."""
    if not _HALF.search(payload):
        return True
    try:
        json.dumps(json.loads(payload), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    return True


def unique_names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse a name that is twice in an object: two readers would each take another value.

    Source: RFC 7515 section 4, RFC 7493 section 2.3.

    Raises:
        NotVerified: `duplicate-name`.
    """
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotVerified("duplicate-name", "a name stands twice in one object")
    return members


_Size = tuple[int, bool, bool]
"""How many texts a decoded payload has, names included; whether it is nested, or a number is, too large."""


def _read_quickly(payload: bytes, decode: Decode) -> tuple[Any, _Size] | None:
    """Return a decoded payload and its size, None where it may break a bound: then the other one says which.

    Asking for names at each object takes as long as decoding. A name that is twice leaves fewer texts in the value
    than the bytes have pairs of quotation marks; an escaped one only adds to these.
    """
    try:
        value = decode(payload)
    except (ValueError, RecursionError, NotVerified):
        return None
    size = _measured(value)
    return (value, size) if 2 * size[0] == payload.count(b'"') else None


def _read_asking(payload: bytes) -> tuple[Any, _Size]:
    """Return a decoded payload, in which no name is twice, and its size.

    Raises:
        NotVerified: `reason` is the word of the first bound that it breaks.
    """
    try:
        value = _DECODER.decode(payload.decode())
    except RecursionError:
        _too_deep()
    except ValueError:  # also of digits that are too many for Python
        raise NotVerified("payload", "not JSON in UTF-8") from None
    return value, _measured(value)


def _measured(value: object) -> _Size:
    """Return the size of a value of the decoder's own types. Level by level, without recursion, and not too deep."""
    holders: list[Any] = [[value]]
    texts, is_large = 0, False
    for _ in range(NESTING_MAX + 1):
        inside: list[Any] = []
        for holder in holders:
            if type(holder) is dict:
                texts += len(holder)
                holder = holder.values()
            for one in holder:
                kind = type(one)
                if kind is str:
                    texts += 1
                elif kind is dict or kind is list:
                    inside.append(one)
                elif (kind is int or kind is float) and not -NUMBER_MAX <= one <= NUMBER_MAX:
                    is_large = True
        if not inside:
            return texts, False, is_large
        holders = inside
    return texts, True, is_large


def _at(value: Any, path: tuple[str, ...]) -> Iterable[object]:
    """Return the values at a path; a list on the way is descended into."""
    for place, name in enumerate(path):
        if isinstance(value, list):
            return (found for one in value if isinstance(one, dict) for found in _at(one, path[place:]))
        if not isinstance(value, dict) or name not in value:
            return ()
        value = value[name]
    return (value,)


def _too_deep() -> NoReturn:
    raise NotVerified("too-deep", "nested more than {most} deep", most=NESTING_MAX) from None


def _no_number(_: str) -> NoReturn:
    raise NotVerified("number", "NaN, Infinity, or a number farther from zero than 2^53 - 1")


_DECODER: Final = json.JSONDecoder(parse_constant=_no_number, object_pairs_hook=unique_names)
_QUICK_DECODER: Final = json.JSONDecoder(parse_constant=_no_number)

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
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
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

_HALF: Final = re.compile(rb"\\u[dD][89a-fA-F]")


def read_json(payload: bytes) -> Any:
    """Return the decoded payload, if it is within the bounds of any payload.

    Raises:
        NotVerified: `reason` is the word of the first bound that it breaks.
    """
    if len(payload) > PAYLOAD_MAX_BYTES:
        raise NotVerified("size", "larger than any payload: {most} bytes", most=PAYLOAD_MAX_BYTES)
    try:
        value = _DECODER.decode(payload.decode())
    except RecursionError:
        _too_deep()
    except ValueError:  # also of digits that are too many for Python
        raise NotVerified("payload", "not JSON in UTF-8") from None
    if not whole_text(payload):
        raise NotVerified("payload", "a text with half a character")
    _within(value)
    return value


def read_time(value: object) -> datetime:
    """Return a time in UTC within the bounds.

    Raises:
        ValueError: It is no time with an offset.
        NotVerified: `time`: it is out of bounds.
    """
    at = datetime.fromisoformat(value) if isinstance(value, str) else None
    if at is None or at.tzinfo is None:
        raise ValueError("not a time with an offset")
    if not TIME_FIRST <= at < TIME_END:  # compared in UTC without becoming it: at an end of the calendar it could not
        raise NotVerified("time", "a time before 2000, or from 2100 on")
    return at.astimezone(UTC)


def refuse_other_times(data: Mapping[str, Any], stream: str) -> None:
    """Refuse out-of-bounds times of the site's or the hub's own; what does not parse is for others to judge.

    Raises:
        NotVerified: `time`: one is out of bounds.
    """
    for path in (*TIMES[""], *TIMES.get(stream, ())):
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


def _within(value: object) -> None:
    """Refuse what is too deep, or a number that is too large. Level by level, without recursion."""
    level: list[object] = [value]
    large = False
    for _ in range(NESTING_MAX + 1):
        below: list[object] = []
        inside = False
        for one in level:  # of the decoder's own types, and no others
            kind = type(one)
            if kind is dict or kind is list:
                inside = True
                below += [value for value in (one.values() if kind is dict else one) if type(value) is not str]  # type: ignore[attr-defined,union-attr]
            elif kind is int or kind is float:
                large = large or not -NUMBER_MAX <= one <= NUMBER_MAX  # type: ignore[operator]
        if not inside:
            break
        level = below
    else:
        _too_deep()
    if large:
        _no_number("")


def _at(value: object, path: str) -> Iterator[object]:
    """Yield the values at a path; a list on the way is descended into."""
    name, _, rest = path.partition("/")
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict) and name in one:
            if rest:
                yield from _at(one[name], rest)
            else:
                yield one[name]


def _too_deep() -> NoReturn:
    raise NotVerified("too-deep", "nested more than {most} deep", most=NESTING_MAX) from None


def _no_number(_: str) -> NoReturn:
    raise NotVerified("number", "NaN, Infinity, or a number farther from zero than 2^53 - 1")


_DECODER: Final = json.JSONDecoder(parse_constant=_no_number, object_pairs_hook=unique_names)

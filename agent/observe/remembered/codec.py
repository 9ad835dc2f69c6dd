"""Encodes a remembered area as plain data and back, for each way in which values are gathered. Pure.

Each function returns `to_data` and `from_data`; the latter raises ValueError, KeyError, TypeError or AttributeError for
what the former did not write.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from agent.model.finding import Json

V = TypeVar("V")


def as_rows(
    encode: Callable[[V], Json], decode: Callable[[Any], V]
) -> tuple[Callable[[Iterable[V]], list[Json]], Callable[[Any], tuple[V, ...]]]:
    """Return the codec of a tuple of values: a list."""
    return lambda value: [encode(one) for one in value], lambda data: tuple(map(decode, data))


def as_list_by_id(
    encode: Callable[[V], Json], decode: Callable[[Any], V]
) -> tuple[Callable[[Mapping[str, V]], list[Json]], Callable[[Any], dict[str, V]]]:
    """Return the codec of values by camera id, each of which has its id in its data: a list."""
    return lambda value: [encode(one) for one in value.values()], lambda data: {one["id"]: decode(one) for one in data}


def as_object(
    encode: Callable[[V], Json], decode: Callable[[Any], V]
) -> tuple[Callable[[Mapping[str, V]], dict[str, Json]], Callable[[Any], dict[str, V]]]:
    """Return the codec of values by camera or device id: an object."""
    return (
        lambda value: {name: encode(one) for name, one in value.items()},
        lambda data: {str(name): decode(one) for name, one in data.items()},
    )

"""Encodes the values of a column as one array in PostgreSQL's binary form.

psycopg asks of each value of a list again what it is, and how that is written; those of a column are all of one type.

Source: PostgreSQL 17, `array_recv` and `array_send` in src/backend/utils/adt/arrayfuncs.c, and pg_type.dat.
"""

from collections.abc import Sequence
from itertools import chain, repeat
from struct import Struct, pack
from typing import Any, Final

from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

_HEAD: Final = Struct("!iiIii")
"""Dimensions, whether there are nulls, type of the values, how many, number of the first one."""

_NUMBERS: Final = {"smallint": (21, 2, "h"), "integer": (23, 4, "i"), "bigint": (20, 8, "q")}
_TEXTS: Final = {"text": 25, "bytea": 17}
_NULL: Final = pack("!i", -1)
_LENGTH: Final = Struct("!i")


class Column(bytes):
    """An array in its binary form, for a place that says its type: `%b::bigint[]`."""


class ColumnDumper(Dumper):
    """Hands a column to libpq as it is; the statement says its type."""

    format = Format.BINARY

    def dump(self, obj: Any) -> Buffer | None:
        """Return the bytes."""
        return obj  # type: ignore[no-any-return]


def column(of: str, values: Sequence[Any]) -> Column:
    """Return values of a type as one array; None is null, but in a column of numbers.

    Raises:
        UnicodeEncodeError, struct.error: A value is none of its type; also a number that is too large.
    """
    if of in _NUMBERS:
        type_id, size, code = _NUMBERS[of]
        body = pack(f"!{f'i{code}' * len(values)}", *chain.from_iterable(zip(repeat(size), values)))
        return Column(_HEAD.pack(1, 0, type_id, len(values), 1) + body)
    raw = [one.encode() if isinstance(one, str) else one for one in values]
    parts = [_NULL if one is None else _LENGTH.pack(len(one)) + one for one in raw]
    return Column(_HEAD.pack(1, 1, _TEXTS[of], len(values), 1) + b"".join(parts))


def columns(of: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Column]:
    """Return rows, one at least, as an array for each of their values. Raises as `column`."""
    return [column(one, values) for one, values in zip(of, zip(*rows, strict=True), strict=True)]

"""Packs the bad camera-days of one day of all sites into few bytes, and unpacks them. Pure.

A month of a hundred thousand sites is three million rows, and thirty of these. The cameras of a site that have one
maintainer and one model are a bunch, which has a number. A day has one byte for each number, by the checks that failed:
how many cameras of that bunch were bad so. Days are then added up as whole numbers, a hundred thousand bunches at once.
Where a site lies and who operates it is in none of them: that changes, also of days that are over.
"""

import json
import struct
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from agent.hub.domain.asking.camera_days import BAD

BEING_PACKED: Final = b"\0"
"""How what stands for a day begins until it is packed: then its rows say it."""

FORMAT: Final = b"\1"
"""How a packed day begins."""

DAYS_MOST: Final = 64
"""Days that are added up at once: of fewer than a thousand cameras of a bunch they are no more than two bytes."""

_CAMERAS_MOST: Final = 255
_LEVEL: Final = 1
_LENGTH: Final = struct.Struct("<I")

Named = tuple[str, str]
"""A maintainer and a model; empty: unknown."""

Bad = Mapping[tuple[Named, tuple[str, ...]], int]
"""How many camera-days of a site were bad, by whose and which cameras they are and the checks that failed."""


class Numbers(NamedTuple):
    """The numbers of bunches, by site and what they are named by; `first`: one of each site that has any."""

    of: Mapping[tuple[str, Named], int]
    first: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PackedDay:
    """A byte for each number: `reported` is 1 at the first bunch of each site that did; `bad`, by failed checks."""

    reported: bytes = b""
    bad: Mapping[tuple[str, ...], bytes] = field(default_factory=dict)


def bad_of(listed: Sequence[Sequence[str]], bound: int) -> Bad | None:
    """Return what was bad of a site on a day; None where it cannot be packed: a list of `bound` rows may be cut."""
    if len(listed) >= bound:
        return None
    found = Counter(
        ((one[1], one[2]), tuple(sorted({key.partition(" ")[0] for key in one[3:]}))) for one in listed if one[0] == BAD
    )
    return found if max(found.values(), default=0) <= _CAMERAS_MOST else None


def wanted(bad: Mapping[str, Bad | None], reported: Collection[str], numbers: Numbers) -> set[tuple[str, Named]]:
    """Return the bunches that a day needs and that have no number; a site that reported needs one in any case."""
    found = {(site, of) for site, sums in bad.items() for of, _ in sums or ()}
    found |= {(site, ("", "")) for site in {*reported} - numbers.first.keys() - {site for site, _ in found}}
    return found - numbers.of.keys()


def text_of(named: Named) -> str:
    """Return names as one text, ASCII: half a pair of surrogates is no text for a database."""
    return json.dumps(named)


def named_of(text: str) -> Named:
    """Return the names that a text has."""
    maintainer, model = json.loads(text)
    return str(maintainer), str(model)


def pack(
    bad: Mapping[str, Bad | None], reported: Collection[str], numbers: Numbers
) -> tuple[PackedDay, frozenset[str]]:
    """Return a day, and the sites that are left out of it, as they have what cannot be packed or no number."""
    left = {site for site, sums in bad.items() if sums is None or any((site, of) not in numbers.of for of, _ in sums)}
    left |= {site for site in reported if site not in numbers.first}
    size = max(numbers.of.values(), default=-1) + 1
    told = bytearray(size)
    for site in reported:
        if site not in left:
            told[numbers.first[site]] = 1
    columns: dict[tuple[str, ...], bytearray] = {}
    for site, sums in bad.items():
        if site not in left:
            for (of, checks), count in (sums or {}).items():
                columns.setdefault(checks, bytearray(size))[numbers.of[site, of]] = count
    return _trimmed(told, columns), frozenset(left)


def without(day: PackedDay, numbers: Iterable[int]) -> PackedDay:
    """Return a day without some bunches."""
    gone = [*numbers]
    return _trimmed(_zeroed(day.reported, gone), {checks: _zeroed(one, gone) for checks, one in day.bad.items()})


def packed(day: PackedDay) -> bytes:
    """Return a day as it is stored: equal ones are equal bytes."""
    head = json.dumps([len(day.reported), *([*checks, len(one)] for checks, one in day.bad.items())]).encode()
    return FORMAT + zlib.compress(b"".join((_LENGTH.pack(len(head)), head, day.reported, *day.bad.values())), _LEVEL)


def unpacked(stored: bytes) -> PackedDay | None:
    """Return a stored day; None for what nobody packed: then the rows say it."""
    if not stored.startswith(FORMAT):
        return None
    try:
        whole = zlib.decompress(stored[1:])
        begin = _LENGTH.size + _LENGTH.unpack_from(whole)[0]
        reported, *columns = json.loads(whole[_LENGTH.size : begin])
        lengths = [reported, *(one[-1] for one in columns)]
        if begin + sum(lengths) != len(whole) or min(lengths) < 0:
            return None
        parts = []
        for length in lengths:
            parts.append(whole[begin : begin + length])
            begin += length
        return PackedDay(
            parts[0], {tuple(map(str, one[:-1])): part for one, part in zip(columns, parts[1:], strict=True)}
        )
    except (zlib.error, struct.error, ValueError, TypeError, LookupError, RecursionError):
        return None


def added(columns: Iterable[bytes], size: int) -> Sequence[int]:
    """Return for each number below `size` the sum of columns: of `DAYS_MOST` days at most."""
    total = 0
    for one in columns:
        wide = bytearray(2 * min(len(one), size))
        wide[::2] = one[:size]
        total += int.from_bytes(wide, "little")
    kept = total & ((1 << 16 * size) - 1)  # what somebody has made up may be larger
    return struct.unpack(f"<{size}H", kept.to_bytes(2 * size, "little"))


def _zeroed(column: bytes, gone: Iterable[int]) -> bytearray:
    changed = bytearray(column)
    for number in gone:
        if number < len(changed):
            changed[number] = 0
    return changed


def _trimmed(reported: bytearray, columns: Mapping[tuple[str, ...], bytearray]) -> PackedDay:
    """Return a day without what is zero at the end: a number that came later changes none."""
    short = {checks: bytes(one.rstrip(b"\0")) for checks, one in sorted(columns.items())}
    return PackedDay(bytes(reported.rstrip(b"\0")), {checks: one for checks, one in short.items() if one})

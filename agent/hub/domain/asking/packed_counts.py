"""Counts bad camera-days of packed days, many at once, as `camera_days.py` counts them from rows. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, repeat
from typing import Final, NamedTuple

from agent.hub.domain.asking.camera_days import Counts
from agent.hub.domain.asking.packed_days import DAYS_MOST, PackedDay, added
from agent.hub.domain.asking.question import Question
from agent.hub.domain.scope import Scope, is_below

_OF_DAY: Final = ("day", "check")
"""What a question groups by that a bunch does not know."""


@dataclass(frozen=True, slots=True)
class Bunches:
    """What is known of bunches that may be seen: their numbers, and a column for each name that a question needs.

    `whole`: 1 where all of the site may be seen, else what is the scope's maintainers'; empty: all of each.
    """

    numbers: Sequence[int]
    known: Mapping[str, Sequence[str]]
    whole: Sequence[int] = ()


class Groups(NamedTuple):
    """Names by which bunches are grouped, the names of each group, and behind 0 its place for each number."""

    by: Sequence[str]
    keys: Sequence[int]
    names: Sequence[tuple[str, ...]]


def count_packed(
    counts: Counts, days: Mapping[str, PackedDay], bunches: Bunches, question: Question, scope: Scope
) -> dict[str, int]:
    """Add the bad camera-days of some days; return how many of the sites that are asked about reported, by day."""
    asked: Sequence[int] = range(len(bunches.numbers))
    if divisions := question.where.get("division"):
        asked = _those(asked, bunches.known["division"], lambda lies_in: _is_in(lies_in, divisions))
    size = max(bunches.numbers, default=-1) + 1
    reported = _reported(days, [bunches.numbers[at] for at in asked], size)
    groups = _groups(bunches, _chosen(bunches, asked, question, scope), question)
    checks = question.where.get("check")
    at_once = 1 if "day" in question.by else DAYS_MOST
    ordered = sorted(days)
    for begin in range(0, len(ordered), at_once):
        some = ordered[begin : begin + at_once]
        columns = [
            (failed, column) for day in some for failed, column in days[day].bad.items()
            if checks is None or not {*failed}.isdisjoint(checks)
        ]  # fmt: skip
        sums = _sums(groups, added((column for _, column in columns), size))
        counts.total += sum(sums)
        if "check" not in question.by:
            _add(counts, groups, sums, question.by, {"day": some[0]})
            continue
        for check in {check for failed, _ in columns for check in failed if checks is None or check in checks}:
            sums = _sums(groups, added((column for failed, column in columns if check in failed), size))
            _add(counts, groups, sums, question.by, {"day": some[0], "check": check})
    return reported


def _chosen(bunches: Bunches, asked: Sequence[int], question: Question, scope: Scope) -> Sequence[int]:
    """Return the places of the bunches whose bad camera-days count."""
    for name in ("maintainer", "model"):
        if (wanted := question.where.get(name)) is not None:
            asked = _those(asked, bunches.known[name], frozenset(wanted).__contains__)
    if bunches.whole:
        own = {name for name in scope.maintainers if name}
        asked = [at for at in asked if bunches.whole[at] or bunches.known["maintainer"][at] in own]
    return asked


def _groups(bunches: Bunches, chosen: Sequence[int], question: Question) -> Groups:
    """Return in which group each number counts."""
    by = [name for name in question.by if name not in _OF_DAY]
    texts = [[bunches.known[name][at] for at in chosen] for name in by]
    names = zip(*texts, strict=True) if by else repeat((), len(chosen))
    keys, found = [0] * (max(bunches.numbers, default=-1) + 1), dict[tuple[str, ...], int]()
    for at, of in zip(chosen, names, strict=True):
        keys[bunches.numbers[at]] = found.setdefault(of, len(found) + 1)
    return Groups(by, keys, [*found])


def _sums(groups: Groups, column: Sequence[int]) -> list[int]:
    """Return the sum of each group."""
    if len(groups.names) == 1:
        return [sum(compress(column, groups.keys))]
    sums = [0] * (len(groups.names) + 1)
    for key, number in zip(groups.keys, column, strict=True):
        sums[key] += number
    return sums[1:]


def _add(counts: Counts, groups: Groups, sums: Sequence[int], by: Sequence[str], also: Mapping[str, str]) -> None:
    found = ((names, number) for names, number in zip(groups.names, sums, strict=True) if number)
    if [*by] != [*groups.by]:
        found = ((_ordered(dict(zip(groups.by, names, strict=True)), by, also), number) for names, number in found)
    for names, number in found:
        counts.groups[names] += number


def _ordered(known: Mapping[str, str], by: Sequence[str], also: Mapping[str, str]) -> tuple[str, ...]:
    return tuple([known[name] if name in known else also[name] for name in by])


def _those(among: Iterable[int], column: Sequence[str], is_asked: Callable[[str], bool]) -> list[int]:
    asked = {one for one in set(column) if is_asked(one)}
    return [at for at in among if column[at] in asked]


def _is_in(division: str, wanted: Iterable[str]) -> bool:
    return any(is_below(division, one) or division == one == "" for one in wanted)


def _reported(days: Mapping[str, PackedDay], numbers: Iterable[int], size: int) -> dict[str, int]:
    flags = bytearray(size)
    for number in numbers:
        flags[number] = 1
    mask = int.from_bytes(flags, "little")
    counted = {day: (int.from_bytes(one.reported, "little") & mask).bit_count() for day, one in days.items()}
    return {day: number for day, number in counted.items() if number}

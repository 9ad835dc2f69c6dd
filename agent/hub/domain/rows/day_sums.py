"""Adds up what sites reported of one day: of each group its sites and its figures. Pure.

A month of ten thousand sites is three hundred thousand rows, and thirty of these sums.
"""

import json
import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from agent.hub.domain.quick_json import DECODE

Numbers = tuple[float, ...]
Told = Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]]
"""By site, group and figure: numbers that can be added up one by one."""

_PLANNED_IN: Final = "online"
_LEVEL: Final = 6


@dataclass(frozen=True, slots=True)
class GroupSum:
    """The sites that reported of a group, by name, and their figures added up."""

    sites: tuple[str, ...] = ()
    figures: Mapping[str, Numbers] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DaySum:
    """The groups of a day.

    `planned`: of each site of which something was excluded from `online` by plan, what was due, and what was excluded.
    """

    groups: Mapping[str, GroupSum] = field(default_factory=dict)
    planned: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def groups_by_site(self) -> dict[str, tuple[str, ...]]:
        """Return the groups that each site reported of."""
        found: dict[str, tuple[str, ...]] = {}
        for name, group in self.groups.items():
            again = found.keys() & set(group.sites)
            found |= dict.fromkeys(group.sites, (name,)) | {site: (*found[site], name) for site in again}
        return found


def add_up(told: Told) -> DaySum:
    """Return the sum of sites' days: the same for the same rows, in whatever order they come."""
    sites: dict[str, list[str]] = defaultdict(list)
    totals: dict[str, dict[str, Numbers]] = defaultdict(dict)
    planned: dict[str, tuple[float, float]] = {}
    for site in sorted(told):
        due = excluded = 0.0
        for name, figures in told[site].items():
            sites[name].append(site)
            total = totals[name]
            for figure, numbers in figures.items():
                total[figure] = _plus(total.get(figure), numbers)
                if figure == _PLANNED_IN:
                    due, excluded = due + numbers[1], excluded + numbers[3]
        if excluded:
            planned[site] = due, excluded
    return DaySum({name: GroupSum(tuple(sites[name]), totals[name]) for name in sorted(sites)}, planned)


def within(whole: DaySum, sites: Collection[str], read: Callable[[Collection[str]], Told]) -> DaySum:
    """Return the part of some sites in a sum.

    Args:
        whole: Of all sites.
        sites: Those that count.
        read: Returns the days of some sites: of those whose group has others, too.
    """
    groups: dict[str, GroupSum] = {}
    mixed: dict[str, list[str]] = {}
    for name, group in whole.groups.items():
        inside = [site for site in group.sites if site in sites]
        if len(inside) == len(group.sites):
            groups[name] = group
        elif inside:
            mixed[name] = inside
    if mixed:
        told = read({site for inside in mixed.values() for site in inside})
        rest = {site: {name: of[name] for name in of if name in mixed} for site, of in told.items()}
        groups |= add_up(rest).groups
    planned = {site: numbers for site, numbers in whole.planned.items() if site in sites}
    return DaySum(dict(sorted(groups.items())), planned)


def packed(whole: DaySum) -> bytes:
    """Return a sum as it is stored: equal ones are equal bytes."""
    groups = {name: [group.sites, group.figures] for name, group in whole.groups.items()}
    planned = [list(whole.planned), *([one[at] for one in whole.planned.values()] for at in range(2))]
    return zlib.compress(json.dumps([groups, planned], separators=(",", ":")).encode(), _LEVEL)


def unpacked(stored: bytes) -> DaySum | None:
    """Return a stored sum; None for what nobody packed: then the rows say it."""
    try:
        groups, (sites, due, excluded) = DECODE(zlib.decompress(stored))
        return DaySum(
            {name: GroupSum(tuple(sites), _numbers(figures.items())) for name, (sites, figures) in groups.items()},
            dict(zip(sites, zip(due, excluded, strict=True), strict=True)),
        )
    except (zlib.error, ValueError, TypeError, AttributeError):
        return None


def _numbers(figures: Iterable[tuple[str, Any]]) -> dict[str, Numbers]:
    return {name: tuple(numbers) for name, numbers in figures}


def _plus(total: Numbers | None, numbers: Sequence[float]) -> Numbers:
    return tuple(numbers) if total is None else tuple(a + b for a, b in zip(total, numbers, strict=True))

"""Counts bad camera-days by what a question groups by, from the rows of sites' days. Pure.

A row of a day, as `agent/hub/stores/day_figures.py` writes it, lists of each bad camera-day its figure, maintainer,
model, and the findings that failed, each as check and subject. A camera-day counts once in a group, and once in the
total, however many checks failed.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Final, NamedTuple

from agent.hub.domain.asking.question import AnswerRow, Question
from agent.hub.domain.scope import Scope

BAD: Final = "good"
"""The figure of which a camera-day without it is bad."""

_KNOWN: Final = ("site", "division", "operator", "day", "maintainer", "model", "check")


class SiteDay(NamedTuple):
    """What a site reported of a day. `is_whole`: all of it may be seen, else what names a maintainer of the scope."""

    site: str
    division: str
    operator: str
    day: str
    is_whole: int
    bad: Sequence[Sequence[str]]


@dataclass(slots=True)
class Counts:
    """How many camera-days were bad, by group and in all; `cut`: days whose list has reached its bound."""

    groups: Counter[tuple[str, ...]] = field(default_factory=Counter)
    total: int = 0
    cut: int = 0

    def largest(self, most: int) -> tuple[AnswerRow, ...]:
        """Return the largest groups, at most so many."""
        first = nsmallest(most, self.groups.items(), key=lambda group: (-group[1], group[0]))
        return tuple(AnswerRow(tuple(map(_text, names)), count) for names, count in first)


def count(counts: Counts, days: Iterable[SiteDay], question: Question, scope: Scope, bound: int) -> None:
    """Add the bad camera-days of some sites' days; a list of `bound` rows may have had more."""
    places = [_KNOWN.index(name) for name in question.by]
    maintainers, models, checks = (question.where.get(name) for name in ("maintainer", "model", "check"))
    own = {name for name in scope.maintainers if name}
    for site, division, operator, day, is_whole, listed in days:
        counts.cut += len(listed) >= bound
        for one in listed:
            if one[0] != BAD:
                continue
            maintainer, model = one[1], one[2]
            if (
                not (is_whole or maintainer in own)
                or (maintainers is not None and maintainer not in maintainers)
                or (models is not None and model not in models)
            ):
                continue
            failed = {key.partition(" ")[0] for key in one[3:]}
            if checks is not None and failed.isdisjoint(checks):
                continue
            counts.total += 1
            for check in _told_apart(failed, checks) if "check" in question.by else ("",):
                known = (site, division, operator, day, maintainer, model, check)
                counts.groups[tuple([known[place] for place in places])] += 1


def _told_apart(failed: Set[str], checks: Collection[str] | None) -> Set[str]:
    return failed if checks is None else failed & {*checks}


def _text(name: str) -> str:
    """Return a name without half pairs of surrogates, which are no text."""
    return name.encode(errors="replace").decode()

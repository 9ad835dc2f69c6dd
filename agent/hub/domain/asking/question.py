"""Defines a question over all sites: what is counted, of which, by what; and decides which rows answer it. Pure.

What is counted follows from all that a question names: `sites` are sites, but `sites check=clock-offset` are those at
which that finding is open. So an answer names its subject.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

TOP_USUAL: Final = 20
TOP_MOST: Final = 1000
BY_MOST: Final = 2

NOT_TOLD: Final = "-"
"""Stands for a name that nobody has told, in a question as in its table."""

OF_SITE: Final = ("division", "operator", "site")
OF_BOX: Final = ("model", "firmware")
OF_FINDING: Final = ("maintainer", "check", "status", "day")
NAMES: Final = (*OF_SITE, *OF_BOX, *OF_FINDING)
"""All that a question may group by; `day` in its condition is a period, from one day to another."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is counted, of what the hub knows these names."""

    name: str
    counted: str
    knows: tuple[str, ...]


SUBJECTS: Final = (
    Subject("findings-open", "findings", NAMES),
    Subject("sites", "sites", OF_SITE),
    Subject("sites-with-box", "sites", (*OF_SITE, *OF_BOX)),
    Subject("sites-with-finding", "sites", NAMES),
    Subject("cameras", "cameras", OF_SITE),
    Subject("cameras-of-box", "cameras", (*OF_SITE, *OF_BOX)),
    Subject("cameras-with-finding", "cameras", NAMES),
    Subject("camera-days-bad", "camera-days", (*OF_SITE, "maintainer", "model", "day", "check")),
)
"""Of those that know all that a question names, the first one answers it."""

COUNTED: Final = tuple(dict.fromkeys(one.counted for one in SUBJECTS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question: it has a subject, at most two names in `by`, and a whole period where it counts days.

    `where`: by name the values of which one has to be that of a row; an empty one: nobody has told any. A division with
    zeros at its end stands for all below it. `first`, `last`: days in China of the period, both included; None: open.
    """

    counted: str
    by: tuple[str, ...] = ()
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    first: date | None = None
    last: date | None = None
    top: int = TOP_USUAL

    @property
    def subject(self) -> Subject | None:
        """What answers it; None: nothing knows all of these names of what is counted."""
        named = {*self.by, *self.where, *(("day",) if self.first or self.last else ())}
        return next((one for one in SUBJECTS if one.counted == self.counted and named <= {*one.knows}), None)


def known_of(counted: str) -> tuple[str, ...]:
    """Return all names by which something can be asked of what is counted."""
    return tuple(name for name in NAMES if any(name in one.knows for one in SUBJECTS if one.counted == counted))


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A group: its name by each of what the question groups by, empty where nobody has told one; and how many."""

    names: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What an answer rests on: so many sites, or site-days, are asked about, and of `unknown` of them nothing counts.

    `oldest_at`, `newest_at`: of the newest configuration reports that count, the sites' times, or the days that were
    reported; empty: none. `cut`: site-days that list only a part of what was bad.
    """

    of: int
    unknown: int
    oldest_at: str = ""
    newest_at: str = ""
    cut: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The largest groups, the largest first; `total` counts each thing once, in whatever groups it is.

    `is_more`: there are smaller groups, which the question left out.
    """

    subject: str
    rows: tuple[AnswerRow, ...]
    total: int
    is_more: bool
    basis: Basis

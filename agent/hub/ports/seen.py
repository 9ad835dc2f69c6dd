"""Defines the ports of what a person may see, and of the reports that it is known by."""

from collections.abc import Collection
from datetime import date
from typing import Final, Protocol

from agent.hub.domain.asking.question import Answer, Question
from agent.hub.domain.asking.saved import Exported, Saved
from agent.hub.domain.rows.findings import Stretch
from agent.hub.domain.rows.seen import Aged, Due, EnvelopeRow, Judged, ListedSite
from agent.hub.domain.scope import Scope, SitePlace

ANSWERED_WITHIN_S: Final = 10.0
"""A question that takes longer is refused."""


class Seen(Protocol):
    """Queries sites and findings within a scope: what lies outside is not there. Reads only."""

    def may_see(self, scope: Scope, site: str) -> bool:
        """Return whether a site is known here and may be seen."""

    def may_see_finding(self, scope: Scope, finding: tuple[str, str, str]) -> bool:
        """Return whether a site has this open finding, and it may be seen. `finding`: site, check, subject."""

    def place(self, site: str) -> SitePlace:
        """Return where a site belongs, for `allowed`."""

    def sites(self, scope: Scope) -> frozenset[str]:
        """Return the known sites that may be seen."""

    def listed(self, scope: Scope, division: tuple[str, str], after: str, most: int) -> list[ListedSite]:
        """Return sites behind one by name, at most so many, in divisions from one code to before another."""

    def counted(self, scope: Scope, division: tuple[str, str]) -> int:
        """Return how many sites there are in such divisions that may be seen."""

    def divisions(self, scope: Scope) -> dict[str, tuple[str, int]]:
        """Return division (empty: not told) and number of cameras of every site that may be seen."""

    def open_by_division(self, scope: Scope) -> dict[str, dict[str, int]]:
        """Return how many findings are open that may be seen, by division and status."""

    def open_by_site(self, scope: Scope) -> dict[str, dict[str, int]]:
        """Return how many findings are open that may be seen, by site and status, also where none is.

        A site of which no configuration report counts is left out: nothing is known of it.
        """

    def open_by_age(self, scope: Scope) -> list[Aged]:
        """Return how many findings are open by the day since which they are so, the newest day first."""

    def assigned(self, today: str) -> list[Due]:
        """Return of each name to which something open is assigned how much, by site, and how much of that is late."""

    def repaired_between(self, scope: Scope, start: str, end: str) -> tuple[int, float]:
        """Return how many fails ended from one time to before another, and how long they had lasted together (s)."""


class Questions(Protocol):
    """Answers questions over all sites within a scope: what lies outside is in no group, total or basis. Reads only.

    All of an answer is of one state of the store, whatever is committed meanwhile.
    """

    def answer(self, question: Question, scope: Scope, within_s: float = ANSWERED_WITHIN_S) -> Answer:
        """Return the answer to a question that has a subject.

        Raises:
            UsageError: It takes longer than `within_s`.
            StoreFailed: It cannot be read.
        """


class PackedDays(Protocol):
    """Stores the bad camera-days of days of many sites packed, from which questions are answered at once.

    A packed day stands for its rows but those that have changed since, which are read.
    """

    def due(self, days: Collection[date]) -> list[date]:
        """Return which of these days have rows of many sites and are not packed, or many have changed since."""

    def keep(self, day: date) -> bool:
        """Pack a day where that is due, else hold it against its rows; return whether it was not that of them."""

    def after(self, day: str, most: int) -> list[str]:
        """Return the next packed days."""

    def differing(self) -> tuple[int, list[str]]:
        """Return how many days are packed, and which of them are not those of their rows."""


class SavedQuestions(Protocol):
    """Stores questions by name, when they are exported, and how that went."""

    def keep(self, saved: Saved) -> None:
        """Store a question, new or changed; how its exports went stays as it was."""

    def remove(self, name: str) -> None:
        """Delete a question, and with it its schedule."""

    def listed(self) -> list[Saved]:
        """Return all questions, by name."""

    def exported(self, name: str) -> Exported:
        """Return how the exports of a question went; one that has none: as it is made."""

    def keep_exported(self, name: str, exported: Exported) -> None:
        """Store how the exports of a question went."""


class Envelopes(Protocol):
    """Queries which reports said what of one site. No body is read."""

    def judged(self, site: str) -> list[Judged]:
        """Return what the newest configuration report of a site's present epoch says, checks that pass too."""

    def newest(self, site: str, most: int) -> list[EnvelopeRow]:
        """Return the reports of a site that came last, the newest first."""

    def of_finding(self, site: str, check: str, subject: str) -> list[EnvelopeRow]:
        """Return the reports that said something of one finding, the newest first, as far back as is looked."""

    def stretches(self, site: str, check: str, subject: str) -> list[Stretch]:
        """Return the times in which a finding was open, the newest first."""

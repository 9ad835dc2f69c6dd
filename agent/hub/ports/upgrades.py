"""Defines the port of upgrades of agents: which version is on its way to which sites, and by whose order."""

from datetime import datetime, timedelta
from typing import Protocol

from agent.hub.domain.rows.upgrades import Scope, State, Step, Upgrade, UpgradeSite


class Upgrades(Protocol):
    """Stores upgrades, one at a time, and how far each site is. All writes are within the caller's transaction."""

    def begin(self, version: str, scope: Scope, name: str, soak: timedelta) -> int:
        """Store a new upgrade that runs; one that was stopped is replaced. Return its number."""

    def newest(self) -> Upgrade | None:
        """Return the newest upgrade; None where there was none."""

    def keep_state(self, upgrade: int, state: State) -> None:
        """Store whether an upgrade runs."""

    def keep_verdict(self, upgrade: int, why: str, numbers: tuple[int, int, int, int]) -> None:
        """Store why an upgrade stopped, or what it waits for: how many of the named sites, and of the others."""

    def keep_word(self, upgrade: int, act: str, by: str, why: str, now: datetime) -> None:
        """Store what a person, or the hub itself (`by` empty), did."""

    def words(self, upgrade: int) -> list[tuple[str, str, str, str]]:
        """Return time, act, author and reason of what was done, oldest first."""

    def members(self, scope: Scope, name: str) -> list[str]:
        """Return the sites of a group as they are now: all, of a division and below it, or of an operator; by name.

        Not those whose reports are carried here as files: no order reaches them.
        """

    def bad_counts(self, before: datetime, now: datetime) -> dict[str, int]:
        """Return how many findings of each site fail or cannot be judged since before a time; none: left out.

        A version that judges nothing any more fails at nothing either. What a site with a wrong clock has found in the
        future counts as well.
        """

    def sites(self, upgrade: int) -> list[UpgradeSite]:
        """Return how far an upgrade is at each site that was known when its last wave began, by name."""

    def step_counts(self, upgrade: int) -> dict[Step, int]:
        """Return how many sites of an upgrade are at each step; none: left out."""

    def at_step(self, upgrade: int, step: Step, most: int, after: str = "") -> list[str]:
        """Return some of the sites at a step, by name, those behind `after`."""

    def begin_wave(
        self, upgrade: int, wave: int, named: list[str], before: dict[str, tuple[bool, int]], now: datetime
    ) -> None:
        """Store what each site of the hub was as a wave begins (silent, bad), and to which it is to be named."""

    def begin_again(self, upgrade: int, before: dict[str, tuple[bool, int]], excuse: bool, now: datetime) -> None:
        """Store the same anew for a wave that goes on; who lacks it is named again, and with `excuse` not awaited."""

    def mark_named(self, upgrade: int, site: str, policy: int, now: datetime) -> None:
        """Store that the version was named to a site, by which version of its policy."""

    def mark_runs(self, upgrade: int, site: str, now: datetime) -> None:
        """Store that a site was seen with the version."""

    def mark_refused(self, upgrade: int, site: str, reason: str) -> None:
        """Store that a site does not take the version."""

    def mark_tried(self, upgrade: int, site: str, tried: bool) -> None:
        """Store whether a site's root could not install the version."""

    def mark_taken_back(self, upgrade: int, site: str) -> None:
        """Store that a version that a site does not run yet is no longer named to it."""

    def withdraw(self, upgrade: int) -> None:
        """Have the version taken back where it was named and does not run yet."""

    def newest_health(self, site: str) -> tuple[str, int] | None:
        """Return epoch and number of a site's newest health report; None: there is none."""

    def refusals(self, upgrade: int) -> list[tuple[str, int, str, bool]]:
        """Return by which policy it was named, what is refused as JSON, or empty, and what is stored as tried, by site.

        Of the sites that do not run the version yet and refuse something, or are stored as tried.
        """

"""Decides how a new version of the agent goes through a group of sites: who is next, and whether it goes on. Pure.

    5 % -> soak -> 50 % -> soak -> all -> soak -> done          stop: more of the named ones are silent, or fail

Which sites come first is the order of a hash over site and version: the same at each look, and another one for the next
version. Sites that were named are compared with all others of the hub, from the moment at which the last wave began: a
broker that is gone makes both silent, a bad version only the named ones. What cannot be known lets nothing go on.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, exp, lgamma
from typing import Final, Literal

SHARES: Final = (0.05, 0.5, 1.0)
"""Of the group, in each wave, those of the waves before included."""

SOAK: Final = timedelta(hours=24)
SETTLED: Final = timedelta(minutes=30)
"""Silence or a fail younger than that does not count: each upgrade restarts the service."""

TAKEN_WITHIN: Final = timedelta(days=7)
"""A named site that can be reached has it by then."""

CHANCE_MOST: Final = 0.2
"""More is put down to chance. One of 15 named beside 1 of 285 others is 0.1, and stops."""

OTHERS_LEAST: Final = 20
"""With fewer others nothing can be compared: then `ALONE_MOST` counts."""

ALONE_MOST: Final = 0.02
QUIET_MOST: Final = 0.1
"""With more of the named ones silent just now nothing goes on, whatever the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSeen:
    """A site of the hub at a look.

    `named`: the version was named to it; `runs` it; `excused`: a person went on without it; `tried`: its root could not
    install it. `was_silent` and `bad_before` are as the last wave began, `is_silent` and `bad` are now: of each only
    what has lasted for `SETTLED`. `bad` counts findings that fail, and those that could not be judged.
    """

    site: str
    named: bool = False
    runs: bool = False
    excused: bool = False
    tried: bool = False
    was_silent: bool = False
    is_silent: bool = False
    bad_before: int = 0
    bad: int = 0


Why = Literal["silent", "failing", "not-taken", "soaks", "not-there", "quiet", "nobody", "person", ""]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether to go on, wait or stop, why, and the numbers: how many of the named ones, and of the others."""

    word: Literal["go", "wait", "stop"]
    why: Why = ""
    number: int = 0
    of: int = 0
    others_number: int = 0
    others: int = 0


def wave_order(sites: Iterable[str], version: str) -> list[str]:
    """Return sites in the order in which they are named."""
    return sorted(sites, key=lambda site: (hashlib.sha256(f"{site}\n{version}".encode()).digest(), site))


def next_wave(group: Collection[str], named: Collection[str], version: str, done: int) -> tuple[list[str], int]:
    """Return the sites that are named next and the number of that wave; none where no further wave adds a site.

    Args:
        group: The sites of the upgrade as they are now.
        named: Those to which the version was named.
        version: The version.
        done: The number of the last wave, 0 before the first. A wave that adds no site, as of a small group, is none.
    """
    order, there = wave_order(group, version), set(named)
    for number, share in list(enumerate(SHARES, 1))[done:]:
        found = [site for site in order[: ceil(share * len(order))] if site not in there]
        if found:
            return found, number
    return [], done


def judge(
    sites: Collection[SiteSeen], named_at: datetime, since: datetime | None, soak: timedelta, now: datetime
) -> Verdict:
    """Return whether an upgrade goes on.

    Args:
        sites: Every site of the hub.
        named_at: When the last site of this wave was named.
        since: When the last of the named sites was first seen with the version; None: none was.
        soak: How long all of them have to run it.
        now: The present time, of the same clock.
    """
    named, others = [one for one in sites if one.named], [one for one in sites if not one.named]
    for why, is_bad in (("silent", _fell_silent), ("failing", _worse)):
        bad, others_bad = sum(map(is_bad, named)), sum(map(is_bad, others))
        if rises(bad, len(named), others_bad, len(others)):
            return Verdict("stop", why, bad, len(named), others_bad, len(others))  # type: ignore[arg-type]
    missing = [one for one in named if not (one.runs or one.excused or one.was_silent)]
    if missing and now - named_at > TAKEN_WITHIN:
        return Verdict("stop", "not-taken", len(missing), len(named))
    if missing:
        return Verdict("wait", "not-there", len(missing), len(named))
    if since is None or not any(one.runs for one in named):
        return Verdict("wait", "nobody", 0, len(named))
    quiet = sum(one.is_silent for one in named)
    if quiet > 1 and quiet > QUIET_MOST * len(named):
        return Verdict("wait", "quiet", quiet, len(named))
    if now - since < soak:
        return Verdict("wait", "soaks", 0, len(named))
    return Verdict("go")


def rises(bad: int, of: int, others_bad: int, others: int) -> bool:
    """Return whether the share of bad ones among the named sites is above that of the others, and not by chance.

    By chance: of all sites as many are bad, and which ones these are has nothing to do with the version (one-sided
    exact test). With too few others a fixed share of the named ones counts.

    Source: R. A. Fisher, Statistical Methods for Research Workers, section 21.02 (exact test).
    """
    if bad == 0:
        return False
    if others < OTHERS_LEAST:
        return bad > ALONE_MOST * of
    return bad * others > others_bad * of and chance(bad, of, others_bad, others) < CHANCE_MOST


def chance(bad: int, of: int, others_bad: int, others: int) -> float:
    """Return how probable as many bad ones, or more, are among the named sites if the version changes nothing."""
    number, total = bad + others_bad, of + others
    most = min(of, number)
    ways = _log_ways(total, number)
    return sum(exp(_log_ways(of, k) + _log_ways(others, number - k) - ways) for k in range(bad, most + 1)
               if number - k <= others)  # fmt: skip


def _fell_silent(one: SiteSeen) -> bool:
    return one.is_silent and not one.was_silent


def _worse(one: SiteSeen) -> bool:
    return one.tried or one.bad > one.bad_before


def _log_ways(count: int, chosen: int) -> float:
    return lgamma(count + 1) - lgamma(chosen + 1) - lgamma(count - chosen + 1)

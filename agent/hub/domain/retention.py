"""Decides which stored bodies are over, by age and by what holds them. Pure.

    up to 90 days    every body
    up to 366 days   one health report a day of each site; every change: configuration, event, gap
    after that       digest, position in the chain and JWS of each report: what proves a body that somebody else has

A body is held while a finding fails that was open when it was made, while a dispute about then is undecided and for 90
days after, and where a person, or a case that was handed out, holds the time. What is held stays whole, however old.
The newest report of each stream stays, and gap records do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from agent.contract.chain import utc_text
from agent.model.finding import StreamName
from agent.verify.members import time_of

FULL: Final = timedelta(days=90)
"""Every body is stored so long."""

CHANGES: Final = timedelta(days=366)
"""One health report a day, and every change, are stored so long."""

AFTER_DECISION: Final = timedelta(days=90)
"""What a dispute was about is held for so long after its decision."""

BEFORE_FAIL: Final = timedelta(days=1)
"""Bodies from so long before a fail are held with it: they show what was before."""

Phase = Literal["full", "changes"]
"""Which age is over: that of every body, or that of one a day and every change."""

Verdict = Literal["young", "stays", "held", "over"]

_CHINA: Final = ZoneInfo("Asia/Shanghai")
_FOREVER: Final = "9"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBody:
    """A stored body. Times are RFC 3339 in UTC, empty where they are not known.

    `made_before`: when the report before it in its chain was made. `is_spare`: a newer one of its chain is confirmed.
    """

    id: int
    site: str
    stream: StreamName
    arrived_at: str
    made_at: str
    made_before: str
    is_spare: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A time of a site whose bodies are held, both ends included; `to_at` empty: until now."""

    from_at: str
    to_at: str = ""

    def covers(self, at: str) -> bool:
        """Return whether a moment lies in it."""
        return self.from_at <= at <= (self.to_at or _FOREVER)


def limit_of(phase: Phase, now: datetime) -> str:
    """Return before when a body has to have arrived for its age to be over."""
    return utc_text(now - (FULL if phase == "full" else CHANGES))


def may_be_dropped(stream: str, arrived_at: str, now: datetime) -> bool:
    """Return whether an age is over by which the body of some report of a stream is dropped; else somebody took it."""
    return stream != "gap" and arrived_at < limit_of("full" if stream == "health" else "changes", now)


def judge(body: StoredBody, phase: Phase, limit: str, held: Mapping[str, Sequence[Held]]) -> Verdict:
    """Return what becomes of a body; `held` by site. `held` is to be looked at again, `stays` is not in this phase."""
    if body.arrived_at >= limit:
        return "young"
    if body.stream == "gap" or (phase == "full" and (body.stream != "health" or _is_first_of_day(body))):
        return "stays"
    if not body.is_spare or is_held(held.get(body.site, ()), body.made_at or body.arrived_at, body.arrived_at):
        return "held"
    return "over"


def is_held(spans: Iterable[Held], *moments: str) -> bool:
    """Return whether one of the moments is held: a site's clock and the hub's may differ."""
    return any(one.covers(at) for one in spans for at in moments)


def _is_first_of_day(body: StoredBody) -> bool:
    """Return whether the report before was made on another day in China, or is not known."""
    made_at, before = time_of(body.made_at), time_of(body.made_before)
    if made_at is None or before is None:
        return True
    return made_at.astimezone(_CHINA).date() != before.astimezone(_CHINA).date()

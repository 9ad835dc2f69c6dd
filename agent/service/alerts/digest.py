"""Decides when the daily digest is due, and which findings are new or worse. Pure; `digest_text.py` words it.

One digest a day is decided, at the first look after its time, against the one before. It is stored before it is sent
and unchanged until it is delivered; only then the next one is decided: none is lost, none repeats a finding. What came
and went between two digests is left to the hub's events.
"""

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from agent.judge.memory.episodes import FindingState
from agent.model.finding import Finding, Json, Status, utc_text
from agent.model.matters import counts, matter_id, matters
from agent.site.config.messages import DailyDigest, in_quiet_hours
from agent.site.config.site import Site
from agent.text.harmless import printable
from agent.text.translate import render

SCHEMA: Final = "camwarden-digest/1"

ROWS_MOST: Final = 200
"""Rows of one digest; the rest is counted."""

RETRY_FIRST: Final = timedelta(minutes=5)
RETRY_LAST: Final = timedelta(hours=6)

_RANK: Final[dict[Status, int]] = {"not_applicable": 0, "pass": 0, "warn": 1, "unknown": 2, "fail": 3}

_ADDRESS: Final = re.compile(
    r"[a-z]+://[^\s,;]+|(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?![\d.]\d)"
    r"|(?<![\w:])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![\w:])",
    re.IGNORECASE,
)
_COLONS: Final = re.compile(r"(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f.]{0,15}){2,7}(?![\w:])", re.IGNORECASE)
HIDDEN: Final = "***"


@dataclass(frozen=True, slots=True)
class UndeliveredDigest:
    """An undelivered digest: its content, how often it was tried, and when it may be tried next."""

    news: Mapping[str, Json]
    tries: int
    next_at: datetime


@dataclass(frozen=True, slots=True)
class DigestState:
    """What digests leave for the next: statuses by finding key, the last day decided, the last delivery."""

    statuses: Mapping[str, Status] = field(default_factory=dict)
    day: date | None = None
    delivered_at: datetime | None = None
    waiting: UndeliveredDigest | None = None


def is_due(told: DigestState, digest: DailyDigest, site: Site, now: datetime) -> bool:
    """Return whether a digest is to be decided or sent now: never in quiet hours."""
    local = now.astimezone(ZoneInfo(site.time_zone))
    time = local.strftime("%H:%M")
    if in_quiet_hours(digest.quiet_hours, time):
        return False
    if told.waiting is not None:
        return now >= told.waiting.next_at
    return time >= digest.at and (told.day is None or told.day < local.date())


def decide(
    told: DigestState,
    digest: DailyDigest,
    site: Site,
    findings: Iterable[Finding],
    known: Mapping[str, FindingState],
    now: datetime,
) -> DigestState:
    """Decide this day's digest; it waits for delivery where it has rows, or a sign of life is due.

    `told` is the state after the digests before, of which none waits; `findings` are those of the last look, `known` by
    finding key the status confirmed by enough looks (`agent/judge/memory/transitions.py`); `now` is our clock, UTC.
    """
    today = now.astimezone(ZoneInfo(site.time_zone)).date()
    statuses: dict[str, Status] = {}
    news: dict[tuple[str, Status | None], list[Finding]] = {}
    findings = tuple(findings)
    standing = [finding for one in matters(findings) for finding in one.found]
    for finding in sorted(standing, key=lambda f: -_RANK[f.status]):
        before = told.statuses.get(finding.key, "pass")
        was = before if told.day is not None else None  # the first digest: nobody was told anything before
        stands = known.get(finding.key)
        settled = stands is not None and stands.status == finding.status and not _is_acknowledged(stands)
        if settled and _RANK[finding.status] > _RANK[before]:
            news.setdefault((matter_id(finding), was), []).append(finding)
        after = finding.status if settled else before
        if _RANK[after]:
            statuses[finding.key] = after
    last = told.delivered_at
    # The hour: the look after the digest's time comes a little earlier or later each day.
    silent_for = timedelta(days=digest.heartbeat_days) - timedelta(hours=1)
    overdue = digest.heartbeat_days > 0 and (last is None or now - last >= silent_for)
    decided = DigestState(statuses, today, last)
    if not news and not overdue:
        return decided
    rows: list[Json] = [_row(alike, was, site, digest.lang) for (_, was), alike in news.items()]
    return replace(decided, waiting=UndeliveredDigest(_news(site, findings, rows, now, today), 0, now))


def _is_acknowledged(known: FindingState) -> bool:
    return known.episode is not None and known.episode.acknowledged is not None


def attempted(told: DigestState, now: datetime) -> DigestState:
    """Count a try before it begins: should it fail, or this process end, the next one waits longer."""
    assert told.waiting is not None  # noqa: S101 - the caller asks only where one waits
    wait = min(RETRY_FIRST * 2 ** min(told.waiting.tries, 16), RETRY_LAST)
    return replace(told, waiting=replace(told.waiting, tries=told.waiting.tries + 1, next_at=now + wait))


def delivered(told: DigestState, now: datetime) -> DigestState:
    """Record that the waiting digest was accepted."""
    return replace(told, waiting=None, delivered_at=now)


def without_addresses(text: str) -> str:
    """Redact network addresses: they do not leave the site by a chat."""
    return _COLONS.sub(lambda match: HIDDEN if _is_address(match[0]) else match[0], _ADDRESS.sub(HIDDEN, text))


def _is_address(text: str) -> bool:
    """Distinguish an IPv6 address from a time of day."""
    try:
        ipaddress.ip_address(text.rstrip("."))
    except ValueError:
        return False
    return True


def _row(alike: list[Finding], before: Status | None, site: Site, lang: str) -> dict[str, Json]:
    """Return the row of a matter that is new or worse, with its first subject."""
    finding = alike[0]
    kind, _, name = finding.subject.partition(":")
    names = {camera.camera.id: camera.camera.name for camera in site.cameras} if kind == "camera" else {}
    return {
        "check": finding.check,
        "subject": finding.subject,
        "name": printable(names.get(name, "")),
        "status": finding.status,
        "before": before,
        "alike": len(alike),
        "severity": finding.severity,
        "message": without_addresses(printable(render(finding.message, lang))),
    }


def _news(site: Site, findings: tuple[Finding, ...], rows: list[Json], now: datetime, today: date) -> dict[str, Json]:
    totals = counts(findings)
    online = Counter(f.status for f in findings if f.check == "camera-online" and f.subject.startswith("camera:"))
    return {
        "schema": SCHEMA,
        "id": f"{site.id}:{today.isoformat()}",
        "site": site.id,
        "name": printable(site.name),
        "at": utc_text(now),
        "local_time": now.astimezone(ZoneInfo(site.time_zone)).strftime("%Y-%m-%d %H:%M"),
        "new": rows[:ROWS_MOST],
        "more": max(0, len(rows) - ROWS_MOST),
        "open": {status: totals[status] for status in ("fail", "unknown", "warn")},
        "cameras": {"online": online["pass"] + online["warn"], "all": len(site.cameras)},
    }

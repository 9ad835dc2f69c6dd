"""Decides which new fails, and which ends of them, each receiver is notified of, and when. Pure.

A message is the difference between what counts now and what this receiver was told: nothing can be told twice, however
often a message fails, and no queue can grow. A finding that another one explains makes no notice. What comes and goes
while nothing may be sent is told as that. `notice_text.py` words it, `notice_desk.py` sends it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from agent.judge.memory.episodes import Episode, FindingState
from agent.model.finding import Finding, Message, Severity
from agent.model.matters import roots
from agent.service.alerts.digest import without_addresses
from agent.site.config.messages import Receiver, in_quiet_hours
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day, standing
from agent.site.declarations.table import ZONE_TYPE
from agent.text.harmless import printable
from agent.text.translate import render

Change = Literal["new", "flapping", "recovered", "ended", "passed"]
"""A new fail; one that comes and goes; one that is well again; one that nobody looks at any more, or that is not due;
one that came and went before it could be told."""

SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "major", "minor", "info")

RETRY_FIRST: Final = timedelta(seconds=20)
RETRY_LAST: Final = timedelta(hours=1)
REFUSED_WAIT: Final = timedelta(hours=6)
"""After a refusal that only a person can mend: a login that is tried again and again gets a mailbox locked."""
THROTTLED_WAIT: Final = timedelta(minutes=10)
"""How long DingTalk takes nothing more of a robot that was too fast; the others say nothing."""
BETWEEN: Final = timedelta(seconds=6)
"""Ten messages a minute at most. The services take 20 (WeCom, DingTalk) or 100, and 5 a second (Feishu); several sites
may share a robot."""
MOST_AN_HOUR: Final = 20
"""Beyond that, further changes share the next message, but for a new fail that is critical."""
FLAPS_EVERY: Final = timedelta(hours=1)
AN_HOUR: Final = timedelta(hours=1)
WORDS_MAX_CHARS: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One change that a receiver is told. `name`, `words`: for own mail and own webhook only.

    `key`: of its finding. `since`: when it was first seen not well; `until`: since when it is well, None while it is
    not. `count`: how often it came; `explains`: how many findings have this cause.
    """

    key: str
    change: Change
    severity: Severity
    since: datetime
    until: datetime | None = None
    count: int = 1
    explains: int = 0
    name: str = ""
    words: str = ""

    @property
    def check(self) -> str:
        """The id of its check."""
        return self.key.partition(" ")[0]

    @property
    def subject(self) -> str:
        """What it is about: `site`, `device:ID` or `camera:ID`."""
        return self.key.partition(" ")[2]


@dataclass(frozen=True, slots=True)
class Told:
    """What a receiver was told last of a fail, and when (`at`)."""

    severity: Severity
    since: datetime
    count: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """What one receiver was told and what waits for it, by the key of the finding.

    `tries` failed in a row, the last one with `why`; `next_at`: when it may be tried again. `recent`: the messages of
    the last hour; `delivered_at`: the last of all.
    """

    told: Mapping[str, Told] = field(default_factory=dict)
    waiting: Mapping[str, Notice] = field(default_factory=dict)
    tries: int = 0
    next_at: datetime | None = None
    recent: tuple[datetime, ...] = ()
    delivered_at: datetime | None = None
    why: Message | None = None


def updated(
    box: Outbox,
    receiver: Receiver,
    site: Site,
    findings: Iterable[Finding],
    known: Mapping[str, FindingState],
    now: datetime,
) -> Outbox:
    """Return the outbox after a look.

    `findings` are those of the look, `known` what counts after it, by finding key; `now` is our clock, UTC.
    """
    findings = tuple(findings)
    behind = {key: root.key for key, root in roots(findings).items() if root.key != key}
    explained = Counter(behind.values())
    about = _subjects(receiver, site, local_day(site, now))
    rank = SEVERITIES.index(receiver.severity)
    waiting = dict(box.waiting)
    for key, state in known.items():
        episode = state.episode
        if episode is not None and episode.acknowledged is not None and key not in box.told:
            waiting.pop(key, None)
        if episode is None or not _counts(state.status, episode) or SEVERITIES.index(episode.severity) > rank:
            continue
        if about is not None and episode.subject not in about:
            continue
        if (change := _of_open(box.told.get(key), waiting.get(key), episode, now)) is not None:
            waiting[key] = _notice(key, change, episode, explained[key], site, receiver)
        else:
            waiting.pop(key, None)
    for key in (*box.told, *box.waiting):
        after = known.get(key)
        if key not in behind and (after is None or after.episode is None):
            last = _of_closed(box.told.get(key), waiting.get(key), key, site, after, now)
            waiting.pop(key, None)
            if last is not None:
                waiting[key] = last
    return replace(box, waiting=waiting)


def _counts(status: str, episode: Episode) -> bool:
    return status == "fail" and episode.told and episode.acknowledged is None


def _of_open(told: Told | None, waits: Notice | None, episode: Episode, now: datetime) -> Change | None:
    """Return what to tell of a fail that is open, None for nothing (any more)."""
    flaps: Change = "flapping" if episode.flapping else "new"
    if told is None:
        return flaps
    if episode.flapping:
        again = episode.count > told.count and not timedelta() <= now - told.at < FLAPS_EVERY
        return "flapping" if again or (waits is not None and waits.change == "flapping") else None
    return "new" if episode.detected_at > told.since else None


def _of_closed(
    told: Told | None, waits: Notice | None, key: str, site: Site, after: FindingState | None, now: datetime
) -> Notice | None:
    """Return what to tell of a fail that is over: of one that nobody heard of only that it came and went."""
    is_well = after is not None and after.status == "pass"
    if told is not None:
        if waits is not None and waits.change in ("recovered", "ended"):
            return waits
        until = after.since if after is not None else now
        change: Change = "recovered" if is_well else "ended"
        name = waits.name if waits is not None else _name(site, key)
        return Notice(key=key, change=change, severity=told.severity, since=told.since, until=until, name=name)
    if waits is None or waits.change == "passed":
        return waits
    return replace(waits, change="passed", until=after.since) if is_well and after is not None else None


def _notice(key: str, change: Change, episode: Episode, explains: int, site: Site, receiver: Receiver) -> Notice:
    return Notice(
        key=key,
        change=change,
        severity=episode.severity,
        since=episode.detected_at,
        count=episode.count,
        explains=explains,
        name=_name(site, key),
        words=without_addresses(printable(render(episode.message, receiver.lang)))[:WORDS_MAX_CHARS],
    )


def _name(site: Site, key: str) -> str:
    kind, _, name = key.partition(" ")[2].partition(":")
    if kind != "camera":
        return ""
    return next((printable(one.camera.name) for one in site.cameras if one.camera.id == name), "")


def _subjects(receiver: Receiver, site: Site, today: date) -> frozenset[str] | None:
    """Return the subjects that a receiver is told of: its cameras and their devices; None: all."""
    if not (receiver.cameras or receiver.groups or receiver.zone_types):
        return None
    names = {*receiver.cameras, *(name for one in site.groups if one.name in receiver.groups for name in one.cameras)}
    cameras = [
        one.camera
        for one in site.cameras
        if one.camera.id in names
        or (receiver.zone_types and standing(site, ZONE_TYPE, today, one.camera.id).value in receiver.zone_types)
    ]
    return frozenset((*(f"camera:{one.id}" for one in cameras), *(f"device:{one.device}" for one in cameras)))


def sendable(box: Outbox, receiver: Receiver, site: Site, now: datetime) -> tuple[Notice, ...]:
    """Return what the next message holds, worst first; in quiet hours only what is urgent."""
    rows = sorted(box.waiting.values(), key=lambda one: (SEVERITIES.index(one.severity), one.since, one.key))
    if not in_quiet_hours(receiver.quiet_hours, now.astimezone(ZoneInfo(site.time_zone)).strftime("%H:%M")):
        return tuple(rows)
    most = SEVERITIES.index(receiver.urgent) if receiver.urgent else -1
    return tuple(one for one in rows if SEVERITIES.index(one.severity) <= most)


def earliest(box: Outbox, rows: Iterable[Notice], now: datetime) -> datetime:
    """Return when a message with these notices may leave: now, or a later moment."""
    pressing = any(one.change == "new" and one.severity == "critical" for one in rows)
    recent = _recent(box, now)
    found = [now, *(at + BETWEEN for at in recent[-1:])]
    if box.next_at is not None and box.next_at - now <= REFUSED_WAIT:  # else a clock was set back
        found.append(box.next_at)
    if len(recent) >= MOST_AN_HOUR and not pressing:
        found.append(recent[-MOST_AN_HOUR] + AN_HOUR)
    return max(found)


def attempted(box: Outbox, now: datetime) -> Outbox:
    """Count a try before it begins: should it fail, or this process end, the next one waits longer."""
    wait = min(RETRY_FIRST * 2 ** min(box.tries, 16), RETRY_LAST)
    return replace(box, tries=box.tries + 1, next_at=now + wait)


def refused(box: Outbox, why: Message, wait: timedelta, now: datetime) -> Outbox:
    """Record why a try failed, and that the next one comes no sooner than after `wait`."""
    return replace(box, why=why, next_at=max(box.next_at or now, now + wait))


def woken(box: Outbox) -> Outbox:
    """Return an outbox after a start or a new configuration: a person may have mended what was refused."""
    return replace(box, next_at=None, tries=0) if box.why is not None else box


def delivered(box: Outbox, sent: Iterable[Notice], now: datetime) -> Outbox:
    """Record that a message with these notices was accepted."""
    sent = tuple(sent)
    gone = {one.key for one in sent}
    told = {key: one for key, one in box.told.items() if key not in gone}
    told |= {
        one.key: Told(one.severity, one.since, one.count, now) for one in sent if one.change in ("new", "flapping")
    }
    return Outbox(
        told=told,
        waiting={key: one for key, one in box.waiting.items() if key not in gone},
        recent=(*_recent(box, now), now),
        delivered_at=now,
    )


def _recent(box: Outbox, now: datetime) -> tuple[datetime, ...]:
    return tuple(at for at in box.recent if timedelta() <= now - at < AN_HOUR)[-MOST_AN_HOUR:]

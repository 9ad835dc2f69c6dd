"""Renders notices for each kind of receiver: a line for chats, a mail, an object for a webhook. Pure.

What a stranger's chat is told is made of a `Tally`, which holds no name, place, check or sentence: nothing that
somebody typed on site can be in it. Own mail and own webhook get the whole notice.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from agent.model.finding import Json, Message, Severity, utc_text
from agent.service.alerts.notices import SEVERITIES, Change, Notice
from agent.site.config.site import Site
from agent.text.harmless import printable
from agent.text.translate import together, translate

SCHEMA: Final = "camwarden-notice/1"
ROWS_MOST: Final = 100
"""Notices of one mail or webhook with their words; the rest is counted."""

CHANGES: Final[tuple[Change, ...]] = ("new", "flapping", "recovered", "ended", "passed")

_COUNTED: Final[Mapping[Change, Message]] = {
    "new": Message("new fails: {count}"),
    "flapping": Message("come and go: {count}"),
    "recovered": Message("well again: {count}"),
    "ended": Message("no longer checked: {count}"),
    "passed": Message("came and went before they could be told: {count}"),
}
_HEADED: Final[Mapping[Change, Message]] = {
    "new": Message("New"),
    "flapping": Message("Comes and goes"),
    "recovered": Message("Well again"),
    "ended": Message("No longer checked"),
    "passed": Message("Came and went before it could be told"),
}


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail: its subject names no person and no place, since servers on the way log it."""

    subject: str
    text: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Tally:
    """All that a stranger may learn: the site's code (0-9, A-Z, a-z), its time, and how many notices of which kind.

    `test`: nothing has happened.
    """

    site: str
    local_time: str
    counts: Mapping[Change, Mapping[Severity, int]]
    test: bool = False


def tally(site: Site, notices: Iterable[Notice], now: datetime, *, test: bool = False) -> Tally:
    """Count notices by change and severity."""
    counts: dict[Change, Counter[Severity]] = {}
    for one in notices:
        counts.setdefault(one.change, Counter())[one.severity] += 1
    return Tally(site.id, _local(site, now), counts, test)


def chat_text(told: Tally, lang: str) -> str:
    """Render a tally as one line; it begins with `camwarden`, the keyword that robots may ask for."""
    parts = [_counted(change, told.counts[change], lang) for change in CHANGES if change in told.counts]
    if told.test:
        parts = [translate("this is a test: nothing has happened", lang)]
    what = translate("; ", lang).join(parts)
    return translate("camwarden {site}, {time}: {what}", lang).format(site=told.site, time=told.local_time, what=what)


def _counted(change: Change, counts: Mapping[Severity, int], lang: str) -> str:
    text = translate(_COUNTED[change].template, lang).format(count=sum(counts.values()))
    return translate("{text} ({named})", lang).format(text=text, named=by_severity(counts, lang))


def by_severity(counts: Mapping[Severity, int], lang: str) -> str:
    """Render counts by severity, the worst first."""
    return together((f"{translate(one, lang)} {counts[one]}" for one in SEVERITIES if counts.get(one)), lang)


def mail_of(site: Site, notices: Sequence[Notice], lang: str, now: datetime, *, test: bool = False) -> Mail:
    """Render notices as a mail: counts in its subject, names and sentences only inside."""
    subject = chat_text(tally(site, notices, now, test=test), lang)
    head = printable(f"{site.name} ({site.id})" if site.name else site.id)
    lines = [head, translate("Time here: {time}", lang).format(time=_local(site, now)), ""]
    if test:
        lines += [translate("this is a test: nothing has happened", lang), ""]
    shown = notices[:ROWS_MOST]
    for change in CHANGES:
        rows = [one for one in shown if one.change == change]
        if rows:
            lines += [translate(_HEADED[change].template, lang), *(_line(one, site, lang) for one in rows), ""]
    if len(notices) > len(shown):
        lines += [translate("{count} more: camwarden status", lang).format(count=len(notices) - len(shown)), ""]
    lines.append(translate("What is open: camwarden findings. Who gets this: [[notify]] in site.toml.", lang))
    return Mail(subject, "\n".join(lines) + "\n", _id(site, notices, now))


def _line(one: Notice, site: Site, lang: str) -> str:
    named = one.subject.partition(":")[2] or translate("site", lang)
    where = f"{one.name} ({named})" if one.name else named
    said = f"- [{translate(one.severity, lang)}] {where} {one.check}"
    said += f"{translate(': ', lang)}{one.words}" if one.words else ""
    parts = [said, translate("since {time}", lang).format(time=_local(site, one.since))]
    if one.until is not None:
        parts.append(translate("until {time}", lang).format(time=_local(site, one.until)))
    if one.count > 1:
        parts.append(translate("came {count} times", lang).format(count=one.count))
    if one.explains:
        parts.append(translate("explains {count} more findings", lang).format(count=one.explains))
    return printable(translate("; ", lang).join(parts))


def object_of(site: Site, notices: Sequence[Notice], now: datetime, *, test: bool = False) -> dict[str, Json]:
    """Return notices as the object that a webhook of one's own gets.

    The same notices have the same `id`: an answer that was lost makes them come twice.
    """
    return {
        "schema": SCHEMA,
        "id": _id(site, notices, now),
        "site": site.id,
        "name": printable(site.name),
        "at": utc_text(now),
        "test": test,
        "notices": [_row(one) for one in notices[:ROWS_MOST]],
        "more": max(0, len(notices) - ROWS_MOST),
    }


def _row(one: Notice) -> dict[str, Json]:
    return {
        "change": one.change,
        "check": one.check,
        "subject": one.subject,
        "name": one.name,
        "severity": one.severity,
        "message": one.words,
        "since": utc_text(one.since),
        "until": utc_text(one.until) if one.until else None,
        "count": one.count,
        "explains": one.explains,
    }


def _id(site: Site, notices: Sequence[Notice], now: datetime) -> str:
    rows: list[Json] = [_row(one) for one in notices] or [utc_text(now)]
    return hashlib.sha256(json.dumps([site.id, rows]).encode()).hexdigest()[:32]


def _local(site: Site, at: datetime) -> str:
    return at.astimezone(ZoneInfo(site.time_zone)).strftime("%Y-%m-%d %H:%M")

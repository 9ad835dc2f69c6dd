"""A site that reports over a day, for tests of cases and of verifying: config, events and health along one clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import delivery
from delivery import NOW, Maker
from hubdesk import Desk, trusted

from agent.contract.chain import utc_text
from agent.contract.envelope import flatten
from agent.hub.case.history import StatusSpan
from agent.model.finding import Draft, Envelope, Head, Json, StreamName

START = datetime.fromisoformat("2026-11-24T00:00:00Z")
PERIOD = timedelta(minutes=15)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def finding(subject: str, status: str, check: str = "camera-online") -> dict[str, Json]:
    body = delivery.event().body["finding"]
    assert isinstance(body, dict)
    return {**body, "check": check, "subject": subject, "status": status, "message": f"{subject} is {status}"}


def config(*findings: dict[str, Json]) -> Draft:
    return Draft("config", {**delivery.config_report().body, "findings": list(findings)})


def event(subject: str, before: str, status: str) -> Draft:
    body = {**delivery.event().body, "subject": subject, "from": before, "to": status}
    return Draft("event", {**body, "finding": finding(subject, status)})


def health(when: datetime, period: timedelta = PERIOD) -> Draft:
    return Draft("health", {**delivery.health().body, "next_due_at": utc_text(when + period)})


@dataclass
class Day:
    """What a site has reported so far, in one epoch."""

    maker: Maker
    epoch: str = "e1"
    heads: dict[StreamName, Head] = field(default_factory=dict)
    made: list[Envelope] = field(default_factory=list)

    def report(self, when: datetime, *drafts: Draft) -> list[Envelope]:
        """Link and sign one cycle's reports."""
        envelopes, self.heads = self.maker.envelopes(list(drafts), self.heads, self.epoch, when)
        self.made += envelopes
        return list(envelopes)

    def quarter_hours(self, first: float, last: float, silent: tuple[float, float] = (99, 99)) -> None:
        """Make a health report every quarter of an hour, none while it is silent."""
        for number in range(round(first * 4), round(last * 4)):
            if not silent[0] <= number / 4 < silent[1]:
                self.report(at(number / 4), health(at(number / 4)))


def told_day(desk: Desk, maker: Maker) -> Day:
    """A day at a trusted site: online, fails from 10:00 to 11:00, silent from 14:00 to 16:00."""
    trusted(desk, maker)
    day = Day(maker)
    day.report(at(0), config(finding("camera:c0", "pass"), finding("camera:c1", "pass")), health(at(0)))
    day.quarter_hours(0.25, 10)
    day.report(at(10), event("camera:c0", "pass", "fail"), health(at(10)))
    day.quarter_hours(10.25, 11)
    day.report(at(11), event("camera:c0", "fail", "pass"), health(at(11)))
    day.quarter_hours(11.25, 23, silent=(14.25, 16))
    for envelope in day.made:
        assert desk.send(envelope, at=NOW)["event"] == "verified"
    return day


def shown(rows: tuple[StatusSpan, ...], subject: str = "camera:c0") -> list[tuple[float, float, str, str]]:
    return [
        ((r.from_at - at(0)) / timedelta(hours=1), (r.to_at - at(0)) / timedelta(hours=1), r.status, r.reason)
        for r in rows
        if r.subject == subject
    ]


def write_files(directory: Path, envelopes: list[Envelope]) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    for e in envelopes:
        name = f"{e.report.epoch}-{e.report.stream}-{e.report.seq}.json"
        (directory / name).write_bytes(flatten(e.report.payload, e.jws))
    return directory

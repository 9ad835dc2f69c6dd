"""A site's digest desk beside a clock that is set by hand, for tests of the daily digest."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sites import camera, site

from agent.judge.checks.table import CHECKS
from agent.judge.memory.memory import EMPTY_MEMORY, Memory
from agent.judge.memory.notes import NO_NOTES, ActiveNotes
from agent.judge.memory.transitions import transitions
from agent.model.finding import Finding, Message, Status, sentence
from agent.service.alerts.digest import DigestState
from agent.service.alerts.digest_desk import NAME, DigestDesk, from_data
from agent.service.alerts.refusals import Refusal
from agent.site.config.messages import DailyDigest
from agent.site.config.site import Site
from drivers.model import Credential

MORNING = datetime(2026, 11, 25, 0, 5, tzinfo=UTC)
"""Five past eight in Shanghai."""
DAY = timedelta(days=1)
WITHIN_S = 60.0
ONLINE = next(check for check in CHECKS if check.id == "camera-online")
CLOCK = next(check for check in CHECKS if check.id == "clock-offset")
DIGEST = DailyDigest("json", Credential("digest", "robot", "https://example.org/?key=TOKEN-1"), lang="en")


def here(**changes: Any) -> Site:
    return replace(site(camera("gate"), camera("roof", "box2")), daily_digest=replace(DIGEST, **changes))


def online(name: str, status: Status, words: str = "it does not answer: check power") -> Finding:
    return ONLINE.finding(f"camera:{name}", status, "", {}, Message(words))


@dataclass
class Desk:
    """A desk whose webhook answers as it is told, beside a clock that is set by hand."""

    folder: Path
    at: datetime = MORNING
    site: Site = field(default_factory=here)
    refused: str = ""
    sent: list[Mapping[str, Any]] = field(default_factory=list)
    memory: Memory = EMPTY_MEMORY
    noted: ActiveNotes = NO_NOTES

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.desk = DigestDesk(self.folder, lambda: self.at, self._send)

    def _send(self, digest: DailyDigest, news: Mapping[str, Any], clock: Callable[[], datetime]) -> Refusal | None:
        assert (self.folder / NAME).exists(), "a try must be written down before it is made"
        if not self.refused:
            self.sent.append(news)
        return Refusal(sentence(self.refused)) if self.refused else None

    def look(
        self, *findings: Finding, after: timedelta = timedelta(0), within_s: float = WITHIN_S
    ) -> list[tuple[str, str, str]]:
        """End a cycle with these findings, and return the rows that were sent because of it."""
        self.at += after
        before = len(self.sent)
        _, self.memory = transitions(findings, self.memory, self.at, self.noted)
        self.desk.cycle_done(self.site, findings, lambda: self.memory.known)
        self.desk.wait(within_s)
        return [(r["subject"], r["before"], r["status"]) for news in self.sent[before:] for r in news["new"]]

    def kept(self) -> DigestState:
        return from_data(json.loads((self.folder / NAME).read_text()))

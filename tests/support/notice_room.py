"""A site's receivers beside a clock that is set by hand, for tests of what is told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from patience import PATIENCE_S
from sites import camera, site

from agent.judge.checks.table import CHECKS
from agent.judge.memory.memory import EMPTY_MEMORY, Memory
from agent.judge.memory.notes import NO_NOTES, ActiveNotes
from agent.judge.memory.transitions import transitions
from agent.model.finding import Finding, Message, Severity, Status
from agent.service.alerts import outbox_file
from agent.service.alerts.notice_desk import NoticeDesk
from agent.service.alerts.notices import Notice, Outbox
from agent.service.alerts.refusals import Refusal
from agent.site.config.messages import Receiver
from agent.site.config.site import Site
from drivers.model import Credential

MORNING = datetime(2026, 11, 25, 0, 5, tzinfo=UTC)
"""Five past eight in Shanghai."""
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ONLINE = next(check for check in CHECKS if check.id == "camera-online")
CLOCK = next(check for check in CHECKS if check.id == "clock-offset")
DUTY = Receiver(
    name="duty",
    kind="webhook",
    credential=Credential("hook", "robot", "https://example.org/?key=TOKEN-1"),
    sign_credential=Credential("sign", "robot", "SECRET-1"),
    lang="en",
)


def here(*receivers: Receiver, **changes: Any) -> Site:
    """Return a site of three cameras on two devices with these receivers."""
    cameras = (camera("gate"), camera("yard"), camera("roof", "box2"))
    return replace(site(*cameras), notify=receivers or (DUTY,), **changes)


def finding(
    subject: str, status: Status = "fail", severity: Severity = "critical", check: str = "camera-online", **changes: Any
) -> Finding:
    """Return a finding; a check that settles at once."""
    row = ONLINE if check == "camera-online" else CLOCK
    made = row.finding(subject, "fail", "", {}, Message("it does not answer at 192.0.2.7: check power"))
    return replace(made, status=status, severity=severity, **changes)


@dataclass
class Room:
    """A desk whose receivers answer as they are told, beside a clock that is set by hand.

    `sent`: receiver, changes by subject, in order. `test`s are none of it.
    """

    folder: Path
    site: Site = field(default_factory=here)
    at: datetime = MORNING
    refusal: Refusal | None = None
    sent: list[tuple[str, tuple[Notice, ...]]] = field(default_factory=list)
    memory: Memory = EMPTY_MEMORY
    noted: ActiveNotes = NO_NOTES

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.desk = NoticeDesk(self.folder, lambda: self.at, self._send)

    def stop(self) -> None:
        self.desk.stop(PATIENCE_S)

    def _send(
        self, receiver: Receiver, site: Site, notices: tuple[Notice, ...], clock: Callable[[], datetime]
    ) -> Refusal | None:
        assert self.outbox(receiver.name).tries > 0, "a try must be written down before it is made"
        if self.refusal is None:
            self.sent.append((receiver.name, notices))
        return self.refusal

    def look(self, *findings: Finding, after: timedelta = MINUTE) -> list[tuple[str, str]]:
        """End a cycle with these findings, and return change and subject of what was sent because of it."""
        self.at += after
        before = len(self.sent)
        _, self.memory = transitions(findings, self.memory, self.at, self.noted)
        self.desk.cycle_done(self.site, findings, lambda: self.memory.known)
        self.desk.wait(PATIENCE_S)
        return [(one.change, one.subject) for _, notices in self.sent[before:] for one in notices]

    def outbox(self, name: str = "duty") -> Outbox:
        return outbox_file.read(outbox_file.path_of(self.folder, name))


def messages(sent: list[tuple[str, tuple[Notice, ...]]]) -> Mapping[str, int]:
    """Count messages by receiver."""
    return {name: sum(1 for one, _ in sent if one == name) for name, _ in sent}

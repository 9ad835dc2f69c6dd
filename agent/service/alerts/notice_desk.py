"""Runs the notices of a running agent: takes each look over, and sends on a thread of each receiver's own.

So a service that hangs, or a name that does not resolve, delays neither cycle, report nor another receiver. A thread
starts with the first look and sleeps while nothing waits. What it is to tell is decided in `notices.py`.
"""

import logging
import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from agent.judge.memory.episodes import FindingState
from agent.model.finding import Finding, Message
from agent.service.alerts import outbox_file
from agent.service.alerts.notices import (
    Notice,
    Outbox,
    attempted,
    delivered,
    earliest,
    refused,
    sendable,
    updated,
    woken,
)
from agent.service.alerts.refusals import Refusal
from agent.site.config.messages import Receiver
from agent.site.config.site import Site

log = logging.getLogger("camwarden.notify")

TICK_S: Final = 30.0
"""How long a thread sleeps at most while something waits: quiet hours end by the wall clock, which may be set."""
SOON_S: Final = 0.2


class Sender(Protocol):
    """Sends notices in one message; None once it is accepted."""

    def __call__(  # noqa: D102 - said above
        self, receiver: Receiver, site: Site, notices: tuple[Notice, ...], clock: Callable[[], datetime], /
    ) -> Refusal | None: ...


@dataclass(frozen=True, slots=True)
class Look:
    """What a look means for one receiver. `done` is set once it was taken over, and one try made where one is due."""

    receiver: Receiver
    site: Site
    findings: tuple[Finding, ...] = field(repr=False)
    known: Mapping[str, FindingState] = field(repr=False)
    done: threading.Event = field(default_factory=threading.Event)


class NoticeDesk:
    """The receivers of one site, each with its thread."""

    def __init__(self, directory: Path, clock: Callable[[], datetime], send: Sender) -> None:
        self._directory = directory
        self._clock = clock
        self._send = send
        self._beats: dict[str, _Beat] = {}
        self._looks: list[Look] = []

    def cycle_done(
        self, site: Site, findings: Iterable[Finding], known: Callable[[], Mapping[str, FindingState]]
    ) -> None:
        """Hand a committed look to every receiver. `known` is what counts after it."""
        names = {receiver.name for receiver in site.notify}
        for name in self._beats.keys() - names:
            self._beats.pop(name).end()
        if not site.notify:
            return
        counted, seen = known(), tuple(findings)
        self._looks = [Look(receiver, site, seen, counted) for receiver in site.notify]
        for look in self._looks:
            name = look.receiver.name
            if name not in self._beats:
                path = outbox_file.path_of(self._directory, name)
                self._beats[name] = _Beat(name, path, self._clock, self._send)
            self._beats[name].take(look)

    def wait(self, seconds: float) -> None:
        """Wait until the last look was taken over and tried, at most so long for each receiver."""
        for look in self._looks:
            look.done.wait(seconds)

    def stop(self, seconds: float) -> None:
        """End all threads within so long; what is on its way then is sent again, its end not being known."""
        for beat in self._beats.values():
            beat.end()
        for beat in self._beats.values():
            beat.join(seconds / len(self._beats))


class _Beat:
    """The thread of one receiver. All of its state is its own; looks reach it in order."""

    def __init__(self, name: str, path: Path, clock: Callable[[], datetime], send: Sender) -> None:
        self._path = path
        self._clock = clock
        self._send = send
        self._looks: queue.SimpleQueue[Look | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"notify-{name}", daemon=True)
        self._thread.start()

    def take(self, look: Look) -> None:
        self._looks.put(look)

    def end(self) -> None:
        self._looks.put(None)

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _run(self) -> None:
        box, look, wait_s = self._read(), None, None
        while True:
            try:
                came = self._looks.get(timeout=wait_s)
                if came is None:
                    return
                if look is not None and look.receiver != came.receiver:  # somebody has changed something
                    box = woken(box)
                look = came
            except queue.Empty:
                came = None
            try:
                box = self._took(box, came) if came is not None else box
                box, wait_s = self._tried(box, look) if look is not None else (box, None)
            except Exception as error:  # noqa: BLE001 - a thread has nobody to tell; the next look tries again
                log.error("%s: %s", self._path, type(error).__name__, extra=outbox_file.UNDELIVERED)
                wait_s = None
            if came is not None:
                came.done.set()

    def _read(self) -> Outbox:
        try:
            return woken(outbox_file.read(self._path))
        except PermissionError as error:
            log.error("%s: %s", self._path, error.strerror, extra=outbox_file.UNDELIVERED)
            return Outbox()

    def _took(self, box: Outbox, look: Look) -> Outbox:
        after = updated(box, look.receiver, look.site, look.findings, look.known, self._clock())
        if after != box:
            outbox_file.write(self._path, after)
        return after

    def _tried(self, box: Outbox, look: Look) -> tuple[Outbox, float | None]:
        """Send what is due, and return how long nothing is; None: until the next look."""
        now = self._clock()
        if not box.waiting:
            return box, None
        rows = sendable(box, look.receiver, look.site, now)
        at = earliest(box, rows, now)
        if not rows or at > now:
            return box, max(SOON_S, min(TICK_S, (at - now).total_seconds() if rows else TICK_S))
        trying = attempted(box, now)
        if not outbox_file.write(self._path, trying):
            return trying, TICK_S
        why = self._sent(look, rows)
        now = self._clock()
        if why is None:
            after = delivered(trying, rows, now)
        else:
            after = refused(trying, why.why, why.wait, now)
            words = "%d notices for %s were not delivered, attempt %d: %s; tried again after %s"
            again = after.next_at.isoformat(timespec="minutes") if after.next_at else ""
            name = look.receiver.name
            log.warning(words, len(rows), name, after.tries, why.why, again, extra=outbox_file.UNDELIVERED)
        outbox_file.write(self._path, after)
        return after, SOON_S if after.waiting else None

    def _sent(self, look: Look, rows: tuple[Notice, ...]) -> Refusal | None:
        try:
            return self._send(look.receiver, look.site, rows, self._clock)
        except Exception as error:  # noqa: BLE001 - a thread has nobody to tell, and the text may hold the address
            return Refusal(Message("camwarden itself failed: {kind}", {"kind": type(error).__name__}))

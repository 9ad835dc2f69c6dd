"""Tracks the state of delivery: the value that `status.json` and the commands show, and its updater."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from agent.host.log_kinds import about

DISTRUSTED: Final = frozenset({"signature", "unknown-key", "fork"})
"""Why a watermark is not taken that no hub of ours sends by mistake."""

LOG = logging.getLogger("camwarden.publish")


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """The state of delivery, for `status.json`. Counters run since the start of this process.

    `link` = `connected`, `offline`, `refused`, `duplicate-identity` (another client uses this site's name), `file` (not
    connected by design), `stopped`. `reason` = the broker's or system's words for it. `protocol` = the MQTT version
    used last. `taken_over` counts disconnections by another client with this site's name. `unconnected_since`: end of
    the last connection, or start of the process; None while connected. `watermark_distrusted`,
    `watermark_distrusted_at`: reason and time of the last watermark that no honest hub sends (forged, unknown key,
    other history). `unheard_publishes` counts, by stream, what the broker took although nobody was subscribed to it: it
    has it no more. `publish_refused`, `publish_refused_at`: the broker's words and the time of the last refused report.
    `certificate_days`: remaining days of our own certificate. `report_refused`, `report_refused_at`: the last report
    that the hub refused, and its reason; `reports_refused`: their number in the life of the spool. `key_refused`: why
    the hub takes nothing of this site's key any more, empty: it does not say so. `log_size`: how many entries the hub's
    log had by the checkpoint that is held, None: it has shown none. `log_at`: when it was last proven that the log has
    a report of this site and continues what was held; `log_refused`: why the last receipt proves nothing, empty: it
    does. `log_forked_at`: when the hub showed two signed logs of one size. `log_restored`, `log_restored_at`: who
    stated that the hub was restored from a backup, and why. `answers_dropped` counts messages outside the spool that
    were dropped undelivered.
    """

    link: str
    since: datetime
    reason: str = ""
    confirm: str = "hub"
    protocol: str = "5"
    connection_no: int = 0
    connects: int = 0
    unconnected_since: datetime | None = None
    taken_over: int = 0
    taken_over_at: datetime | None = None
    puback_at: datetime | None = None
    watermark_at: datetime | None = None
    ack_no: int = 0
    refused_publishes: Mapping[str, int] = field(default_factory=dict)
    unheard_publishes: Mapping[str, int] = field(default_factory=dict)
    ignored_watermarks: Mapping[str, int] = field(default_factory=dict)
    publish_refused: str = ""
    publish_refused_at: datetime | None = None
    report_refused: str = ""
    report_refused_at: datetime | None = None
    reports_refused: int = 0
    key_refused: str = ""
    log_size: int | None = None
    log_at: datetime | None = None
    log_refused: str = ""
    log_forked_at: datetime | None = None
    log_restored: str = ""
    log_restored_at: datetime | None = None
    watermark_distrusted: str = ""
    watermark_distrusted_at: datetime | None = None
    certificate_days: int | None = None
    answers_dropped: int = 0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class MirrorStatus:
    """The state of a further broker. Counters run since the start of this process.

    `sent`: reports it accepted. `dropped`: not accepted in time. `refused`: refused, or too large. `waiting`: queued
    now.
    """

    name: str
    link: str
    reason: str = ""
    protocol: str = "5"
    sent: int = 0
    dropped: int = 0
    refused: int = 0
    waiting: int = 0


class StatusBoard:
    """The current state of delivery. The publisher writes, any thread reads or waits."""

    def __init__(self, status: DeliveryStatus, clock: Callable[[], datetime]) -> None:
        self._changed = threading.Condition()
        self._status = status
        self._clock = clock
        self._refused: Counter[str] = Counter()
        self._unheard: Counter[str] = Counter()
        self._ignored: Counter[str] = Counter()

    def read(self) -> DeliveryStatus:
        """Return the current state of delivery."""
        with self._changed:
            return replace(
                self._status,
                refused_publishes=dict(self._refused),
                unheard_publishes=dict(self._unheard),
                ignored_watermarks=dict(self._ignored),
            )

    def note(self, **changes: Any) -> None:
        """Change fields of the status, and wake up waiting threads."""
        with self._changed:
            self._status = replace(self._status, **changes)
            self._changed.notify_all()

    def wait_for(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until a condition holds that depends on the status; return whether it does."""
        with self._changed:
            return self._changed.wait_for(condition, timeout_s)

    def say(self, link_state: str, reason: str) -> None:
        """Change the state of the link, and log it once per change."""
        with self._changed:
            status = self._status
            if (status.link, status.reason) == (link_state, reason):
                return
            same, now = status.link == link_state, self._clock()
            lost_now = link_state != "connected" and status.unconnected_since is None
            self._status = replace(
                status,
                link=link_state,
                reason=reason,
                since=status.since if same else now,
                unconnected_since=now if lost_now else None if link_state == "connected" else status.unconnected_since,
            )
            self._changed.notify_all()
        if link_state == "connected":
            words = "connected to the hub's broker with MQTT %s, connection %d"
            LOG.info(words, status.protocol, status.connection_no, extra=about("hub-connected"))
        elif link_state != "stopped":
            LOG.warning("%s: %s; reports wait in the spool", link_state, reason, extra=about("hub-away"))

    def count_refusal(self, what: str, words: str) -> None:
        """Count what a broker refused; the first of each kind is logged."""
        with self._changed:
            self._refused[f"{what}: {words}"] += 1
            self._status = replace(self._status, publish_refused=f"{what}: {words}", publish_refused_at=self._clock())
            first = self._refused[f"{what}: {words}"] == 1
        if first:
            LOG.warning(
                "the broker refuses %s (%s); it stays in the spool and is tried again at the next connection",
                what,
                words,
                extra=about("report-refused"),
            )

    def count_unheard(self, what: str) -> None:
        """Count what the broker took although nobody is subscribed to it there; the first of each kind is logged."""
        with self._changed:
            self._unheard[what] += 1
            first = self._unheard[what] == 1
        if first:
            LOG.warning(
                "the broker takes %s, but nobody is subscribed to it: it stays in the spool and is sent again; look "
                "whether the hub runs and uses this broker",
                what,
            )

    def count_names_refused(self, words: str) -> None:
        """Count that a broker takes no names, as before its access list has them; reports are delivered."""
        with self._changed:
            self._refused[f"names: {words}"] += 1
            first = self._refused[f"names: {words}"] == 1
        if first:
            LOG.warning(
                "the broker refuses names (%s): the hub shows ids; grant this site write on its topic names", words
            )

    def note_refused(self, refused: Mapping[str, str | int]) -> None:
        """Store which report the hub refused last, as in the spool; empty: none."""
        if refused:
            self.note(
                report_refused=f"{refused['report']}: {refused['reason']}",
                report_refused_at=datetime.fromisoformat(str(refused["at"])),
                reports_refused=int(refused["count"]),
            )

    def tell_refused(self, refused: Mapping[str, str | int]) -> None:
        """Store and log that the hub has just refused a report."""
        self.note_refused(refused)
        words = "the hub refuses %s (%s); a signed gap record names it"
        LOG.warning(words, refused["report"], refused["reason"], extra=about("report-refused"))

    def tell_key(self, reason: str) -> None:
        """Store and log that the hub takes nothing of this site's key any more; empty: it does."""
        with self._changed:
            is_news = reason != self._status.key_refused
            self._status = replace(self._status, key_refused=reason)
        if is_news and reason:
            words = "the hub takes nothing that this site's key signs (%s); reports wait in the spool"
            LOG.warning(words, reason, extra=about("report-refused"))

    def tell_log(self, at: datetime, size: int, restored: Sequence[tuple[str, str]]) -> None:
        """Store that the hub's log has a report of this site and continues; log who stated a restore of the hub."""
        self.note(log_at=at, log_size=size, log_refused="")
        for by, why in restored:
            self.note(log_restored=f"{by}: {why}", log_restored_at=at)
            LOG.warning("the hub was restored from a backup, as %s states: %s", by, why, extra=about("hub-log"))

    def refuse_log(self, reason: str) -> None:
        """Store why a receipt proves nothing; log a log that was forked, which a hub signed twice."""
        is_news = self.read().log_refused != reason
        self.note(log_refused=reason)
        if reason == "log-forked":
            self.note(log_forked_at=self._clock())
            if is_news:
                LOG.warning("the hub has signed two different logs of the same size", extra=about("hub-log"))

    def count_failure(self) -> None:
        """Count a failure of our own."""
        with self._changed:
            self._status = replace(self._status, failures=self._status.failures + 1)

    def count_ignored(self, reason: str, words: str) -> None:
        """Count a refused watermark; the first of each kind is logged."""
        with self._changed:
            self._ignored[reason] += 1
            if reason in DISTRUSTED:
                self._status = replace(self._status, watermark_distrusted=reason, watermark_distrusted_at=self._clock())
            first = self._ignored[reason] == 1
        if first and reason != "epoch":  # after a new epoch the retained watermark of the old one is normal
            told = about("watermark-refused")
            LOG.warning("a watermark was not taken (%s); more of this kind are only counted", words, extra=told)

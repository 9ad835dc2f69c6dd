"""Runs the daily digest of a running agent: decides and stores it after a cycle, sends it on a thread of its own.

So a slow webhook, or a name that does not resolve, delays neither cycle nor watchdog. While a thread sends, the state
is its own: a cycle that ends meanwhile decides nothing. `digest.json` in the state directory is written before each
try: a crash or a full disk may delay a digest, never repeat it at every cycle. Where the answer is lost the digest is
sent again, a lost one being worse than a double one; its `id` shows programs that it is the same.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Final, get_args

from agent.host.files import write_atomic
from agent.host.log_kinds import about
from agent.judge.memory.episodes import FindingState
from agent.model.finding import Finding, Json, Status
from agent.service.alerts.digest import DigestState, UndeliveredDigest, attempted, decide, delivered, is_due
from agent.service.alerts.refusals import Refusal
from agent.site.config.messages import DailyDigest
from agent.site.config.site import Site

log = logging.getLogger("camwarden.digest")

NAME: Final = "digest.json"
SCHEMA: Final = "camwarden-digest-state/1"
MAX_BYTES: Final = 4 * 1024 * 1024

Send = Callable[[DailyDigest, Mapping[str, Json], Callable[[], datetime]], Refusal | None]


class DigestDesk:
    """The digest of one site. `send` returns None once a digest is accepted, else why not."""

    def __init__(self, directory: Path, clock: Callable[[], datetime], send: Send) -> None:
        self._path = directory / NAME
        self._clock = clock
        self._send = send
        self._told: DigestState | None = None
        self._sending: threading.Thread | None = None

    def cycle_done(
        self, site: Site, findings: Iterable[Finding], known: Callable[[], Mapping[str, FindingState]]
    ) -> None:
        """Decide a digest that is due and begin to send it; a failure is logged."""
        digest, now = site.daily_digest, self._clock()
        if digest is None or self.is_sending:
            return
        told = self._told if self._told is not None else self._read()
        if not is_due(told, digest, site, now):
            self._told = told
            return
        if told.waiting is None:
            told = decide(told, digest, site, findings, known(), now)
        trying = attempted(told, now) if told.waiting is not None else told
        if self._keep(trying) and trying.waiting is not None:
            task = (digest, trying, trying.waiting, now)
            self._sending = threading.Thread(target=self._deliver, args=task, name="daily-digest", daemon=True)
            self._sending.start()

    @property
    def is_sending(self) -> bool:
        """Whether a digest is being sent."""
        return self._sending is not None and self._sending.is_alive()

    def wait(self, seconds: float) -> None:
        """Wait for a digest being sent, at most so long; one that is not delivered by then is retried later."""
        if self._sending is not None:
            self._sending.join(seconds)

    def _deliver(self, digest: DailyDigest, trying: DigestState, waiting: UndeliveredDigest, now: datetime) -> None:
        try:
            refusal = self._send(digest, waiting.news, self._clock)
            why = str(refusal.why) if refusal is not None else ""
        except Exception as error:  # noqa: BLE001 - a thread has nobody to tell, and the text may hold the address
            why = type(error).__name__
        if not why:
            self._keep(delivered(trying, now))
            return
        again = waiting.next_at.isoformat(timespec="minutes")
        words = "the daily digest was not delivered, attempt %d: %s; tried again after %s"
        log.warning(words, waiting.tries, why, again, extra=about("digest-undelivered"))

    def _keep(self, told: DigestState) -> bool:
        """Write the state; it counts in memory only once it is written."""
        try:
            write_atomic(self._path, json.dumps(to_data(told), ensure_ascii=False).encode(), 0o600)
        except OSError as error:
            if told.waiting is None:  # what was delivered must not be sent again, whatever the disk says
                self._told = told
            words = "%s cannot be written: %s; the daily digest waits"
            log.error(words, self._path, error.strerror, extra=about("digest-undelivered"))
            return False
        self._told = told
        return True

    def _read(self) -> DigestState:
        """Return the stored state, empty where it cannot be read: rather a digest twice than never."""
        try:
            with self._path.open("rb") as file:
                return from_data(json.loads(file.read(MAX_BYTES)))
        except FileNotFoundError:
            return DigestState()
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            words = "%s cannot be used (%s): the next daily digest tells everything that is open"
            log.error(words, self._path, type(error).__name__, extra=about("digest-undelivered"))
            return DigestState()


def to_data(told: DigestState) -> dict[str, Json]:
    """Encode the state as JSON."""
    waiting = told.waiting
    return {
        "schema": SCHEMA,
        "statuses": dict(told.statuses),
        "day": told.day.isoformat() if told.day else None,
        "delivered_at": told.delivered_at.isoformat() if told.delivered_at else None,
        "waiting": {"news": waiting.news, "tries": waiting.tries, "next_at": waiting.next_at.isoformat()}
        if waiting
        else None,
    }


def from_data(data: Mapping[str, object]) -> DigestState:
    """Decode what `to_data` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    statuses, day, at, waiting = (data[key] for key in ("statuses", "day", "delivered_at", "waiting"))
    if data.get("schema") != SCHEMA or not isinstance(statuses, dict):
        raise ValueError("not of this version")
    if not set(statuses.values()) <= set(get_args(Status)):
        raise ValueError("a status is none")
    return DigestState(
        statuses,
        date.fromisoformat(str(day)) if day is not None else None,
        datetime.fromisoformat(str(at)) if at is not None else None,
        _parse_undelivered(waiting),
    )


def _parse_undelivered(data: object) -> UndeliveredDigest | None:
    if data is None:
        return None
    if not isinstance(data, dict) or not isinstance(data["news"], dict) or not isinstance(data["tries"], int):
        raise ValueError("not a digest that waits")
    return UndeliveredDigest(data["news"], data["tries"], datetime.fromisoformat(data["next_at"]))

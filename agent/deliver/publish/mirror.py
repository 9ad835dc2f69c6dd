"""Publishes the same signed reports to a further broker, best effort: own thread, connection and bounded queue.

It reads no reports of the spool and confirms nothing. When its queue is full the oldest is dropped and counted; so a
mirror that hangs, refuses or is gone changes nothing for the hub, the spool or the watchdog. A hub behind a mirror can
verify everything, and reports what was dropped as missing.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from agent.contract.presence import Presence
from agent.contract.signing_keys import Signer
from agent.deliver.publish.connection import Granted, Link
from agent.deliver.publish.messages import Message, report_message, state_message
from agent.deliver.publish.next_presence import next_presence
from agent.deliver.publish.pace import Pace, Reconnects
from agent.deliver.publish.protocol import Dialect
from agent.deliver.publish.tls import failure_words
from agent.deliver.publish.woken import WokenThread
from agent.deliver.spool.queue import PendingRow
from agent.deliver.spool.spool import Spool
from agent.model.errors import AgentError
from agent.model.finding import Envelope
from agent.observe.facts.delivery_status import MirrorStatus
from agent.site.config.site import Mirror, Site

LOG = logging.getLogger("camwarden.mirror")

QUEUE_MOST: Final = 1000
QUEUE_MOST_BYTES: Final = 8 * 1024 * 1024
"""Bound of the queue, in memory."""

_REFUSED: Final = 0x80


class MirrorLink:
    """The thread that serves one mirror. `start` it once, `offer` it committed reports, `stop` it at the end."""

    def __init__(
        self,
        site: Site,
        mirror: Mirror,
        spool: Spool,
        signer: Signer,
        clock: Callable[[], datetime],
        pace: Pace | None = None,
    ) -> None:
        self._site = site
        self._mirror = mirror
        self._spool = spool
        self._signer = signer
        self._clock = clock
        self._pace = pace or Pace()
        self._dialect = Dialect()
        self._lock = threading.Lock()
        self._waiting: deque[Message] = deque()
        self._waiting_bytes = 0
        self._in_flight: dict[int, Message] = {}
        self._spoken: set[int] = set()  # packet ids of birth and farewell
        self._status = MirrorStatus(mirror.name, "offline")
        self._thread = WokenThread(f"mirror-{mirror.name}", self._run)
        self.start, self.stop = self._thread.start, self._thread.stop

    def offer(self, envelopes: Iterable[Envelope], now: datetime) -> None:
        """Queue committed reports. Never blocks, never fails."""
        with self._lock:
            for envelope in envelopes:
                report = envelope.report
                row = PendingRow(
                    0, report.epoch, report.stream, report.seq, report.digest, now, 0, True, True, envelope.jws,
                    report.payload,
                )  # fmt: skip
                self._keep(report_message(self._site, row))
        self._thread.wake()

    def status(self) -> MirrorStatus:
        """Return the current status."""
        with self._lock:
            return replace(self._status, waiting=len(self._waiting) + len(self._in_flight))

    def _run(self) -> None:
        reconnects = Reconnects()
        while not self._thread.stopping.is_set():
            began = time.monotonic()
            link_state, reason = self._connection()
            lasted_s = time.monotonic() - began
            if self._thread.stopping.is_set():
                break
            self._say(link_state, reason)
            self._thread.stopping.wait(reconnects.delay_s(self._pace, link_state, lasted_s))
        self._say("stopped", "")

    def _connection(self) -> tuple[str, str]:
        link: Link | None = None
        broker = self._mirror.broker
        try:
            presence = next_presence(self._site, self._spool, self._signer)
            pace = self._pace
            link = Link(
                self._site.id, broker, pace.keepalive_s, pace.connect_timeout_s, self._dialect,
                unanswered_s=pace.unanswered_s,
            )  # fmt: skip
            link.open(state_message(presence, "lost", self._signer, self._clock()))
            return self._serve(link, presence)
        except OSError as error:
            return "offline", f"{broker.host}:{broker.port}: {failure_words(error)}"
        except AgentError as error:
            return "offline", str(error)
        except Exception as error:  # a mirror must harm nobody, itself included
            LOG.exception("mirror %s failed", self._mirror.name)
            return "offline", type(error).__name__
        finally:
            if link is not None:
                link.drop()
            with self._lock:
                self._waiting.extendleft(reversed(self._in_flight.values()))
                self._waiting_bytes += sum(len(message.payload) for message in self._in_flight.values())
                self._in_flight.clear()

    def _serve(self, link: Link, presence: Presence) -> tuple[str, str]:
        deadline = time.monotonic() + 2 * self._pace.connect_timeout_s
        granted: Granted | None = None
        while not self._thread.stopping.is_set():
            link.step(self._pace.idle_s, self._thread.wake_socket)
            events = link.events
            if events.failure is not None:
                raise events.failure
            if events.refused:
                return "refused", events.refused
            if granted is None and events.granted is not None:
                granted = events.granted
                birth = state_message(presence, "ready", self._signer, self._clock())
                self._spoken = {link.publish(replace(birth, retain=granted.retain))}
                self._say("connected", "", granted.version)
            acks, events.acks = events.acks, []
            self._take_acks(acks)
            events.messages.clear()  # nobody has anything to say to us here
            if events.lost:
                return ("duplicate-identity" if events.taken_over else "offline"), events.lost
            if granted is not None:
                if self._dialect.is_due(granted.version, time.monotonic()):
                    return "offline", "looking whether the broker speaks MQTT 5 by now"
                self._pump(link, granted)
            elif time.monotonic() > deadline:
                return "offline", "the broker accepts the connection but does not answer CONNECT"
        if granted is not None:
            link.publish(state_message(presence, "disconnected", self._signer, self._clock()))
            link.close()
        return "offline", ""

    def _pump(self, link: Link, granted: Granted) -> None:
        window = min(self._pace.window, granted.receive_maximum)
        while len(self._in_flight) + len(self._spoken) < window:
            with self._lock:
                if not self._waiting:
                    return
                message = self._waiting.popleft()
                self._waiting_bytes -= len(message.payload)
            if not message.fits(granted.packet_max_bytes):
                self._count(refused=1)
                continue
            mid = link.publish(message if granted.retain else replace(message, retain=False))
            with self._lock:
                self._in_flight[mid] = message

    def _take_acks(self, acks: list[tuple[int, int, str]]) -> None:
        for mid, code, words in acks:
            self._spoken.discard(mid)
            with self._lock:
                known = self._in_flight.pop(mid, None) is not None
            if known and code >= _REFUSED:
                self._count(refused=1, reason=words)
            elif known:
                self._count(sent=1)

    def _keep(self, message: Message) -> None:
        """Queue a message, dropping the oldest when full; the lock is held."""
        self._waiting.append(message)
        self._waiting_bytes += len(message.payload)
        while len(self._waiting) > QUEUE_MOST or self._waiting_bytes > QUEUE_MOST_BYTES:
            self._waiting_bytes -= len(self._waiting.popleft().payload)
            self._status = replace(self._status, dropped=self._status.dropped + 1)

    def _count(self, sent: int = 0, refused: int = 0, reason: str = "") -> None:
        with self._lock:
            status = self._status
            self._status = replace(
                status, sent=status.sent + sent, refused=status.refused + refused, reason=reason or status.reason
            )

    def _say(self, link_state: str, reason: str, protocol: str = "") -> None:
        with self._lock:
            known = (self._status.link, self._status.reason)
            self._status = replace(
                self._status, link=link_state, reason=reason, protocol=protocol or self._status.protocol
            )
        if known != (link_state, reason) and link_state not in ("connected", "stopped"):
            LOG.warning("mirror %s: %s: %s", self._mirror.name, link_state, reason)

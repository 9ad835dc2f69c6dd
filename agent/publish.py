"""Drains the spool to the hub: one thread, one connection, one row at a time until the hub confirms it.

    offline -> connecting -> connected -> offline ...      each change is one line in the log

Decides what is sent and when: at a new connection birth first, then what is fresh, then the backlog at a limited rate;
nothing while there is no connection. The broker's PUBACK only marks a row as sent. What confirms it is the hub's
signed watermark (`confirm = "hub"`), or the PUBACK where the configuration says that it is enough (`"broker"`); with
`"file"`, or without a hub, there is no connection at all. It cannot change a report.

The thread never ends before `stop`: whatever goes wrong with a connection, a row or the spool is counted, told once,
and tried again. `beat_at_mono` shows that it turns.
"""

from __future__ import annotations

import logging
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from agent.config import Hub, Site
from agent.errors import AgentError, ConfigurationError, NotVerified
from agent.keys import PublicKey, Signer
from agent.presence import Presence
from agent.publish_link import Granted, Link, tls_context
from agent.publish_messages import Message, report_message, state_message
from agent.publish_pace import Pace, reconnect_delay_s
from agent.publish_status import DeliveryStatus
from agent.publish_window import TOO_LARGE, Window
from agent.spool import Spool
from agent.spool_queue import Row
from agent.topics import topic
from agent.watermark import read_watermark

LOG = logging.getLogger("camwarden.publish")

_IDLE_S: Final = 1.0  # the longest time between two beats while connected
_TAKEN_OVER_UPPER_S: Final = 120.0


class Publisher:
    """The thread that drains a spool. `start` it once, `wake` it after a commit, `stop` it at the end.

    `beat_at_mono` is `time.monotonic()` of the last turn of its loop; older than a minute means that it hangs.
    """

    def __init__(
        self,
        site: Site,
        spool: Spool,
        signer: Signer,
        hub_keys: Mapping[str, PublicKey],
        clock: Callable[[], datetime],
        pace: Pace | None = None,
    ) -> None:
        """Check what can be checked without a connection.

        Raises:
            ConfigurationError: `confirm` is `hub` and no key of the hub is pinned, or a TLS file cannot be used.
        """
        hub = site.hub if site.hub is not None and site.hub.confirm != "file" else None
        if hub is not None:
            if hub.confirm == "hub" and not hub_keys:
                raise ConfigurationError(
                    "[hub] jwks: no key of the hub is pinned; name its key set (`camwarden hub jwks`), "
                    'or set confirm = "broker"'
                )
            tls_context(hub)
        self._site = site
        self._hub: Hub | None = hub
        self._spool = spool
        self._signer = signer
        self._hub_keys = hub_keys
        self._clock = clock
        self._pace = pace or Pace()
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="publish", daemon=True)
        self._window = Window(spool, self._pace, clock, hub is not None and hub.confirm == "broker")
        self._refused: Counter[str] = Counter()
        self._ignored: Counter[str] = Counter()
        self.beat_at_mono = time.monotonic()
        confirm = site.hub.confirm if site.hub else "file"
        self._status = DeliveryStatus("offline" if hub else "file", clock(), confirm=confirm)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Tell the thread that the spool has something new. Never blocks."""
        try:
            self._wake_write.send(b"\0")
        except OSError:  # full: it is awake already; closed: it has stopped
            return

    def stop(self, timeout_s: float) -> bool:
        """Say farewell and end the thread; False if it did not end in time (it is then left behind)."""
        self._stopping.set()
        self.wake()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        if self._thread.is_alive():
            return False
        self._wake_read.close()
        self._wake_write.close()
        return True

    def status(self) -> DeliveryStatus:
        """Return how delivery stands now."""
        with self._changed:
            return replace(self._status, refused_publishes=dict(self._refused), ignored_watermarks=dict(self._ignored))

    def drained(self, timeout_s: float) -> bool:
        """Wait until every committed report is confirmed; say whether it is."""
        with self._changed:
            return self._changed.wait_for(self._spool.drained, timeout_s)

    def _run(self) -> None:
        attempt = 0
        while not self._stopping.is_set():
            self._beat()
            if self._hub is None:
                self._rest(_IDLE_S)
                continue
            began = time.monotonic()
            link_state, reason = self._connection(self._hub)
            settled = time.monotonic() - began > self._pace.settled_s and link_state == "offline"
            attempt = 1 if settled else attempt + 1
            if self._stopping.is_set():
                break
            self._say(link_state, reason)
            pace = self._pace
            if link_state == "duplicate-identity":  # answering at once would throw the other one out, for ever
                pace = replace(pace, refused_least_s=max(pace.refused_least_s, _TAKEN_OVER_UPPER_S))
            chance = random.random()  # noqa: S311  spreads reconnects, protects nothing
            self._rest(reconnect_delay_s(pace, attempt, link_state != "offline", chance))
        self._say("stopped", "")

    def _connection(self, hub: Hub) -> tuple[str, str]:
        """Open one connection and serve it until it ends; return the state it left us in, and why."""
        link: Link | None = None
        try:
            number = self._spool.next_connection_no()
            presence = Presence(
                self._site, self._spool.epoch, number, self._signer.jwk, self._spool.heads(), self._spool.confirmed()
            )
            link = Link(self._site.id, hub, self._pace.keepalive_s, self._pace.connect_timeout_s)
            link.open(state_message(presence, "lost", self._signer, self._clock()))
            return self._serve(link, presence)
        except OSError as error:
            return "offline", f"{hub.host}:{hub.port}: {error.strerror or error}"
        except AgentError as error:
            return "offline", str(error)
        except Exception as error:  # delivery must outlive whatever this is; it is told, and tried again
            with self._changed:
                self._status = replace(self._status, failures=self._status.failures + 1)
            LOG.exception("delivery failed")
            return "offline", f"{type(error).__name__}"
        finally:
            if link is not None:
                link.drop()

    def _serve(self, link: Link, presence: Presence) -> tuple[str, str]:
        deadline = time.monotonic() + 2 * self._pace.connect_timeout_s
        granted: Granted | None = None
        while not self._stopping.is_set():
            self._beat()
            if link.step(self._patience_s(), self._wake_read):
                self._window.renew()
            events = link.events
            if events.failure is not None:
                raise events.failure
            if events.refused:
                return "refused", events.refused
            if granted is None and events.granted is not None:
                granted = events.granted
                self._welcome(link, presence, granted)
            acks, events.acks = events.acks, []
            self._take_acks(acks, last=bool(events.lost))
            if events.messages:
                messages, events.messages = events.messages, []
                for _, payload, jws in messages:
                    self._take_watermark(payload, jws)
            if events.lost:
                return ("duplicate-identity" if events.taken_over else "offline"), events.lost
            if granted is None:
                if time.monotonic() > deadline:
                    return "offline", "the broker accepts the connection but does not answer CONNECT"
                continue
            self._pump(link, granted)
        if granted is not None:
            self._farewell(link, presence)
        return "offline", ""

    def _welcome(self, link: Link, presence: Presence, granted: Granted) -> None:
        """Begin a connection: everything unconfirmed is due, the watermark is asked for, the birth is spoken."""
        self._spool.requeue()
        self._window.begin(granted.receive_maximum)
        link.subscribe(topic(self._site.city, self._site.id, "ack"))
        link.publish(self._retainable(state_message(presence, "ready", self._signer, self._clock()), granted))
        with self._changed:
            self._status = replace(
                self._status, connection_no=presence.connection_no, connects=self._status.connects + 1
            )
        self._say("connected", "")

    def _farewell(self, link: Link, presence: Presence) -> None:
        try:
            link.publish(state_message(presence, "disconnected", self._signer, self._clock()))
            link.close()
        except OSError:  # then the broker speaks the will
            return

    def _pump(self, link: Link, granted: Granted) -> None:
        """Publish what is due, as far as window and token bucket allow."""
        for row in self._window.rows(time.monotonic()):
            message = self._retainable(report_message(self._site, row), granted)
            if not message.fits(granted.packet_max_bytes):
                self._park(row, TOO_LARGE)
                continue
            self._window.sent(link.publish(message), row)

    def _patience_s(self) -> float:
        """Return how long the network may be waited for: until the next token, where one is waited for."""
        wait = self._window.wait_s()
        return min(_IDLE_S, wait) if wait else _IDLE_S

    def _take_acks(self, acks: list[tuple[int, int, str]], last: bool) -> None:
        for mid, code, words in acks:
            row = self._window.acknowledged(mid)
            if row is None:  # birth or farewell
                if code >= 0x80:
                    self._count_refusal("state", words)
            elif code >= 0x80:
                self._park(row, words)
            else:
                self._window.taken(row)
        if self._window.mark(quiet=last or not acks):
            with self._changed:
                self._status = replace(self._status, puback_at=self._clock())
                self._changed.notify_all()

    def _take_watermark(self, payload: bytes, jws: str) -> None:
        """Take a watermark if the pinned hub signed it for this site and it fits the spool; else count why not."""
        if self._site.hub is None or self._site.hub.confirm != "hub" or not payload:
            return
        now = self._clock()
        try:
            mark = read_watermark(payload, jws, self._hub_keys, self._site.id)
        except NotVerified as error:
            self._ignore(error.reason, str(error))
            return
        outcome = self._spool.confirm(mark, now)
        self._window.confirmed(mark)
        with self._changed:
            if outcome in ("confirmed", "nothing-new"):
                self._status = replace(self._status, watermark_at=now, ack_no=mark.ack_no)
                self._changed.notify_all()
        if outcome not in ("confirmed", "nothing-new"):
            self._ignore(outcome, f"it does not fit this spool: {outcome}")

    def _ignore(self, reason: str, words: str) -> None:
        with self._changed:
            self._ignored[reason] += 1
            first = self._ignored[reason] == 1
        if first and reason != "epoch":  # after a new epoch the retained watermark of the old one is normal
            LOG.warning("a watermark was not taken (%s); more of this kind are only counted", words)

    def _park(self, row: Row, words: str) -> None:
        self._spool.park(row.id, words)
        self._count_refusal(row.stream, words)

    def _count_refusal(self, what: str, words: str) -> None:
        with self._changed:
            self._refused[f"{what}: {words}"] += 1
            first = self._refused[f"{what}: {words}"] == 1
        if first:
            LOG.warning(
                "the broker refuses %s (%s); it stays in the spool and is tried again at the next connection",
                what,
                words,
            )

    @staticmethod
    def _retainable(message: Message, granted: Granted) -> Message:
        """Leave retain out where the broker has none: it would close the connection."""
        return message if granted.retain else replace(message, retain=False)

    def _beat(self) -> None:
        self.beat_at_mono = time.monotonic()

    def _rest(self, seconds: float) -> None:
        """Wait so long, beating, or until `stop`."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._stopping.wait(min(left, _IDLE_S)):
            self._beat()

    def _say(self, link_state: str, reason: str) -> None:
        """Note a change of state, and log it once however often it is met."""
        with self._changed:
            known = (self._status.link, self._status.reason)
            if known == (link_state, reason):
                return
            since = self._status.since if known[0] == link_state else self._clock()
            self._status = replace(self._status, link=link_state, reason=reason, since=since)
            self._changed.notify_all()
        if link_state == "connected":
            LOG.info("connected to the hub's broker, connection %d", self._status.connection_no)
        elif link_state != "stopped":
            LOG.warning("%s: %s; reports wait in the spool", link_state, reason)

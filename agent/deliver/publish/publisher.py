"""Drains the spool to the hub: one thread, one connection, one row at a time until the hub confirms it.

    offline -> connecting -> connected -> offline ...      each change is one line in the log

Decides what is sent and when: at a new connection the birth first, then fresh reports, then the backlog at a limited
rate; nothing without a connection. The broker's PUBACK only marks a row as sent. It is confirmed by the hub's signed
watermark (`confirm = "hub"`), or by the PUBACK where the configuration accepts that (`"broker"`); with `"file"`, or
without a hub, there is no connection at all. It cannot change a report.

The thread never ends before `stop`: any failure of a connection, a row or the spool is counted, logged once, and
retried. `beat_at_mono` shows that it is alive.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from agent.contract.presence import Presence
from agent.contract.signing_keys import PublicKey, Signer
from agent.deliver.keys.own_certificate import ends_at
from agent.deliver.publish.connection import Events, Granted, Link
from agent.deliver.publish.messages import DecodedMessage, Message, report_message, state_message
from agent.deliver.publish.next_presence import next_presence
from agent.deliver.publish.outbox import Outbox
from agent.deliver.publish.pace import IDLE_LEAST_S, Pace, Reconnects
from agent.deliver.publish.protocol import NO_SUBSCRIBERS, REFUSED, Dialect, LearnedLimit
from agent.deliver.publish.received import Receiver, TakeOrder, ignore_order, number_in_use, subscriptions, wishes
from agent.deliver.publish.tls import failure_words, tls_context
from agent.deliver.publish.window import TOO_LARGE, Window
from agent.deliver.publish.woken import WokenThread
from agent.deliver.spool.queue import PendingRow
from agent.deliver.spool.spool import Spool
from agent.model.errors import AgentError, ConfigurationError
from agent.observe.facts.delivery_status import DeliveryStatus, StatusBoard
from agent.site.config.site import Hub, Site
from agent.verify.log_message import read_held

LOG = logging.getLogger("camwarden.publish")

_FAREWELL_S: Final = 1.0
_NUMBER_USED: Final = "this connection's number was used before, as by a restored state folder: a higher one follows"


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
        heard: TakeOrder = ignore_order,
        dialect: Dialect | None = None,
    ) -> None:
        """Check what can be checked without a connection.

        Args:
            site: Owner of the reports.
            spool: Their store.
            signer: Signs birth, farewell and will.
            hub_keys: The pinned keys of the hub, by kid.
            clock: The wall clock, aware UTC.
            pace: The limits; None for the defaults.
            heard: Gets each order of the hub, on this thread and unverified; it must only queue it.
            dialect: The detected MQTT version of the broker; None for 5.

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
        self._clock = clock
        self._pace = pace or Pace()
        self._dialect = dialect or Dialect()
        self._thread = WokenThread("publish", self._run)
        self.start, self.wake, self.stop = self._thread.start, self._thread.wake, self._thread.stop
        self._window = Window(spool, self._pace, clock, hub is not None and hub.confirm == "broker")
        self._learned = LearnedLimit()
        self._outbox = Outbox()
        self._answers_last = False  # a connection has ended with some on their way
        self.reread_certificate()
        self._own: set[bytes] = set()  # will and birth of this connection, as it has them signed
        self._spoken: set[int] = set()  # packet ids of birth and farewell
        self.beat_at_mono = time.monotonic()
        confirm, now = site.hub.confirm if site.hub else "file", clock()
        status = DeliveryStatus("offline" if hub else "file", now, confirm=confirm, unconnected_since=now)
        self._board = StatusBoard(status, clock)
        self._board.note_refused(spool.refused())
        held = read_held(spool.read_log(), hub_keys)
        self._board.note(log_size=held.size if held else None)
        self._ear = Receiver(site, spool, self._window, self._board, hub_keys, clock, heard, signer.kid)

    def say(self, message: Message) -> None:
        """Queue a signed message outside the spool (the oldest of 64 is dropped), from any thread. Never blocks."""
        self._outbox.put(message)
        self.wake()

    def status(self) -> DeliveryStatus:
        """Return the current status of delivery."""
        end = self._certificate_ends_at
        days = (end - self._clock()).days if end else None
        return replace(self._board.read(), answers_dropped=self._outbox.dropped, certificate_days=days)

    def reread_certificate(self) -> None:
        """Read the end of the current certificate, which is used from the next connection on."""
        self._certificate_ends_at = ends_at(self._hub) if self._hub is not None else None

    def drained(self, timeout_s: float) -> bool:
        """Wait until every committed report is confirmed; return whether it is."""
        return self._board.wait_for(self._spool.drained, timeout_s)

    def _run(self) -> None:
        reconnects = Reconnects()
        while not self._thread.stopping.is_set():
            self._beat()
            if self._hub is None:
                self._rest(self._pace.idle_s)
                continue
            began = time.monotonic()
            link_state, reason = self._connection(self._hub)
            lasted_s = time.monotonic() - began
            if self._thread.stopping.is_set():
                break
            self._board.say(link_state, reason)
            delay_s = reconnects.delay_s(self._pace, link_state, lasted_s)
            if link_state == "duplicate-identity":
                self._board.note(taken_over=reconnects.taken_over, taken_over_at=self._clock())
            self._rest(delay_s)
        self._board.say("stopped", "")

    def _connection(self, hub: Hub) -> tuple[str, str]:
        """Open one connection and serve it until it ends; return its last state, and why."""
        link: Link | None = None
        try:
            presence = next_presence(self._site, self._spool, self._signer)
            self._certificate_ends_at = ends_at(hub)
            pace = self._pace
            link = Link(
                self._site.id, hub, pace.keepalive_s, pace.connect_timeout_s, self._dialect,
                unanswered_s=pace.unanswered_s,
            )  # fmt: skip
            will = state_message(presence, "lost", self._signer, self._clock())
            self._own = {will.payload}  # a broker that closes may give it to us before it does
            link.open(will)
            return self._serve(link, presence)
        except OSError as error:
            return "offline", f"{hub.host}:{hub.port}: {failure_words(error)}"
        except AgentError as error:
            return "offline", str(error)
        except Exception as error:  # delivery must outlive whatever this is; it is told, and tried again
            self._board.count_failure()
            LOG.exception("delivery failed")
            return "offline", f"{type(error).__name__}"
        finally:
            if link is not None:
                link.drop()

    def _serve(self, link: Link, presence: Presence) -> tuple[str, str]:
        deadline = time.monotonic() + 2 * self._pace.connect_timeout_s
        granted: Granted | None = None
        while not self._thread.stopping.is_set():
            self._beat()
            if link.step(self._patience_s(granted), self._thread.wake_socket):
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
            messages, events.messages = events.messages, []
            for one in messages:
                self._ear.take(one.topic, one.payload, one.jws)
            if used := max((self._number_in_use(one, presence) for one in messages), default=0):
                self._spool.pass_connection_no(used)
                return "offline", _NUMBER_USED
            while events.unsubscribed:
                self._board.count_refusal("subscription", events.unsubscribed.pop())
            if events.lost:
                if granted is not None:  # else what the window has is of the connection before
                    self._learn(events)
                return ("duplicate-identity" if events.taken_over else "offline"), events.lost
            if granted is None:
                if time.monotonic() > deadline:
                    return "offline", "the broker accepts the connection but does not answer CONNECT"
                continue
            if self._dialect.is_due(granted.version, time.monotonic()):
                break
            self._pump(link, granted)
        if granted is not None:
            self._farewell(link, presence, granted)
        return "offline", "" if self._thread.stopping.is_set() else "looking whether the broker speaks MQTT 5 by now"

    def _welcome(self, link: Link, presence: Presence, granted: Granted) -> None:
        """Begin a connection: requeue everything unconfirmed, subscribe, publish the birth."""
        self._spool.requeue()
        self._window.begin(granted.receive_maximum)
        self._outbox.begin()
        self.reread_certificate()  # a renewed one may have come with 3.1.1, which is asked on a connection of its own
        link.subscribe(*subscriptions(self._site), wished=wishes(self._site))
        birth = state_message(presence, "ready", self._signer, self._clock())
        self._own.add(birth.payload)
        self._spoken = {link.publish(self._retainable(birth, granted))}
        self._board.note(
            connection_no=presence.connection_no,
            connects=self._board.read().connects + 1,
            protocol=granted.version,
        )

    def _number_in_use(self, one: DecodedMessage, presence: Presence) -> int:
        return number_in_use(one, presence, self._own, self._signer.public)

    def _farewell(self, link: Link, presence: Presence, granted: Granted) -> None:
        """Publish pending answers and the farewell; a broker with a small window is given a moment."""
        until = time.monotonic() + _FAREWELL_S
        try:
            self._answer(link, granted)
            while self._window.room(self._others()) < 1 and not link.events.lost and time.monotonic() < until:
                link.step(_FAREWELL_S, self._thread.wake_socket)
                acks, link.events.acks = link.events.acks, []
                self._take_acks(acks, last=True)
            link.publish(state_message(presence, "disconnected", self._signer, self._clock()))
            link.close()
        except OSError:  # then the broker speaks the will
            return

    def _learn(self, events: Events) -> None:
        """Learn from the end of a connection what the broker does not take."""
        if events.taken_over or events.silent:
            return
        now_s, largest = time.monotonic(), self._window.largest_bytes()
        self._answers_last = self._outbox.in_flight > 0
        if events.too_large and largest > self._outbox.largest_bytes():
            self._learned.learn(largest, now_s)
        elif row := self._window.ended(self._others(), now_s):
            words = "never acknowledged" if events.unanswered else f"ends the connection on it: {events.lost}"
            self._board.count_refusal(row.stream, words)

    def _pump(self, link: Link, granted: Granted) -> None:
        """Publish due rows, as far as window and token bucket allow; answers before reports, unless they end it."""
        if not self._answers_last:
            self._answer(link, granted)
        now_s = time.monotonic()
        for row in self._window.rows(now_s, self._others()):
            message = self._retainable(report_message(self._site, row), granted)
            carried_bytes = len(message.payload)
            if not message.fits(granted.packet_max_bytes) or self._learned.falls_on(carried_bytes, now_s):
                self._park(row, TOO_LARGE)
                continue
            self._window.sent(link.publish(message), row, carried_bytes)
        if self._answers_last and self._window.is_idle():
            self._answer(link, granted)

    def _answer(self, link: Link, granted: Granted) -> None:
        """Publish queued answers, as far as the window allows."""
        while self._window.room(self._others()) > 0 and (answer := self._outbox.take()):
            message = self._retainable(answer, granted)
            if message.fits(granted.packet_max_bytes):
                self._outbox.sent(link.publish(message), answer)
            else:
                self._outbox.count_dropped()
                self._board.count_refusal("answer", TOO_LARGE)

    def _others(self) -> int:
        """Return the number of messages in flight that are no reports: a broker counts them too."""
        return len(self._spoken) + self._outbox.in_flight

    def _patience_s(self, granted: Granted | None) -> float:
        """Return how long to wait for the network: until the next token, where one is needed."""
        if granted is None:
            return IDLE_LEAST_S  # the deadline for CONNACK is a matter of seconds
        return min(self._pace.idle_s, self._window.wait_s() or self._pace.idle_s)

    def _take_acks(self, acks: list[tuple[int, int, str]], last: bool) -> None:
        if acks and not last:
            self._board.say("connected", "")  # not before: a broker may live, and take nothing
        for mid, code, words in acks:
            row = self._window.acknowledged(mid)
            if row is None:
                self._take_other_ack(mid, code, words)
            elif code >= REFUSED:
                self._park(row, words)
            elif code == NO_SUBSCRIBERS:
                self._window.unheard(row)
                self._board.count_unheard(row.stream)
            else:
                self._window.taken(row)
        if self._window.mark(quiet=last or not acks):
            self._board.note(puback_at=self._clock())

    def _take_other_ack(self, mid: int, code: int, words: str) -> None:
        answer = self._outbox.acknowledged(mid)
        self._spoken.discard(mid)
        self._answers_last = self._answers_last and answer is None
        if code >= REFUSED and answer is not None and answer.topic.endswith("/names"):
            self._board.count_names_refused(words)
        elif code >= REFUSED:
            self._board.count_refusal("state" if answer is None else "answer", words)
            if answer is not None:
                self._outbox.count_dropped()

    def _park(self, row: PendingRow, words: str) -> None:
        self._spool.park(row.id, words)
        self._board.count_refusal(row.stream, words)

    @staticmethod
    def _retainable(message: Message, granted: Granted) -> Message:
        """Clear retain where the broker has none: it would close the connection."""
        return message if granted.retain else replace(message, retain=False)

    def _beat(self) -> None:
        self.beat_at_mono = time.monotonic()

    def _rest(self, seconds: float) -> None:
        """Wait, beating, for so many seconds or until `stop`."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._thread.stopping.wait(min(left, self._pace.idle_s)):
            self._beat()

"""Runs the hub: one connection to the broker, one thread, one transaction per batch of messages.

Subscribes before anything else, so that what a site sends after `ready` is not missed. A batch is judged, committed,
and only then acknowledged to the broker and answered with watermarks. Polls once a second the trust file (what waited
for a key that is now trusted is judged and confirmed without a restart) and the orders that a person has written into
the database, and less often what is missing, and once a day what is over.
"""

import logging
import os
import random
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from agent.contract.signing_keys import Signer
from agent.contract.topics import PREFIX, is_from_hub
from agent.deliver.publish.connection import Events, Link
from agent.deliver.publish.messages import DecodedMessage
from agent.deliver.publish.messages import Message as Publication
from agent.deliver.publish.pace import Pace, reconnect_delay_s
from agent.deliver.publish.protocol import Dialect
from agent.host import sd_notify
from agent.host.lock import lock
from agent.hub.domain.kept import KEPT_DAYS
from agent.hub.log.running import RunningLog
from agent.hub.ports.store import Store
from agent.hub.stores.signing_key import hub_signer
from agent.hub.workers import decisions, disk_watch, orders, resend
from agent.hub.workers.alive import Alive, of_service
from agent.hub.workers.batches import judge
from agent.hub.workers.chains import epochs
from agent.hub.workers.day_sums import DaySums
from agent.hub.workers.expire import Expiry
from agent.hub.workers.exports.making import exporting
from agent.hub.workers.housekeeping import Housekeeping
from agent.hub.workers.intake import Event, Intake
from agent.hub.workers.opening import AGAIN_S, open_store
from agent.hub.workers.upgrades.watch import Upgrades
from agent.hub.workers.webhooks.sending import sending
from agent.hub.workers.webhooks.watch import StateWatch
from agent.model.errors import AgentError, HubUnavailable, StoreFailed, StoreWaits, os_words
from agent.model.finding import Json, Message
from agent.site.config.site import Hub

LOG = logging.getLogger("camwarden.hub")

CLIENT_ID: Final = "camwarden-hub"  # the hyphen keeps it apart from every site id
SUBSCRIPTION: Final = f"{PREFIX}/+/+/#"

_LOOK_S = 1.0
_EVIDENCE_AT_ONCE = 200
_MISSING_LOOK_S = 30.0
_BATCH_WAIT_S = 0.5
_BATCH_MOST = 256
_GATHER_S = 0.002  # more is on its way when the broker is busy: one transaction then serves many messages
_GATHER_MOST_S = 0.05
_SUBSCRIBE_WITHIN_S = 10.0
_ACKS_AT_ONCE = 500
_IN_FLIGHT_MOST = 2 * _BATCH_MOST  # the next batch comes while one is committed


@dataclass(frozen=True, slots=True)
class Options:
    """The hub's data folder and its broker (`confirm` and `jwks` of it are not used)."""

    directory: Path
    broker: Hub
    kept: timedelta = timedelta(days=KEPT_DAYS)


def run(
    options: Options,
    stop: threading.Event,
    tell: Callable[[Event], None],
    clock: Callable[[], datetime],
    pace: Pace | None = None,
) -> None:
    """Receive until `stop`. `tell` gets one event for each message and each change, the first `ready` among them.

    Raises:
        HubUnavailable: The first connection failed; later ones are retried for ever.
        Locked: Another hub runs on this data.
        AgentError: A file cannot be used.
    """
    held, alive = lock(options.directory / "hub"), of_service()
    try:
        sd_notify.ready("opening the database")
        store = open_store(options.directory, stop, tell, alive)
        if store is None:
            return
        try:
            signer = hub_signer(options.directory)
            with sending(options.directory, clock, tell), exporting(options.directory, clock, tell):
                _Service(options, store, signer, tell, clock, pace or Pace(), alive).run(stop)
        finally:
            sd_notify.stopping()
            store.close()
    finally:
        os.close(held)


class _Service:
    def __init__(
        self,
        options: Options,
        store: Store,
        signer: Signer,
        tell: Callable[[Event], None],
        clock: Callable[[], datetime],
        pace: Pace,
        alive: Alive,
    ) -> None:
        self._alive = alive
        self._options, self._store, self._signer = options, store, signer
        self._tell, self._clock, self._pace = tell, clock, pace
        self._trust_seen = store.trust.mark()
        self._trust_look_at_s = self._orders_look_at_s = self._missing_look_at_s = self._evidence_look_at_s = 0.0
        self._evidence_id: int | None = 0
        upgrading = Upgrades(signer, lambda: self._intake.trust)
        watch = StateWatch(lambda: self._intake.trust)
        beside = disk_watch.DiskWatch(), upgrading, watch
        self._workers = Expiry(options.kept), Housekeeping(), DaySums(), *beside
        self._log = RunningLog(options.directory, signer)
        self._dialect = Dialect()  # what the broker speaks is remembered over connections
        self._ready_once = False
        self._offline = False
        self._arrived: list[DecodedMessage] = []
        self._arrived_at_s = 0.0
        self._intake = Intake(store, store.trust.load())

    def run(self, stop: threading.Event) -> None:
        wake_read, wake_write = socket.socketpair()  # nobody wakes the hub; `step` wants one
        attempt = 0
        try:
            while not stop.is_set():
                try:
                    self._serve(stop, wake_read)
                except StoreWaits as error:
                    self._wait_for_store(stop, error)
                    continue
                except (OSError, HubUnavailable) as error:
                    broker = self._options.broker
                    why = os_words(error) if isinstance(error, OSError) else error.message
                    words = Message("{host}:{port}: {why}", {"host": broker.host, "port": broker.port, "why": why})
                    if not self._ready_once:
                        raise HubUnavailable(
                            "{words}; check that the broker runs and lets the hub in", words=words
                        ) from None
                    attempt = 1 if not self._offline else attempt + 1
                    if not self._offline:
                        self._offline = True
                        LOG.warning("%s; trying again", words)
                        self._tell({"event": "offline", "reason": str(words)})
                        sd_notify.status(f"without a broker: {words}")
                chance = random.random()  # noqa: S311  spreads reconnects, protects nothing
                self._alive.beat()
                stop.wait(reconnect_delay_s(self._pace, max(1, attempt), False, chance))
            self._batch(None, self._arrived)  # of a connection that did not come back
        except StoreWaits as error:  # the sites have it all, and send it again
            LOG.warning("%s; the hub ends without what came last, which no site was told to delete", error)
        finally:
            for one in (wake_read, wake_write, self._log):
                one.close()

    def _wait_for_store(self, stop: threading.Event, error: StoreWaits) -> None:
        """Wait, without a connection, until the messages can be committed: they were not, and nobody was answered."""
        LOG.warning("%s; waiting", error)
        self._tell({"event": "store-waits", "why": str(error)})
        sd_notify.status(f"waiting: {error}")
        while not stop.wait(AGAIN_S):
            self._alive.beat()
            try:
                self._batch_arrived(None)
            except StoreWaits:
                continue
            self._tell({"event": "store-works"})
            sd_notify.status("connecting")
            return

    def _serve(self, stop: threading.Event, wake: socket.socket) -> None:
        """Serve one connection until it ends."""
        broker, ready = self._options.broker, False
        link = Link(
            CLIENT_ID, broker, self._pace.keepalive_s, self._pace.connect_timeout_s, self._dialect, _IN_FLIGHT_MOST
        )
        deadline = time.monotonic() + _SUBSCRIBE_WITHIN_S
        asked = False
        try:
            link.open(None)
            while not stop.is_set():
                self._alive.beat()
                link.step(_GATHER_S if self._arrived else _BATCH_WAIT_S, wake)
                events = link.events
                gathered = self._gather(events)
                if events.failure is not None:
                    raise events.failure
                if events.refused:
                    raise HubUnavailable(events.refused)
                if events.granted is not None and not asked:
                    link.subscribe(SUBSCRIPTION)
                    asked = True
                if events.subscribed and not ready:
                    ready = self._ready_once = True
                    self._welcome(link)
                if ready:
                    self._look_at_trust()
                events.acks.clear()
                if gathered:
                    self._batch_arrived(link)
                if ready:
                    self._look_at_orders(link)
                    self._look_at_evidence()
                    self._log.look(self._store, link.publish, self._clock(), time.monotonic(), self._tell)
                    for worker in self._workers:
                        worker.look(self._store, self._clock(), time.monotonic(), self._tell)
                if events.lost:
                    raise HubUnavailable(events.lost)
                if not ready and time.monotonic() > deadline:
                    raise HubUnavailable("the broker does not answer")
            self._batch_arrived(link)
            link.close()
        finally:
            link.drop()

    def _gather(self, events: Events) -> bool:
        """Take what has come; return whether to judge it now: enough, nothing more just now, or long enough.

        What a connection has brought and not seen judged is judged with the next, where the broker may send it again.
        """
        now_s = time.monotonic()
        if not self._arrived:
            self._arrived_at_s = now_s
        more, events.messages = events.messages, []
        self._arrived += more
        waited = now_s - self._arrived_at_s > _GATHER_MOST_S
        return not more or len(self._arrived) >= _BATCH_MOST or waited or bool(events.lost)

    def _welcome(self, link: Link) -> None:
        """Publish `ready`, and every site's watermark again: the broker may have lost the retained ones."""
        broker = self._options.broker
        self._offline = False
        self._tell({"event": "ready", "host": broker.host, "port": broker.port, "kid": self._signer.kid})
        sd_notify.status(f"receiving from {broker.host}:{broker.port}")
        with self._store.transaction():
            orders.renew_all(self._store, self._clock())
        sites = self._store.all_epochs()
        for start in range(0, len(sites), _ACKS_AT_ONCE):
            self._intake.dirty.update(sites[start : start + _ACKS_AT_ONCE])
            self._batch(link, [])

    def _batch_arrived(self, link: Link | None) -> None:
        """Judge all that has come, and only then acknowledge it: a broker sends again what a killed hub had."""
        arrived, self._arrived = self._arrived, []
        self._batch(link, arrived)
        if link is not None:
            link.acknowledge()

    def _batch(self, link: Link | None, messages: list[DecodedMessage]) -> None:
        """Judge, commit, log, answer: in this order. Without a link nobody is answered."""
        if not messages and not self._intake.dirty and not self._intake.news:
            return
        new = [one for one in messages if one.payload and not is_from_hub(one.topic)]  # 3.1.1 brings them back
        try:
            events, acks = judge(self._store, self._intake, self._signer, new, self._clock())
        except StoreFailed:
            self._arrived = messages + self._arrived
            self._intake.forget()
            raise
        self._intake.dirty.clear()
        for event in events:
            self._tell(event)
        if link is None:
            return
        for ack in acks:  # one that a broken connection swallows is said again by `_welcome`
            link.publish(Publication(ack.topic, ack.payload, ack.jws, retain=ack.retain))
            streams: dict[str, Json] = {stream: head.seq for stream, head in ack.mark.streams.items()}
            self._tell({"event": "confirmed", "site": ack.mark.site, "epoch": ack.mark.epoch, "streams": streams})

    def _look_at_orders(self, link: Link) -> None:
        """Publish what was ordered since the last poll; now and then request what is missing."""
        now_s, now = time.monotonic(), self._clock()
        if now_s < self._orders_look_at_s:
            return
        self._orders_look_at_s = now_s + _LOOK_S
        if self._store.accepted.unseen():
            with self._store.transaction():
                events = self._intake.take_accepted(now)
            for event in events:
                self._tell(event)
        if now_s >= self._missing_look_at_s:
            self._missing_look_at_s = now_s + _MISSING_LOOK_S
            with self._store.transaction():
                events = epochs.find_unexplained(self._store, now) + resend.request_due(self._store, self._signer, now)
                events += decisions.order_due(self._store, self._signer, now)
            for event in events:
                self._tell(event)
        sent = orders.unsent(self._store, now)
        for one in sent:  # one that a broken connection swallows is sent again with the next
            link.publish(one.message)
        if not sent:
            return
        with self._store.transaction():
            orders.mark_sent(self._store, sent, now)
        for one in sent:
            self._tell({"event": "sent", "site": one.site, "id": one.id, "version": one.version})

    def _look_at_evidence(self) -> None:
        """Compare the next stored reports with their digests, until each was compared once since the start."""
        now_s = time.monotonic()
        if self._evidence_id is None or now_s < self._evidence_look_at_s:
            return
        self._evidence_look_at_s = now_s + _LOOK_S
        last, altered = self._store.reports.check_after(self._evidence_id, _EVIDENCE_AT_ONCE)
        self._evidence_id = last or None
        for one in altered:
            LOG.error("site %s: %s %d is not what was stored (%s)", one.site, one.stream, one.seq, one.what)
            told: Event = {"site": one.site, "epoch": one.epoch, "stream": one.stream, "seq": one.seq}
            self._tell({"event": "altered", **told, "what": one.what})

    def _look_at_trust(self) -> None:
        if time.monotonic() < self._trust_look_at_s:
            return
        self._trust_look_at_s = time.monotonic() + _LOOK_S
        mark = self._store.trust.mark()
        if mark == self._trust_seen:
            return
        self._trust_seen = mark
        try:
            self._intake.trust = self._store.trust.load(self._intake.trust)
        except AgentError as error:
            LOG.error("%s; the hub goes on with the trust it had", error)
            self._tell({"event": "trust-refused", "why": str(error)})
            return
        self._intake.news = True
        self._tell({"event": "trust", "keys": len(self._intake.trust.bindings)})

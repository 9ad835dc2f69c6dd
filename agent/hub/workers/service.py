"""Runs the hub: one connection to the broker, one thread, one transaction per batch of messages.

Subscribes before anything else, so that what a site sends after `ready` is not missed. A batch is judged, committed,
and only then acknowledged to the broker and answered with watermarks. Polls once a second the trust file (what waited
for a key that is now trusted is judged and confirmed without a restart) and the orders that a person has written into
the database, and less often what is missing, and once a day what is over.
"""

import logging
import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle
from pathlib import Path

from agent.contract.signing_keys import Signer
from agent.contract.topics import is_from_hub
from agent.deliver.publish.messages import DecodedMessage
from agent.deliver.publish.messages import Message as Publication
from agent.deliver.publish.pace import Pace, reconnect_delay_s
from agent.host import sd_notify
from agent.host.lock import lock
from agent.hub.domain.kept import KEPT_DAYS
from agent.hub.ports.store import Store
from agent.hub.stores.engines import may_share, open_leading
from agent.hub.stores.signing_key import hub_signer
from agent.hub.transport import mqtt
from agent.hub.transport.carrier import Carrier, Connect
from agent.hub.workers.alive import Alive, of_service
from agent.hub.workers.batches import judge
from agent.hub.workers.intake import Event, Intake
from agent.hub.workers.leading.duties import Duties, Means
from agent.hub.workers.opening import AGAIN_S, open_store
from agent.model.errors import AgentError, HubUnavailable, StoreFailed, StoreWaits, UsageError, os_words
from agent.model.finding import Json, Message
from agent.site.config.site import Hub

LOG = logging.getLogger("camwarden.hub")

_LOOK_S = 1.0
_BATCH_WAIT_S = 0.5
_BATCH_MOST = 256
_GATHER_S = 0.002  # more is on its way when the broker is busy: one transaction then serves many messages
_GATHER_MOST_S = 0.05
_SUBSCRIBE_WITHIN_S = 10.0
_ACKS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Options:
    """The hub's data folder, its broker (`confirm` and `jwks` of it are not used), and how it connects.

    `others`: further nodes of the broker; after a lost connection the next one is tried. `worker`: the name of one of
    several hubs on this data; empty: the only one.
    """

    directory: Path
    broker: Hub
    kept: timedelta = timedelta(days=KEPT_DAYS)
    others: tuple[Hub, ...] = ()
    connect: Connect = field(default_factory=mqtt.connector)
    worker: str = ""


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
    if options.worker and not may_share(options.directory):
        raise UsageError(
            "{path}: reports are in files there, on which one hub runs at a time; leave --worker out",
            path=options.directory,
        )
    held, alive = lock(options.directory / (f"hub-{options.worker}" if options.worker else "hub")), of_service()
    try:
        sd_notify.ready("opening the database")
        store = open_store(options.directory, stop, tell, alive)
        if store is None:
            return
        try:
            signer = hub_signer(options.directory)
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
        self._trust_look_at_s = 0.0
        self._brokers = cycle((options.broker, *options.others))
        self._broker = options.broker
        self._untried = len(options.others)
        self._ready_once = False
        self._offline = False
        self._arrived: list[DecodedMessage] = []
        self._arrived_at_s = 0.0
        self._intake = Intake(store, store.trust.load())
        means = Means(
            directory=options.directory, store=store, signer=signer, intake=self._intake, tell=tell, clock=clock,
            kept=options.kept,
        )  # fmt: skip
        self._duties = Duties(means, open_leading(options.directory), may_share(options.directory))

    def run(self, stop: threading.Event) -> None:
        attempt = 0
        try:
            while not stop.is_set():
                try:
                    self._serve(stop)
                except StoreWaits as error:
                    self._wait_for_store(stop, error)
                    continue
                except (OSError, HubUnavailable) as error:
                    broker = self._broker
                    why = os_words(error) if isinstance(error, OSError) else error.message
                    words = Message("{host}:{port}: {why}", {"host": broker.host, "port": broker.port, "why": why})
                    if not self._ready_once and not self._untried:
                        raise HubUnavailable(
                            "{words}; check that the broker runs and lets the hub in", words=words
                        ) from None
                    self._untried -= not self._ready_once
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
            self._duties.close()

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

    def _serve(self, stop: threading.Event) -> None:
        """Serve one connection until it ends."""
        self._broker, ready = next(self._brokers), False
        link = self._options.connect(self._broker, self._pace)
        deadline = time.monotonic() + _SUBSCRIBE_WITHIN_S
        try:
            link.open()
            while not stop.is_set():
                self._alive.beat()
                link.step(_GATHER_S if self._arrived else _BATCH_WAIT_S)
                gathered = self._gather(link)
                if link.ready and not ready:
                    ready = self._ready_once = True
                    self._welcome()
                if ready:
                    self._look_at_trust()
                if gathered:
                    self._batch_arrived(link)
                if ready and not self._arrived:
                    self._duties.look(link, partial(self._confirm_all, link))
                self._tell_unheard(link.unheard())
                if link.lost:
                    raise HubUnavailable(link.lost)
                if not ready and time.monotonic() > deadline:
                    raise HubUnavailable("the broker does not answer")
            self._batch_arrived(link)
            link.close()
        finally:
            link.drop()

    def _gather(self, link: Carrier) -> bool:
        """Take what has come; return whether to judge it now: enough, nothing more just now, or long enough.

        What a connection has brought and not seen judged is judged with the next, where the broker may send it again.
        """
        now_s = time.monotonic()
        if not self._arrived:
            self._arrived_at_s = now_s
        more = link.take()
        self._arrived += more
        waited = now_s - self._arrived_at_s > _GATHER_MOST_S
        return not more or len(self._arrived) >= _BATCH_MOST or waited or bool(link.lost)

    def _welcome(self) -> None:
        """Tell that the hub receives."""
        broker = self._broker
        self._offline = False
        self._tell({"event": "ready", "host": broker.host, "port": broker.port, "kid": self._signer.kid})
        sd_notify.status(f"receiving from {broker.host}:{broker.port}")
        self._duties.forget_connection()

    def _confirm_all(self, link: Carrier) -> None:
        """Publish every site's watermark again: the broker may have lost the retained ones."""
        sites = self._store.all_epochs()
        for start in range(0, len(sites), _ACKS_AT_ONCE):
            self._intake.dirty.update(sites[start : start + _ACKS_AT_ONCE])
            self._batch(link, [])

    def _tell_unheard(self, topics: list[str]) -> None:
        """Tell what nobody was there for: a site gets it at its next birth."""
        if topics:
            self._tell({"event": "unheard", "count": len(topics), "topic": topics[0]})

    def _batch_arrived(self, link: Carrier | None) -> None:
        """Judge all that has come, and only then acknowledge it: a broker sends again what a killed hub had."""
        arrived, self._arrived = self._arrived, []
        self._batch(link, arrived)
        if link is not None:
            link.acknowledge()

    def _batch(self, link: Carrier | None, messages: list[DecodedMessage]) -> None:
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

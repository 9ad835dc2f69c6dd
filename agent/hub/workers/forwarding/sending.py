"""Sends the reports of sites to an upper hub as they were signed: `camwarden hub forward`.

A process of its own beside the running hub, with its own login at the upper broker: it reads the store in short
queries, and whatever becomes of it holds up no intake. A report is forwarded once the watermark of the upper hub names
it, never by a PUBACK; what is not confirmed in time, or when a connection ends, is sent again.
"""

import logging
import os
import random
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from agent.contract.signing_keys import PublicKey, Signer, load_signer
from agent.contract.topics import read_topic, topic
from agent.deliver.publish.connection import Granted, Link
from agent.deliver.publish.messages import DecodedMessage, Message, report_message, signed_message
from agent.deliver.publish.pace import Pace, reconnect_delay_s
from agent.deliver.publish.protocol import REFUSED, Dialect
from agent.deliver.spool.queue import PendingRow
from agent.host import sd_notify
from agent.host.lock import lock
from agent.hub.domain.forwarding.lanes import Lanes
from agent.hub.domain.forwarding.rows import Forwardable, Lane
from agent.hub.ports.store import Store
from agent.hub.stores.engines import open_store
from agent.hub.stores.signing_key import KEY_NAME
from agent.hub.workers.alive import of_service
from agent.hub.workers.forwarding import refusals, vouchers, watermarks, wishes
from agent.hub.workers.intake import Event
from agent.model.errors import HubUnavailable, StoreWaits, os_words
from agent.site.config.site import Hub

LOG = logging.getLogger("camwarden.hub")

WINDOW: Final = 256
"""Publications without a PUBACK, at most; fewer where the broker says so."""

_LOOK_S: Final = 1.0
_STEP_S: Final = 0.5
_LANES_AT_ONCE: Final = 1000
_READ_AT_ONCE: Final = 32
_ANSWER_WITHIN_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Options:
    """The hub's data, the upper broker, the upper hub's keys, and the divisions to forward (none named: all)."""

    directory: Path
    broker: Hub
    upper_keys: Mapping[str, PublicKey] = field(repr=False)
    divisions: tuple[str, ...] = ()


def run(
    options: Options,
    stop: threading.Event,
    tell: Callable[[Event], None],
    clock: Callable[[], datetime],
    pace: Pace | None = None,
) -> None:
    """Forward until `stop`; a connection that fails is tried again for ever. `tell` gets one event for each change.

    Raises:
        Locked: Another forwarder runs on this data.
        AgentError: A file cannot be used.
    """
    held = lock(options.directory / "forward")
    try:
        open_store(options.directory, read_only=True).close()  # never make a hub here
        store, signer = open_store(options.directory), load_signer(options.directory / KEY_NAME)
        try:
            _Forwarder(options, store, signer, tell, clock, pace or Pace()).run(stop)
        finally:
            sd_notify.stopping()
            store.close()
    finally:
        os.close(held)


def upward(place: wishes.Site, epoch: str, lane: Lane, row: Forwardable, newest: bool) -> Message:
    """Return the message of a stored report: the same topic, bytes and JWS as the site's own."""
    return report_message(
        place,
        PendingRow(
            id=0, epoch=epoch, stream=lane.stream, seq=row.seq, digest=row.digest,
            committed_at=datetime.fromisoformat(row.arrived_at), attempts=0, live=True, newest=newest, jws=row.jws,
            payload=row.payload,
        ),
    )  # fmt: skip


class _Forwarder:
    def __init__(
        self,
        options: Options,
        store: Store,
        signer: Signer,
        tell: Callable[[Event], None],
        clock: Callable[[], datetime],
        pace: Pace,
    ) -> None:
        self._options, self._store, self._signer = options, store, signer
        self._tell, self._clock, self._pace = tell, clock, pace
        self._alive, self._dialect = of_service(), Dialect()
        self._lanes = Lanes(pace.resend_s)
        self._wanted: deque[str] = deque()
        self._vouch: deque[vouchers.SignedVoucher] = deque()
        self._held: dict[str, str] = {}
        self._vouched: set[str] = set()
        self._in_flight: dict[int, str] = {}
        self._trust_mark, self._trust = store.trust.mark(), store.trust.load()
        self._bound = vouchers.by_site(self._trust)
        self._seen_id = 0
        self._look_at_s = 0.0
        self._offline_why = ""
        self._hearing = refusals.hearing(tell)
        self._wishes = wishes.Wishes(options.directory, store, signer, options.upper_keys)

    def run(self, stop: threading.Event) -> None:
        wake_read, wake_write = socket.socketpair()  # nobody wakes it; `step` wants one
        attempt = 0
        try:
            while not stop.is_set():
                try:
                    self._serve(stop, wake_read)
                    attempt = 0
                except StoreWaits as error:
                    LOG.warning("%s; waiting", error)
                except (OSError, HubUnavailable) as error:
                    self._hearing.connection_ended(self._clock())
                    attempt += 1
                    self._offline(os_words(error) if isinstance(error, OSError) else str(error))
                chance = random.random()  # noqa: S311  spreads reconnects, protects nothing
                self._alive.beat()
                stop.wait(reconnect_delay_s(self._pace, max(1, attempt), False, chance))
        finally:
            for one in (wake_read, wake_write):
                one.close()

    def _offline(self, why: object) -> None:
        """Tell why there is no connection, once however often the same is met."""
        if str(why) == self._offline_why:
            return
        self._offline_why = str(why)
        broker = self._options.broker
        LOG.warning("%s:%d: %s; trying again", broker.host, broker.port, why)
        sd_notify.status(f"without the upper broker: {why}")
        self._tell({"event": "offline", "reason": str(why)})
        self._store.forwarding.note_link(f"{broker.host}:{broker.port}", self._clock(), str(why))

    def _serve(self, stop: threading.Event, wake: socket.socket) -> None:
        """Serve one connection until it ends. Raises OSError, HubUnavailable, StoreFailed."""
        broker, granted, ready = self._options.broker, None, False
        client_id = f"camwarden-forward-{self._signer.kid[:8]}"
        link = Link(client_id, broker, self._pace.keepalive_s, self._pace.connect_timeout_s, self._dialect)
        deadline = time.monotonic() + _ANSWER_WITHIN_S
        try:
            link.open(None)
            while not stop.is_set():
                self._alive.beat()
                link.step(0.0 if ready and self._room(granted) > 0 and self._has_work() else _STEP_S, wake)
                events = link.events
                if events.failure is not None:
                    raise events.failure
                if events.refused:
                    raise HubUnavailable(events.refused)
                if events.granted is not None and granted is None:
                    granted = events.granted
                    self._subscribe(link)
                if events.subscribed and not ready:
                    ready = True
                    self._welcome()
                self._take_acks(events.acks)
                messages, events.messages = events.messages, []
                for one in messages:
                    self._take(one)
                if ready and granted is not None:
                    self._look(link, granted)
                    self._pump(link, granted)
                if events.lost:
                    raise HubUnavailable(events.lost)
                if not ready and time.monotonic() > deadline:
                    raise HubUnavailable("the broker does not answer")
            link.close()
        finally:
            link.drop()

    def _subscribe(self, link: Link) -> None:
        wished = [topic("+", "+", "voucher-refused")] if self._hearing.is_open else []
        self._hearing.tried(self._clock())
        link.subscribe(*(topic("+", "+", kind, "+") for kind in ("ack", "cmd", "desired")), wished=wished)

    def _welcome(self) -> None:
        """Begin a connection: whatever is not confirmed goes again, and every voucher before it."""
        broker, self._offline_why = self._options.broker, ""
        self._tell({"event": "ready", "host": broker.host, "port": broker.port, "kid": self._signer.kid})
        sd_notify.ready(f"forwarding to {broker.host}:{broker.port}")
        self._store.forwarding.note_link(f"{broker.host}:{broker.port}", self._clock(), "")
        self._in_flight.clear()
        self._vouched.clear()
        self._vouch.clear()
        self._lanes.begin()
        self._look_at_s = 0.0
        self._wanted.clear()
        self._want_vouchers(self._bound)
        self._seen_id = self._store.reports.newest_id()
        after: Lane | None = None
        while True:
            found = self._store.forwarding.behind(after, _LANES_AT_ONCE)
            for one in found:
                if self._may_forward(one.site):
                    self._lanes.note(one)
            if len(found) < _LANES_AT_ONCE:
                return
            after = found[-1].lane

    def _look(self, link: Link, granted: Granted) -> None:
        """Look for new reports, changed trust, answers to orders, and what was not confirmed in time."""
        now_s = time.monotonic()
        if now_s < self._look_at_s:
            return
        self._look_at_s = now_s + _LOOK_S
        self._look_at_trust()
        while found := self._store.reports.accepted_after(self._seen_id, _LANES_AT_ONCE):
            self._seen_id = found[-1].id
            for lane in dict.fromkeys(Lane(one.site, one.epoch, one.stream) for one in found):  # type: ignore[arg-type]
                if self._may_forward(lane.site):
                    self._lanes.note(self._store.forwarding.of_lane(lane))
        self._want_vouchers(self._lanes.look(now_s))  # the upper hub may have lost them, too
        for place, command_id, payload, jws in self._wishes.answers(self._clock(), self._room(granted)):
            message = signed_message(place, "cmd-result", payload, jws, command_id)
            self._send(link, granted, message, place.id)

    def _look_at_trust(self) -> None:
        mark = self._store.trust.mark()
        if mark == self._trust_mark:
            return
        self._trust_mark, before = mark, self._trust
        self._trust = self._store.trust.load(before)
        changed = [one for kid, one in self._trust.bindings.items() if before.bindings.get(kid) != one]
        self._bound = vouchers.by_site(self._trust)
        self._want_vouchers({one.site for one in changed})

    def _want_vouchers(self, sites: Iterable[str]) -> None:
        """Have the vouchers of sites sent again before anything else."""
        self._wanted.extend(sorted(sites))

    def _may_forward(self, site: str) -> bool:
        """Return whether a site is forwarded; one that was not asked for yet gets its voucher before its reports."""
        return site in self._vouched or self._vouch_for(site)

    def _vouch_for(self, site: str) -> bool:
        """Write a site's voucher to be sent, or stop forwarding it; return which."""
        bound = self._bound.get(site, ())
        made = vouchers.write(self._store, self._signer, site, bound, self._options.divisions, self._clock())
        if isinstance(made, str):
            if made != "unknown-site":
                self._hold(site, made)
            return False
        self._held.pop(site, None)
        self._store.forwarding.mark(site, "")
        self._vouched.add(site)
        self._vouch.append(made)
        return True

    def _hold(self, site: str, why: str) -> None:
        if self._held.get(site) != why:
            self._tell({"event": "not-forwarded", "site": site, "reason": why})
        self._held[site] = why
        self._store.forwarding.mark(site, why)
        self._vouched.discard(site)
        self._lanes.drop(site)

    def _has_work(self) -> bool:
        return bool(self._wanted or self._vouch) or self._lanes.is_ready()

    def _room(self, granted: Granted | None) -> int:
        """Return how many publications the broker takes now; more, and it ends the connection."""
        return min(WINDOW, granted.receive_maximum) - len(self._in_flight) if granted is not None else 0

    def _pump(self, link: Link, granted: Granted) -> None:
        """Publish vouchers, then reports of the lanes in turn, as far as the window allows."""
        while self._room(granted) > 0 and (self._wanted or self._vouch):
            if not self._vouch:
                self._vouch_for(self._wanted.popleft())
                continue
            made = self._vouch.popleft()
            message = signed_message(wishes.Site(made.site, made.city), "voucher", made.payload, made.jws, retain=True)
            self._send(link, granted, message, made.site)
        if self._wanted or self._vouch:
            return
        while (room := self._room(granted)) > 0 and (taken := self._lanes.take()) is not None:
            lane, city, after, most, made_up_to = taken
            found = self._store.forwarding.reports(lane, after, min(most, room, _READ_AT_ONCE))
            for row in found:
                if not row.has_body:
                    self._tell({"event": "body-gone", "site": lane.site, "stream": lane.stream, "seq": row.seq})
                    continue
                message = upward(wishes.Site(lane.site, city), lane.epoch, lane, row, row.seq == made_up_to)
                self._send(link, granted, message, f"{lane.site} {lane.stream} {row.seq}")
            self._lanes.sent(lane, found[-1].seq if found else after, time.monotonic())

    def _send(self, link: Link, granted: Granted, message: Message, what: str) -> None:
        if not message.fits(granted.packet_max_bytes):
            self._tell({"event": "not-taken", "what": what, "reason": "packet too large for the broker"})
            return
        sent = message if granted.retain or not message.retain else Message(
            message.topic, message.payload, message.jws, message.labels, False, message.expires_s, message.deflated
        )  # fmt: skip
        self._in_flight[link.publish(sent)] = what

    def _take_acks(self, acks: list[tuple[int, int, str]]) -> None:
        for mid, code, words in acks:
            what = self._in_flight.pop(mid, "")
            if code >= REFUSED:
                self._tell({"event": "not-taken", "what": what, "reason": words})
        acks.clear()

    def _take(self, one: DecodedMessage) -> None:
        """Take what the upper hub sends: watermarks, refusals, commands, policies."""
        address = read_topic(one.topic)
        if address is None or not one.payload:
            return
        now = self._clock()
        if address.kind == "ack":
            events, changed = watermarks.take(
                self._store, self._options.upper_keys, address.site, one.payload, one.jws, now
            )
        elif address.kind == "voucher-refused":
            keys, kid = self._options.upper_keys, self._signer.kid
            events, changed = refusals.take(self._store, keys, kid, address.site, one.payload, one.jws), {}
        else:
            is_mine = self._may_forward(address.site)
            events, changed = self._wishes.take(address, one.payload, one.jws, is_mine, now)
        for event in events:
            self._tell(event)
        for lane, seq in changed.items():
            self._lanes.note(self._store.forwarding.of_lane(lane))
            self._lanes.confirm(lane, seq)

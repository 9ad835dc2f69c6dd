"""Runs what a hub does beside intake: asks again, sends orders, appends to the log, expires, upgrades, notifies others.

Of several hubs on one store only the leader does so. It asks before each round whether it still leads: who has lost
its connection to the database leads no longer, and another has begun or will. What two do at the same moment all the
same harms nobody: each step is a transaction, orders and messages have ids, and the log takes each entry once.
"""

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from agent.contract.signing_keys import Signer
from agent.hub.log.running import RunningLog
from agent.hub.ports.store import Leading, Store
from agent.hub.transport.carrier import Carrier
from agent.hub.workers import decisions, disk_watch, orders, resend
from agent.hub.workers.chains import epochs
from agent.hub.workers.day_sums import DaySums
from agent.hub.workers.expire import Expiry
from agent.hub.workers.housekeeping import Housekeeping
from agent.hub.workers.intake import Event, Intake
from agent.hub.workers.upgrades.watch import Upgrades
from agent.hub.workers.webhooks.sending import sending
from agent.hub.workers.webhooks.watch import StateWatch
from agent.verify.bindings import Trust

LOG = logging.getLogger("camwarden.hub")

_LOOK_S: Final = 1.0
_EVIDENCE_AT_ONCE: Final = 200
_MISSING_LOOK_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What duties are done with. `tell` takes events, `clock` is the wall clock, `kept` how long reports stay."""

    directory: Path
    store: Store
    signer: Signer
    intake: Intake
    tell: Callable[[Event], None]
    clock: Callable[[], datetime]
    kept: timedelta


class Duties:
    """The duties of one hub, which it has while `leading` says so. One thread uses it."""

    def __init__(self, means: Means, leading: Leading, is_shared: bool) -> None:
        """Lead where `leading` says so; where the store is shared, that is told."""
        self._is_shared = is_shared
        self._means, self._leading = means, leading
        self._store, self._tell = means.store, means.tell
        beside = disk_watch.DiskWatch(), Upgrades(means.signer, self._trust), StateWatch(self._trust)
        self._workers = Expiry(means.kept), Housekeeping(), DaySums(), *beside
        self._log = RunningLog(means.directory, means.signer)
        self._orders_look_at_s = self._missing_look_at_s = self._evidence_look_at_s = self._ask_at_s = 0.0
        self._evidence_id: int | None = 0
        self._leads = self._has_greeted = False
        self._while_leading = ExitStack()

    def forget_connection(self) -> None:
        """Note that the broker may have lost what it retained: `greet` is due again."""
        self._has_greeted = False

    def look(self, link: Carrier, greet: Callable[[], None]) -> None:
        """Do what is due, where this hub leads; `greet` tells all sites anew how far they are confirmed.

        Raises:
            StoreFailed: The database cannot be used now.
            OSError: The connection to the broker is gone.
        """
        if not self._look_who_leads():
            return
        if not self._has_greeted:
            with self._store.transaction():
                orders.renew_all(self._store, self._means.clock())
            greet()
            self._has_greeted = True
        self._look_at_orders(link)
        self._look_at_evidence()
        self._log.look(self._store, link.publish, self._means.clock(), time.monotonic(), self._tell)
        for worker in self._workers:
            worker.look(self._store, self._means.clock(), time.monotonic(), self._tell)

    def close(self) -> None:
        """End what runs beside, and give the lead away."""
        self._while_leading.close()
        self._log.close()
        self._leading.close()

    def _trust(self) -> Trust:
        return self._means.intake.trust

    def _look_who_leads(self) -> bool:
        """Return whether this hub leads now; one that does not asks again each second."""
        if not self._leads and time.monotonic() < self._ask_at_s:
            return False
        self._ask_at_s = time.monotonic() + _LOOK_S
        leads, led = self._leading.holds(), self._leads
        self._leads = leads
        if leads and not led:
            self._has_greeted = False
            self._while_leading.enter_context(sending(self._means.directory, self._means.clock, self._tell))
        elif led and not leads:
            self._while_leading.close()
            LOG.warning("the database has let go of the lead: another hub takes it over")
        if leads != led and self._is_shared:
            self._tell({"event": "leads" if leads else "leads-no-more"})
        return leads

    def _look_at_orders(self, link: Carrier) -> None:
        """Publish what was ordered since the last poll; now and then request what is missing."""
        now_s, now = time.monotonic(), self._means.clock()
        if now_s < self._orders_look_at_s:
            return
        self._orders_look_at_s = now_s + _LOOK_S
        if self._store.accepted.unseen():
            with self._store.transaction():
                events = self._means.intake.take_accepted(now)
            for event in events:
                self._tell(event)
        if now_s >= self._missing_look_at_s:
            self._missing_look_at_s = now_s + _MISSING_LOOK_S
            with self._store.transaction():
                events = epochs.find_unexplained(self._store, now) + resend.request_due(
                    self._store, self._means.signer, now
                )
                events += decisions.order_due(self._store, self._means.signer, now)
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

"""Signs orders of the upper hub as this hub's own, once they are checked and in the audit log.

A site obeys the keys in its `hub.jwks`, and those are this hub's: the upper hub's signature reaches no site. A command
is signed anew, byte for byte the same, so that the site's answer names the upper hub's command and goes up as the site
signed it. What the upper hub lacks of a stream it is sent from here; a site is not asked. A policy is merged into what
this hub wants of the site, within the same bounds as a person's.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from agent.contract.chain import utc_text
from agent.contract.envelope import COMMAND_TYP, sign_payload
from agent.contract.orders import ORDER_MAX_BYTES, Command, Order
from agent.contract.orders_json import read_command, read_desired
from agent.contract.signing_keys import PublicKey, Signer
from agent.contract.topics import Address
from agent.hub.domain.forwarding.rows import Lane, OrderFromAbove
from agent.hub.domain.people.audit import AuditRow
from agent.hub.ports.store import Store
from agent.hub.stores.engines import open_people
from agent.hub.workers import orders
from agent.hub.workers.forwarding import watermarks
from agent.hub.workers.intake import Event
from agent.model.errors import NotVerified, UsageError
from agent.site.duties.agent_version import NAME as AGENT_VERSION

WHO: Final = "upper hub"
"""Who gives such an order, in the audit log."""

A_DAY_MOST: Final = 50
"""Orders of one site in a day that are passed on; a site refuses most of them itself."""

_ANSWERS_AT_ONCE: Final = 32
_POLICY: Final = "desired"


class Site(NamedTuple):
    """The topic levels of a site."""

    id: str
    city: str


class Wishes:
    """The orders of the upper hub, in one forwarder. One thread uses it."""

    def __init__(self, directory: Path, store: Store, signer: Signer, keys: Mapping[str, PublicKey]) -> None:
        self._directory, self._store, self._signer, self._keys = directory, store, signer, keys
        self._today: Counter[tuple[str, str]] = Counter()

    def take(
        self, address: Address, payload: bytes, jws: str, is_mine: bool, now: datetime
    ) -> tuple[list[Event], dict[Lane, int]]:
        """Take an order; return the events to log, and the lanes of which something is to be sent again.

        `is_mine`: this hub forwards the site of the topic.
        """
        told: Event = {"site": address.site, "kind": address.kind}
        try:
            if len(payload) > ORDER_MAX_BYTES:
                raise NotVerified("size", "larger than any order")
            if not is_mine:
                raise NotVerified("site", "an order for a site that this hub does not forward")
            if address.kind == "cmd":
                return self._command(address, payload, jws, now)
            return self._policy(address, payload, jws, now)
        except NotVerified as error:
            return [{"event": "order-refused", **told, "reason": error.reason, "why": str(error)}], {}

    def answers(self, now: datetime, most: int) -> list[tuple[Site, str, bytes, str]]:
        """Return what sites have answered since: site, id of the command, and the answer as it was signed."""
        found = []
        for order, payload, jws in self._store.forwarding.unanswered(min(most, _ANSWERS_AT_ONCE)) if most > 0 else ():
            city, _ = self._store.city_and_epoch(order.site)
            found.append((Site(order.site, city), order.id, payload, jws))
            self._store.forwarding.keep_order(replace(order, answered_at=utc_text(now)))
        return found

    def _command(
        self, address: Address, payload: bytes, jws: str, now: datetime
    ) -> tuple[list[Event], dict[Lane, int]]:
        order = Order("cmd", address.command_id, payload, jws)
        command = read_command(order, self._keys, address.site)
        known = self._store.forwarding.order(command.id, command.site)
        if known is not None:  # said again: the upper hub has no answer yet
            self._store.forwarding.keep_order(replace(known, answered_at=""))
            return [], {}
        if self._store.commands.find(command.id, command.site) is not None:
            raise NotVerified("id", "this hub has given a command of this name itself")
        if command.expires_at <= now:
            raise NotVerified("expired", "an order that is over")
        outcome, changed = self._outcome(command, now)
        with closing(open_people(self._directory)) as people, people.changing():
            people.record(AuditRow(utc_text(now), WHO, command.name, f"{command.site} {command.id}", outcome, ""))
            with self._store.transaction():
                if outcome == "passed":
                    self._store.commands.keep(command, payload, sign_payload(payload, self._signer, COMMAND_TYP))
                taken = OrderFromAbove(command.id, command.site, command.name, utc_text(now), outcome, "")
                self._store.forwarding.keep_order(taken)
        event: Event = {"event": "order-taken", "site": command.site, "command": command.name, "id": command.id}
        return [{**event, "outcome": outcome}], changed

    def _outcome(self, command: Command, now: datetime) -> tuple[str, dict[Lane, int]]:
        """Return what becomes of a command, and the lanes of which something is to be sent again."""
        if command.resend is not None:
            lane = Lane(command.site, command.resend.epoch, command.resend.stream)
            return "resent", {lane: watermarks.lacks(self._store, lane, command.resend.from_seq, now)}
        if command.name not in ("report-now", "check-now"):
            return "not-passed", {}
        day = command.site, now.date().isoformat()
        self._today = Counter({key: count for key, count in self._today.items() if key[1] == day[1]})
        self._today[day] += 1
        return ("too-many" if self._today[day] > A_DAY_MOST else "passed"), {}

    def _policy(self, address: Address, payload: bytes, jws: str, now: datetime) -> tuple[list[Event], dict[Lane, int]]:
        desired = read_desired(payload, jws, self._keys, address.site)
        known = self._store.forwarding.order(_POLICY, desired.site)
        if known is not None and desired.version <= int(known.name):
            return [], {}
        outcome = "passed"
        policy = {name: value for name, value in desired.policy.items() if name != AGENT_VERSION}
        with closing(open_people(self._directory)) as people, people.changing():
            try:
                if desired.expires_at is not None:  # it would end this hub's own thresholds, too
                    raise UsageError("a policy that expires is not passed on")
                orders.set_desired(self._store, self._signer, desired.site, policy, now, packs=desired.packs or None)
            except UsageError as error:
                outcome = str(error)[:200]
            people.record(AuditRow(utc_text(now), WHO, _POLICY, f"{desired.site} {desired.version}", outcome, ""))
            taken = OrderFromAbove(_POLICY, desired.site, str(desired.version), utc_text(now), outcome, "")
            self._store.forwarding.keep_order(taken)
        return [{"event": "order-taken", "site": desired.site, "command": _POLICY, "outcome": outcome}], {}

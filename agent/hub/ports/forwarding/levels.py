"""Defines the ports of forwarding: lower hubs that may vouch here, and how far an upper hub has confirmed."""

from datetime import datetime
from typing import Protocol

from agent.hub.domain.forwarding.grants import LowerHub, Vouched
from agent.hub.domain.forwarding.rows import Behind, Confirmed, Forwardable, Lag, Lane, OrderFromAbove, Told


class LowerHubs(Protocol):
    """Stores which hubs may forward to this one, and which of them vouches for a site."""

    def keep(self, hub: LowerHub) -> None:
        """Store a lower hub under its key, new or changed.

        Raises:
            UsageError: Another one has this name.
        """

    def listed(self) -> list[LowerHub]:
        """Return all of them, revoked ones too, by name."""

    def find(self, kid: str) -> LowerHub | None:
        """Return the one with a key."""

    def vouched(self, site: str) -> Vouched | None:
        """Return which voucher counts for a site."""

    def keep_vouched(self, site: str, vouched: Vouched, now: datetime) -> None:
        """Store which voucher counts for a site."""

    def sites_of(self, kid: str) -> list[str]:
        """Return the sites for which a hub vouches, by name."""


class Forwarding(Protocol):
    """Stores how far the upper hub has confirmed each stream, and queries what it lacks."""

    def behind(self, after: Lane | None, most: int) -> list[Behind]:
        """Return the next lanes, by name, of which not all is confirmed."""

    def of_lane(self, lane: Lane) -> Behind:
        """Return how far a lane is."""

    def reports(self, lane: Lane, after_seq: int, most: int) -> list[Forwardable]:
        """Return the next stored reports of a lane by number; of a fork the one that counts."""

    def confirmed(self, site: str, epoch: str) -> Confirmed:
        """Return how far the upper hub has confirmed the streams of an epoch."""

    def keep_confirmed(self, lane: Lane, seq: int, digest: str, now: datetime) -> None:
        """Store how far the upper hub has confirmed a lane, also where that is less than before."""

    def confirmed_at(self, site: str) -> str:
        """Return when the upper hub last confirmed something of a site; empty: never."""

    def told(self, site: str) -> Told:
        """Return what the upper hub said of a site last."""

    def keep_told(self, site: str, told: Told) -> None:
        """Store what the upper hub said of a site last."""

    def refusals(self, most: int) -> list[tuple[str, str]]:
        """Return forwarded sites of which the upper hub refuses something, by name, each with what it said."""

    def left_out(self, most: int) -> list[tuple[str, str]]:
        """Return sites that are not forwarded though nobody chose so, by name, each with what it lacks."""

    def mark(self, site: str, held: str) -> None:
        """Store why a site is not forwarded; empty: it is."""

    def order(self, order_id: str, site: str) -> OrderFromAbove | None:
        """Return an order of the upper hub that was taken up."""

    def keep_order(self, order: OrderFromAbove) -> None:
        """Store an order of the upper hub, new or with what became of it."""

    def unanswered(self, most: int) -> list[tuple[OrderFromAbove, bytes, str]]:
        """Return orders that were passed on and are answered since, each with the answer as the site signed it."""

    def note_link(self, upper: str, now: datetime, why: str) -> None:
        """Store that the upper hub was reached (no `why`), or since when and why it is not."""

    def lag(self) -> Lag | None:
        """Return how far forwarding is behind; None where nothing was ever forwarded."""

"""Publishes to lower hubs why their vouchers do not count, as long as the broker bears it.

A broker that was set up before this topic was there may end the connection, or the channel, of whoever publishes on it,
and the reports of all sites with it: RabbitMQ does so to workers. The first end behind an answer is taken for that.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from agent.contract.signing_keys import Signer
from agent.hub.transport.carrier import Carrier
from agent.hub.workers.forwarding import vouching
from agent.hub.workers.intake import Event

LOG = logging.getLogger("camwarden.hub")

_ENDS_WITHIN: Final = timedelta(seconds=10)


class Answers:
    """What one hub tells lower hubs, until a connection ends behind it; then nothing more until the next start."""

    def __init__(self, signer: Signer, tell: Callable[[Event], None]) -> None:
        self._signer, self._tell = signer, tell
        self._told_at: datetime | None = None
        self._is_borne = True

    def send(self, link: Carrier, events: Iterable[Event], now: datetime) -> None:
        """Answer the vouchers that were refused. Raises OSError where the connection is gone."""
        refused = [event for event in events if vouching.is_refused_voucher(event)] if self._is_borne else ()
        for event in refused:
            self._told_at = now
            link.publish(vouching.answer(event, self._signer, now))

    def connection_ended(self, now: datetime) -> None:
        """Note that a connection has ended without having been asked to."""
        if self._told_at is None or not timedelta() <= now - self._told_at < _ENDS_WITHIN:
            return
        self._told_at, self._is_borne = None, False
        LOG.warning(
            "the connection ended behind a message on voucher-refused: lower hubs are told no refusals until the next"
            " start; let this hub's login write vss/v1/+/+/voucher-refused"
        )
        self._tell({"event": "refusals-untold"})

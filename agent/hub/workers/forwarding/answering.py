"""Publishes to lower hubs why their vouchers do not count, as long as the broker bears it."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from agent.contract.signing_keys import Signer
from agent.hub.transport.carrier import Carrier
from agent.hub.workers.forwarding import vouching
from agent.hub.workers.forwarding.trial import Trial
from agent.hub.workers.intake import Event

_UNTOLD: Final = (
    "connections end behind messages on voucher-refused: lower hubs are told no refusals until the next start; let this"
    " hub's login write vss/v1/+/+/voucher-refused"
)


class Answers:
    """What one hub tells lower hubs."""

    def __init__(self, signer: Signer, tell: Callable[[Event], None]) -> None:
        self._signer = signer
        self._trial = Trial(tell, "refusals-untold", _UNTOLD)

    def send(self, link: Carrier, events: Iterable[Event], now: datetime) -> None:
        """Answer the vouchers that were refused. Raises OSError where the connection is gone."""
        if not self._trial.is_open:
            return
        for event in filter(vouching.is_refused_voucher, events):
            self._trial.tried(now)
            link.publish(vouching.answer(event, self._signer, now))

    def connection_ended(self, now: datetime) -> None:
        """Note that a connection has ended without having been asked to."""
        self._trial.connection_ended(now)

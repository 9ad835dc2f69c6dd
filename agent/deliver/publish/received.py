"""Receives watermarks, which confirm rows of the spool, receipts of the hub's log, orders, and the own last state.

Orders are queued unverified. A receipt moves what is held of the log only where it proves that the log continues that.

The own state that the broker has retained tells whether this connection's number is free: a state folder that was
restored from a backup, or copied, has used it before, and then no hub can tell its birth from one that is over.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from agent.contract.envelope import STATE_TYP, verify
from agent.contract.orders import Order
from agent.contract.payload_bounds import NUMBER_MAX, read_json
from agent.contract.presence import Presence
from agent.contract.signing_keys import PublicKey
from agent.contract.topics import read_topic, topic
from agent.contract.watermark import read_watermark
from agent.deliver.publish.messages import DecodedMessage
from agent.deliver.publish.window import Window
from agent.deliver.spool.spool import Spool
from agent.model.errors import NotVerified
from agent.observe.facts.delivery_status import StatusBoard
from agent.site.config.site import Site
from agent.verify.log_message import read_message as read_log_message

LOG = logging.getLogger("camwarden.publish")

TakeOrder = Callable[[Order], None]


def subscriptions(site: Site) -> tuple[str, str, str]:
    """Return the topics of a site's subscription; the first one is required."""
    return topic(site.city, site.id, "ack"), topic(site.city, site.id, "cmd", "+"), topic(site.city, site.id, "desired")


def wishes(site: Site) -> tuple[str, str]:
    """Return further topics of a site's subscription, which an older access list of the broker may refuse."""
    return topic(site.city, site.id, "state"), topic(site.city, site.id, "receipt")


def number_in_use(one: DecodedMessage, presence: Presence, own: Collection[bytes], key: PublicKey) -> int:
    """Return the number of a state message that this connection's number is not above, 0 for any other message. Pure.

    Counted are states of the same site and epoch that `key`, the site's own, signed; `own` are the payloads of this
    connection's birth and will.
    """
    origin = presence.origin
    if one.topic != topic(origin.city, origin.site, "state") or not one.payload or one.payload in own:
        return 0
    try:
        verify(one.payload, one.jws, {key.kid: key}, STATE_TYP)
        data = read_json(one.payload)
    except NotVerified:
        return 0
    number = data.get("connection_no")
    is_own = (data.get("site"), data.get("epoch")) == (origin.site, presence.epoch)
    is_number = isinstance(number, int) and presence.connection_no <= number < NUMBER_MAX
    return int(number) if is_own and is_number else 0


def ignore_order(order: Order) -> None:
    """Ignore an order: for a process that cannot carry it out."""


class Receiver:
    """Receives the hub's messages, on one thread; `heard` gets each order there and must only queue it."""

    def __init__(
        self,
        site: Site,
        spool: Spool,
        window: Window,
        board: StatusBoard,
        hub_keys: Mapping[str, PublicKey],
        clock: Callable[[], datetime],
        heard: TakeOrder = ignore_order,
        own_kid: str = "",
    ) -> None:
        self._site = site
        self._spool = spool
        self._window = window
        self._board = board
        self._hub_keys = hub_keys
        self._clock = clock
        self._heard = heard
        self._own_kid = own_kid

    def take(self, name: str, payload: bytes, jws: str) -> None:
        """Take a message; an empty payload only clears a retained one."""
        address = read_topic(name)
        if not payload or address is None or (address.city, address.site) != (self._site.city, self._site.id):
            return
        if address.kind == "ack":
            self._watermark(payload, jws)
        elif address.kind == "receipt":
            self._receipt(payload)
        elif address.kind == "cmd":
            self._hand_on(Order("cmd", address.command_id, payload, jws))
        elif address.kind == "desired":
            self._hand_on(Order("desired", "", payload, jws))

    def _hand_on(self, order: Order) -> None:
        try:
            self._heard(order)
        except Exception:  # it would come again with each connection, and end each one
            self._board.count_failure()
            LOG.exception("an order could not be handed on")

    def _receipt(self, payload: bytes) -> None:
        """Hold what the hub shows of its log, where it proves that this continues what is held; else count why not.

        A retained one may be of a report that is long gone here: it moves nothing, and proves nothing bad.
        """
        if self._site.hub is None or self._site.hub.confirm != "hub":
            return
        held, now = self._spool.read_log(), self._clock()
        try:
            told = read_log_message(payload, self._site.id, held, self._hub_keys)
        except NotVerified as error:
            self._board.refuse_log(error.reason)
            return
        if self._spool.has_report(told.digest):
            self._spool.keep_log(told.step.held.note)
            self._board.tell_log(now, told.step.held.size, [(one.by, one.why) for one in told.step.restored])

    def _watermark(self, payload: bytes, jws: str) -> None:
        """Apply a watermark if the pinned hub signed it for this site and it fits the spool; else count the refusal."""
        if self._site.hub is None or self._site.hub.confirm != "hub":
            return
        now = self._clock()
        try:
            mark = read_watermark(payload, jws, self._hub_keys, self._site.id)
        except NotVerified as error:
            self._board.count_ignored(error.reason, str(error))
            return
        refused = mark.refused_key
        self._board.tell_key(refused.reason if refused is not None and refused.kid == self._own_kid else "")
        outcome = self._spool.confirm(mark, now)
        if outcome in ("confirmed", "nothing-new"):
            self._window.confirmed(mark)
            self._board.note(watermark_at=now, ack_no=mark.ack_no)
            if self._spool.evict_refused(mark, now):
                self._board.tell_refused(self._spool.refused())
        else:
            self._board.count_ignored(outcome, f"it does not fit this spool: {outcome}")

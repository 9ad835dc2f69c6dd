"""Judges a batch of messages in one transaction, and one by one where an error that nobody foresaw is in the way.

A broker that has no acknowledgement sends a message again, to a hub that was started anew, too: one that ended the hub
each time would end the work for all sites. So it is left out, and told; its site, which nobody confirmed it to, has it.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from agent.contract.signing_keys import Signer
from agent.contract.topics import read_topic
from agent.deliver.publish.messages import DecodedMessage
from agent.hub.ports.store import Store
from agent.hub.workers.answers import Ack, write_ack
from agent.hub.workers.intake import Event, Intake
from agent.model.errors import AgentError

LOG = logging.getLogger("camwarden.hub")

_TOPIC_MAX_CHARS: Final = 200


def judge(
    store: Store, intake: Intake, signer: Signer, messages: list[DecodedMessage], now: datetime
) -> tuple[list[Event], list[Ack]]:
    """Judge and commit; return the events to log, and the watermarks that may now be sent.

    Raises:
        StoreFailed: Nothing of the batch, or not all of it, was committed: judge it again.
    """
    dirty = set(intake.dirty)
    try:
        with store.transaction(_sites(messages) | {site for site, _ in dirty}):
            events = [*(_taken(intake, one, now) for one in messages), *intake.settle()]
            if not intake.news:
                return events, _acks(store, intake, signer, now)
    except AgentError:
        raise
    except Exception:  # noqa: BLE001  whose it is shows below
        _take_back(intake, dirty)
        events = []
        for one in messages:
            events += _alone(store, intake, one, lambda one=one: [_taken(intake, one, now), *intake.settle()])  # type: ignore[misc]
    events += _alone(store, intake, None, lambda: [*_retried(intake), *intake.settle()])  # of sites that nobody named
    with store.transaction():
        return events, _acks(store, intake, signer, now)


def _sites(messages: list[DecodedMessage]) -> set[str]:
    addresses = [read_topic(one.topic) for one in messages]
    return {address.site if address else "" for address in addresses}


def _taken(intake: Intake, one: DecodedMessage, now: datetime) -> Event:
    return intake.take(one.topic, one.payload, one.jws, now, one.label, one.packed)


def _retried(intake: Intake) -> list[Event]:
    return intake.retry() if intake.news else []


def _acks(store: Store, intake: Intake, signer: Signer, now: datetime) -> list[Ack]:
    acks = [write_ack(store, signer, site, epoch, now) for site, epoch in sorted(intake.dirty)]
    return [ack for ack in acks if ack is not None]


def _alone(store: Store, intake: Intake, one: DecodedMessage | None, take: Callable[[], list[Event]]) -> list[Event]:
    """Judge one message in a transaction of its own, or what waits for a key; return what came of it."""
    dirty = set(intake.dirty)
    try:
        with store.transaction():
            return take()
    except AgentError:
        intake.news = intake.news or one is None
        raise
    except Exception as error:  # noqa: BLE001  whatever it is, it is this message's only
        _take_back(intake, dirty)
        intake.news = intake.news and one is not None
        return [_failed(one.topic[:_TOPIC_MAX_CHARS] if one else "", error)]


def _take_back(intake: Intake, dirty: set[tuple[str, str]]) -> None:
    """Drop what a transaction that was rolled back has left behind."""
    intake.forget()
    intake.dirty = dirty


def _failed(topic: str, error: Exception) -> Event:
    """Log an error that nobody foresaw by its kind and place: its words may repeat the message."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_qualname}:{place.tb_lineno}" if place is not None else ""
    why = f"{type(error).__name__} in {where}"
    LOG.error("a message on %r was left out: %s; please report it. Its site has it, and sends it again", topic, why)
    address = read_topic(topic)
    return {"event": "left-out", "site": address.site if address else "", "topic": topic, "why": why}

"""Sends messages to endpoints of other systems, each with a thread and a connection to the database of its own.

So an endpoint that hangs, or a name that does not resolve, holds up neither intake nor another endpoint. What was
sent and not yet stored as sent when the hub ends is sent again, with the same id.
"""

import logging
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from agent.contract.chain import utc_text
from agent.contract.standard_webhooks import standard_headers
from agent.hub.domain import webhooks
from agent.hub.domain.rows.webhooks import Delivery, Hook, Progress
from agent.hub.outgoing.exchange import NoAnswer, exchange
from agent.hub.outgoing.reachable import is_public, is_public_or_private
from agent.hub.ports.store import Store
from agent.hub.stores.engines import open_store
from agent.hub.workers.intake import Event
from agent.model.errors import AgentError
from agent.model.finding import Message
from agent.model.web_address import address_of

LOG = logging.getLogger("camwarden.hub")

LOOK_S: Final = 1.0
AT_ONCE: Final = 200
"""Of what happened, so much is made into messages in one transaction; so many messages one thread sends."""
END_WITHIN_S: Final = 2.0

_NO_ADDRESS: Final = Message("its address is none")


def send(hook: Hook, id: str, body: bytes, now: datetime, within_s: float = 10.0) -> tuple[tuple[int, str], str]:
    """Send one message; return status and reason, status 0 for no answer, and what it says of the next try.

    No reason holds the address, which may be a secret.
    """
    address = address_of(hook.url)
    if address is None:
        return (0, str(_NO_ADDRESS)), ""
    signed = standard_headers(webhooks.secrets_of(hook, now), id, int(now.timestamp()), body)
    headers = {"Content-Type": "application/json", **dict(signed)}
    may_connect = is_public_or_private if hook.is_private else is_public
    ca = Path(hook.ca) if hook.ca else None
    try:
        answer = exchange(
            address, "POST", headers, body, within_s=within_s, most_bytes=0, ca=ca, may_connect=may_connect
        )
    except NoAnswer as error:
        return (0, str(error.why)), ""
    return (answer.status, ""), answer.retry_after


def queue_happened(store: Store, now: datetime) -> bool:
    """Make messages of what happened, for each endpoint that is told of it; return whether there may be more."""
    if not store.webhooks.listed():
        return False
    if not store.webhooks.happened(1):
        return False
    with store.transaction():
        found = store.webhooks.happened(AT_ONCE)
        for hook in store.webhooks.listed():
            progress = store.webhooks.progress(hook.name)
            for one in found:
                if webhooks.goes_to(hook, progress, one):
                    no = store.webhooks.next_number(hook.name)
                    body = webhooks.body_of(one.kind, one.id, no, one.at, dict(one.told))
                    store.webhooks.queue(
                        Delivery(hook=hook.name, no=no, id=one.id, body=body, made_at=utc_text(now))
                    )  # fmt: skip
            _give_up_oldest(store, hook.name, progress)
        store.webhooks.forget(found[-1].no if found else 0)
    return len(found) == AT_ONCE


def _give_up_oldest(store: Store, name: str, progress: Progress) -> None:
    over = store.webhooks.oldest(name, webhooks.WAITING_MOST)
    for no in over:
        store.webhooks.drop(name, no)
    if over:
        store.webhooks.keep_progress(name, webhooks.given_up(progress, len(over)))


def due(store: Store, hook: Hook, now: datetime) -> Delivery | None:
    """Return the message that is to be sent to an endpoint now."""
    progress = store.webhooks.progress(hook.name)
    if hook.disabled_at or progress.stopped_at or progress.next_at > utc_text(now):
        return None
    return store.webhooks.due(hook.name, now)


def send_next(
    store: Store, name: str, clock: Callable[[], datetime], chance: float
) -> tuple[Progress, Progress] | None:
    """Send the message of an endpoint that is due; return how it stood and stands, None where nothing was sent."""
    now = clock()
    hook = next((one for one in store.webhooks.listed() if one.name == name), None)
    delivery = due(store, hook, now) if hook is not None else None
    if hook is None or delivery is None:
        return None
    answer, retry_after = send(hook, delivery.id, delivery.body, now)
    with store.transaction():
        stood = store.webhooks.progress(name)  # a person may have changed it meanwhile
        stands, waits = webhooks.after(stood, delivery, answer, retry_after, clock(), chance)
        store.webhooks.keep_progress(name, stands)
        if waits is None:
            store.webhooks.drop(name, delivery.no)
        elif any(one.name == name for one in store.webhooks.listed()):
            store.webhooks.queue(waits)
    return stood, stands


class Senders:
    """Looks each second what happened and what is due, and starts a thread for each endpoint that has something."""

    def __init__(self, directory: Path, clock: Callable[[], datetime], tell: Callable[[Event], None]) -> None:
        self._directory, self._clock, self._tell = directory, clock, tell
        self._busy: dict[str, threading.Thread] = {}
        self.ended = threading.Event()

    def run(self) -> None:
        """Look until it has ended. That the database does not answer is told once, until it does again."""
        is_told = False
        while not self.ended.wait(LOOK_S):
            try:
                with closing(open_store(self._directory)) as store:
                    while not self.ended.wait(LOOK_S):
                        self._look(store)
                        is_told = False
            except AgentError as error:
                if not is_told:
                    LOG.warning("endpoints of other systems wait: %s", error)
                is_told = True

    def _look(self, store: Store) -> None:
        now = self._clock()
        while queue_happened(store, now) and not self.ended.is_set():
            pass
        for hook in store.webhooks.listed():
            thread = self._busy.get(hook.name)
            if (thread is None or not thread.is_alive()) and due(store, hook, now) is not None:
                name = f"webhook {hook.name}"
                thread = threading.Thread(target=self.serve, args=(hook.name,), name=name, daemon=True)
                self._busy[hook.name] = thread
                thread.start()

    def serve(self, name: str) -> None:
        """Send what is due for one endpoint."""
        try:
            with closing(open_store(self._directory)) as store:
                for _ in range(AT_ONCE):
                    chance = random.random()  # noqa: S311  spreads tries, protects nothing
                    if self.ended.is_set() or (done := send_next(store, name, self._clock, chance)) is None:
                        return
                    self._report(name, *done)
        except AgentError as error:
            LOG.warning("endpoint %s waits: %s", name, error)

    def _report(self, name: str, stood: Progress, stands: Progress) -> None:
        told: Event = {"hook": name, "status": stands.last_status, "why": stands.last_why}
        if stands.stopped_at and not stood.stopped_at:
            self._tell({"event": "webhook-stopped", **told})
        elif stands.failing_since and not stood.failing_since:
            self._tell({"event": "webhook-fails", **told})
        elif stood.failing_since and not stands.failing_since:
            self._tell({"event": "webhook-works", "hook": name})


@contextmanager
def sending(directory: Path, clock: Callable[[], datetime], tell: Callable[[Event], None]) -> Iterator[None]:
    """Send to endpoints while the block runs. What hangs at its end is left: it is sent again."""
    senders = Senders(directory, clock, tell)
    thread = threading.Thread(target=senders.run, name="webhooks", daemon=True)
    thread.start()
    try:
        yield
    finally:
        senders.ended.set()
        thread.join(END_WITHIN_S)

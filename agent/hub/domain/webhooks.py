"""Decides what is sent to an endpoint of another system, and what follows from its answer. Pure.

An endpoint gets what a person with its bindings would see, and only the kinds that it asked for. A message is tried
for three days, with growing waits; then it is given up, and so is an endpoint that took nothing for so long.

Source: Standard Webhooks 1.0 (payload, retries, 410 Gone); RFC 9110 section 10.2.3 (Retry-After).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.domain.rows.webhooks import Delivery, Happening, Hook, Progress
from agent.hub.domain.scope import allowed
from agent.model.finding import Json

SCHEMA: Final = "camwarden-hub-webhook/1"
TEST: Final = "webhook.test"
OVER: Final = "over"
"""The status of a finding that no report has any more: it passes, or is not judged any more."""

TRIED_FOR: Final = timedelta(days=3)
WAIT_FIRST: Final = timedelta(seconds=10)
WAIT_LAST: Final = timedelta(hours=6)
WAIT_GROWS: Final = 3
RETRY_AFTER_MOST: Final = timedelta(days=1)
"""An endpoint that wants to be left alone for longer is asked again after a day."""
BOTH_SIGN_FOR: Final = timedelta(days=1)
"""So long the secret before signs too, when another one was made."""
WAITING_MOST: Final = 20_000
"""Messages that wait for one endpoint; the oldest is given up for a newer one."""

_GONE: Final = 410
_OF_THE_MESSAGE: Final = frozenset({400, 413, 422})
"""Answers to this message alone: the next one may be taken."""


def goes_to(hook: Hook, progress: Progress, happening: Happening) -> bool:
    """Return whether an endpoint is told of something."""
    is_active = not hook.disabled_at and not progress.stopped_at
    return is_active and happening.kind in hook.kinds and allowed(hook.scope, happening.place)


def event_id(*parts: str) -> str:
    """Return the id of what happened: the same parts have the same one, also after a restore of the hub."""
    return "evt_" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def body_of(kind: str, id: str, no: int, at: str, told: Json) -> bytes:
    """Return the body of a message; `no` is its number among those of the endpoint, 0 for a test."""
    body = {"schema": SCHEMA, "type": kind, "id": id, "sequence": no, "timestamp": at, "data": told}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def secrets_of(hook: Hook, now: datetime) -> Sequence[str]:
    """Return the secrets that sign now."""
    is_both = hook.secret_before and utc_text(now) < hook.before_until
    return (hook.secret, hook.secret_before) if is_both else (hook.secret,)


def is_taken(status: int) -> bool:
    """Return whether an answer means that a message was taken; a redirect does not."""
    return 200 <= status < 300


def after(
    progress: Progress, delivery: Delivery, answer: tuple[int, str], retry_after: str, now: datetime, chance: float
) -> tuple[Progress, Delivery | None]:
    """Return how an endpoint stands after an answer, and the message as it waits on; None: it waits no more.

    Args:
        progress: How it stood.
        delivery: What was sent.
        answer: Status, 0 for none, and why there is none.
        retry_after: What the answer says of the next try, empty: nothing.
        now: Aware UTC.
        chance: From 0 to 1; spreads tries.
    """
    status, why = answer
    at = utc_text(now)
    progress = replace(progress, last_at=at, last_status=status, last_why=why)
    if is_taken(status):
        return enabled(replace(progress, delivered=progress.delivered + 1)), None
    if status == _GONE:
        return replace(progress, stopped_at=at), delivery
    since = progress.failing_since or at
    progress = replace(progress, failing_since=since)
    if datetime.fromisoformat(since) <= now - TRIED_FOR:
        progress = replace(progress, stopped_at=at)
    if status in _OF_THE_MESSAGE:
        tries = delivery.tries + 1
        waits: Delivery | None = replace(delivery, tries=tries, next_at=utc_text(now + wait(tries, chance)))
    else:
        tries, waits = progress.tries + 1, delivery
        next_at = now + max(wait(tries, chance), asked_wait(retry_after, now))
        progress = replace(progress, tries=tries, next_at=utc_text(next_at))
    if datetime.fromisoformat(delivery.made_at) <= now - TRIED_FOR:
        return given_up(progress, 1), None
    return progress, waits


def given_up(progress: Progress, count: int) -> Progress:
    """Return how an endpoint stands of which so many more messages were given up."""
    return replace(progress, given_up=progress.given_up + count)


def enabled(progress: Progress) -> Progress:
    """Return how an endpoint stands that a person has enabled: it is tried at once; what it took stays counted."""
    return replace(progress, failing_since="", tries=0, next_at="", stopped_at="")


def wait(tries: int, chance: float) -> timedelta:
    """Return how long to wait after so many tries that failed, from 3/4 to 5/4 of what grows."""
    factor: int = WAIT_GROWS ** min(tries - 1, 16)
    return min(WAIT_FIRST * factor, WAIT_LAST) * (0.75 + chance / 2)


def asked_wait(retry_after: str, now: datetime) -> timedelta:
    """Return how long an answer asks to be left alone, within bounds; what cannot be read asks for nothing."""
    text = retry_after.strip()
    try:
        if text.isascii() and text.isdecimal():
            asked = timedelta(seconds=min(int(text[:9]), 10**8))
        else:
            until = parsedate_to_datetime(text)
            asked = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError):
        return timedelta()
    return min(max(asked, timedelta()), RETRY_AFTER_MOST)

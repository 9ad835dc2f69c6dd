"""Decides which command of a hub is carried out or refused, with which word, and remembers the result. Pure.

    verified -> known by its id   -> the same result again
             -> refused           expired, too-long, unknown-camera, unknown-check, other-epoch, too-many,
                                 unknown-dispute, other-finding, older-decision
             -> accepted          resend and decide at once; report-now and check-now by the next cycle

`agent/contract/orders_json.py` decides who may ask: what no pinned hub has signed is only counted, never answered.
`agent/service/orders/desk.py` carries out, stores and answers.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, Literal

from agent.contract.disputes import Decided
from agent.contract.orders import Command, CommandName, Order
from agent.judge.memory.disputes import Contested
from agent.model.finding import Json

SCHEMA: Final = "camwarden-orders/1"

A_DAY_AT_MOST: Final[Mapping[CommandName, int]] = {"check-now": 12, "report-now": 24, "resend": 24, "decide": 64}
"""How many of each are carried out within 24 hours: a spot check costs every camera it names a look on each path."""

RESEND_AT_MOST: Final = 100_000
"""Reports that one `resend` may name: two months of a site that reports each minute."""

MISSING_AT_MOST: Final = 1_000
"""Runs that one result names as missing, so that it fits into a packet; a hub asks again about what is left."""

VALID_AT_MOST: Final = timedelta(days=1)
"""Longest time from `ts` to `expires_at`. What was carried out is remembered for longer, so that none runs twice."""

REMEMBERED: Final = 256
"""Results that are kept: four days of as many commands as a day may have."""

WAITING_AT_MOST: Final = 64
"""Commands that are kept over a restart: more than a day may have of all kinds together."""

DAY: Final = timedelta(days=1)

Refusal = Literal[
    "", "expired", "too-long", "unknown-camera", "unknown-check", "other-epoch", "too-many",
    "unknown-dispute", "other-finding", "older-decision",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answered:
    """A command and its exact result, so that a repeated command gets the same one."""

    id: str
    name: CommandName
    done: bool
    at: datetime
    payload: str


@dataclass(frozen=True, slots=True)
class CommandLog:
    """What is remembered of commands, oldest first."""

    answered: tuple[Answered, ...] = ()

    def find(self, command_id: str) -> Answered | None:
        """Return the answer to a command, None for a new one."""
        return next((one for one in self.answered if one.id == command_id), None)

    def within_a_day(self, name: CommandName, now: datetime) -> int:
        """Count how often a command was carried out within 24 hours of `now`, by the clock of each time."""
        return sum(one.done and one.name == name and abs(now - one.at) < DAY for one in self.answered)


@dataclass(frozen=True, slots=True)
class CommandContext:
    """What a command is validated against: the site's cameras, checks and disputes, the spool's epoch, and the clock.

    With `clock_trusted` False `now` may be wrong, and nothing is called expired.
    """

    cameras: Collection[str]
    checks: Collection[str]
    epoch: str
    now: datetime
    clock_trusted: bool
    contested: tuple[Contested, ...] = ()


def refusal(command: Command, book: CommandLog, waiting: Iterable[Command], here: CommandContext) -> Refusal:
    """Return why a new command is refused, empty where it is accepted.

    Args:
        command: From a pinned hub, for this site, not known by its id.
        book: What was carried out before.
        waiting: Accepted and not carried out yet; it counts like what was.
        here: The site now.
    """
    if here.clock_trusted and here.now >= command.expires_at:
        return "expired"
    if command.expires_at - command.at > VALID_AT_MOST:
        return "too-long"
    if here.clock_trusted and command.expires_at - here.now > 2 * VALID_AT_MOST:
        return "too-long"  # from a clock that is days ahead: it would still be valid when its result is forgotten
    asked, look = command.resend, command.spot_check
    if command.decided is not None and (why := _decision_refusal(command.decided, here.contested)):
        return why
    if asked is not None and asked.epoch != here.epoch:
        return "other-epoch"
    if asked is not None and asked.to_seq - asked.from_seq >= RESEND_AT_MOST:
        return "too-long"
    if look is not None and not set(look.cameras) <= set(here.cameras):
        return "unknown-camera"
    if look is not None and not set(look.checks) <= set(here.checks):
        return "unknown-check"
    ahead = sum(one.name == command.name for one in waiting)
    if book.within_a_day(command.name, here.now) + ahead >= A_DAY_AT_MOST[command.name]:
        return "too-many"
    return ""


def _decision_refusal(word: Decided, known: Iterable[Contested]) -> Refusal:
    """Return why a decision does not stand beside a finding: it is about nothing here, or was overtaken."""
    there = next((one for one in known if one.dispute.said.id == word.dispute), None)
    if there is None:
        return "unknown-dispute"
    if there.dispute.key != f"{word.check} {word.subject}":
        return "other-finding"
    stands = there.decision
    if stands is None or stands.at < word.at or (stands.at, stands.outcome) == (word.at, word.outcome):
        return ""
    return "older-decision"


def remember(book: CommandLog, answered: Answered) -> CommandLog:
    """Add a result. In a full book refused ones go first: they cost nothing to refuse again.

    So a flood of commands cannot evict what was carried out, and the day's count with it. The new result always stays.
    """
    kept = list(book.answered)
    while len(kept) >= REMEMBERED:
        kept.remove(next((one for one in kept if not one.done), kept[0]))
    return replace(book, answered=(*kept, answered))


def to_json(book: CommandLog, waiting: Iterable[Order]) -> str:
    """Encode results, and the first waiting commands, for their file."""
    answered: list[Json] = [[a.id, a.name, a.done, a.at.isoformat(), a.payload] for a in book.answered]
    kept = islice(waiting, WAITING_AT_MOST)
    orders: list[Json] = [[order.topic_id, b64encode(order.payload).decode(), order.jws] for order in kept]
    return json.dumps({"schema": SCHEMA, "answered": answered, "waiting": orders}, ensure_ascii=False)


def from_json(text: str) -> tuple[CommandLog, tuple[Order, ...]]:
    """Decode what `to_json` wrote. Waiting commands are as unproven as any that arrives: each is verified again.

    Raises ValueError for anything else.
    """
    try:
        data = json.loads(text)
        if data["schema"] != SCHEMA:
            raise ValueError
        answered = tuple(_answered(*one) for one in data["answered"])
        orders = tuple(
            Order("cmd", str(topic_id), b64decode(payload), str(jws)) for topic_id, payload, jws in data["waiting"]
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        raise ValueError("not a list of commands of this version") from None
    return CommandLog(answered[-REMEMBERED:]), orders[:WAITING_AT_MOST]


def _answered(command_id: Any, name: Any, done: Any, at: Any, payload: Any) -> Answered:
    moment = datetime.fromisoformat(at)
    if name not in A_DAY_AT_MOST or moment.tzinfo is None:
        raise ValueError
    return Answered(str(command_id), name, bool(done), moment, str(payload))

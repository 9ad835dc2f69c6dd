"""Lists what owners dispute, and decides on it: `camwarden hub disputes` and `camwarden hub decide`.

A decision is signed and written into the hub's database; the running hub tells the site within a second, and says it
again until the site has answered.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from agent.commands.hub.orders import writing
from agent.commands.hub.view import reading
from agent.contract.disputes import decided_json
from agent.hub.stores.day_figures import CHINA
from agent.hub.views.disputes import write_disputes
from agent.hub.workers import decisions
from agent.model.exits import FAILS, OK
from agent.model.finding import Json, Message
from agent.text.harmless import json_text, printable
from agent.text.site_time import local
from agent.text.translate import render

DECISION_SCHEMA: Final = "camwarden-hub-decision/1"

DELIVERED: Final = {
    "answered": Message("the site has it"),
    "refused": Message("the site refused it: see camwarden hub orders"),
    "expired": Message("the site has not answered yet: it is sent again"),
}
"""What became of a decision on its way, by the state of its order; any other one: it is on its way."""
ON_ITS_WAY: Final = Message("on its way to the site")

OUTCOMES: Final = {
    "upheld": Message("the finding was right"),
    "overturned": Message("the finding was wrong, and the figures are corrected"),
    "remedied": Message("the finding was right, and is mended since"),
}


def show(args: argparse.Namespace) -> int:
    """Print the disputes; 1 where a decision is late."""
    with reading(args) as store:
        told = write_disputes(store, args.site, datetime.now(UTC), args.days, args.open)
    found: Any = told["disputes"]
    if args.json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    elif not args.quiet:
        for line in _lines(found):
            sys.stdout.write(printable(render(line, args.lang)) + "\n")
    return FAILS if any(one["overdue"] for one in found) else OK


def decide(args: argparse.Namespace) -> int:
    """Decide."""
    with writing(args.data) as (store, signer):
        told = (args.outcome, printable(args.by), printable(args.why))
        word = decisions.decide(store, signer, args.site, args.dispute, *told, datetime.now(UTC))
    if args.json:
        said: dict[str, Json] = {"schema": DECISION_SCHEMA, "site": args.site, **decided_json(word)}
        sys.stdout.write(json_text(said) + "\n")
    elif not args.quiet:
        values = {"site": args.site, "check": word.check, "subject": word.subject, "what": OUTCOMES[word.outcome]}
        line = Message(
            "{site} {check} {subject}: {what}; the running hub tells the site, see `camwarden hub disputes`", values
        )
        sys.stdout.write(render(line, args.lang) + "\n")
    return OK


def _lines(found: Any) -> Iterator[Message]:
    if not found:
        yield Message("nothing is disputed")
    for one in found:
        values = {**one, "number": one["id"][:8], "due": _day(one["due_at"])}
        if one["decision"]:
            yield Message("{site} {check} {subject}: dispute {number} is decided", values)
        elif one["overdue"]:
            yield Message("{site} {check} {subject}: dispute {number} was due for a decision on {due}: LATE", values)
        else:
            yield Message("{site} {check} {subject}: dispute {number} is due for a decision by {due}", values)
        yield Message("    disputed by {by} on {day}: {why}", {**one, "day": _day(one["at"])})
        if one["decision"]:
            word = one["decision"]
            state = DELIVERED.get(one["order"]["state"], ON_ITS_WAY)
            what = {"what": OUTCOMES[word["outcome"]], "day": _day(word["decided_at"]), "state": state}
            yield Message("    decided by {by} on {day}: {what} ({why}); {state}", {**word, **what})


def _day(text: str) -> str:
    return local(datetime.fromisoformat(text), CHINA)[:10]

"""Lists what owners dispute, and decides on it: `camwarden hub disputes` and `camwarden hub decide`.

A decision is signed and written into the hub's database; the running hub tells the site within a second, and says it
again until the site has answered.
"""

import argparse
import json
import sys
from datetime import UTC, datetime
from typing import Any, Final

from agent.commands.hub.orders import writing
from agent.commands.hub.view import named, reading
from agent.contract.disputes import decided_json
from agent.hub.views.disputes.listed import write_disputes
from agent.hub.views.disputes.words import OUTCOMES, dispute_lines
from agent.hub.workers import decisions
from agent.model.exits import FAILS, OK
from agent.model.finding import Json, Message
from agent.text.harmless import json_text, printable
from agent.text.translate import render

DECISION_SCHEMA: Final = "camwarden-hub-decision/1"


def show(args: argparse.Namespace) -> int:
    """Print the disputes; 1 where a decision is late."""
    with reading(args) as store:
        told = named(args, store, write_disputes(store, args.site, datetime.now(UTC), args.days, args.open))
    found: Any = told["disputes"]
    if args.json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    elif not args.quiet:
        for line in dispute_lines(found):
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

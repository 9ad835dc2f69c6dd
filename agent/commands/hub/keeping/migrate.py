"""Imports a hub that does not run from its `hub.db` into PostgreSQL: `camwarden hub migrate`."""

import argparse
import json
import time
from typing import Final

from agent.commands.terminal.progress_line import progress_line
from agent.hub.stores.engines import migrate
from agent.model.exits import OK
from agent.model.finding import Message
from agent.text.translate import render

SCHEMA: Final = "camwarden-hub-migrate/1"


def run(args: argparse.Namespace) -> int:
    """Move it, and compare all; where an earlier try was ended, go on with it."""
    began_s = time.monotonic()
    shown = Message("the database is looked at")

    def tell(name: str, done: int, of: int) -> None:
        nonlocal shown
        shown = Message("{table}: {done} of {of} rows", {"table": name, "done": done, "of": of})

    with progress_line(args, lambda: shown):
        moved = migrate(args.data, args.to, tell)
    rows, seconds = sum(moved.rows.values()), round(time.monotonic() - began_s, 1)
    if args.json:
        told = {"rows": rows, "tables": dict(moved.rows), "aside": str(moved.aside), "seconds": seconds}
        print(json.dumps({"schema": SCHEMA, **told}, ensure_ascii=False))
    elif not args.quiet:
        line = Message(
            "{data}: {rows} rows are in PostgreSQL and were compared, in {seconds} s; start the hub. What was hub.db is"
            " {aside}: remove it once the server is backed up",
            {"data": args.data, "rows": rows, "seconds": seconds, "aside": moved.aside.name},
        )
        print(render(line, args.lang))
    return OK

"""Imports the folder of another hub, such as one of release 0.1: `camwarden hub take-over`."""

import argparse
import json
import time
from datetime import UTC, datetime
from typing import Final

from agent.commands.hub.keeping.backup import STATE
from agent.commands.terminal.progress_line import progress_line
from agent.hub.stores.engines import files_of
from agent.model.exits import OK
from agent.model.finding import Message
from agent.text.translate import render

SCHEMA: Final = "camwarden-hub-take-over/1"


def run(args: argparse.Namespace) -> int:
    """Take it over; where an earlier try was ended, go on with it."""
    began_s = time.monotonic()
    with progress_line(args, Message("the folder is copied, and reports are read once")):
        reports = files_of(args.data).take_over(args.folder, args.data, datetime.now(UTC))
    told = {"reports": reports, "seconds": round(time.monotonic() - began_s, 1)}
    if args.json:
        print(json.dumps({"schema": SCHEMA, **told}))
    elif not args.quiet:
        line = Message(
            "{data}: {reports} reports taken over in {seconds} s; start the hub", {**told, "data": args.data}
        )
        print(render(line, args.lang))
        if files_of(args.data).has_log(args.data):
            print(render(Message(STATE, {"data": args.data}), args.lang))
    return OK

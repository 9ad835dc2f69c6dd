"""Verifies that the hub's stored rows are unaltered: `camwarden hub check`."""

import argparse
import json
from typing import Any

from agent.commands.hub.view import reading
from agent.model.exits import FAILS, OK
from agent.model.finding import Message
from agent.text.harmless import printable
from agent.text.translate import render


def run(args: argparse.Namespace) -> int:
    """Compare the stored rows with their digests; 1 if something differs."""
    with reading(args) as store:
        told: Any = store.reports.check(args.sample)
    if args.json:
        print(json.dumps(told))
    else:
        for row in told["rows"]:
            line = Message("site {site}: {stream} {seq} of epoch {epoch} is not what was stored ({what})", row)
            print(printable(render(line, args.lang)))
        if told["altered"]:
            line = Message(
                "{altered} of {checked} reports are not what was stored: restore hub.db from a backup, and ask the "
                "sites again with `camwarden hub resend`",
                told,
            )
            print(render(line, args.lang))
        elif not args.quiet:
            print(render(Message("{checked} of {reports} reports checked: each is what was stored", told), args.lang))
    return FAILS if told["altered"] else OK

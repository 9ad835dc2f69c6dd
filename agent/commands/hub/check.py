"""Verifies that the hub's stored rows are unaltered: `camwarden hub check`."""

import argparse
import json
from typing import Any

from agent.commands.hub.view import reading
from agent.hub.stores import evidence
from agent.model.exits import FAILS, OK
from agent.model.finding import Message
from agent.text.harmless import printable
from agent.text.translate import render


def add_actions(actions: Any, data: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser = actions.add_parser("check", parents=[data], help="hold stored reports against their digests; exit code 1")
    parser.add_argument("--sample", type=number, metavar="N", help="so many that chance picks (default: all)")


def run(args: argparse.Namespace) -> int:
    """Compare the stored rows with their digests; 1 if something differs."""
    with reading(args) as store:
        told: Any = evidence.check(store, args.sample)
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


def number(text: str) -> int:
    """Parse a number above zero; argparse names this function in its message."""
    if not (value := int(text)) > 0:
        raise ValueError
    return value

"""Verifies every stored report anew by its signature and chain: `camwarden hub verify`."""

import argparse
import json
from typing import Any

from agent.commands.hub.view import reading
from agent.hub.views.signatures import verify_all
from agent.model.exits import FAILS, OK
from agent.model.finding import Message
from agent.text.harmless import printable
from agent.text.translate import render


def run(args: argparse.Namespace) -> int:
    """Verify all reports, or those of a site; 1 if one does not verify."""
    with reading(args) as store:
        told: Any = verify_all(store, args.site or "")
    if args.json:
        print(json.dumps(told, ensure_ascii=False))
        return FAILS if told["wrong"] else OK
    for row in told["rows"]:
        line = Message("site {site}: {stream} {seq} of epoch {epoch} does not verify ({what})", row)
        print(printable(render(line, args.lang)))
    if not args.quiet:
        line = Message("{reports} reports, {bodies} with their body: {wrong} do not verify", told)
        print(render(line, args.lang))
    return FAILS if told["wrong"] else OK

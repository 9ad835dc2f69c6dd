"""Shows which check fails at many boxes of one model and firmware: `camwarden hub fleet`."""

import argparse
import json
from dataclasses import asdict
from typing import Final

from agent.commands.hub.view import reading
from agent.model.exits import OK
from agent.model.finding import Message
from agent.text.harmless import printable
from agent.text.translate import render, translate

SCHEMA: Final = "camwarden-hub-fleet/1"


def run(args: argparse.Namespace) -> int:
    """Print a line for each check that fails at boxes of one model and firmware."""
    with reading(args) as store:
        rows = store.findings.fleet(args.check or "", args.model or "", args.least)
    if args.json:
        print(json.dumps({"schema": SCHEMA, "rows": [asdict(row) for row in rows]}, ensure_ascii=False))
        return OK
    for row in rows:
        values = {**asdict(row), "firmware": row.firmware or translate("unknown", args.lang)}
        line = Message(
            "{check} fails at {failing} of {subjects}, {sites_failing} of {sites} sites: {model}, version {firmware}",
            values,
        )
        print(printable(render(line, args.lang)))
    if not rows and not args.quiet:
        print(translate("no check fails at several boxes of one model", args.lang))
    return OK

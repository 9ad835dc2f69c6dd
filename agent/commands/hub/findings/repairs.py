"""Shows how long faults lasted, by check, over all sites: `camwarden hub repairs`."""

import argparse
import json
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from typing import Final

from agent.commands.hub.view import reading
from agent.contract.chain import utc_text
from agent.hub.domain.figures import CHINA
from agent.model.exits import OK
from agent.model.finding import Message
from agent.text.duration import duration_text
from agent.text.harmless import printable
from agent.text.translate import render, translate

SCHEMA: Final = "camwarden-hub-repairs/1"
DAYS: Final = timedelta(days=30)


def run(args: argparse.Namespace) -> int:
    """Print a line for each check of which a fault ended."""
    first = args.since or (datetime.now(UTC) - DAYS).astimezone(CHINA).date()
    since = utc_text(datetime.combine(first, time(), CHINA).astimezone(UTC))
    with reading(args) as store:
        rows = store.findings.repaired(since, args.check or "", args.division or "")
    if args.json:
        told = {"schema": SCHEMA, "since": since, "rows": [asdict(row) for row in rows]}
        print(json.dumps(told, ensure_ascii=False))
        return OK
    for row in rows:
        values = {
            **asdict(row),
            "mean": duration_text(row.mean_s, args.lang),
            "longest": duration_text(row.longest_s, args.lang),
        }
        line = Message(
            "{check}: {repaired} mended, after {mean} on average, {longest} at most; {open} still open", values
        )
        print(printable(render(line, args.lang)))
    if not rows and not args.quiet:
        print(translate("no fault ended in that time", args.lang))
    return OK

"""Verifies that the hub's stored rows are unaltered: `camwarden hub check`."""

import argparse
import json
from collections.abc import Mapping
from typing import Any, Final

from agent.commands.hub.view import reading
from agent.hub.domain.figures import REPAIRS
from agent.model.exits import FAILS, OK
from agent.model.finding import Message
from agent.text.harmless import printable
from agent.text.translate import render

SUMMED: Final[Mapping[str, Message]] = {
    "division": Message("figures by division"),
    "maintainer": Message("figures by maintainer"),
    "model": Message("figures by model"),
    REPAIRS["division"]: Message("repairs by division"),
    REPAIRS["maintainer"]: Message("repairs by maintainer"),
    REPAIRS["model"]: Message("repairs by model"),
}
"""What a stored day is of, by its name; one that nobody gave it is shown as it is."""


def run(args: argparse.Namespace) -> int:
    """Compare the stored rows with their digests, and sums with their rows; 1 if something differs."""
    with reading(args) as store:
        told: Any = store.reports.check(args.sample)
        sums, differing = store.figures.differing_sums()
    told |= {"sums": sums, "differing_sums": [{"by": by, "day": day} for by, day in differing]}
    if args.json:
        print(json.dumps(told))
    else:
        for row in told["rows"]:
            line = Message("site {site}: {stream} {seq} of epoch {epoch} is not what was stored ({what})", row)
            print(printable(render(line, args.lang)))
        for one in told["differing_sums"]:
            what = render(SUMMED[one["by"]], args.lang) if one["by"] in SUMMED else one["by"]
            words = {"day": one["day"], "what": what}
            line = Message("what is stored of {day} ({what}) is not that of its rows; a running hub mends it", words)
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
    return FAILS if told["altered"] or differing else OK

"""Stores where sites lie, and lists those whose reports differ: `camwarden hub place`, `hub places`."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

from agent.commands.hub.findings.words import changing
from agent.commands.hub.view import reading
from agent.hub.domain.rows.places import Differing
from agent.model.exits import OK
from agent.model.finding import Message, listed
from agent.text.harmless import printable
from agent.text.translate import render, translate

SCHEMA: Final = "camwarden-hub-places/1"

_SAID: Final = Message("site {site}: lies in {division}, as {said_by} said; reports tell {told}")
_TOLD: Final = Message("site {site}: told {division} first, so that counts; reports tell {told} too")


def place(args: argparse.Namespace) -> int:
    """Keep where a site lies."""
    with changing(args.data) as store:
        store.places.say(args.site, args.division, args.by, args.why, datetime.now(UTC), args.since)
        is_known = store.findings.site(args.site) is not None
    if not args.quiet and not args.json:
        line = Message("site {site} lies in {division}", {"site": args.site, "division": args.division})
        print(printable(render(line, args.lang)))
        if not is_known:
            print(
                translate("nothing verified has come of a site of that name yet; see `camwarden hub status`", args.lang)
            )
    return OK


def show(args: argparse.Namespace) -> int:
    """Print the sites of which reports tell another division than the one that counts."""
    with reading(args) as store:
        found = store.places.differing()
    if args.json:
        print(json.dumps({"schema": SCHEMA, "sites": [asdict(one) for one in found]}, ensure_ascii=False))
        return OK
    _print(found, args.lang)
    if not found and not args.quiet:
        print(translate("each site tells the division that counts", args.lang))
    elif not args.quiet:
        print(translate("look where each lies, and say it: `camwarden hub place SITE --division CODE`", args.lang))
    return OK


def _print(found: Sequence[Differing], lang: str) -> None:
    for one in found:
        line = _SAID if one.said_by else _TOLD
        print(printable(render(Message(line.template, {**asdict(one), "told": listed(one.told)}), lang)))

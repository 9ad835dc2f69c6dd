"""Lists who is behind the ids of authors in reports, and erases a name for good: `camwarden hub people`.

The signed reports have ids alone, so that an erased name breaks no proof. An erasure is a row of the audit log.
"""

import argparse
import json
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

from agent.commands.hub.findings.words import changing
from agent.commands.hub.view import reading
from agent.commands.hub.web.user import COMMAND
from agent.commands.terminal.opened import note_opened
from agent.contract.chain import utc_text
from agent.hub.domain.people.audit import AuditRow
from agent.hub.stores.engines import open_people
from agent.hub.views.people import name_of
from agent.model.exits import OK
from agent.model.finding import Message
from agent.text.harmless import printable
from agent.text.translate import render, translate

SCHEMA: Final = "camwarden-hub-people/1"


def run(args: argparse.Namespace) -> int:
    """Run one action. Raises UsageError, StoreFailed."""
    return {"list": _list, "erase": _erase}[args.people_action](args)


def _list(args: argparse.Namespace) -> int:
    with reading(args) as store:
        found = store.authors.of_site(args.site) if args.site else store.authors.listed()
    found = [one for one in found if not args.name or one.name == args.name]
    note_opened(args.data, "hub people list", "reports")
    if args.json:
        print(json.dumps({"schema": SCHEMA, "people": [asdict(one) for one in found]}, ensure_ascii=False))
        return OK
    for one in found:
        told = name_of(one.id, one, args.lang) if one.name or one.erased_at else ""
        print(printable(f"{one.site:23}  {one.id}  {told}  {one.told_at[:10]}".rstrip()))
    if not found and not args.quiet:
        print(translate("nobody is named", args.lang))
    return OK


def _erase(args: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    what = f"{args.author} ({args.by}: {args.why})"
    with changing(args.data) as store, closing(open_people(args.data)) as people, people.changing():
        people.record(AuditRow(utc_text(now), COMMAND, "name-erase", what, "ok", ""))
        was_there = store.authors.erase(args.author, args.by, args.why, now)
    if args.json:
        print(json.dumps({"schema": SCHEMA, "erased": args.author, "was_there": was_there}, ensure_ascii=False))
    elif not args.quiet:
        said = Message("the name behind {author} is erased, and is not taken again", {"author": args.author})
        if not was_there:
            said = Message("no name was stored for {author}; none is taken from now on", {"author": args.author})
        print(render(said, args.lang))
    return OK

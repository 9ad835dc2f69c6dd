"""Holds a time of a site against deletion, and lists or releases what is held: `camwarden hub hold` and siblings."""

import argparse
import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Final

from agent.commands.hub.findings.words import changing
from agent.commands.hub.view import reading
from agent.contract.chain import utc_text
from agent.hub.domain.figures import CHINA
from agent.hub.domain.rows.keeping import Hold
from agent.model.errors import UsageError
from agent.model.exits import OK
from agent.model.finding import Message
from agent.text.harmless import printable
from agent.text.translate import render, together, translate

SCHEMA: Final = "camwarden-hub-holds/1"


def hold(args: argparse.Namespace) -> int:
    """Hold a time of a site."""
    now = datetime.now(UTC)
    if args.until < now.astimezone(CHINA).date():
        raise UsageError("{day} is over; name today or a day to come", day=args.until.isoformat())
    one = Hold(
        number=0,
        site=args.site,
        from_at=utc_text(args.start),
        to_at=utc_text(args.end),
        kind="person",
        held_by=args.by,
        why=args.why,
        at=utc_text(now),
        until=args.until.isoformat(),
    )
    with changing(args.data) as store:
        number = store.holds.keep(one)
    if args.json:
        print(json.dumps({"schema": SCHEMA, "holds": [asdict(replace(one, number=number))]}, ensure_ascii=False))
    elif not args.quiet:
        values = {**asdict(one), "number": number}
        print(printable(render(Message("hold {number}: site {site} is held until {until}", values), args.lang)))
    return OK


def show(args: argparse.Namespace) -> int:
    """List what is held."""
    with reading(args) as store:
        found = store.holds.listed(datetime.now(CHINA).date().isoformat(), args.site)
    if args.json:
        print(json.dumps({"schema": SCHEMA, "holds": [asdict(one) for one in found]}, ensure_ascii=False))
        return OK
    for one in found:
        span = f"{one.from_at[:16]}Z -> {one.to_at[:16] + 'Z' if one.to_at else '...'}"
        why = render(Message("findings: {count}", {"count": one.why}), args.lang) if one.kind == "fail" else one.why
        told = together((part for part in (one.held_by, one.until, why) if part), args.lang)
        number = str(one.number) if one.number else "-"
        print(printable(f"{number:>6}  {one.site:23}  {translate(one.kind, args.lang)}  {span}  {told}"))
    if not found and not args.quiet:
        print(translate("nothing is held", args.lang))
    return OK


def end(args: argparse.Namespace) -> int:
    """Release a hold before its last day."""
    with changing(args.data) as store:
        store.holds.release(args.number, args.by, args.why, datetime.now(UTC))
    if not args.quiet and not args.json:
        print(render(Message("hold {number} is released", {"number": args.number}), args.lang))
    return OK

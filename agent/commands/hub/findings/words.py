"""Stores notes about an open finding: `camwarden hub acknowledge`, `assign`, `plan`, `comment`; and `hub operator`."""

import argparse
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.domain.figures import CHINA
from agent.hub.domain.rows.words import Word
from agent.hub.ports.store import Store
from agent.hub.stores.engines import open_store
from agent.model.errors import UsageError
from agent.model.exits import OK
from agent.model.finding import Message
from agent.text.harmless import printable
from agent.text.translate import render

SCHEMA: Final = "camwarden-hub-word/1"

_SAID: Final = {
    "acknowledged": Message("{site} {check} {subject}: acknowledged until {until}"),
    "assigned": Message(
        "{site} {check} {subject}: {assignee} is to mend it by {until}; print the order with `camwarden hub work-order`"
    ),
    "comment": Message("{site} {check} {subject}: comment kept"),
    "planned": Message("{site} {check} {subject}: repair planned until {until}; rankings leave it out till then"),
}


def acknowledge(args: argparse.Namespace) -> int:
    """Keep that somebody knows of a finding."""
    now = datetime.now(UTC)
    return _keep(args, now, Word(**_place(args, now), kind="acknowledged", until=_day(args.until, now), text=args.why))


def assign(args: argparse.Namespace) -> int:
    """Keep who is to mend a finding, and by when."""
    now = datetime.now(UTC)
    word = Word(
        **_place(args, now), kind="assigned", assignee=args.to, until=_day(args.due, now), text=args.why or ""
    )  # fmt: skip
    return _keep(args, now, word)


def plan(args: argparse.Namespace) -> int:
    """Keep that the repair of a finding is planned, and until when."""
    now = datetime.now(UTC)
    return _keep(args, now, Word(**_place(args, now), kind="planned", until=_day(args.until, now), text=args.why))


def comment(args: argparse.Namespace) -> int:
    """Keep a comment on a finding."""
    now = datetime.now(UTC)
    return _keep(args, now, Word(**_place(args, now), kind="comment", text=args.text))


def operator(args: argparse.Namespace) -> int:
    """Keep who operates a site."""
    with changing(args.data) as store:
        store.words.keep_operator(args.site, args.name, args.by, datetime.now(UTC))
    if not args.quiet and not args.json:
        values = {"site": args.site, "name": args.name}
        print(printable(render(Message("site {site} is operated by {name}", values), args.lang)))
    return OK


@contextmanager
def changing(directory: Path) -> Iterator[Store]:
    """Open the hub's database for a change beside the running hub; never make one."""
    open_store(directory, read_only=True).close()
    with closing(open_store(directory)) as store:
        yield store


def _keep(args: argparse.Namespace, now: datetime, word: Word) -> int:
    with changing(args.data) as store:
        store.words.keep(word)
    if args.json:
        print(json.dumps({"schema": SCHEMA, **asdict(word)}, ensure_ascii=False))
    elif not args.quiet:
        print(printable(render(Message(_SAID[word.kind].template, asdict(word)), args.lang)))
    return OK


def _place(args: argparse.Namespace, now: datetime) -> dict[str, str]:
    place = {"site": args.site, "check": args.check, "subject": args.subject}
    return {**place, "said_by": args.by, "at": utc_text(now)}


def _day(until: date, now: datetime) -> str:
    """Return a day that is not over. Raises UsageError."""
    if until < now.astimezone(CHINA).date():
        raise UsageError("{day} is over; name today or a day to come", day=until.isoformat())
    return until.isoformat()

"""Lists and removes saved questions: `camwarden hub question`. They are saved by `hub ask --save`, and on the page."""

import argparse
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from agent.commands.hub.findings.words import changing
from agent.commands.hub.view import named, reading
from agent.commands.hub.web.user import COMMAND
from agent.contract.chain import utc_text
from agent.hub.domain.asking.saved import Saver, new_saved
from agent.hub.domain.people.audit import AuditRow
from agent.hub.ports.store import Store
from agent.hub.stores.engines import open_people
from agent.hub.views.asking.saved import SCHEMA, find_saved, saved_json
from agent.model.exits import OK
from agent.model.finding import Message
from agent.text.harmless import printable
from agent.text.translate import render, translate


def run(args: argparse.Namespace) -> int:
    """Run one action. Raises UsageError, StoreFailed."""
    return {"list": _list, "remove": _remove}[args.question_action](args)


def save(directory: Path, name: str, asked: Mapping[str, str], now: datetime) -> None:
    """Store a question for everybody who may know it. Raises UsageError, StoreFailed."""
    with recorded(directory, "question-save", name, now) as store:
        saver = Saver(COMMAND, utc_text(now), is_command=True)
        store.saved.keep(new_saved(store.saved.listed(), store.authors.listed(), name, asked, saver))


@contextmanager
def recorded(directory: Path, act: str, name: str, now: datetime) -> Iterator[Store]:
    """Open the database for a change whose row in the audit log names a question alone: its words may name people."""
    with changing(directory) as store, closing(open_people(directory)) as people, people.changing():
        people.record(AuditRow(utc_text(now), COMMAND, act, name, "ok", ""))
        with store.transaction():
            yield store


def _list(args: argparse.Namespace) -> int:
    with reading(args) as store:
        listed = [named(args, store, saved_json(one)) for one in store.saved.listed()]
    if args.json:
        print(json.dumps({"schema": SCHEMA, "questions": listed}, ensure_ascii=False))
        return OK
    for one in listed:
        print(printable("  ".join(str(one[name]) for name in ("name", "asks", "saved_by"))))
    if not listed and not args.quiet:
        print(translate('no question is saved: camwarden hub ask "sites by division" --save NAME', args.lang))
    return OK


def _remove(args: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    with recorded(args.data, "question-remove", args.name, now) as store:
        store.saved.remove(find_saved(store, args.name).name)
    if args.json:
        print(json.dumps({"schema": SCHEMA, "removed": args.name}, ensure_ascii=False))
    elif not args.quiet:
        print(render(Message("{name} is forgotten; what was exported stays", {"name": args.name}), args.lang))
    return OK

"""Lists, removes and schedules saved questions: `camwarden hub question`. `hub ask --save` and the page save them."""

import argparse
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from agent.commands.hub.findings.words import changing
from agent.commands.hub.view import named, reading
from agent.commands.hub.web.bindings import read_bindings
from agent.commands.hub.web.user import COMMAND
from agent.contract.chain import utc_text
from agent.hub.domain.asking.saved import (
    FORMATS,
    KEPT_MOST,
    Exported,
    Saved,
    Saver,
    Schedule,
    new_saved,
    read_at,
)
from agent.hub.domain.figures import CHINA, china_day
from agent.hub.domain.people.audit import AuditRow
from agent.hub.domain.scope import Scope
from agent.hub.ports.store import Store
from agent.hub.stores.engines import open_people
from agent.hub.views.asking.exports import STATE_WORDS, State, schedule_json
from agent.hub.views.asking.saved import SCHEMA, find_saved, question_of, saved_json
from agent.model.errors import UsageError
from agent.model.exits import OK
from agent.model.finding import Json, Message
from agent.text.harmless import printable
from agent.text.recognize import recognize
from agent.text.site_time import local
from agent.text.translate import render, together, translate


def run(args: argparse.Namespace) -> int:
    """Run one action. Raises UsageError, StoreFailed."""
    actions = {"list": _list, "remove": _remove, "schedule": _schedule, "unschedule": _unschedule}
    return actions[args.question_action](args)


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
    now = datetime.now(UTC)
    with reading(args) as store:
        listed = [
            named(args, store, {**saved_json(one), "export": _export(store, one, now)}) for one in store.saved.listed()
        ]
    if args.json:
        print(json.dumps({"schema": SCHEMA, "questions": listed}, ensure_ascii=False))
    else:
        for one in listed:
            print(printable("  ".join(str(one[name]) for name in ("name", "asks", "saved_by"))))
            if one["export"]:
                print(printable(f"  {_said(one['export'], args.lang)}"))
        if not listed and not args.quiet:
            print(translate('no question is saved: camwarden hub ask "sites by division" --save NAME', args.lang))
    return OK


def _export(store: Store, saved: Saved, now: datetime) -> dict[str, Json] | None:
    return schedule_json(saved.schedule, store.saved.exported(saved.name), now) if saved.schedule else None


def _said(export: Any, lang: str) -> str:
    """Return how the exports of a question go, on one line."""
    values = {name: export[name] for name in ("every", "at", "folder", "keep")}
    state = render(STATE_WORDS[cast(State, export["state"])], lang)
    parts = [Message("exported every {every} at {at} to {folder}, the newest {keep} stay", values)]
    if export["made_at"]:
        parts.append(Message("last {at}", {"at": local(datetime.fromisoformat(export["made_at"]), CHINA)}))
    why = recognize(export["why"], lang) if export["why"] else ""
    return together((*(render(part, lang) for part in parts), state, *([why] if why else [])), lang)


def _schedule(args: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    schedule = _read_schedule(args, now)
    with recorded(args.data, "question-schedule", " ".join((args.name, args.every, args.at)), now) as store:
        saved = find_saved(store, args.name)
        question_of(store, saved, china_day(now))
        store.saved.keep(replace(saved, schedule=schedule))
        store.saved.keep_exported(saved.name, replace(store.saved.exported(saved.name), failing_since="", why=""))
    if args.json:
        print(json.dumps({"schema": SCHEMA, "scheduled": args.name}, ensure_ascii=False))
    elif not args.quiet:
        said = Message(
            "{name} is exported to {folder} by the running hub", {"name": args.name, "folder": schedule.folder}
        )
        print(printable(render(said, args.lang)))
    return OK


def _read_schedule(args: argparse.Namespace, now: datetime) -> Schedule:
    """Return the schedule that options name. Raises UsageError."""
    folder, data = args.to.resolve(), args.data.resolve()
    if not folder.is_dir() or folder == data or data in folder.parents:
        raise UsageError(
            "{path}: no folder for exports: name one that is there, outside of the hub's data", path=args.to
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError("{path}: this user may not write there; run as the hub's user", path=folder)
    if args.keep > KEPT_MOST:
        raise UsageError("--keep: at most {most}", most=KEPT_MOST)
    bound = read_bindings(args)
    formats = tuple(one for one in FORMATS if one in (args.format or FORMATS[:1]))
    return Schedule(
        every=args.every, at=read_at(args.at), folder=str(folder), formats=formats, keep=args.keep,
        scope=Scope(**bound, everything=not any(bound.values())), lang=args.lang, begun_at=utc_text(now),
    )  # fmt: skip


def _unschedule(args: argparse.Namespace) -> int:
    return _done(args, "question-unschedule", Message("{name} is exported no more", {"name": args.name}), _without)


def _remove(args: argparse.Namespace) -> int:
    said = Message("{name} is forgotten; what was exported stays", {"name": args.name})
    return _done(args, "question-remove", said, lambda store, saved: store.saved.remove(saved.name))


def _without(store: Store, saved: Saved) -> None:
    store.saved.keep(replace(saved, schedule=None))
    store.saved.keep_exported(saved.name, Exported())


def _done(args: argparse.Namespace, act: str, said: Message, change: Callable[[Store, Saved], None]) -> int:
    with recorded(args.data, act, args.name, datetime.now(UTC)) as store:
        change(store, find_saved(store, args.name))
    if args.json:
        print(json.dumps({"schema": SCHEMA, "changed": args.name}, ensure_ascii=False))
    elif not args.quiet:
        print(render(said, args.lang))
    return OK

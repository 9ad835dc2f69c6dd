"""Sends a test message to the receivers of notices, and lists what waits for them.

    camwarden notify test [NAME]
    camwarden notify list

`test` needs the logins of secrets.toml and says what became of the message, with the next step; it changes nothing of
what waits. `list` only reads, beside the running service.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from agent.model import exits
from agent.model.errors import UsageError
from agent.model.finding import Json, Message, listed, utc_text
from agent.service.alerts import outbox_file
from agent.service.alerts.notices import REFUSED_WAIT, Outbox
from agent.service.alerts.refusals import Refusal
from agent.service.alerts.sending import send
from agent.site.config.load import load, load_declared
from agent.site.config.messages import Receiver
from agent.site.config.site import Site
from agent.text.site_time import local
from agent.text.translate import render, translate

SCHEMA: Final = "camwarden-notify/1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    tested = actions.add_parser("test", help="send a test message and say what became of it")
    tested.add_argument("name", nargs="?", metavar="NAME", help="one receiver (default: all of them)")
    actions.add_parser("list", help="list the receivers, and what waits for them")


def run(args: argparse.Namespace) -> int:
    """Run one action; `test` ends with 4 where a message is refused, with 69 where nobody takes it.

    Raises AgentError where the site has no receivers, or no such one.
    """
    return _test(args) if args.action == "test" else _list(args)


def _test(args: argparse.Namespace) -> int:
    site = load(args.config)
    results = [(one, send(one, site, (), _now, test=True)) for one in _chosen(site, args.name)]
    if args.json:
        rows = [{"name": one.name, "kind": one.kind, **_refusal_json(why)} for one, why in results]
        print(json.dumps({"schema": SCHEMA, "site": site.id, "tests": rows}, ensure_ascii=False))
    elif not args.quiet:
        for one, why in results:
            print(_said(one, why, args.lang))
    failed = [why for _, why in results if why is not None]
    if any(why.wait >= REFUSED_WAIT for why in failed):
        return exits.REFUSED
    return exits.UNAVAILABLE if failed else exits.OK


def _said(receiver: Receiver, why: Refusal | None, lang: str) -> str:
    values: dict[str, object] = {"name": receiver.name, "kind": receiver.kind}
    if why is None:
        took = Message(
            "{name} ({kind}) took the message", values, next_step="look whether it is there, with its site and time"
        )
        return render(took, lang)
    return render(Message("{name} ({kind}) was not told: {why}", {**values, "why": why.why}), lang)


def _refusal_json(why: Refusal | None) -> dict[str, Json]:
    if why is None:
        return {"delivered": True, "why": None, "next_step": None}
    words = Message(why.why.template, why.why.values)
    step = Message(why.why.next_step, why.why.values)
    return {"delivered": False, "why": str(words), "next_step": str(step) or None}


def _list(args: argparse.Namespace) -> int:
    site = load_declared(args.config)
    folder = site.storage.directory
    found = [(one, outbox_file.read(outbox_file.path_of(folder, one.name))) for one in _chosen(site, None)]
    if args.json:
        rows = [_row(one, box) for one, box in found]
        sys.stdout.write(json.dumps({"schema": SCHEMA, "site": site.id, "receivers": rows}, ensure_ascii=False) + "\n")
    elif not args.quiet:
        for one, box in found:
            print(translate("; ", args.lang).join(_parts(one, box, site, args.lang)))
    return exits.OK


def _parts(receiver: Receiver, box: Outbox, site: Site, lang: str) -> Iterator[str]:
    zone = ZoneInfo(site.time_zone)
    yield f"{receiver.name} ({receiver.kind})"
    yield translate("{count} wait", lang).format(count=len(box.waiting))
    yield translate("{count} told and not over", lang).format(count=len(box.told))
    if box.delivered_at is not None:
        yield translate("last message {time}", lang).format(time=local(box.delivered_at, zone))
    if box.why is not None:
        yield translate("attempt {count} failed", lang).format(count=box.tries)
        if box.next_at is not None:
            yield translate("next try {time}", lang).format(time=local(box.next_at, zone))
        yield render(box.why, lang)


def _row(receiver: Receiver, box: Outbox) -> dict[str, Json]:
    return {
        "name": receiver.name,
        "kind": receiver.kind,
        "waiting": len(box.waiting),
        "told": len(box.told),
        "delivered_at": utc_text(box.delivered_at) if box.delivered_at else None,
        "tries": box.tries,
        "next_at": utc_text(box.next_at) if box.next_at else None,
        "why": str(box.why) if box.why else None,
    }


def _chosen(site: Site, name: str | None) -> tuple[Receiver, ...]:
    if not site.notify:
        raise UsageError("nobody is told at once: add a [[notify]] to site.toml, as in its sample, then test it")
    chosen = tuple(one for one in site.notify if name in (None, one.name))
    if not chosen:
        names = listed(one.name for one in site.notify)
        raise UsageError("there is no receiver {name!r}; give one of: {names}", name=name, names=names)
    return chosen


def _now() -> datetime:
    return datetime.now(UTC)

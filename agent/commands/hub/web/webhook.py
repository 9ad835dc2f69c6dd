"""Stores which other systems are notified of what happens: `camwarden hub webhook add | list | test | secret | ...`.

For the administrator on the hub's machine. A secret is printed once. An address may hold a token, so it is shown by
its host alone, and can come from a file instead of the command line, which every user of the machine sees.
"""

import argparse
import json
import ssl
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent.commands.hub.web.bindings import read_bindings
from agent.commands.hub.web.user import COMMAND
from agent.contract.chain import utc_text
from agent.contract.standard_webhooks import made_secret
from agent.hub.domain import webhooks
from agent.hub.domain.rows.webhooks import KINDS, Hook
from agent.hub.domain.scope import Scope
from agent.hub.ports.store import Store
from agent.hub.stores.engines import open_store
from agent.hub.views.webhooks import STATE_WORDS, ShownHook, hook_json, read_hooks
from agent.hub.web.audit.row import AuditRow
from agent.hub.web.people.person import person_name
from agent.hub.web.people.store import People
from agent.hub.workers.webhooks.sending import send
from agent.model.errors import ConfigurationError, UsageError, os_words
from agent.model.exits import FAILS, OK
from agent.model.finding import Message
from agent.model.web_address import LONGEST_CHARS, address_of
from agent.text.harmless import printable
from agent.text.recognize import recognize
from agent.text.translate import render, together, translate

SCHEMA: Final = "camwarden-hub-webhook-list/1"
HOOKS_MOST: Final = 20
"""Endpoints of one hub: each has a thread while it is sent to."""


def run(args: argparse.Namespace) -> int:
    """Run one action. Raises UsageError, ConfigurationError."""
    if args.webhook_action == "list":
        return _list(args)
    open_store(args.data, read_only=True).close()
    now = datetime.now(UTC)
    with closing(People(args.data)) as people, people.changing(), closing(open_store(args.data)) as store:
        hook, said, secret = _changed(args, store, now)
        what = hook.name if args.webhook_action != "add" else " ".join((hook.name, _host(hook), *_bound(hook)))
        people.record(AuditRow(utc_text(now), COMMAND, f"webhook-{args.webhook_action}", what, "ok", ""))
    if args.webhook_action == "test":
        return _test(args, hook, now)
    if args.json:
        print(json.dumps({"schema": SCHEMA, "name": hook.name, "secret": secret or None}))
        return OK
    if not args.quiet:
        print(render(said, args.lang))
    if secret:
        print(render(Message("secret, shown this once: {secret}", {"secret": secret}), args.lang))
    return OK


def _changed(args: argparse.Namespace, store: Store, now: datetime) -> tuple[Hook, Message, str]:
    """Do what the action does; return the endpoint, what is said of it, and a secret that was made."""
    name = person_name(args.name)
    known = {hook.name: hook for hook in store.webhooks.listed()}
    if args.webhook_action == "add":
        hook = _new(args, name, known.keys(), now)
        store.webhooks.keep(hook)
        values = {"name": name, "host": _host(hook)}
        return hook, Message("{name} at {host} is told of what happens from now on", values), hook.secret
    if name not in known:
        raise UsageError("{name!r} is no endpoint here; see `camwarden hub webhook list`", name=name[:80])
    hook, secret = known[name], ""
    if args.webhook_action == "secret":
        secret, until = made_secret(), utc_text(now + webhooks.BOTH_SIGN_FOR)
        hook = replace(hook, secret=secret, secret_before=hook.secret, before_until=until)
    elif args.webhook_action in ("disable", "enable"):
        hook = replace(hook, disabled_at=utc_text(now) if args.webhook_action == "disable" else "")
    if args.webhook_action == "remove":
        store.webhooks.remove(name)
    elif args.webhook_action != "test":
        store.webhooks.keep(hook)
    if args.webhook_action == "enable":
        store.webhooks.keep_progress(name, webhooks.enabled(store.webhooks.progress(name)))
    return hook, replace(_SAID[args.webhook_action], values={"name": name}), secret


_SAID: Final = {
    "test": Message("{name} gets a message"),
    "secret": Message("{name} has another secret; for a day the one before signs too"),
    "disable": Message("{name} is sent nothing more"),
    "enable": Message("{name} is sent to again: what waits, from now on"),
    "remove": Message("{name} is forgotten, and what waited for it"),
}


def _new(args: argparse.Namespace, name: str, known: Collection[str], now: datetime) -> Hook:
    """Return the endpoint that is to be added. Raises UsageError, ConfigurationError."""
    if name in known:
        raise UsageError("{name} is an endpoint already: remove it first, or choose another name", name=name)
    if len(known) >= HOOKS_MOST:
        raise UsageError("there are {count} endpoints, as many as are kept: remove one", count=len(known))
    url = (args.url or _read(args.url_file)).strip()
    if address_of(url) is None:
        raise UsageError("this is no address of an endpoint: https://, without a login and without a #; none is shown")
    bound = read_bindings(args)
    ca = str(args.ca.resolve()) if args.ca else ""
    if ca:
        _believes(args.ca)
    return Hook(
        name=name, url=url, secret=made_secret(), kinds=tuple(kind for kind in KINDS if kind in (args.kind or KINDS)),
        scope=Scope(**bound, everything=not any(bound.values())), made_at=utc_text(now), is_private=args.private, ca=ca,
    )  # fmt: skip


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(LONGEST_CHARS + 1)
    except (OSError, UnicodeDecodeError) as error:
        why = os_words(error) if isinstance(error, OSError) else Message("not a text file")
        raise ConfigurationError("{path}: cannot be read: {why}", path=path, why=why) from None


def _believes(path: Path) -> None:
    try:
        ssl.create_default_context(cafile=str(path))
    except OSError as error:  # what is no certificate, too
        raise ConfigurationError("{path}: no certificates to believe: {why}", path=path, why=os_words(error)) from None


def _host(hook: Hook) -> str:
    address = address_of(hook.url)
    return address.host if address else ""


def _bound(hook: Hook) -> Iterator[str]:
    """Yield to what an endpoint is bound, as the audit log has it."""
    for kind in ("divisions", "operators", "maintainers"):
        yield from (f"{kind[:-1]}={value}" for value in getattr(hook.scope, kind))


def _test(args: argparse.Namespace, hook: Hook, now: datetime) -> int:
    """Send a message that nobody waits for."""
    at = utc_text(now)
    id = webhooks.event_id(webhooks.TEST, hook.name, at)
    (status, why), _ = send(hook, id, webhooks.body_of(webhooks.TEST, id, 0, at, {"hook": hook.name}), now)
    is_taken = webhooks.is_taken(status)
    if args.json:
        told = {"schema": SCHEMA, "name": hook.name, "taken": is_taken, "status": status or None, "why": why or None}
        print(json.dumps(told, ensure_ascii=False))
    elif status and not args.quiet:
        said = Message("{name} took it, with {status}") if is_taken else Message("{name} did not take it: {status}")
        print(render(replace(said, values={"name": hook.name, "status": status}), args.lang))
    elif not args.quiet:
        values = {"name": hook.name, "why": recognize(why, args.lang)}
        print(printable(render(Message("{name} did not answer: {why}", values), args.lang)))
    return OK if is_taken else FAILS


def _list(args: argparse.Namespace) -> int:
    with closing(open_store(args.data, read_only=True)) as store:
        found = read_hooks(store)
    if args.json:
        told = {"schema": SCHEMA, "webhooks": [hook_json(one) for one in found]}
        print(json.dumps(told, ensure_ascii=False))
    else:
        for one in found:
            print(printable(_line(one, args.lang)))
        if not found and not args.quiet:
            print(translate("no other system is told of anything: camwarden hub webhook add", args.lang))
    return FAILS if any(one.state == "stopped" for one in found) else OK


def _line(one: ShownHook, lang: str) -> str:
    values = {**asdict(one), "since": one.failing_since[:16] + "Z", "oldest": one.oldest_at[:16] + "Z"}
    parts = [Message("{delivered} taken", values)]
    if one.waiting:
        parts.append(Message("waiting: {waiting}, the oldest since {oldest}", values))
    if one.given_up:
        parts.append(Message("{given_up} given up", values))
    if one.failing_since and one.last_status:
        parts.append(Message("answers {last_status} since {since}", values))
    elif one.failing_since:
        parts.append(Message("no answer since {since}: {why}", {**values, "why": recognize(one.last_why, lang)}))
    bound = together((*one.divisions, *one.operators, *one.maintainers), lang)
    said = together((render(part, lang) for part in parts), lang)
    return "  ".join(part for part in (one.name, one.host, render(STATE_WORDS[one.state], lang), said, bound) if part)

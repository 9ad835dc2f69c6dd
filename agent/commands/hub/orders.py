"""Orders a site to resend, report or check now, and sets its policy: `camwarden hub resend` and its siblings.

The order is signed and written into the hub's database; the running hub sends it within a second. `hub orders` shows
its result.
"""

import argparse
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.contract.chain import utc_text
from agent.contract.orders import Range
from agent.contract.orders_json import PACKS_MOST
from agent.contract.signing_keys import Signer, load_signer
from agent.hub.ports.store import Store
from agent.hub.stores.engines import files_of, open_store
from agent.hub.stores.signing_key import KEY_NAME
from agent.hub.views.status import ORDERS_SCHEMA
from agent.hub.workers import orders
from agent.hub.workers.chains.accepted_loss import accept_loss
from agent.model.errors import ConfigurationError, UsageError, os_words
from agent.model.exits import OK
from agent.model.finding import Json, Message, listed
from agent.site.duties.hub_packs import NotAPack, read_packs
from agent.site.rules.read import read_pack
from agent.site.toml.document import parse_toml, read_file
from agent.site.toml.problems import ConfigError, Problem
from agent.text.translate import render, translate

_POLICY_MAX_BYTES = 1024 * 1024


def run(args: argparse.Namespace) -> int:
    """Write a command."""
    now = datetime.now(UTC)
    within = {"within": args.within} if args.within else {}
    with writing(args.data) as (store, signer):
        if args.action == "report-now":
            command = orders.order_report_now(store, signer, args.site, now, **within)
        elif args.action == "check-now":
            named = tuple(args.camera), tuple(args.check)
            command = orders.order_check_now(store, signer, args.site, now, *named, **within)
        else:
            epoch = args.epoch or orders.epoch_of(store, args.site)
            asked = Range(epoch, args.stream, args.from_seq, args.to_seq)
            command = orders.order_resend(store, signer, args.site, asked, now, **within)
    if args.json:
        told = {"id": command.id, "site": command.site, "command": command.name, "state": "waiting"}
        print(json.dumps({"schema": ORDERS_SCHEMA, "orders": [{**told, "expires_at": utc_text(command.expires_at)}]}))
    elif not args.quiet:
        values = {"name": command.name, "id": command.id, "site": command.site}
        line = Message("{name} {id} for site {site}: the running hub sends it; see `camwarden hub orders`", values)
        print(render(line, args.lang))
    return OK


def accept(args: argparse.Namespace) -> int:
    """Accept a loss."""
    with writing(args.data) as (store, _):
        epoch = args.epoch or orders.epoch_of(store, args.site)
        run = epoch, args.stream, args.from_seq, args.to_seq
        accept_loss(store, args.site, *run, args.by, args.why, datetime.now(UTC))
    if args.json:
        told = {"epoch": epoch, "stream": args.stream, "from_seq": args.from_seq, "to_seq": args.to_seq}
        print(json.dumps({"schema": "camwarden-hub-accepted/1", "site": args.site, **told}))
    elif not args.quiet:
        line = Message("accepted for site {site}: the running hub goes on over it; see `camwarden hub status`",
                       {"site": args.site})  # fmt: skip
        print(render(line, args.lang))
    return OK


def desired(args: argparse.Namespace) -> int:
    """Write a policy, packs of rules, or both."""
    if args.policy is None and args.pack is None and not args.no_packs:
        raise UsageError("nothing to send: name the policy's FILE, --pack TOML, or --no-packs")
    policy = None if args.policy is None else _policy(args.policy)
    packs = () if args.no_packs else _packs(args.pack) if args.pack else None
    with writing(args.data) as (store, signer):
        made = orders.set_desired(store, signer, args.site, policy, datetime.now(UTC), args.expires, packs)
        changed = orders.changed(store, made)
    sent = read_packs(made.packs)
    if args.json:
        rows = [{"id": pack.id, "version": pack.version, "digest": pack.digest} for pack in sent]
        differing = [{"name": name, "before": before, "after": after} for name, before, after in changed]
        told = {"site": made.site, "version": made.version, "packs": rows, "policy": made.policy, "changes": differing}
        print(json.dumps({"schema": "camwarden-hub-desired/1", **told}))
    elif not args.quiet:
        values = {"version": made.version, "site": made.site}
        line = Message("policy {version} for site {site}: the running hub sends it; see `camwarden hub status`", values)
        if sent:
            values["packs"] = listed(f"{pack.id} {pack.version}" for pack in sent)
            line = Message(
                "policy {version} for site {site} with {packs}: the running hub sends it; see `camwarden hub status`",
                values,
            )
        print(render(line, args.lang))
        for change in changed:
            print(_change_line(*change, args.lang))
        if policy is not None and not changed:
            print(f"  {translate('no threshold changes', args.lang)}")
    return OK


def _change_line(name: str, before: Json, after: Json, lang: str) -> str:
    """Return the line of a threshold that changes; None: the site's own counts."""
    was, now = (translate("the site's own", lang) if one is None else str(one) for one in (before, after))
    return f"  {name}{translate(': ', lang)}{was} -> {now}"


@contextmanager
def writing(directory: Path) -> Iterator[tuple[Store, Signer]]:
    """Open the database of a hub that has run, and its key: a typing error must not make a new hub."""
    if not files_of(directory).has_store(directory):
        raise ConfigurationError("{path}: no hub has run here; check --data", path=files_of(directory).where(directory))
    signer = load_signer(directory / KEY_NAME)
    with closing(open_store(directory)) as store:
        yield store, signer


def _policy(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            policy = json.loads(file.read(_POLICY_MAX_BYTES + 1))
    except OSError as error:
        raise ConfigurationError("{path}: {why}; name the policy's file", path=path, why=os_words(error)) from None
    except (ValueError, RecursionError):
        policy = None
    if not isinstance(policy, dict):
        raise ConfigurationError(
            "{path}: not a JSON object with names and values of a policy, such as {example}",
            path=path,
            example='{"retention_floor_days": 90}',
        )
    return policy


def _packs(paths: list[Path]) -> tuple[str, ...]:
    """Read packs of rules; a site would refuse one with a mistake, so it is reported here."""
    texts: list[str] = []
    for path in paths:
        problems: list[Problem] = []
        raw, _ = read_file(path, "pack", problems)
        document = parse_toml(path, raw, problems, holds_secrets=False)
        if document is not None and raw is not None:
            read_pack(document, raw)
            texts.append(raw.decode())
        if problems:
            raise ConfigError(problems)
    if len(texts) > PACKS_MOST:
        raise UsageError("a document holds {most} packs at most; put duties together", most=PACKS_MOST)
    try:
        read_packs(tuple(texts))
    except NotAPack as error:
        raise UsageError("{error}; give each pack its own id", error=error) from None
    return tuple(texts)

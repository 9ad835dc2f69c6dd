"""Orders a site to resend, report or check now, and sets its policy: `camwarden hub resend` and its siblings.

The order is signed and written into the hub's database; the running hub sends it within a second. `hub orders` shows
its result.
"""

import argparse
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.commands.terminal.moments import instant
from agent.contract.chain import STREAMS, utc_text
from agent.contract.orders import Range
from agent.contract.orders_json import PACKS_MOST
from agent.contract.signing_keys import Signer, load_signer
from agent.contract.watermark import SEQ_MAX
from agent.hub.domain.accepted_loss import accept_loss
from agent.hub.stores.signing_key import KEY_NAME
from agent.hub.stores.store import NAME, Store
from agent.hub.views.status import ORDERS_SCHEMA
from agent.hub.workers import orders
from agent.model.errors import ConfigurationError, UsageError, os_words
from agent.model.exits import OK
from agent.model.finding import Message
from agent.site.duties.hub_packs import NotAPack, read_packs
from agent.site.rules.read import read_pack
from agent.site.toml.document import parse_toml, read_file
from agent.site.toml.problems import ConfigError, Problem
from agent.text.translate import render

_POLICY_MAX_BYTES = 1024 * 1024


def add_actions(actions: Any, data: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    site = argparse.ArgumentParser(add_help=False)
    site.add_argument("site", metavar="SITE")
    within = argparse.ArgumentParser(add_help=False)
    within.add_argument("--within", type=minutes, metavar="MIN", help="it expires after so many minutes")
    actions.add_parser("report-now", parents=[data, site, within], help="ask a site for a fresh report")
    check = actions.add_parser("check-now", parents=[data, site, within], help="ask a site for a fresh look")
    check.add_argument("--camera", action="append", default=[], metavar="ID", help="this camera (default: all)")
    check.add_argument("--check", action="append", default=[], metavar="CHECK", help="this check (default: all)")
    resend = actions.add_parser("resend", parents=[data, site, within], help="ask a site for reports again")
    resend.add_argument("stream", choices=STREAMS)
    resend.add_argument("from_seq", type=number, metavar="FROM", help="first number")
    resend.add_argument("to_seq", type=number, metavar="TO", help="last number")
    resend.add_argument("--epoch", help="of this epoch (default: the one the site lives in)")
    accept = actions.add_parser("accept-loss", parents=[data, site], help="accept that reports are gone for good")
    accept.add_argument("stream", choices=STREAMS)
    accept.add_argument("from_seq", type=number, metavar="FROM", help="first number")
    accept.add_argument("to_seq", type=number, metavar="TO", help="last number")
    accept.add_argument("--epoch", help="of this epoch (default: the one the site lives in)")
    accept.add_argument("--by", required=True, metavar="NAME", help="who accepts it")
    accept.add_argument("--why", required=True, metavar="TEXT", help="the reason")
    desired = actions.add_parser("desired", parents=[data, site], help="name the policy that is to be in force")
    desired.add_argument(
        "policy", type=Path, nargs="?", metavar="FILE",
        help="JSON object with the policy's names and values (default: those sent last)",
    )  # fmt: skip
    packs = desired.add_mutually_exclusive_group()
    packs.add_argument("--pack", type=Path, action="append", metavar="TOML",
                       help="a pack of rules; may be given several times (default: those sent last)")  # fmt: skip
    packs.add_argument("--no-packs", action="store_true", help="send no packs: the site's own count again")
    desired.add_argument(
        "--expires", type=instant, metavar="TIME", help="a time or a day, such as 2026-11-24T12:00 (default: never)"
    )


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
    sent = read_packs(made.packs)
    if args.json:
        rows = [{"id": pack.id, "version": pack.version, "digest": pack.digest} for pack in sent]
        told = {"site": made.site, "version": made.version, "packs": rows}
        print(json.dumps({"schema": "camwarden-hub-desired/1", **told}))
    elif not args.quiet:
        values = {"version": made.version, "site": made.site}
        line = Message("policy {version} for site {site}: the running hub sends it; see `camwarden hub status`", values)
        if sent:
            values["packs"] = ", ".join(f"{pack.id} {pack.version}" for pack in sent)
            line = Message(
                "policy {version} for site {site} with {packs}: the running hub sends it; see `camwarden hub status`",
                values,
            )
        print(render(line, args.lang))
    return OK


@contextmanager
def writing(directory: Path) -> Iterator[tuple[Store, Signer]]:
    """Open the database of a hub that has run, and its key: a typing error must not make a new hub."""
    if not (directory / NAME).exists():
        raise ConfigurationError("{path}: no hub has run here; check --data", path=directory / NAME)
    signer = load_signer(directory / KEY_NAME)
    with closing(Store(directory)) as store:
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


def minutes(text: str) -> timedelta:
    """Parse a length of time; argparse names this function in its message."""
    value = timedelta(minutes=float(text))
    if not timedelta(minutes=1) <= value <= timedelta(days=7):
        raise ValueError
    return value


def number(text: str) -> int:
    """Parse a sequence number; argparse names this function in its message."""
    value = int(text)
    if not 0 < value <= SEQ_MAX:
        raise ValueError
    return value

"""Sends what came of sites up to another hub: `camwarden hub forward`, by its broker or as files."""

import argparse
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Final

from agent.commands.hub.findings.words import changing
from agent.commands.terminal.broker_named import broker_of
from agent.commands.verify.watch import until_interrupted
from agent.contract.jwk import PublicKey, load_jwks
from agent.contract.signing_keys import load_signer
from agent.hub.domain.rows.places import DIVISION
from agent.hub.stores.signing_key import KEY_NAME
from agent.hub.workers.forwarding import files, sending
from agent.hub.workers.intake import Event
from agent.model.errors import UsageError
from agent.model.exits import FAILS, OK
from agent.model.finding import Message
from agent.text.translate import render

SCHEMA: Final = "camwarden-hub-forward/1"

_QUIET_EVENTS: Final = ("confirmed-above",)
"""What is normal: told with --json only."""


def run(args: argparse.Namespace) -> int:
    """Forward until interrupted, or write or take files. Raises UsageError, ConfigurationError."""
    wrong = [code for code in args.division if not DIVISION.fullmatch(code)]
    if wrong:
        raise UsageError("{code!r}: name the division by its six digits, such as 140202", code=wrong[0][:80])
    if args.batch is not None:
        return _write(args)
    if args.ack is not None:
        return _take(args)
    options = sending.Options(args.data, broker_of(args), _keys(args), tuple(args.division))
    tell = _print_json if args.json else partial(_print_text, args.lang)
    sending.run(options, until_interrupted(), tell, lambda: datetime.now(UTC))
    return OK


def _write(args: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    with changing(args.data) as store:
        signer = load_signer(args.data / KEY_NAME)
        done = files.write_batch(store, signer, args.batch, tuple(args.division), now, args.since)
    if args.json:
        told = {"schema": SCHEMA, "files": [str(path) for path in done.files], "reports": done.reports}
        print(json.dumps({**told, "held": dict(done.held), "is_more": done.is_more}, ensure_ascii=False))
        return OK
    for site, reason in done.held.items():
        print(f"not-forwarded: site {site}, reason {reason}")
    if not args.quiet:
        values = {"path": args.batch, "files": len(done.files), "reports": done.reports}
        print(
            render(
                Message("{path}: {files} files with {reports} reports that are not confirmed above", values), args.lang
            )
        )
    if done.is_more:
        print(
            render(Message("the batch is full; carry it, take its acknowledgements, and write the next one"), args.lang)
        )
    return OK


def _take(args: argparse.Namespace) -> int:
    keys, now = _keys(args), datetime.now(UTC)
    tell = _print_json if args.json else partial(_print_text, args.lang)
    with changing(args.data) as store:
        own_kid = load_signer(args.data / KEY_NAME).kid
        refused = files.take_acks(store, keys, own_kid, args.ack, now, tell)
    return FAILS if refused else OK


def _keys(args: argparse.Namespace) -> Mapping[str, PublicKey]:
    if args.jwks is None:
        raise UsageError("--jwks FILE is missing: the upper hub's key, as `camwarden hub jwks` prints it there")
    return load_jwks(args.jwks)


def _print_json(event: Event) -> None:
    print(json.dumps(event, ensure_ascii=False), flush=True)


def _print_text(lang: str, event: Event) -> None:
    kind = event["event"]
    if kind == "ready":
        line = Message("ready: forwarding to {host}:{port}", {"host": event["host"], "port": event["port"]})
        print(render(line, lang), flush=True)
    elif kind not in _QUIET_EVENTS:
        details = ", ".join(f"{name} {value}" for name, value in event.items() if name != "event")
        print(f"{kind}: {details}", flush=True)  # a log of events: its words are those of --json

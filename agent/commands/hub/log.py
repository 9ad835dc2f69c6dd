"""Shows the hub's log, writes receipts, and states that the hub was restored: `camwarden hub log`."""

import argparse
import importlib
import json
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import Final

from agent.commands.hub.view import reading
from agent.contract.jwk import load_jwks
from agent.hub.log import mirror, receipts
from agent.hub.log.restored import begin_anew
from agent.hub.log.sequencer import lag
from agent.hub.log.witness import HELD_NAME, Witnessed, witness, witness_signer
from agent.hub.stores.engines import open_log
from agent.hub.stores.signing_key import hub_signer
from agent.model.errors import ConfigurationError, Forbidden, NotVerified, os_words
from agent.model.exits import FAILS, OK
from agent.model.finding import Json, Message
from agent.text.harmless import printable
from agent.text.translate import render
from agent.verify.checkpoint import b64, read_checkpoint

SCHEMA: Final = "camwarden-hub-log/1"
WITNESS_SCHEMA: Final = "camwarden-hub-log-witness/1"


def run(args: argparse.Namespace) -> int:
    """Show the log, or do what the action says."""
    other = {"receipt": _receipt, "mirror": _mirror, "witness": _witness, "restored": _restored, "stamp": _stamp}.get(
        args.log_action
    )
    if other is not None:
        return other(args)
    with closing(open_log(args.data, read_only=True)) as log, reading(args) as store:
        state = log.state()
        left = lag(state, store).count
        root = b64(log.tree(state.size).root()) if state else ""
        lives = log.lives()
    if state is None:
        raise ConfigurationError("{path}: there is no log yet: start the hub, or check --data", path=args.data)
    told: dict[str, Json] = {
        "schema": SCHEMA,
        "origin": state.origin,
        "size": state.size,
        "root": root,
        "waiting": left,
        "checkpoint": state.note,
        "lives": [{"begun": begun, "size": size, "statement": note or None} for begun, size, note in lives],
    }
    if args.json:
        print(json.dumps(told, ensure_ascii=False))
        return OK
    print(render(Message("log {origin}: {size} entries, root {root}", told), args.lang))
    if left:
        print(render(Message("{waiting} accepted reports are not in it yet", told), args.lang))
    if not args.quiet:
        print(f"\n{state.note}", end="")
    return OK


def _receipt(args: argparse.Namespace) -> int:
    place = receipts.Place(args.site, args.stream, args.seq, args.epoch or "")
    with closing(open_log(args.data, read_only=True)) as log, reading(args) as store:
        named = None
        if args.checkpoint is not None:
            signer = hub_signer(args.data)
            named = read_checkpoint(mirror.read_note(args.checkpoint), {signer.kid: signer.public})
        text = receipts.receipt(log, store, place, lambda index: named)
    if args.out is None:
        sys.stdout.write(text)
        return OK
    try:
        args.out.write_text(text, "utf-8")
    except PermissionError:
        raise Forbidden("{path}: this user may not write there; choose another place", path=args.out) from None
    except OSError as error:
        raise ConfigurationError(
            "{path}: cannot be written: {why}; name another folder or file", path=args.out, why=os_words(error)
        ) from None
    if not args.quiet and not args.json:
        print(render(Message("{path}: verify it with `camwarden verify --receipt`", {"path": args.out}), args.lang))
    return OK


def _mirror(args: argparse.Namespace) -> int:
    with closing(open_log(args.data, read_only=True)) as log:
        size = mirror.export(log, args.folder)
    if args.json:
        print(json.dumps({"schema": SCHEMA, "size": size}))
    elif not args.quiet:
        print(render(Message("{path}: the log with {size} entries", {"path": args.folder, "size": size}), args.lang))
    return OK


def _witness(args: argparse.Namespace) -> int:
    """Cosign, 0; or say why not, 1: what is held stays as the proof."""
    try:
        args.state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            "{path}: cannot be written: {why}; name another folder or file", path=args.state, why=os_words(error)
        ) from None
    kid = witness_signer(args.state).kid
    try:
        done = witness(args.folder, args.state, load_jwks(args.jwks), datetime.now(UTC))
    except NotVerified as error:
        if args.json:
            print(json.dumps({"schema": WITNESS_SCHEMA, "witness": kid, "cosigned": False, "reason": error.reason}))
            return FAILS
        raise
    if args.json:
        told: dict[str, Json] = {
            "schema": WITNESS_SCHEMA, "witness": kid, "cosigned": True, "new": done.is_new,
            "origin": done.step.held.origin, "size": done.step.held.size,
            "restored": [{"before": one.before, "by": one.by, "why": one.why} for one in done.step.restored],
        }  # fmt: skip
        print(json.dumps(told, ensure_ascii=False))
        return OK
    _print_witnessed(args, kid, done)
    return OK


def _print_witnessed(args: argparse.Namespace, kid: str, done: Witnessed) -> None:
    for one in done.step.restored:
        values = {"before": one.before, "by": printable(one.by), "why": printable(one.why)}
        print(
            render(Message("{by} states that the hub of {before} was restored from a backup: {why}", values), args.lang)
        )
    if not args.quiet:
        values = {"path": args.state / HELD_NAME, "size": str(done.step.held.size), "kid": kid}
        print(render(Message("{path}: {size} entries, cosigned by the witness {kid}", values), args.lang))


def _stamp(args: argparse.Namespace) -> int:
    return int(importlib.import_module("agent.commands.hub.log_stamp").run(args))  # its library is an extra


def _restored(args: argparse.Namespace) -> int:
    with reading(args) as store:
        signer = hub_signer(args.data)
        with closing(open_log(args.data)) as log:
            state = begin_anew(log, store, signer, args.by, args.why, datetime.now(UTC))
    if args.json:
        print(json.dumps({"schema": SCHEMA, "origin": state.origin, "size": state.size, "checkpoint": state.note}))
    elif not args.quiet:
        values = {"origin": state.origin, "size": state.size}
        print(render(Message("the log goes on as {origin} behind {size} entries, and says so", values), args.lang))
    return OK

"""Shows the hub's log, writes receipts, and states that the hub was restored: `camwarden hub log`."""

import argparse
import json
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import Final

from agent.commands.hub.view import reading
from agent.hub.log import receipts
from agent.hub.log.restored import begin_anew
from agent.hub.log.sequencer import waiting
from agent.hub.log.store import LogStore
from agent.hub.stores.signing_key import hub_signer
from agent.model.errors import ConfigurationError, Forbidden, os_words
from agent.model.exits import OK
from agent.model.finding import Json, Message
from agent.text.translate import render
from agent.verify.checkpoint import b64

SCHEMA: Final = "camwarden-hub-log/1"


def run(args: argparse.Namespace) -> int:
    """Show the log, write the receipt of one report, or state that the hub was restored."""
    if args.log_action == "receipt":
        return _receipt(args)
    if args.log_action == "restored":
        return _restored(args)
    with closing(LogStore(args.data, read_only=True)) as log, reading(args) as store:
        state = log.state()
        left = waiting(state, store)
        root = b64(log.tree(state.size).root()) if state else ""
        lives = log.lives()
    if state is None:
        raise ConfigurationError("{path}: there is no log yet; it begins when the hub runs", path=args.data)
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
    with closing(LogStore(args.data, read_only=True)) as log, reading(args) as store:
        text = receipts.receipt(log, store, place)
    if args.out is None:
        sys.stdout.write(text)
        return OK
    try:
        args.out.write_text(text, "utf-8")
    except PermissionError:
        raise Forbidden("{path}: this user may not write there; choose another place", path=args.out) from None
    except OSError as error:
        raise ConfigurationError("{path}: cannot be written: {why}", path=args.out, why=os_words(error)) from None
    if not args.quiet and not args.json:
        print(render(Message("{path}: verify it with `camwarden verify --receipt`", {"path": args.out}), args.lang))
    return OK


def _restored(args: argparse.Namespace) -> int:
    with reading(args) as store:
        signer = hub_signer(args.data)
        with closing(LogStore(args.data)) as log:
            state = begin_anew(log, store, signer, args.by, args.why, datetime.now(UTC))
    if args.json:
        print(json.dumps({"schema": SCHEMA, "origin": state.origin, "size": state.size, "checkpoint": state.note}))
    elif not args.quiet:
        values = {"origin": state.origin, "size": state.size}
        print(render(Message("the log goes on as {origin} behind {size} entries, and says so", values), args.lang))
    return OK

"""Imports carried files into the hub (`hub import`) and exports a case from it (`hub case`)."""

import argparse
import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.commands.hub.findings.words import changing
from agent.commands.hub.view import reading
from agent.commands.terminal.opened import note_opened
from agent.commands.terminal.progress_line import progress_line
from agent.contract.signing_keys import load_signer
from agent.host.files import write_atomic
from agent.hub.case.case import write_case
from agent.hub.domain.rows.keeping import case_hold
from agent.hub.log.stamped import read_stamped
from agent.hub.stores.engines import log_beside, open_store, open_trust
from agent.hub.stores.signing_key import KEY_NAME, hub_signer
from agent.hub.workers.imports import take_batch
from agent.hub.workers.intake import Intake
from agent.model.errors import ConfigurationError, Forbidden, UsageError, os_words
from agent.model.exits import FAILS, OK
from agent.model.finding import Message, listed
from agent.text.translate import render, translate
from agent.verify.archive import open_container

IMPORT_SCHEMA = "camwarden-hub-import/1"
CASE_SCHEMA = "camwarden-hub-case/1"


def import_batch(args: argparse.Namespace) -> int:
    """Import a batch; 1 where something in it was not accepted. Works beside a running hub."""
    with open_container(args.batch, ".json"):  # a batch that is none makes no hub of an empty folder
        believed = open_trust(args.data).load()
    signer = hub_signer(args.data)
    with closing(open_store(args.data)) as store, progress_line(args, Message("the batch is taken")):
        done = take_batch(args.batch, store, Intake(store, believed, is_carried=True), signer, datetime.now(UTC))
    if args.ack is not None and done.ack is not None:
        _write(args.ack, done.ack)
    if args.json:
        told: dict[str, Any] = {"schema": IMPORT_SCHEMA, "site": done.site, "files": done.files}
        told |= {"counts": dict(sorted(done.counts.items())), "events": list(done.told)}
        print(json.dumps({**told, "acked": done.ack is not None}, ensure_ascii=False))
    else:
        for event in done.told:
            details = ", ".join(f"{name} {value}" for name, value in event.items() if name != "event")
            print(f"{event['event']}: {details}")
        if not args.quiet:
            numbers = listed(f"{number} {translate(kind, args.lang)}" for kind, number in sorted(done.counts.items()))
            values = {"site": done.site, "files": done.files, "numbers": numbers}
            print(render(Message("site {site}: {files} files: {numbers}", values), args.lang))
    if args.ack is not None and done.ack is None and not args.json:
        print(
            render(
                Message(
                    "{path}: not written, for nothing of site {site} is confirmed; see `camwarden hub status`",
                    {"path": args.ack, "site": done.site},
                ),
                args.lang,
            )
        )
    return FAILS if done.faults else OK


def export_case(args: argparse.Namespace) -> int:
    """Write a case."""
    if args.out.exists():
        raise UsageError("{path}: there is something already; name a new file", path=args.out)
    believed, signer = open_trust(args.data).load(), load_signer(args.data / KEY_NAME)
    with reading(args) as store, log_beside(args.data) as log:
        stamped = read_stamped(args.stamps, {signer.kid: signer.public}) if args.stamps is not None else ()
        made = write_case(store, believed, signer, args.site, args.check, args.start, args.end, log, stamped)
    now = datetime.now(UTC)
    with changing(args.data) as store:  # first: what is handed out can be asked for again
        store.holds.keep(case_hold(args.site, made.first_at, made.last_at, now, f"{args.check}, {args.out.name}"))
    _write(args.out, made.data)
    note_opened(args.data, "hub case", "reports", args.out)
    if args.json:
        told = {"schema": CASE_SCHEMA, "file": str(args.out), "envelopes": made.envelopes, "missing": made.missing}
        print(json.dumps({**told, "rows": len(made.rows)}, ensure_ascii=False))
    elif not args.quiet:
        numbers = {"path": args.out, "count": made.envelopes, "missing": made.missing, "lines": len(made.rows)}
        line = Message(
            "{path}: {count} signed reports, {missing} missing, {lines} lines; evidence, not a legal finding", numbers
        )
        print(render(line, args.lang))
    return OK


def _write(path: Path, data: bytes) -> None:
    try:
        write_atomic(path, data, 0o644)
    except PermissionError:
        raise Forbidden("{path}: this user may not write there", path=path) from None
    except OSError as error:
        raise ConfigurationError("{path}: cannot be written: {why}", path=path, why=os_words(error)) from None

"""Shows which logins devices have refused (`status`), and allows one more try (`retry DEVICE`).

The states are those of `drivers/credentials.py`, without secrets. Nothing is sent from here; `credentials factory` is
in `factory.py`.
"""

import argparse
import dataclasses
import json
import os
import sys

from agent.commands import factory
from agent.host.files import as_owner_of
from agent.host.paths import credentials_file
from agent.model import exits
from agent.model.errors import UsageError
from agent.model.finding import listed
from agent.site.toml.storage import load_storage
from agent.text.translate import translate
from drivers.credentials import Credentials, Entry

SCHEMA = "camwarden-credentials/1"
BLOCKED = frozenset({"wrong", "doubtful", "busy"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("status", help="list the logins that were tried, and what became of them")
    retry = actions.add_parser("retry", help="allow one more try of a device's login")
    retry.add_argument("device", metavar="DEVICE", help="the device's id in site.toml")
    tried = actions.add_parser("factory", help="try, once on each device, whether it still takes its factory's login")
    factory.add_arguments(tried)


def run(args: argparse.Namespace) -> int:
    """Show or release; the exit code of `status` is 4 where a login is refused."""
    if args.action == "factory":
        return factory.run(args)
    path = credentials_file(load_storage(args.config).directory, os.environ)
    with as_owner_of(path.parent):
        credentials = Credentials(path)
        entries = credentials.entries()
        if args.action == "retry":
            return _retry(args, credentials, entries)
    refused = any(entry.state in ("wrong", "doubtful") for entry in entries)
    if args.json:
        shown = [_entry_json(entry) for entry in entries]
        sys.stdout.write(json.dumps({"schema": SCHEMA, "credentials": shown}, ensure_ascii=False, indent=2) + "\n")
    elif not args.quiet:
        sys.stdout.write(_entries_text(entries, args.lang))
    return exits.REFUSED if refused else exits.OK


def _retry(args: argparse.Namespace, credentials: Credentials, entries: tuple[Entry, ...]) -> int:
    known = sorted({entry.device for entry in entries})
    if args.device not in known:
        names = listed(known or [translate("none", args.lang)])
        raise UsageError(
            "no login of a device {device!r} was ever tried; devices with one: {names}; see camwarden credentials "
            "status",
            device=args.device,
            names=names,
        )
    released = any(entry.device == args.device and entry.state in BLOCKED for entry in entries)
    if released:
        credentials.retry(args.device)
        sentence = translate("{device}: its login is tried once more in the next cycle", args.lang)
    else:
        sentence = translate("{device}: its login is not refused, nothing to do", args.lang)
    if args.json:
        answer = {"schema": SCHEMA, "device": args.device, "released": released}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    elif not args.quiet:
        sys.stdout.write(sentence.format(device=args.device) + "\n")
    return exits.OK


def _entry_json(entry: Entry) -> dict[str, object]:
    """Return an entry without the digest of its secret."""
    fields = dataclasses.asdict(entry)
    return {key: fields[key] for key in ("device", "user", "state", "since", "not_before", "detail")}


def _entries_text(entries: tuple[Entry, ...], lang: str) -> str:
    if not entries:
        return translate("no login was tried yet", lang) + "\n"
    lines = []
    for entry in entries:
        line = f"{entry.device}  {ascii(entry.user)[1:-1]}  {translate(entry.state, lang)}"
        if entry.since:
            line += "  " + translate("since {time}", lang).format(time=entry.since)
        if entry.not_before:
            line += "  " + translate("next try {time}", lang).format(time=entry.not_before)
        lines.append(line)
        if entry.state == "wrong":
            advice = translate("correct it in secrets.toml and restart, or: {command}", lang)
            lines.append("    " + advice.format(command=f"camwarden credentials retry {entry.device}"))
    return "\n".join(lines) + "\n"

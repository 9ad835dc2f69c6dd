"""Exports a hub's data to a backup, and imports it again: `camwarden hub backup` and `camwarden hub restore`."""

import argparse
import json
from datetime import UTC, datetime
from typing import Any, Final

from agent.hub.stores.engines import files_of
from agent.model.exits import OK
from agent.model.finding import Message
from agent.text.translate import render


def run(args: argparse.Namespace) -> int:
    """Copy the data while the hub runs, and verify the copy; or verify one that is there."""
    if args.verify:
        manifest, line = (
            files_of(args.folder).verify_backup(args.folder),
            "{path}: {count} files of {at}: each is what was backed up",
        )
    else:
        manifest, line = (
            files_of(args.data).back_up(args.data, args.folder, datetime.now(UTC)),
            "{path}: {count} files of {at}, verified",
        )
    return _tell(args, manifest, line)


def restore(args: argparse.Namespace) -> int:
    """Copy a backup to where no hub is; say, whatever is asked for, that its log waits for a statement."""
    manifest = files_of(args.data).restore(args.folder, args.data)
    hint = Message(STATE, {"data": args.data}) if files_of(args.data).has_log(args.data) else None
    if args.json:
        print(json.dumps({**manifest, "log_waits": str(hint) if hint is not None else None}, ensure_ascii=False))
        return OK
    _tell(args, manifest, "{data}: {count} files as of {at}; start the hub, and sites send what it lacks")
    if hint is not None:
        print(render(hint, args.lang))
    return OK


STATE: Final = (
    "its log waits, for witnesses may hold a newer one: state the restore with: camwarden hub log restored --by NAME "
    "--why TEXT --data {data}"
)


def _tell(args: argparse.Namespace, manifest: dict[str, Any], line: str) -> int:
    if args.json:
        print(json.dumps(manifest))
    elif not args.quiet:
        values = {"path": args.folder, "data": args.data, "count": len(manifest["files"]), "at": manifest["at"]}
        print(render(Message(line, values), args.lang))
    return OK

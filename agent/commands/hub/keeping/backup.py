"""Exports a hub's data to a backup, and imports it again: `camwarden hub backup` and `camwarden hub restore`."""

import argparse
import json
from datetime import UTC, datetime
from typing import Final

from agent.hub.log.store import NAME as LOG_NAME
from agent.hub.stores.keeping.backup import back_up, verify_backup
from agent.hub.stores.keeping.backup import restore as copy_back
from agent.model.exits import OK
from agent.model.finding import Message
from agent.text.translate import render


def run(args: argparse.Namespace) -> int:
    """Copy the data while the hub runs, and verify the copy; or verify one that is there."""
    if args.verify:
        manifest, line = verify_backup(args.folder), "{path}: {count} files of {at}: each is what was backed up"
    else:
        manifest, line = back_up(args.data, args.folder, datetime.now(UTC)), "{path}: {count} files, verified"
    return _tell(args, manifest, line)


def restore(args: argparse.Namespace) -> int:
    """Copy a backup to where no hub is."""
    manifest = copy_back(args.folder, args.data)
    _tell(args, manifest, "{data}: {count} files as of {at}; start the hub, and sites send what it lacks")
    if not args.json and not args.quiet and (args.data / LOG_NAME).exists():
        print(render(Message(_STATE, {"data": args.data}), args.lang))
    return OK


_STATE: Final = (
    "its log is older than what witnesses hold: say so first with: camwarden hub log restored --by NAME --why TEXT "
    "--data {data}"
)


def _tell(args: argparse.Namespace, manifest: dict[str, object], line: str) -> int:
    if args.json:
        print(json.dumps(manifest))
    elif not args.quiet:
        files: dict[str, object] = manifest["files"]  # type: ignore[assignment]
        values = {"path": args.folder, "data": args.data, "count": len(files), "at": manifest["at"]}
        print(render(Message(line, values), args.lang))
    return OK

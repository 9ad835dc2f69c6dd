"""Packs what support needs into one archive, mode 0600, after listing what is in it.

    camwarden bundle [--out FILE.tar.gz] [--yes]

Secrets, keys and pictures never get in: see `agent/onsite/bundle/`. It ends within a minute and within 20 MiB; what
cannot be read is named in the listing. On a terminal it asks before it writes; a script needs --yes.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.commands.terminal.opened import note_opened
from agent.host.files import write_atomic
from agent.model.errors import Forbidden, UsageError, os_words
from agent.model.exits import OK
from agent.model.finding import Json, Message, listed
from agent.onsite.bundle import ITEMS
from agent.onsite.bundle.packing import SCHEMA, Gathered, gather, packed
from agent.onsite.bundle.secrets import known_secrets, secret_places
from agent.onsite.doctor.model import Situation
from agent.onsite.doctor.survey import survey
from agent.text.translate import render, translate

MODE = 0o600


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--out", type=Path, metavar="FILE", help="the archive (default: a new name in this folder)")
    parser.add_argument("--yes", action="store_true", help="write it without asking")


def run(args: argparse.Namespace) -> int:
    """Gather, show, ask, write.

    Raises:
        UsageError: The file exists already, or nobody can be asked.
        Forbidden: The file may not be written.
    """
    now = datetime.now(UTC)
    asks = not args.yes
    if asks and (args.json or args.quiet or not (sys.stdin.isatty() and sys.stdout.isatty())):
        raise UsageError("nobody can be asked here whether the archive may be written: add --yes")
    situation = survey(args.config, now, os.environ)
    site = f"{situation.site.id}-" if situation.site is not None else ""
    out = args.out or Path(f"camwarden-bundle-{site}{now:%Y%m%dT%H%M%SZ}.tar.gz")
    if os.path.lexists(out):
        raise UsageError("{out}: is there already; choose another name with --out", out=out)
    gathered = _gathered(situation, args)
    data = packed(gathered, now)
    if not args.json and not args.quiet:
        _show(gathered, out, len(data), args)
    if asks and not _agreed(args.lang):
        sys.stdout.write(translate("nothing was written", args.lang) + "\n")
        return OK
    _write(out, data)
    note_opened(situation.storage.directory, "bundle", "support", out)
    if args.json:
        rows: list[Json] = [
            {"name": g.item.name, "bytes": len(g.data), "left_out": str(g.left_out) if g.left_out else None}
            for g in gathered
        ]
        answer = {"schema": SCHEMA, "file": str(out), "bytes": len(data), "items": rows}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    elif not args.quiet:
        sys.stdout.write(translate("written; hand it to support", args.lang) + "\n")
    return OK


def _gathered(situation: Situation, args: argparse.Namespace) -> tuple[Gathered, ...]:
    secrets = known_secrets(situation.config, situation.site, situation.storage.directory)
    secrets = (*secrets, *secret_places(situation.site, situation.now))
    errors = Console(stderr=True, no_color=args.no_color, quiet=args.quiet)
    waiting = {item.name: None for item in ITEMS}
    with errors.status("") as progress:

        def told(name: str) -> None:
            waiting.pop(name, None)
            values = {
                "done": len(ITEMS) - len(waiting),
                "total": len(ITEMS),
                "names": listed(waiting),
            }
            progress.update(
                Text(render(Message("{done} of {total} gathered; waiting for: {names}", values), args.lang))
            )

        told("")
        return gather(ITEMS, situation, secrets, told)


def _show(gathered: Sequence[Gathered], out: Path, size_bytes: int, args: argparse.Namespace) -> None:
    """Print what the archive holds, and what is left out."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(translate("file", args.lang), no_wrap=True)
    table.add_column(translate("bytes", args.lang), no_wrap=True, justify="right")
    table.add_column(translate("what it is", args.lang), overflow="fold")
    for one in gathered:
        what = Text(translate(one.item.title, args.lang))
        if one.left_out is not None:
            what.append(
                "\n" + translate("left out", args.lang) + f": {render(one.left_out, args.lang)}", style="yellow"
            )
        table.add_row(Text(one.item.name), str(len(one.data)) if one.left_out is None else "-", what)
    values = {"path": str(out), "size": size_bytes}
    line = Message("{path}, {size} bytes: no passwords, keys or pictures; every text in it can be read", values)
    Console(no_color=args.no_color).print(table, Text(render(line, args.lang)), sep="\n")


def _agreed(lang: str) -> bool:
    sys.stdout.write(translate("write it? [y/N]", lang) + " ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes", "是")


def _write(out: Path, data: bytes) -> None:
    try:
        write_atomic(out, data, MODE)
    except PermissionError:
        raise Forbidden(
            "{path}: this user may not write here; choose another folder with --out", path=out.absolute()
        ) from None
    except OSError as error:
        raise UsageError("{path}: cannot be written: {why}", path=out.absolute(), why=os_words(error)) from None

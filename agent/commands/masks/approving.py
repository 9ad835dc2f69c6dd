"""Asks a person to approve what cameras show, on one sheet: `camwarden masks adopt` and `approve`.

`agent/onsite/masks_look/adopt.py` decides what may be approved and its words; this reads, asks and writes.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.commands.masks.looking import look_at_cameras, site_of
from agent.commands.terminal.asking import person
from agent.commands.terminal.opened import note_opened
from agent.host.clock import utc_now
from agent.host.files import as_owner_of, write_atomic
from agent.model.errors import UsageError, os_words
from agent.model.finding import Json, utc_text
from agent.observe.approvals.approvals import Approval
from agent.onsite.handover.sheet import render_sheet
from agent.onsite.handover.sheet_values import OUTCOMES, TONES
from agent.onsite.masks_look import adopt
from agent.onsite.masks_look.storing import store_approval
from agent.site.config.site import Site
from agent.site.declarations.secret import is_secret
from agent.site.declarations.standing import local_day
from agent.text.harmless import json_text, printable
from agent.text.translate import translate

ADOPT_SCHEMA = "camwarden-masks-adopt/1"
TRIES = 3
STYLES: Mapping[str, str] = {"pass": "green", "fail": "bold red", "unknown": "magenta", "na": "dim"}


def run(args: argparse.Namespace) -> int:
    """Look, show, ask, store what is approved, and report the result."""
    site = site_of(args)
    declaring = args.action == "adopt" and args.no_private_area
    asked = not (args.json or declaring or args.action == "approve" or args.yes) and sys.stdin.isatty()
    by = person(args)
    _refuse(args, by, asked, declaring)
    looks = look_at_cameras(site, args)
    if args.action == "adopt" and not (args.all or args.camera):
        looks = adopt.unapproved(site, looks)
    found = adopt.choices(looks, args.camera, args.why, declaring)
    at = utc_now()
    sheet = _write_sheet(site, args, found)
    if not (args.json or args.quiet):
        _show(args, found, sheet)
    approved = _store_approvals(site, _approved_choices(args, found, asked), args, printable(by), at)
    if args.json:
        rows = [adopt.choice_json(choice, choice.look.id in approved) for choice in found]
        answer: Json = {"schema": ADOPT_SCHEMA, "at": utc_text(at), "by": by, "sheet": str(sheet), "cameras": rows}
        sys.stdout.write(json_text(answer) + "\n")
    elif not args.quiet:
        sys.stdout.write(adopt.result_text(found, approved, args.lang))
        sys.stdout.write(_to_declare(site, approved, by, at, args.lang) if declaring else "")
    return adopt.exit_code(found, approved, asked)


def _refuse(args: argparse.Namespace, by: str, asked: bool, declaring: bool) -> None:
    """Stop before a look where the command line leaves open who approves, or where the sheet goes."""
    if declaring and not (args.camera and args.by):
        raise UsageError("--no-private-area is somebody's word on named cameras: add --camera ID... and --by NAME")
    if not by and (asked or args.camera or args.yes):
        raise UsageError("nobody is known as the one who approves: add --by NAME")
    if args.sheet is not None and (args.sheet.exists() or args.sheet.is_symlink() or not args.sheet.parent.is_dir()):
        raise UsageError("{path}: name a new file in a folder that is there; nothing is overwritten", path=args.sheet)


def _show(args: argparse.Namespace, found: tuple[adopt.Choice, ...], sheet: Path) -> None:
    console = Console(no_color=args.no_color)
    console.print(_table(found, args.lang))
    console.print(Text(translate("sheet: {file}", args.lang).format(file=sheet)), soft_wrap=True)


def _approved_choices(
    args: argparse.Namespace, found: tuple[adopt.Choice, ...], asked: bool
) -> tuple[adopt.Choice, ...]:
    """Return what is approved: a person's choice, or everything allowed where cameras were named or `--yes`."""
    offered = tuple(choice for choice in found if choice.refusal is None)
    if asked:
        return _ask(offered, args.lang)
    return offered if args.camera or args.yes else ()


def _store_approvals(
    site: Site, chosen: Iterable[adopt.Choice], args: argparse.Namespace, by: str, at: datetime
) -> dict[str, Approval]:
    """Write each approval, and the view of the present preset; return the approvals by camera."""
    why = printable(args.why)
    declaring = args.action == "adopt" and args.no_private_area
    kind: Literal["masks", "no-private-area"] = "no-private-area" if declaring else "masks"
    return {choice.look.id: store_approval(site, choice.look, by, at, why, kind) for choice in chosen}


def _to_declare(site: Site, approved: Mapping[str, Approval], by: str, at: datetime, lang: str) -> str:
    """Render what to add to site.toml for cameras that were declared to see nothing private; empty for none."""
    new = [c.camera.id for c in site.cameras if c.camera.id in approved and c.no_private_area is None]
    if not new:
        return ""
    return translate("to keep it in site.toml as well, add:", lang) + "\n" + adopt.declaration_lines(new, by, at)


def _write_sheet(site: Site, args: argparse.Namespace, found: tuple[adopt.Choice, ...]) -> Path:
    now = utc_now()
    secret = {c.camera.id for c in site.cameras if is_secret(site, c.camera.id, local_day(site, now))}
    # Who approves must see the picture: it stays in the sheet beside the approvals, and is in none that goes elsewhere.
    cameras = adopt.sheet_cameras(found, args.lang, secret if args.sheet is not None else ())
    html = render_sheet(site.id, site.name, utc_text(now), cameras, args.lang).encode()
    path = args.sheet or site.storage.directory / "baselines" / "sheet.html"
    try:
        if args.sheet is not None:
            write_atomic(path, html, 0o600)
        else:
            with as_owner_of(site.storage.directory):
                write_atomic(path, html, 0o600)
    except OSError as error:
        raise UsageError("{path}: the sheet cannot be written: {why}", path=path, why=os_words(error)) from None
    note_opened(site.storage.directory, f"masks {args.action}", "pictures", path)
    return Path(path)


def _ask(offered: tuple[adopt.Choice, ...], lang: str) -> tuple[adopt.Choice, ...]:
    """Let a person approve all that is offered, or tick exceptions; without an answer nothing is approved."""
    numbers = [choice.number for choice in offered]
    question = translate("approve these {count} cameras? Enter: all; numbers: all but these; q: none", lang)
    for _ in range(TRIES if offered else 0):
        sys.stdout.write(f"{question.format(count=len(offered))} [{' '.join(map(str, numbers))}] ")
        sys.stdout.flush()
        line = sys.stdin.readline()
        try:
            left_out = adopt.excepted(line, numbers) if line else None
        except ValueError:
            continue
        return () if left_out is None else tuple(one for one in offered if one.number not in left_out)
    return ()


def _table(found: Iterable[adopt.Choice], lang: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column(translate("camera", lang), no_wrap=True)
    table.add_column(translate("masks", lang), no_wrap=True)
    table.add_column(translate("what was found, and the next step", lang), overflow="fold")
    for choice in found:
        outcome = Text(translate(OUTCOMES[choice.look.outcome], lang), style=STYLES[TONES[choice.look.outcome]])
        what = Text(printable(adopt.message_of(choice, lang)))
        table.add_row(str(choice.number), Text(choice.look.id), outcome, what)
    return table

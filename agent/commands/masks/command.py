"""Checks the privacy masks of a site and has them approved; judges picture files.

    masks adopt       look at all cameras, make one sheet, approve all or tick exceptions
    masks approve     approve the present masks of some cameras after a change
    masks baseline    keep the present view of some cameras, or of one at a preset, in the light that there is
    masks show        who approved what, now and before
    masks verify      judge zones in picture files, without a site
    masks compare     compare the views of two picture files

Devices are only read from. Approvals and views are kept in the state directory and never sent; of them, digests are.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.commands.masks import files
from agent.commands.masks.adopt import (
    Choice,
    approval_of,
    choice_json,
    choices,
    declaration_lines,
    due,
    excepted,
    is_refused,
    message_of,
    preset_renewed,
    sheet_cameras,
    told,
)
from agent.commands.masks.baseline import baseline
from agent.commands.masks.look import look_at
from agent.commands.masks.seen import CameraLook
from agent.commands.masks.show import show
from agent.commands.terminal.unconfined import add_worker_flag, say_confinement, with_flag
from agent.host.clock import utc_now
from agent.host.files import as_owner_of, write_atomic
from agent.host.paths import credentials_file
from agent.model import exits
from agent.model.errors import UsageError, os_words
from agent.model.finding import Json, Message, utc_text
from agent.observe.approvals.approvals import Approval, prepare, read_approvals, write_approval
from agent.observe.approvals.reference_views import write_preset_view
from agent.onsite.handover.sheet import OUTCOMES, TONES, render_sheet
from agent.service.cycle.environment import Rim, worker_of
from agent.site.config.load import load
from agent.site.config.site import Site
from agent.text.harmless import json_text, printable
from agent.text.translate import translate
from drivers.credentials import Credentials

ADOPT_SCHEMA = "camwarden-masks-adopt/1"
ROUNDS = 5
APART_S = 2.0
TRIES = 3
STYLES: Mapping[str, str] = {"pass": "green", "fail": "bold red", "unknown": "magenta", "na": "dim"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    adopt = actions.add_parser("adopt", help="look at all cameras, make one sheet, approve all or tick exceptions")
    adopt.add_argument("--all", action="store_true", help="those too that are approved as they are")
    adopt.add_argument("--yes", action="store_true", help="approve all that hide, without asking")
    adopt.add_argument("--no-private-area", action="store_true", help="declare that nothing private is in their view")
    approve = actions.add_parser("approve", help="approve the present masks of cameras after a change")
    keep = actions.add_parser("baseline", help="keep the present view of cameras, in the light that there is")
    keep.add_argument("--preset", default="", metavar="NAME", help="at this preset; turn the camera there first")
    for action, required in ((adopt, False), (approve, True), (keep, True)):
        add = action.add_argument
        add("--camera", nargs="+", action="extend", default=[], metavar="ID", required=required, help="only these")
        add("--rounds", type=int, choices=range(1, 10), default=ROUNDS, metavar="N", help="look N times (default 5)")
        add_worker_flag(action)
    for action, required in ((adopt, False), (approve, True), (keep, False)):
        add = action.add_argument
        add("--by", default="", metavar="NAME", required=required, help="who approves (default: the login name)")
        add("--why", default="", metavar="TEXT", required=required, help="what is to be remembered about it")
    for action in (adopt, approve):
        add = action.add_argument
        add("--sheet", type=Path, metavar="FILE", help="where the sheet goes; it holds pictures of the site")
    show = actions.add_parser("show", help="who approved what; no pictures")
    show.add_argument("--camera", nargs="+", action="extend", default=[], metavar="ID", help="only these")
    files.add_arguments(actions)


def run(args: argparse.Namespace) -> int:
    """Do what was asked and return its exit code."""
    if args.action == "verify":
        return files.verify(args)
    if args.action == "compare":
        return files.compare(args)
    site = load(args.config)
    unknown = sorted(set(args.camera) - {c.camera.id for c in site.cameras})
    if unknown:
        raise UsageError(
            Message(
                "site.toml has no camera {unknown!r}: camwarden config show lists them",
                {"unknown": printable(unknown[0])},
            )
        )
    if args.action == "show":
        return show(site, args)
    if args.action == "baseline":
        return baseline(site, args, printable(_person(args)), lambda part, known: _looked(part, args, known))
    return _adopt(site, args)


def _adopt(site: Site, args: argparse.Namespace) -> int:
    declaring = args.action == "adopt" and args.no_private_area
    if declaring and not (args.camera and args.by):
        raise UsageError("--no-private-area is somebody's word on named cameras: add --camera ID... and --by NAME")
    asked = not (args.json or declaring or args.action == "approve" or args.yes) and sys.stdin.isatty()
    by = _person(args)
    if not by and (asked or args.camera or args.yes):
        raise UsageError("nobody is known as the one who approves: add --by NAME")
    if args.sheet is not None and (args.sheet.exists() or args.sheet.is_symlink() or not args.sheet.parent.is_dir()):
        raise UsageError(
            Message("{path}: name a new file in a folder that is there; nothing is overwritten", {"path": args.sheet})
        )
    directory = site.storage.directory
    looks = _looked(site, args)
    if args.action == "adopt" and not (args.all or args.camera):
        looks = due(site, looks)
    found = choices(looks, args.camera, args.why, declaring)
    at = utc_now()
    sheet = _write_sheet(site, args, found)
    if not (args.json or args.quiet):
        console = Console(no_color=args.no_color)
        console.print(_table(found, args.lang))
        console.print(Text(translate("sheet: {file}", args.lang).format(file=sheet)), soft_wrap=True)
    offered = tuple(choice for choice in found if choice.refusal is None)
    unasked = offered if args.camera or args.yes else ()
    chosen = _ask(offered, args.lang) if asked else unasked
    approved: dict[str, Approval] = {}
    with as_owner_of(directory):
        for choice in chosen:
            kind = "no-private-area" if declaring else "masks"
            approval = approval_of(site, choice.look, printable(by), at, printable(args.why), kind)  # type: ignore[arg-type]
            write_approval(directory, approval)
            turned = preset_renewed(choice.look, printable(by), at, printable(args.why))
            if turned is not None:
                write_preset_view(directory, turned)
            approved[choice.look.id] = approval
    if args.json:
        rows = [choice_json(choice, choice.look.id in approved) for choice in found]
        _print({"schema": ADOPT_SCHEMA, "at": utc_text(at), "by": by, "sheet": str(sheet), "cameras": rows})
    elif not args.quiet:
        sys.stdout.write(told(found, approved, args.lang))
        new = [c.camera.id for c in site.cameras if c.camera.id in approved and c.no_private_area is None]
        if declaring and new:
            sys.stdout.write(translate("to keep it in site.toml as well, add:", args.lang) + "\n")
            sys.stdout.write(declaration_lines(new, by, at))
    left = [choice for choice in found if choice.look.id not in approved and (choice.refusal is not None or not asked)]
    return exits.worst(
        fails=any(choice.look.outcome == "shows" for choice in left),
        refused=any(is_refused(choice.look) for choice in left),
        unchecked=bool(left),
    )


def _person(args: argparse.Namespace) -> str:
    """Return who is taken to approve: the name given, or the login name; empty where there is neither."""
    return args.by or next((os.environ[k] for k in ("SUDO_USER", "LOGNAME", "USER") if os.environ.get(k)), "")


def _looked(
    site: Site, args: argparse.Namespace, approvals: Mapping[str, Approval] | None = None
) -> tuple[CameraLook, ...]:
    """Look at the cameras that were named, or at all, against these approvals, or those that are kept."""
    directory = site.storage.directory
    cameras = tuple(c for c in site.cameras if not args.camera or c.camera.id in args.camera)
    needed = {c.camera.device for c in cameras}
    part = replace(site, cameras=cameras, devices=tuple(d for d in site.devices if d.id in needed))
    errors = Console(stderr=True, no_color=args.no_color, quiet=args.quiet)
    with as_owner_of(directory):
        prepare(directory, site.id)
        remembered = credentials_file(directory, os.environ)
        remembered.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = read_approvals(directory, site.id) if approvals is None else approvals
        part = with_flag(part, args)
        with worker_of(part) as worker, errors.status(f"looking at {len(cameras)} cameras of {site.id}"):
            rim = Rim(Credentials(remembered), worker.judge, utc_now, wait=time.sleep)
            seen = look_at(part, known, rim, args.rounds, APART_S)
        say_confinement(worker.confinement, args, part.worker.unconfined == "accept")
        return seen


def _write_sheet(site: Site, args: argparse.Namespace, found: tuple[Choice, ...]) -> Path:
    html = render_sheet(site.id, site.name, utc_text(utc_now()), sheet_cameras(found, args.lang), args.lang).encode()
    path = args.sheet or site.storage.directory / "baselines" / "sheet.html"
    try:
        if args.sheet is not None:
            write_atomic(path, html, 0o600)
        else:
            with as_owner_of(site.storage.directory):
                write_atomic(path, html, 0o600)
    except OSError as error:
        raise UsageError(
            Message("{path}: the sheet cannot be written: {why}", {"path": path, "why": os_words(error)})
        ) from None
    return Path(path)


def _ask(offered: tuple[Choice, ...], lang: str) -> tuple[Choice, ...]:
    """Let a person approve all that is offered, or tick exceptions; what nobody answers approves nothing."""
    numbers = [choice.number for choice in offered]
    question = translate("approve these {count} cameras? Enter: all; numbers: all but these; q: none", lang)
    for _ in range(TRIES if offered else 0):
        sys.stdout.write(f"{question.format(count=len(offered))} [{' '.join(map(str, numbers))}] ")
        sys.stdout.flush()
        line = sys.stdin.readline()
        try:
            left_out = excepted(line, numbers) if line else None
        except ValueError:
            continue
        return () if left_out is None else tuple(one for one in offered if one.number not in left_out)
    return ()


def _table(found: Iterable[Choice], lang: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column(translate("camera", lang), no_wrap=True)
    table.add_column(translate("masks", lang), no_wrap=True)
    table.add_column(translate("what was found, and the next step", lang), overflow="fold")
    for choice in found:
        outcome = Text(translate(OUTCOMES[choice.look.outcome], lang), style=STYLES[TONES[choice.look.outcome]])
        what = Text(printable(message_of(choice, lang)))
        table.add_row(str(choice.number), Text(choice.look.id), outcome, what)
    return table


def _print(answer: Mapping[str, Json]) -> None:
    sys.stdout.write(json_text(answer) + "\n")

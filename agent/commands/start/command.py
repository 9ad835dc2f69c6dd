"""Finds the devices of a new site, asks for their logins, looks, and shows what is wrong: the first verdict.

The answers are in the site's folder as soon as they are given, so that the same command goes on after an interruption.
Devices are only read from, and a login goes only to addresses that a person confirmed.
"""

import argparse
import shlex
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Final

from agent.commands.check.looking import LookOptions, look_at_site
from agent.commands.check.options import ROUNDS
from agent.commands.check.report import ReportPlan, write_report
from agent.commands.check.report_key import report_key
from agent.commands.discover import add_where, where_of
from agent.commands.start import searching, show
from agent.commands.start.answers import Answers
from agent.commands.start.logins import SECRETS_MODE, SITE_MODE, Settled, settle
from agent.commands.terminal.asking import Ended, say
from agent.commands.terminal.opened import note_opened
from agent.commands.terminal.own_addresses import own_addresses
from agent.commands.terminal.worker_flag import add_worker_flag
from agent.host.files import write_atomic
from agent.host.paths import CONFIG, SECRETS_NAME, SITE_NAME, default_config
from agent.model import exits
from agent.model.errors import UsageError, os_words
from agent.model.finding import Message
from agent.observe.inventory.site_skeleton import STATE_NAME
from agent.onsite.one_look.anonymise import anonymous
from agent.onsite.start.groups import Group, different, groups_of
from agent.onsite.start.next_steps import AGAIN
from agent.onsite.start.site_text import holds_password, new_secrets, new_site
from agent.site.config.load import load
from agent.site.config.site import Discovery, Site
from agent.text.translate import render

FOLDER: Final = "camwarden-site"
REPORT: Final = "report.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the site (default camwarden-site)")
    parser.add_argument("--answers", type=Path, metavar="FILE", help="TOML file with the answers; asks nothing")
    parser.add_argument(
        "--host", nargs="+", action="extend", default=[], metavar="HOST[:PORT]", help="these devices; searches for none"
    )
    add_where(parser)
    add_worker_flag(parser)


def run(args: argparse.Namespace) -> int:
    """Go on from what the folder holds, and return the exit code of the findings."""
    if args.json and args.answers is None:
        raise UsageError("--json asks nothing: give the answers with --answers FILE")
    folder = folder_of(args)
    answers = Answers(args.lang, args.answers)
    try:
        if not (folder / SITE_NAME).exists():
            _begin(args, answers, folder)
        elif not args.json:
            say(render(Message("going on with {folder}", {"folder": folder}), args.lang))
        settled = settle(args, answers, folder)
        return _look(args, folder, settled)
    except Ended:
        raise UsageError(
            "the answers ended before the last question: go on with {command}", command=_again(args, folder)
        ) from None
    except KeyboardInterrupt:
        line = Message(
            "interrupted: what was answered so far is kept; go on with {command}", {"command": _again(args, folder)}
        )
        sys.stderr.write("\n" + render(line, args.lang) + "\n")
        return exits.INTERRUPTED


def folder_of(args: argparse.Namespace) -> Path:
    """Return the site's folder: the named one, this one where it holds a site, else a new one below it.

    `--config` names it by its file. Raises UsageError for a file of another name, and where this gateway has its site
    already.
    """
    if args.out is not None:
        return Path(args.out)
    if args.config != default_config():
        if args.config.name != SITE_NAME:
            raise UsageError("{path}: start writes a folder with a site.toml: name it with --out DIR", path=args.config)
        return Path(args.config.parent)
    if CONFIG.exists():
        raise UsageError(
            "{path} is there: this gateway has its site (camwarden status); another site goes into --out DIR",
            path=CONFIG,
        )
    return Path() if Path(SITE_NAME).exists() else Path(FOLDER)


def _begin(args: argparse.Namespace, answers: Answers, folder: Path) -> None:
    """Ask for the name and the addresses, and write the folder."""
    if not args.json:
        at = Message(
            "Everything goes into {folder}; no device is changed. Enter takes what is in brackets.", {"folder": folder}
        )
        say(render(at, args.lang))
    site = answers.site()
    where, groups = _groups(args, answers)
    if not groups:
        raise UsageError("no device was chosen: name addresses with --host, or a network with --range")
    _write(folder, replace(site, discovery=where), groups)


def _groups(args: argparse.Namespace, answers: Answers) -> tuple[Discovery, tuple[Group, ...]]:
    """Find devices until a person has confirmed some; addresses of the command line are confirmed."""
    if args.host:
        return Discovery(), groups_of(searching.detected(args, searching.named(args.host)))
    where = where_of(args)
    where = where if where != Discovery() else Discovery(interfaces=own_addresses())
    boxes = searching.detected(args, searching.search(args, where))
    while True:
        groups = groups_of(boxes)
        if not args.json:
            searching.show(args, groups)
        shown = [box for group in groups for box in group.boxes]
        choice = answers.choice(len(shown))
        kept = [shown[number - 1] for number in choice.kept]
        if not choice.adds:
            return where, groups_of(kept)
        more = searching.search(args, Discovery(ranges=choice.networks))
        more = searching.detected(args, (*more, *searching.named(choice.hosts)))
        where = replace(where, ranges=tuple(dict.fromkeys(where.ranges + choice.networks)))
        if answers.file is not None:
            return where, groups_of(different([*kept, *more]))
        boxes = different([*(kept or shown), *more])


def _write(folder: Path, site: Site, groups: tuple[Group, ...]) -> None:
    """Write the folder of a new site, site.toml last: until it is there, nothing of the site is.

    Raises UsageError where a file cannot be written, or is there already.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if holds_password(read_or_nothing(folder / SECRETS_NAME)):
            raise UsageError(
                "{path} is there already and is not overwritten: name another folder with --out DIR",
                path=folder / SECRETS_NAME,
            )
        (folder / STATE_NAME).mkdir(mode=0o700, exist_ok=True)
        write_atomic(folder / SECRETS_NAME, new_secrets(groups).encode(), SECRETS_MODE)
        write_atomic(folder / SITE_NAME, new_site(site, groups).encode(), SITE_MODE)
    except PermissionError:
        raise
    except OSError as error:
        raise UsageError("{folder} cannot be written: {why}", folder=folder, why=os_words(error)) from None


def read_or_nothing(path: Path) -> str:
    """Return a file's text, empty where it is not there."""
    return path.read_text("utf-8") if path.exists() else ""


def _look(args: argparse.Namespace, folder: Path, settled: tuple[Settled, ...]) -> int:
    """Look at the site, show what is wrong, write the report, and list what comes next."""
    site = load(folder / SITE_NAME)
    if not args.json:
        say()
        values = {"cameras": len(site.cameras), "devices": len(site.devices)}
        say(render(Message("looking at {cameras} cameras of {devices} devices", values), args.lang))
    checked = anonymous(look_at_site(args, site, LookOptions(ROUNDS, pictures="fail")))
    plan = ReportPlan(_new_report(folder), report_key(site), None, None, True, "fail", args.lang, True)
    write_report(plan, checked)
    note_opened(site.storage.directory, "start", "pictures", plan.path)
    result = show.Result(folder, plan.path, plan.key.signer.kid, checked, settled)
    if args.json:
        sys.stdout.write(show.as_json(result) + "\n")
    elif not args.quiet:
        show.print_result(args, result)
    if checked.interrupted:
        return exits.INTERRUPTED
    return show.exit_code_of(result)


def _new_report(folder: Path) -> Path:
    """Return the path of a report that is not there yet."""
    names = (f"report-{number}.html" if number > 1 else REPORT for number in count(1))
    return next(path for name in names if not (path := folder / name).exists())


def _again(args: argparse.Namespace, folder: Path) -> str:
    """Return the command that goes on; the devices that were named are in the folder only once its site is."""
    named = ["--host", *args.host] if args.host and not (folder / SITE_NAME).exists() else []
    return " ".join(["camwarden", AGAIN.format(folder=shlex.quote(str(folder))), *map(shlex.quote, named)])

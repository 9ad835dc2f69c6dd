"""Declares facts that no device can show: asked one by one, or by `--set` for scripts; `--list` lists them.

Each answer is added to site.toml at once, as one `[[declaration]]`, so that an end by Ctrl-C loses none.
"""

import argparse
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

from rich.console import Console

from agent.commands.declare.asking import Walk
from agent.commands.declare.table import OPEN, listing, listing_json
from agent.commands.terminal.asking import Ended, person, say
from agent.commands.terminal.moments import day
from agent.host.clock import utc_now
from agent.model import exits
from agent.model.errors import UsageError
from agent.model.finding import Json
from agent.site.config.add_declaration import append_declarations, digest_of_file, read_value
from agent.site.config.load import load
from agent.site.config.site import Site
from agent.site.declarations.details import with_detail, wrong_detail
from agent.site.declarations.standing import Declaration, lines, local_day, standing, standings
from agent.site.declarations.table import BY_ID, PROFILES, Declarable
from agent.text.harmless import json_text, printable
from agent.text.translate import translate

OF_SET = ("cameras", "group", "until", "paper", "sha256", "paper_date")
"""Options that say more about what `--set` declares."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("--by", metavar="NAME", default="", help="who answers, as it is to stand in the reports")
    parser.add_argument("--list", action="store_true", help="only show what is open and what is declared")
    parser.add_argument("--profile", choices=PROFILES, help="ask for more or less than [rules] profile says, this once")
    given = parser.add_argument_group("for scripts")
    given.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="DUTY=VALUE",
        help="declare this; may be repeated; DUTY.DETAIL=TEXT adds a detail to it",
    )
    about = given.add_mutually_exclusive_group()
    about.add_argument("--cameras", metavar="ID,ID", default="", help="what --set is about (default: the whole site)")
    about.add_argument("--group", metavar="NAME", default="", help="the same, a group of site.toml")
    given.add_argument("--until", metavar="DAY", type=day, help="last day for which it is declared")
    given.add_argument("--paper", metavar="FILE", type=Path, help="the paper behind it: only its SHA-256 is kept")
    given.add_argument("--sha256", metavar="HEX", default="", help="the same, where the paper is not at hand")
    given.add_argument("--paper-date", metavar="DAY", type=day, help="date of the paper")


def run(args: argparse.Namespace) -> int:
    """Show, declare, or ask."""
    site = _with_profile(load(args.config), args)
    today = local_day(site, utc_now())
    if args.set:
        return _set(args, site, today)
    alone = next((name for name in OF_SET if getattr(args, name)), None)
    if alone is not None:
        option = f"--{alone.replace('_', '-')}"
        raise UsageError("{option} belongs to what is declared: give --set DUTY=VALUE too", option=option)
    if args.json:
        sys.stdout.write(json_text(listing_json(site, today)) + "\n")
        return exits.OK
    if args.list:
        Console(no_color=args.no_color, highlight=False).print(listing(site, today, args.lang))
        return exits.OK
    return _ask(args, site, today)


def _ask(args: argparse.Namespace, site: Site, today: date) -> int:
    walk = Walk(args.config, site, args.by, person(args), today, args.lang, args.profile)
    try:
        walk.go()
    except Ended:
        pass
    except KeyboardInterrupt:
        say()
        _print_summary(args, walk, today)
        return exits.INTERRUPTED
    _print_summary(args, walk, today)
    return exits.OK


def _print_summary(args: argparse.Namespace, walk: Walk, today: date) -> None:
    left = len(lines(standings(walk.site, today), *OPEN))
    sentence = translate("{count} answers are kept in {file}; {left} declarations are open", args.lang)
    say(sentence.format(count=walk.kept, file=args.config, left=left))


def _set(args: argparse.Namespace, site: Site, today: date) -> int:
    by = person(args)
    if not by:
        raise UsageError("nobody is named who declares it: add --by NAME")
    cameras = tuple(name.strip() for name in args.cameras.split(",") if name.strip())
    known = {camera.camera.id for camera in site.cameras}
    unknown = [name for name in cameras if name not in known]
    if unknown:
        raise UsageError(
            "no camera has the id {unknown}: camwarden config show lists them", unknown=printable(unknown[0])
        )
    if args.group and args.group not in {group.name for group in site.groups}:
        raise UsageError("no group has the name {group}: write it as a [[group]] first", group=printable(args.group))
    sha256 = _digest(args)
    rows: dict[str, Declaration] = {}
    for given in args.set:
        duty, sign, text = given.partition("=")
        duty, dot, name = duty.strip().partition(".")
        row = BY_ID.get(duty)
        if row is None or not sign:
            raise UsageError(
                "--set {given}: write DUTY=VALUE with a duty that camwarden declare --list shows",
                given=printable(given),
            )
        if dot:
            before = rows.get(duty) or standing(site, duty, today, next(iter(cameras), "")).declaration
            rows[duty] = replace(_detailed(row, before, name, text.strip()), by=by, at=today)
            continue
        try:
            value = read_value(row, text.strip())
        except ValueError as error:
            raise UsageError("--set {given}: the value must be {error}", given=printable(given), error=error) from None
        rows[duty] = Declaration(row.id, value, by, today, args.until, cameras, args.group, sha256, args.paper_date)
    site = _with_profile(append_declarations(args.config, rows.values()), args)
    if args.json:
        answer: dict[str, Json] = {**listing_json(site, today)}
        sys.stdout.write(json_text(answer) + "\n")
    elif not args.quiet:
        left = len(lines(standings(site, today), *OPEN))
        sentence = translate("{count} answers are kept in {file}; {left} declarations are open", args.lang)
        say(sentence.format(count=len(rows), file=args.config, left=left))
    return exits.OK


def _detailed(row: Declarable, before: Declaration | None, name: str, text: str) -> Declaration:
    """Return what is declared with one more detail.

    Raises:
        UsageError: Nothing is declared yet that it could be a detail of, or it is none of this duty.
    """
    if before is None:
        raise UsageError("{duty} is not declared yet: declare it first, then its details", duty=row.id)
    wrong = wrong_detail(row, f"{name}: {text}")
    if wrong is not None:
        raise UsageError("--set {duty}.{name} is wrong: {wrong}", duty=row.id, name=printable(name), wrong=wrong)
    return replace(before, details=with_detail(before.details, name, text))


def _digest(args: argparse.Namespace) -> str:
    if args.paper is not None and args.sha256:
        raise UsageError("--paper and --sha256 say the same: give one of them")
    sha256 = digest_of_file(args.paper) if args.paper is not None else str(args.sha256).lower()
    if bool(sha256) != (args.paper_date is not None):
        raise UsageError("a paper has a date and a digest: give --paper-date DAY together with --paper or --sha256")
    return sha256


def _with_profile(site: Site, args: argparse.Namespace) -> Site:
    return replace(site, rules=replace(site.rules, profile=args.profile)) if args.profile else site

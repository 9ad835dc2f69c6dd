"""Defines the options of what holds, verifies, backs up and restores; no action's module is imported for it."""

import argparse
from pathlib import Path
from typing import Any

from agent.commands.hub.findings.options import count
from agent.commands.terminal.moments import day, instant


def add(actions: Any, data: argparse.ArgumentParser) -> None:
    """Describe them; `data` is what every action shares."""
    by = argparse.ArgumentParser(add_help=False)
    by.add_argument("--by", required=True, metavar="NAME", help="who says so")
    by.add_argument("--why", required=True, metavar="TEXT", help="the reason")
    hold = actions.add_parser("hold", parents=[data, by], help="hold a time of a site against deletion")
    hold.add_argument("site", metavar="SITE")
    hold.add_argument(
        "--from", dest="start", type=instant, required=True, metavar="T", help="a day, or 2026-11-24T12:00"
    )
    hold.add_argument("--to", dest="end", type=instant, required=True, metavar="T", help="not included")
    hold.add_argument("--until", type=day, required=True, metavar="DAY", help="last day on which it is held")
    listed = actions.add_parser("holds", parents=[data], help="list what is held against deletion")
    listed.add_argument("site", nargs="?", metavar="SITE", help="of this site only")
    release = actions.add_parser("release", parents=[data, by], help="end a hold before its last day")
    release.add_argument("number", type=count, metavar="NUMBER", help="as `hub holds` lists it")
    _people(actions, data, by)
    backup = actions.add_parser("backup", parents=[data], help="copy the hub's data while it runs, and verify the copy")
    backup.add_argument("folder", type=Path, metavar="FOLDER", help="a folder that is not there yet")
    backup.add_argument("--verify", action="store_true", help="verify a backup that is there, and copy nothing")
    restore = actions.add_parser("restore", parents=[data], help="copy a backup to where no hub is")
    restore.add_argument("folder", type=Path, metavar="FOLDER", help="what `hub backup` wrote")
    take_over = actions.add_parser(
        "take-over", parents=[data], help="go on with the hub of another folder, of release 0.1 too"
    )
    take_over.add_argument(
        "folder", type=Path, metavar="FOLDER", help="where that hub, which must not run, has its data"
    )
    migrate = actions.add_parser(
        "migrate", parents=[data], help="move the reports of a hub that does not run from hub.db into PostgreSQL"
    )
    migrate.add_argument(
        "--to", type=Path, required=True, metavar="FILE", help="one line in libpq's form that names an empty database"
    )
    verify = actions.add_parser(
        "verify", parents=[data], help="verify stored reports by signature and chain; exit code 1"
    )
    which = verify.add_mutually_exclusive_group(required=True)
    which.add_argument("site", nargs="?", metavar="SITE", help="those of this site")
    which.add_argument("--all", action="store_true", help="those of every site")


def _people(actions: Any, data: argparse.ArgumentParser, by: argparse.ArgumentParser) -> None:
    parser = actions.add_parser("people", help="list who is behind the ids in reports, or erase a name for good")
    inner = parser.add_subparsers(dest="people_action", required=True, metavar="ACTION")
    listed = inner.add_parser("list", parents=[data], help="list the names that sites told, and who was erased")
    listed.add_argument("site", nargs="?", metavar="SITE", help="of this site only")
    listed.add_argument("--name", metavar="NAME", help="who is called so")
    erase = inner.add_parser("erase", parents=[data, by], help="erase a name for good; the reports stay as they are")
    erase.add_argument("author", metavar="AUTHOR", help="an id as `hub people list` shows it")

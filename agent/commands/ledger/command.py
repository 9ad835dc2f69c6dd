"""Imports and renders site folders from a ledger, exports one, and compares one with the site.

Each action has a module of its own; `file.py` has what they share in reading a ledger.
"""

import argparse
from pathlib import Path

from agent.commands.ledger import diff, export, import_rows, render


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions of this command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    taken = actions.add_parser("import", help="make site.toml and secrets.toml of one site's rows")
    _add_reading(taken)
    add = taken.add_argument
    add("--out", type=Path, required=True, metavar="DIR", help="the site's folder; may hold its site.toml")
    add("--site", default="", metavar="ID", help="the site: picks its rows, or names it where they do not")
    _add_where(taken)
    add("--ask-password", action="store_true", help="ask for the password of each new login, for secrets.toml")
    _add_writing(taken)
    rendered = actions.add_parser("render", help="make one folder per site of a ledger of many sites")
    _add_reading(rendered)
    rendered.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the sites' folders belong")
    _add_writing(rendered)
    written = actions.add_parser("export", help="write the site as a ledger, to be filled in and imported again")
    written.add_argument("--out", type=Path, metavar="FILE", help="FILE.xlsx or FILE.csv (default: SITE.xlsx here)")
    _add_looking(written)
    compared = actions.add_parser("diff", help="compare a ledger with the site's file, and with what devices say")
    _add_reading(compared)
    _add_where(compared)
    _add_looking(compared)
    compared.add_argument(
        "--site", default="", metavar="ID", help="the site whose rows count (default: that of the file)"
    )
    compared.add_argument("--xlsx", type=Path, metavar="OUT", help="write the ledger with its differences in colour")


def run(args: argparse.Namespace) -> int:
    """Run one action."""
    action = {"import": import_rows.run, "render": render.run, "export": export.run, "diff": diff.run}[args.action]
    return action(args)


def _add_reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the ledger: .xlsx, or .csv in UTF-8 or GB18030")
    parser.add_argument("--sheet", default="", metavar="NAME", help="the sheet (default: the one that fits best)")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="HEADING=COLUMN",
        help="what a heading means, remembered once an import is written; - for nothing, empty forgets; a wrong column "
        "gets a list of all",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="a value for every row that has none, such as city=datong",
    )
    parser.add_argument(
        "--recorder",
        action="append",
        default=[],
        metavar="NAME=ADDRESS",
        help="the address of a recorder that the ledger only names; on a terminal import asks for each once",
    )


def _add_where(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="only the rows with this value, such as site_name=NAME where a ledger of several sites has no site ids",
    )


def _add_writing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--by",
        default="",
        metavar="NAME",
        help="whose word the ledger's declarations are; without it they are left out",
    )
    parser.add_argument("--skip-bad", action="store_true", help="leave out rows with mistakes, and say which")
    parser.add_argument("--force", action="store_true", help="change a site.toml that a person changed, too")
    parser.add_argument("--hub-jwks", type=Path, metavar="FILE", help="the hub's public keys, copied beside site.toml")


def _add_looking(parser: argparse.ArgumentParser) -> None:
    seen = parser.add_mutually_exclusive_group()
    seen.add_argument("--seen", type=Path, metavar="FILE", help="result of check --json or discover --json")
    seen.add_argument("--look", action="store_true", help="ask the site's devices now; only reads")

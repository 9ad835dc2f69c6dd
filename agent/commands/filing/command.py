"""Files the system with the police, and shows deadlines and changes since the last filing.

    camwarden filing status                                 deadlines, papers, changes, and the next step
    camwarden filing export --documents papers/             looks at the site and writes the signed dossier
    camwarden filing compare DOSSIER.zip --filed 2026-11-25 what changed since it was handed in; keeps what was filed

`status` asks no device. `camwarden verify DOSSIER.zip` proves a dossier unchanged, without a network.
"""

import argparse
from pathlib import Path

from agent.commands.check.options import SAMPLE_MAX_S
from agent.commands.filing import compare, export, status
from agent.commands.terminal.moments import day
from agent.commands.terminal.worker_flag import add_worker_flag

ACTIONS = {"status": status.run, "export": export.run, "compare": compare.run}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions of this command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("status", help="show both deadlines, the five papers, what changed, and the next step")
    written = actions.add_parser("export", help="look at the site and write the signed dossier; it stays here")
    written.add_argument("--out", type=Path, metavar="FILE", help="the new ZIP (default: SITE-filing-DAY.zip here)")
    written.add_argument(
        "--documents", type=Path, metavar="DIR", help="put in the papers of this folder whose SHA-256 is declared"
    )
    written.add_argument(
        "--sample",
        type=int,
        choices=range(SAMPLE_MAX_S + 1),
        default=0,
        metavar="S",
        help="measure each live stream for up to S seconds (default 0: not at all; 10 is enough)",
    )
    compared = actions.add_parser("compare", help="show what changed since a dossier was handed in, and watch it")
    compared.add_argument("dossier", type=Path, metavar="DOSSIER", help="the ZIP that was handed in")
    compared.add_argument(
        "--filed", type=day, metavar="DAY", help="the day on which it was handed in (default: when it was made)"
    )
    compared.add_argument("--kid", metavar="THUMBPRINT", help="believe this key, where it is none of this site's now")
    for action in (written, compared):
        add_worker_flag(action)


def run(args: argparse.Namespace) -> int:
    """Run the action."""
    return ACTIONS[args.action](args)

"""The options of `check`."""

from __future__ import annotations

import argparse

ROUNDS = 3
ROUNDS_MAX = 9


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add every option of the command."""
    parser.add_argument("--all", action="store_true", help="show what passes, and what shares another's cause, too")
    parser.add_argument(
        "--rounds",
        type=int,
        choices=range(1, ROUNDS_MAX + 1),
        default=ROUNDS,
        metavar="N",
        help="look up to N times, 10 s apart, where one picture says too little (default 3)",
    )
    parser.add_argument("--timeline", action="store_true", help="draw which days of each camera are recorded")

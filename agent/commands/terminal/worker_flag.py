"""Defines the flag `--unconfined` for parsers; its effects are in `unconfined.py`, which no help loads."""

import argparse


def add_worker_flag(parser: argparse.ArgumentParser) -> None:
    """Add the option for laptops on which that process cannot be confined."""
    parser.add_argument(
        "--unconfined",
        action="store_true",
        help="judge pictures even where the process that decodes them cannot be confined; it is said with the result",
    )

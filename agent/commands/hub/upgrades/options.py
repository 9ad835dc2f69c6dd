"""Defines the options of `camwarden hub upgrade`."""

import argparse
from typing import Any

from agent.commands.terminal.moments import duration
from agent.hub.domain.upgrades import SOAK


def add(actions: Any, data: argparse.ArgumentParser) -> None:
    """Describe the action."""
    parser = actions.add_parser(
        "upgrade", parents=[data], help="bring a version of the agent to sites in waves; 1 if it has stopped by itself"
    )
    parser.add_argument(
        "what", nargs="?", metavar="VERSION", help="a release, or: stop, resume (default: show how far it has come)"
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--division", metavar="CODE", help="sites of it, and of all below it")
    group.add_argument("--operator", metavar="NAME", help="sites that `hub operator` has given to this one")
    group.add_argument("--all", action="store_true", help="every site of the hub")
    soak = "how long a wave runs it before the next one: 12h, 3d (default 24h)"
    parser.add_argument("--soak", type=duration, default=SOAK, metavar="24h", help=soak)
    parser.add_argument("--by", metavar="NAME", help="who does it")
    parser.add_argument("--why", metavar="TEXT", help="the reason")

"""Defines the options of `camwarden hub forward` and `hub lower`."""

import argparse
from pathlib import Path
from typing import Any

from agent.commands.terminal.broker_options import add_broker_options
from agent.commands.terminal.moments import instant


def add(actions: Any, data: argparse.ArgumentParser) -> None:
    """Describe both actions."""
    _forward(actions, data)
    _lower(actions, data)


def _forward(actions: Any, data: argparse.ArgumentParser) -> None:
    parser = actions.add_parser("forward", parents=[data], help="send what sites reported up to another hub")
    add_broker_options(parser)
    parser.add_argument("--jwks", type=Path, metavar="FILE", help="the upper hub's key, as `hub jwks` prints it there")
    parser.add_argument(
        "--division", action="append", default=[], metavar="CODE", help="only sites of it, and of all below it"
    )
    files = parser.add_mutually_exclusive_group()
    files.add_argument("--batch", type=Path, metavar="FOLDER", help="write what is not confirmed yet as files, and end")
    files.add_argument(
        "--ack", type=Path, action="append", metavar="FILE", help="take what `hub import --ack` wrote up there, and end"
    )
    parser.add_argument(
        "--since", type=instant, metavar="T", help="with --batch: only what came since, where no word comes back"
    )


def _lower(actions: Any, data: argparse.ArgumentParser) -> None:
    parser = actions.add_parser("lower", help="say which hubs may forward to this one, for which divisions")
    inner = parser.add_subparsers(dest="lower_action", required=True, metavar="ACTION")
    said = argparse.ArgumentParser(add_help=False)
    said.add_argument("--by", required=True, metavar="NAME", help="who says so")
    said.add_argument("--why", required=True, metavar="TEXT", help="the reason")
    add_parser = inner.add_parser("add", parents=[data, said], help="let a hub forward, or change its divisions")
    add_parser.add_argument("name", metavar="NAME", help="what people call it, such as datong")
    add_parser.add_argument(
        "--jwks", type=Path, required=True, metavar="FILE", help="its key, as `hub jwks` prints it there"
    )
    add_parser.add_argument(
        "--division", action="append", required=True, metavar="CODE", help="for sites of it, and of all below it"
    )
    revoke = inner.add_parser("revoke", parents=[data, said], help="take that back, with the trust in its sites' keys")
    revoke.add_argument("name", metavar="NAME")
    inner.add_parser("list", parents=[data], help="show them, and for how many sites each vouches")

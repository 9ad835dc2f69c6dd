"""Defines the options of the hub's page and of who may use it; no action is imported for it."""

import argparse
from pathlib import Path
from typing import Any, Final

from agent.commands.hub.findings.options import count
from agent.commands.hub.web.bindings import add_bindings
from agent.commands.terminal.broker_options import port
from agent.hub.domain.rows.webhooks import KINDS
from agent.hub.web.people.person import ROLES

PORT: Final = 8480


def add(actions: Any, data: argparse.ArgumentParser) -> None:
    """Describe them; `data` is what every action shares."""
    _serve(actions, data)
    _user(actions, data)
    _webhook(actions, data)
    audit = actions.add_parser("audit", parents=[data], help="show what people did on the hub's page")
    audit.add_argument("--limit", type=count, default=100, metavar="N", help="the newest so many (default 100)")
    audit.add_argument("--verify", action="store_true", help="look whether a row was changed; exit code 1 if so")
    audit.add_argument("--head", metavar="DIGEST", help="with --verify: a row with this digest has to be there still")


def _serve(actions: Any, data: argparse.ArgumentParser) -> None:
    parser = actions.add_parser("serve", parents=[data], help="serve the hub's page to people until interrupted")
    add = parser.add_argument
    add("--port", type=port, default=PORT, metavar="PORT", help="port of 127.0.0.1 to listen on (default 8480)")
    add("--url", metavar="URL", help="address that people type, such as https://hub.city.example (default: the port)")
    add(
        "--trusted-proxy",
        metavar="ADDRESS",
        help="address of the proxy in front, which names its clients in X-Forwarded-For",
    )
    add("--trust-header", metavar="NAME", help="header in which that proxy names who has logged in there")


def _user(actions: Any, data: argparse.ArgumentParser) -> None:
    parser = actions.add_parser("user", help="say who may use the hub's page, and see what")
    inner = parser.add_subparsers(dest="user_action", required=True, metavar="ACTION")
    secret = argparse.ArgumentParser(add_help=False)
    secret.add_argument("--made", action="store_true", help="make a password and print it once (default: ask for one)")
    new = inner.add_parser("add", parents=[data, secret], help="add a person, or give one another role and bindings")
    new.add_argument("name", metavar="NAME")
    new.add_argument("--role", choices=ROLES, required=True, help="what the person may do")
    add_bindings(new)
    new.add_argument("--no-password", action="store_true", help="the proxy in front logs this person in")
    one = inner.add_parser("password", parents=[data, secret], help="give a person another password")
    one.add_argument("name", metavar="NAME")
    off = inner.add_parser("disable", parents=[data], help="let a person in no more, at once")
    off.add_argument("name", metavar="NAME")
    inner.add_parser("list", parents=[data], help="show who may use the page")


def _webhook(actions: Any, data: argparse.ArgumentParser) -> None:
    parser = actions.add_parser("webhook", help="say which other systems are told of fails, silence and late repairs")
    inner = parser.add_subparsers(dest="webhook_action", required=True, metavar="ACTION")
    named = argparse.ArgumentParser(add_help=False)
    named.add_argument("name", metavar="NAME")
    new = inner.add_parser("add", parents=[data, named], help="add an endpoint, and print its secret once")
    where = new.add_mutually_exclusive_group(required=True)
    where.add_argument("--url", metavar="URL", help="its address, https; every user of this machine can see it here")
    where.add_argument(
        "--url-file", type=Path, metavar="FILE", help="a file with its address alone, which may hold a token"
    )
    new.add_argument(
        "--kind", choices=KINDS, action="append", default=[], help="what it is told; may be repeated (default: all)"
    )
    add_bindings(new)
    new.add_argument(
        "--private", action="store_true", help="its name may lead to a private network, or to this machine"
    )
    new.add_argument(
        "--ca", type=Path, metavar="FILE", help="certificates of the authority to believe (default: the system's)"
    )
    for action, said in (
        ("test", "send it a message now; exit code 1 where it does not take it"),
        ("secret", "make another secret, and print it once; the one before signs too for a day"),
        ("disable", "send it nothing more"),
        ("enable", "send to it again, also after it was given up"),
        ("remove", "forget it, and what waits for it"),
    ):
        inner.add_parser(action, parents=[data, named], help=said)
    inner.add_parser(
        "list", parents=[data], help="show each endpoint and how it answers; exit code 1 where one was given up"
    )

"""Stores who may use the hub's page: `camwarden hub user add | password | disable | list`.

A password is typed at the terminal or made and printed once; it is no argument, which every user of the machine and the
shell's history would see.
"""

import argparse
import getpass
import json
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from agent.commands.hub.web.bindings import read_bindings
from agent.contract.chain import utc_text
from agent.hub.stores.engines import open_store
from agent.hub.web.audit.row import AuditRow
from agent.hub.web.people import passwords
from agent.hub.web.people.person import BOUND, person_name
from agent.hub.web.people.store import People, PersonRow
from agent.model.errors import UsageError
from agent.model.exits import OK
from agent.model.finding import Json, Message
from agent.text.harmless import printable
from agent.text.translate import render, together, translate

SCHEMA: Final = "camwarden-hub-user/1"
COMMAND: Final = "(command)"
"""Who did what was done by a command: whoever is the hub's user."""


def run(args: argparse.Namespace) -> int:
    """Run one action. Raises UsageError, ConfigurationError."""
    open_store(args.data, read_only=True).close()
    with closing(People(args.data)) as people:
        if args.user_action == "list":
            return _list(args, people)
        return {"add": _add, "password": _password, "disable": _disable}[args.user_action](args, people)


def _add(args: argparse.Namespace, people: People) -> int:
    name = person_name(args.name)
    bound = read_bindings(args)
    if args.role in BOUND and not any(bound.values()):
        raise UsageError(
            "{role} needs to be bound: name --division, --operator or --maintainer, or nothing would be seen",
            role=args.role,
        )
    known = people.person(name)
    now = utc_text(datetime.now(UTC))
    if known is not None and not known.disabled_at:
        row, made = known, ""
    else:
        password, made = ("", "") if args.no_password else _asked(args)
        row = PersonRow(name=name, role=args.role, password=password, made_at=now)
    row = replace(
        row,
        role=args.role,
        divisions=bound["divisions"],
        operators=bound["operators"],
        maintainers=bound["maintainers"],
    )
    what = " ".join((name, args.role, *(f"{kind[:-1]}={value}" for kind, values in bound.items() for value in values)))
    with people.changing():
        people.keep_person(row)
        people.record(AuditRow(now, COMMAND, "user-add", what, "ok", ""))
    _tell(args, Message("{name} may use the hub's page as {role}", {"name": name, "role": args.role}), row, made)
    return OK


def _password(args: argparse.Namespace, people: People) -> int:
    row = _known(people, args.name)
    password, made = _asked(args)
    with people.changing():
        people.keep_person(replace(row, password=password))
        people.end_sessions(row.name)
        people.record(AuditRow(utc_text(datetime.now(UTC)), COMMAND, "user-password", row.name, "ok", ""))
    _tell(args, Message("{name} has another password; open sessions have ended", {"name": row.name}), row, made)
    return OK


def _disable(args: argparse.Namespace, people: People) -> int:
    row = _known(people, args.name)
    now = utc_text(datetime.now(UTC))
    row = replace(row, disabled_at=row.disabled_at or now, password="")
    with people.changing():
        people.keep_person(row)
        people.end_sessions(row.name)
        for token in people.tokens(row.name):
            people.revoke_token(row.name, token.id, now)
        people.record(AuditRow(now, COMMAND, "user-disable", row.name, "ok", ""))
    _tell(args, Message("{name} may use the hub's page no more", {"name": row.name}), row, "")
    return OK


def _known(people: People, name: str) -> PersonRow:
    row = people.person(person_name(name))
    if row is None:
        raise UsageError("{name!r} is not known here; see `camwarden hub user list`", name=name[:80])
    return row


def _asked(args: argparse.Namespace) -> tuple[str, str]:
    """Return the hash of a password that was typed twice, or made; and the one that was made. Raises UsageError."""
    if args.made:
        made = passwords.made()
        return passwords.hashed(made), made
    if not sys.stdin.isatty():
        raise UsageError("a password is typed at a terminal: run it there, or have one made with --made")
    first = getpass.getpass(translate("Password: ", args.lang))
    if getpass.getpass(translate("Again: ", args.lang)) != first:
        raise UsageError("the two passwords differ: repeat the command")
    return passwords.hashed(first), ""


def _tell(args: argparse.Namespace, said: Message, row: PersonRow, made: str) -> None:
    if args.json:
        print(json.dumps({"schema": SCHEMA, **_row(row), "password": made or None}, ensure_ascii=False))
        return
    if not args.quiet:
        print(render(said, args.lang))
    if made:
        print(render(Message("password, shown this once: {password}", {"password": made}), args.lang))


def _list(args: argparse.Namespace, people: People) -> int:
    rows = people.people()
    if args.json:
        print(json.dumps({"schema": SCHEMA, "people": [_row(row) for row in rows]}, ensure_ascii=False))
        return OK
    for row in rows:
        bound = together((*row.divisions, *row.operators, *row.maintainers), args.lang)
        off = translate("disabled", args.lang) if row.disabled_at else ""
        print(printable("  ".join(part for part in (f"{row.name:23}", row.role, bound, off) if part)))
    if not rows and not args.quiet:
        print(render(Message("nobody may log in yet: camwarden hub user add NAME --role ROLE"), args.lang))
    return OK


def _row(row: PersonRow) -> dict[str, Json]:
    bound: dict[str, Json] = {
        "divisions": list(row.divisions), "operators": list(row.operators), "maintainers": list(row.maintainers),
    }  # fmt: skip
    told: dict[str, Json] = {"name": row.name, "role": row.role, **bound}
    return {**told, "made_at": row.made_at, "disabled_at": row.disabled_at or None, "has_password": bool(row.password)}

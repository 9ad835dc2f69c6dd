"""Defines and validates the options that bind somebody to divisions, operators or maintainers."""

import argparse
from typing import Final

from agent.hub.domain.people_text import NAME_MAX_CHARS, refuse_text
from agent.hub.web.people.person import DIVISION
from agent.model.errors import UsageError

_BINDINGS: Final = (
    ("--division", "CODE", "may see sites of this division, or all below it where it ends with zeros; may be repeated"),
    ("--operator", "NAME", "may see sites that this name operates, as `hub operator` keeps it; may be repeated"),
    ("--maintainer", "NAME", "may see findings at cameras of this maintainer, or assigned to it; may be repeated"),
)


def add_bindings(parser: argparse.ArgumentParser) -> None:
    """Add the options to an action's parser."""
    for option, shown, said in _BINDINGS:
        parser.add_argument(option, action="append", default=[], metavar=shown, help=said)


def read_bindings(args: argparse.Namespace) -> dict[str, tuple[str, ...]]:
    """Return divisions, operators and maintainers, each by its name. Raises UsageError."""
    for code in args.division:
        if not DIVISION.fullmatch(code):
            raise UsageError("--division {code!r}: a code of 2, 4 or 6 digits, such as 140200", code=code[:80])
    for name in (*args.operator, *args.maintainer):
        refuse_text(name, NAME_MAX_CHARS)
    return {f"{kind}s": tuple(sorted(set(getattr(args, kind)))) for kind in ("division", "operator", "maintainer")}

"""Translates `--help`, and the errors of options, into the reader's language.

The language is chosen in `agent/cli.py`; parsers are written in English, for man pages and completions too.

argparse has no interface to list what a parser holds. Only `arguments`, `groups` and `commands` read its private
lists; `tests/commands/test_cli_words.py` fails where a version of Python names them otherwise.
"""

import argparse
import gettext
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn
from unicodedata import east_asian_width

from agent.model import exits
from agent.text.called import as_called
from agent.text.translate import DIRECTORY, DOMAIN, translate

_WORD = re.compile(r"[!-~]+|.")
"""An ASCII word is not broken; between Chinese characters a line may break anywhere."""

_NOT_FIRST = "，。：；、！？）”》"  # noqa: RUF001  a line of Chinese does not begin with these


class OfFixedWidth(argparse.HelpFormatter):
    """Formats for 80 columns, while a parser is built.

    argparse makes a formatter for each option it is told of, and would ask for the terminal's width each time.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=80)


class ByWidth(argparse.HelpFormatter):
    """Breaks lines by terminal width: a Chinese character takes two columns.

    Overrides the two methods that argparse's own formatters override; `tests/commands/test_cli_words.py` checks that.
    """

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in wrapped(text, width - len(indent)))


class ListsActions(argparse.ArgumentParser):
    """Ends a wrong command line with the actions to choose from, where it named none of them.

    `error` is the one method that Python's documentation lets a parser override; it ends the process. Help is as wide
    as the terminal once the parser is finished: `translate_parser`. `asked` is the one action that will be asked of it,
    where that is known.
    """

    asked: str = ""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"formatter_class": OfFixedWidth, **options})

    def error(self, message: str) -> NoReturn:
        """Print usage, the error, and each action with its line of help, and end with exit code 2."""
        self.print_usage(sys.stderr)
        words = {"prog": self.prog, "message": message}
        sys.stderr.write(gettext.gettext("%(prog)s: error: %(message)s\n") % words)
        of_more = message.startswith(gettext.gettext("unrecognized arguments: %s").partition("%s")[0])
        offered = () if of_more else commands(self)
        width = max((len(one.name) for one in offered), default=0)
        for one in offered:
            sys.stderr.write(f"  {self.prog} {one.name:{width}}  {one.entry.help}\n")
        sys.exit(exits.USAGE)


class OneAction:
    """Adds the parser of one action, and drops what is said of the others: those of the hub took 8 ms of each start."""

    def __init__(self, actions: Any, asked: str) -> None:
        self._actions, self._asked = actions, asked

    def add_parser(self, name: str, **options: Any) -> Any:
        """Return the parser of the action that is asked for; for another one, what takes its options and keeps none."""
        return self._actions.add_parser(name, **options) if name == self._asked else _Dropped()


class _Dropped:
    """Stands for the parser, a group or an argument of an action that nobody asks for."""

    def __getattr__(self, name: str) -> Callable[..., "_Dropped"]:
        return lambda *args, **options: self


def wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines of at most `width` columns; a longer word gets its own line."""
    lines, line, used = [], "", 0
    for word in _WORD.findall(" ".join(text.split())):
        columns = sum(2 if east_asian_width(character) in "WF" else 1 for character in word)
        if line and used + columns > width and word not in _NOT_FIRST:
            lines.append(line.rstrip())
            line, used = "", 0
        if line or word != " ":
            line, used = line + word, used + columns
    return [*lines, line.rstrip()] if line else lines


@dataclass(frozen=True, slots=True)
class Command:
    """A command or action of a parser: its word, its entry in the help, its parser."""

    name: str
    entry: argparse.Action
    parser: argparse.ArgumentParser


@dataclass(frozen=True, slots=True)
class Group:
    """A heading and its arguments; `shown` has its texts."""

    shown: argparse._ArgumentGroup
    arguments: tuple[argparse.Action, ...]


def arguments(parser: argparse.ArgumentParser) -> tuple[argparse.Action, ...]:
    """Return the options and arguments of a parser, without its commands."""
    return tuple(action for action in parser._actions if not isinstance(action, argparse._SubParsersAction))


def groups(parser: argparse.ArgumentParser) -> tuple[Group, ...]:
    """Return the headings of a parser with their arguments."""
    return tuple(Group(group, tuple(group._group_actions)) for group in parser._action_groups)


def commands(parser: argparse.ArgumentParser) -> tuple[Command, ...]:
    """Return the commands of a parser; empty where it has none."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            entries = {entry.dest: entry for entry in action._choices_actions}
            return tuple(Command(name, entries[name], inner) for name, inner in action.choices.items())
    return ()


def every_argument(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the options and arguments of a parser and all its commands."""
    yield from arguments(parser)
    for command in commands(parser):
        yield from every_argument(command.parser)


def translate_parser(parser: argparse.ArgumentParser, lang: str) -> None:
    """Translate every text of a finished parser, and of the parsers of its commands."""

    def said(text: str | None) -> str | None:
        return text if text is None or text == argparse.SUPPRESS else translate(text, lang)

    parser.formatter_class = argparse.HelpFormatter if lang == "en" else ByWidth
    parser.prog = as_called(parser.prog)
    parser.description, parser.epilog = said(parser.description), said(parser.epilog)
    for group in groups(parser):
        group.shown.title, group.shown.description = said(group.shown.title), said(group.shown.description)
    for action in arguments(parser):
        action.help = said(action.help)
    for command in commands(parser):
        command.entry.help = said(command.entry.help)
        translate_parser(command.parser, lang)


@contextmanager
def argparse_language(lang: str) -> Iterator[None]:
    """Translate argparse's own words while the block runs, by gettext's LANGUAGE. Source: Python docs, gettext."""
    domain, language = gettext.textdomain(), os.environ.get("LANGUAGE")
    gettext.bindtextdomain(DOMAIN, str(DIRECTORY))
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = "C" if lang == "en" else lang  # of "en" gettext would look for a file at each word
    try:
        yield
    finally:
        gettext.textdomain(domain)
        os.environ.pop("LANGUAGE")
        if language is not None:
            os.environ["LANGUAGE"] = language

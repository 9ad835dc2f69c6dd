"""Translates `--help`, and the errors of options, into the reader's language.

Which language that is, is decided in `agent/cli.py`; the parsers are written in English, for man pages and completions
too.
"""

from __future__ import annotations

import argparse
import re
from unicodedata import east_asian_width

from agent.text.translate import translate

_WORD = re.compile(r"[!-~]+|.")
"""A word of ASCII stays whole; between Chinese characters a line may break anywhere."""

_NOT_FIRST = "，。：；、！？）”》"  # noqa: RUF001  a line of Chinese does not begin with these


class ByWidth(argparse.HelpFormatter):
    """Breaks lines by the width that a terminal gives them: a Chinese character takes two columns."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in wrapped(text, width - len(indent)))


def wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines of at most `width` columns; a longer word stands on a line of its own."""
    lines, line, used = [], "", 0
    for word in _WORD.findall(" ".join(text.split())):
        columns = sum(2 if east_asian_width(character) in "WF" else 1 for character in word)
        if line and used + columns > width and word not in _NOT_FIRST:
            lines.append(line.rstrip())
            line, used = "", 0
        if line or word != " ":
            line, used = line + word, used + columns
    return [*lines, line.rstrip()] if line else lines


def speak(parser: argparse.ArgumentParser, lang: str) -> None:
    """Put every text of a finished parser, and of the parsers of its commands, into a language."""

    def said(text: str | None) -> str | None:
        return text if text is None or text == argparse.SUPPRESS else translate(text, lang)

    if lang != "en":
        parser.formatter_class = ByWidth
    parser.description, parser.epilog = said(parser.description), said(parser.epilog)
    # argparse has no other way to its groups and options.
    for group in parser._action_groups:
        group.title, group.description = said(group.title), said(group.description)
    for action in parser._actions:
        action.help = said(action.help)
        if isinstance(action, argparse._SubParsersAction):
            for named in action._choices_actions:
                named.help = said(named.help)
            for command in set(action.choices.values()):
                speak(command, lang)


def speak_of_mistakes(lang: str) -> None:
    """Let argparse say its own words, such as `usage: ` and what is wrong with an option, in a language.

    It looks them up in the module under this one name, and has no other place for a language chosen at run time.
    """
    argparse._ = lambda words: translate(words, lang)  # type: ignore[attr-defined]

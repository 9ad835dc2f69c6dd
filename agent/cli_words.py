"""Lets the command line's own words, `--help` and the mistakes of an option, be read in the reader's language.

Which language that is, is decided in `cli.py`; the parsers are written in English, for man pages and completions too.
"""

from __future__ import annotations

import argparse

from agent.text import translate


def speak(parser: argparse.ArgumentParser, lang: str) -> None:
    """Put every text of a finished parser, and of the parsers of its commands, into a language."""

    def said(text: str | None) -> str | None:
        return text if text is None or text == argparse.SUPPRESS else translate(text, lang)

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

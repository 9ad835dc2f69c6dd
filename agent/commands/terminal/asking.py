"""Asks people, one question at a time, on a terminal or through a pipe.

Questions go to standard output, answers come from standard input; a password is read without being shown where there
is a terminal. The end of the answers raises `Ended`: each command then goes on with the answers so far.
"""

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from typing import TypeVar

from agent.model.errors import UsageError
from agent.text.harmless import printable

Answer = TypeVar("Answer")

TRIES = 3


class Ended(Exception):
    """Nobody answers any more."""


class Wrong(ValueError):
    """An answer cannot be accepted; the message has the reason, in the reader's language."""


def say(text: str = "") -> None:
    """Write one line for people."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def person(args: argparse.Namespace) -> str:
    """Return who answers: the name of `--by`, or the login name; empty where there is neither."""
    return args.by or next((os.environ[k] for k in ("SUDO_USER", "LOGNAME", "USER") if os.environ.get(k)), "")


def ask(question: str, read: Callable[[str], Answer], default: str = "", shown: str | None = None) -> Answer:
    """Return the answer to one question, which is on one line.

    `read` parses the answer, or raises `Wrong`; an empty one means `default`, which is shown as `shown`, None: as it
    is.

    Raises:
        Ended: There are no more answers.
        UsageError: The answer was wrong so often that nobody seems to read the messages.
    """
    hint = default if shown is None else shown
    why = ""
    for _ in range(TRIES):
        sys.stdout.write(f"{question} [{hint}] " if hint else f"{question} ")
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            say()
            raise Ended
        if not sys.stdin.isatty():
            say()  # on a terminal the reader's own Enter ends the line
        try:
            return read(line.strip() or default)
        except Wrong as error:
            why = str(error)
            say(f"  {why}")
    raise UsageError("{question}: {why}", question=printable(question), why=why)


def ask_password(question: str) -> str:
    """Return a password, which is shown nowhere. Raises Ended."""
    if sys.stdin.isatty():
        try:
            return getpass.getpass(f"{question} ")
        except EOFError:
            raise Ended from None
    say(question)
    line = sys.stdin.readline()
    if not line:
        raise Ended
    return line.rstrip("\r\n")

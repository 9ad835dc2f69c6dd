"""Walks the table of commands: each command and action with a value for everything that it must be given.

A command that is new in the table is walked by itself; one that must be given something new takes a line in `SAMPLES`.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent import cli
from agent.text.cli_words import arguments, commands

SAMPLES = {
    "pack": "cn-799", "check": "camera-online", "subject": "camera:gate", "camera": "gate", "by": "Li", "why": "x",
    "zone": "window", "dispute": "0a", "outcome": "upheld",
    "until": "2031-01-02", "start": "2031-01-01", "end": "2031-01-02", "device": "nvr", "report": "1:health:1",
    "site": "S1", "thumbprint": "A" * 43, "address": "192.0.2.1:8443", "broker": "192.0.2.1", "stream": "event",
    "from_seq": "1", "to_seq": "2", "exercise": "mask", "tsa": "http://192.0.2.1/",
    "what": "0.2.0", "to": "Zhao", "due": "2031-01-02", "text": "x", "name": "School 4", "number": "1", "seq": "1",
    "role": "viewer", "author": "author-S1-0123456789abcdef", "division": "140202", "id": "14021300001180000001",
    "sites": "1000",
}  # fmt: skip
"""What is given for an argument of this name that is no file."""

GIVEN = {
    ("findings", "plan"): ("--site", "--from", "2031-01-01", "--until", "2031-01-02", "--why", "x"),
    ("findings", "unplan"): ("--site",),
    ("hub", "report"): ("--by", "model", "--day", "2026-11-01"),
    ("hub", "enroll", "token"): ("--site", "S1"),
    ("hub", "desired"): ("S1", "none.bin"),
    ("hub", "place"): ("S1", "--division", "140202", "--by", "Li", "--why", "x"),
    ("hub", "verify"): ("--all",),
    ("hub", "webhook", "add"): ("tickets", "--url", "https://tickets.test/"),
    ("verify",): ("none.bin", "--kid", "A" * 43),
    ("config", "validate"): (),
    ("link", "listen"): ("--interface", "none0"),
    ("link", "test"): ("nvr", "--id", "14021300001180000001", "--free-slot"),
}
"""What is given instead where one of several is needed."""

NEW = frozenset({"out", "batch", "sheet", "xlsx", "write", "report", "pdf", "ack", "certificate"})
"""Arguments that name what a command writes."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A command, or an action of one, with its parser."""

    path: tuple[str, ...]
    parser: argparse.ArgumentParser

    @property
    def name(self) -> str:
        """Its words on the command line."""
        return " ".join(self.path)


def leaves() -> tuple[Leaf, ...]:
    """Return every command that has no action, and every action of the others."""

    def below(parser: argparse.ArgumentParser, path: tuple[str, ...]) -> Iterator[Leaf]:
        found = commands(parser)
        if not found:
            yield Leaf(path, parser)
        for one in found:
            yield from below(one.parser, (*path, one.name))

    return tuple(below(cli.full_parser(), ()))


def words(leaf: Leaf) -> list[str]:
    """Return a whole command line: files that are read are not there, those that are written are new."""
    if leaf.path in GIVEN:
        return [*leaf.path, *GIVEN[leaf.path]]
    said = list(leaf.path)
    for one in arguments(leaf.parser):
        if one.required and one.nargs != "*" and one.dest not in ("help", "version"):
            said += [*one.option_strings[-1:], value(one)]
    return said


def value(one: argparse.Action) -> str:
    """Return a value for an argument. Raises KeyError where `SAMPLES` has none."""
    if one.type is Path:
        return ("new.zip" if one.dest != "out" else "new") if one.dest in NEW else "none.bin"
    return SAMPLES[one.dest]


def files_read(leaf: Leaf) -> Iterator[list[str]]:
    """Yield the command line for each file that a command may read, `@` in its place."""
    for one in arguments(leaf.parser):
        if one.type is Path and one.dest not in NEW | {"config", "data"}:
            said = words(leaf)
            if one.option_strings:
                yield [*said, one.option_strings[-1], "@"]
            else:
                yield [word if word != "none.bin" else "@" for word in said] if "none.bin" in said else [*said, "@"]


def run(line: Sequence[str], lang: str) -> tuple[int, str, str]:
    """Run a command here, without a terminal; return its exit code, output and errors."""
    out, err = io.StringIO(), io.StringIO()
    before, sys.stdin = sys.stdin, io.StringIO("")
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = cli.main([*line, "--lang", lang])
    finally:
        sys.stdin = before
    return code, out.getvalue(), err.getvalue()


def in_child(prepare: Callable[[], None], lines: Sequence[Sequence[str]], lang: str) -> list[tuple[int, str, str]]:
    """Run commands in a child of this process that `prepare` has taken something from."""
    reads, writes = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reads)
            prepare()
            with os.fdopen(writes, "w", encoding="utf-8") as pipe:
                json.dump([run(line, lang) for line in lines], pipe)
        finally:
            os._exit(0)
    os.close(writes)
    with os.fdopen(reads, encoding="utf-8") as pipe:
        done = pipe.read()
    os.waitpid(pid, 0)
    return [tuple(one) for one in json.loads(done)]


def become_nobody() -> None:
    """Give up root; another user has no more to give up."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)


def leave_network() -> None:
    """Go into a network of this process's own, without any address, not even its own.

    Source: unshare(2), CLONE_NEWNET; CLONE_NEWUSER where this is not root.
    """
    flags = 0x40000000 | (0 if os.geteuid() == 0 else 0x10000000)
    if ctypes.CDLL(None, use_errno=True).unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "no network of one's own")

"""Reads one file of the configuration: its bytes, then TOML with the line of each key; notes its mistakes."""

import os
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

import tomli

from agent.host.files import WITHOUT_WAITING
from agent.host.users import wrong_rights
from agent.model.errors import os_words
from agent.model.finding import Message, sentence
from agent.site.toml.lines import KeyPath, locate
from agent.site.toml.problems import ConfigError, ConfigForbidden, Problem
from agent.site.toml.table import Document, Table

_T = TypeVar("_T")

_BACKSLASH = re.compile(r"(?i)unescaped '\\|hex value|unicode scalar")
"""Errors of tomli for a backslash in double quotes, as in paths of Windows."""

FILE_MAX_BYTES = 8 * 1024 * 1024
"""Far above a site of ten thousand cameras; a wrong file is refused before it fills the memory."""

_TWICE = re.compile(r"(?i)cannot (declare|overwrite|mutate|redefine)|duplicate")
"""Errors of tomli for a repeated key or table."""

WIDE: Final[Mapping[str, str]] = {
    "\u201c": '"', "\u201d": '"', "\uff02": '"', "\u2018": "'", "\u2019": "'", "\uff07": "'", "\uff1d": "=",
    "\uff0c": ",", "\u3001": ",", "\u3010": "[", "\u3011": "]", "\uff3b": "[", "\uff3d": "]", "\uff03": "#",
}  # fmt: skip
"""Marks that an input method for Chinese puts where TOML needs plain ones."""


def read_file(path: Path, what: str, problems: list[Problem], wrong_bits: int = 0) -> tuple[bytes | None, bool]:
    """Return the bytes of a file, None where it cannot be used, and whether permission is the cause."""

    def refuse(reason: Message | str, fix: Message | str) -> None:
        problems.append(Problem(str(path), 0, "", sentence(reason), sentence(fix)))

    try:
        # Opened without blocking, so that a pipe in the file's place ends in a message and not in a wait.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | WITHOUT_WAITING)) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                refuse("is not a file", Message("give the path of the {what} file", {"what": sentence(what)}))
                return None, False
            mode = wrong_rights(status, wrong_bits)
            if mode is not None:
                refuse(
                    Message("mode {mode:04o} lets others at the passwords", {"mode": mode}),
                    Message("chmod 0600 {path}", {"path": path}),
                )
                return None, False
            raw = file.read(FILE_MAX_BYTES + 1)
    except IsADirectoryError:
        refuse("is not a file", Message("give the path of the {what} file", {"what": sentence(what)}))
        return None, False
    except FileNotFoundError:
        refuse(
            "no such file",
            "make a site with camwarden start or camwarden init, or from its ledger with camwarden ledger import; "
            "where there is one, give its path with --config FILE",
        )
        return None, False
    except PermissionError:
        if path.is_dir():  # as Windows says it
            refuse("is not a file", Message("give the path of the {what} file", {"what": sentence(what)}))
            return None, False
        refuse("this user may not read it", "run as root or as the user camwarden")
        return None, True
    except OSError as error:
        refuse(Message("cannot be read: {why}", {"why": os_words(error)}), "look at the disk and the path")
        return None, False
    if len(raw) > FILE_MAX_BYTES:
        refuse(
            Message("is larger than {mib} MiB", {"mib": FILE_MAX_BYTES // 1024 // 1024}),
            Message("give the path of the {what} file", {"what": sentence(what)}),
        )
        return None, False
    return raw, False


def parse_toml(path: Path, raw: bytes | None, problems: list[Problem], *, holds_secrets: bool) -> Document | None:
    """Return the document; a syntax error is noted with its line, and without content of a secrets file."""
    if raw is None:
        return None
    try:
        text = raw.decode("utf-8-sig")  # editors on Windows put a byte-order mark before it
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.append(Problem(str(path), line, "", Message("is not UTF-8"), Message("save the file as UTF-8")))
        return None
    lines: dict[KeyPath, int] = {}
    try:
        data = tomli.loads(text)
        lines = locate(text)
    except tomli.TOMLDecodeError as error:
        what, line = _syntax(str(error), text)
        said = (
            Message("not TOML from here on") if holds_secrets else Message("not TOML: {what}", {"what": sentence(what)})
        )
        fix = Message('look for a missing quote, bracket or "=" on this line or above it')
        wide = _wide_on(text, line)
        if _BACKSLASH.search(what):
            fix = Message("a text with a backslash stands in single quotes: {example}", {"example": "'C:\\site'"})
        if _TWICE.search(what):
            fix = Message("a key and a table may stand only once: remove or rename this one")
        elif wide:
            fix = Message(
                "write {plain} where {wide} is: an input method for Chinese was on",
                {
                    "wide": " ".join(wide),
                    "plain": " ".join(dict.fromkeys(WIDE[one] for one in wide)),
                },
            )
        problems.append(Problem(str(path), line, "", said, fix))
        return None
    except ValueError:
        problems.append(
            Problem(str(path), 0, "", Message("holds a number of thousands of digits"), Message("correct it"))
        )
        return None
    except RecursionError:
        problems.append(
            Problem(str(path), 0, "", Message("is nested too deeply"), Message("site files need four levels at most"))
        )
        return None
    return Document(str(path), data, lines, problems, holds_secrets)


def read_with(path: Path, read: Callable[[Table], _T]) -> tuple[_T, bytes]:
    """Return what a reader makes of a whole site file, and the file's bytes.

    Raises:
        ConfigError: With all mistakes of the file; `ConfigForbidden` where it may not be read.
    """
    problems: list[Problem] = []
    raw, forbidden = read_file(path, "site", problems)
    document = parse_toml(path, raw, problems, holds_secrets=False)
    if document is not None:
        value = read(Table(document, (), "", document.data))
        if not problems:
            return value, raw or b""
    raise (ConfigForbidden if forbidden else ConfigError)(problems)


def _wide_on(text: str, line: int) -> tuple[str, ...]:
    """Return the wide marks of a line, each once; those inside its plain quotes, which are content, are left out."""
    rows = text.split("\n")
    row = rows[line - 1] if 0 < line <= len(rows) else ""
    outside = re.sub(r"\"[^\"]*\"|'[^']*'", "", row)
    return tuple(dict.fromkeys(mark for mark in outside if mark in WIDE))


def _syntax(message: str, text: str) -> tuple[str, int]:
    """Take the line out of tomli's message, whose wording is the same in all its versions."""
    match = re.fullmatch(r"(.*) \(at (?:line ([0-9]+), column [0-9]+|end of document)\)", message, re.DOTALL)
    if match is None:
        return message.splitlines()[0], 0
    line = int(match[2]) if match[2] else text.rstrip("\n").count("\n") + 1
    return match[1][:1].lower() + match[1][1:], line

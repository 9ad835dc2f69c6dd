"""Parses typed values out of one table of a configuration file and collects every mistake instead of stopping.

A getter that finds a mistake notes it and returns a placeholder, so that the rest of the file is read too; the caller
builds nothing while problems exist. How values relate is decided in the modules that use this.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path, PureWindowsPath
from typing import Literal, TypeVar

from agent.model.errors import os_words
from agent.model.finding import Message, listed, sentence
from agent.site.toml.lines import KeyPath
from agent.site.toml.problems import Problem

Choice = TypeVar("Choice", bound=str)

SECRET_KEYS = frozenset({"password", "passwd", "passphrase", "secret"})
"""Keys that are refused in site.toml, in any table."""

SHOWN_MAX_CHARS = 60
TEXT_MAX_CHARS = 200


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file. `holds_secrets`: messages must not contain its values. `problems` is shared and grows."""

    file: str
    data: Mapping[str, object] = field(repr=False)
    lines: Mapping[KeyPath, int] = field(repr=False)
    problems: list[Problem] = field(repr=False)
    holds_secrets: bool = False

    def note(self, path: KeyPath, where: str, what: Message | str, fix: Message | str) -> None:
        """Add a mistake at the line of `path`, or of the nearest table around it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                line = self.lines[path[:length]]
                break
        else:
            line = 1 if path else 0
        self.problems.append(Problem(self.file, line, where, sentence(what), sentence(fix)))

    def shown(self, value: object) -> str:
        """Return a value for a message: as JSON, cut short; withheld where it may hold a secret."""
        if self.holds_secrets:
            return "this value"
        text = json.dumps(value, ensure_ascii=True, default=str)
        if "@" in text:
            return "a value with @ in it (not shown)"
        return text if len(text) <= SHOWN_MAX_CHARS else f"{text[: SHOWN_MAX_CHARS - 3]}..."


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a document: `path` leads to it, `where` is its name in messages."""

    document: Document = field(repr=False)
    path: KeyPath
    where: str
    data: Mapping[str, object] = field(repr=False)

    def note(self, key: str, what: Message | str, fix: Message | str) -> None:
        """Add a mistake about a key of this table; an empty key is the table itself."""
        self.document.note((*self.path, key) if key else self.path, self.where, what, fix)

    def line(self, key: str) -> int:
        """Return the line of a key."""
        return self.document.lines.get((*self.path, key), 0)

    def only(self, *known: str) -> None:
        """Refuse every unknown key, suggesting a known one that is similar."""
        for key in self.data:
            like_secret = key in SECRET_KEYS or (
                key not in known and get_close_matches(key, SECRET_KEYS, n=1, cutoff=0.8) != []
            )
            if like_secret and not self.document.holds_secrets:
                self.note(
                    key,
                    Message(
                        'key "{key}" does not belong in {file}', {"key": key, "file": Path(self.document.file).name}
                    ),
                    "put it into secrets.toml under [credential.NAME] and write here only its name: "
                    'credential = "NAME"',
                )
            elif key not in known:
                self.note(key, Message("unknown key {key}", {"key": _quoted(key)}), _suggestion(key, known))

    def required(self, key: str, example: str) -> bool:
        """Return whether a key is there, noting its absence."""
        if key in self.data:
            return True
        self.note(
            "",
            Message('key "{key}" is missing', {"key": key}),
            Message("add it, for example {key} = {example}", {"key": key, "example": example}),
        )
        return False

    def text(
        self, key: str, default: str | None = None, *, like: str = "", rule: str = "", example: str = '"..."'
    ) -> str:
        """Return a printable string that matches `like` (`rule` in words); required without default."""
        if default is None and not self.required(key, example):
            return ""
        value = self.data.get(key, default)
        if value == default and isinstance(value, str):
            return value
        expected = rule or Message("a text on one line of 1 to {most} characters", {"most": TEXT_MAX_CHARS})
        if (
            not isinstance(value, str)
            or not value
            or not value.isprintable()
            or len(value) > TEXT_MAX_CHARS
            or (like and not re.fullmatch(like, value))
        ):
            return self._wrong(key, expected, example, "")
        return value

    def integer(self, key: str, default: int | None, low: int, high: int, *, hint: str = "") -> int:
        """Return a whole number from `low` to `high`; required without a default."""
        example = str(low if default is None else default)
        if default is None and not self.required(key, example):
            return low
        value = self.data.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            return self._wrong(
                key,
                Message(
                    "a whole number from {low} to {high}{hint}", {"low": low, "high": high, "hint": sentence(hint)}
                ),
                example,
                low,
            )
        return value

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """Return a finite number from `low` to `high`."""
        value = self.data.get(key, default)
        if (
            not isinstance(value, int | float)
            or isinstance(value, bool)
            or not low <= value <= high  # not-a-number is in no range
        ):
            return self._wrong(
                key,
                Message("a number from {low:.7g} to {high:.7g}", {"low": low, "high": high}),
                f"{default:g}",
                default,
            )
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self.data.get(key, default)
        if not isinstance(value, bool):
            return self._wrong(key, "true or false", "true" if default else "false", default)
        return value

    def choice(self, key: str, default: Choice, choices: Sequence[Choice]) -> Choice:
        """Return one of a few words."""
        value = self.data.get(key, default)
        for choice in choices:
            if value == choice:
                return choice
        words = listed(f'"{choice}"' for choice in choices)
        return self._wrong(key, Message("one of {words}", {"words": words}), f'"{default}"', default)

    def texts(self, key: str, right: Callable[[str], bool], expected: str, example: str) -> tuple[str, ...]:
        """Return a list of texts that all pass `right`; an absent key is an empty list."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(element, str) for element in value):
            return self._wrong(key, Message("a list of {expected}", {"expected": sentence(expected)}), example, ())
        for index, element in enumerate(value):
            if not right(element):
                what = Message(
                    "{key} must be a list of {expected}; {shown} is none",
                    {"key": key, "expected": sentence(expected), "shown": self.document.shown(element)},
                )
                self.document.note(
                    (*self.path, key, index),
                    self.where,
                    what,
                    Message("write for example {key} = {example}", {"key": key, "example": example}),
                )
        return tuple(value)

    def path_of(self, key: str, default: Path) -> Path:
        """Return a path, relative ones from the folder of the file."""
        value = self.data.get(key)
        if value is None:
            return default
        if not isinstance(value, str) or not value or not value.isprintable():
            return self._wrong(key, "a path", f'"{default}"', default)
        if sys.platform != "win32" and PureWindowsPath(value).drive:
            self.note(key, Message("{key} is a path of Windows", {"key": key}), "write the path on this computer")
        return Path(self.document.file).absolute().parent / value

    def file(self, key: str, example: str) -> Path | None:
        """Return the path of a file that exists, None where the key is absent."""
        if key not in self.data:
            return None
        path = self.path_of(key, Path(example))
        if not isinstance(self.data[key], str):
            return None
        try:
            found = path.is_file()
        except OSError as error:
            self.note(
                key,
                Message("{key} {path} cannot be looked at: {why}", {"key": key, "path": path, "why": os_words(error)}),
                "let this user read its folder",
            )
            return None
        if not found:
            self.note(
                key,
                Message("{key} {path} is not there or is no file", {"key": key, "path": path}),
                "put the file there or correct the path",
            )
            return None
        return path

    def tables(self, key: str, noun: str) -> Iterator[Table]:
        """Yield the tables of an array of tables, each named by its `id` or `name` where it has one."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(element, dict) for element in value):
            full = ".".join(str(part) for part in (*self.path, key) if isinstance(part, str))
            self.note(
                key,
                Message("{key} must be a list of tables", {"key": key}),
                Message("write [[{full}]] above each of them", {"full": full}),
            )
            return
        for index, element in enumerate(value):
            name = element.get("id", element.get("name"))
            named = isinstance(name, str) and name and name.isprintable() and len(name) <= SHOWN_MAX_CHARS
            label = f"{noun} {name}" if named and "@" not in name else f"{noun} #{index + 1}"
            where = f"{self.where}, {label}" if self.where else label
            yield Table(self.document, (*self.path, key, index), where, element)

    def table(self, key: str, required: Literal["required", "optional"]) -> Table | None:
        """Return a table inside this one, None where there is none."""
        path = (*self.path, key)
        header = ".".join(str(part) for part in path if isinstance(part, str))
        where = f"{self.where}, {key}" if self.where else key
        if key not in self.data:
            if required == "required":
                self.document.note(
                    (),
                    where,
                    Message("table [{header}] is missing", {"header": header}),
                    Message("add a line [{header}] and its keys", {"header": header}),
                )
            return None
        value = self.data[key]
        if not isinstance(value, dict):
            self.document.note(
                path,
                where,
                Message("{key} must be a table", {"key": key}),
                Message("write [{header}] on a line of its own", {"header": header}),
            )
            return None
        return Table(self.document, path, where, value)

    def _wrong(self, key: str, expected: Message | str, example: str, placeholder: Placeholder) -> Placeholder:
        shown = self.document.shown(self.data[key])
        self.note(
            key,
            Message(
                "{key} must be {expected}, not {shown}", {"key": key, "expected": sentence(expected), "shown": shown}
            ),
            Message("write for example {key} = {example}", {"key": key, "example": example}),
        )
        return placeholder


class Unique:
    """The line of each value's first use, for the message about the second. `noun` is what carries the value."""

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self.first: dict[str, int] = {}

    def check(self, table: Table, key: str, value: str, shown: str, fix: str = "") -> None:
        """Note a value that was used before; an empty value (a mistake noted elsewhere, or none given) never was."""
        if not value:
            return
        if value in self.first:
            table.note(
                key,
                Message("{shown} is already used on line {line}", {"shown": shown, "line": self.first[value]}),
                fix or Message("give each {noun} its own {key}", {"noun": self.noun, "key": key}),
            )
        else:
            self.first[value] = table.line(key) or table.line("")


Placeholder = TypeVar("Placeholder")


def _quoted(key: str) -> str:
    return json.dumps(key if len(key) <= SHOWN_MAX_CHARS else f"{key[:SHOWN_MAX_CHARS]}...")


def _suggestion(key: str, known: Sequence[str]) -> Message:
    close = get_close_matches(key, known, n=1) or [name for name in known if len(key) > 2 and key in name]
    return (
        Message('did you mean "{close}"?', {"close": close[0]})
        if close
        else Message("known here: {known}", {"known": listed(known)})
    )

"""Edits single lines of a site.toml and leaves everything else as a person wrote it. Pure.

Existing lines are changed, keys are added under their table, and whole tables at the end; nothing is removed. A text
that was written here ends with a line that has its digest, which shows later whether a person has changed it since.

tomlkit was tried (0.15): it appends a key directly before the next header, and so between that header and the comment
above it, which belongs to the next camera; it has no public way to put a key elsewhere.
"""

import copy
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import tomli

from agent.model.errors import UsageError
from agent.model.finding import Json, Message
from agent.site.toml.lines import KeyPath, locate
from agent.text.harmless import toml_string

_MARK: Final = "# camwarden wrote this file and nobody has changed it since, as long as its digest is "
_MARKS: Final = (_MARK, _MARK.replace("camwarden", "camwarden ledger"))
"""The line as it is written, and as only the ledger wrote it once."""
_LINE: Final = re.compile(r"""(\s*[^=#]+?\s*=\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#"'\[{]+)(\s*(?:#.*)?)""")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference to write at `path`, or a table to add; `subject` is as in findings; `before` None: absent."""

    path: KeyPath
    subject: str
    key: str
    before: Json
    after: Json


class CannotMerge(UsageError):
    """The file's form does not allow single lines to be changed."""


def marked(text: str) -> str:
    """Return a text with its digest line appended."""
    return f"{text}{_MARK}{hashlib.sha256(text.encode()).hexdigest()}\n"


def unmarked(text: str) -> tuple[str, bool]:
    """Return a text without that line, and whether it is unchanged since; text that a person added after it stays."""
    mark = next((one for one in _MARKS if one in text), "")
    if not mark:
        return text, False
    body, _, rest = text.rpartition(mark)
    digest, _, added = rest.partition("\n")
    ours = not added.strip() and hashlib.sha256(body.encode()).hexdigest() == digest.strip()
    return body + added, ours


def merged(text: str, changes: Sequence[Change]) -> str:
    """Return a site.toml with changes written into it.

    Raises:
        CannotMerge: A line cannot be changed on its own; nothing is guessed.
    """
    wanted: dict[str, Any] = copy.deepcopy(tomli.loads(text))
    lines = text.split("\n")
    located = locate(text)
    inserted: dict[int, list[str]] = {}
    added: list[str] = []
    for change in changes:
        _apply(wanted, change)
        if isinstance(change.after, Mapping):
            header = change.path[0]
            array = len(change.path) > 1
            added += ["", f"[[{header}]]" if array else f"[{header}]", *_pairs(change.after)]
        elif change.path in located:
            number = located[change.path] - 1
            match = _LINE.fullmatch(lines[number])
            if match is None:
                raise CannotMerge(_by_hand(change, number + 1))
            lines[number] = f"{match[1]}{_value(change.after)}{match[3]}"
        else:
            number = located.get(_table_path(change.path), 0)
            indent = re.match(r"\s*", lines[number - 1])
            row = f"{indent[0] if indent else ''}{change.key} = {_value(change.after)}"
            inserted.setdefault(number, []).append(row)
    for number in sorted(inserted, reverse=True):
        lines[number:number] = inserted[number]
    found = "\n".join(lines).rstrip("\n") + "\n" + "\n".join([*added, ""] if added else [])
    try:
        same = tomli.loads(found) == wanted
    except tomli.TOMLDecodeError:
        same = False
    if not same:
        raise CannotMerge(_by_hand(changes[0], 0))
    return found


def _pairs(table: Mapping[str, Json]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in table.items()]


def _value(value: Json) -> str:
    return toml_string(value) if isinstance(value, str) else json.dumps(value)


def _table_path(path: KeyPath) -> KeyPath:
    return path[:2] if len(path) > 1 and isinstance(path[1], int) else path[:1]


def _by_hand(change: Change, line: int) -> Message:
    place = f"site.toml:{line}" if line else "site.toml"
    return Message(
        "{place} is written in a way that cannot be changed by itself: write {name} of {subject} by hand, one key on a "
        "line of its own under its [table]",
        {"place": place, "name": change.key, "subject": change.subject},
    )


def _apply(data: dict[str, Any], change: Change) -> None:
    if isinstance(change.after, Mapping):
        table = copy.deepcopy(dict(change.after))
        if len(change.path) > 1:
            data.setdefault(str(change.path[0]), []).append(table)
        else:
            data[str(change.path[0])] = table
        return
    *above, last = change.path
    inner: Any = data
    for part in above:
        inner = inner[part] if isinstance(part, int) else inner.setdefault(part, {})
    inner[last] = change.after

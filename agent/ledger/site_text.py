"""Writes what a ledger wants into the text of a site.toml and of its secrets.toml. Pure.

A text that is there keeps every comment, zone and option that the ledger does not know: single lines are changed, new
tables are added at the end, nothing is removed. The last line of a text that was written here says so with its digest,
which tells later whether a person has changed it since.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import tomli

from agent.config_lines import KeyPath, locate
from agent.config_tables import toml_text
from agent.errors import UsageError
from agent.harmless import toml_string
from agent.ledger.sites import SitePlan
from agent.model import Json, Message

HUB_KEYS: Final = "hub-jwks.json"
_HEAD: Final = """\
# Written by camwarden ledger. All options, with their comments, stand in site.toml.sample; what stands here beside the
# ledger's columns (private zones, holds, comments) stays when the ledger is imported again.
"""
_MARK: Final = "# camwarden ledger wrote this file and nobody has changed it since, as long as its digest is "
_SECRETS_HEAD: Final = """\
# camwarden: the passwords. Mode 0600: a wider mode is refused. Give camwarden a login with viewing rights only.
# Fill in each password: a login without one is never sent, and its devices cannot be looked at.
"""
_LINE: Final = re.compile(r"""(\s*[^=#]+?\s*=\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#"'\[{]+)(\s*(?:#.*)?)""")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between a site's file and a ledger: `path` in the file, or that of a table to add.

    `subject` names it as findings do: `site`, `device:ID`, `camera:ID`. `before` None: nothing stands there.
    """

    path: KeyPath
    subject: str
    key: str
    before: Json
    after: Json


class CannotMerge(UsageError):
    """The file is written in a way in which single lines cannot be changed."""


def new_text(plan: SitePlan, has_hub_keys: bool, declarations: Sequence[Change] = ()) -> str:
    """Return the text of a new site.toml.

    Args:
        plan: What the ledger wants.
        has_hub_keys: The hub's keys lie beside the file; without them the hub only stands as a comment.
        declarations: Rows to add.
    """
    tables: dict[str, Json] = {"site": plan.site}
    if plan.hub_host and has_hub_keys:
        tables["hub"] = {"host": plan.hub_host, "jwks": HUB_KEYS}
    tables |= {"device": list(plan.devices), "camera": [camera.table for camera in plan.cameras]}
    tables["declaration"] = [change.after for change in declarations]
    text = f"{_HEAD}\n{toml_text(tables)}"
    if plan.hub_host and not has_hub_keys:
        text += (
            "\n# Nothing is delivered until the public keys that the hub confirms with lie beside this file:\n"
            f'# [hub]\n# host = {toml_string(plan.hub_host)}\n# jwks = "{HUB_KEYS}"\n'
        )
    return marked(text)


def marked(text: str) -> str:
    """Return a text with the line at its end that says that we wrote it."""
    return f"{text}{_MARK}{hashlib.sha256(text.encode()).hexdigest()}\n"


def unmarked(text: str) -> tuple[str, bool]:
    """Return a text without that line, and whether nobody changed it since it was written."""
    body, found, digest = text.rpartition(_MARK)
    if not found:
        return text, False
    return body, hashlib.sha256(body.encode()).hexdigest() == digest.strip()


def merged(text: str, changes: Sequence[Change]) -> str:
    """Return a site.toml with changes written into it.

    Raises:
        CannotMerge: A line is written in a way that cannot be changed by itself; nothing is guessed.
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


def missing_logins(logins: Iterable[str], existing: str) -> tuple[str, ...]:
    """Return the logins that a secrets.toml does not have yet."""
    known = tomli.loads(existing).get("credential", {})
    return tuple(name for name in logins if name not in known)


def secrets_text(
    logins: Mapping[str, str],
    used_by: Mapping[str, Iterable[str]],
    existing: str = "",
    passwords: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return a secrets.toml with each login that is not in it yet; what is there stays.

    `passwords` are those that somebody gave, by login; the others stand in it empty.
    """
    text = existing or _SECRETS_HEAD
    for name in missing_logins(logins, existing):
        devices = list(used_by.get(name, ()))
        shown = ", ".join(devices[:8]) + (f" and {len(devices) - 8} more" if len(devices) > 8 else "")
        text = text.rstrip("\n") + f"\n\n# For {shown}.\n[credential.{_key(name)}]\n"
        text += f"user = {toml_string(logins[name])}\npassword = {toml_string(passwords.get(name, ''))}\n"
    return text


def _pairs(table: Mapping[str, Json]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in table.items()]


def _value(value: Json) -> str:
    return toml_string(value) if isinstance(value, str) else json.dumps(value)


def _key(name: str) -> str:
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else toml_string(name)


def _table_path(path: KeyPath) -> KeyPath:
    return path[:2] if len(path) > 1 and isinstance(path[1], int) else path[:1]


def _by_hand(change: Change, line: int) -> Message:
    place = f"site.toml:{line}" if line else "site.toml"
    return Message(
        "{place} is written in a way that a ledger cannot change: write {name} of {subject} by hand, one key on a line "
        "of its own under its [table]",
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

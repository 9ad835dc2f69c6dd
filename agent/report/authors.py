"""Replaces the names of people in what is reported by their ids. Pure.

A member called `by`, or whose name ends in `_by`, names a person; within sentences each name is replaced that stands in
such a member of the same cycle. A dispute's event is left: its id is a digest over all that it says, and its author is
an id from the beginning (`agent/judge/memory/disputes.py`).

What a person writes into a reason about somebody else stays as it was written: nobody can know that it is a name.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import Any, Final, cast

from agent.contract.authors import is_author
from agent.model.finding import Finding, Json, Message
from agent.text.within import bounded

NOT_PEOPLE: Final = frozenset({"caused_by", "signed_by", "named_by", "made_by", "proved_by"})
"""Members that end so and name a finding, a key, a source or a program."""

SENTENCES: Final = frozenset({"message", "why"})
WITHIN_CHARS_MIN: Final = 2
"""A name of one character is replaced where it stands alone: within a sentence it could be part of any word."""

_HOLDS_NOTHING: Final = frozenset({int, float, bool, type(None), bytes, datetime, date, timedelta})
"""Most values of a site's state, none of which need be asked what it is."""

_WORD: Final = re.compile(r"[a-z0-9_.:-]+")
"""Words of ours in evidence, such as states and ids: a person who is called `fail` changes none."""

Ids = Mapping[str, str]
"""By name the id of each person. Where there are ids at all, a person without one has no name in a report."""

NOBODYS: Final = "***"


def is_of_people(member: str) -> bool:
    """Return whether a member of a report names a person."""
    return member == "by" or (member.endswith("_by") and member not in NOT_PEOPLE)


def people_in(*values: object) -> frozenset[str]:
    """Return the names of all people that values name, however they are nested."""
    found: set[str] = set()
    for value in values:
        _collect(value, found.add)
    return frozenset(found)


def without_people(body: Mapping[str, Json], ids: Ids | None) -> dict[str, Json]:
    """Return a body in which ids stand for people: in their members, and within sentences. None: as it is."""
    if ids is None:
        return dict(body)
    return cast(dict[str, Json], _changed(body, ids, _within(ids), SENTENCES.__contains__))


def anonymous(finding: Finding, ids: Ids | None) -> Finding:
    """Return a finding in which ids stand for people, its message the English sentence, not a template."""
    if ids is None:
        return finding
    change = _within(ids)
    message, said = str(finding.message), change(str(finding.message))
    evidence = _changed(finding.evidence, ids, change, lambda member: True)
    kept = finding.message if said == message else Message("{text}", {"text": said})
    return replace(finding, message=kept, evidence=evidence)


@cache
def _fields(kind: type) -> tuple[str, ...]:
    """The names of a dataclass's fields, none of another class: asked for each value of a site's whole state."""
    return tuple(one.name for one in fields(kind)) if is_dataclass(kind) else ()


def _collect(value: object, found: Callable[[str], None]) -> None:
    kind: Any = type(value)  # mypy takes a class for nothing that can be a key
    members: Iterable[tuple[str, object]] = ()
    if names := _fields(kind):
        members = [(name, getattr(value, name)) for name in names]
    elif isinstance(value, Mapping):
        members = [(str(key), one) for key, one in value.items()]
    elif isinstance(value, tuple | list | frozenset | set):
        members = [("", one) for one in value]
    for name, one in members:
        if isinstance(one, str):
            if is_of_people(name) and one.strip() and not is_author(one):
                found(one)
        elif type(one) not in _HOLDS_NOTHING:
            _collect(one, found)


def _changed(value: Any, ids: Ids, change: Callable[[str], str], is_text: Callable[[str], bool]) -> Any:
    if isinstance(value, Mapping):
        return {key: _member(str(key), one, ids, change, is_text) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_member("", one, ids, change, is_text) for one in value)
    return value


def _member(name: str, value: Any, ids: Ids, change: Callable[[str], str], is_text: Callable[[str], bool]) -> Any:
    if not isinstance(value, str):
        return _changed(value, ids, change, is_text)
    if is_of_people(name):
        return value if is_author(value) or not value else ids.get(value, NOBODYS)
    return change(value) if is_text(name) and not _WORD.fullmatch(value) else value


def _within(ids: Ids) -> Callable[[str], str]:
    """Return a function that replaces each name in a text, longer ones first."""
    names = sorted((one for one in ids if len(one) >= WITHIN_CHARS_MIN), key=len, reverse=True)
    pattern = re.compile("|".join(map(bounded, names))) if names else None
    return partial(_said, ids, pattern)


def _said(ids: Ids, pattern: re.Pattern[str] | None, text: str) -> str:
    if text in ids:
        return ids[text]
    return pattern.sub(lambda found: ids[found[0]], text) if pattern else text

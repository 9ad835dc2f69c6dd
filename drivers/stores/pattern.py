"""Parses the naming pattern of a store's segments: a path with the camera's name and a moment in it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

FIELDS = {
    "%path": "(?P<path>.+?)",
    "%Y": "(?P<Y>[0-9]{4})",
    "%m": "(?P<m>0[1-9]|1[0-2])",
    "%d": "(?P<d>0[1-9]|[12][0-9]|3[01])",
    "%H": "(?P<H>[01][0-9]|2[0-3])",
    "%M": "(?P<M>[0-5][0-9])",
    "%S": "(?P<S>[0-5][0-9]|60)",
    "%f": "(?P<f>[0-9]{6})",
    "%z": "(?P<z>[+-](?:[01][0-9]|2[0-3])[0-5][0-9])",
    "%s": "(?P<s>[0-9]{10})",
    "%%": "%",
}
"""The fields of a pattern. `%s` is seconds since 1970, from 2001 on; `%path` may hold slashes.

Source: strftime(3); MediaMTX, recordPath."""

WIDTHS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2, "f": 6, "z": 5, "s": 10}
"""Characters of each field: a name's moment is read at fixed places, which millions of names need."""

EXAMPLE = "%path/%Y-%m-%d/%H-%M-%S.mp4"
_WHOLE = ({"Y", "m", "d", "H", "M", "S"}, {"s"})
_WORD = re.compile("%path|%.|%$|[^%]+")


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a path, between slashes: a fixed `text`, or an `expression` to match in full.

    `places`: the slice of each field in a name. `own`: after the step with the camera's name, in a folder of its own.
    """

    text: str
    expression: re.Pattern[str]
    places: Mapping[str, slice]
    own: bool


def trouble(pattern: str) -> str:
    """Return in one line what is wrong with a pattern; empty where nothing is."""
    if not pattern:
        return "segments need a pattern that says how they are named"
    if pattern.startswith("/") or ".." in pattern.split("/"):
        return "a pattern is a path below the store's own, without .."
    names = [word for word in _WORD.findall(pattern) if word.startswith("%")]
    unknown = [name for name in names if name not in FIELDS]
    if unknown:
        return f"a pattern knows {', '.join(FIELDS)} and not {unknown[0]}"
    if names.count("%path") != 1:
        return "a pattern needs %path once, for the camera's name in the store"
    found = {name[1:] for name in names}
    if not any(whole <= found for whole in _WHOLE):
        return "a pattern needs %Y %m %d %H %M %S, or %s, to tell when a segment begins"
    return ""


def name_trouble(name: str) -> str:
    """Return in one line why a camera cannot have this name in a store; empty where it can."""
    if not name.isprintable() or not name or name.startswith("/") or {"", ".", ".."} & set(name.split("/")):
        return "the camera's name in the store is not a path below the store's own"
    return ""


def steps(pattern: str, name: str) -> tuple[Step, ...]:
    """Return the path to one camera's segments, step by step; the last one is that of the files.

    A field that occurs twice in a step must have the same text both times; across steps the reader compares them.
    `trouble` and `name_trouble` must have passed both.
    """
    rows: list[list[tuple[str, bool]]] = [[]]
    named = 0
    for word in _WORD.findall(pattern):
        if word in FIELDS and word not in ("%path", "%%"):
            rows[-1].append((word, True))
            continue
        text = {"%path": name, "%%": "%"}.get(word, word)
        for number, part in enumerate(text.split("/")):
            if number:
                rows.append([])
            rows[-1].append((part, False))
        if word == "%path":
            named = len(rows)
    return tuple(_step(words, number >= named) for number, words in enumerate(rows) if any(word for word, _ in words))


def _step(words: list[tuple[str, bool]], own: bool) -> Step:
    parts: list[str] = []
    places: dict[str, slice] = {}
    at = 0
    for word, is_field in words:
        field = word[1:]
        if not is_field:
            parts.append(re.escape(word))
            at += len(word)
            continue
        if field in places:
            parts.append(f"(?P={field})")
        else:
            parts.append(FIELDS[word])
            places[field] = slice(at, at + WIDTHS[field])
        at += WIDTHS[field]
    text = "" if places else "".join(word for word, _ in words)
    return Step(text, re.compile("".join(parts), re.ASCII | re.DOTALL), places, own)

"""Matches our own English sentences, as reports carry them, with their templates, so that they can be translated.

A report has a finding's sentence and not its template. A template of the catalogue counts where the sentence is exactly
what it says with some values; of several the one with the most words of its own. What fits none stays as it came.
"""

import re
import string
import struct
from functools import cache
from pathlib import Path
from typing import Final

from agent.model.finding import Listed, Message, listed, sentence
from agent.text.translate import DIRECTORY, DOMAIN

LETTERS_LEAST: Final = 8
"""Letters of its own that a template has at least: one that is nearly all values would fit any sentence."""
DEPTH_MOST: Final = 2
"""How deep values are recognized that are sentences themselves."""

SPLIT_MOST: Final = 8
"""At how many colons a next step may begin."""

WORDED: Final = frozenset({"path", "paths", "duty", "duties", "fact", "details"})
"""Places whose values are words of ours, though English writes them as names: a camera may be called `main` too."""

_NAME: Final = re.compile(r"[\w.:@/+-]+")

_MAGIC: Final = 0x950412DE


class _AsTold(str):
    """A value as the sentence has it, whatever form the template asks for."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return str(self)

    def __repr__(self) -> str:
        return str(self)


def recognize(text: str, lang: str, depth: int = 0) -> Message:
    """Return the message behind an English sentence of ours; the text as it came where none is known."""
    if (whole := _one(text, lang, depth)) is not None:
        return whole
    parts = text.split(": ", SPLIT_MOST)
    for number in range(1, len(parts)):
        words, step = (_one(": ".join(part), lang, depth) for part in (parts[:number], parts[number:]))
        if words is not None and step is not None and _agree(words, step):
            return Message(words.template, {**words.values, **step.values}, step.template)
    return sentence(text)


def _one(text: str, lang: str, depth: int) -> Message | None:
    if text in _sentences(lang):
        return sentence(text)
    for template, literals, names in _templates(lang):
        if (told := _values(text, literals, names)) is not None:
            return Message(template, {name: _value(name, value, lang, depth) for name, value in told.items()})
    return None


def _value(name: str, told: str, lang: str, depth: int) -> Message | Listed | str:
    """Return a value as what it was made of: words of ours, several names, a sentence, or itself."""
    parts = told.split(", ")
    if name in WORDED and all(_NAME.fullmatch(one) for one in parts):
        return listed(sentence(one) if one in _sentences(lang) else one for one in parts)
    if len(parts) > 1 and all(_NAME.fullmatch(one) for one in parts):
        return listed(parts)
    return recognize(told, lang, depth + 1) if depth < DEPTH_MOST and " " in told else _AsTold(told)


def _agree(one: Message, other: Message) -> bool:
    return all(str(other.values[name]) == str(value) for name, value in one.values.items() if name in other.values)


def _values(text: str, literals: tuple[str, ...], names: tuple[str, ...]) -> dict[str, str] | None:
    """Return the values of a template's places, each as short as can be; None where the text is not its sentence.

    `literals` has one more than `names`: what stands before, between and behind the places.
    """
    if not text.startswith(literals[0]) or not text.endswith(literals[-1]):
        return None
    told: dict[str, str] = {}
    at, end = len(literals[0]), len(text) - len(literals[-1])
    for name, literal in zip(names, literals[1:], strict=True):
        last = len(told) == len(names) - 1
        until = end if last else text.find(literal, at + 1, end + len(literal))
        if until <= at or told.setdefault(name, text[at:until]) != text[at:until]:
            return None
        at = until + len(literal)
    return told


@cache
def _templates(lang: str) -> tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]:
    """Return the templates with places, their own words and places, those with the most words of their own first."""
    found = []
    for text in _sentences(lang):
        try:
            parts = tuple(string.Formatter().parse(text))
        except ValueError:
            continue
        names = tuple(name for _, name, _, _ in parts if name is not None)
        literals = tuple(literal for literal, _, _, _ in parts)
        own = sum(character.isalpha() for literal in literals for character in literal)
        if names and len(set(names)) == len(names) and all(map(str.isidentifier, names)) and own >= LETTERS_LEAST:
            found.append((own, text, literals if len(literals) > len(names) else (*literals, ""), names))
    return tuple(one[1:] for one in sorted(found, reverse=True))


@cache
def _sentences(lang: str) -> frozenset[str]:
    """Return the English texts of a catalogue; none where there is no catalogue.

    Source: GNU gettext manual, section 10.3, the format of GNU MO files.
    """
    path = Path(DIRECTORY) / lang / "LC_MESSAGES" / f"{DOMAIN}.mo"
    try:
        data = path.read_bytes()
    except OSError:
        return frozenset()
    order = "<" if data[:4] == struct.pack("<I", _MAGIC) else ">"
    count, table = struct.unpack_from(f"{order}II", data, 8)
    places = (struct.unpack_from(f"{order}II", data, table + 8 * number) for number in range(count))
    return frozenset(data[at : at + size].decode() for size, at in places if size)

"""Finds the line of each key in a TOML text. Pure.

tomli gives no line numbers, and a message about a site file with two hundred cameras is worth little without one.
Walks a text that tomli has accepted, without validating it: follows table headers, dotted keys, arrays of tables,
inline tables and array elements, and skips strings and comments.
"""

import re
from bisect import bisect_right

import tomli

KeyPath = tuple[str | int, ...]
"""From the top of the document: `("camera", 2, "private_zone", 0, "name")`."""

_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}\n#]*")


def locate(text: str) -> dict[KeyPath, int]:
    """Return the 1-based line of every table, key and array element of a valid TOML text.

    Args:
        text: Accepted by tomli.

    Raises:
        RecursionError: Arrays or inline tables are nested some hundred levels deep.

    Source: TOML 1.0.0.
    """
    return _Walk(text.replace("\r\n", "\n")).lines()


class _Walk:
    """One pass over one text: `found` grows, `elements` counts the tables of each array of tables."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.found: dict[KeyPath, int] = {}
        self.elements: dict[KeyPath, int] = {}

    def lines(self) -> dict[KeyPath, int]:
        position = self._skip(_BLANK, 0)
        table: KeyPath = ()
        while position < len(self.text):
            if self.text.startswith("[[", position):
                parts, end = self._key(position + 2)
                array = (*self._resolve(parts[:-1]), parts[-1])
                table = (*array, self.elements.get(array, 0))
                self.elements[array] = self.elements.get(array, 0) + 1
                self._note(table, position)
                position = end + 2
            elif self.text[position] == "[":
                parts, end = self._key(position + 1)
                table = self._resolve(parts)
                self._note(table, position)
                self.found[table] = self._line(position)
                position = end + 1
            else:
                position = self._pair(table, position)
            position = self._skip(_BLANK, position)
        return self.found

    def _resolve(self, parts: tuple[str, ...]) -> KeyPath:
        """A header below an array of tables refers to its newest table."""
        path: KeyPath = ()
        for part in parts:
            path = (*path, part)
            if path in self.elements:
                path = (*path, self.elements[path] - 1)
        return path

    def _note(self, path: KeyPath, position: int) -> None:
        for length in range(1, len(path) + 1):
            self.found.setdefault(path[:length], self._line(position))

    def _line(self, position: int) -> int:
        return bisect_right(self.starts, position)

    def _skip(self, pattern: re.Pattern[str], position: int) -> int:
        match = pattern.match(self.text, position)
        return match.end() if match else position

    def _key(self, position: int) -> tuple[tuple[str, ...], int]:
        parts: list[str] = []
        while True:
            position = self._skip(_SPACE, position)
            if self.text[position] in "\"'":
                end = self._skip(_STRING, position)
                parts.append(tomli.loads(f"key = {self.text[position:end]}")["key"])
            else:
                end = self._skip(_BARE_KEY, position)
                parts.append(self.text[position:end])
            position = self._skip(_SPACE, end)
            if self.text[position] != ".":
                return tuple(parts), position
            position += 1

    def _pair(self, table: KeyPath, position: int) -> int:
        parts, end = self._key(position)
        self._note((*table, *parts), position)
        return self._value((*table, *parts), self._skip(_SPACE, end + 1))

    def _value(self, path: KeyPath, position: int) -> int:
        first = self.text[position]
        if first in "\"'":
            return self._skip(_STRING, position)
        if first == "[":
            return self._array(path, position + 1)
        if first == "{":
            return self._inline_table(path, position + 1)
        return self._skip(_SCALAR, position)

    def _array(self, path: KeyPath, position: int) -> int:
        index = 0
        position = self._skip(_BLANK, position)
        while self.text[position] != "]":
            self._note((*path, index), position)
            index += 1
            position = self._skip(_BLANK, self._value((*path, index - 1), position))
            if self.text[position] == ",":
                position = self._skip(_BLANK, position + 1)
        return position + 1

    def _inline_table(self, path: KeyPath, position: int) -> int:
        position = self._skip(_BLANK, position)
        while self.text[position] != "}":
            position = self._skip(_BLANK, self._pair(path, position))
            if self.text[position] == ",":
                position = self._skip(_BLANK, position + 1)
        return position + 1

"""Sanitizes texts that devices chose, before people or their programs read them. Pure.

A name may hold terminal escapes, right-to-left text or a spreadsheet formula. Rich markup needs nothing here: such
texts are given to rich as `Text`, never as a string.
"""

import json
import re
from typing import Final
from unicodedata import category, normalize

from agent.model.finding import Json

REPLACEMENT: Final = "\ufffd"
_FORMULA_STARTS: Final = ("=", "+", "-", "@")
"""Source: OWASP, CSV Injection."""
_CELL_BREAKS: Final = ("\t", "\r", "\n")


def printable(text: str) -> str:
    """Return a text on one line, with unprintable and control characters replaced."""
    # Wide and unbroken spaces are spaces, though not printable to Python.
    return "".join(c if c.isprintable() else " " if category(c) == "Zs" else REPLACEMENT for c in text)


def csv_cell(text: str) -> str:
    """Return a text for a cell: a formula of a spreadsheet gets an apostrophe in front."""
    return printable(f"'{text}" if is_formula(text) else text)


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet may calculate a text, whatever blank or unseen characters stand before it.

    Full-width and small forms of a sign count as the sign, since spreadsheets take them as well.
    """
    first = next((c for c in text if c.isprintable() and not c.isspace() and c != REPLACEMENT), "")
    return normalize("NFKC", first).startswith(_FORMULA_STARTS) or text.lstrip(" ").startswith(_CELL_BREAKS)


def json_text(value: Json) -> str:
    """Return indented JSON without control characters."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    # What is not printable can only stand inside a string, where JSON has an escape for it.
    return re.sub(r"[^\n]", lambda m: m[0] if m[0].isprintable() else json.dumps(m[0])[1:-1], text)


def toml_string(text: str) -> str:
    """Return a text as a TOML basic string on one line."""
    # JSON's strings are TOML's too, as long as nothing in them has to be escaped as a surrogate pair.
    return json.dumps(printable(text), ensure_ascii=False)

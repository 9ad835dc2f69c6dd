"""Replaces each text within a value: in mappings, lists, tuples and frozen dataclasses, however they are nested. Pure.

Keys, numbers, days and paths stay. Which text becomes what is decided by whoever asks.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime
from pathlib import Path


def replaced(value: object, change: Callable[[str], str]) -> object:
    """Return the value with every text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: replaced(one, change) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(replaced(one, change) for one in value)
    if is_dataclass(value) and not isinstance(value, type | Path | date | datetime):
        return replace(
            value, **{one.name: replaced(getattr(value, one.name), change) for one in fields(value) if one.init}
        )
    return value


def bounded(name: str) -> str:
    """Return the pattern of a name; Latin letters and digits beside it make another word of it."""
    before = r"(?<![0-9A-Za-z])" if re.match(r"[0-9A-Za-z]", name) else ""
    after = r"(?![0-9A-Za-z])" if re.search(r"[0-9A-Za-z]\Z", name) else ""
    return f"{before}{re.escape(name)}{after}"

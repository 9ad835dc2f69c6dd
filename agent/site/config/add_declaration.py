"""Parses a declaration that a person typed, and adds it to site.toml, leaving its other lines unchanged.

Of a document only the digest is ever stored.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import tomli

from agent.host.files import replace_content
from agent.model.errors import UsageError, os_words
from agent.site.config.declared import expected_answer
from agent.site.config.load import load
from agent.site.config.site import Site
from agent.site.declarations.standing import Declaration, Value
from agent.site.declarations.table import NONE, Declarable
from agent.site.toml.problems import ConfigError
from agent.text.day import read_day_text
from agent.text.harmless import toml_string

YES = frozenset({"y", "yes", "true", "j", "是", "对", "有"})
NO = frozenset({"n", "no", "false", "否", "不", "无"})


def read_value(row: Declarable, text: str) -> Value:
    """Parse a typed answer for a row: a choice by its name or number, a day also as eight digits.

    Raises:
        ValueError: It is no valid answer; the message names the expected one in English.
    """
    text = text.strip()
    value = NONE if row.none_means and text.lower() == NONE else _read(row, text)
    expected = expected_answer(row, value)
    if expected:
        raise ValueError(expected)
    return value


def _read(row: Declarable, text: str) -> Value:
    if row.kind == "flag":
        return True if text.lower() in YES else False if text.lower() in NO else text
    if row.choices and text not in [choice.value for choice in row.choices]:
        by_number = re.fullmatch(r"[0-9]{1,3}", text) and 1 <= int(text) <= len(row.choices)
        return row.choices[int(text) - 1].value if by_number else text
    if row.kind == "date":
        return read_day_text(text) or text
    if row.kind == "number" and re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,6})?", text):
        return float(text) if "." in text else int(text)
    if row.kind == "list":
        return tuple(part for part in (one.strip() for one in re.split("[,，、;；]", text)) if part)  # noqa: RUF001
    return text


def row_toml(row: Declaration) -> str:
    """Return a declaration as TOML of site.toml."""
    lines = ["[[declaration]]", f"duty = {toml_string(row.duty)}", f"value = {_toml(row.value)}"]
    lines += [f"by = {toml_string(row.by)}", f"at = {row.at}"]
    lines += [f"until = {row.until}"] if row.until else []
    lines += [f"cameras = {_toml(row.cameras)}"] if row.cameras else []
    lines += [f"group = {toml_string(row.group)}"] if row.group else []
    lines += [f'sha256 = "{row.sha256}"', f"document_at = {row.document_at}"] if row.sha256 else []
    lines += [f"details = {_toml(row.details)}"] if row.details else []
    return "\n".join(lines) + "\n"


def _toml(value: Value) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(toml_string(one) for one in value)}]"
    if isinstance(value, str):
        return toml_string(value)
    return value.isoformat() if isinstance(value, date) else json.dumps(value)


def append_declarations(path: Path, rows: Iterable[Declaration]) -> Site:
    """Append rows to site.toml and return the site reloaded.

    Raises:
        ConfigError: The file is wrong, before or only with these rows; then they are removed again.
        UsageError: It cannot be written, or has a form to which no row can be added.
    """
    load(path)
    try:
        before = path.read_bytes()
        after = before + (b"" if before.endswith(b"\n") else b"\n")
        after += "".join(f"\n{row_toml(row)}" for row in rows).encode()
        try:
            tomli.loads(after.decode("utf-8-sig"))
        except tomli.TOMLDecodeError:
            raise UsageError(
                "{path} holds its declarations as one value: write each of them under [[declaration]] first", path=path
            ) from None
        replace_content(path, after)
        try:
            return load(path)
        except ConfigError:
            replace_content(path, before)
            raise
    except OSError as error:
        raise UsageError("{path} cannot be written: {why}", path=path, why=os_words(error)) from None


class PaperUnreadable(UsageError):
    """A file cannot be read; the message has its path and the cause."""


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file, hex.

    Raises:
        PaperUnreadable: It is no file, or may not be read.
    """
    try:
        if not path.is_file():
            raise PaperUnreadable("{path} is not there or is no file: correct the path", path=path)
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PaperUnreadable("{path} cannot be read: {why}", path=path, why=os_words(error)) from None

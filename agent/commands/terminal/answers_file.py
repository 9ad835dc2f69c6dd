"""Reads what scripts answer in place of a person: a file of answers, and the password in a file's first line."""

import os
import stat
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import tomli

from agent.host.files import SECRET_WRONG_BITS
from agent.host.users import wrong_rights
from agent.model.errors import ConfigurationError, Forbidden, UsageError, os_words
from agent.model.finding import listed
from agent.text.harmless import printable

FILE_MAX_BYTES: Final = 64 * 1024
PASSWORD_MAX_BYTES: Final = 1024
NO_TABLES: Final[Mapping[str, Collection[str]]] = MappingProxyType({})


def read_answers(
    path: Path, known: Collection[str], tables: Mapping[str, Collection[str]] = NO_TABLES
) -> dict[str, str]:
    """Parse a file of answers, all of them texts, by their keys; `tables`: the keys of each table, read as TABLE.KEY.

    Raises UsageError where it cannot be read, is wrong, or shows a password to others.
    """
    try:
        with path.open("rb") as file:
            mode = wrong_rights(os.fstat(file.fileno()), SECRET_WRONG_BITS)
            data = tomli.loads(file.read(FILE_MAX_BYTES).decode("utf-8-sig"))
    except OSError as error:
        raise UsageError(
            '{path} cannot be read: {why}; name a file with lines such as id = "datong017"',
            path=path,
            why=os_words(error),
        ) from None
    except (UnicodeDecodeError, tomli.TOMLDecodeError):
        raise ConfigurationError(
            '{path} is no file of answers: write lines such as id = "datong017", one for each question', path=path
        ) from None
    for name in tables.keys() & data.keys():
        inner = data.pop(name)
        if not isinstance(inner, dict):
            raise UsageError("{path}: {key} must be a table: [{key}]", path=path, key=name)
        data |= {f"{name}.{key}": value for key, value in inner.items()}
    right = [*known, *(f"{name}.{key}" for name, keys in tables.items() for key in keys)]
    for key, value in data.items():
        if key not in right:
            raise UsageError(
                "{path}: unknown key {key}; known here: {known}", path=path, key=printable(key), known=listed(right)
            )
        if not isinstance(value, str):
            raise UsageError("{path}: {key} must be a text in quotes", path=path, key=key)
    if any(key.endswith("password") for key in data) and mode is not None:
        raise UsageError("{path}: mode {mode:04o} lets others at the password; chmod 0600 {path}", path=path, mode=mode)
    return data


def first_line(path: Path) -> str:
    """Return a file's first line; a file that others can read holds no secret."""
    try:
        with path.open(encoding="utf-8") as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode) and wrong_rights(status, SECRET_WRONG_BITS) is not None:
                raise Forbidden("{path}: others may read it: chmod 600 {path}", path=path)
            return file.readline(PASSWORD_MAX_BYTES).rstrip("\r\n")
    except UnicodeDecodeError:
        raise UsageError("{path}: its first line is no text in UTF-8", path=path) from None
    except OSError as error:
        raise UsageError("{path}: {why}", path=path, why=os_words(error)) from None

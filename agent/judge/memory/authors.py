"""Stores the key under which a site makes ids of people, and the names behind those that it has reported.

Two files in the state directory, 0600: `authors.key` is made once, by whoever first needs it, and stays; without it the
same people get other ids. `authors.json` has the names of now, as the hub is told them; it is written anew where they
change, so that a name is gone from it with the last word of that person.
"""

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from agent.contract.authors import KEY_BYTES, NAME_MAX_CHARS, author_id, is_author
from agent.host.files import read_of_owner, sync_directory, write_atomic
from agent.model.errors import SpoolFailed, os_words
from agent.model.finding import Report
from agent.text.harmless import printable

KEY_NAME: Final = "authors.key"
NAMES_NAME: Final = "authors.json"
SCHEMA: Final = "camwarden-authors/1"
_MAX_BYTES: Final = 2 * 1024 * 1024


def author_key(directory: Path) -> bytes:
    """Return the key of a state directory, made where there is none.

    Of two that make it at once one wins, and both have it.

    Raises:
        SpoolFailed: It cannot be read or made, or is damaged: nothing is reported then, and the next look tries again.
    """
    path = directory / KEY_NAME
    try:
        if not path.exists():
            _make(path)
        key = read_of_owner(path, KEY_BYTES)
    except OSError as error:
        raise SpoolFailed("{path}: {why}; no person can be reported by an id", path=path, why=os_words(error)) from None
    except ValueError as error:
        raise SpoolFailed("{path}: {why}; move it away, and another one is made", path=path, why=error) from None
    if len(key) != KEY_BYTES:
        raise SpoolFailed("{path}: it is damaged; move it away, and another one is made", path=path)
    return key


def ids_of(key: bytes, site: str, people: frozenset[str]) -> dict[str, str]:
    """Return the id of each person by name. Pure."""
    return {name: author_id(key, site, name) for name in people}


def read_told(directory: Path) -> dict[str, str]:
    """Return by id the names that the hub is told; none where the file is missing or damaged."""
    try:
        data = json.loads(read_of_owner(directory / NAMES_NAME, _MAX_BYTES))
        names = data["names"].items() if data["schema"] == SCHEMA else ()
        return {one: name for one, name in names if is_author(one) and isinstance(name, str)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def store_names(directory: Path, ids: Mapping[str, str], reports: Sequence[Report]) -> None:
    """Store the names of those whom reports name; a configuration report names all, and earlier ones go with it.

    Raises:
        SpoolFailed: The file cannot be written; nothing of this cycle is committed.
    """
    told = read_told(directory)
    has_all = any(one.stream == "config" for one in reports)
    names = ({} if has_all else told) | _used(ids, b"".join(one.payload for one in reports))
    if names == told:
        return
    content = json.dumps({"schema": SCHEMA, "names": names}, ensure_ascii=False, indent=1)
    try:
        write_atomic(directory / NAMES_NAME, content.encode(), 0o600)
    except OSError as error:
        raise SpoolFailed("{path}: {why}", path=directory / NAMES_NAME, why=os_words(error)) from None


def _used(ids: Mapping[str, str], payloads: bytes) -> dict[str, str]:
    """Return by id the name of each person whom payloads name, as one that a page can show."""
    used = {one: printable(name).strip()[:NAME_MAX_CHARS] for name, one in ids.items() if one.encode() in payloads}
    return {one: name for one, name in sorted(used.items()) if name}


def _make(path: Path) -> None:
    """Make a key file whole, or leave the one that somebody else has made meanwhile. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink()
    sync_directory(path.parent)

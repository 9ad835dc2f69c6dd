"""Reads rows of small JSON files that commands leave in the state folder, and compares the boxes that they are of.

Who may write there may run the command, so a file of another owner, one that others may write, or a link has none.
"""

import json
import logging
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final, TypeVar

from agent.host.files import read_of_owner

T = TypeVar("T")

log: Final = logging.getLogger("camwarden.owned_rows")


def read_rows(path: Path, schema: str, member: str, row: Callable[[Any], T], most_bytes: int) -> tuple[T, ...]:
    """Return every row of a file.

    Args:
        path: The file.
        schema: What its member `schema` must say.
        member: Has the rows.
        row: Parses one; raises ValueError, KeyError, TypeError or AttributeError where it is none.
        most_bytes: A larger file is none.

    Raises:
        OSError: The file cannot be read; FileNotFoundError where there is none.
        ValueError: It is damaged, of another schema, or not of the folder's owner alone.
    """
    text = read_of_owner(path, most_bytes)
    try:
        data = json.loads(text)
        if data["schema"] != schema:
            raise ValueError("another schema")
        return tuple(row(one) for one in data[member])
    except (KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError(f"not a file of {schema}") from None


def believed_rows(path: Path, read: Callable[[], tuple[T, ...]]) -> tuple[T, ...]:
    """Return what `read` reads of a file; nothing where it cannot be believed, which is logged."""
    try:
        return read()
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        log.warning("%s: cannot be read, so that its rows do not count: %s", path, error)
        return ()


def may_be_same(box: Collection[str], other: Collection[str]) -> bool:
    """Return whether two identities (`factory_logins.box_of`) can be one box: so where one of both is unknown."""
    return not box or not other or not set(box).isdisjoint(other)


def is_same(box: Collection[str], other: Collection[str]) -> bool:
    """Return whether nothing speaks for two boxes: they have a digest in common, or neither was ever known.

    Where one alone is known, the box may have been exchanged: what proves something of one counts for no other.
    """
    return not set(box).isdisjoint(other) or not (box or other)

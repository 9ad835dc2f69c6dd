"""Verifies that SQLite can read the structure of a hub's database."""

import sqlite3
from contextlib import closing
from pathlib import Path

from agent.hub.stores.database import connection, failed, passes


def is_sound(path: Path) -> bool:
    """Return whether a database is sound. Reads all of it, beside a running hub too, and holds nobody up.

    Raises:
        StoreFailed: The disk failed, or somebody holds the file.
    """
    try:
        with closing(connection(path, "ro")) as db:
            return bool(db.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)])
    except sqlite3.DatabaseError as error:
        if passes(error):
            raise failed(path, error) from None
        return False

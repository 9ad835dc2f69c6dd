"""Marks the database that a hub is moved to, so that none opens it before it is whole, nor another is moved there.

The mark is a row of the table `migration` beside those of the steps that were taken: while reports are moved with a
number above all of them, so that the tables are of no version that a hub takes; at the end with 0, for good.
"""

from pathlib import Path
from typing import Final

from psycopg import sql

from agent.hub.stores.postgres.database import Connected, migrate, newest_version, version
from agent.hub.stores.postgres.moving.tables import BEFORE_REPORTS, BEHIND_REPORTS
from agent.model.errors import UsageError

_MOVING: Final = 2**31 - 1
_WHOLE: Final = 0
_TABLES: Final = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"
_MARK: Final = "SELECT number, name FROM migration WHERE number IN (?, ?)"
_STEP: Final = "SELECT max(number) FROM migration WHERE number < ?"
_NUMBERED: Final = (
    "SELECT table_name, column_name, pg_get_serial_sequence(quote_ident(table_name), column_name)"
    " FROM information_schema.columns WHERE table_schema = current_schema() AND is_identity = 'YES'"
)


def begin(to: Connected, path: Path, kid: str) -> None:
    """Make the tables and mark them as moved from the hub with a key, or go on where that was done.

    Raises:
        UsageError: Something else is there. Nothing was changed.
    """
    mark = f"moved-from-{kid}"
    if version(to) == 0:
        if to.execute(_TABLES).fetchone() != (0,):
            raise UsageError("{path}: names a database with other tables; make an empty one", path=path)
        migrate(to)
    with to.db.transaction():
        to.lock_writers()
        found = {number: name for number, name in to.execute(_MARK, (_MOVING, _WHOLE)).fetchall()}
        if found != {_MOVING: mark} and (found or not _is_empty(to)):
            raise UsageError(
                "{path}: the database already has the reports of a hub; make an empty one, or name it as {name} of"
                " that hub",
                path=path, name="postgres.conninfo",
            )  # fmt: skip
        if not found:
            migrate(to)
            to.execute("INSERT INTO migration VALUES (?, ?, now())", (_MOVING, mark))
        if to.execute(_STEP, (_MOVING,)).fetchone() != (newest_version(),):
            raise UsageError(
                "{path}: another version of camwarden has begun to move a hub there; make an empty database", path=path
            )
    to.db.execute("SET synchronous_commit = off")  # what a crash of the server takes back is moved once more


def is_whole(to: Connected, kid: str) -> bool:
    """Return whether the hub with a key was moved here, and all was compared."""
    return version(to) > 0 and (_WHOLE, f"moved-from-{kid}") in to.execute(_MARK, (_WHOLE, _WHOLE)).fetchall()


def end(to: Connected) -> None:
    """Let the server number on behind what was moved, and let hubs open it."""
    to.db.execute("ANALYZE")
    to.db.execute("SET synchronous_commit = on")
    with to.db.transaction():
        for name, column, sequence in to.execute(_NUMBERED).fetchall():
            _number_on(to, name, column, sequence)
        _number_on(to, "report_row", "id", "report_id")
        to.execute("UPDATE migration SET number = ? WHERE number = ?", (_WHOLE, _MOVING))


def _number_on(to: Connected, name: str, column: str, sequence: str) -> None:
    query = sql.SQL("SELECT setval({}, greatest(coalesce(max({}), 0) + 1, nextval({})), false) FROM {}")
    to.db.execute(
        query.format(sql.Literal(sequence), sql.Identifier(column), sql.Literal(sequence), sql.Identifier(name))
    )


def _is_empty(to: Connected) -> bool:
    names = ("report_row", *BEFORE_REPORTS, *BEHIND_REPORTS)
    return all(to.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone() is None for name in names)  # noqa: S608

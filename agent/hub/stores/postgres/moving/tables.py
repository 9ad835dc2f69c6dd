"""Defines which tables are moved, in which order, and reads and writes the rows of those that both engines have alike.

A new table is a line here; `tests/hub/stores/test_hub_migrate.py` finds one that is forgotten. What has a row of a
report is in no list: `reports.py` moves what the view `report` shows, and each engine lays that out in its own way.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import sql

from agent.hub.stores.keeping.payloads import Rows
from agent.hub.stores.postgres.database import Connected

Key = tuple[Any, ...]
Row = tuple[Any, ...]

BEFORE_REPORTS: Final = (
    "site", "epoch", "key", "waiting", "chain", "gap", "hole", "accepted", "refused", "refused_key", "count",
    "log_held", "division_told", "place_said", "site_division", "assessed", "finding",
)  # fmt: skip

BEHIND_REPORTS: Final = (
    "telling_finding", "site_now", "device_now", "judged_now", "finding_now", "finding_history", "word", "operator",
    "dispute", "command", "desired", "reported", "upgrade", "upgrade_site", "upgrade_word", "webhook",
    "webhook_happened", "webhook_delivery", "webhook_state", "hold", "housekeeping", "body_held",
    "day_sum",
)  # fmt: skip
"""Sums of days are the last: a row that one is of drops it."""

OF_REPORTS: Final = frozenset({"report_row", "lane", "origin", "config_said", "body", "body_base"})
"""What an engine lays out in its own way: the view `report` shows it."""


_COLUMNS: Final = (
    "SELECT a.attname, a.atttypid = 'jsonb'::regtype, array_position(i.indkey::int2[], a.attnum) FROM pg_attribute a"
    " JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary"
    " WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table that both engines have alike. `key`: its primary key, in whose order it is read in portions.

    `of_json`: the columns whose JSON PostgreSQL stores parsed.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    of_json: frozenset[str]

    def key_of(self, row: Row) -> Key:
        """Return the key of a row."""
        return tuple(row[self.columns.index(name)] for name in self.key)

    def read(self, rows: Rows, after: Key | None, upto: Key | None, most: int) -> list[Row]:
        """Return rows behind one key, up to another one."""
        where, values = within(self.key, after, upto)
        found = rows.all(
            f"SELECT {_names(self.columns)} FROM {self.name}{where} ORDER BY {_names(self.key)} LIMIT ?",  # noqa: S608
            *values,
            most,
        )
        places = [place for place, name in enumerate(self.columns) if name in self.of_json]
        return [_with_json(row, places) for row in found] if places else found

    def write(self, to: Connected, rows: Sequence[Row]) -> None:
        """Insert rows, within the caller's transaction; numbers that the server gives by itself come with them."""
        names = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(self.name), names)
        with to.db.cursor() as cursor, cursor.copy(into) as copying:
            for row in rows:
                copying.write_row(row)

    def delete(self, to: Connected, after: Key | None, upto: Key | None) -> None:
        """Delete rows behind one key, up to another one, within the caller's transaction."""
        where, values = within(self.key, after, upto)
        to.execute(f"DELETE FROM {self.name}{where}", values)  # noqa: S608  our own names


def table(to: Connected, name: str) -> Table:
    """Return a table as the migrations have made it."""
    rows = to.execute(_COLUMNS, (name,)).fetchall()
    key = sorted((place, column) for column, _, place in rows if place is not None)
    return Table(
        name,
        tuple(column for _, column in key),
        tuple(column for column, _, _ in rows),
        frozenset(column for column, is_json, _ in rows if is_json),
    )


def within(key: Sequence[str], after: Key | None, upto: Key | None) -> tuple[str, tuple[Any, ...]]:
    """Return a condition on a key, and its values; empty for all rows."""
    names, marks = _names(key), _names("?" * len(key))
    limits = [f"({names}) {sign} ({marks})" for sign, limit in ((">", after), ("<=", upto)) if limit is not None]
    return f" WHERE {' AND '.join(limits)}" if limits else "", (*(after or ()), *(upto or ()))


def _names(of: Iterable[str]) -> str:
    return ", ".join(of)


def _with_json(row: Row, places: Sequence[int]) -> Row:
    """Return a row with its JSON as one text, however an engine stores it."""
    values = list(row)
    for place in places:
        found = json.loads(values[place]) if isinstance(values[place], str) else values[place]
        values[place] = json.dumps(found, sort_keys=True)
    return tuple(values)

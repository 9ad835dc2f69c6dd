"""Stores saved questions, their schedules, and how their exports went. Decides nothing."""

import json
from dataclasses import asdict, fields
from typing import Any, Final

from agent.hub.domain.asking.saved import Exported, Saved, Schedule
from agent.hub.domain.scope import Scope
from agent.hub.stores.areas import on
from agent.hub.stores.database import Database
from agent.hub.stores.keeping.payloads import Rows

_SAVED: Final = tuple(field.name for field in fields(Saved))
_EXPORTED: Final = tuple(field.name for field in fields(Exported))

TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS question ("
    "name TEXT PRIMARY KEY, named TEXT NOT NULL, saved_by TEXT NOT NULL, saved_at TEXT NOT NULL,"
    " schedule TEXT NOT NULL, due_at TEXT NOT NULL DEFAULT '', made_at TEXT NOT NULL DEFAULT '',"
    " missed INTEGER NOT NULL DEFAULT 0, failing_since TEXT NOT NULL DEFAULT '', why TEXT NOT NULL DEFAULT ''"
    ") WITHOUT ROWID"
)
"""`named` and `schedule` are JSON, the latter empty where there is none; the rest as `agent/hub/domain/asking/saved.py`
has them."""


class SavedQuestions:
    """See `agent/hub/ports/seen.py`."""

    def __init__(self, db: Database) -> None:
        self.keep = on(db, keep)
        self.remove = on(db, remove)
        self.listed = on(db, listed)
        self.exported = on(db, exported)
        self.keep_exported = on(db, keep_exported)


def add_table(rows: Rows) -> None:
    """Create the table, within the caller's transaction."""
    rows.run(TABLE)


def keep(store: Database, saved: Saved) -> None:
    """Store a question, new or changed; how its exports went stays as it was."""
    schedule = json.dumps(asdict(saved.schedule)) if saved.schedule else ""
    changed = ", ".join(f"{name} = excluded.{name}" for name in _SAVED if name != "name")
    store.run(
        f"INSERT INTO question ({', '.join(_SAVED)}) VALUES (?, ?, ?, ?, ?)"  # noqa: S608  our own columns
        f" ON CONFLICT (name) DO UPDATE SET {changed}",
        *(saved.name, json.dumps(dict(saved.named)), saved.saved_by, saved.saved_at, schedule),
    )


def remove(store: Database, name: str) -> None:
    """Delete a question, and with it its schedule."""
    store.run("DELETE FROM question WHERE name = ?", name)


def listed(store: Database) -> list[Saved]:
    """Return all questions, by name."""
    rows = store.all(f"SELECT {', '.join(_SAVED)} FROM question ORDER BY name")  # noqa: S608
    return [_saved(dict(zip(_SAVED, row, strict=True))) for row in rows]


def exported(store: Database, name: str) -> Exported:
    """Return how the exports of a question went; one that has none: as it is made."""
    rows = store.all(f"SELECT {', '.join(_EXPORTED)} FROM question WHERE name = ?", name)  # noqa: S608
    return Exported(**dict(zip(_EXPORTED, rows[0], strict=True))) if rows else Exported()


def keep_exported(store: Database, name: str, exported: Exported) -> None:
    """Store how the exports of a question went."""
    marks = ", ".join(f"{column} = ?" for column in _EXPORTED)
    store.run(f"UPDATE question SET {marks} WHERE name = ?", *asdict(exported).values(), name)  # noqa: S608


def _saved(row: dict[str, Any]) -> Saved:
    schedule = _schedule(json.loads(row["schedule"])) if row["schedule"] else None
    return Saved(**{**row, "named": json.loads(row["named"]), "schedule": schedule})


def _schedule(told: dict[str, Any]) -> Schedule:
    bound = {name: tuple(told["scope"][name]) for name in ("divisions", "operators", "maintainers")}
    scope = Scope(**bound, everything=bool(told["scope"]["everything"]))
    return Schedule(**{**told, "formats": tuple(told["formats"]), "scope": scope})

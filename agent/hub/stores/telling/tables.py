"""Defines the tables of endpoints, which are made when the first one is named: a hub without one has none of them.

webhook: settings of an endpoint, and how it answers (`agent/hub/domain/rows/webhooks.py`); `next_no` numbers its
messages. webhook_happened: of what no message was made yet; `place` and `told` are JSON. webhook_state: what was so
when the hub last looked, since when; the row with an empty name says that it has looked at all.
"""

from typing import Final

TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS webhook ("
    "name TEXT PRIMARY KEY, url TEXT NOT NULL, secret TEXT NOT NULL, kinds TEXT NOT NULL, scope TEXT NOT NULL,"
    " made_at TEXT NOT NULL, is_private INTEGER NOT NULL, ca TEXT NOT NULL, disabled_at TEXT NOT NULL,"
    " secret_before TEXT NOT NULL, before_until TEXT NOT NULL, next_no INTEGER NOT NULL DEFAULT 1,"
    " failing_since TEXT NOT NULL DEFAULT '', tries INTEGER NOT NULL DEFAULT 0, next_at TEXT NOT NULL DEFAULT '',"
    " stopped_at TEXT NOT NULL DEFAULT '', last_at TEXT NOT NULL DEFAULT '', last_status INTEGER NOT NULL DEFAULT 0,"
    " last_why TEXT NOT NULL DEFAULT '', delivered INTEGER NOT NULL DEFAULT 0, given_up INTEGER NOT NULL DEFAULT 0"
    ") WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS webhook_happened ("
    "no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, at TEXT NOT NULL, place TEXT NOT NULL,"
    " told TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS webhook_delivery ("
    "hook TEXT NOT NULL, no INTEGER NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, made_at TEXT NOT NULL,"
    " next_at TEXT NOT NULL, tries INTEGER NOT NULL, PRIMARY KEY (hook, no)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS webhook_state (name TEXT PRIMARY KEY, since TEXT NOT NULL) WITHOUT ROWID",
)

IS_THERE: Final = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'webhook_state'"
"""Whether they are there."""

HAPPENED: Final = (
    "INSERT INTO webhook_happened (id, kind, at, place, told) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)

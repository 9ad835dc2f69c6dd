"""Defines the tables of forwarding.

lower_hub: a hub that may forward to this one; `divisions` are codes with spaces between. vouched: which lower hub
vouches for a site. forwarded: how far an upper hub has confirmed a stream. forward_site: number of its newest
watermark of a site, what it refused there, and why the site is not forwarded now (`held`; empty: it is). forward_order:
an order that came from it. forward_link: one row, of the connection.
"""

from typing import Final

from agent.hub.stores.keeping.payloads import Rows

TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS lower_hub (kid TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, jwk TEXT NOT NULL,"
    " divisions TEXT NOT NULL, added_at TEXT NOT NULL, added_by TEXT NOT NULL, why TEXT NOT NULL,"
    " revoked_at TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS vouched (site TEXT PRIMARY KEY, hub TEXT NOT NULL, division TEXT NOT NULL,"
    " number INTEGER NOT NULL, at TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS vouched_hub ON vouched (hub, site)",
    "CREATE TABLE IF NOT EXISTS forwarded (site TEXT NOT NULL, epoch TEXT NOT NULL, stream TEXT NOT NULL,"
    " seq INTEGER NOT NULL, digest TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (site, epoch, stream)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS forward_site (site TEXT PRIMARY KEY, ack_no INTEGER NOT NULL, refused TEXT NOT NULL,"
    " held TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS forward_order (id TEXT NOT NULL, site TEXT NOT NULL, name TEXT NOT NULL,"
    " at TEXT NOT NULL, outcome TEXT NOT NULL, answered_at TEXT NOT NULL, PRIMARY KEY (id, site)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS forward_link (id INTEGER PRIMARY KEY, upper TEXT NOT NULL, connected_at TEXT NOT NULL,"
    " failing_since TEXT NOT NULL, why TEXT NOT NULL)",
)


def add_tables(rows: Rows) -> None:
    """Create the tables, within the caller's transaction."""
    for statement in TABLES:
        rows.run(statement)

"""Defines the tables of what is held and of what housekeeping has done."""

from typing import Final

STEP: Final = """
CREATE TABLE IF NOT EXISTS hold (
    id INTEGER PRIMARY KEY, site TEXT NOT NULL, from_at TEXT NOT NULL, to_at TEXT NOT NULL, kind TEXT NOT NULL,
    held_by TEXT NOT NULL, why TEXT NOT NULL, at TEXT NOT NULL, until TEXT NOT NULL,
    ended_by TEXT NOT NULL DEFAULT '', ended_why TEXT NOT NULL DEFAULT '', ended_at TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS hold_site ON hold (site) WHERE ended_at = '';
CREATE TABLE IF NOT EXISTS housekeeping (phase TEXT PRIMARY KEY, after_id INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS body_held (
    phase TEXT NOT NULL, report_id INTEGER NOT NULL, PRIMARY KEY (phase, report_id)
) WITHOUT ROWID
"""
"""Holds; how far housekeeping has come through the reports in each phase, and what it left because it was held."""

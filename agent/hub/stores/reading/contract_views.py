"""Defines the SQL views that other programs may read in `hub.db`: names, columns and types that stay as they are.

Tables change with the hub; what somebody's own program or dashboard reads must not. A column may be added at the end of
a view; what cannot stay gets a view `v2_*` beside it. No view reads a body of a report. The views are made anew where
their text differs, so that a mistake in one is corrected by a new version without a migration.

Source: agent/hub/README.md, "For your own programs".
"""

import sqlite3
from typing import Final

from agent.hub.stores.database import transaction
from agent.hub.stores.intake.places import ON_DAY
from agent.hub.stores.reading.scoped import MAIN

_FINDING: Final = """
CREATE VIEW v1_finding AS
SELECT f.site, f.division, f.check_id, f.subject, f.status, f.reason, f.severity, f.level, f.message, f.caused_by,
    f.model, f.firmware, f.maintainer, CAST(coalesce(o.name, '') AS TEXT) AS operator, f.since, s.made_at AS seen_at
FROM finding_now f JOIN site_now s ON s.site = f.site LEFT JOIN operator o ON o.site = f.site
"""

_SITE: Final = f"""
CREATE VIEW v1_site AS
SELECT s.site, s.city, CAST(coalesce(d.division, '') AS TEXT) AS division,
    CAST(coalesce(o.name, '') AS TEXT) AS operator, s.status, s.state_at, s.epoch,
    CAST(coalesce(n.made_at, '') AS TEXT) AS made_at, CAST(coalesce(n.cameras, 0) AS INTEGER) AS cameras,
    CAST(coalesce(n.devices, 0) AS INTEGER) AS devices,
    CAST((SELECT count(*) FROM finding_now f WHERE f.site = s.site AND f.status = 'fail') AS INTEGER) AS fails,
    CAST((SELECT count(*) FROM finding_now f WHERE f.site = s.site AND f.status = 'warn') AS INTEGER) AS warns,
    CAST((SELECT count(*) FROM finding_now f WHERE f.site = s.site AND f.status = 'unknown') AS INTEGER) AS unknowns
FROM site s LEFT JOIN site_now n ON n.site = s.site LEFT JOIN operator o ON o.site = s.site LEFT JOIN {MAIN}
"""  # noqa: S608  our own text

# Of several epochs of a site on a day that counts which the site began last, as in `hub report`.
_ASSESSED_DAY: Final = f"""
CREATE VIEW v1_assessed_day AS
SELECT a.day, a.site, a.by_what AS grouped_by,
    CAST(CASE a.by_what WHEN 'division' THEN {ON_DAY} ELSE g.key END AS TEXT) AS group_name,
    CAST(m.key AS TEXT) AS figure,
    CAST(json_extract(m.value, '$[0]') AS REAL) AS good, CAST(json_extract(m.value, '$[1]') AS REAL) AS due,
    CAST(json_extract(m.value, '$[2]') AS REAL) AS unknown, CAST(json_extract(m.value, '$[3]') AS REAL) AS excluded
FROM assessed a JOIN epoch e ON e.site = a.site AND e.epoch = a.epoch
    JOIN json_each(a.told) g JOIN json_each(CASE g.type WHEN 'object' THEN g.value ELSE '{{}}' END) m
WHERE a.by_what IN ('division', 'maintainer', 'model') AND m.type = 'array' AND NOT EXISTS (
    SELECT 1 FROM assessed b JOIN epoch l ON l.site = b.site AND l.epoch = b.epoch
    WHERE b.site = a.site AND b.by_what = a.by_what AND b.day = a.day AND l.first_at > e.first_at)
"""  # noqa: S608  our own text

_DISPUTE: Final = """
CREATE VIEW v1_dispute AS
SELECT site, id, check_id, subject, status, reason, detected_at, repaired_at, ended_at, disputed_by, at, why,
    arrived_at, outcome, decided_by, decided_at, decided_why
FROM dispute
"""

VIEWS: Final = {
    "v1_finding": _FINDING.strip(),
    "v1_site": _SITE.strip(),
    "v1_assessed_day": _ASSESSED_DAY.strip(),
    "v1_dispute": _DISPUTE.strip(),
}


def keep(db: sqlite3.Connection) -> None:
    """Create the views, or replace those whose text is another. Raises sqlite3.Error."""
    if _there(db) == VIEWS:
        return
    with transaction(db):
        if _there(db) != VIEWS:  # of two processes at the same time one makes them
            drop(db)
            for text in VIEWS.values():
                db.execute(text)


def drop(db: sqlite3.Connection) -> None:
    """Drop the views, before a table that they read is replaced. Raises sqlite3.Error."""
    for name in VIEWS:
        db.execute(f"DROP VIEW IF EXISTS {name}")


def _there(db: sqlite3.Connection) -> dict[str, str]:
    names = ", ".join("?" * len(VIEWS))
    rows = db.execute(f"SELECT name, sql FROM sqlite_master WHERE type = 'view' AND name IN ({names})", [*VIEWS])  # noqa: S608
    return dict(rows.fetchall())

"""Stores the present facts and open findings of each site, by its newest reports, and since when they are so.

Written in the transaction that commits a report, so that no view reads a body. A configuration report replaces what
stood of its site; an event changes one finding, where it is not older than that. Each stretch in which a finding was
open with one status stays in `finding_history`. Only the epoch in which a site lives counts, and the highest number.

`fill` does the same for what an older hub has stored: the last 31 days of configuration reports and events.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

from agent.contract.chain import utc_text
from agent.hub.domain import now_columns
from agent.hub.domain.now_columns import Key, OpenFinding, Placed
from agent.hub.domain.view_columns import data_of
from agent.hub.stores.database import Connection
from agent.hub.stores.intake import places
from agent.hub.stores.keeping.payloads import Connected, exact
from agent.hub.stores.telling import happened
from agent.model.finding import StreamName
from agent.verify.members import dict_of, time_of

STEP: Final = """
CREATE TABLE IF NOT EXISTS site_now (
    site TEXT PRIMARY KEY, division TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
    event_seq INTEGER NOT NULL, made_at TEXT NOT NULL, cameras INTEGER NOT NULL, devices INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS device_now (
    site TEXT NOT NULL, device TEXT NOT NULL, manufacturer TEXT NOT NULL, model TEXT NOT NULL, firmware TEXT NOT NULL,
    PRIMARY KEY (site, device)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS judged_now (
    site TEXT NOT NULL, check_id TEXT NOT NULL, model TEXT NOT NULL, firmware TEXT NOT NULL, subjects INTEGER NOT NULL,
    PRIMARY KEY (site, check_id, model, firmware)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS finding_now (
    site TEXT NOT NULL, check_id TEXT NOT NULL, subject TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
    severity TEXT NOT NULL, level TEXT NOT NULL, message TEXT NOT NULL, caused_by TEXT NOT NULL, model TEXT NOT NULL,
    firmware TEXT NOT NULL, maintainer TEXT NOT NULL, since TEXT NOT NULL,
    PRIMARY KEY (site, check_id, subject)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS finding_now_check ON finding_now (check_id, status);
CREATE TABLE IF NOT EXISTS finding_history (
    id INTEGER PRIMARY KEY, site TEXT NOT NULL, check_id TEXT NOT NULL, subject TEXT NOT NULL, status TEXT NOT NULL,
    reason TEXT NOT NULL, from_at TEXT NOT NULL, to_at TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS finding_history_subject ON finding_history (site, check_id, subject, to_at);
CREATE INDEX IF NOT EXISTS finding_history_end ON finding_history (to_at) WHERE to_at <> ''
"""
"""Times are the site's own, RFC 3339 in UTC. `judged_now.subjects`: how many the check judged, those that pass too.
`finding_history.to_at` is empty while it lasts; `site_now.seq` 0: no configuration report of this epoch yet."""

DIVISION_STEP: Final = """
DROP TABLE IF EXISTS finding_next;
CREATE TABLE finding_next (
    site TEXT NOT NULL, check_id TEXT NOT NULL, subject TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
    severity TEXT NOT NULL, level TEXT NOT NULL, message TEXT NOT NULL, caused_by TEXT NOT NULL, model TEXT NOT NULL,
    firmware TEXT NOT NULL, maintainer TEXT NOT NULL, division TEXT NOT NULL, since TEXT NOT NULL,
    PRIMARY KEY (site, check_id, subject)
) WITHOUT ROWID;
INSERT INTO finding_next SELECT f.site, check_id, subject, status, reason, severity, level, message, caused_by, model,
    firmware, maintainer, s.division, since FROM finding_now f JOIN site_now s ON s.site = f.site;
DROP TABLE finding_now;
ALTER TABLE finding_next RENAME TO finding_now;
CREATE INDEX finding_now_order ON finding_now (status, check_id, site, subject, division, since);
CREATE INDEX finding_now_model ON finding_now (status, model, check_id, site, subject);
CREATE INDEX finding_now_maintainer ON finding_now (status, maintainer, check_id, site, subject);
CREATE INDEX finding_now_division ON finding_now (status, division);
CREATE INDEX finding_now_since ON finding_now (status, since)
"""
"""Repeats the division of a site beside its findings, with an index for each filter; may run again."""

WORD_STEP: Final = """
CREATE TABLE IF NOT EXISTS word (
    id INTEGER PRIMARY KEY, site TEXT NOT NULL, check_id TEXT NOT NULL, subject TEXT NOT NULL, kind TEXT NOT NULL,
    said_by TEXT NOT NULL, at TEXT NOT NULL, assignee TEXT NOT NULL, until TEXT NOT NULL, text TEXT NOT NULL,
    ended_at TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS word_open ON word (site, check_id, subject, kind) WHERE ended_at = '';
CREATE INDEX IF NOT EXISTS word_assignee ON word (assignee) WHERE ended_at = '' AND assignee <> '';
CREATE TABLE IF NOT EXISTS operator (
    site TEXT PRIMARY KEY, name TEXT NOT NULL, said_by TEXT NOT NULL, at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS operator_name ON operator (name)
"""
"""What people said of findings, `ended_at` empty: it counts; and who operates a site, which no report says."""

_SITES_AT_ONCE: Final = 20
_OF_DAYS: Final = 31

_FINDING: Final = (
    "check_id, subject, status, reason, severity, level, message, caused_by, model, firmware, maintainer, division"
)
"""The columns of a finding, as `OpenFinding` has them."""

_OPENED: Final = (
    f"INSERT INTO finding_now (site, {_FINDING}, since) VALUES ({', '.join('?' * 14)})"  # noqa: S608  our own columns
    f" ON CONFLICT (site, check_id, subject) DO UPDATE SET"
    f" {', '.join(f'{name} = excluded.{name}' for name in _FINDING.split(', ')[2:])},"
    " since = CASE WHEN finding_now.status = excluded.status THEN finding_now.since ELSE excluded.since END"
)
"""Store a finding as it is now, with its site before it and a time behind it."""

_ONE: Final = "site = ? AND check_id = ? AND subject = ?"


LOG_STEP: Final = """
CREATE TABLE IF NOT EXISTS log_held (site TEXT PRIMARY KEY, size INTEGER NOT NULL) WITHOUT ROWID
"""
"""How much of the hub's log a site holds, as its newest health report says: its next receipt needs a proof from there.
Only a hint: a proof from a size that a site does not hold moves nothing there."""


def keep(db: Connection, site: str, place: tuple[str, StreamName, int], data: Mapping[str, Any]) -> None:
    """Take up what the first report under its number says now; `place` is its epoch, stream and number.

    Writes within the caller's transaction. A report that is not of the site's present epoch, older than what stands,
    or without a valid time changes nothing.
    """
    epoch, stream, seq = place
    made_at, body = time_of(data.get("ts")), dict_of(data.get("body"))
    if stream not in ("config", "event") or made_at is None:
        return
    if db.execute("SELECT 1 FROM site WHERE site = ? AND epoch = ?", (site, epoch)).fetchone() is None:
        return
    before = db.execute("SELECT epoch, seq, event_seq, made_at FROM site_now WHERE site = ?", (site,)).fetchone()
    known = before if before is not None and before[0] == epoch else (epoch, 0, 0, "")
    at = utc_text(made_at)
    if stream == "config" and seq > known[1]:
        _replace(db, site, now_columns.of_config(body, places.main(Connected(db), site)), (epoch, seq, known[2]), at)
    elif stream == "event" and known[1] and seq > known[2] and at >= known[3]:
        db.execute("UPDATE site_now SET event_seq = ? WHERE site = ?", (seq, site))
        _change(db, site, body, at, f"{epoch}:event:{seq}")


def log_size(data: Mapping[str, Any]) -> int:
    """Return how much of the hub's log a site holds, as its health report says; 0: it says nothing."""
    size = dict_of(data.get("body")).get("log_size")
    return size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else 0


def keep_log_sizes(db: Connection, sizes: Mapping[str, int]) -> None:
    """Store how much of the log each site holds, within the caller's transaction."""
    db.executemany(
        "INSERT INTO log_held VALUES (?, ?) ON CONFLICT (site) DO UPDATE SET size = excluded.size"
        " WHERE log_held.size <> excluded.size",
        list(sizes.items()),
    )


def _replace(db: Connection, site: str, now: now_columns.SiteNow, place: tuple[str, int, int], at: str) -> None:
    epoch, seq, event_seq = place
    db.execute(
        "INSERT INTO site_now VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (site) DO UPDATE SET"
        " division = excluded.division, epoch = excluded.epoch, seq = excluded.seq, event_seq = excluded.event_seq,"
        " made_at = excluded.made_at, cameras = excluded.cameras, devices = excluded.devices",
        (site, now.division, epoch, seq, event_seq, at, now.cameras, len(now.boxes)),
    )
    _exchange(db, "device_now", site, {(box.device,): (box.manufacturer, box.model, box.firmware) for box in now.boxes})
    _exchange(db, "judged_now", site, {key: (count,) for key, count in now.judged.items()})
    rows = db.execute(f"SELECT {_FINDING} FROM finding_now WHERE site = ?", (site,)).fetchall()  # noqa: S608
    before = {(row[0], row[1]): OpenFinding(*row) for row in rows}
    happened.note(db, site, before, now.findings, at, f"{epoch}:config:{seq}")
    _close(db, site, [key for key in before if key not in now.findings], at)
    _open(db, site, before, [one for key, one in now.findings.items() if before.get(key) != one], at)


def _exchange(db: Connection, table: str, site: str, now: Mapping[tuple[str, ...], tuple[str | int, ...]]) -> None:
    """Write the rows of a site that differ; the key of a table is its first columns behind `site`."""
    width = len(next(iter(now))) if now else 0
    stored = db.execute(f"SELECT * FROM {table} WHERE site = ?", (site,)).fetchall()  # noqa: S608  our own tables
    rows = {row[1 : 1 + width]: row[1 + width :] for row in stored}
    if rows == dict(now):
        return
    db.execute(f"DELETE FROM {table} WHERE site = ?", (site,))  # noqa: S608
    new = [(site, *key, *values) for key, values in now.items()]
    if new:
        db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(new[0]))})", new)  # noqa: S608


def _change(db: Connection, site: str, body: Mapping[str, Any], at: str, report: str) -> None:
    about = now_columns.of_event(body)
    if about is None:
        return
    key, finding = about
    row = db.execute(f"SELECT {_FINDING} FROM finding_now WHERE {_ONE}", (site, *key)).fetchone()  # noqa: S608
    was = OpenFinding(*row) if row else None
    before = {key: was} if was else {}
    if finding is None:
        happened.note(db, site, before, {}, at, report)
        _close(db, site, [key], at)
    else:
        place = (was.model, was.firmware, was.maintainer, was.division) if was else _place(db, site, key[1])
        one = now_columns.opened(key, finding, place)
        happened.note(db, site, before, {key: one}, at, report)
        _open(db, site, before, [one], at)


def _place(db: Connection, site: str, subject: str) -> Placed:
    """Return model, firmware, maintainer and division of a subject, as other findings of it or its device have them."""
    row = db.execute(
        "SELECT model, firmware, maintainer FROM finding_now WHERE site = ?1 AND subject = ?2"
        " UNION ALL SELECT model, firmware, '' FROM device_now WHERE site = ?1 AND 'device:' || device = ?2 LIMIT 1",
        (site, subject),
    ).fetchone()
    return (*(row or ("", "", "")), places.main(Connected(db), site))


def _open(db: Connection, site: str, before: Mapping[Key, OpenFinding], now: Sequence[OpenFinding], at: str) -> None:
    """Store findings as they are now; of one with another status than it had, or with none, a stretch begins anew."""
    begun = [one for one in now if (was := before.get((one.check, one.subject))) is None or was.status != one.status]
    _end(db, site, [key for one in begun if (key := (one.check, one.subject)) in before], at)
    db.executemany(
        "INSERT INTO finding_history (site, check_id, subject, status, reason, from_at) VALUES (?, ?, ?, ?, ?, ?)",
        [(site, one.check, one.subject, one.status, one.reason, at) for one in begun],
    )
    db.executemany(_OPENED, [(site, *one, at) for one in now])


def _close(db: Connection, site: str, keys: Sequence[Key], at: str) -> None:
    """End findings, with what people said of them."""
    db.executemany(f"DELETE FROM finding_now WHERE {_ONE}", [(site, *key) for key in keys])  # noqa: S608
    _end(db, site, keys, at)
    db.executemany(
        f"UPDATE word SET ended_at = ? WHERE {_ONE} AND ended_at = ''",  # noqa: S608
        [(at, site, *key) for key in keys],
    )


def _end(db: Connection, site: str, keys: Sequence[Key], at: str) -> None:
    db.executemany(
        f"UPDATE finding_history SET to_at = ? WHERE {_ONE} AND to_at = ''",  # noqa: S608
        [(at, site, *key) for key in keys],
    )


def fill(db: sqlite3.Connection) -> bool:
    """Fill the tables for some sites of an older database; return whether there may be more. Within a transaction."""
    sites = db.execute(
        "SELECT site, epoch FROM site WHERE site NOT IN (SELECT site FROM site_now) LIMIT ?", (_SITES_AT_ONCE,)
    ).fetchall()
    for site, epoch in sites:
        rows = db.execute(
            "SELECT stream, seq, payload FROM report WHERE site = ?1 AND epoch = ?2 AND stream IN ('config', 'event')"
            " AND fork = 0 AND arrived_at >= (SELECT strftime('%Y-%m-%dT%H:%M:%S', max(arrived_at), ?3) FROM report"
            " WHERE site = ?1) ORDER BY arrived_at, stream, seq",
            (site, epoch, f"-{_OF_DAYS} days"),
        )
        for stream, seq, payload in rows.fetchall():
            try:
                keep(db, site, (epoch, stream, seq), data_of(exact(Connected(db), payload)))
            except sqlite3.Error:
                raise
            except Exception:  # noqa: BLE001, S112  whatever it is, it is this report's only
                continue
        db.execute("INSERT OR IGNORE INTO site_now VALUES (?, '', ?, 0, 0, '', 0, 0)", (site, epoch))
    return bool(sites)

"""Defines the tables of the hub's database, and migrates an older file.

Times are RFC 3339 texts in UTC with milliseconds, so that they sort; an empty one has not happened yet.
"""

import sqlite3
from collections.abc import Callable
from typing import Final

from agent.contract.disputes import read_disputed
from agent.contract.payload_bounds import read_time
from agent.hub.domain import view_columns
from agent.hub.stores import current, dispute_columns
from agent.hub.stores.database import transaction
from agent.hub.stores.intake import places
from agent.hub.stores.keeping import older_rows, payloads, tables
from agent.hub.stores.reading import contract_views, day_sums, orders
from agent.model.errors import NotVerified
from agent.verify.members import dict_of

VERSION: Final = 17
"""`PRAGMA user_version`."""

_FIRST = """
CREATE TABLE report (
    id INTEGER PRIMARY KEY,
    site TEXT NOT NULL, epoch TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL,
    digest TEXT NOT NULL, prev TEXT NOT NULL, fork INTEGER NOT NULL,
    city TEXT NOT NULL, kid TEXT NOT NULL, arrived_at TEXT NOT NULL,
    jws TEXT NOT NULL, payload BLOB NOT NULL,
    UNIQUE (site, epoch, stream, seq, digest)
);
CREATE TABLE waiting (
    id INTEGER PRIMARY KEY,
    site TEXT NOT NULL, kid TEXT NOT NULL, digest TEXT NOT NULL,
    topic TEXT NOT NULL, arrived_at TEXT NOT NULL, jws TEXT NOT NULL, payload BLOB NOT NULL,
    UNIQUE (site, kid, digest)
);
CREATE TABLE chain (
    site TEXT NOT NULL, epoch TEXT NOT NULL, stream TEXT NOT NULL,
    seq INTEGER NOT NULL, digest TEXT NOT NULL,
    position_seq INTEGER NOT NULL, position_digest TEXT NOT NULL,
    broken INTEGER NOT NULL, expected INTEGER NOT NULL,
    PRIMARY KEY (site, epoch, stream)
) WITHOUT ROWID;
CREATE TABLE gap (
    site TEXT NOT NULL, epoch TEXT NOT NULL, stream TEXT NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL,
    reason TEXT NOT NULL, last_digest TEXT NOT NULL,
    PRIMARY KEY (site, epoch, stream, from_seq, to_seq)
) WITHOUT ROWID;
CREATE TABLE site (
    site TEXT PRIMARY KEY, city TEXT NOT NULL, epoch TEXT NOT NULL, connection_no INTEGER NOT NULL,
    status TEXT NOT NULL, state_at TEXT NOT NULL, ack_no INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE epoch (
    site TEXT NOT NULL, epoch TEXT NOT NULL, first_at TEXT NOT NULL, PRIMARY KEY (site, epoch)
) WITHOUT ROWID;
CREATE TABLE key (kid TEXT PRIMARY KEY, site TEXT NOT NULL, jwk TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE count (
    site TEXT NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (site, name)
) WITHOUT ROWID;
"""

# site: `arrived_at` of the last verified message, `health_at` of the newest health report and the `next_due_at` that it
# names, `backlog_at` of the last report that came behind a newer one or showed that others are missing, `kid` that
# signed the birth of the present connection, `confirm` as the birth says, `protocol` in which form its last message
# came: `mqtt5` (JWS beside the payload) or `flattened` (around it: MQTT 3.1.1, files), `holes_at` when its holes were
# last looked for; empty once more may be missing, or something came late.
# chain: `expected` is the highest number that the site is known to have made.
# epoch: `verdict` is `first`, `explained` (the site said what happened to its spool), `spool-lost`, or empty while that
# is still to be judged. `connection_no` is the highest of its births.
# command: `status` is empty (no answer yet), `waits` (the report that answers it is not here yet), `answered`,
# `refused` (by the site), `answer-refused` (by the hub). `sent_at` empty: to be published.
# reported: `refused` is JSON with version, reason and why of what the site did not take, or empty.
# accepted: a person has accepted that a lost run is gone; `seen_at` empty: the running hub has not looked at it yet.
# hole: a run of reports that the hub lacks. It asked `times` times, last at `asked_at`. `kind` is `missing`, or
# `before` for one that a hub which lost its database had confirmed. `state` is empty (it may still come), `lost` (the
# site no longer has it and nobody explains it), or `gone` (the same of a run that was confirmed before).
_SECOND = """
ALTER TABLE site ADD COLUMN arrived_at TEXT NOT NULL DEFAULT '';
ALTER TABLE site ADD COLUMN health_at TEXT NOT NULL DEFAULT '';
ALTER TABLE site ADD COLUMN next_due_at TEXT NOT NULL DEFAULT '';
ALTER TABLE site ADD COLUMN backlog_at TEXT NOT NULL DEFAULT '';
ALTER TABLE site ADD COLUMN kid TEXT NOT NULL DEFAULT '';
ALTER TABLE site ADD COLUMN confirm TEXT NOT NULL DEFAULT '';
ALTER TABLE site ADD COLUMN protocol TEXT NOT NULL DEFAULT '';
ALTER TABLE site ADD COLUMN holes_at TEXT NOT NULL DEFAULT '';
ALTER TABLE epoch ADD COLUMN connection_no INTEGER NOT NULL DEFAULT 0;
ALTER TABLE epoch ADD COLUMN verdict TEXT NOT NULL DEFAULT 'first';
CREATE INDEX gap_before ON gap (site) WHERE reason = 'confirmed-before';
CREATE INDEX epoch_open ON epoch (site, epoch) WHERE verdict = '';
CREATE TABLE command (
    id TEXT PRIMARY KEY, site TEXT NOT NULL, name TEXT NOT NULL,
    created_at TEXT NOT NULL, expires_at TEXT NOT NULL, payload BLOB NOT NULL, jws TEXT NOT NULL,
    sent_at TEXT NOT NULL DEFAULT '', status TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',
    result_at TEXT NOT NULL DEFAULT '', result_payload BLOB, result_jws TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX command_unsent ON command (site) WHERE sent_at = '';
CREATE INDEX command_open ON command (site) WHERE status = '';
CREATE INDEX command_waits ON command (site) WHERE status = 'waits';
CREATE TABLE desired (
    site TEXT NOT NULL, version INTEGER NOT NULL, created_at TEXT NOT NULL, payload BLOB NOT NULL, jws TEXT NOT NULL,
    sent_at TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (site, version)
) WITHOUT ROWID;
CREATE INDEX desired_unsent ON desired (site) WHERE sent_at = '';
CREATE TABLE reported (
    site TEXT PRIMARY KEY, at TEXT NOT NULL, version INTEGER NOT NULL, refused TEXT NOT NULL,
    payload BLOB NOT NULL, jws TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE hole (
    site TEXT NOT NULL, epoch TEXT NOT NULL, stream TEXT NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL,
    kind TEXT NOT NULL, asked_at TEXT NOT NULL, times INTEGER NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY (site, epoch, stream, from_seq)
) WITHOUT ROWID;
CREATE TABLE accepted (
    site TEXT NOT NULL, epoch TEXT NOT NULL, stream TEXT NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL,
    accepted_by TEXT NOT NULL, why TEXT NOT NULL, accepted_at TEXT NOT NULL, seen_at TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (site, epoch, stream, from_seq)
) WITHOUT ROWID;
CREATE INDEX accepted_new ON accepted (site) WHERE seen_at = '';
"""

# assessed: what a report says of a site's day; `by_what` is division, maintainer, model, repairs, planned or
# acknowledged, `told` JSON: group, figure, and its numbers, or rows, as `agent/hub/stores/day_figures.py` has them.
# `seq` of the report that said so.
_THIRD = """
CREATE TABLE assessed (
    id INTEGER PRIMARY KEY,
    by_what TEXT NOT NULL, day TEXT NOT NULL, site TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
    told TEXT NOT NULL,
    UNIQUE (by_what, day, site, epoch)
);
CREATE INDEX assessed_site ON assessed (site, by_what, day);
"""

# said: what views need of the report with this id, as `agent/hub/domain/view_columns.py` has it; no view reads a body.
# `seal` is the digest of the row, as `agent/hub/stores/evidence.py` holds it against it.
_FOURTH = """
CREATE TABLE IF NOT EXISTS said (
    id INTEGER PRIMARY KEY, made_at TEXT NOT NULL, config TEXT NOT NULL, seal TEXT NOT NULL
)
"""

# refused: a report that its site signed and the hub does not take (`agent/hub/workers/refused.py`); `at` it came last.
_FIFTH = """
CREATE TABLE IF NOT EXISTS refused (
    site TEXT NOT NULL, epoch TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL, digest TEXT NOT NULL,
    reason TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (site, epoch, digest)
) WITHOUT ROWID
"""

# telling: what a case needs of the report with this id, and finding: what it says of a check, as
# `agent/hub/stores/case_columns.py` has them. `seal` is the digest of both. A finding stands once, however many reports
# of its site tell it.
_SIXTH = """
CREATE TABLE IF NOT EXISTS telling (
    id INTEGER PRIMARY KEY, clock_synced INTEGER NOT NULL, due_at TEXT NOT NULL, event_head INTEGER, seal TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS finding (
    id INTEGER PRIMARY KEY, site TEXT NOT NULL, digest TEXT NOT NULL,
    check_id TEXT NOT NULL, subjects TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, message TEXT NOT NULL,
    evidence TEXT NOT NULL, document TEXT NOT NULL, article TEXT NOT NULL,
    UNIQUE (site, digest)
);
CREATE TABLE IF NOT EXISTS telling_finding (
    report_id INTEGER NOT NULL, finding_id INTEGER NOT NULL, PRIMARY KEY (report_id, finding_id)
) WITHOUT ROWID
"""

# dispute: one that a site has signed, by its id, and what was decided on it; `outcome` empty: nothing yet.
# `detected_at` names the episode, `ended_at` is its end, `command` the order that carries the decision to the site.
_SEVENTH = """
CREATE TABLE IF NOT EXISTS dispute (
    site TEXT NOT NULL, id TEXT NOT NULL, check_id TEXT NOT NULL, subject TEXT NOT NULL,
    status TEXT NOT NULL, reason TEXT NOT NULL, detected_at TEXT NOT NULL, repaired_at TEXT NOT NULL,
    disputed_by TEXT NOT NULL, at TEXT NOT NULL, why TEXT NOT NULL, arrived_at TEXT NOT NULL, ended_at TEXT NOT NULL,
    outcome TEXT NOT NULL DEFAULT '', decided_by TEXT NOT NULL DEFAULT '', decided_why TEXT NOT NULL DEFAULT '',
    decided_at TEXT NOT NULL DEFAULT '', command TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (site, id)
) WITHOUT ROWID
"""

# refused_key: the key by which the last refused message of a site was signed, until one of the site is verified again.
_EIGHTH = f"""{current.STEP};
CREATE TABLE IF NOT EXISTS refused_key (
    site TEXT PRIMARY KEY, kid TEXT NOT NULL, reason TEXT NOT NULL
) WITHOUT ROWID
"""

_STEPS: Final = (
    _FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH, _SIXTH, _SEVENTH, _EIGHTH, current.DIVISION_STEP,
    current.WORD_STEP, tables.STEP, payloads.STEP, current.LOG_STEP,
)  # fmt: skip
"""Up to version 13; `agent/hub/stores/keeping/older_rows.py` makes today's tables of reports of those."""

_BEFORE_TOLD: Final = 5
_BEFORE_DISPUTES: Final = 6
_BEFORE_NOW: Final = 7
_BEFORE_ROWS: Final = 14  # no hub before that one takes it for its own
_ROWS_MOVED: Final = 15

_LATER: Final = (
    places.fill, day_sums.add_tables,
)  # fmt: skip
"""What each version from then on takes up; the tables are there by then."""


def prepare(db: sqlite3.Connection, goes_on: Callable[[int], bool] = lambda left: True) -> int:
    """Create the tables, or migrate those of an older version; return the version that the file then has.

    A file of a later version is not changed. Of two processes at the same time one migrates, the other waits. Reports
    are moved in portions, and what an older hub did not extract of them is filled in portions; a hub that is ended
    meanwhile goes on from there.

    Args:
        db: The open file.
        goes_on: Called after each portion with about how many reports are left; false ends it there.

    Raises:
        sqlite3.Error: It is no database, or the disk failed. Nothing was changed.
    """
    version = _version(db)
    if version >= VERSION:
        if version == VERSION:
            contract_views.keep(db)
        return version
    with transaction(db):
        version = _version(db)
        if version == 0 and db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return version  # somebody else's tables
        contract_views.drop(db)
        if not older_rows.is_begun(db):
            for step in _STEPS[version:]:
                for statement in step.split(";"):
                    db.execute(statement)
            older_rows.begin(db)
            db.execute(f"PRAGMA user_version={_to_fill(version)}")
        for statement in (*places.STEP.split(";"), orders.STEP):
            db.execute(statement)  # before tables of today are filled, which asks where a site lies
    while _version(db) < _ROWS_MOVED and _fill(db) and goes_on(older_rows.left(db)):
        pass
    while _version(db) == _BEFORE_NOW and _fill_now(db) and goes_on(0):
        pass
    while _ROWS_MOVED <= _version(db) < VERSION:
        _take_up(db)
    if _version(db) == VERSION:
        contract_views.keep(db)
    return _version(db)


def _to_fill(version: int) -> int:
    """Return the version of a file with today's tables whose reports have to be moved and read once more."""
    return max(version, _BEFORE_TOLD) if 0 < version <= _BEFORE_NOW else _BEFORE_ROWS


def _fill(db: sqlite3.Connection) -> bool:
    """Move some reports of an older version; return whether there may be more.

    The file gets the next version only once there are none.
    """
    with transaction(db):
        version = _version(db)
        is_more = older_rows.move(db, version <= _BEFORE_TOLD)
        if not is_more and version < _BEFORE_NOW:
            _fill_disputes(db)
        if not is_more and version != _BEFORE_NOW:
            db.execute(f"PRAGMA user_version={_ROWS_MOVED if version == _BEFORE_ROWS else _BEFORE_NOW}")
    return is_more


def _fill_now(db: sqlite3.Connection) -> bool:
    """Fill the current tables for some sites; return whether there may be more."""
    with transaction(db):
        is_more = current.fill(db)
        if not is_more:
            db.execute(f"PRAGMA user_version={_ROWS_MOVED}")
    return is_more


def _take_up(db: sqlite3.Connection) -> None:
    """Take the next step behind the rows of today, in a transaction of its own."""
    with transaction(db):
        version = _version(db)
        if version < VERSION:  # of two processes at the same time one takes it
            _LATER[version - _ROWS_MOVED](payloads.Connected(db))
            db.execute(f"PRAGMA user_version={version + 1}")


def _fill_disputes(db: sqlite3.Connection) -> None:
    """Store the disputes that an older hub took for events like others."""
    rows = db.execute(
        "SELECT site, arrived_at, payload FROM report"
        " WHERE stream = 'event' AND fork = 0 AND (instr(payload, CAST('\"dispute\":' AS BLOB))"
        " OR substr(payload, 1, 1) < x'20') ORDER BY id"
    ).fetchall()
    for site, arrived_at, payload in rows:
        body = dict_of(view_columns.data_of(payloads.exact(payloads.Connected(db), payload)).get("body"))
        try:
            said = read_disputed(dict_of(body.get("dispute")))
        except NotVerified:
            continue
        dispute_columns.insert(lambda text, *values: db.execute(text, values), site, said, read_time(arrived_at))


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])

"""Stores the rows of reports in few bytes, and defines the view `report`, which has their texts as they came.

A hub keeps a row of each report for years, and most of its texts repeat: where it belongs (`lane`) and who signed it
(`origin`) stand once, digests and signatures are binary, times are milliseconds. `prev` is the number of the row that
it follows, where that is here. Only what comes back exactly is stored so; anything else stays the text that it was.
Bodies have a table of their own: what is dropped of it frees whole pages.
"""

import sqlite3
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from agent.contract.chain import utc_text
from agent.contract.envelope import split_jws
from agent.contract.signing_keys import b64url
from agent.hub.domain.view_columns import row_seal_of
from agent.model.errors import NotVerified

ROWS: Final = "report_row"
"""The table; whoever changes a row, counts all or looks for the newest one uses it, everybody else the view."""

_PROTECTED_MAX_CHARS: Final = 1024
_PLACES_MOST: Final = 4096
_DIGEST_CHARS: Final = 64
_CONFIG_MAX_BYTES: Final = 16 * 1024 * 1024
_BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


def _hex(column: str) -> str:
    return f"CASE typeof({column}) WHEN 'blob' THEN lower(hex({column})) ELSE {column} END"


def _time(column: str) -> str:
    text = f"strftime('%Y-%m-%dT%H:%M:%fZ', {column} / 1000.0, 'unixepoch')"
    return f"CASE typeof({column}) WHEN 'integer' THEN {text} ELSE {column} END"


STEP: Final = f"""
CREATE TABLE lane (
    id INTEGER PRIMARY KEY, site TEXT NOT NULL, epoch TEXT NOT NULL, stream TEXT NOT NULL, UNIQUE (site, epoch, stream)
);
CREATE TABLE origin (
    id INTEGER PRIMARY KEY, city TEXT NOT NULL, kid TEXT NOT NULL, protected TEXT NOT NULL,
    UNIQUE (kid, city, protected)
);
CREATE TABLE config_said (id INTEGER PRIMARY KEY, config BLOB NOT NULL);
CREATE TABLE body (id INTEGER PRIMARY KEY, payload BLOB NOT NULL);
CREATE TABLE report_row (
    id INTEGER PRIMARY KEY, lane INTEGER NOT NULL, seq INTEGER NOT NULL, fork INTEGER NOT NULL, origin INTEGER NOT NULL,
    digest NOT NULL, prev NOT NULL, arrived_at NOT NULL, signature NOT NULL,
    made_at, config INTEGER, clock_synced INTEGER, due_at, event_head INTEGER, seal BLOB
);
CREATE INDEX report_place ON report_row (lane, seq);
CREATE VIEW report AS SELECT r.id, l.site, l.epoch, l.stream, r.seq, {_hex("r.digest")} AS digest,
    CASE typeof(r.prev) WHEN 'integer' THEN (SELECT {_hex("p.digest")} FROM report_row p WHERE p.id = r.prev)
    ELSE {_hex("r.prev")} END AS prev, r.fork, o.city, o.kid, {_time("r.arrived_at")} AS arrived_at, o.protected,
    r.signature, coalesce(b.payload, x'') AS payload, {_time("r.made_at")} AS made_at,
    coalesce(c.config, x'') AS config, r.clock_synced, {_time("r.due_at")} AS due_at, r.event_head, r.seal
    FROM report_row r JOIN lane l ON l.id = r.lane LEFT JOIN origin o ON o.id = r.origin
    LEFT JOIN body b ON b.id = r.id LEFT JOIN config_said c ON c.id = r.config
"""  # noqa: S608  our own columns
"""`lane`: a stream of an epoch of a site. `origin`: a city, a key and the protected header that it signs with.

Of a `report_row`, `made_at` and what follows are the columns of views and cases (`agent/hub/domain/view_columns.py`,
`agent/hub/stores/case_columns.py`); `seal` is the digest over all but `fork` and the body. `config_said`: the
columns of a configuration report, deflated; one that says the same as the one before it has the same. `body`: as
`encoded.py` writes it."""

SEALED: Final = "site, epoch, stream, seq, digest, prev, city, kid, arrived_at, protected, signature"
"""Columns of the view of which the first ones of a seal are made: `sealed` joins the last two to the JWS."""

SAID: Final = "made_at, config, clock_synced, due_at, event_head"


class ReportRow(NamedTuple):
    """A report as it is to be stored, in texts. `said`: `SAID`; `named`: digests of its findings; None: no seal."""

    site: str
    epoch: str
    stream: str
    seq: int
    digest: str
    prev: str
    city: str
    kid: str
    arrived_at: str
    jws: str
    said: tuple[str, str, int, str, int | None] | None = None
    named: tuple[str, ...] = ()

    def seal(self) -> bytes | None:
        """Return the digest of the row."""
        if self.said is None:
            return None
        place = (self.site, self.epoch, self.stream, self.seq, self.digest, self.prev, self.city, self.kid)
        return row_seal_of((*place, self.arrived_at, self.jws, *self.said), self.named)


@dataclass(slots=True)
class _Newest:
    """A row of the highest number of a lane: digest as it is stored, number of the row, and of its configuration."""

    seq: int = -1
    digest: bytes | str = ""
    number: int | None = None
    config: int | None = None


@dataclass(slots=True)
class Places:
    """The numbers of lanes and origins that a connection has met. `forget` them where a transaction is taken back.

    Within a transaction also the newest row of each lane, for as long as nobody deletes one: `forget_newest`.
    """

    _db: sqlite3.Connection
    _known: dict[tuple[str, ...], int] = field(default_factory=dict)
    _newest: dict[int, _Newest] = field(default_factory=dict)

    def forget(self) -> None:
        """Drop all: what was inserted may not be there."""
        self._known.clear()
        self._newest.clear()

    def forget_newest(self) -> None:
        """Drop which rows are the newest: the transaction is over, or some are deleted."""
        self._newest.clear()

    def is_above(self, lane: int, seq: int) -> bool:
        """Return whether a number is higher than every one that a lane has."""
        return seq > self._newest_of(lane).seq

    def before(self, lane: int, seq: int, prev: bytes | str) -> tuple[int | None, int | None]:
        """Return the row that the one with a number follows, and that of its configuration; None: not here."""
        newest = self._newest_of(lane)
        if seq - 1 > newest.seq:
            return None, None
        if (seq - 1, prev) == (newest.seq, newest.digest):
            return newest.number, newest.config
        row = self._db.execute(
            f"SELECT id, config FROM {ROWS} WHERE lane = ? AND seq = ? AND digest = ?",  # noqa: S608  our own name
            (lane, seq - 1, prev),
        ).fetchone()
        return row or (None, None)

    def note(self, lane: int, seq: int, digest: bytes | str, number: int | None, config: int | None) -> None:
        """Note a row that was just inserted."""
        newest = self._newest_of(lane)
        if seq >= newest.seq:
            newest.seq, newest.digest, newest.number, newest.config = seq, digest, number, config

    def _newest_of(self, lane: int) -> _Newest:
        found = self._newest.get(lane)
        if found is None:
            row = self._db.execute(
                f"SELECT seq, digest, id, config FROM {ROWS} WHERE lane = ? ORDER BY seq DESC, id DESC LIMIT 1",  # noqa: S608
                (lane,),
            ).fetchone()
            found = _Newest(*row) if row else _Newest()
            if self._db.in_transaction:
                self._newest[lane] = found
        return found

    def lane(self, site: str, epoch: str, stream: str) -> int:
        """Return the number of a stream, which it gets within the caller's transaction."""
        return self._number("lane", ("site", "epoch", "stream"), (site, epoch, stream))

    def origin(self, kid: str, city: str, protected: str) -> int:
        """Return the number of an origin, which it gets within the caller's transaction."""
        return self._number("origin", ("kid", "city", "protected"), (kid, city, protected))

    def _number(self, table: str, columns: tuple[str, ...], values: tuple[str, ...]) -> int:
        key = (table, *values)
        number = self._known.get(key)
        if number is None:
            where = " AND ".join(f"{column} = ?" for column in columns)
            row = self._db.execute(f"SELECT id FROM {table} WHERE {where}", values).fetchone()  # noqa: S608  our own
            if row is None:
                insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES (?, ?, ?) RETURNING id"  # noqa: S608
                row = self._db.execute(insert, values).fetchone()
            if len(self._known) >= _PLACES_MOST:
                self._known.clear()
            number = self._known[key] = int(row[0])
        return number


_HAS: Final = f"SELECT 1 FROM {ROWS} WHERE lane = ? AND seq = ? AND digest = ?"  # noqa: S608  our own name


def insert(db: sqlite3.Connection, places: Places, row: ReportRow, fork: bool, number: int | None = None) -> int | None:
    """Store a row under a number, or the next one; return it, None where this report is stored. Within a transaction.

    The body, and the findings, are the caller's.
    """
    lane, digest = places.lane(row.site, row.epoch, row.stream), digest_in(row.digest)
    prev = digest_in(row.prev)
    if not places.is_above(lane, row.seq) and db.execute(_HAS, (lane, row.seq, digest)).fetchone():
        return None
    before = places.before(lane, row.seq, prev)
    protected, signature = signature_in(row.jws)
    made_at, config, synced, due_at, event_head = row.said or (None, "", None, None, None)
    said = _config_number(db, config, before[1])
    kept = db.execute(
        f"INSERT INTO {ROWS} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  our own name
        (
            *(number, lane, row.seq, fork, places.origin(row.kid, row.city, protected)),
            *(digest, before[0] or prev, time_in(row.arrived_at), signature),
            *(time_in(made_at), said, synced, time_in(due_at), event_head, row.seal()),
        ),
    ).lastrowid
    places.note(lane, row.seq, digest, kept, said)
    return kept


def keep_body(db: sqlite3.Connection, number: int, payload: bytes) -> None:
    """Store the encoded body of a row, within the caller's transaction."""
    db.execute("INSERT INTO body VALUES (?, ?)", (number, payload))


DELETED: Final = (
    f"DELETE FROM config_said WHERE id = (SELECT config FROM {ROWS} WHERE id = ?1) AND NOT EXISTS (SELECT 1"  # noqa: S608
    f" FROM {ROWS} r JOIN {ROWS} o ON o.lane = r.lane AND o.config = r.config AND o.id <> r.id WHERE r.id = ?1)",
    f"UPDATE {ROWS} SET prev = (SELECT digest FROM {ROWS} WHERE id = ?1) WHERE lane = (SELECT lane FROM {ROWS}"  # noqa: S608
    f" WHERE id = ?1) AND seq = (SELECT seq + 1 FROM {ROWS} WHERE id = ?1) AND typeof(prev) = 'integer' AND prev = ?1",
    "DELETE FROM body WHERE id = ?1",
    f"DELETE FROM {ROWS} WHERE id = ?1",  # noqa: S608
)
"""Delete a row with what only it has, and let those that follow it keep its digest."""

FORKS: Final = (
    f"UPDATE {ROWS} SET fork = (digest <> ?) WHERE lane ="  # noqa: S608
    " (SELECT id FROM lane WHERE site = ? AND epoch = ? AND stream = ?) AND seq = ?"
)
"""Let the report with a digest (`digest_in`) count under its number, and the others be its forks."""


def digest_in(text: str) -> bytes | str:
    """Return a digest as it is stored."""
    try:
        raw = bytes.fromhex(text) if len(text) == _DIGEST_CHARS else b""
    except ValueError:
        return text
    return raw if raw.hex() == text else text


def digest_out(stored: bytes | str) -> str:
    """Return the text of a stored digest."""
    return stored.hex() if isinstance(stored, bytes) else stored


@lru_cache(maxsize=1024)  # reports of a batch came at one time, and each was due when the one before said so
def time_in(text: str | None) -> int | str | None:
    """Return a time as it is stored: milliseconds since 1970 in UTC, where the text comes back exactly."""
    try:
        number = (datetime.fromisoformat(text) - _BEGIN) // _MS if text else -1
    except (ValueError, TypeError, OverflowError):
        return text
    return number if number >= 0 and utc_text(_BEGIN + number * _MS) == text else text


def jws_out(protected: str, signature: bytes | str | None) -> str:
    """Return the exact JWS of a row; one that is stored whole is the signature, or, where that is None, the header."""
    if isinstance(signature, bytes):
        return f"{protected}..{b64url(signature)}"
    return protected if signature is None else signature


def config_out(stored: bytes | str) -> str:
    """Return the columns of a configuration report; empty where there are none, or somebody has changed them."""
    if isinstance(stored, str) or not stored:
        return stored or ""
    unpacker = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        return unpacker.decompress(stored, _CONFIG_MAX_BYTES).decode() if stored else ""
    except (zlib.error, ValueError):
        return ""


def sealed(row: Iterable[Any]) -> tuple[Any, ...]:
    """Return the columns `SEALED` of a row as a seal has them."""
    *columns, protected, signature = row
    return (*columns, jws_out(protected, signature))


def signature_in(jws: str) -> tuple[str, bytes | str]:
    """Return protected header and signature as they are stored; in another form than the contract's, all as text."""
    try:
        protected, raw = split_jws(jws)  # as it was just verified: what is not canonical is refused
    except NotVerified:
        return "", jws
    return (protected, raw) if len(protected) <= _PROTECTED_MAX_CHARS else ("", jws)


def _config_number(db: sqlite3.Connection, config: str, before: int | None) -> int | None:
    """Store the columns of a configuration report, unless those before it are the same; return their number."""
    if not config:
        return None
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    packed = packer.compress(config.encode()) + packer.flush()
    if before is not None and db.execute("SELECT config FROM config_said WHERE id = ?", (before,)).fetchone() == (
        packed,
    ):
        return before
    return db.execute("INSERT INTO config_said (config) VALUES (?)", (packed,)).lastrowid

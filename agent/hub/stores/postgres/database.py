"""Opens a PostgreSQL database, brings its tables to this version, and classifies its failures: passing, or not.

`postgres.conninfo` in the hub's folder says where it is, in libpq's form, such as `host=/run/postgresql dbname=hub`. A
password belongs into libpq's own password file. Of several servers that it names the one that may be written is taken.
The tables are made by numbered files of SQL in `migrations/`, each once and in its order, in a transaction of its own.

Functions of stores whose SQL both engines know are used with both: their `?` and `?1` become what psycopg wants.

Source: PostgreSQL manual, "Connection Strings", "Appendix A. Error Codes".
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.types.json import set_json_loads
from psycopg.types.numeric import IntLoader

from agent.hub.domain.quick_json import DECODE
from agent.hub.stores.postgres.columns import Column, ColumnDumper, column, columns
from agent.model.errors import ConfigurationError, Forbidden, StoreFailed, StoreWaits, os_words

NAME: Final = "postgres.conninfo"

_ALIVE: Final = {
    "connect_timeout": 10, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}  # fmt: skip
"""Seconds, but the last, in milliseconds: a server that is cut off is given up, and with it the lead."""

_WRITABLE: Final = {"target_session_attrs": "read-write"}
"""Of several servers: on a standby one reads what is behind, and each would give the lead to somebody."""

_STANDBY: Final = {"target_session_attrs": "standby"}
_STANDBY_WAIT_S: Final = 3
"""One that does not answer holds up a view so long."""

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_WRITERS: Final = 0x63616D77
"""Advisory lock of whoever writes, until the end of its transaction; who locks the rows of its sites shares it."""

_NUMBERS: Final = 0x63616D78
"""Advisory lock of whoever gives reports their ids, until the end of the transaction: ids rise with the commits."""

_MIGRATION: Final = (
    "CREATE TABLE IF NOT EXISTS migration (number integer PRIMARY KEY, name text NOT NULL, at timestamptz NOT NULL)"
)
_SORTS_BY_BYTES: Final = (
    "SELECT datlocprovider <> 'i' AND datcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8') FROM pg_database"
    " WHERE datname = current_database()"
)
"""Pages by name, and times as texts, are sorted as the other engine sorts them: by bytes."""

_NUMBERED = re.compile(r"\?(\d+)")
_HINTS: Final = re.compile(r"\bCROSS (?=JOIN)|\bINDEXED BY \w+|(?<= )\+(?=[a-z])")
"""What tells the other engine's planner which way to go: a word, an index, a sign before a column."""

_VALUES: Final = re.compile(r"\bVALUES \(([^()]*)\)")
_TYPES: Final = {str: "text", int: "bigint", bytes: "bytea"}


class Connected:
    """One open connection, that takes the SQL of both engines. Raises psycopg.Error; one thread at a time uses it."""

    def __init__(self, db: psycopg.Connection[Any]) -> None:
        self.db = db

    def close(self) -> None:
        """Close the connection."""
        self.db.close()

    @property
    def in_transaction(self) -> bool:
        """Whether statements are part of a transaction."""
        return self.db.pgconn.transaction_status not in (TransactionStatus.IDLE, TransactionStatus.UNKNOWN)

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> psycopg.Cursor[Any]:
        """Run a statement of ours."""
        text, is_numbered = _for_psycopg(statement)
        plain = [int(value) if isinstance(value, bool) else value for value in values]  # no column is of true and false
        named = {f"v{number}": value for number, value in enumerate(plain, 1)}
        return self.db.execute(text, named if is_numbered else plain)

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]], /) -> None:
        """Run a statement of ours once for all rows, none of which has nulls; where it updates, each another row."""
        if found := list(rows):
            types = tuple(_TYPES[type(value)] for value in found[0])
            self.db.execute(_of_many(statement, types), columns(types, found))

    def rows_of_sites(self, query: str, sites: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return rows of some sites in one value: psycopg takes more time over each value than the server does."""
        asked = (column("text", sites),)
        ((rows,),) = self.execute(f"SELECT to_json(array_agg(found)) FROM ({query}) found", asked).fetchall()  # noqa: S608
        return [tuple(row.values()) for row in rows or ()]

    def next_numbers(self, sequence: str, count: int) -> list[int]:
        """Return the next numbers of a sequence."""
        query = "SELECT to_json(array_agg(nextval(?))) FROM generate_series(1, ?)"
        ((numbers,),) = self.execute(query, (sequence, count)).fetchall()
        return list(numbers)

    def lock_writers(self) -> None:
        """Wait until no other transaction writes, and have later ones wait for the end of this one."""
        self.db.execute("SELECT pg_advisory_xact_lock(%s)", (_WRITERS,))

    def lock_sites(self, sites: Sequence[str]) -> bool:
        """Wait for whoever writes of these sites, or of unnamed ones, and lock their rows in one order.

        Returns whether that was done: not where one has no row yet. Who adds one has to write alone.
        """
        asked = (column("text", sites),)
        ((known,),) = self.db.execute("SELECT count(*) FROM site WHERE site = ANY(%s)", asked).fetchall()
        if known < len(sites):
            return False
        self.db.execute("SELECT pg_advisory_xact_lock_shared(%s)", (_WRITERS,))
        self.db.execute("SELECT 1 FROM site WHERE site = ANY(%s) ORDER BY site FOR UPDATE", asked)
        return True

    def lock_numbers(self) -> None:
        """Wait until no other transaction has given ids to reports that it has not committed."""
        self.db.execute("SELECT pg_advisory_xact_lock(%s)", (_NUMBERS,))


@lru_cache(maxsize=1024)
def _for_psycopg(statement: str) -> tuple[str, bool]:
    """Return a statement with psycopg's placeholders, and whether they are numbered."""
    text = _HINTS.sub("", statement).replace("%", "%%")
    is_numbered = _NUMBERED.search(text) is not None
    text = _NUMBERED.sub(r"%(v\1)s", text) if is_numbered else text.replace("?", "%s")
    return text, is_numbered


@lru_cache(maxsize=256)
def _of_many(statement: str, types: tuple[str, ...]) -> str:
    """Return a statement of one row as one of many, which come as an array for each of its values."""
    arrays = ", ".join(f"%b::{of}[]" for of in types)
    names = ", ".join(f"v{number}" for number in range(len(types)))
    source = f"unnest({arrays}) AS v({names})"
    order = iter(range(len(types)))
    text = re.sub(r"\?", lambda _: f"v.v{next(order)}", statement)
    if _VALUES.search(text):
        return _VALUES.sub(rf"SELECT \1 FROM {source}", text)  # noqa: S608  a statement of ours
    if text.startswith("DELETE "):
        return text.replace(" WHERE ", f" USING {source} WHERE ", 1)
    if " FROM " in text:
        return text.replace(" FROM ", f" FROM {source}, ", 1)
    return text.replace(" WHERE ", f" FROM {source} WHERE ", 1)


def newest_version() -> int:
    """Return the number of the last migration: the version of this hub."""
    return _migrations()[-1][0]


def connect(directory: Path, read_only: bool) -> Connected:
    """Connect to the database of a hub's folder.

    Raises:
        Forbidden: This user may not read where it is, or not log in.
        ConfigurationError: Nothing, or nothing usable, says where it is.
        StoreWaits: It does not answer.
    """
    return connect_by(directory / NAME, read_only)


def connect_by(path: Path, read_only: bool, standby: bool = False) -> Connected:
    """Connect to the database that a file names; `standby`: to one that answers at once. Raises as `connect`."""
    try:
        conninfo = path.read_text("utf-8").strip()
    except FileNotFoundError:
        raise ConfigurationError("{path}: not there; write where the database is", path=path) from None
    except PermissionError:
        raise Forbidden("{path}: this user may not use it; run as the hub's user", path=path) from None
    except OSError as error:
        raise ConfigurationError("{path}: {why}; write where the database is", path=path, why=os_words(error)) from None
    try:
        db: psycopg.Connection[Any] = psycopg.connect(_completed(path, conninfo, standby), autocommit=True)
    except psycopg.ProgrammingError:  # whose words repeat the text, which may be a secret
        raise ConfigurationError(
            "{path}: not in libpq's form, such as: host=/run/postgresql dbname=hub user=hub", path=path
        ) from None
    except psycopg.Error as error:
        raise failed(path, error) from None
    try:
        _prepare(db, path, read_only)
    except psycopg.Error as error:  # a server may end at any moment
        db.close()
        raise failed(path, error) from None
    return Connected(db)


def _completed(path: Path, conninfo: str, standby: bool) -> str:
    """Return what libpq is told, with what was left unsaid. Raises ConfigurationError, psycopg.ProgrammingError."""
    told = conninfo_to_dict(conninfo)
    if {"password", "sslpassword"} & told.keys():
        raise ConfigurationError(
            "{path}: a password stands in it; put it into libpq's own file (passfile=FILE, mode 0600)", path=path
        )
    several = any("," in str(told.get(name, "")) for name in ("host", "hostaddr", "port"))
    of_several, wait_s = (_STANDBY, _STANDBY_WAIT_S) if standby else (_WRITABLE, _ALIVE["connect_timeout"])
    unsaid: dict[str, str | int] = {**_ALIVE, "connect_timeout": wait_s, **(of_several if several else {})}
    return make_conninfo(conninfo, **{name: value for name, value in unsaid.items() if name not in told})


def _prepare(db: psycopg.Connection[Any], path: Path, read_only: bool) -> None:
    """Set a new connection as the hub's statements expect it. Raises ConfigurationError, psycopg.Error."""
    if db.execute(_SORTS_BY_BYTES).fetchone() != (True,):
        db.close()
        raise ConfigurationError(
            "{path}: the database sorts texts by a language; make one with LOCALE 'C.UTF-8' TEMPLATE template0",
            path=path,
        )
    db.execute("SET timezone = 'UTC'")  # a time without a zone is one of the hub's
    db.adapters.register_loader("numeric", IntLoader)  # sums of whole numbers
    set_json_loads(DECODE, db)
    db.adapters.register_dumper(Column, ColumnDumper)
    if read_only:
        db.read_only = True
        db.execute("SET default_transaction_read_only = on")


def version(to: Connected) -> int:
    """Return the version of the tables that are there; 0: none are. Raises psycopg.Error."""
    if to.execute("SELECT to_regclass('migration')").fetchone() == (None,):
        return 0
    ((number,),) = to.execute("SELECT coalesce(max(number), 0) FROM migration").fetchall()
    return int(number)


def migrate(to: Connected) -> None:
    """Take each step that is missing; of two at the same time one does, the other waits. Raises psycopg.Error."""
    for number, path in _migrations():
        if version(to) >= number:
            continue  # without the lock: who opens it waits for nobody who writes
        with to.db.transaction():
            to.lock_writers()
            to.execute(_MIGRATION)
            if version(to) < number:
                to.db.execute(path.read_text("utf-8"))
                to.execute("INSERT INTO migration VALUES (?, ?, now())", (number, path.stem))


@lru_cache(maxsize=1)
def _migrations() -> list[tuple[int, Path]]:
    return sorted((int(path.stem.partition("_")[0]), path) for path in _MIGRATIONS.glob("*.sql"))


def failed(path: Path, error: psycopg.Error, reads: bool = False) -> StoreFailed:
    """Return a failure of the database as what the hub raises.

    What the server cannot do now (class OperationalError: no connection, no room, a lock, a shutdown) passes, and that
    it is a standby: it is promoted, or a name comes to stand for another server. One that only `reads` by our own wish
    and was told to write would wait for nothing.
    """
    words = {"path": path, "error": _line(error)}
    is_standby = isinstance(error, psycopg.errors.ReadOnlySqlTransaction) and not reads
    if is_standby or isinstance(error, psycopg.OperationalError):
        return StoreWaits("{path}: {error}; see whether PostgreSQL runs and has room", **words)
    return StoreFailed("{path}: the hub's database failed: {error}; look at PostgreSQL's log", **words)


def _line(error: psycopg.Error) -> str:
    """Return the first line of the server's words: further ones repeat values of the statement."""
    return (error.diag.message_primary or str(error).partition("\n")[0]).strip()

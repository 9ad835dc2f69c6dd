"""Reads Frigate's table of recordings, so that the recorder does not notice: read-only, in short statements.

Each statement reads one day, well below a second: it holds no lock for long, and the write-ahead log can be folded back
in between. SQLite may not create files in the recorder's folder. A database that nobody has open is read in place, and
the reading counts only if nobody opened it meanwhile.

Source: Frigate, frigate/models.py, class Recordings, and migrations 003, 011, 012, 020; SQLite, "Write-Ahead Logging",
section "Read-Only Databases"; "URI Filenames".
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from drivers.errors import Busy, DeviceFault, DriverError, Malformed, Refused, Unreachable, Unsupported

Row = tuple[str, float, float, float, str]
"""Camera, begin and end in seconds since 1970, size in MiB, path."""

COLUMNS = frozenset({"camera", "path", "start_time", "end_time", "segment_size"})
BUSY_S = 0.5
_AT_ONCE = 10_000
LONGEST_S = 3600.0
"""No segment lasts longer: such a row would hide every hole behind it."""
_MAGIC = b"SQLite format 3\0"
_WAL = b"\2\2"


@dataclass(frozen=True, slots=True)
class Rows:
    """The open table. `by` is the column of time that an index begins with; without one each day reads everything."""

    database: sqlite3.Connection
    by: str
    progress: Callable[[], None]

    def ends(self) -> tuple[float, float] | None:
        """Return when the oldest and when the newest segment begins; None where there is none."""
        found = [
            row[0]
            for order in ("", " DESC")
            for row in self._all(f"SELECT start_time FROM recordings ORDER BY {self.by}{order} LIMIT 1")  # noqa: S608
        ]
        if not found:
            return None
        first, last = found[0], found[-1]
        if not isinstance(first, int | float) or not isinstance(last, int | float):
            raise Malformed("the recorder's database: a start_time is no number")
        return float(first), float(last)

    def count(self, from_s: float, until_s: float) -> int:
        """Count the segments of all cameras that begin in a stretch of time."""
        where, values = self._within(from_s, until_s)
        ((count,),) = self._all(f"SELECT count(*) FROM recordings WHERE {where}", values)  # noqa: S608
        return int(str(count))

    def between(self, from_s: float, until_s: float) -> Iterator[list[Row]]:
        """Yield the segments of all cameras that begin in a stretch of time, in order, some at a time."""
        where, values = self._within(from_s, until_s)
        columns = "camera, start_time, end_time, segment_size, path"
        asked = f"SELECT {columns} FROM recordings WHERE {where} ORDER BY start_time"  # noqa: S608
        with _translated(), closing(self.database.execute(asked, values)) as cursor:
            while rows := cursor.fetchmany(_AT_ONCE):
                self.progress()
                yield rows

    def _within(self, from_s: float, until_s: float) -> tuple[str, tuple[float, ...]]:
        if self.by == "start_time":
            return "start_time >= ? AND start_time < ?", (from_s, until_s)
        return "end_time >= ? AND end_time < ? AND start_time >= ? AND start_time < ?", (
            from_s,
            until_s + LONGEST_S,
            from_s,
            until_s,
        )

    def _all(self, asked: str, values: tuple[float, ...] = ()) -> list[tuple[object, ...]]:
        with _translated():
            return self.database.execute(asked, values).fetchall()


@contextmanager
def opened(path: Path, progress: Callable[[], None]) -> Iterator[Rows]:
    """Open the table. Raises DriverError."""
    try:
        before = path.stat()
        with path.open("rb") as file:
            head = file.read(100)
        alone = _nobody_has_it_open(path, head)
    except FileNotFoundError:
        raise Unreachable("the recorder's database is not there: is its disk mounted, and its path right?") from None
    except IsADirectoryError:
        raise Malformed("the path of the store is a folder: write the path of Frigate's database file") from None
    except PermissionError as error:
        what = Path(error.filename or path).name
        raise Refused(f"{what} may not be read: give the user camwarden the group of the recorder's files") from None
    except OSError as error:
        raise DeviceFault(f"the recorder's database cannot be read: {error.strerror}") from None
    if not head.startswith(_MAGIC):
        raise Malformed("the recorder's database is no SQLite file, or a damaged one")
    how = "mode=ro&immutable=1" if alone else "mode=ro&readonly_shm=1"
    with _translated():
        database = sqlite3.connect(f"file:{quote(str(path.absolute()))}?{how}", uri=True, timeout=BUSY_S)
    with closing(database):
        with _translated():
            database.execute("PRAGMA query_only = ON")
        yield Rows(database, _column(database), progress)
        if alone:
            after = path.stat()
            changed = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
            if changed or path.with_name(f"{path.name}-shm").exists():
                raise Busy("the recorder started while its database was read: the next look reads it")


def _nobody_has_it_open(path: Path, head: bytes) -> bool:
    """Return whether a database with a write-ahead log was closed for good; else check that its log may be read."""
    log, shared = path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")
    if head[18:20] != _WAL:
        return False
    if not shared.exists():
        if log.exists() and log.stat().st_size:
            # SQLite would have to create a file beside it.
            raise Busy("the recorder did not close its database: it can be read when the recorder runs again")
        return True
    for beside in (log, shared):
        # SQLite says "unable to open database file" of either, and not which.
        if beside.exists():
            beside.open("rb").close()
    return False


def _column(database: sqlite3.Connection) -> str:
    """Check that the table has the columns that are read, and find the one that an index begins with."""
    with _translated():
        columns = {str(row[1]) for row in database.execute("PRAGMA table_info(recordings)")}
        indexes = [str(row[1]) for row in database.execute("PRAGMA index_list(recordings)")]
        leading = {
            str(row[2])
            for name in indexes
            for row in database.execute("SELECT * FROM pragma_index_info(?) WHERE seqno = 0", (name,))
        }
    if not columns:
        raise Malformed("the recorder's database has no table recordings: is this Frigate's?")
    if COLUMNS - columns:
        missing = ", ".join(sorted(COLUMNS - columns))
        raise Malformed(f"the recorder's table recordings has no column {missing}: a version that is not known")
    for column in ("start_time", "end_time"):
        if column in leading:
            return column
    raise Unsupported("the recorder's table has no index by time: to read it would hold the recorder up")


@contextmanager
def _translated() -> Iterator[None]:
    """Convert SQLite's errors into ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise _error(error) from None
    except MemoryError:  # what SQLite says of a page that claims more than there can be
        raise Malformed("the recorder's database claims more memory than there is: is it damaged?") from None
    except UnicodeDecodeError:
        raise Malformed("the recorder's database holds a text that is no UTF-8: is it damaged?") from None


def _error(error: sqlite3.Error) -> DriverError:
    code = (getattr(error, "sqlite_errorcode", None) or sqlite3.SQLITE_ERROR) & 0xFF
    what = f"the recorder's database: {error}"
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Busy(f"{what}: the next look tries again")
    if code == sqlite3.SQLITE_READONLY:
        return Busy("the recorder's database waits for the recorder to mend it: is it running?")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return Refused(f"{what}: give the user camwarden the group of the recorder's files, -wal and -shm too")
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_FULL):
        return DeviceFault(what)
    return Malformed(what)

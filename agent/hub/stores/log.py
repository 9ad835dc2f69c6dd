"""Stores the log in `log.db`, beside `hub.db`: tiles of the tree, the salt of each entry, and how far it is.

A file of its own, so that a log that waits for its disk never holds up what the hub receives and confirms. What is
appended is one transaction: a hub killed at any point has the log as it was before, or after.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from agent.hub.domain.rows.log import RESTORED, State
from agent.hub.domain.tree import HEIGHT, TILE_BYTES, WIDTH, Tree
from agent.hub.stores.database import connection, failed, opened, transaction
from agent.model.errors import ConfigurationError, StoreFailed
from agent.verify.merkle import HASH_BYTES

NAME: Final = "log.db"
VERSION: Final = 1

# life: of the log; a hub that was restored begins another. `size` of its tree when it began, `note` is the signed
# statement, empty for the first.
# state: `last_id` and `last_digest` of the report in hub.db that was appended last; `sent`: receipts of how many
# entries have been sent; `note`: the newest checkpoint.
# leaf: entry `n` is of the report with `report_id` in hub.db: both rise together within a life.
_TABLES = """
CREATE TABLE life (begun TEXT PRIMARY KEY, size INTEGER NOT NULL, note TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1), origin TEXT NOT NULL, size INTEGER NOT NULL,
    last_id INTEGER NOT NULL, last_digest TEXT NOT NULL, sent INTEGER NOT NULL, note TEXT NOT NULL
);
CREATE TABLE leaf (n INTEGER PRIMARY KEY, report_id INTEGER NOT NULL, salt BLOB NOT NULL);
CREATE TABLE tile (level INTEGER NOT NULL, number INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (level, number));
"""


def await_statement(path: Path) -> None:
    """Have a log that was copied back from a backup append nothing until the restore is stated, however short it is.

    The hub that it was copied from may have appended and shown more: who goes on without a word forks it.

    Raises:
        sqlite3.Error: It is no log, or the disk failed.
    """
    with closing(connection(path, "rw")) as db, transaction(db):
        db.execute("UPDATE state SET last_digest = ?", (RESTORED,))


class LogStore:
    """The open log of the hub in `directory`."""

    def __init__(self, directory: Path, read_only: bool = False) -> None:
        """Open or create it.

        Raises:
            Forbidden: This user may not use the file.
            ConfigurationError: There is none to read, or it is something else.
            StoreFailed: The disk failed.
        """
        self._path = path = directory / NAME
        self._tree: Tree | None = None
        if read_only and not path.exists():
            raise ConfigurationError("{path}: there is no log yet: start the hub, or check --data", path=path)
        self._db, version = opened(path, None if read_only else _prepare)
        if version != VERSION:
            self._db.close()
            raise ConfigurationError("{path}: not a log of this version of the hub; move it away", path=path)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block as one transaction.

        Raises:
            StoreFailed: The file failed; nothing was changed.
        """
        try:
            with transaction(self._db):
                yield
        except BaseException as error:
            self._tree = None  # of entries that there are not
            if isinstance(error, sqlite3.Error):
                raise failed(self._path, error) from error
            raise

    def state(self) -> State | None:
        """Return how far the log is; None before it began. Raises StoreFailed for what nobody wrote."""
        rows = self._all("SELECT origin, size, last_id, last_digest, sent, note FROM state")
        if not rows:
            return None
        if [type(one) for one in rows[0]] != [str, int, int, str, int, str]:
            raise self._damaged()
        origin, size, last_id, last_digest, sent, note = rows[0]
        return State(origin=origin, size=size, last_id=last_id, last_digest=last_digest, sent=sent, note=note)

    def keep_state(self, state: State) -> None:
        """Store how far the log is."""
        self._db.execute(
            "INSERT OR REPLACE INTO state VALUES (1, ?, ?, ?, ?, ?, ?)",
            (state.origin, state.size, state.last_id, state.last_digest, state.sent, state.note),
        )

    def begin_life(self, begun: str, size: int, note: str) -> None:
        """Store that a life of the log begins at a tree of `size` entries, with the signed statement."""
        self._db.execute("INSERT INTO life VALUES (?, ?, ?)", (begun, size, note))

    def lives(self) -> list[tuple[str, int, str]]:
        """Return when each life began, at which size, and the signed statement; the first has none."""
        return self._all("SELECT begun, size, note FROM life ORDER BY begun")

    def tile(self, level: int, number: int) -> bytes:
        """Return the hashes of a tile. Raises StoreFailed where some are missing: the file was damaged.

        What is appended to a short one would lie in another's place, and nothing could be proven any more.
        """
        rows = self._all(
            "SELECT hashes, (SELECT size FROM state) FROM tile WHERE level = ? AND number = ?", level, number
        )
        tile, size = rows[0] if rows else (b"", 0)
        least = min(WIDTH, ((size or 0) >> HEIGHT * level) - number * WIDTH) * HASH_BYTES
        if not isinstance(tile, bytes) or not tile or len(tile) % HASH_BYTES or not least <= len(tile) <= TILE_BYTES:
            raise self._damaged()
        return bytes(tile)

    def keep_leaves(self, leaves: Sequence[tuple[int, int, bytes]], tiles: dict[tuple[int, int], bytes]) -> None:
        """Store entries (number, id of the report, salt) and the tiles that they change."""
        self._db.executemany("INSERT INTO leaf VALUES (?, ?, ?)", leaves)
        self._db.executemany(
            "INSERT OR REPLACE INTO tile VALUES (?, ?, ?)", [(*at, data) for at, data in tiles.items()]
        )

    def leaves(self, first: int, last: int) -> list[tuple[int, int, bytes]]:
        """Return number, id of the report and salt of the entries from `first` up to, not including, `last`."""
        return self._all("SELECT n, report_id, salt FROM leaf WHERE n >= ? AND n < ? ORDER BY n", first, last)

    def leaf_of(self, report_id: int) -> tuple[int, bytes] | None:
        """Return number and salt of the newest entry of a report in hub.db; None where it has none.

        Numbers and ids rise together within a life, so the place is found by halving; no index is stored. Raises
        StoreFailed where an entry is missing.
        """
        state = self.state()
        end = state.size if state else 0
        for _, begin, _ in reversed(self.lives()):
            low, high = begin, end
            while low < high:
                middle = (low + high) // 2
                leaves = self.leaves(middle, middle + 1)
                if not leaves:
                    raise self._damaged()
                ((_, found, salt),) = leaves
                if found == report_id:
                    return middle, salt
                low, high = (middle + 1, high) if found < report_id else (low, middle)
            end = begin
        return None

    def leaf_hash(self, n: int) -> bytes:
        """Return the hash of entry `n`. Raises StoreFailed where it is missing: the file was damaged."""
        number, place = divmod(n, WIDTH)
        return self.tile(0, number)[place * HASH_BYTES : (place + 1) * HASH_BYTES]

    def tree(self, size: int) -> Tree:
        """Return the tree of the first `size` entries; what was read for the last one is used again."""
        if self._tree is None or self._tree.size != size:
            self._tree = Tree(size, self.tile, self._tree)
        return self._tree

    def _damaged(self) -> StoreFailed:
        return StoreFailed("{path}: a part of the log is missing or damaged; restore it", path=self._path)

    def _all(self, statement: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]
        try:
            return self._db.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise failed(self._path, error) from error


def _prepare(db: sqlite3.Connection) -> None:
    """Make the tables of a new file. Somebody else's keeps its own."""
    with transaction(db):
        if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for statement in _TABLES.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version={VERSION}")

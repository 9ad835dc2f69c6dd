"""Stores the runs that a site saw confirmed and this hub has lost, and queries what proves parts of them.

All reads and writes are within the caller's transaction. Decides nothing.
"""

from agent.hub.domain.rows.gaps import CONFIRMED_BEFORE
from agent.hub.domain.rows.intake import Key
from agent.hub.stores.database import Database

_OF_CHAIN = "site = ? AND epoch = ? AND stream = ?"


def digests_of(store: Database, key: Key, seq: int) -> list[str]:
    """Return the digests of the reports with a number."""
    rows = store.all(f"SELECT digest FROM report WHERE {_OF_CHAIN} AND seq = ?", *key, seq)  # noqa: S608
    return [digest for (digest,) in rows]


def run_ending_at(store: Database, key: Key, seq: int) -> tuple[int, int, str] | None:
    """Return first and last number of the lost run that ends with a number, and the digest of its last report."""
    rows = store.all(
        f"SELECT from_seq, to_seq, last_digest FROM gap WHERE {_OF_CHAIN} AND reason = ? AND to_seq = ?",  # noqa: S608
        *(*key, CONFIRMED_BEFORE, seq),
    )
    return rows[0] if rows else None


def delete_run(store: Database, key: Key, last: int) -> None:
    """Delete the lost run that ends with a number."""
    store.run(
        f"DELETE FROM gap WHERE {_OF_CHAIN} AND reason = ? AND to_seq = ?",  # noqa: S608
        *(*key, CONFIRMED_BEFORE, last),
    )


def reports_downwards(store: Database, key: Key, first: int, last: int, most: int) -> list[tuple[int, str, str, bool]]:
    """Return number, digest, `prev` and whether it is a fork of the reports of a run, from the last number on."""
    rows = store.all(
        f"SELECT seq, digest, prev, fork FROM report WHERE {_OF_CHAIN} AND seq BETWEEN ? AND ?"  # noqa: S608
        " ORDER BY seq DESC, fork LIMIT ?",
        *(*key, first, last, most),
    )
    return [(seq, digest, prev, bool(fork)) for seq, digest, prev, fork in rows]


def given_up_to(store: Database, key: Key, last: int, digest: str) -> int | None:
    """Return the first number of a run that a gap record gives up, ends so, and names this digest (empty: any)."""
    rows = store.all(
        f"SELECT from_seq FROM gap WHERE {_OF_CHAIN} AND to_seq = ? AND reason <> ?"  # noqa: S608
        " AND (last_digest = ? OR ? = '')",
        *(*key, last, CONFIRMED_BEFORE, digest, digest),
    )
    return int(rows[0][0]) if rows else None

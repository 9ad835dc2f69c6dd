"""Decides with which of two reports of one number a chain goes on.

A clone and its original both continue what they have in common, and the hub hears them by turns. The first one counts
where both continue the chain; at the numbers after it, the version that continues what counts does, however late it
comes. So the original goes on whatever its clone says in between, and the clone learns from the watermark what it is.

Reads and writes within the caller's transaction.
"""

from __future__ import annotations

from dataclasses import replace

from agent.hub.stores.chains import Key
from agent.hub.stores.store import Store
from agent.verify.message import Claim


def version_at(store: Store, key: Key, seq: int, due: str) -> tuple[str, str] | None:
    """Return digest and `prev` of the report with a number: of several, the one that continues `due`, else the first.

    The one that is chosen is from then on what the hub has under this number; the others are its forks.
    """
    where = "site = ? AND epoch = ? AND stream = ? AND seq = ?"
    rows = store.all(
        f"SELECT digest, prev, fork FROM report WHERE {where} ORDER BY fork, id",  # noqa: S608  our own columns
        *(*key, seq),
    )
    if not rows:
        return None
    digest, prev, is_fork = next((row for row in rows if row[1] == due), rows[0])
    if is_fork:
        store.run(f"UPDATE report SET fork = (digest <> ?) WHERE {where}", digest, *key, seq)  # noqa: S608
    return digest, prev


def mends(store: Store, key: Key, claim: Claim) -> bool:
    """Say whether a fork that has just been stored continues its chain where that was broken; then it no longer is."""
    chain = store.chains.get(key)
    if chain.broken != claim.seq or claim.prev != chain.position.digest:
        return False
    store.chains.keep(key, replace(chain, broken=0))
    return True

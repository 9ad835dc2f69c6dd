"""Decides with which of two reports of one number a chain goes on.

A clone and its original continue a common chain and send by turns. The first report counts where both continue the
chain; at the numbers after it, the version that continues what counts, however late it comes. So the original goes on
whatever its clone sends, and the clone learns from the watermark that it is one.

Reads and writes within the caller's transaction.
"""

from __future__ import annotations

from dataclasses import replace

from agent.hub.stores.chains import Key
from agent.hub.stores.store import Store
from agent.verify.message import Claim


def version_at(store: Store, key: Key, seq: int, due: str) -> tuple[str, str] | None:
    """Return digest and `prev` of the report with a number: of several, the one that continues `due`, else the first.

    The chosen one becomes the hub's report under this number; the others are its forks.
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
    """Return whether a fork just stored continues its chain where that was broken; then the chain is whole again."""
    chain = store.chains.get(key)
    if chain.broken != claim.seq or claim.prev != chain.position.digest:
        return False
    store.chains.keep(key, replace(chain, broken=0))
    return True

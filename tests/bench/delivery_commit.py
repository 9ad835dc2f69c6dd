"""Commits of one child: bare SQLite inserts, and produce + sign + commit, block by block in turn.

`produced_s` is produce + sign, and then the bare insert: what would be left of the ratio if the spool cost nothing.

Reads `{directory, blocks, singles, batches, batch}` as JSON; prints the seconds of each block.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from pathlib import Path

from delivery_site import MEMORY_JSON, bench_signer, bench_site, drafts, envelopes, open_spool, utc_now


def main() -> None:
    """Measure."""
    asked = json.load(sys.stdin)
    directory = Path(asked["directory"])
    site, signer = bench_site(), bench_signer(directory)
    spool = open_spool(directory / "spool.db", site, signer)
    # The peer: one table, one blob, what the README of SQLite would have one do for a durable queue.
    bare = sqlite3.connect(directory / "bare.db", isolation_level=None)
    bare.execute("PRAGMA journal_mode=WAL")
    bare.execute("PRAGMA synchronous=FULL")
    bare.execute("CREATE TABLE queue (id INTEGER PRIMARY KEY, payload BLOB NOT NULL)")
    blob = envelopes(drafts(1), {}, "e", site, signer, utc_now())[0][0].report.payload

    def bare_block(count: int, produce: bool = False) -> float:
        each = drafts(2)
        begun = time.perf_counter()
        for n in range(count):
            if produce:
                envelopes(each[n % 2 : n % 2 + 1], {}, "e", site, signer, utc_now())
            bare.execute("INSERT INTO queue (payload) VALUES (?)", (blob,))
        return time.perf_counter() - begun

    def our_block(commits: int, batch: int) -> float:
        each = drafts(2 * batch)
        begun = time.perf_counter()
        for n in range(commits):
            at = utc_now()
            part = each[n % 2 : n % 2 + batch]
            made, _ = envelopes(part, spool.heads(), spool.epoch, site, signer, at)
            spool.commit(made, MEMORY_JSON, at)
        return time.perf_counter() - begun

    bare_block(20)
    our_block(20, 1)
    our_block(2, asked["batch"])
    rows = []
    for _ in range(asked["blocks"]):
        row = {"bare_s": bare_block(asked["singles"]), "single_s": our_block(asked["singles"], 1)}
        row["batch_s"] = our_block(asked["batches"], asked["batch"])
        row["bare_again_s"] = bare_block(asked["singles"])
        row["produced_s"] = bare_block(asked["singles"], produce=True)
        rows.append(row)
    spool.close()
    bare.close()
    print(json.dumps(rows))


if __name__ == "__main__":
    main()

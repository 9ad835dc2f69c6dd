"""What the hub knows about its sites, for `camwarden hub status`. Reads only."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from agent.hub.store import Store
from agent.model import Json, StreamName

SCHEMA: Final = "camwarden-hub-status/1"


def write_status(store: Store) -> dict[str, Json]:
    """Return counts, chains and gaps of every site that was ever heard of.

    `confirmed` counts reports up to the watermarks. `missing` are runs of numbers that the hub lacks and nobody has
    explained; `explained` are those that a gap record names.
    """
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for site, name, number in store.all("SELECT site, name, n FROM count"):
        counts[site][name] = number
    for (site,) in store.all("SELECT site FROM site"):
        counts[site].setdefault("received", 0)
    return {"schema": SCHEMA, "sites": {site: _site(store, site, counts[site]) for site in sorted(counts)}}


def _site(store: Store, site: str, counts: dict[str, int]) -> dict[str, Json]:
    state = store.all("SELECT city, epoch, status, connection_no, state_at FROM site WHERE site = ?", site)
    city, epoch, status, connection_no, state_at = state[0] if state else ("", "", "unknown", 0, "")
    waiting = store.all("SELECT kid, count(*) FROM waiting WHERE site = ? GROUP BY kid", site)
    chains = store.all("SELECT epoch, stream, seq, broken FROM chain WHERE site = ? ORDER BY epoch, stream", site)
    (confirmed,) = store.all(
        "SELECT count(*) FROM report r JOIN chain c USING (site, epoch, stream)"
        " WHERE r.site = ? AND r.seq <= c.seq AND r.fork = 0",
        site,
    )[0]
    explained = store.all(
        "SELECT epoch, stream, from_seq, to_seq, reason FROM gap WHERE site = ? ORDER BY epoch, stream, from_seq", site
    )
    rejected = {name.partition(":")[2]: n for name, n in counts.items() if name.startswith("rejected:")}
    missing = [hole for of_epoch, stream, *_ in chains for hole in _holes(store, site, of_epoch, stream)]
    return {
        "city": city,
        "state": {"status": status, "epoch": epoch, "connection_no": connection_no, "at": state_at},
        "received": counts.get("received", 0),
        "verified": counts.get("verified", 0),
        "confirmed": confirmed,
        "duplicates": counts.get("duplicates", 0),
        "forks": counts.get("forks", 0),
        "tampered": counts.get("tampered", 0),
        "new_epochs": counts.get("new-epochs", 0),
        "stale_states": counts.get("stale-states", 0),
        "untrusted": sum(number for _, number in waiting),
        "untrusted_keys": [kid for kid, _ in waiting],
        "rejected": rejected,
        "watermarks": [
            {"epoch": of_epoch, "stream": stream, "seq": seq, "broken_at": broken or None}
            for of_epoch, stream, seq, broken in chains
        ],
        "gaps": {
            "missing": missing,
            "explained": [
                {"epoch": of_epoch, "stream": stream, "from_seq": first, "to_seq": last, "reason": reason}
                for of_epoch, stream, first, last, reason in explained
            ],
        },
    }


def _holes(store: Store, site: str, epoch: str, stream: StreamName) -> list[Json]:
    """Return the runs of numbers that are neither stored nor explained, up to what the site says to have made."""
    of = (site, epoch, stream)
    where = "site = ? AND epoch = ? AND stream = ?"
    ((position, expected),) = store.all(f"SELECT position_seq, expected FROM chain WHERE {where}", *of)  # noqa: S608
    spans = store.all(f"SELECT seq, seq FROM report WHERE {where} AND seq > ?", *of, position)  # noqa: S608
    spans += store.all(f"SELECT from_seq, to_seq FROM gap WHERE {where} AND to_seq > ?", *of, position)  # noqa: S608
    holes: list[Json] = []
    for first, last in [*sorted(spans), (expected + 1, expected)]:
        if first > position + 1:
            holes.append({"epoch": epoch, "stream": stream, "from_seq": position + 1, "to_seq": first - 1})
        position = max(position, last)
    return holes

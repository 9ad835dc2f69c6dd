"""Stores messages of keys that nobody has vouched for yet, within bounds, and the keys that sites have shown.

All reads and writes are within the caller's transaction. Decides nothing but that it is too much.
"""

from datetime import datetime
from typing import Final

from agent.contract.chain import digest, utc_text
from agent.hub.domain.rows.intake import Waiting
from agent.hub.stores.database import Database

SITE_MOST: Final = 10_000
"""Messages that are kept per site; the site keeps, and sends again, the rest."""

SITE_BYTES_MOST: Final = 64 * 1024 * 1024
"""Bytes of them per site."""

ALL_MOST: Final = 200_000
"""Messages of all sites together."""


def keep_waiting(store: Database, message: Waiting, now: datetime) -> bool:
    """Store a message; False where there are too many of its site."""
    (number, size), (everybodys, _) = _waits(store, message.site), _waits(store, "")
    full = number >= SITE_MOST or size + len(message.payload) > SITE_BYTES_MOST
    if full or everybodys >= ALL_MOST:
        return False
    store.within.waiting[message.site] = number + 1, size + len(message.payload)
    store.within.waiting[""] = everybodys + 1, 0
    store.run(
        "INSERT INTO waiting (site, kid, digest, topic, arrived_at, jws, payload) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        *(message.site, message.kid, digest(message.payload), message.topic, utc_text(now)),
        *(message.jws, message.payload),
    )
    return True


def _waits(store: Database, site: str) -> tuple[int, int]:
    """Return how many messages of a site wait, and their bytes; for no site: how many of all. Queried once."""
    if site not in store.within.waiting:
        ((number, size),) = store.all(
            "SELECT count(*), coalesce(sum(length(payload)), 0) FROM waiting WHERE site = ?", site
        ) if site else store.all("SELECT count(*), 0 FROM waiting")  # fmt: skip
        store.within.waiting[site] = int(number), int(size)
    return store.within.waiting[site]


def take_waiting(store: Database, site: str, kid: str) -> list[tuple[str, bytes, str, str]]:
    """Remove what waits for a key; return topic, payload, JWS and time of arrival, oldest first."""
    found = store.all(
        "SELECT topic, payload, jws, arrived_at FROM waiting WHERE site = ? AND kid = ? ORDER BY id", site, kid
    )
    store.run("DELETE FROM waiting WHERE site = ? AND kid = ?", site, kid)
    store.within.waiting.clear()
    return found


def waiting_keys(store: Database) -> list[tuple[str, str]]:
    """Return site and kid of everything that waits, in the order of arrival."""
    return store.all("SELECT site, kid FROM waiting GROUP BY site, kid ORDER BY min(id)")


def keys_shown(store: Database, site: str) -> int:
    """Return how many keys a site has shown."""
    return int(store.all("SELECT count(*) FROM key WHERE site = ?", site)[0][0])

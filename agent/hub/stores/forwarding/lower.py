"""Stores which hubs may forward to this one, and which of them vouches for a site."""

import json
from datetime import datetime
from typing import Final

from agent.contract.chain import utc_text
from agent.contract.jwk import public_key
from agent.hub.domain.forwarding.grants import LowerHub, Vouched
from agent.hub.stores.database import Database
from agent.model.errors import UsageError

_COLUMNS: Final = "SELECT name, jwk, divisions, added_at, added_by, why, revoked_at FROM lower_hub"


def keep(store: Database, hub: LowerHub) -> None:
    """Store a lower hub under its key, new or changed. Raises UsageError."""
    with store.transaction():
        if store.all("SELECT 1 FROM lower_hub WHERE name = ? AND kid <> ?", hub.name, hub.key.kid):
            raise UsageError("another hub is called {name!r}; see `camwarden hub lower list`", name=hub.name)
        store.run(
            "INSERT INTO lower_hub (kid, name, jwk, divisions, added_at, added_by, why, revoked_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kid) DO UPDATE SET name = excluded.name,"
            " divisions = excluded.divisions, added_at = excluded.added_at, added_by = excluded.added_by,"
            " why = excluded.why, revoked_at = excluded.revoked_at",
            *(hub.key.kid, hub.name, json.dumps(dict(hub.key.jwk)), " ".join(hub.divisions)),
            *(hub.added_at, hub.added_by, hub.why, hub.revoked_at),
        )


def listed(store: Database) -> list[LowerHub]:
    """Return all of them, revoked ones too, by name."""
    return [_hub(*row) for row in store.all(f"{_COLUMNS} ORDER BY name")]


def find(store: Database, kid: str) -> LowerHub | None:
    """Return the one with a key."""
    found = store.all(f"{_COLUMNS} WHERE kid = ?", kid)
    return _hub(*found[0]) if found else None


def vouched(store: Database, site: str) -> Vouched | None:
    """Return which voucher counts for a site."""
    found = store.all("SELECT hub, division, number FROM vouched WHERE site = ?", site)
    return Vouched(*found[0]) if found else None


def keep_vouched(store: Database, site: str, stands: Vouched, now: datetime) -> None:
    """Store which voucher counts for a site."""
    store.run(
        "INSERT INTO vouched (site, hub, division, number, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (site) DO UPDATE"
        " SET hub = excluded.hub, division = excluded.division, number = excluded.number, at = excluded.at",
        *(site, stands.hub, stands.division, stands.number, utc_text(now)),
    )


def sites_of(store: Database, kid: str) -> list[str]:
    """Return the sites for which a hub vouches, by name."""
    return [site for (site,) in store.all("SELECT site FROM vouched WHERE hub = ? ORDER BY site", kid)]


def _hub(name: str, jwk: str, divisions: str, added_at: str, added_by: str, why: str, revoked_at: str) -> LowerHub:
    return LowerHub(
        name=name,
        key=public_key(json.loads(jwk)),
        divisions=tuple(divisions.split()),
        added_at=added_at,
        added_by=added_by,
        why=why,
        revoked_at=revoked_at,
    )

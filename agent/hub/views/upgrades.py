"""Encodes how far an upgrade of the agents has come, for `camwarden hub upgrade`. Reads only."""

from dataclasses import replace

from agent.hub.domain.rows.upgrades import Upgrade, UpgradeSite
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.hub.ports.store import Store
from agent.model.finding import Json

SCHEMA = "camwarden-hub-upgrade/1"


def write_upgrade(store: Store, scope: Scope = EVERYTHING) -> dict[str, Json]:
    """Return the newest upgrade with each site that it was named to, and what was done; `upgrade` null: none was.

    `state`: `running`, `stopped` or `done`. `why` of one that stopped: `silent`, `failing`, `not-taken` or `person`; of
    one that runs, what it waits for: `not-there`, `nobody`, `quiet` or `soaks`. `number` of `among` named sites are so,
    and `others_number` of `others`. `step` of a site: `to-name`, `named`, `runs`, `refused` (by it; with the reason),
    `to-take-back`, `outside` (taken back).

    Who may see a part of the sites gets the state and those sites: not whose sites it is for, nor what people wrote.
    """
    found = store.upgrades.newest()
    if found is None:
        return {"schema": SCHEMA, "upgrade": None}
    seen = None if scope.everything else store.seen.sites(scope)
    rows = [one for one in store.upgrades.sites(found.id) if one.wave and (seen is None or one.site in seen)]
    words = store.upgrades.words(found.id) if seen is None else []
    done = [{"at": at, "act": act, "by": by or None, "why": why} for at, act, by, why in words]
    return {
        "schema": SCHEMA,
        "upgrade": {
            **_upgrade_json(found if seen is None else replace(found, name="")),
            "sites": [_site_json(one) for one in rows],
            "words": list[Json](done),
        },
    }


def _upgrade_json(found: Upgrade) -> dict[str, Json]:
    return {
        "version": found.version,
        "scope": found.scope,
        "name": found.name or None,
        "soak_s": int(found.soak.total_seconds()),
        "state": found.state,
        "wave": found.wave,
        "wave_at": found.wave_at or None,
        "why": found.why or None,
        "number": found.number,
        "among": found.among,
        "others_number": found.others_number,
        "others": found.others,
    }


def _site_json(one: UpgradeSite) -> dict[str, Json]:
    return {
        "site": one.site,
        "wave": one.wave,
        "step": one.step,
        "named_at": one.named_at or None,
        "runs_at": one.runs_at or None,
        "refused": one.refused or None,
        "tried": one.tried,
    }

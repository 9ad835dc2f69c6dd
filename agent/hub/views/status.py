"""Encodes the hub's state of its sites as JSON, for `camwarden hub status`. Reads only."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from agent.contract.chain import utc_text
from agent.hub.domain.acknowledged import acknowledged_json
from agent.hub.domain.drills import drills_json
from agent.hub.domain.rows.orders import OrderRow
from agent.hub.domain.rows.sites import ChainRow, SiteRow, WaitingRow
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.hub.domain.view_columns import read_config
from agent.hub.ports.store import Store
from agent.hub.views.changes import change_json, changes_of
from agent.hub.views.disputes.row import row_json
from agent.hub.views.silent import Silent, silent_sites, standing
from agent.hub.workers.answers import read_refused
from agent.hub.workers.resend import lost, run_json
from agent.model.errors import StoreFailed
from agent.model.finding import Json
from agent.verify.bindings import Binding, Trust

SCHEMA: Final = "camwarden-hub-status/1"
SILENT_SCHEMA: Final = "camwarden-hub-silent/1"
ORDERS_SCHEMA: Final = "camwarden-hub-orders/1"


def write_status(
    store: Store,
    trust_of: Callable[[str, str], Trust] | None = None,
    now: datetime | None = None,
    names: tuple[str | None, str | None] = (None, None),
    most: int = -1,
) -> dict[str, Json]:
    """Return counts, chains and gaps of known sites.

    `names`: of the one site, or of those behind one by name, at most so many (-1: all). `next`: behind which one there
    are more, or null; `total`: how many there are.

    `standing`: `revoked` or `not-started`, where the site is that at `now` by what `trust_of` returns of the sites
    from the first to the last by name; else null.

    `confirmed` counts reports up to the watermarks. `missing` are runs of numbers that the hub lacks without an
    explanation; `lost` are those of them that the site, asked, no longer has; `explained` are those that a gap record
    names.
    """
    only, after = names
    listed, total, is_more = store.sites.page(after, most)
    if only is not None:
        listed = [only]
    page = (listed[0], listed[-1]) if listed else ("", "")
    counted = store.sites.counts(page)
    rows = {row.site: row for row in store.sites.rows(names=page)}
    waiting: dict[str, list[WaitingRow]] = defaultdict(list)
    for row in store.sites.waiting(page):
        waiting[row.site].append(row)
    chains: dict[str, list[ChainRow]] = defaultdict(list)
    for chain in store.sites.chains(names=page):
        chains[chain.site].append(chain)
    confirmed = store.sites.confirmed_counts(page)
    open_orders, open_disputes = store.commands.open_counts(), store.disputes.open_counts()
    policies = _policies(store)

    bound: dict[str, list[Binding]] = defaultdict(list)
    for one in trust_of(*page).bindings.values() if trust_of and listed else ():
        bound[one.site].append(one)

    def shown(site: str) -> dict[str, Json]:
        counts = counted.get(site, {})
        newest = store.reports.newest_config(site)
        configured = read_config(newest.said) if newest is not None else None
        return {
            **_state(rows.get(site)),
            "standing": standing(rows[site], bound[site], now) if now and site in rows else None,
            **_counts(counts),
            "confirmed": confirmed.get(site, 0),
            "untrusted": sum(row.number for row in waiting[site]),
            "untrusted_keys": [row.kid for row in waiting[site]],
            "rejected": _by_reason(counts, "rejected"),
            "unverified": _by_reason(counts, "unverified"),
            "epochs": [
                {"epoch": epoch, "first_at": first_at, "verdict": verdict or "open"}
                for epoch, first_at, verdict in store.sites.epochs(site)
            ],
            "watermarks": [_watermark(chain) for chain in chains[site]],
            "gaps": _gaps(store, site, chains[site]),
            "orders_open": open_orders.get(site, 0),
            "policy": policies.get(site),
            "changes": write_changes(store, site),
            "disputes_open": open_disputes.get(site, 0),
            "disputes": write_disputed(store, site),
            "acknowledged": [acknowledged_json(one) for one in configured.known] if configured else [],
            "drills": drills_json(configured.drills) if configured else [],
            # stored before there were bounds
            "not_shown": "config" if newest is not None and not newest.said else None,
        }

    known = [site for site in listed if site in counted or site in rows]
    more = listed[-1] if only is None and is_more and listed else None
    return {"schema": SCHEMA, "total": total, "next": more, "sites": {site: _contained(shown, site) for site in known}}


def _watermark(chain: ChainRow) -> Json:
    head: dict[str, Json] = {"epoch": chain.epoch, "stream": chain.stream, "seq": chain.confirmed}
    return {**head, "broken_at": chain.broken or None}


def _contained(shown: Callable[[str], dict[str, Json]], site: str) -> dict[str, Json]:
    """Return the state of a site; if its rows cannot be shown, the same members empty, so that the others are shown."""
    try:
        return shown(site)
    except StoreFailed:
        raise  # the disk, or the file: not one site's
    except Exception as error:  # noqa: BLE001  whatever it is, it is this site's only
        gaps: dict[str, Json] = {"missing": [], "lost": [], "accepted": [], "explained": []}
        nothing = ("untrusted_keys", "epochs", "watermarks", "acknowledged", "drills", "disputes")
        return {
            **_state(None),
            "protocol": None,
            **_counts({}),
            **{name: [] for name in nothing},
            **{"confirmed": 0, "untrusted": 0, "rejected": {}, "unverified": {}, "gaps": gaps, "orders_open": 0},
            "disputes_open": 0,
            **{"standing": None, "policy": None, "changes": None, "not_shown": type(error).__name__},
        }


def write_changes(store: Store, site: str) -> Json:
    """Return how a site's reports differ within the last month, and between which times; None without two."""
    found = changes_of(store, site)
    if found is None:
        return None
    earlier, later, differing = found
    return {
        "from": utc_text(earlier.at),
        "to": utc_text(later.at),
        "epochs": [earlier.epoch, later.epoch],
        "kinds": [change_json(change) for change in differing],
    }


def write_disputed(store: Store, site: str) -> list[Json]:
    """Return a site's disputes that wait for a decision, and the decided ones of findings that are not over."""
    found = (
        one for one in store.disputes.listed(site) if one.decision is None or not (one.ended_at or one.said.repaired_at)
    )
    return [row_json(one) for one in found]


def find_silent(store: Store, trust: Trust, now: datetime, scope: Scope = EVERYTHING) -> tuple[Silent, ...]:
    """Return the silent sites that may be seen, by kind and duration.

    Silence is judged of the moment, so each site that may be seen is read. Of what has never been verified no site is
    known: only who sees everything sees that.
    """
    rows = store.sites.rows(scope=scope)
    if scope.everything:
        return silent_sites(rows, store.sites.waiting(), trust, now)
    known = {row.site for row in rows}
    keys = {kid: one for kid, one in trust.bindings.items() if one.site in known}
    return silent_sites(rows, (), Trust(keys), now)


def write_silent(found: Iterable[Silent], now: datetime) -> dict[str, Json]:
    """Return silent sites."""
    return {
        "schema": SILENT_SCHEMA,
        "at": utc_text(now),
        "sites": [
            {
                "site": one.site,
                "city": one.city,
                "kind": one.kind,
                "why": one.why,
                "since": utc_text(one.since),
                "silent_s": round((now - one.since).total_seconds()),
                "kid": one.kid or None,
            }
            for one in found
        ],
    }


def write_orders(
    store: Store,
    site: str | None,
    now: datetime,
    scope: Scope = EVERYTHING,
    behind: tuple[str, str] = ("", ""),
    most: int = -1,
) -> dict[str, Json]:
    """Return orders of a site, or of all that may be seen, with their state: behind a time and id, at most so many.

    `state`: `waiting` (not sent yet), `sent`, `answer-expected` (done, and the report that answers it is awaited),
    `answered`, `refused` (by the site), `answer-refused` (by the hub), `expired`. `policies`: the version that is
    wanted, the one in force, and what the site refused, with its reason and why.
    """
    orders: list[Json] = [
        {
            "id": row.id,
            "site": row.site,
            "command": row.name,
            "state": order_state(row, now),
            "reason": row.reason,
            "created_at": row.created_at,
            "sent_at": row.sent_at or None,
            "result_at": row.result_at or None,
            "expires_at": row.expires_at,
        }
        for row in store.commands.given(site, scope, behind, most)
    ]
    policies: list[Json] = [{"site": name, **told} for name, told in _policies(store, site, scope).items()]
    return {"schema": ORDERS_SCHEMA, "orders": orders, "policies": policies}


def _policies(store: Store, site: str | None = None, scope: Scope = EVERYTHING) -> dict[str, dict[str, Json]]:
    """Return of each site that was sent, or reports, a policy: both versions, and what it refused with its why."""
    return {
        name: {"desired_version": desired, "reported_version": reported, "refused": read_refused(no)}
        for name, desired, reported, no in store.policies.shown(site, scope)
    }


def order_state(row: OrderRow, now: datetime) -> str:
    """Return what became of an order; see `write_orders`."""
    if row.status in ("answered", "refused", "answer-refused"):
        return row.status
    if datetime.fromisoformat(row.expires_at) <= now and row.status != "waits":
        return "expired"
    if row.status == "waits":
        return "answer-expected"
    return "sent" if row.sent_at else "waiting"


def _state(row: SiteRow | None) -> dict[str, Json]:
    if row is None:
        state: dict[str, Json] = {"status": "unknown", "epoch": "", "connection_no": 0, "at": ""}
        return {"city": "", "state": state, "arrived_at": None, "health": None, "kid": None, "confirm": None}
    state = {"status": row.status, "epoch": row.epoch, "connection_no": row.connection_no, "at": row.state_at}
    health: Any = {"arrived_at": row.health_at, "made_at": row.health_made_at, "next_due_at": row.next_due_at}
    return {
        "city": row.city,
        "state": state,
        "arrived_at": row.arrived_at or None,
        "health": health if row.health_at else None,
        "kid": row.kid or None,
        "confirm": row.confirm or None,
        "protocol": row.protocol or None,
    }


def _by_reason(counts: Mapping[str, int], kind: str) -> dict[str, Json]:
    return {name.partition(":")[2]: n for name, n in counts.items() if name.startswith(f"{kind}:")}


def _counts(counts: dict[str, int]) -> dict[str, Json]:
    names = ("received", "verified", "duplicates", "forks", "tampered", "new-epochs", "stale-states")
    return {name.replace("-", "_"): counts.get(name, 0) for name in names}


def _gaps(store: Store, site: str, chains: list[ChainRow]) -> dict[str, Json]:
    return {
        "missing": [
            run_json(chain.epoch, chain.stream, *run) for chain in chains for run in store.sites.missing_runs(chain)
        ],
        "lost": [run_json(hole.epoch, hole.stream, hole.first, hole.last) for hole in lost(store, site)],
        "accepted": [
            {
                **run_json(one.epoch, one.stream, one.first, one.last),
                **{"by": one.by, "why": one.why, "at": one.at, "closed": one.closed},
            }
            for one in store.accepted.of_site(site)
        ],
        "explained": [
            {**run_json(gap.epoch, gap.stream, gap.from_seq, gap.to_seq), "reason": gap.reason}
            for gap in store.sites.gaps(site)
        ],
    }

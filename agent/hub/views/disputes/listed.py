"""Lists disputes with their due dates and decisions, outside every ranking. Reads only."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from agent.contract.disputes import DUE_WITHIN
from agent.hub.domain.rows.disputes import DisputeRow
from agent.hub.ports.store import Store
from agent.hub.views.disputes.row import row_json
from agent.hub.views.status import order_state
from agent.model.finding import Json, utc_text

SCHEMA = "camwarden-hub-disputes/1"


def write_disputes(
    store: Store, site: str | None, now: datetime, within: timedelta = DUE_WITHIN, open_only: bool = False
) -> dict[str, Json]:
    """Return the disputes of a site, or of all, those that are due first before the decided ones.

    Args:
        store: The hub's.
        site: Of this one; None: of all.
        now: What is over by then is overdue.
        within: How long after its arrival a decision is due.
        open_only: Leave out what is decided.
    """
    rows = [one for one in store.disputes.listed(site) if one.decision is None or not open_only]
    rows.sort(key=lambda one: (one.decision is not None, one.arrived_at, one.site, one.said.id))
    states = {row.id: order_state(row, now) for row in store.commands.given(site)}
    return {"schema": SCHEMA, "at": utc_text(now), "disputes": [_row(one, states, now, within) for one in rows]}


def _row(one: DisputeRow, states: Mapping[str, str], now: datetime, within: timedelta) -> dict[str, Json]:
    return {
        "site": one.site,
        **row_json(one, within),
        "overdue": one.decision is None and one.due_at(within) <= now,
        "order": {"id": one.command, "state": states.get(one.command, "")} if one.command else None,
    }

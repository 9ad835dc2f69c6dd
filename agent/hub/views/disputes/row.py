"""Encodes a dispute with its due date and its decision, for every view that shows one. Pure."""

from datetime import timedelta

from agent.contract.disputes import DUE_WITHIN, decided_json, disputed_json
from agent.hub.domain.rows.disputes import DisputeRow
from agent.model.finding import Json, utc_text


def row_json(one: DisputeRow, within: timedelta = DUE_WITHIN) -> dict[str, Json]:
    """Return a dispute with its due date, and its decision or None; whether it is late is for whoever has a clock."""
    return {
        **disputed_json(one.said),
        "arrived_at": utc_text(one.arrived_at),
        "ended_at": utc_text(one.ended_at) if one.ended_at else None,
        "due_at": utc_text(one.due_at(within)),
        "decision": decided_json(one.decision) if one.decision else None,
    }

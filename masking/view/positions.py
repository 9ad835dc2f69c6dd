"""Decides at which of its positions a camera is, and encodes that question to the worker. Plain values.

A picture is at a position when its view is `still` in that position's approved one, and in no other: otherwise the
position is unknown and never guessed. The child returns the comparison with each position; the parent derives the
position from it again, and rejects verdicts on another position's zones.
"""

import base64
from collections.abc import Sequence
from typing import Any

from masking.model import Position, Positioned
from masking.view.model import ViewJob, ViewSeen
from masking.worker.wire import WireError, read_verdicts, verdicts_message, zones_message, zones_of
from masking.worker.wire_study import polygons, read_view, view_message


def matched_position(views: Sequence[ViewSeen]) -> int | None:
    """Return which of the positions these comparisons are with is the one that the picture shows; None: not plain."""
    still = [number for number, view in enumerate(views) if view.state == "still"]
    return still[0] if len(still) == 1 else None


def positions_message(asked: tuple[Position, ...]) -> dict[str, Any]:
    """The positions in a job's header; empty where there are none."""
    if not asked:
        return {}
    rows = [
        {
            "name": one.name,
            "references": [base64.b64encode(reference).decode() for reference in one.view.references],
            "excluded": one.view.excluded,
            "zones": zones_message(one.zones),
        }
        for one in asked
    ]
    return {"positions": rows}


def positions_of(header: dict[str, Any]) -> tuple[Position, ...]:
    """The positions of a job's header, in the child (which trusts its parent)."""
    return tuple(
        Position(
            str(row["name"]),
            ViewJob(tuple(base64.b64decode(one) for one in row["references"]), polygons(row["excluded"])),
            zones_of(row),
        )
        for row in header.get("positions", ())
    )


def positioned_message(positioned: Positioned | None) -> dict[str, Any]:
    """The positions in a child's answer; empty for None."""
    if positioned is None:
        return {}
    views = [view_message(view) for view in positioned.views]
    return {"positioned": {"views": views, "verdicts": verdicts_message(positioned.verdicts)}}


def read_positioned(answer: dict[str, Any], asked: tuple[Position, ...]) -> Positioned | None:
    """Parse comparisons and verdicts. Raises WireError for missing ones, or verdicts of another position."""
    said = answer.get("positioned")
    if not asked:
        if said is not None:
            raise WireError("positions that nobody asked about")
        return None
    views = said.get("views") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(views, list) or len(views) != len(asked):
        raise WireError("not one view for each position")
    seen = tuple(read_view(view) for view in views)
    at = matched_position(seen)
    return Positioned(seen, read_verdicts(said.get("verdicts"), () if at is None else asked[at].zones))

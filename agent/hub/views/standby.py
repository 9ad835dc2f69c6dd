"""Formats which server views read from, and how far that is behind, for people, programs and metrics."""

from collections.abc import Iterator
from typing import Final

from agent.hub.domain.rows.keeping import ReadFrom, WhyElsewhere
from agent.hub.ports.store import Store
from agent.model.finding import Json, Message
from agent.text.metrics import Labels, block

WHY: Final[dict[WhyElsewhere, Message]] = {
    "no-answer": Message("read from the primary server: the standby does not answer"),
    "no-standby": Message("read from the primary server: what is named as the standby is none"),
    "another-hub": Message("read from the primary server: what is named as the standby has another hub's reports"),
    "far-behind": Message("read from the primary server: the standby is more than a minute behind"),
}


def read_from_json(found: ReadFrom | None) -> dict[str, Json] | None:
    """Return the member `read_from` of the hub's status; None: there is one server, or a file."""
    if found is None:
        return None
    return {"is_standby": found.is_standby, "lag_s": found.lag_s, "why": found.why}


def read_from_line(found: ReadFrom) -> Message:
    """Return the line that says so."""
    if not found.is_standby:
        return WHY[found.why]
    seconds = {"seconds": "?" if found.lag_s is None else f"{found.lag_s:.0f}"}
    if found.why:
        return Message("read from the standby, {seconds} s behind: the primary server does not answer", seconds)
    return Message("read from the standby, {seconds} s behind", seconds)


def read_from_blocks(store: Store) -> Iterator[str]:
    """Yield its metrics; none where no standby is named."""
    found = store.read_from()
    if found is None:
        return
    lag: list[tuple[Labels, float]] = [] if found.lag_s is None else [({}, found.lag_s)]
    yield block(
        "camwarden_hub_views_on_standby", "gauge", "Whether views read from the standby: 1, else 0.",
        [({}, float(found.is_standby))],
    )  # fmt: skip
    yield block("camwarden_hub_views_lag_seconds", "gauge", "How far the standby that views read from is behind.", lag)

"""Shows how far forwarding to an upper hub is behind: a line, JSON, metrics."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Final

from agent.hub.domain.forwarding.rows import Lag
from agent.model.finding import Json, Message
from agent.text.metrics import Labels, block

FILES: Final = "files"
"""What `Lag.upper` is where batches are carried."""

_NAME: Final = "camwarden_hub_forward"


def waits_s(lag: Lag, now: datetime) -> float:
    """Return for how long the oldest report waits for the upper hub's confirmation."""
    return max(0.0, (now - datetime.fromisoformat(lag.oldest_at)).total_seconds()) if lag.oldest_at else 0.0


def lag_line(lag: Lag, now: datetime) -> Message:
    """Return one line for people."""
    values = {"upper": lag.upper, "waiting": lag.waiting, "sites": lag.sites, "minutes": int(waits_s(lag, now) // 60)}
    if lag.why:
        return Message(
            "forwarding to {upper}: not reached ({why}); {waiting} reports wait, the oldest for {minutes} min",
            {**values, "why": lag.why},
        )
    if not lag.waiting:
        return Message("forwarding to {upper}: every report is confirmed there", values)
    return Message(
        "forwarding to {upper}: {waiting} reports of {sites} sites are not confirmed there, the oldest for"
        " {minutes} min",
        values,
    )


def lag_json(lag: Lag | None) -> Json:
    """Return the same for programs; null where nothing was ever forwarded."""
    return None if lag is None else {name: None if value == "" else value for name, value in asdict(lag).items()}


def lag_blocks(lag: Lag | None, now: datetime) -> Iterator[str]:
    """Yield the metrics; without a sample where nothing was ever forwarded."""

    def of(value: Callable[[Lag], float]) -> list[tuple[Labels, float]]:
        return [({}, value(lag))] if lag is not None else []

    yield block(
        *(f"{_NAME}_reports_waiting", "gauge", "Reports that the upper hub has not confirmed."),
        of(lambda one: one.waiting),
    )
    yield block(
        *(f"{_NAME}_waiting_oldest_seconds", "gauge", "So long the oldest of them waits."),
        of(lambda one: waits_s(one, now)),
    )
    yield block(
        *(f"{_NAME}_reached", "gauge", "1: the upper hub's broker was reached last time; 0: it was not."),
        of(lambda one: int(not one.why)),
    )
    yield block(
        *(f"{_NAME}_sites_refused", "gauge", "Sites of which the upper hub has refused a report."),
        of(lambda one: one.refused),
    )
    yield block(
        *(f"{_NAME}_sites_held", "gauge", "Sites that are not forwarded, such as those without a division."),
        of(lambda one: one.held),
    )

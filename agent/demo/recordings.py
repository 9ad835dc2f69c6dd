"""What the simulated recorder holds: spans of recorded time per channel, worked out from the clock. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.demo.cameras import DemoCamera, Fault, RecordingPlan
from drivers.model import Span

KEPT_AFTER_LOSS = timedelta(days=2)
"""How far back recordings still reach after `recordings-lost`."""


@dataclass(frozen=True, slots=True)
class ActiveFault:
    """A fault that was switched on, and since when."""

    fault: Fault
    since: datetime


@dataclass(frozen=True, slots=True)
class Recording:
    """One contiguous span of a channel, listed as a recording of its own. `running`: it still grows."""

    token: str
    camera: DemoCamera
    span: Span
    running: bool


def spans(
    plan: RecordingPlan, now: datetime, started_at: datetime, lost_at: datetime | None = None
) -> tuple[Span, ...]:
    """Return the recorded spans of a channel, oldest first.

    Args:
        plan: How many days are kept, and where the gap lies.
        now: The recorder's clock; the newest span ends here.
        started_at: When the site was started. The gap is counted back from here, so that it stays where it is.
        lost_at: When older recordings were lost, or None.
    """
    oldest = now - timedelta(days=plan.days)
    if lost_at is not None:
        oldest = max(oldest, lost_at - KEPT_AFTER_LOSS)
    if not plan.gap_hours:
        return (Span(oldest, now),)
    gap_start = started_at.replace(minute=0, second=0, microsecond=0) - timedelta(days=plan.gap_days_ago)
    gap_end = gap_start + timedelta(hours=plan.gap_hours)
    before = (Span(oldest, gap_start),) if oldest < gap_start else ()
    return (*before, Span(max(oldest, gap_end), now))


def recordings(
    cameras: Sequence[DemoCamera], now: datetime, started_at: datetime, faults: Mapping[str, ActiveFault]
) -> tuple[Recording, ...]:
    """Return everything that a recorder lists, channel by channel."""
    listed: list[Recording] = []
    for camera in cameras:
        if camera.recording is None:
            continue
        active = faults.get(camera.id)
        lost_at = active.since if active is not None and active.fault == "recordings-lost" else None
        for index, span in enumerate(spans(camera.recording, now, started_at, lost_at), start=1):
            token = f"rec-{camera.channel}-{index}"
            listed.append(Recording(token, camera, span, running=span.end_at == now))
    return tuple(listed)

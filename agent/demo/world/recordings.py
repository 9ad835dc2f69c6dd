"""Calculates the recordings of the simulated recorder from the clock: spans of time per channel. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from agent.demo.world.cameras import DemoCamera, Fault, RecordingPlan
from drivers.model import Span

KEPT_AFTER_LOSS = timedelta(days=2)
"""How far back recordings still reach after `recordings-lost`."""
SITE_ZONE = timezone(timedelta(hours=8), "CST")
"""The time on the site's walls: China has one zone and no daylight saving."""
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ActiveFault:
    """A fault that is switched on, and since when."""

    fault: Fault
    since: datetime


@dataclass(frozen=True, slots=True)
class Recording:
    """One contiguous span of a channel, listed as a recording of its own. `running`: it still grows."""

    token: str
    camera: DemoCamera
    span: Span
    running: bool


def fault_since(faults: Mapping[str, ActiveFault], key: str, fault: Fault) -> datetime | None:
    """Return since when a fault is in force, by camera or device key; None where it is not."""
    active = faults.get(key)
    return active.since if active is not None and active.fault == fault else None


def spans(
    plan: RecordingPlan, now: datetime, started_at: datetime, lost_at: datetime | None = None
) -> tuple[Span, ...]:
    """Return the recorded spans of a channel, oldest first, until the recorder's clock `now`.

    The gap is counted back from the start of the site, so that it does not move. `lost_at`: when older ones were lost.
    """
    oldest = now - timedelta(days=plan.days)
    if lost_at is not None:
        oldest = max(oldest, lost_at - KEPT_AFTER_LOSS)
    ends_at = started_at - timedelta(days=plan.ended_days_ago) if plan.ended_days_ago else now
    if not plan.gap_hours:
        return (Span(oldest, ends_at),) if oldest < ends_at else ()
    gap_start = full_hour(started_at) - timedelta(days=plan.gap_days_ago)
    if plan.gap_from_midnight:
        gap_start = gap_start.astimezone(SITE_ZONE).replace(hour=0).astimezone(now.tzinfo)
    gap_end = gap_start + timedelta(hours=plan.gap_hours)
    before = (Span(oldest, gap_start),) if oldest < gap_start else ()
    return (*before, Span(max(oldest, gap_end), ends_at))


def full_hour(at: datetime) -> datetime:
    """The full hour at or before a moment."""
    return at.replace(minute=0, second=0, microsecond=0)


@lru_cache(maxsize=16)
def segments(span: Span) -> tuple[Span, ...]:
    """Cut a span at full hours, as a recorder ends its files; the newest one still grows."""
    cut = [span.start_at]
    while (following := full_hour(cut[-1]) + HOUR) < span.end_at:
        cut.append(following)
    return tuple(Span(start, end) for start, end in zip(cut, [*cut[1:], span.end_at], strict=True))


def recordings(
    cameras: Sequence[DemoCamera], now: datetime, started_at: datetime, faults: Mapping[str, ActiveFault]
) -> tuple[Recording, ...]:
    """Return every recording that a recorder lists, by channel."""
    listed: list[Recording] = []
    for camera in cameras:
        if camera.recording is None:
            continue
        lost_at = fault_since(faults, camera.id, "recordings-lost")
        for index, span in enumerate(spans(camera.recording, now, started_at, lost_at), start=1):
            token = f"rec-{camera.channel}-{index}"
            listed.append(Recording(token, camera, span, running=span.end_at == now))
    return tuple(listed)

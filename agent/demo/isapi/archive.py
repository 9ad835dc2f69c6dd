"""Lists the footage of a simulated ISAPI recorder by camera, under the faults that can be switched on. Pure.

Plan and gaps are those of `agent/demo/world/recordings.py`. Here footage leaves as whole files of an hour, so that the
oldest one begins at a full hour, and here the recorder's own faults take effect.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from agent.demo.onvif.device_view import DeviceView
from agent.demo.world.cameras import DemoCamera, Fault
from agent.demo.world.changes import DEVICE_KEY
from agent.demo.world.recordings import HOUR, SITE_ZONE, fault_since, full_hour, segments, spans
from drivers.model import Span

SET_BACK = timedelta(hours=2)
"""How far `clock-set-back` turns the recorder's clock back."""
KEPT_BY_EXPIRY = timedelta(days=14)
"""What `old-deleted` leaves: the recorder deletes at this age, whatever space is left."""
STIR = timedelta(minutes=20)
"""How much of each hour `motion-only` records."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of a track. `motion`: recorded because something moved, not by the schedule."""

    span: Span
    motion: bool


def device_fault_since(view: DeviceView, fault: Fault) -> datetime | None:
    """Return since when a fault of the whole recorder is in force; None where it is not."""
    return fault_since(view.faults, DEVICE_KEY + view.spec.id, fault)


def recorded_spans(view: DeviceView, camera: DemoCamera) -> tuple[Span, ...]:
    """Return the recorded spans of a camera in the order in which they were recorded.

    After `clock-set-back` the last one begins before the end of its predecessor: that hour exists twice.
    """
    if camera.recording is None:
        return ()
    set_back_at, formatted_at = (device_fault_since(view, fault) for fault in ("clock-set-back", "formatted"))
    now = view.now + SET_BACK if set_back_at is not None else view.now
    found = spans(camera.recording, now, view.started_at, fault_since(view.faults, camera.id, "recordings-lost"))
    if view.fault(camera) == "old-deleted":
        found = _since(found, now - KEPT_BY_EXPIRY)
    found = tuple(Span(full_hour(span.start_at), span.end_at) for span in found[:1]) + found[1:]
    if (stirred_at := fault_since(view.faults, camera.id, "motion-only")) is not None:
        found = (*_until(found, stirred_at), *_with_motion(_since(found, stirred_at)))
    if formatted_at is not None:
        found = _since(found, formatted_at)
    if set_back_at is not None and found and found[-1].end_at == now:
        found = (*_until(found, set_back_at), Span(set_back_at - SET_BACK, view.now))
    return found


def files(view: DeviceView, camera: DemoCamera) -> tuple[Segment, ...]:
    """Return the files of a camera's track, oldest first."""
    stirred_at = fault_since(view.faults, camera.id, "motion-only")
    return _files(recorded_spans(view, camera), stirred_at)


@lru_cache(maxsize=16)
def _files(recorded: tuple[Span, ...], stirred_at: datetime | None) -> tuple[Segment, ...]:
    found = [
        Segment(part, stirred_at is not None and part.start_at >= stirred_at)
        for span in recorded
        for part in segments(span)
    ]
    return tuple(sorted(found, key=lambda one: one.span.start_at))


def recorded_days(view: DeviceView, camera: DemoCamera, year: int, month: int) -> tuple[bool, ...]:
    """Return for each local day of a month whether any of it was recorded."""
    found = recorded_spans(view, camera)
    first = datetime(year, month, 1, tzinfo=SITE_ZONE)
    days = [
        Span(at, at + timedelta(days=1))
        for at in (first + timedelta(days=n) for n in range(monthrange(year, month)[1]))
    ]
    return tuple(any(one.start_at < day.end_at and day.start_at < one.end_at for one in found) for day in days)


def _since(found: Iterable[Span], at: datetime) -> tuple[Span, ...]:
    return tuple(Span(max(span.start_at, at), span.end_at) for span in found if span.end_at > at)


def _until(found: Iterable[Span], at: datetime) -> tuple[Span, ...]:
    return tuple(Span(span.start_at, min(span.end_at, at)) for span in found if span.start_at < at)


def _with_motion(found: Iterable[Span]) -> tuple[Span, ...]:
    """Return what is recorded of spans when something moves in the first minutes of each hour only."""
    kept = []
    for span in found:
        hour = full_hour(span.start_at)
        while hour < span.end_at:
            start, end = max(hour, span.start_at), min(hour + STIR, span.end_at)
            kept += [Span(start, end)] if start < end else []
            hour += HOUR
    return tuple(kept)

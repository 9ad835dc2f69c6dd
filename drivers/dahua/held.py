"""Reads the footage of one camera from a Dahua recorder: its oldest and newest moment, and requested days.

Two searches per camera, three where it is not recorded now, and one per requested day. An empty answer counts only
twice in a row, for an existing channel, from a device whose clock is about right.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from drivers import wall_clock
from drivers.collect import Collector
from drivers.dahua.device import ClockRead
from drivers.dahua.finder import Segment, find
from drivers.dahua.picture import rtsp_url
from drivers.deadline import Deadline
from drivers.errors import DeviceFault, DriverError, Malformed, Unsupported
from drivers.exchange import Transport
from drivers.footage import DayRecorded, RecordedDays, ReplayAddress
from drivers.model import Device, Recordings, Span
from drivers.spans import SLACK_S, merged, subtracted

REACH = timedelta(days=3 * 366)
"""How far back the oldest footage is searched. Some devices reject an endless window, and it would find what was
recorded while a clock was at 2000.
"""

LAPPING = timedelta(hours=2)
"""How much earlier than it is wanted footage is searched: files are an hour long at most, two on some devices."""

RECENT = (timedelta(hours=2), timedelta(days=1), timedelta(days=32))
"""Windows back from now in which the newest footage is searched, in order, until some is found."""


PLAY_AFTER = timedelta(seconds=1)
"""How far into the oldest file the moment lies that is played back."""

_DIGITS = "%Y_%m_%d_%H_%M_%S"
_PLAUSIBLE = timedelta(days=1)
_MINUTES = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class ListedWindow:
    """A stretch of the device's digits of which every file is known."""

    start: datetime
    end: datetime
    segments: tuple[Segment, ...]


def read_footage(
    seen: Collector,
    transport: Transport,
    channel: int,
    names: tuple[str, ...],
    clock: ClockRead,
    days: tuple[date, ...],
    spare: Deadline,
) -> tuple[Recordings | DriverError, RecordedDays | DriverError]:
    """Search a 1-based channel's footage; days whose search failed are neither recorded nor listed."""
    if not 1 <= channel <= len(names):
        missing = Unsupported(f"mediaFileFind: the device has no channel {channel}")
        return missing, missing
    ours = wall_clock.to_wall(transport.clock(), transport.device.time_zone)
    if abs(clock.wall - ours) > REACH:
        absurd = DeviceFault("mediaFileFind: the device's clock is off by years, so that no window can be named")
        return absurd, absurd

    def search(start: datetime, end: datetime, first_only: bool = False) -> tuple[Segment, ...] | DriverError:
        return seen.attempt(find, transport, channel, start, end, first_only, spare, clock.wall)

    latest = max(clock.wall, ours) + _MINUTES
    oldest = search(latest - REACH, latest, first_only=True)
    if isinstance(oldest, DriverError):
        return oldest, oldest
    if not oldest:
        wrong = _doubt(search(clock.wall - RECENT[-1], clock.wall + _MINUTES, first_only=True), clock.wall - ours)
        return (Recordings(()), _days(dict.fromkeys(days, False))) if wrong is None else (wrong, wrong)
    recent = _recent(search, clock.wall)
    if isinstance(recent, DriverError):
        return recent, recent
    asked: dict[date, ListedWindow] = {}
    for day in sorted(set(days)):
        start, end = datetime.combine(day, time()), datetime.combine(day, time()) + timedelta(days=1)
        found = search(start - LAPPING, end)
        if not isinstance(found, DriverError):
            asked[day] = ListedWindow(start, end, found)
    listed = ([] if recent is None else [recent]) + list(asked.values())
    recordings = seen.attempt(recordings_of, transport.device, channel, oldest[0], listed)
    return recordings, _days({day: _is_recorded(one) for day, one in asked.items()})


def _recent(
    search: Callable[[datetime, datetime], tuple[Segment, ...] | DriverError], now: datetime
) -> ListedWindow | DriverError | None:
    """List the newest footage, looking further back as long as there is none."""
    for back in RECENT:
        found = search(now - back - LAPPING, now + _MINUTES)
        if isinstance(found, DriverError):
            return found
        if found:
            return ListedWindow(now - back, now + _MINUTES, found)
    return None


def _doubt(again: tuple[Segment, ...] | DriverError, off: timedelta) -> DriverError | None:
    """Return why an empty answer for all time proves nothing, given a narrower search; None: it does."""
    if isinstance(again, DriverError):
        return again
    if again:
        return Malformed("findNextFile: the device lists footage of the last weeks, and none of the last years")
    if abs(off) > _PLAUSIBLE:
        return DeviceFault("findFile: the device's clock is off by days, so that an empty answer proves nothing")
    return None


def _days(recorded: Mapping[date, bool]) -> RecordedDays | DriverError:
    """Return which of the searched days hold footage."""
    if not recorded:
        return Unsupported("mediaFileFind: the device does not sum days up, and none was searched by itself")
    return RecordedDays(tuple(DayRecorded(day, recorded[day]) for day in sorted(recorded)))


def _is_recorded(day: ListedWindow) -> bool:
    return any(one.start < day.end and one.end > day.start for one in day.segments)


def recordings_of(device: Device, channel: int, oldest: Segment, listed: Iterable[ListedWindow]) -> Recordings:
    """Join the searches: from oldest to newest moment, less holes in the listed days. Raises Malformed."""
    zone = device.time_zone
    listed = tuple(listed)
    try:
        first = _span(oldest, zone)
        held = [
            (
                wall_clock.to_utc(one.start, zone),
                wall_clock.to_utc(one.end, zone),
                [_span(s, zone) for s in one.segments],
            )
            for one in listed
        ]
    except (OverflowError, ValueError):
        raise Malformed("findNextFile: a moment lies outside of the calendar") from None
    newest_at = max([first.end_at, *(span.end_at for _, _, spans in held for span in spans)])
    # What is still being written may not be listed yet: behind the newest file nothing is known.
    whole = [Span(start, min(end, newest_at)) for start, end, _ in held if start < newest_at]
    claimed = subtracted((Span(first.start_at, newest_at),), merged(whole))
    spans = merged([first, *claimed, *(span for _, _, spans in held for span in spans)], SLACK_S)
    from_at = first.start_at + PLAY_AFTER
    start, end = oldest.start + PLAY_AFTER, max(oldest.end, oldest.start + 2 * PLAY_AFTER)
    at = rtsp_url(device, f"/cam/playback?channel={channel}&subtype=0&starttime={{start}}&endtime={{end}}")
    url = at.format(start=start.strftime(_DIGITS), end=end.strftime(_DIGITS))
    replays = ReplayAddress(at, _DIGITS, zone)
    modes = tuple(dict.fromkeys(segment.mode for one in listed for segment in one.segments))
    locked = (first,) if oldest.locked else ()
    listed_whole = merged(whole, SLACK_S)
    return Recordings(spans, url, from_at, listed_whole, ("Video",), modes=modes, replays=replays, locked=locked)


def _span(segment: Segment, zone: str) -> Span:
    start_at, end_at = wall_clock.to_utc(segment.start, zone), wall_clock.to_utc(segment.end, zone)
    if end_at < start_at:
        # It ends in the hour that clocks show twice, and that is the second time.
        end_at = wall_clock.to_utc(segment.end.replace(fold=1), zone)
    return Span(start_at, max(start_at, end_at))

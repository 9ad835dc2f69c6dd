"""Compiles one camera's footage on a device: spans, days, schedule, and where the oldest moment can be played."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from drivers.address import authority
from drivers.errors import DriverError, Unsupported
from drivers.footage import DayRecorded, RecordedDays, RecordingMode, ReplayAddress, Schedule, Wanted
from drivers.hikvision.parse_search import Segment
from drivers.hikvision.recordings import Archive
from drivers.hikvision.times import NEAR, Frame
from drivers.model import Device, Recordings, Span
from drivers.spans import SLACK_S, merged, subtracted

_DIGITS = "%Y%m%dT%H%M%SZ"
PLAYBACK_LEAD = timedelta(seconds=1)

LONGEST_FILE = timedelta(hours=23, minutes=59)
"""A listed file that holds more of one day is merged from several. House rule: devices close a file after hours."""
"""How far into the oldest segment playback begins: its very first second may be gone by then."""


def schedule_of(archive: Archive, track: int) -> Schedule:
    """Return when a track is recorded by plan. Raises Unsupported where it has no plan; DriverError."""
    if isinstance(archive.tracks, DriverError):
        raise archive.tracks
    _require(archive, track)
    schedule = archive.tracks[track].schedule
    if schedule is None:
        raise Unsupported(f"the device lists no plan for track {track}")
    if isinstance(schedule, DriverError):
        raise schedule
    return schedule


def recorded_days(archive: Archive, track: int, wanted: Wanted) -> RecordedDays:
    """Return which days of the wanted months hold footage. Raises DriverError where one month cannot be read."""
    _require(archive, track)
    days = [pair for month in sorted(set(wanted.months)) for pair in archive.days(track, *month).items()]
    return RecordedDays(tuple(DayRecorded(day, held) for day, held in days))


def recordings_of(
    archive: Archive, track: int, wanted: Wanted, known: tuple[DayRecorded, ...], device: Device, rtsp_port: int
) -> Recordings:
    """Return a camera's footage on the device: from its oldest segment to its newest, without known gaps.

    Known gaps are `known` days without footage, and the time within wanted days that no segment covers. `listed` lacks
    days that failed. Segments that name no track are the asked one's only where the device has no other.

    Raises:
        Unsupported: The device has no such track: that it holds nothing of it proves nothing.
        DriverError: The first or last moment is unknown.
    """
    _require(archive, track)
    oldest = archive.oldest(track)
    if oldest is None:
        if isinstance(archive.tracks, DriverError):
            raise archive.tracks
        return Recordings(())
    newest = archive.newest(track, oldest)
    frame = archive.frame
    ends = [_span(frame, one) for one in (oldest, newest)]
    whole = Span(ends[0].start_at, max(span.end_at for span in ends))
    empty = [Span(*archive.day(one.day)) for one in known if not one.recorded]
    listed, held, modes = _listed(archive, track, wanted.days)
    # Where every segment was listed, the list has the say; elsewhere the two segments that were seen are there.
    claimed = subtracted((whole,), merged((*empty, *listed)))
    spans = merged((*claimed, *subtracted(merged(ends), merged(listed)), *held), SLACK_S)
    plays_at, url, replays = _replay(frame, oldest, track, device, rtsp_port)
    kinds = (oldest.kind.capitalize(),) if oldest.kind else ()
    # A recorder that ignores the track of a search answers each camera with another one's footage, and names none.
    is_guessed = not (oldest.names_track and newest.names_track) and not archive.has_one_track
    return Recordings(
        spans, url, plays_at, tuple(listed), kinds, modes=modes, replays=replays, owner_guessed=is_guessed,
        locked=tuple(span for span, one in zip(ends, (oldest, newest), strict=True) if one.locked),
    )  # fmt: skip


def _require(archive: Archive, track: int) -> None:
    if archive.has(track) is False:
        raise Unsupported(f"the device has no track {track}")


def _listed(
    archive: Archive, track: int, days: Iterable[date]
) -> tuple[list[Span], list[Span], tuple[RecordingMode, ...]]:
    """List the segments of days that have begun; return the listed stretches, their footage, and its triggers.

    A file as long as the day that was asked for is no file: such a list hides the holes, and is none. Of the current
    day the last minutes are left out where nothing is listed yet: an index lags behind.
    """
    listed: list[Span] = []
    held: list[Span] = []
    modes: dict[RecordingMode, None] = {}
    for day in sorted(set(days)):
        begin, end = archive.day(day)
        if begin >= archive.now:
            continue
        try:
            found = archive.segments(track, day)
        except DriverError:
            continue
        here = [_within(_span(archive.frame, one), begin, end) for one in found]
        if any(one.end_at - one.start_at >= LONGEST_FILE for one in here):
            continue
        last_at = max((one.end_at for one in here), default=begin)
        listed.append(Span(begin, min(end, max(last_at, archive.now - NEAR))))
        held += here
        modes |= dict.fromkeys(one.mode for one in found if one.mode)
    return listed, held, tuple(modes)


def _within(span: Span, begin: datetime, end: datetime) -> Span:
    return Span(max(span.start_at, begin), min(span.end_at, end))


def _span(frame: Frame, segment: Segment) -> Span:
    begin = frame.moment(segment.begin)
    return Span(begin, max(begin, frame.moment(segment.end)))


def _replay(
    frame: Frame, oldest: Segment, track: int, device: Device, rtsp_port: int
) -> tuple[datetime, str, ReplayAddress]:
    """Return the moment to play, its address on the configured host, and how it names others, in the device's digits.

    Source: ISAPI, playback over RTSP: the address holds the times as the device writes them.
    """
    begin = oldest.begin + min(PLAYBACK_LEAD, (oldest.end - oldest.begin) / 2)
    at = f"rtsp://{authority(device.host, rtsp_port)}/Streaming/tracks/{track}?starttime={{start}}&endtime={{end}}"
    url = at.format(start=begin.strftime(_DIGITS), end=oldest.end.strftime(_DIGITS))
    replays = ReplayAddress(at, _DIGITS, "UTC" if frame.utc else frame.zone.key)
    return frame.moment(begin.replace(microsecond=0)), url, replays

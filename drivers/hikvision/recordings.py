"""Reads the recordings of a device with few requests: the age of each camera's footage, and its freshness.

The oldest segment of a track is one request: a search over all time is answered oldest first, so that one result is
enough. The newest moments of all cameras are one search together. Each further fact (days of a month with footage,
every segment of a day) is one request. So a camera costs two requests in a cycle that wants one more.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from drivers.errors import DeadlineExceeded, DeviceFault, DriverError, Malformed, NotTried, Refused, Unreachable
from drivers.hikvision import parse_tracks
from drivers.hikvision.client import Isapi
from drivers.hikvision.parse_search import Segment
from drivers.hikvision.parse_tracks import Track
from drivers.hikvision.times import Frame, detect_frame

EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2037, 12, 31, 23, 59, 59, tzinfo=UTC))
"""All times, for devices that count seconds in 32 bits: an end in 2040 fails."""

RECENT = timedelta(minutes=30)
"""How far back the newest moment of a camera that records all the time is searched."""

AHEAD = timedelta(days=1)
"""How far ahead it is searched: a clock may have been set back, and the digits may be of another zone."""

EMPTY_MONTHS = 2
"""After how many months without footage the search for older ends, where a search over all time fails."""

MAX_MONTHS = 24

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def read_tracks(isapi: Isapi) -> dict[int, Track]:
    """Read the tracks that the device records on, by number. Raises DriverError."""
    listed = isapi.get("ContentMgmt/record/tracks", "TrackList", parse_tracks.tracks)
    return {track.id: track for track in listed}


class Archive:
    """The recordings of a device. One for each run; every month is requested once.

    `tracks` are those that the device lists, or the error. `now` is the moment of the device's clock, `zone` its time
    zone.
    """

    def __init__(self, isapi: Isapi, tracks: dict[int, Track] | DriverError, zone: ZoneInfo, now: datetime) -> None:
        self.tracks = tracks
        self.frame = Frame(zone)
        self.now = now
        self._isapi = isapi
        self._newest: dict[int, Segment] = {}
        self._errors: dict[int, DriverError] = {}
        self._months: dict[tuple[int, int, int], dict[date, bool]] = {}
        self._wide_fails = False

    def look(self, tracks: Iterable[int]) -> None:
        """Find the newest segment of each track, and from it how the device writes its times. Raises nothing.

        Unlisted tracks are skipped. All tracks are searched together, and one by one where the device seems to heed
        only one. Footage of now is searched at the wall clock's time, and then at UTC's.
        """
        asked = tuple(dict.fromkeys(track for track in tracks if self.has(track) is not False))
        wall, utc = self.frame.written(self.now), self.now.astimezone(UTC)
        windows = [(begin - RECENT, wall + AHEAD) for begin in (wall, *((utc,) if utc < wall else ()))]
        if len(asked) < 2 or not any(self._together(asked, *window) for window in windows):
            for window in windows:
                self._singly(asked, *window)
                if self._newest:
                    break
        newest = max((segment.end for segment in self._newest.values()), default=None)
        self.frame = detect_frame(newest, self.now, self.frame.zone)

    def has(self, track: int) -> bool | None:
        """Return whether the device has a track; None where it does not list its tracks."""
        return None if isinstance(self.tracks, DriverError) else track in self.tracks

    @property
    def has_one_track(self) -> bool:
        """Return whether the device lists exactly one track."""
        return not isinstance(self.tracks, DriverError) and len(self.tracks) == 1

    def oldest(self, track: int) -> Segment | None:
        """Return the oldest segment of a track; None where the device reports none. Raises DriverError."""
        if not self._wide_fails:
            try:
                segments = self._isapi.search((track,), *EVER, most=1).segments
                return min(segments, key=lambda one: one.begin, default=None)
            except DeviceFault:
                # DS-7716NI-I4/16P, V4.61.030: "Tag 13 is invalid" for each window of more than about a month.
                self._wide_fails = True
        return self._oldest_by_months(track)

    def newest(self, track: int, oldest: Segment) -> Segment:
        """Return the newest segment of a track that has one at all. Raises DriverError."""
        if track in self._newest:
            return self._newest[track]
        if track in self._errors:
            raise self._errors[track]
        first = self.frame.moment(oldest.begin).astimezone(self.frame.zone).date()
        month = _month_of(self._today)
        while month >= _month_of(first):
            recorded = [day for day, held in self.days(track, *month).items() if held and day <= self._today]
            if recorded:
                return max((*self.segments(track, recorded[-1]), oldest), key=lambda one: one.end)
            month = _before(month)
        return oldest

    def days(self, track: int, year: int, month: int) -> dict[date, bool]:
        """Return which days of a month hold footage, as far as they have begun. Raises DriverError.

        Malformed: the device lists some days that have begun and not all. None at all is a month without footage.
        """
        key = (track, year, month)
        if key not in self._months:
            told = dict(self._isapi.days(track, year, month))
            first = date(year, month, 1)
            begun = [day for n in range(31) if (day := first + n * _DAY).month == month and day <= self._today]
            if told and any(day.day not in told for day in begun):
                raise Malformed(f"dailyDistribution of {year}-{month:02d}: days are missing from the list")
            self._months[key] = {day: told.get(day.day, False) for day in begun}
        return self._months[key]

    def segments(self, track: int, day: date) -> tuple[Segment, ...]:
        """List every segment that touches a local day. Raises DriverError."""
        begin, end = self.day(day)
        return self._isapi.segments((track,), self.frame.written(begin), self.frame.written(end) - _SECOND)

    def day(self, day: date) -> tuple[datetime, datetime]:
        """Return when a local day begins and ends."""
        zone = self.frame.zone
        begin, end = (datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, day + _DAY))
        return begin, end

    @property
    def _today(self) -> date:
        return self.now.astimezone(self.frame.zone).date()

    def _together(self, tracks: tuple[int, ...], begin: datetime, end: datetime) -> bool:
        """Search several tracks at once; return whether searching them one by one is needless."""
        try:
            self._keep(self._isapi.segments(tracks, begin, end), tracks)
        except (Unreachable, DeadlineExceeded, Refused, NotTried) as error:
            self._errors = dict.fromkeys(tracks, error)
            return True
        except DriverError:
            return False
        # One track alone may be the only one that the device heeded.
        return len(self._newest) > 1

    def _singly(self, tracks: tuple[int, ...], begin: datetime, end: datetime) -> None:
        for track in tracks:
            if track not in self._newest:
                try:
                    self._keep(self._isapi.segments((track,), begin, end), tracks)
                except DriverError as error:
                    self._errors[track] = error

    def _keep(self, segments: Iterable[Segment], tracks: tuple[int, ...]) -> None:
        for one in segments:
            known = self._newest.get(one.track)
            if one.track in tracks and (known is None or one.end > known.end):
                self._newest[one.track] = one

    def _oldest_by_months(self, track: int) -> Segment:
        """Go back month by month, to the first day before which nothing was recorded for a while; list that day."""
        month, empty, first = _month_of(self._today), 0, None
        for _ in range(MAX_MONTHS):
            recorded = [day for day, held in self.days(track, *month).items() if held]
            first, empty = (recorded[0], 0) if recorded else (first, empty + 1)
            if first is not None and empty >= EMPTY_MONTHS:
                break
            month = _before(month)
        if first is None:
            raise DeviceFault(f"a search over all times fails, and the last {MAX_MONTHS} months hold nothing")
        begin, end = self.day(first)
        segments = self._isapi.search(
            (track,), self.frame.written(begin), self.frame.written(end) - _SECOND, most=1
        ).segments
        if not segments:
            raise Malformed(f"the device says that {first} holds footage, and lists none")
        return min(segments, key=lambda one: one.begin)


def _month_of(day: date) -> tuple[int, int]:
    return day.year, day.month


def _before(month: tuple[int, int]) -> tuple[int, int]:
    year, number = month
    return (year, number - 1) if number > 1 else (year - 1, 12)

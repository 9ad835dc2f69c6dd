"""Interprets the moments that a Hikvision device writes. Pure.

The digits are those of its wall clock; the offset behind them is not trusted. Field reports: `+08:00` that is wrong in
daylight saving time (DS-7716NI-I4), `Z` behind local time in every search. Some firmware honours UTC in its searches;
`detect_frame` detects that from a segment that is being recorded now.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from drivers.errors import Malformed

NEAR = timedelta(minutes=10)
"""How far the end of the newest segment may lie from now, where it is being recorded: an index lags behind."""

_STAMP = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)[T ](\d\d):?(\d\d):?(\d\d)(?:\.\d{1,9})?\s*(Z|[+-]\d\d:?\d\d)?", re.ASCII | re.IGNORECASE
)

_FIRST_YEAR, _LAST_YEAR = 1900, 9990
"""Times outside are of no real clock: in another zone, or some days later, they would leave the calendar."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A moment as a device wrote it: `written` has its digits and is labelled UTC; `offset` is the one behind it."""

    written: datetime
    offset: timedelta | None


@dataclass(frozen=True, slots=True)
class Frame:
    """How a device writes moments of recordings: wall clock in `zone`, or UTC; `how` is the evidence in few words."""

    zone: ZoneInfo
    utc: bool = False
    how: str = "wall clock assumed"

    def moment(self, written: datetime) -> datetime:
        """Return the moment that is meant. In the hour that a clock goes twice through, the first time is."""
        return written if self.utc else written.replace(tzinfo=self.zone).astimezone(UTC)

    def written(self, moment: datetime) -> datetime:
        """Return how the device writes a moment."""
        return moment.astimezone(UTC) if self.utc else moment.astimezone(self.zone).replace(tzinfo=UTC)


def stamp(text: str) -> Stamp:
    """Parse a moment. Raises Malformed. Source: ISO 8601, as ISAPI has it, with and without separators."""
    match = _STAMP.fullmatch(text.strip())
    if match is None:
        raise Malformed("a moment cannot be read")
    try:
        year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
        written = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        if not _FIRST_YEAR <= year <= _LAST_YEAR:
            raise ValueError
    except ValueError:
        raise Malformed("a moment that no calendar has") from None
    behind = match[7]
    if not behind:
        return Stamp(written, None)
    if behind in "Zz":
        return Stamp(written, timedelta())
    size = timedelta(hours=int(behind[1:3]), minutes=int(behind[-2:]))
    return Stamp(written, -size if behind[0] == "-" else size)


def nearest(written: datetime, zone: ZoneInfo, to: datetime) -> datetime:
    """Return the moment of a wall clock in `zone` that is nearest to another: an hour may come twice."""
    wall = written.replace(tzinfo=zone)
    both = (wall.replace(fold=0).astimezone(UTC), wall.replace(fold=1).astimezone(UTC))
    return min(both, key=lambda moment: abs(moment - to))


def detect_frame(newest: datetime | None, now: datetime, zone: ZoneInfo) -> Frame:
    """Decide how a device writes the moments of recordings, from the end of its newest segment as it is written.

    A segment that is being recorded ends now. Digits of the device's wall clock now mean wall-clock times; digits of
    UTC now mean UTC. Digits past UTC's cannot be UTC either. Where neither fits, or there is no segment, the wall clock
    is assumed, as on most devices, and `how` reports that.

    Args:
        newest: End of the newest segment of any channel, as it is written; None where there is none.
        now: The moment of the device's clock now.
        zone: Of its wall clock.
    """
    wall, utc = now.astimezone(zone).replace(tzinfo=UTC), now.astimezone(UTC)
    if abs(wall - utc) <= 2 * NEAR:
        return Frame(zone, how="wall clock")
    if newest is None:
        return Frame(zone)
    if abs(newest - wall) <= NEAR or (wall > utc and newest > utc + NEAR):
        return Frame(zone, how="wall clock")
    if abs(newest - utc) <= NEAR:
        return Frame(zone, utc=True, how="UTC")
    return Frame(zone)

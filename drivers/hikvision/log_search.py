"""Reads the oldest entry of a device's own log of logins and operations. Parsers are pure.

The log is searched, never exported or cleared. It is listed class by class, and within a class the oldest first; the
class Operation holds logins and changes. Entries older than two years are left out: a clock that was lost writes some
of 1970.

Source: ISAPI, ContentMgmt/logSearch (CMSearchDescription with `metaId`, CMSearchResult with `logDescriptor`); the order
and the two names of the class are field reports (DS-7616NI-Q2 and client code). No answer of a real unit was read here.
"""

import uuid
from datetime import datetime, timedelta
from typing import Final

from lxml import etree

from drivers.details import OldestLog
from drivers.errors import DeviceFault, DriverError, Malformed, Unsupported
from drivers.hikvision.client import Isapi
from drivers.hikvision.reply import child, rows, text_in, truth
from drivers.hikvision.times import Frame, stamp

SEARCH: Final = "ContentMgmt/logSearch"
CLASSES: Final = ("log.std-cgi.com/Operation", "log.hikvision.com/Operation")
"""The class of logins and changes, as the standard names it and as newer firmware does."""

WITHIN: Final = timedelta(days=732)
DAY: Final = timedelta(days=1)
FOLLOWED_WITHIN: Final = timedelta(days=60)
"""How soon after the oldest entries another must follow. House rule: people log in more often than that."""


def read_oldest(isapi: Isapi, frame: Frame, now: datetime) -> OldestLog:
    """Request the oldest entries of the last two years. Raises DriverError.

    Args:
        isapi: The device.
        frame: The form of its times.
        now: The moment of the device's own clock.
    """
    failed: DriverError | None = None
    for name in CLASSES:
        body = search_body(name, frame.written(now - WITHIN), frame.written(now + timedelta(days=1)))
        try:
            times = _search(isapi, body)
        except (DeviceFault, Malformed) as error:
            failed = failed or error
            continue
        if any(not frame.written(now - WITHIN) <= at <= frame.written(now + timedelta(days=1)) for at in times):
            failed = failed or Malformed(f"{SEARCH}: entries lie outside of the time that was asked for")
            continue
        if times:
            if times[0] > times[-1] or (times[0] == times[-1] and _is_older(isapi, name, frame, now, times[0])):
                raise Unsupported(f"{SEARCH}: the device lists its log with the newest entry first")
            return OldestLog(frame.moment(times[0]), _is_alone(isapi, name, frame, now, times[0]))
    raise failed or DeviceFault(f"{SEARCH}: the log holds no login and no change")


def _is_older(isapi: Isapi, name: str, frame: Frame, now: datetime, listed: datetime) -> bool:
    """Return whether entries precede the listed ones, all of one second and no proof of order. Raises DriverError."""
    body = search_body(name, frame.written(now - WITHIN), listed - timedelta(seconds=1))
    return bool(_search(isapi, body))


def _is_alone(isapi: Isapi, name: str, frame: Frame, now: datetime, oldest: datetime) -> bool:
    """Return whether no entry follows the first day of a log that is old enough to have some. Raises DriverError.

    Whoever clears a log may leave its first entries, and a clock that was wrong dates new entries early.
    """
    begin, end = oldest + DAY, oldest + DAY + FOLLOWED_WITHIN
    if end > frame.written(now):
        return False
    times = _search(isapi, search_body(name, begin, end))
    return not times or any(not begin <= at <= end for at in times)


def _search(isapi: Isapi, body: bytes) -> tuple[datetime, ...]:
    return isapi.post(SEARCH, body, "CMSearchResult", parse_times, optional=True)


def search_body(name: str, begin: datetime, end: datetime) -> bytes:
    """Write the search for the first two entries of a class; moments as the device writes them."""
    span = f"<startTime>{begin:%Y-%m-%dT%H:%M:%SZ}</startTime><endTime>{end:%Y-%m-%dT%H:%M:%SZ}</endTime>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<CMSearchDescription><searchID>{str(uuid.uuid4()).upper()}</searchID><metaId>{name}</metaId>"
        f"<timeSpanList><timeSpan>{span}</timeSpan></timeSpanList>"
        "<maxResults>2</maxResults><searchResultPostion>0</searchResultPostion></CMSearchDescription>"
    ).encode()


def parse_times(root: etree._Element) -> tuple[datetime, ...]:
    """Parse when the listed entries were written, in the device's digits. Raises DeviceFault or Malformed."""
    if truth(text_in(root, "responseStatus")) is False:
        words = text_in(root, "responseStatusStrg")
        if words.lower().replace(" ", "").replace("_", "") != "nomatches":
            raise DeviceFault(f"{SEARCH}: the search failed: {words or 'no reason is given'}")
    return tuple(_written(item) for item in rows(child(root, "matchList"), "searchMatchItem"))


def _written(item: etree._Element) -> datetime:
    entry = child(item, "logDescriptor")
    where = item if entry is None else entry
    return stamp(text_in(where, "StartDateTime") or text_in(where, "startDateTime")).written

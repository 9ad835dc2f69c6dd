"""Searches the footage of one channel: mediaFileFind over CGI.

A search makes an object on the device, not a setting, and a device has few of them: it is always closed and destroyed.
Results are in the digits of the device's own clock.
"""

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from drivers import wall_clock
from drivers.dahua import cgi
from drivers.dahua.cgi import Fields
from drivers.deadline import Deadline
from drivers.errors import DeadlineExceeded, DriverError, Malformed, Unsupported
from drivers.exchange import Transport
from drivers.footage import RecordingMode
from drivers.model import Reply

PAGE = 100
MAX_SEGMENTS = 6000
"""More than a day of footage in pieces of a quarter of a minute."""

LONGEST = timedelta(hours=12)
"""How long a file may say that it lasts. Recorders begin a new one after an hour, some after two."""
OVERLAP = timedelta(hours=2)
"""How far a file may reach into a later one: the hour that clocks show twice, and a stream recorded besides."""
OUTSIDE = timedelta(days=1)
"""How far outside of what was asked for a file may lie; another day's is an answer to another question."""

WRITTEN = timedelta(hours=1)
"""How long ago the newest file may have begun to be the one that is being written: its end is then reserved, not true.

Older ones were left open when power failed.
"""

_END_S = 3.0
"""How long each of the two calls that end a search may take."""

_OBJECT = re.compile(r"[0-9A-Za-z]{1,32}", re.ASCII)
_NO_VIDEO = frozenset({"jpg", "jpeg", "bmp", "png", "wav", "mp3", "aac"})
_LETTER = re.compile(r"\[([A-Z])\]")


PROTECTED = frozenset({"marked", "marker", "locked", "restrict"})
"""Flags of a file that is not recorded over; one that is recorded over says `UnMarked` or nothing (field reports)."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of footage, in the device's digits. `mode`: why it was recorded, by its name or flags.

    `locked`: somebody marked it, which protects it from being recorded over.
    """

    start: datetime
    end: datetime
    mode: RecordingMode
    locked: bool = False


def find(
    transport: Transport,
    channel: int,
    start: datetime,
    end: datetime,
    first_only: bool,
    spare: Deadline,
    now: datetime,
) -> tuple[Segment, ...]:
    """List the video files of a 1-based channel between two moments in the device's digits, oldest first.

    `first_only`: the oldest file is enough. `spare` is the time that all searches share; `now` is the device's. Not
    every device lists a file that begins before the window: search a wider one.

    Raises:
        DriverError: The search did not end well. An empty list means that it did, and found nothing.
    """

    def ask(action: str, rest: str = "", limit_s: float = 0.0) -> Reply:
        # Colons stay as they are and spaces are encoded, as devices want it; brackets arrive encoded, which they take.
        target = f"mediaFileFind.cgi?action={action}{rest}"
        return cgi.get(transport, action, target, limit_s=limit_s or _spare_s(spare)).reply

    found_object = cgi.fields(ask("factory.create"), whole=False).get("result", "").strip()
    if _OBJECT.fullmatch(found_object) is None:
        raise Malformed("factory.create: the answer names no object")
    named = f"&object={found_object}"
    try:
        return believable(_pages(ask, named, channel, (start, end), first_only), (start, end), now)
    finally:
        for action in ("close", "destroy"):
            with contextlib.suppress(DriverError):
                ask(action, named, _END_S)


def _spare_s(spare: Deadline) -> float:
    try:
        return spare.remaining_s()
    except DeadlineExceeded:
        raise DeadlineExceeded("mediaFileFind: the time for searches is used up") from None


def _pages(
    ask: Callable[[str, str], Reply], named: str, channel: int, window: tuple[datetime, datetime], first_only: bool
) -> tuple[Segment, ...]:
    start, end = (f"{one:%Y-%m-%d}%20{one:%H:%M:%S}" for one in window)
    condition = f"&condition.Channel={channel}&condition.StartTime={start}&condition.EndTime={end}"
    try:
        begun = ask("findFile", f"{named}{condition}&condition.Types[0]=dav&condition.Types[1]=mp4")
    except Unsupported:
        # The object was made, so that the operation is there: a 400 here says that there is nothing.
        return ()
    if begun.body.strip() != b"OK":
        raise Malformed("findFile: the answer is not OK")
    found: list[Segment] = []
    last: tuple[Segment, ...] = ()
    while page := segments(ask("findNextFile", f"{named}&count={1 if first_only else PAGE}"), channel):
        if page == last or len(found) > MAX_SEGMENTS:
            raise Malformed(f"findNextFile: the list does not end within {MAX_SEGMENTS} files")
        found += page
        last = page
        if first_only:
            break
    # A page that is not full is not the last one; only an empty one is.
    return tuple(found)


def believable(files: tuple[Segment, ...], window: tuple[datetime, datetime], now: datetime) -> tuple[Segment, ...]:
    """Return the files, that which is being written ended now. Raises Malformed where one cannot have its times.

    A file that was open when power failed keeps the end that was reserved for it, and one that was begun before the
    clock was set keeps the year 2000 (field reports of `mediaFileFind`).
    """
    newest = max(files, key=lambda one: one.start, default=None)
    if newest is not None and newest.start <= now < newest.end and now - newest.start <= WRITTEN:
        files = tuple(replace(one, end=now) if one is newest else one for one in files)
    if any(one.end - one.start > LONGEST for one in files):
        raise Malformed(f"findNextFile: a file claims to last longer than {LONGEST // timedelta(hours=1)} hours")
    if any(one.end < window[0] - OUTSIDE or one.start > window[1] + OUTSIDE for one in files):
        raise Malformed("findNextFile: a file lies outside of the time that was asked for")
    ordered = sorted(files, key=lambda one: one.start)
    if any(one.end - later.start > OVERLAP for one, later in pairwise(ordered)):
        raise Malformed("findNextFile: a file claims to reach hours into the next one")
    return files


def segments(reply: Reply, channel: int) -> tuple[Segment, ...]:
    """Parse findNextFile, whose `items[n].Channel` counts from 0. Raises Malformed: wrong count, channel or times."""
    found = cgi.fields(reply)
    told = found.get("found", "").strip()
    items = cgi.rows(found, "items", reply.operation)
    if not (told.isascii() and told.isdecimal()) or int(told[:6]) != len(items):
        raise Malformed(f"{reply.operation}: the answer does not hold as many files as it says")
    return tuple(_segment(item, channel, reply.operation) for item in items)


def _segment(item: Fields, channel: int, operation: str) -> Segment:
    if item.get("Channel", "").strip() != str(channel - 1):
        raise Malformed(f"{operation}: the answer is for another channel")
    ending = item.get("FilePath", "").rpartition(".")[2].strip().lower()
    if {item.get("Type", "").strip().lower(), ending} & _NO_VIDEO:
        raise Malformed(f"{operation}: the answer lists stills or sound where footage was asked for")
    try:
        start, end = (wall_clock.parse_digits(item.get(key, "")) for key in ("StartTime", "EndTime"))
    except ValueError:
        raise Malformed(f"{operation}: a file lacks its times") from None
    if end < start:
        raise Malformed(f"{operation}: a file ends before it begins")
    flags = {value.strip().lower() for key, value in item.items() if key.startswith("Flags[")}
    return Segment(start, end, _mode(item), not flags.isdisjoint(PROTECTED))


def _mode(item: Fields) -> RecordingMode:
    """Return why a file was recorded: the first letter in its name ([R] regular, [M] motion, ...), else its flags."""
    letter = _LETTER.search(item.get("FilePath", ""))
    if letter is not None:
        words: dict[str, RecordingMode] = {"R": "continuous", "M": "motion"}
        return words.get(letter[1], "event")
    flag = item.get("Flags[0]", "").strip()
    if flag == "Event":
        return "motion" if item.get("Events[0]", "").strip() == "VideoMotion" else "event"
    return "continuous" if flag == "Timing" else "other"

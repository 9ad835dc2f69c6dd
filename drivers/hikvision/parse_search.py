"""Writes the two searches of ISAPI and parses their answers. Pure.

Moments are left as the device writes them: digits labelled UTC by the Z behind them, mostly wrongly; `times.py`
interprets them.

Source: RaCM (Recording and Content Management), CMSearchDescription, CMSearchResult; ISAPI, trackDailyDistribution.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from lxml import etree

from drivers.errors import DeviceFault, Malformed
from drivers.footage import RecordingMode
from drivers.hikvision.parse_tracks import mode_of
from drivers.hikvision.reply import child, need, rows, text_in, truth, whole
from drivers.hikvision.times import stamp

SEARCH = "ContentMgmt/search"
_ENDED = frozenset({"ok", "nomatches"})
_WHY = re.compile(r"\.com/([A-Za-z]{1,40})$")


@dataclass(frozen=True, slots=True)
class Segment:
    """One recorded piece of a track; moments as the device writes them. `track` 0: not in the item.

    `names_track` False: the item has no track, and `track` is the only one that was asked for.

    `kind` is its content in the device's word, such as `video`; `mode` why it was recorded, None where not reported.
    `locked`: somebody protected it from being recorded over.
    """

    track: int
    begin: datetime
    end: datetime
    kind: str = ""
    mode: RecordingMode | None = None
    names_track: bool = True
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search. `more`: there are further ones. `counted`: how many it says that it found; 0: none said.

    What it counts may be those of this page or of all pages.
    """

    segments: tuple[Segment, ...]
    more: bool
    counted: int = 0


def search_body(name: str, tracks: Iterable[int], begin: datetime, end: datetime, most: int, at: int) -> bytes:
    """Write a search after `at` segments; devices want the vendor's misspelling `searchResultPostion`."""
    ids = "".join(f"<trackID>{track}</trackID>" for track in tracks)
    span = f"<startTime>{begin:%Y-%m-%dT%H:%M:%SZ}</startTime><endTime>{end:%Y-%m-%dT%H:%M:%SZ}</endTime>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<CMSearchDescription><searchID>{name}</searchID><trackIDList>{ids}</trackIDList>"
        f"<timeSpanList><timeSpan>{span}</timeSpan></timeSpanList>"
        f"<maxResults>{most}</maxResults><searchResultPostion>{at}</searchResultPostion>"
        "<metadataList><metadataDescriptor>//recordType.meta.std-cgi.com</metadataDescriptor></metadataList>"
        "</CMSearchDescription>"
    ).encode()


def parse_page(root: etree._Element, track: int | None) -> Page:
    """Parse a CMSearchResult of one `track`, or None for several. Raises DeviceFault; Malformed for wrong lists."""
    words = text_in(root, "responseStatusStrg")
    state = words.lower().replace(" ", "").replace("_", "")
    segments = tuple(_segment(one) for one in rows(child(root, "matchList"), "searchMatchItem"))
    if state not in _ENDED and state != "more":
        if truth(text_in(root, "responseStatus")) is False:
            raise DeviceFault(f"{SEARCH}: the search failed: {words or 'no reason is given'}")
        raise Malformed(f"the state of the search is {words or 'missing'}")
    if (state == "nomatches") == bool(segments):
        raise Malformed(f"the search says {words} and lists {len(segments)} segments")
    if track is not None and any(one.track not in (0, track) for one in segments):
        raise Malformed(f"segments of other tracks than {track} are listed")
    if other := {one.kind for one in segments if one.kind.lower() in _NO_VIDEO}:
        raise Malformed(f"footage is asked for and {', '.join(sorted(other))} is listed")
    if track is not None:
        segments = tuple(replace(one, track=track, names_track=one.track != 0) for one in segments)
    return Page(segments, more=state == "more", counted=whole(text_in(root, "numOfMatches")) or 0)


def month_body(year: int, month: int) -> bytes:
    """Write the request for the days of a month that hold footage."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<trackDailyParam><year>{year}</year><monthOfYear>{month}</monthOfYear></trackDailyParam>"
    ).encode()


def days(root: etree._Element) -> tuple[tuple[int, bool], ...]:
    """Parse a trackDailyDistribution: days of the month and whether recorded; none is no footage. Raises Malformed."""
    told: dict[int, bool] = {}
    for row in rows(need(root, "dayList"), "day"):
        day, recorded = whole(text_in(row, "dayOfMonth")), truth(text_in(row, "record"))
        if day is None or not 1 <= day <= 31 or day in told or recorded is None:
            raise Malformed("a day of the month cannot be read")
        told[day] = recorded
    return tuple(sorted(told.items()))


_NO_VIDEO = frozenset({"audio", "metadata", "text", "picture"})
"""What an item is that holds no video. Source: RaCM, contentType of a mediaSegmentDescriptor."""


def _segment(item: etree._Element) -> Segment:
    # Older firmware writes the moments straight into the item.
    span = child(item, "timeSpan")
    where = item if span is None else span
    begin, end = stamp(text_in(where, "startTime")), stamp(text_in(where, "endTime"))
    if end.written < begin.written:
        raise Malformed("a segment ends before it begins")
    text = text_in(item, "trackID")
    track = whole(text) if text else 0
    if track is None:
        raise Malformed("a segment's track is no number")
    why = _WHY.search(text_in(item, "metadataMatches", "metadataDescriptor"))
    return Segment(
        track=track,
        begin=begin.written,
        end=end.written,
        kind=text_in(item, "mediaSegmentDescriptor", "contentType"),
        mode=mode_of(why[1]) if why else None,
        locked=text_in(item, "mediaSegmentDescriptor", "lockStatus").lower() == "lock",
    )

"""Writes the two searches of ISAPI and parses their answers. Pure.

Moments are kept as the device writes them: their digits, labelled UTC as the Z behind them says, which is mostly not
true. `times.py` decides what they mean.

Source: RaCM (Recording and Content Management), CMSearchDescription, CMSearchResult; ISAPI, trackDailyDistribution.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from lxml import etree

from drivers.errors import DeviceFault, Malformed
from drivers.footage import RecordingMode
from drivers.hikvision.parse_tracks import mode_of
from drivers.hikvision.reply import child, need, rows, said, truth, whole
from drivers.hikvision.times import stamp

SEARCH = "ContentMgmt/search"
_ENDED = frozenset({"ok", "nomatches"})
_WHY = re.compile(r"\.com/([A-Za-z]{1,40})$")


@dataclass(frozen=True, slots=True)
class Segment:
    """One recorded piece of a track; moments as the device writes them. `track` 0: the item does not say.

    `kind` is its content in the device's word, such as `video`; `mode` why it was recorded, None where it does not say.
    """

    track: int
    begin: datetime
    end: datetime
    kind: str = ""
    mode: RecordingMode | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search. `more`: there are further ones. `counted`: how many it says that it found; 0: none said.

    What it counts may be those of this page or of all pages.
    """

    segments: tuple[Segment, ...]
    more: bool
    counted: int = 0


def asked(name: str, tracks: Iterable[int], begin: datetime, end: datetime, most: int, at: int) -> bytes:
    """Write a search; `at` is how many segments were listed before.

    `searchResultPostion` is misspelt in the vendor's own SDK: devices do not page by the right word.
    """
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


def found(root: etree._Element, track: int | None) -> Found:
    """Read a CMSearchResult; `track` is the one that was asked for, None where there were several.

    Raises:
        DeviceFault: The search failed, and the device says so.
        Malformed: It says that there are segments and lists none, or an item cannot be read or is of another track.
    """
    words = said(root, "responseStatusStrg")
    state = words.lower().replace(" ", "").replace("_", "")
    listed = child(root, "matchList")
    segments = tuple(_segment(one) for one in (rows(listed, "searchMatchItem") if listed is not None else ()))
    if state not in _ENDED and state != "more":
        if truth(said(root, "responseStatus")) is False:
            raise DeviceFault(f"{SEARCH}: the search failed: {words or 'no reason is given'}")
        raise Malformed(f"the state of the search is {words or 'missing'}")
    if (state == "nomatches") == bool(segments):
        raise Malformed(f"the search says {words} and lists {len(segments)} segments")
    if track is not None and any(one.track not in (0, track) for one in segments):
        raise Malformed(f"segments of other tracks than {track} are listed")
    if track is not None:
        segments = tuple(replace(one, track=track) for one in segments)
    return Found(segments, more=state == "more", counted=whole(said(root, "numOfMatches")) or 0)


def month_asked(year: int, month: int) -> bytes:
    """Write the question which days of a month hold footage."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<trackDailyParam><year>{year}</year><monthOfYear>{month}</monthOfYear></trackDailyParam>"
    ).encode()


def days(root: etree._Element) -> tuple[tuple[int, bool], ...]:
    """Read a trackDailyDistribution: pairs of day of the month and whether it holds footage, in order.

    A list without days is that of a month without footage. Raises Malformed.
    """
    told: dict[int, bool] = {}
    for row in rows(need(root, "dayList"), "day"):
        day, recorded = whole(said(row, "dayOfMonth")), truth(said(row, "record"))
        if day is None or not 1 <= day <= 31 or day in told or recorded is None:
            raise Malformed("a day of the month cannot be read")
        told[day] = recorded
    return tuple(sorted(told.items()))


def _segment(item: etree._Element) -> Segment:
    # Older firmware writes the moments straight into the item.
    span = child(item, "timeSpan")
    where = item if span is None else span
    begin, end = stamp(said(where, "startTime")), stamp(said(where, "endTime"))
    if end.written < begin.written:
        raise Malformed("a segment ends before it begins")
    text = said(item, "trackID")
    track = whole(text) if text else 0
    if track is None:
        raise Malformed("a segment's track is no number")
    why = _WHY.search(said(item, "metadataMatches", "metadataDescriptor"))
    return Segment(
        track=track,
        begin=begin.written,
        end=end.written,
        kind=said(item, "mediaSegmentDescriptor", "contentType"),
        mode=mode_of(why[1]) if why else None,
    )

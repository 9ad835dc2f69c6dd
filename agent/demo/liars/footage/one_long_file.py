"""Lists everything of a track as one file from the oldest moment to now.

A unit that merges what touches merges too much where its index was repaired; no file is longer than hours.

Source: field reports, `searchMatchItem/timeSpan`; merging with slack is usual.
"""

import re
from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.liars.worlds_table import GYM
from agent.demo.world.cameras import RecordingPlan
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Leave two days of gym out and list one file over all that was asked for."""
    gym = replace(GYM, recording=RecordingPlan(35, gap_hours=48, gap_days_ago=4, gap_from_midnight=True))

    def say(asked: str, body: bytes) -> bytes:
        if "contentmgmt/search" not in asked.lower() or ">201<" not in asked:
            return body
        wish = re.search(r"<startTime>([^<]*)</startTime>\s*<endTime>([^<]*)<", asked)
        items = re.findall(rb"<searchMatchItem>.*?</searchMatchItem>", body, re.DOTALL)
        if wish is None or not wish[1].startswith("20") or len(items) == 1:
            return body
        start, end = wish[1].encode(), wish[2].encode()
        match = re.sub(rb"<startTime>[^<]*", b"<startTime>" + start, items[0] if items else _ITEM)
        match = re.sub(rb"<endTime>[^<]*", b"<endTime>" + end, match)
        return re.sub(rb"<responseStatusStrg>.*", _END % match, body, flags=re.DOTALL)

    def days(asked: str, body: bytes) -> bytes:
        if "tracks/201/dailydistribution" not in asked.lower():
            return say(asked, body)
        return body.replace(b"<record>false</record>", b"<record>true</record>")

    return Telling(lying=Lying(says=days), rows=(gym,))


_ITEM = (
    b"<searchMatchItem><trackID>201</trackID><timeSpan><startTime></startTime><endTime></endTime></timeSpan>"
    b"<mediaSegmentDescriptor><contentType>video</contentType><codecType>H.264-BP</codecType></mediaSegmentDescriptor>"
    b"<metadataMatches><metadataDescriptor>recordType.meta.hikvision.com/timing</metadataDescriptor></metadataMatches>"
    b"</searchMatchItem>"
)
_END = (
    b"<responseStatusStrg>OK</responseStatusStrg><numOfMatches>1</numOfMatches><matchList>%b</matchList>"
    b"</CMSearchResult>"
)


LIE = Lie(
    name="one_long_file",
    world="hikvision",
    fakes=Message("one file claims to hold three weeks without a hole"),
    makes=make,
    right={
        "recording-completeness camera:gym": NOT_PASS,
        "recording-completeness camera:library": NOT_FAIL,
    },
    looks=12,
)

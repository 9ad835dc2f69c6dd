"""Answers with one recording of 35 days that is five days and one hour that somebody locked.

A recorder keeps what a person locked when the disk is full, and its list names the oldest and the newest moment of a
recording, not what is missing between them. Its list of events begins with the recording.

Source: ONVIF Recording Search Service Specification, RecordingInformation (EarliestRecording, LatestRecording).
"""

from __future__ import annotations

import re
from dataclasses import replace

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, changed
from agent.demo.liars.worlds_table import GATE
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.world.cameras import RecordingPlan
from agent.demo.world.lying import Lying
from agent.model.finding import Message


def make() -> Telling:
    """Merge the locked hour and the last five days into one recording; only the hour is played from its address."""
    gate = replace(GATE, recording=RecordingPlan(35, gap_hours=29 * 24, gap_days_ago=34))
    merge = changed(
        "GetRecordingSearchResults",
        r"<tt:RecordingInformation><tt:RecordingToken>rec-1-1<.*?</tt:RecordingInformation>",
        "",
    )

    def say(asked: str, body: bytes) -> bytes:
        if "GetRecordingSearchResults" not in asked or b"rec-1-1<" not in body:
            return body
        oldest = re.search(rb"rec-1-1<.*?<tt:EarliestRecording>([^<]*)", body, re.DOTALL)
        whole = merge(asked, body)
        if oldest is None or b"rec-1-2<" not in whole:
            return body
        head, _, rest = whole.partition(b"<tt:RecordingToken>rec-1-2<")
        rest = re.sub(rb"(<tt:(?:EarliestRecording|DataFrom)>)[^<]*", rb"\g<1>" + oldest[1], rest, count=2)
        return head + b"<tt:RecordingToken>rec-1-2<" + rest

    def events(asked: str, body: bytes) -> bytes:
        if "GetEventSearchResults" not in asked:
            return body
        return re.sub(rb"<tt:Result>(?:(?!</tt:Result>).)*?rec-1-(?:(?!</tt:Result>).)*</tt:Result>", b"", body)

    def aim(target: Target, view: DeviceView) -> Target:
        if target.recording is None or not target.recording.token.endswith("-1-2"):
            return target
        locked = next(one for one in view.recordings() if one.token.endswith("-1-1"))
        return replace(target, recording=locked)

    return Telling(lying=Lying(says=lambda asked, body: events(asked, say(asked, body)), aims=aim), rows=(gate,))


LIE = Lie(
    name="one_locked_hour",
    world="onvif",
    fakes=Message("five days and one locked hour pass for five weeks"),
    makes=make,
    right={
        "retention-days camera:gate": NOT_PASS,
        "recording-completeness camera:gate": NOT_PASS,
        "retention-days camera:court": NOT_FAIL,
    },
)

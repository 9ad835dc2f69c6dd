"""Answers with one recording of 35 days that is one hour that somebody locked.

A recorder keeps what a person locked when the disk is full, and its list names the oldest and the newest moment of a
recording, not what is missing between them. Its list of events begins with the recording.

Source: ONVIF Recording Search Service Specification, RecordingInformation (EarliestRecording, LatestRecording).
"""

from dataclasses import replace
from datetime import timedelta

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.world.lying import Lying
from agent.model.finding import Message
from drivers.model import Span


def make() -> Telling:
    """List 35 days of gate, and play its first hour and nothing behind it."""

    def aim(target: Target, view: DeviceView) -> Target:
        if target.recording is None or target.camera.id != "gate":
            return target
        begin = target.recording.span.start_at
        locked = replace(target.recording, span=Span(begin, begin + timedelta(hours=1)), running=False)
        return replace(target, recording=locked)

    return Telling(lying=Lying(aims=aim))


LIE = Lie(
    name="one_locked_hour",
    world="onvif",
    fakes=Message("one locked hour passes for five weeks"),
    makes=make,
    right={
        "retention-days camera:gate": NOT_PASS,
        "recording-completeness camera:gate": NOT_PASS,
        "retention-days camera:court": NOT_FAIL,
    },
)

"""Tells lies of the moment of a picture."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

import cv2
import numpy as np

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, UNKNOWN, Allowed, Lie, Telling
from agent.demo.liars.lie import says as telling
from agent.demo.liars.worlds_table import GATE
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.clips import clip_of, load, recorded
from agent.demo.rtsp.playing import moment_shown
from agent.demo.rtsp.target import Target
from agent.demo.scene.scene import card, jpeg
from agent.demo.world.cameras import CAMERAS, DemoCamera
from agent.demo.world.lying import Lying
from agent.model.finding import Message
from gallery.masks import TRACK, bare, frame

EVENT = "event=7"


def bare_event_picture() -> Telling:
    """Simulates a camera that stores the picture of an event before it draws the mask, and names its address.

    Source: ONVIF metadatastream.xsd, Frame: SceneImageRef.

    Name the picture of the last event in every stream's metadata, and answer with what is behind the mask.
    """
    asked_times = 0

    def say(asked: str, body: bytes) -> bytes:
        nonlocal asked_times
        if EVENT not in asked:
            return body
        asked_times += 1
        return bare(next(one for one in CAMERAS if one.id == "gate"), asked_times)

    def name(target: Target) -> tuple[bytes, ...]:
        address = f"/snapshot/{target.camera.channel}.jpg?{EVENT}"
        return (frame(f"<tt:SceneImageRef>{address}</tt:SceneImageRef>"),) if target.camera.id == "gate" else ()

    return Telling(lying=Lying(says=say, sdp=lambda text: text + TRACK, tells=name))


SEEN_AS_IT_IS_OF_ONE_CHANNEL_TWICE: Allowed = ("fail",)


def one_channel_twice() -> Telling:
    """Answers requests for the second channel with the first one.

    Recorders of which an input was not assigned send the first one's pictures, and list both as connected.

    Source: field reports; ONVIF Media Service Specification, profiles: a token is opaque.

    Send gate's pictures for court's.
    """

    def aim(target: Target, view: DeviceView) -> Target:
        del view
        return replace(target, camera=GATE) if target.camera.id == "court" and target.recording is None else target

    def show(camera: DemoCamera) -> DemoCamera:
        return replace(GATE, name=camera.name) if camera.id == "court" else camera

    return Telling(lying=Lying(aims=aim, shows=show))


def same_chart() -> Telling:
    """Sends one test chart, with other noise, for both cameras.

    Two cameras in front of one chart, or two encoders set to the same pattern, are two cameras all the same.

    Source: ISO 12233, resolution charts; sensors never have the same noise twice.

    Send the chart as the snapshot of each channel.
    """
    count = 0

    def say(asked: str, body: bytes) -> bytes:
        nonlocal count
        if "/snapshot/" not in asked:
            return body
        count += 1
        noise = np.random.default_rng(count).normal(0, 3, (360, 640, 3))
        return jpeg(np.clip(_chart() + noise, 0, 255).astype(np.uint8))

    return telling(say)


def _chart() -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Grey squares in an order of chance, the same one for each picture."""
    squares = np.random.default_rng(9).uniform(20, 235, (9, 16)).astype(np.float32)
    grey = cv2.resize(squares, (640, 360), interpolation=cv2.INTER_NEAREST)
    return np.repeat(grey[..., None], 3, axis=2).astype(np.float64)


SEEN_AS_IT_IS_OF_LIVE_FOR_FOOTAGE: Allowed = ("fail",)


def live_for_footage() -> Telling:
    """Simulates a recorder that plays what is live, whatever moment of footage is requested.

    A recorder whose disk failed still answers a request for footage: with the stream that it has.

    Source: field reports; ISAPI playback names the moment in its URL, and no picture says when it was taken.

    Play library's live stream for its footage.
    """

    def aim(target: Target, view: DeviceView) -> Target:
        if target.recording is None or target.camera.id != "library":
            return target
        live = clip_of(target.camera, "main", view.fault(target.camera))
        first = moment_shown(live, view.now)
        return replace(target, plays=replace(live, pictures=live.pictures[first:] + live.pictures[:first]))

    return Telling(lying=Lying(aims=aim))


CLIPS = ("library-playback.h264", "library-late.h264")
"""By turns: no live stream of it ever shows a picture of these."""

FINDS_EACH = 2
"""A stream is looked up when it is described, and when it is set up."""


def late_for_footage() -> Telling:
    """Simulates a recorder that plays what was live a while ago, another moment each time, for whatever is requested.

    What comes over a replay address is buffered: it is seconds behind the live stream, and equal to no picture of it.

    Source: field reports; ISAPI playback names the moment in its URL, and no picture says when it was taken.

    Play library's camera of a while ago for its footage, each time it is played another moment.
    """
    found = count()

    def aim(target: Target, view: DeviceView) -> Target:
        del view
        if target.recording is None or target.camera.id != "library":
            return target
        return replace(target, plays=load(CLIPS[next(found) // FINDS_EACH % len(CLIPS)]))

    return Telling(lying=Lying(aims=aim))


def one_for_every_day() -> Telling:
    """Simulates a recorder that plays the beginning of its footage, whatever moment of it is requested.

    It reads no range in a request to play, and no time in an address. The same moment shows the same picture each time.

    Source: field reports.

    Play library's first footage for all of it.
    """

    def aim(target: Target, view: DeviceView) -> Target:
        del view
        if target.recording is None or target.camera.id != "library":
            return target
        return replace(target, plays=recorded("library", target.recording.span.start_at))

    return Telling(lying=Lying(aims=aim))


def card_for_footage() -> Telling:
    """Simulates a recorder that plays its own card, whatever moment of footage is requested.

    A card shows too little to be compared with another picture: it has no imprint.

    Source: field reports.

    Play a card for all of library's footage.
    """

    def aim(target: Target, view: DeviceView) -> Target:
        del view
        if target.recording is None or target.camera.id != "library":
            return target
        return replace(target, plays=load("card-main.h264"))

    return Telling(lying=Lying(aims=aim))


BEGUN_AT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)

STEP = timedelta(seconds=7)


def moving_card() -> Telling:
    """Draws a card that moves in place of a camera that a recorder has lost, and reports that it is connected.

    Words wander over the card and a clock runs, so that no picture is like the one before.

    Source: field reports: screen savers of recorders; "NO VIDEO" and "VIDEO LOSS" as moving text.

    Show the card for gate, on every live path.
    """
    count = 0

    def say(asked: str, body: bytes) -> bytes:
        nonlocal count
        if "/snapshot/1.jpg" not in asked:
            return body
        count += 1
        return jpeg(card("snapshot", BEGUN_AT + count * STEP))

    def aim(target: Target, view: DeviceView) -> Target:
        del view
        if target.camera.id != "gate" or target.recording is not None:
            return target
        return replace(target, camera=replace(target.camera, place="card"))

    return Telling(lying=Lying(says=say, aims=aim))


MOMENTS: Final[tuple[Lie, ...]] = (
    Lie(
        name="bare_event_picture",
        world="onvif",
        fakes=Message("the streams are masked, and the picture of an event is not"),
        makes=bare_event_picture,
        right={"privacy-mask-effective camera:gate": ("fail",)},
        looks=3,
    ),
    Lie(
        name="one_channel_twice",
        world="onvif",
        fakes=Message("the second channel sends what the first one sees"),
        makes=one_channel_twice,
        right={
            "same-picture site": SEEN_AS_IT_IS_OF_ONE_CHANNEL_TWICE,
            "privacy-mask-effective camera:gate": NOT_FAIL,
        },
        looks=2,
    ),
    Lie(
        name="same_chart",
        world="onvif",
        fakes=Message("both cameras show one test chart"),
        makes=same_chart,
        right={
            "same-picture site": UNKNOWN,
        },
        looks=2,
    ),
    Lie(
        name="live_for_footage",
        world="hikvision",
        fakes=Message("what is live is played for every day of footage"),
        makes=live_for_footage,
        right={
            "retention-days camera:library": SEEN_AS_IT_IS_OF_LIVE_FOR_FOOTAGE,
            "retention-days camera:gym": NOT_FAIL,
        },
        looks=3,
    ),
    Lie(
        name="late_for_footage",
        world="hikvision",
        fakes=Message("what was live a while ago is played for every day of footage"),
        makes=late_for_footage,
        right={
            "retention-days camera:library": NOT_PASS,
            "privacy-mask-effective camera:library": NOT_PASS,
            "retention-days camera:gym": NOT_FAIL,
        },
        looks=3,
    ),
    Lie(
        name="one_for_every_day",
        world="hikvision",
        fakes=Message("the beginning of the footage is played for every moment of it"),
        makes=one_for_every_day,
        right={
            "retention-days camera:library": NOT_PASS,
            "privacy-mask-effective camera:library": NOT_PASS,
            "retention-days camera:gym": NOT_FAIL,
        },
        looks=3,
    ),
    Lie(
        name="card_for_footage",
        world="hikvision",
        fakes=Message("a card is played for every moment of footage"),
        makes=card_for_footage,
        right={
            "retention-days camera:library": NOT_PASS,
            "privacy-mask-effective camera:library": NOT_PASS,
            "retention-days camera:gym": NOT_FAIL,
        },
        looks=3,
    ),
    Lie(
        name="moving_card",
        world="onvif",
        fakes=Message("a card that moves stands for a camera"),
        makes=moving_card,
        right={
            "camera-online camera:gate": NOT_PASS,
            "camera-online camera:court": NOT_FAIL,
        },
        looks=2,
    ),
)

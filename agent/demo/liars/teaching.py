"""Tells the lies that `camwarden demo --liars` shows: a dozen, one or more for each kind of evidence."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, changed, says
from agent.demo.liars.segment import path_of, write
from agent.demo.liars.worlds_table import COURT, GATE, NVR
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.world.cameras import DemoCamera
from agent.demo.world.lying import Lying
from agent.demo.world.recordings import full_hour
from agent.model.finding import Message
from drivers.model import Span


def one_locked_hour() -> Telling:
    """Answers with one recording of 35 days that is one hour that somebody locked.

    A recorder keeps what a person locked when the disk is full, and its list names the oldest and the newest moment of
    a recording, not what is missing between them. Its list of events begins with the recording.

    Source: ONVIF Recording Search Service Specification, RecordingInformation (EarliestRecording, LatestRecording).

    List 35 days of gate, and play its first hour and nothing behind it.
    """

    def aim(target: Target, view: DeviceView) -> Target:
        if target.recording is None or target.camera.id != "gate":
            return target
        begin = target.recording.span.start_at
        locked = replace(target.recording, span=Span(begin, begin + timedelta(hours=1)), running=False)
        return replace(target, recording=locked)

    return Telling(lying=Lying(aims=aim))


def bare_archive() -> Telling:
    """Records the picture of the sensor and draws the mask into live streams only.

    Where masks are an overlay of the encoder of one stream, a recording of another encoder has none.

    Source: ONVIF Media2 Service Specification, Privacy Masks: a mask belongs to a video source configuration.

    Play the bare scene from the archive.
    """

    def aim(target: Target, view: DeviceView) -> Target:
        if target.recording is None or target.camera.id != "gate":
            return target
        bare = replace(target.camera, place="gate-bare")
        return replace(target, camera=bare, recording=replace(target.recording, camera=bare))

    return Telling(lying=Lying(aims=aim))


def disk_of_nothing() -> Telling:
    """Lists a disk that is ok and has no room at all.

    A bay whose disk has not been recognised keeps its last word and a capacity of 0.

    Source: field reports, `ContentMgmt/Storage/hdd`.

    Change what it says of its disks.
    """
    return says(changed("contentmgmt/storage", r"<capacity>\d+</capacity>", "<capacity>0</capacity>"))


def found_and_not_listed() -> Telling:
    """Counts more files than it lists.

    A buffer that is full ends the answer after a row; `found` was written before.

    Source: `findNextFile`, `found=` and `items[n]`.

    Leave the second half of each list out.
    """

    def say(asked: str, body: bytes) -> bytes:
        count = body.count(b".StartTime=")
        if "findNextFile" not in asked or count < 4:
            return body
        return b"".join(
            line
            for line in body.splitlines(keepends=True)
            if not line.startswith(b"items[") or int(line[6 : line.index(b"]")]) < count // 2
        )

    return says(say)


def zeros_in_the_middle() -> Telling:
    """Simulates a device that stores three weeks of footage as files of zeros.

    Recorders that allocate files beforehand leave them where a crash ended the writing; names, sizes and times are
    right.

    Source: reports of preallocated segment stores; see the store's notes on holes inside a file.

    Blank every segment between the first and the last three days.
    """

    def blank(store: Path, now: datetime) -> None:
        for hour in range(3 * 24, 32 * 24):
            begin = full_hour(now) - timedelta(hours=hour)
            path = path_of(store, "porch", begin)
            if path.exists():
                write(path, bytes(path.stat().st_size), begin + timedelta(hours=1))

    return Telling(files=blank)


def neighbours_picture() -> Telling:
    """Shows another channel on every path of this one.

    After an input failed, some recorders close the gap and every later channel moves up by one; tokens and names stay.

    Source: ONVIF Media Service Specification: a profile names a source by token, a stream says nothing of its source.

    Show court for gate, on the snapshot and live.
    """

    def aim(target: Target, view: DeviceView) -> Target:
        if target.camera.id != "gate" or target.recording is not None:
            return target
        return replace(target, camera=replace(target.camera, place=COURT.place))

    def show(camera: DemoCamera) -> DemoCamera:
        return replace(COURT, name=camera.name) if camera.id == "gate" else camera

    return Telling(lying=Lying(shows=show, aims=aim))


def yesterdays_snapshot() -> Telling:
    """Sends one cached snapshot for ever while its streams are dead.

    Snapshot services answer from a cache that nothing empties when the sensor stops.

    Source: ONVIF Media Service Specification, GetSnapshotUri: nothing says how old a snapshot may be.

    Remember the first snapshot of gate; answer no stream of it.
    """
    kept: list[bytes] = []

    def say(asked: str, body: bytes) -> bytes:
        if not asked.startswith("/snapshot/1.jpg"):
            return body
        kept.append(body)
        return kept[0]

    def aim(target: Target, view: DeviceView) -> Target | None:
        return None if target.camera.id == "gate" and target.recording is None else target

    return Telling(lying=Lying(says=say, aims=aim))


def bare_main_stream() -> Telling:
    """Draws the mask into the snapshot and the sub-stream only.

    Source: field reports of masks that belong to one encoder; ONVIF Media2, Privacy Masks, says "all".

    Stream gate's bare scene on the main stream.
    """

    def aim(target: Target, view: DeviceView) -> Target:
        if target.camera.id != "gate" or target.path != "main":
            return target
        return replace(target, camera=replace(target.camera, place="gate-bare"))

    return Telling(lying=Lying(aims=aim))


def local_time_as_utc() -> Telling:
    """Writes the wall clock of its zone where UTC is asked for.

    Source: ONVIF Core Specification, GetSystemDateAndTime (UTCDateTime); reports of firmware that fills it with local
    time.

    Tell the wall clock as UTC.
    """

    def say(asked: str, body: bytes) -> bytes:
        if "GetSystemDateAndTime" not in asked:
            return body
        hour = re.search(rb"<tt:Hour>(\d+)</tt:Hour>", body)
        return body if hour is None else body.replace(hour[0], b"<tt:Hour>%d</tt:Hour>" % ((int(hour[1]) + 8) % 24))

    return says(say)


def log_from_1970() -> Telling:
    """Simulates a device that has a log whose oldest entry is of the day on which clocks begin.

    The first entry after a restart without a clock is of 1970-01-01; the rest was cleared yesterday.

    Source: `ContentMgmt/logSearch`, StartDateTime of the first entry.

    Hold one day of log, and one entry of 1970 before it.
    """

    def say(asked: str, body: bytes) -> bytes:
        if "logsearch" not in asked.lower():
            return body
        return re.sub(rb"<StartDateTime>[^<]*", b"<StartDateTime>1970-01-01T08:00:07Z", body, count=1)

    return Telling(lying=Lying(says=say), rows=(replace(NVR, log_days=1),))


def glass_mask() -> Telling:
    """Draws a mask that lets some of the scene through, on the snapshot alone.

    Source: reports of firmware with a transparency of overlays; no field of ONVIF tells it.

    Draw gate's snapshot with a mask of glass.
    """
    assert GATE.mask is not None  # noqa: S101 - a row of our own table
    glass = replace(GATE, mask=replace(GATE.mask, opacity_ratio=0.8))

    return Telling(lying=Lying(shows=lambda camera: glass if camera.id == "gate" else camera))


def mask_only_on_paper() -> Telling:
    """Lists an enabled mask that no picture shows.

    After a restart the encoder runs without the overlay until somebody saves the page of masks again.

    Source: field reports; ONVIF Media2, GetMasks: Enabled is a setting.

    Show gate's bare scene everywhere.
    """

    def aim(target: Target, view: DeviceView) -> Target:
        del view
        if target.camera.id != "gate":
            return target
        return replace(target, camera=replace(target.camera, place="gate-bare"))

    def show(camera: DemoCamera) -> DemoCamera:
        return replace(camera, mask=None) if camera.id == "gate" else camera

    return Telling(lying=Lying(aims=aim, shows=show))


TAUGHT: Final[tuple[Lie, ...]] = (
    Lie(
        name="one_locked_hour",
        world="onvif",
        fakes=Message("one locked hour passes for five weeks"),
        makes=one_locked_hour,
        right={
            "retention-days camera:gate": NOT_PASS,
            "recording-completeness camera:gate": NOT_PASS,
            "retention-days camera:court": NOT_FAIL,
        },
    ),
    Lie(
        name="bare_archive",
        world="onvif",
        fakes=Message("what is recorded has no mask although what is live has one"),
        makes=bare_archive,
        right={
            "privacy-mask-effective camera:gate": NOT_PASS,
            "privacy-mask-effective camera:court": NOT_FAIL,
        },
    ),
    Lie(
        name="disk_of_nothing",
        world="hikvision",
        fakes=Message("a disk of no size is well"),
        makes=disk_of_nothing,
        right={
            "storage-health device:nvr": NOT_PASS,
        },
    ),
    Lie(
        name="found_and_not_listed",
        world="dahua",
        fakes=Message("a list of files is shorter than it says"),
        makes=found_and_not_listed,
        right={
            "recording-completeness camera:pool": NOT_FAIL,
            "recording-completeness camera:shed": NOT_FAIL,
        },
        looks=3,
    ),
    Lie(
        name="zeros_in_the_middle",
        world="store",
        fakes=Message("files of the right name, time and size hold nothing"),
        makes=zeros_in_the_middle,
        right={
            "retention-days camera:porch": NOT_PASS,
            "recording-completeness camera:porch": NOT_PASS,
            "retention-days camera:den": NOT_FAIL,
        },
        looks=3,
    ),
    Lie(
        name="neighbours_picture",
        world="onvif",
        fakes=Message("the neighbour's picture comes on every path of this camera"),
        makes=neighbours_picture,
        right={
            "privacy-mask-effective camera:gate": NOT_PASS,
            "camera-moved camera:gate": NOT_PASS,
            "privacy-mask-effective camera:court": NOT_FAIL,
        },
        looks=4,
    ),
    Lie(
        name="yesterdays_snapshot",
        world="onvif",
        fakes=Message("the first snapshot is sent for ever, and nothing is streamed"),
        makes=yesterdays_snapshot,
        right={
            "privacy-mask-effective camera:gate": NOT_PASS,
            "camera-online camera:gate": NOT_PASS,
            "camera-online camera:court": NOT_FAIL,
        },
        looks=3,
    ),
    Lie(
        name="bare_main_stream",
        world="onvif",
        fakes=Message("the main stream has no mask, the small pictures have one"),
        makes=bare_main_stream,
        right={
            "privacy-mask-effective camera:gate": NOT_PASS,
            "privacy-mask-effective camera:court": NOT_FAIL,
        },
    ),
    Lie(
        name="local_time_as_utc",
        world="onvif",
        fakes=Message("a clock eight hours off is called UTC"),
        makes=local_time_as_utc,
        right={
            "clock-offset device:recorder": NOT_PASS,
        },
    ),
    Lie(
        name="log_from_1970",
        world="hikvision",
        fakes=Message("a log that was cleared begins in 1970"),
        makes=log_from_1970,
        right={
            "audit-log-retention device:nvr": NOT_PASS,
        },
    ),
    Lie(
        name="glass_mask",
        world="onvif",
        fakes=Message("a mask lets a tenth of the scene through on one path"),
        makes=glass_mask,
        right={
            "privacy-mask-effective camera:gate": NOT_PASS,
        },
    ),
    Lie(
        name="mask_only_on_paper",
        world="onvif",
        fakes=Message("a mask is listed as on, and no picture has it"),
        makes=mask_only_on_paper,
        right={
            "privacy-mask-effective camera:gate": NOT_PASS,
            "privacy-mask-geometry camera:gate": NOT_PASS,
            "privacy-mask-effective camera:court": NOT_FAIL,
        },
    ),
)

"""Tells lies of what an archive holds, by lists and by what is played."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, changed, says
from agent.demo.liars.segment import path_of, transport_stream, write
from agent.demo.liars.worlds_table import DEN, GATE, LIBRARY, POOL, PORCH, PORCHCAM
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.world.cameras import RecordingPlan
from agent.demo.world.lying import Lying
from agent.demo.world.recordings import full_hour
from agent.model.finding import Message


def disk_out_of_the_list() -> Telling:
    """Lists one disk less than before, and calls all of them well.

    A disk that does not spin up any more is left out of the list; what is left in it is in order.

    Source: field reports, `ContentMgmt/Storage/hdd` after a restart.

    Leave the second disk out.
    """
    return says(changed("contentmgmt/storage", r"<hdd><id>2</id>.*?</hdd>", ""))


def disk_without_bytes() -> Telling:
    """Lists a disk in order that has no room at all.

    A bay whose disk has not been recognised keeps its last word.

    Source: field reports; `getDeviceAllInfo`: TotalBytes.

    Empty the size of every disk.
    """
    return says(changed("getDeviceAllInfo", r"(TotalBytes|UsedBytes)=[\d.]+", r"\1=0.000000"))


def file_of_2000() -> Telling:
    """Lists one file of the year 2000 before ten days of footage.

    A clock that lost its battery begins in 2000, and what is recorded until NTP answers has that date.

    Source: field reports of `mediaFileFind` (StartTime); the units' clocks begin on 2000-01-01.

    Keep ten days of pool, and date the first file of every list 2000-01-01.
    """
    short = replace(POOL, recording=RecordingPlan(10))

    def say(asked: str, body: bytes) -> bytes:
        if "findNextFile" not in asked or b"items[0].Channel=0" not in body:
            return body
        begin = rb"(items\[0\]\.StartTime=)[\d: -]{19}"
        return re.sub(begin, rb"\g<1>2000-01-01 00:00:09", body)

    return Telling(lying=Lying(says=say), rows=(short,))


def forgotten_card() -> Telling:
    """Records a second archive in the camera, from before the mask was drawn.

    A card in the camera goes on recording after the gateway's store took over, and nobody looks at it any more.

    Source: ONVIF Recording Search Service Specification: a camera with storage of its own answers as a recorder does.

    Offer recordings in the camera, and play the bare scene from them.
    """

    def aim(target: Target, view: DeviceView) -> Target:
        if target.recording is None or target.camera.id != PORCH.id:
            return target
        bare = replace(target.camera, place="gate-bare")
        return replace(target, camera=bare, recording=replace(target.recording, camera=bare))

    return Telling(lying=Lying(aims=aim), rows=(replace(PORCHCAM, recorder=True),))


def full_calendar() -> Telling:
    """Simulates a device that marks every day of the month as recorded; the files reach back twelve days.

    The calendar is an index of its own, which is not cleared with the files.

    Source: field reports of `dailyDistribution`.

    Keep twelve days of library, and mark every day.
    """
    short = replace(LIBRARY, recording=RecordingPlan(12))
    days = changed("dailydistribution", r"<record>false<", "<record>true<")
    return Telling(lying=Lying(says=days), rows=(short,))


def latest_in_the_future() -> Telling:
    """Lists a recording that ends tomorrow and stopped two days ago.

    The index reserves its next block ahead, and firmware names the block's end.

    Source: ONVIF Recording Search Service Specification, LatestRecording, DataTo.

    Stop gate's recording two days ago, and add three days to each end that is listed.
    """
    stopped = replace(GATE, recording=RecordingPlan(35, ended_days_ago=2))

    def later(found: re.Match[str]) -> str:
        end = datetime.fromisoformat(found[2]) + timedelta(days=3)
        return f"{found[1]}{end.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"

    ends = r"(vs1(?:(?!LatestRecording).)*<tt:LatestRecording>)([^<]*)"
    tracks = r"(vs1(?:(?!DataTo).)*<tt:DataTo>)([^<]*)"

    def say(asked: str, body: bytes) -> bytes:
        for what in (ends, tracks):
            body = changed("GetRecordingSearchResults", what, later)(asked, body)
        return body

    return Telling(lying=Lying(says=say), rows=(stopped,))


def named_after_days() -> Telling:
    """Simulates a device that holds five weeks of names that were all written within the last hour.

    Somebody copies today's segments under the names of the days that are missing.

    Source: the segments store's own rule: a name is what the recorder gave, and nobody signs it.

    Keep three days of porch, and copy a segment of today under every older name.
    """

    def copy(store: Path, now: datetime) -> None:
        data = transport_stream(PORCH.place, now)
        for hour in range(3 * 24, 35 * 24):
            path = path_of(store, "porch", full_hour(now) - timedelta(hours=hour))
            if path.exists():
                write(path, data, now)

    return Telling(files=copy)


def partition_read_only() -> Telling:
    """Lists a disk in order whose only partition is read only.

    After an error of its file system a partition is mounted for reading, and the drive says Success.

    Source: `getDeviceAllInfo`: Detail[n].Type, ReadOnly.

    Make the partition one that is only read.
    """
    return says(changed("getDeviceAllInfo", r"\.Type=ReadWrite", ".Type=ReadOnly"))


def share_offline() -> Telling:
    """Lists a network share that is offline beside two disks that are well.

    What is recorded on the share is gone from every list while it is offline.

    Source: field reports of `ContentMgmt/Storage`: nasList.

    Add a share to the list of storage.
    """
    share = (
        '<nasList size="8"><nas><id>9</id><addressingFormatType>ipaddress</addressingFormatType>'
        "<ipAddress>192.0.2.9</ipAddress><portNo>0</portNo><nasType>NFS</nasType><path>/record</path>"
        "<status>offline</status><capacity>7630885</capacity><freeSpace>0</freeSpace><property>RW</property></nas></nasList>"
    )
    return says(changed("contentmgmt/storage", r'<nasList size="8"(?:></nasList>|/>)', share))


def stretched_files() -> Telling:
    """Lists files that end a day later than they do, across a hole.

    A file that was not closed when power failed has the end that was reserved for it.

    Source: field reports of `mediaFileFind` (EndTime).

    Leave six hours of pool out, and let each file of it end a day later.
    """
    holed = replace(POOL, recording=RecordingPlan(35, gap_hours=6))

    def later(found: re.Match[str]) -> str:
        end = datetime.strptime(found[2], "%Y-%m-%d %H:%M:%S") + timedelta(days=1)  # noqa: DTZ007 - wall clock
        return f"{found[1]}{end:%Y-%m-%d %H:%M:%S}"

    ends = r"(\.Channel=0\r\nitems\[\d+\]\.EndTime=)([\d: -]{19})"
    return Telling(lying=Lying(says=changed("findNextFile", ends, later)), rows=(holed,))


def day_long_ago() -> Telling:
    """Simulates a device that holds one day of two months ago and a ring of three days behind it.

    Somebody locked a day, and the disk is too small for the rest.

    Source: ONVIF Recording Search Service Specification: each stretch is a recording of its own, the oldest too.

    Leave 58 days between the oldest day of gate and its last three.
    """
    locked = RecordingPlan(62, gap_hours=58 * 24, gap_days_ago=61)
    return Telling(rows=(replace(GATE, recording=locked),))


def nobodys_recordings() -> Telling:
    """Lists recordings that name no video source, the other camera's first.

    Firmware leaves VideoSourceToken out, and lists what was changed last at the top.

    Source: ONVIF Recording Search Service Specification, RecordingSourceInformation: VideoSourceToken is optional.

    Leave every name of a source out, and turn the list around.
    """

    def say(asked: str, body: bytes) -> bytes:
        found = re.findall(rb"<tt:RecordingInformation>.*?</tt:RecordingInformation>", body, re.DOTALL)
        if "GetRecordingSearchResults" not in asked or not found:
            return body
        body = body.replace(b"".join(found), b"".join(reversed(found)))
        body = re.sub(rb"<tt:VideoSourceToken>[^<]*</tt:VideoSourceToken>", b"", body)
        body = re.sub(rb"(<tt:SourceId>)[^<]*", rb"\1urn:recorder", body)
        return re.sub(rb"(<tt:(?:Name|Location|Description)>)[^<]*", rb"\1", body)

    return says(say)


KEEPS = timedelta(days=5)


def grey_archive() -> Telling:
    """Simulates a device that plays a dark picture wherever it has overwritten what it still lists.

    Source: field reports of playback that answers every moment; nothing in RTSP says that a picture is no footage.

    Play what is older than five days of library as darkness.
    """

    def aim(target: Target, view: DeviceView) -> Target:
        if target.recording is None or target.asked is None or target.camera.id != "library":
            return target
        if target.asked.start_at > view.now - KEEPS:
            return target
        dark = replace(target.camera, place="dark")
        return replace(target, camera=dark, recording=replace(target.recording, camera=dark))

    return Telling(lying=Lying(aims=aim))


LAST, FIRST = timedelta(hours=12), timedelta(days=29, hours=12)


def hollow_middle() -> Telling:
    """Simulates a device that lists five weeks and plays the first and the last days of them alone.

    A disk that is failing, or a database that outlives the files, leaves a list that nobody plays.

    Source: field reports of recorders that answer 404 to days that their calendar marks; RFC 2326 section 7.1.1.

    Refuse to play library between the age of a floor and yesterday.
    """

    def aim(target: Target, view: DeviceView) -> Target | None:
        if target.recording is None or target.asked is None or target.camera.id != "library":
            return target
        return None if LAST < view.now - target.asked.start_at < FIRST else target

    return Telling(lying=Lying(aims=aim))


def metadata_tracks() -> Telling:
    """Answers a search for footage with files that hold no video.

    Events and marks are kept for longer than pictures, on the same track.

    Source: ISAPI, `ContentMgmt/search`: contentType of a mediaSegmentDescriptor is video, audio, metadata or text.

    Call every file of library metadata.
    """
    of_it = r"(<trackID>101</trackID>(?:(?!</searchMatchItem>).)*<contentType>)video<"
    return says(changed("ContentMgmt/search", of_it, r"\1metadata<"))


def pictures_for_footage() -> Telling:
    """Answers a search for footage with stills: a picture an hour, under the times of the hours.

    Snapshots on a schedule are kept beside footage and found by the same search.

    Source: `mediaFileFind`: Type of an item is dav, jpg or mp4, and its path ends so.

    Call every file of pool a picture.
    """

    def say(asked: str, body: bytes) -> bytes:
        if "findNextFile" not in asked:
            return body
        for number in re.findall(rb"items\[(\d+)\]\.Channel=0", body):
            at = rb"items\[" + number + rb"\]\."
            body = re.sub(rb"(" + at + rb"Type=)dav", rb"\1jpg", body)
            body = re.sub(rb"(" + at + rb"FilePath=[^\r\n]*)\.dav", rb"\1.jpg", body)
        return body

    return says(say)


ARCHIVE: Final[tuple[Lie, ...]] = (
    Lie(
        name="disk_out_of_the_list",
        world="hikvision",
        fakes=Message("a disk that died is not listed any more, and the others are well"),
        makes=disk_out_of_the_list,
        right={
            "storage-health device:nvr": NOT_PASS,
        },
        looks=4,
    ),
    Lie(
        name="disk_without_bytes",
        world="dahua",
        fakes=Message("a disk without room is well"),
        makes=disk_without_bytes,
        right={
            "storage-health device:dhr": NOT_PASS,
        },
    ),
    Lie(
        name="file_of_2000",
        world="dahua",
        fakes=Message("one file of the year 2000 passes for old footage"),
        makes=file_of_2000,
        right={
            "retention-days camera:pool": NOT_PASS,
            "retention-days camera:shed": NOT_FAIL,
        },
        looks=3,
    ),
    Lie(
        name="forgotten_card",
        world="store",
        fakes=Message("the store is judged, and a forgotten card in the camera keeps what is bare"),
        makes=forgotten_card,
        right={
            f"privacy-mask-effective camera:{PORCH.id}": NOT_PASS,
            f"privacy-mask-effective camera:{DEN.id}": NOT_FAIL,
        },
    ),
    Lie(
        name="full_calendar",
        world="hikvision",
        fakes=Message("a calendar is full, and the files of most days are gone"),
        makes=full_calendar,
        right={
            "retention-days camera:library": NOT_PASS,
            "retention-days camera:gym": NOT_FAIL,
        },
        looks=3,
    ),
    Lie(
        name="latest_in_the_future",
        world="onvif",
        fakes=Message("a recording that stopped is listed until tomorrow"),
        makes=latest_in_the_future,
        right={
            "recording-completeness camera:gate": NOT_PASS,
            "recording-completeness camera:court": NOT_FAIL,
        },
        looks=2,
    ),
    Lie(
        name="named_after_days",
        world="store",
        fakes=Message("segments of today have names of five weeks"),
        makes=named_after_days,
        right={
            "retention-days camera:porch": NOT_PASS,
            "retention-days camera:den": NOT_FAIL,
        },
        looks=3,
    ),
    Lie(
        name="partition_read_only",
        world="dahua",
        fakes=Message("a disk that is only read is well"),
        makes=partition_read_only,
        right={
            "storage-health device:dhr": NOT_PASS,
        },
    ),
    Lie(
        name="share_offline",
        world="hikvision",
        fakes=Message("a share that is offline stands beside disks that are well"),
        makes=share_offline,
        right={
            "storage-health device:nvr": NOT_PASS,
        },
    ),
    Lie(
        name="stretched_files",
        world="dahua",
        fakes=Message("files that claim to last a day cover a hole of six hours"),
        makes=stretched_files,
        right={
            "recording-completeness camera:pool": NOT_PASS,
        },
        looks=3,
    ),
    Lie(
        name="day_long_ago",
        world="onvif",
        fakes=Message("one day of long ago passes for two months"),
        makes=day_long_ago,
        right={
            "retention-days camera:gate": NOT_PASS,
            "recording-completeness camera:gate": NOT_PASS,
            "retention-days camera:court": NOT_FAIL,
        },
    ),
    Lie(
        name="nobodys_recordings",
        world="onvif",
        fakes=Message("recordings belong to a camera by their order alone"),
        makes=nobodys_recordings,
        right={
            "retention-days camera:gate": NOT_PASS,
            "retention-days camera:court": NOT_PASS,
        },
    ),
    Lie(
        name="grey_archive",
        world="hikvision",
        fakes=Message("four weeks of a list play as an empty picture"),
        makes=grey_archive,
        right={
            "retention-days camera:library": NOT_PASS,
            "retention-days camera:gym": NOT_FAIL,
        },
        looks=3,
    ),
    Lie(
        name="hollow_middle",
        world="hikvision",
        fakes=Message("five weeks are listed, and only their ends can be played"),
        makes=hollow_middle,
        right={
            "retention-days camera:library": NOT_PASS,
            "retention-days camera:gym": NOT_FAIL,
        },
        looks=3,
    ),
    Lie(
        name="metadata_tracks",
        world="hikvision",
        fakes=Message("five weeks of marks stand in the list of footage"),
        makes=metadata_tracks,
        right={
            "retention-days camera:library": NOT_PASS,
            "retention-days camera:gym": NOT_FAIL,
        },
        looks=3,
    ),
    Lie(
        name="pictures_for_footage",
        world="dahua",
        fakes=Message("a still an hour stands in the list of footage"),
        makes=pictures_for_footage,
        right={
            "retention-days camera:pool": NOT_PASS,
            "retention-days camera:shed": NOT_FAIL,
        },
        looks=3,
    ),
)

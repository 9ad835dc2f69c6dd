"""Tells lies of recordings, of their files and disks."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, changed, says
from agent.demo.liars.segment import path_of, transport_stream, write
from agent.demo.liars.worlds_table import COURT, DEN, GATE, GYM
from agent.demo.onvif.device_view import DeviceView
from agent.demo.onvif.recording_service import timestamp
from agent.demo.rtsp.target import Target
from agent.demo.world.cameras import RecordingPlan
from agent.demo.world.lying import Lying
from agent.demo.world.recordings import full_hour
from agent.model.finding import Message


def next_footage() -> Telling:
    """Simulates a device that claims an older beginning than it holds, and plays what it has from there on.

    Playback before the first clean point starts at that point, which the standard asks for; the list still names the
    beginning of the recording before the disk was overwritten.

    Source: ONVIF Streaming Specification, Playback; ONVIF Recording Search Service Specification, EarliestRecording.

    Hold twenty days and name an older beginning in every list.
    """
    gate = replace(GATE, recording=RecordingPlan(20))

    def say(asked: str, body: bytes) -> bytes:
        if not any(one in asked for one in ("GetRecordingSearchResults", "GetRecordingInformation", "EventSearch")):
            return body
        return re.sub(rb"rec-1-1<.*?(?=rec-2-|$)", lambda found: _older(found[0]), body, flags=re.DOTALL)

    def _older(part: bytes) -> bytes:
        return re.sub(rb"<tt:(EarliestRecording|DataFrom|Time)>([^<]*)<", _earlier, part)

    def _earlier(found: re.Match[bytes]) -> bytes:
        at = datetime.fromisoformat(found[2].decode()) - timedelta(days=15)
        return b"<tt:%b>%b<" % (found[1], timestamp(at).encode())

    return Telling(lying=Lying(says=say), rows=(gate,))


def neighbours_recording() -> Telling:
    """Simulates a device that plays the recording of another channel under this channel's token.

    Tokens are opaque, and a recorder that was set up anew hands old ones to other channels.

    Source: ONVIF Replay Control Service Specification, GetReplayUri; ONVIF Core, tokens.

    Play court's footage for gate's, at the times that were asked for.
    """

    def aim(target: Target, view: DeviceView) -> Target:
        if target.recording is None or target.camera.id != "gate":
            return target
        court = next(one for one in view.cameras if one.id == "court")
        return replace(target, camera=court, recording=replace(target.recording, camera=court))

    return Telling(lying=Lying(aims=aim))


def swapped_sources() -> Telling:
    """Simulates a device that names the source of each recording by the other's token.

    A camera that was moved to another input keeps its recording's old source; matching follows the token.

    Source: ONVIF Recording Search Service Specification, RecordingSourceInformation.

    Hold five days of gate and 35 of court, and call each by the other's name and source.
    """
    gate = replace(GATE, recording=RecordingPlan(5))

    def say(asked: str, body: bytes) -> bytes:
        if "GetRecordingSearchResults" not in asked and "GetRecordings" not in asked:
            return body
        pairs = ((b"vs1", b"vs2"), (GATE.name.encode(), COURT.name.encode()), (b"channel 1<", b"channel 2<"))
        for one, other in pairs:
            body = body.replace(one, b"\0").replace(other, one).replace(b"\0", other)
        return body

    return Telling(lying=Lying(says=say), rows=(gate,))


def always_recording() -> Telling:
    """Simulates a device that reports that it records, and names the moment of the question as the newest footage.

    A list that is made from the state of the recording job and not from the disk ends at its own clock.

    Source: ONVIF Recording Search Service Specification, RecordingStatus, LatestRecording.

    Stop gate's recording two days ago and say the opposite.
    """
    gate = replace(GATE, recording=RecordingPlan(35, ended_days_ago=2))

    def say(asked: str, body: bytes) -> bytes:
        if not any(one in asked for one in ("GetRecordingSearchResults", "GetRecordingInformation")):
            return body
        newest = max(re.findall(rb"<tt:LatestRecording>([^<]*)", body), default=b"")
        body = re.sub(rb"(<tt:(?:LatestRecording|DataTo)>)[^<]*", rb"\g<1>" + newest, body)
        return body.replace(b">Stopped<", b">Recording<")

    def events(asked: str, body: bytes) -> bytes:
        if "GetEventSearchResults" not in asked:
            return say(asked, body)
        ended = rb'<tt:Result>(?:(?!</tt:Result>).)*IsDataPresent" Value="false(?:(?!</tt:Result>).)*</tt:Result>'
        return re.sub(ended, b"", body, flags=re.DOTALL)

    return Telling(lying=Lying(says=events), rows=(gate,))


def short_page() -> Telling:
    """Simulates a device that answers a search with half of what it counts and answers OK where MORE was due.

    Several units stop at 50 or fewer files, whatever was asked for; `numOfMatches` may count what is not on the page.

    Source: field reports, `CMSearchResult` (responseStatusStrg, numOfMatches).

    Cut every page of a search in half, and let the count stand.
    """

    def say(asked: str, body: bytes) -> bytes:
        items = re.findall(rb"<searchMatchItem>.*?</searchMatchItem>", body, re.DOTALL)
        if "contentmgmt/search" not in asked.lower() or len(items) < 4:
            return body
        body = body.replace(b"".join(items), b"".join(items[: len(items) // 2]))
        return body.replace(b">MORE<", b">OK<")

    return says(say)


def window_ignored() -> Telling:
    """Simulates a device that ignores the time of a search and lists its oldest files.

    A search whose `timeSpan` cannot be read is answered by some units as one without a span.

    Source: field reports, `CMSearchDescription/timeSpanList`.

    Leave a day of gym out, and answer every search for it with footage moved to where it was asked for.
    """
    gym = replace(GYM, recording=RecordingPlan(35, gap_hours=48, gap_days_ago=4, gap_from_midnight=True))
    kept: list[bytes] = []

    def say(asked: str, body: bytes) -> bytes:
        if "contentmgmt/search" not in asked.lower() or ">201<" not in asked:
            return body
        items = re.findall(rb"<searchMatchItem>.*?</searchMatchItem>", body, re.DOTALL)
        if len(items) > 5 and not kept:
            kept.append(body)
        return kept[0] if kept and len(items) != 1 else body

    return Telling(lying=Lying(says=say), rows=(gym,))


def one_long_file() -> Telling:
    """Lists everything of a track as one file from the oldest moment to now.

    A unit that merges what touches merges too much where its index was repaired; no file is longer than hours.

    Source: field reports, `searchMatchItem/timeSpan`; merging with slack is usual.

    Leave two days of gym out and list one file over all that was asked for.
    """
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


def neighbours_track() -> Telling:
    """Answers a search for one track with the files of another.

    Units that ignore `trackIDList` list all tracks; each file still names its own.

    Source: field reports, `searchMatchItem/trackID`.

    Name every file of track 201 as one of track 101.
    """

    def say(asked: str, body: bytes) -> bytes:
        if "contentmgmt/search" not in asked.lower() or ">201<" not in asked or ">101<" in asked:
            return body
        return body.replace(b"<trackID>201<", b"<trackID>101<")

    return says(say)


def strange_word() -> Telling:
    """Simulates a device that reports of a disk a word that is in no document.

    New firmware has new words ("warning", "S.M.A.R.T. failed"), and mainland firmware has Chinese ones.

    Source: field reports, `ContentMgmt/Storage/hdd`.

    Change what it says of its disks.
    """
    return says(changed("contentmgmt/storage", r"<status>ok</status>", "<status>亚健康</status>"))


def disk_read_only() -> Telling:
    """Lists a disk that is ok and can only be read.

    A disk whose file system was found damaged can still be read; `status` says how it is, `property` what can be done.

    Source: field reports, `ContentMgmt/Storage/hdd`.

    Change what it says of its disks.
    """
    return says(changed("contentmgmt/storage", r"<property>RW</property>", "<property>RO</property>"))


def no_disks() -> Telling:
    """Lists no disk at all, with success.

    While a recorder starts, its list of disks is empty and the answer is 200.

    Source: field reports, `ContentMgmt/Storage/hdd`.

    Change what it says of its disks.
    """
    return says(changed("contentmgmt/storage", r"<hdd>.*</hdd>", ""))


def half_a_disk() -> Telling:
    """Simulates a device that reports `Success` of a disk of which one partition has an error.

    The state is that of the drive; each partition has a flag of its own.

    Source: `getDeviceAllInfo` as read from an NVR608H: `list.info[i].Detail[j].IsError`.

    Add a second partition with an error.
    """

    def say(asked: str, body: bytes) -> bytes:
        if "getDeviceAllInfo" not in asked:
            return body
        at = b"list.info[0].Detail[1]."
        more = (b"IsError=true", b"Path=/dev/sda1", b"TotalBytes=495636709376.000000", b"Type=ReadWrite")
        return body + b"".join(at + one + b"\r\n" for one in (*more, b"UsedBytes=495636709376.000000"))

    return says(say)


def not_its_channel() -> Telling:
    """Answers a search for one channel with files that name another.

    `condition.Channel` counts from 1 and `items[n].Channel` from 0; firmware that mixes both up lists the neighbour.

    Source: client code; `findNextFile` as read from an NVR608H.

    Name every file of channel 1 as one of channel 2.
    """
    return says(changed("findNextFile", r"\.Channel=0", ".Channel=1"))


def neighbours_files() -> Telling:
    """Simulates a device that stores another camera's footage under this camera's name.

    Two inputs were swapped on the recorder after the views had been approved.

    Source: folders are named by configuration (`%path`), pictures by nothing.

    Write porch's segments from den's picture.
    """

    def swap(store: Path, now: datetime) -> None:
        for hour in range(36 * 24):
            begin = full_hour(now) - timedelta(hours=hour)
            path = path_of(store, "porch", begin)
            if path.exists():
                write(path, transport_stream(DEN.place, begin), min(begin + timedelta(hours=1), now))

    return Telling(files=swap)


FOOTAGE: Final[tuple[Lie, ...]] = (
    Lie(
        name="next_footage",
        world="onvif",
        fakes=Message("a recorder of twenty days claims thirty-five"),
        makes=next_footage,
        right={
            "retention-days camera:gate": NOT_PASS,
            "retention-days camera:court": NOT_FAIL,
        },
    ),
    Lie(
        name="neighbours_recording",
        world="onvif",
        fakes=Message("the neighbour's recording is played for this camera"),
        makes=neighbours_recording,
        right={
            "retention-days camera:gate": NOT_PASS,
            "privacy-mask-effective camera:gate": NOT_PASS,
            "retention-days camera:court": NOT_FAIL,
        },
    ),
    Lie(
        name="swapped_sources",
        world="onvif",
        fakes=Message("two recordings have changed places, so that the short one looks long"),
        makes=swapped_sources,
        right={
            "retention-days camera:gate": NOT_PASS,
        },
    ),
    Lie(
        name="always_recording",
        world="onvif",
        fakes=Message("a recording that stopped two days ago ends now in every list"),
        makes=always_recording,
        right={
            "recording-completeness camera:gate": NOT_PASS,
            "recording-completeness camera:court": NOT_FAIL,
        },
    ),
    Lie(
        name="short_page",
        world="hikvision",
        fakes=Message("a page of half the files is called the last one"),
        makes=short_page,
        right={
            "recording-completeness camera:library": NOT_FAIL,
            "recording-completeness camera:gym": NOT_FAIL,
        },
        looks=3,
    ),
    Lie(
        name="window_ignored",
        world="hikvision",
        fakes=Message("files of another day are listed for the day that was asked for"),
        makes=window_ignored,
        right={
            "recording-completeness camera:gym": NOT_PASS,
            "recording-completeness camera:library": NOT_FAIL,
        },
        looks=12,
    ),
    Lie(
        name="one_long_file",
        world="hikvision",
        fakes=Message("one file claims to hold three weeks without a hole"),
        makes=one_long_file,
        right={
            "recording-completeness camera:gym": NOT_PASS,
            "recording-completeness camera:library": NOT_FAIL,
        },
        looks=12,
    ),
    Lie(
        name="neighbours_track",
        world="hikvision",
        fakes=Message("files of the neighbouring track fill the holes of this one"),
        makes=neighbours_track,
        right={
            "recording-completeness camera:gym": NOT_PASS,
            "recording-completeness camera:library": NOT_FAIL,
        },
        looks=3,
    ),
    Lie(
        name="strange_word",
        world="hikvision",
        fakes=Message("a disk is in a state that no document names"),
        makes=strange_word,
        right={
            "storage-health device:nvr": NOT_PASS,
        },
    ),
    Lie(
        name="disk_read_only",
        world="hikvision",
        fakes=Message("a disk that nothing can be written to is well"),
        makes=disk_read_only,
        right={
            "storage-health device:nvr": NOT_PASS,
        },
    ),
    Lie(
        name="no_disks",
        world="hikvision",
        fakes=Message("a recorder without any disk has none that is broken"),
        makes=no_disks,
        right={
            "storage-health device:nvr": NOT_PASS,
        },
    ),
    Lie(
        name="half_a_disk",
        world="dahua",
        fakes=Message("a disk with a broken partition is well"),
        makes=half_a_disk,
        right={
            "storage-health device:dhr": NOT_PASS,
        },
    ),
    Lie(
        name="not_its_channel",
        world="dahua",
        fakes=Message("the search of one channel lists files of another"),
        makes=not_its_channel,
        right={
            "recording-completeness camera:pool": NOT_PASS,
        },
        looks=2,
    ),
    Lie(
        name="neighbours_files",
        world="store",
        fakes=Message("the folder of one camera holds another's footage"),
        makes=neighbours_files,
        right={
            "retention-days camera:porch": NOT_PASS,
            "privacy-mask-effective camera:porch": NOT_PASS,
            "retention-days camera:den": NOT_FAIL,
        },
    ),
)

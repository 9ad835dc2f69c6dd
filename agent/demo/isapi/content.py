"""Answers for a simulated ISAPI recorder's disks, schedule and footage. Pure.

Times carry a Z but are the wall clock of the site, `searchResultPostion` is misspelt as the vendor has it, a page holds
at most 50 files, and a window that ends after 2038-01-19 is refused.

Source: field reports (storage, search, dailyDistribution); the vendor's header for the search answer; client code alone
for `logSearch`. `record/tracks`, and one search for several tracks, were not read from a real unit.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from markupsafe import Markup

from agent.demo.isapi.archive import KEPT_BY_EXPIRY, Segment, device_fault_since, files, recorded_days
from agent.demo.isapi.channels import camera_of
from agent.demo.isapi.rtsp import playback_url
from agent.demo.isapi.xml import ISAPI, IsapiError, IsapiRequest, document, not_supported, xml_boolean
from agent.demo.onvif.device_view import DeviceView
from agent.demo.onvif.soap import join
from agent.demo.world.cameras import DemoCamera
from agent.demo.world.recordings import SITE_ZONE
from drivers.model import Span

PAGE = 50
LOG_PAGE = 100
SECONDS_END = datetime(2038, 1, 19, 3, 14, 7, tzinfo=SITE_ZONE)
WIDE = timedelta(days=31)
"""`search-tag-13`: every wider window fails."""
DISK_MB = 7_630_885
WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z?")
_HDD = Markup(
    "<hdd><id>{id}</id><hddName>hdd{letter}</hddName><hddPath></hddPath><hddType>SATA</hddType><status>{status}</status>"
    "<capacity>{capacity}</capacity><freeSpace>{free}</freeSpace><property>RW</property></hdd>"
)
_STORAGE = Markup('{hdds}<nasList size="8"></nasList><workMode opt="group,quota">group</workMode>')
_SMART = Markup(
    "<temprature>38</temprature><powerOnDay>412</powerOnDay><selfEvaluaingStatus>{state}</selfEvaluaingStatus>"
    "<allEvaluaingStatus>{state}</allEvaluaingStatus>"
)
_TRACK = Markup(
    "<id>{id}</id><Channel>{id}</Channel><Enable>false</Enable><Description>trackType=standard,name={name}</Description>"
    "<Duration>{duration}</Duration><LoopEnable>true</LoopEnable><DefaultRecordingMode>CMR</DefaultRecordingMode>"
    "<SrcDescriptor><SrcGUID>{{00000000-0000-0000-0000-000000000000}}</SrcGUID><SrcChannel>{channel}</SrcChannel>"
    "<StreamHint>video</StreamHint><SrcDriver>RTSP</SrcDriver><SrcType>H.264</SrcType><SrcUrl></SrcUrl></SrcDescriptor>"
    "<TrackSchedule><ScheduleBlock><ScheduleBlockGUID>{{00000000-0000-0000-0000-000000000000}}</ScheduleBlockGUID>"
    "<ScheduleBlockType>www.std-cgi.com/racm/schedule/ver10</ScheduleBlockType>{actions}</ScheduleBlock></TrackSchedule>"
    "<CustomExtensionList><CustomExtension><CustomExtensionName>www.isapi.org/RaCM/trackExt/ver10</CustomExtensionName>"
    "<enableSchedule>true</enableSchedule><SaveAudio>false</SaveAudio><PreRecordTimeSeconds>5</PreRecordTimeSeconds>"
    "<PostRecordTimeSeconds>5</PostRecordTimeSeconds><HolidaySchedule></HolidaySchedule></CustomExtension>"
    "</CustomExtensionList><durationEnabled>{expires}</durationEnabled>"
)
_ACTION = Markup(
    "<ScheduleAction><id>{id}</id><ScheduleActionStartTime><DayOfWeek>{day}</DayOfWeek><TimeOfDay>00:00:00</TimeOfDay>"
    "</ScheduleActionStartTime><ScheduleActionEndTime><DayOfWeek>{day}</DayOfWeek><TimeOfDay>24:00:00</TimeOfDay>"
    "</ScheduleActionEndTime><ScheduleDSTEnable>false</ScheduleDSTEnable><Actions><Record>true</Record>"
    "<ActionRecordingMode>{mode}</ActionRecordingMode></Actions></ScheduleAction>"
)
_FOUND = Markup(
    "<searchID>{id}</searchID><responseStatus>true</responseStatus><responseStatusStrg>{state}</responseStatusStrg>"
    "<numOfMatches>{count}</numOfMatches>{matches}"
)
_MATCHES = Markup("<matchList>{items}</matchList>")
_MATCH = Markup(
    "<searchMatchItem><sourceID>{{0000000000-0000-0000-0000-000000000000}}</sourceID><trackID>{track}</trackID>"
    "<timeSpan><startTime>{start}</startTime><endTime>{end}</endTime></timeSpan><mediaSegmentDescriptor>"
    "<contentType>video</contentType><codecType>H.264-BP</codecType><playbackURI>{uri}</playbackURI>"
    "</mediaSegmentDescriptor><metadataMatches><metadataDescriptor>recordType.meta.hikvision.com/{why}"
    "</metadataDescriptor></metadataMatches></searchMatchItem>"
)
_ENTRY = Markup(
    "<searchMatchItem><logDescriptor><metaId>log.hikvision.com/Operation/remoteLogin</metaId><StartDateTime>{at}"
    "</StartDateTime><paraType></paraType><userName>{user}</userName><ipAddress>127.0.0.1</ipAddress></logDescriptor>"
    "</searchMatchItem>"
)
_DAY = Markup("<day><id>{day}</id><dayOfMonth>{day}</dayOfMonth><record>{record}</record>{why}</day>")


def storage(ask: IsapiRequest) -> Markup:
    """`ContentMgmt/Storage`."""
    return document("storage", _STORAGE.format(hdds=_hdds(ask.view)), ISAPI)


def hdds(ask: IsapiRequest) -> Markup:
    """`ContentMgmt/Storage/hdd`."""
    return _hdds(ask.view)


def smart(ask: IsapiRequest) -> Markup:
    """`ContentMgmt/Storage/hdd/1/SMARTTest/status`; two of its names are misspelt on real units too."""
    _recorder(ask.view)
    if ask.numbers[0] not in (1, 2):
        raise not_supported()
    state = _second_disk(ask.view) if ask.numbers[0] == 2 else "ok"
    return document("SMARTTest", _SMART.format(state=state))


def _second_disk(view: DeviceView) -> str:
    return "ok" if device_fault_since(view, "disk-failed") is None else "error"


def _hdds(view: DeviceView) -> Markup:
    """Two full disks, as on a healthy recorder, and the ghost of one that was taken out."""
    _recorder(view)
    free = 0 if device_fault_since(view, "formatted") is None else DISK_MB
    rows = (("a", "ok", DISK_MB, free), ("b", _second_disk(view), DISK_MB, free), ("c", "notexist", 0, 0))
    listed = [
        _HDD.format(id=number, letter=letter, status=status, capacity=capacity, free=left)
        for number, (letter, status, capacity, left) in enumerate(rows, start=1)
    ]
    return document("hddList", join(listed), size=8)


def tracks(ask: IsapiRequest) -> Markup:
    """`ContentMgmt/record/tracks`."""
    listed = [document("Track", _track(ask.view, camera)) for camera in _recorded(ask.view)]
    return document("TrackList", join(listed))


def track(ask: IsapiRequest) -> Markup:
    """`ContentMgmt/record/tracks/101`."""
    return document("Track", _track(ask.view, _camera_of_track(ask.view, ask.numbers[0])))


def _track(view: DeviceView, camera: DemoCamera) -> Markup:
    """`Enable` is false although it records: what counts is `enableSchedule`."""
    mode = "MOTION" if view.fault(camera) == "motion-only" else "CMR"
    actions = [_ACTION.format(id=number, day=day, mode=mode) for number, day in enumerate(WEEK, start=1)]
    expires = view.fault(camera) == "old-deleted"
    return _TRACK.format(
        id=camera.channel * 100 + 1, name=camera.name, channel=camera.channel, actions=join(actions),
        duration=f"P{KEPT_BY_EXPIRY.days}DT0H" if expires else "P0DT0H", expires=xml_boolean(expires),
    )  # fmt: skip


def search(ask: IsapiRequest) -> Markup:
    """POST `ContentMgmt/search`: one page of the files of tracks that lie in a window, oldest first."""
    view = ask.view
    numbers = dict.fromkeys(ask.numbers_named("trackID", 101, 9999))
    window = _window(ask)
    most = min(ask.number("maxResults", 1, 999_999), PAGE)
    # The right spelling is not looked at: whoever writes it gets the first page again and again.
    named = ask.body is not None and ask.body.find(".//{*}searchResultPostion") is not None
    position = ask.number("searchResultPostion", 0, 999_999_999) if named else 0
    cameras = [(number, _camera_of_track(view, number)) for number in numbers]
    if device_fault_since(view, "search-tag-13") is not None and window.end_at - window.start_at > WIDE:
        raise IsapiError(500, 3, "deviceError", "Tag 13 is invalid (two root tags)")
    found = sorted(
        (
            (number, one)
            for number, camera in cameras
            for one in files(view, camera)
            if one.span.start_at < window.end_at and window.start_at < one.span.end_at
        ),
        key=lambda row: (row[1].span.start_at, row[0]),
    )
    page = found[position : position + most]
    return _results(ask, _matches(view, position, page), has_more=position + len(page) < len(found))


def _results(ask: IsapiRequest, items: list[Markup], *, has_more: bool) -> Markup:
    state = ("MORE" if has_more else "OK") if items else "NO MATCHES"
    matches = _MATCHES.format(items=join(items)) if items else Markup("")
    body = _FOUND.format(id=ask.text("searchID")[:64], state=state, count=len(items), matches=matches)
    return document("CMSearchResult", body)


def _matches(view: DeviceView, position: int, page: Sequence[tuple[int, Segment]]) -> list[Markup]:
    return [
        _MATCH.format(
            track=number,
            start=wall_text(one.span.start_at),
            end=wall_text(one.span.end_at),
            uri=playback_url(view, number, one.span, f"{number:08d}{position + offset:09d}"),
            why="motion" if one.motion else "timing",
        )
        for offset, (number, one) in enumerate(page)
    ]


def wall_text(at: datetime) -> str:
    """A moment as the device writes it: the wall clock with a Z."""
    return f"{at.astimezone(SITE_ZONE):%Y-%m-%dT%H:%M:%SZ}"


def _window(ask: IsapiRequest) -> Span:
    start, end = _wall(ask.text("startTime")), _wall(ask.text("endTime"))
    if start >= end or end > SECONDS_END:
        raise IsapiError(400, 6, "badParameters")
    return Span(start, end)


def _wall(text: str) -> datetime:
    match = _TIME.fullmatch(text)
    try:
        return datetime.fromisoformat(match.group(1) if match else "").replace(tzinfo=SITE_ZONE)
    except ValueError:
        raise IsapiError(400, 6, "badXmlContent") from None


def log_search(ask: IsapiRequest) -> Markup:
    """POST `ContentMgmt/logSearch`: the first entries of a class in a window, oldest first; one entry a day."""
    window, most = _window(ask), min(ask.number("maxResults", 1, 999_999), LOG_PAGE)
    kind = ask.text("metaId").rpartition("/")[2]
    first = ask.view.now - timedelta(days=ask.view.spec.log_days)
    days = [first + timedelta(days=n) for n in range(ask.view.spec.log_days + 1)] if kind == "Operation" else []
    listed = [at for at in days if window.start_at <= at < window.end_at]
    items = [_ENTRY.format(at=wall_text(at), user=ask.view.spec.user) for at in listed[:most]]
    return _results(ask, items, has_more=len(listed) > most)


def daily_distribution(ask: IsapiRequest) -> Markup:
    """POST `ContentMgmt/record/tracks/101/dailyDistribution`: the days of a month that hold footage."""
    year, month = ask.number("year", 1970, 2037), ask.number("monthOfYear", 1, 12)
    camera = _camera_of_track(ask.view, ask.numbers[0])
    why = Markup("<recordType>time</recordType>")
    days = [
        _DAY.format(day=day, record=xml_boolean(recorded), why=why if recorded else Markup(""))
        for day, recorded in enumerate(recorded_days(ask.view, camera, year, month), start=1)
    ]
    return document("trackDailyDistribution", Markup("<dayList>{days}</dayList>").format(days=join(days)), ISAPI)


def _recorder(view: DeviceView) -> None:
    if not view.spec.recorder:
        raise not_supported()


def _recorded(view: DeviceView) -> tuple[DemoCamera, ...]:
    _recorder(view)
    return tuple(camera for camera in view.cameras if camera.recording is not None)


def _camera_of_track(view: DeviceView, number: int) -> DemoCamera:
    """Find the camera of a track, if there is such a track; only main streams are recorded."""
    channel, stream = divmod(number, 100)
    camera = camera_of(view, channel)
    if stream != 1 or camera not in _recorded(view):
        raise IsapiError(400, 6, "badParameters")
    return camera

"""What a user would write to read a site: stock libraries as their READMEs show them, one device after the other.

onvif-zeep's `ONVIFCamera` for what speaks ONVIF; `requests` with Digest for ISAPI and for Dahua's CGI; snapshots by
`requests`, and a frame of each stream by `cv2.VideoCapture`. It fetches facts and pictures, decodes every picture, and
judges, remembers and reports nothing. It is given the healthy devices alone: it has no deadline for the others.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import requests
from onvif import ONVIFCamera
from requests.auth import HTTPDigestAuth

RTSP = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
PATHS = ("main", "sub", "stream-3")
ISAPI = (
    "System/deviceInfo", "System/status", "System/time", "System/time/ntpServers", "Security/users",
    "Security/adminAccesses", "Streaming/channels", "ContentMgmt/InputProxy/channels",
    "ContentMgmt/InputProxy/channels/status", "ContentMgmt/Storage", "ContentMgmt/record/tracks", "System/Network/SIP",
)  # fmt: skip
ISAPI_CHANNEL = (
    "ContentMgmt/InputProxy/channels/{n}/video/privacyMask", "ContentMgmt/InputProxy/channels/{n}/video/overlays",
)  # fmt: skip
CGI = (
    "magicBox.cgi?action=getSystemInfo", "magicBox.cgi?action=getDeviceType", "magicBox.cgi?action=getSoftwareVersion",
    "magicBox.cgi?action=getVendor", "global.cgi?action=getCurrentTime", "userManager.cgi?action=getUserInfoAll",
    "storageDevice.cgi?action=getDeviceAllInfo",
    *(
        f"configManager.cgi?action=getConfig&name={name}"
        for name in ("NTP", "ChannelTitle", "Encode", "VideoWidget", "RemoteDevice", "RecordMode", "Record")
    ),
)  # fmt: skip
SEARCH = (
    "<CMSearchDescription><searchID>0</searchID><trackIDList><trackID>{track}</trackID></trackIDList><timeSpanList>"
    "<timeSpan><startTime>{start}</startTime><endTime>{end}</endTime></timeSpan></timeSpanList>"
    "<maxResults>40</maxResults><searchResultPostion>0</searchResultPostion></CMSearchDescription>"
)


class Script:
    """Reads the devices; `left` says how many pictures of each path are wanted, `facts` counts what was read."""

    def __init__(self, wanted: dict[str, int]) -> None:
        self.left, self.facts = dict(wanted), 0
        self.pictures: dict[str, int] = {}

    def read(self, device: dict[str, Any]) -> None:
        """Read one device and its channels."""
        {"onvif": self._onvif, "hikvision": self._hikvision, "dahua": self._dahua}[device["driver"]](device)

    def _onvif(self, device: dict[str, Any]) -> None:
        login = device["user"], device["password"]
        camera = ONVIFCamera("127.0.0.1", device["http"], *login)
        for name in ("GetSystemDateAndTime", "GetDeviceInformation", "GetNetworkInterfaces", "GetNetworkProtocols"):
            self._note(getattr(camera.devicemgmt, name)())
        services = camera.devicemgmt.GetServices({"IncludeCapability": False})
        camera.xaddrs |= {one.Namespace: one.XAddr for one in services}  # GetCapabilities leaves search and replay out
        media = camera.create_media_service()
        profiles = media.GetProfiles()
        self._note(profiles)
        for channel in (number for _, number in device["channels"]):
            own = [one for one in profiles if one.token.startswith(f"ch{channel}-")]
            self._note(media.GetOSDs({"ConfigurationToken": own[0].VideoSourceConfiguration.token}))
            self._snapshot(media.GetSnapshotUri({"ProfileToken": own[0].token}).Uri, login)
            for path, profile in zip(PATHS, own, strict=True):
                self._stream(path, media.GetStreamUri({"StreamSetup": RTSP, "ProfileToken": profile.token}).Uri, login)
        search, replay = camera.create_search_service(), camera.create_replay_service()
        self._note(search.GetRecordingSummary())
        token = search.FindRecordings({"Scope": {}, "KeepAliveTime": "PT10S"})
        found = search.GetRecordingSearchResults({"SearchToken": token})
        self._note(found)
        for one in found.RecordingInformation:
            asked = {"StreamSetup": RTSP, "RecordingToken": one.RecordingToken}
            self._stream("playback", replay.GetReplayUri(asked), login)

    def _hikvision(self, device: dict[str, Any]) -> None:
        login, address = (device["user"], device["password"]), f"http://127.0.0.1:{device['http']}/ISAPI"
        session = requests.Session()
        session.auth = HTTPDigestAuth(*login)
        self._documents([session.get(f"{address}/{path}", timeout=20) for path in ISAPI])
        rtsp = f"rtsp://127.0.0.1:{device['rtsp']}/Streaming"
        end = _now()
        for channel in (number for _, number in device["channels"]):
            self._documents([session.get(f"{address}/{path.format(n=channel)}", timeout=20) for path in ISAPI_CHANNEL])
            begun = end - timedelta(hours=2)
            asked = SEARCH.format(track=f"{channel}01", start=f"{begun.isoformat()}Z", end=f"{end.isoformat()}Z")
            self._documents([session.post(f"{address}/ContentMgmt/search", asked, timeout=20)])
            self._snapshot(f"{address}/Streaming/channels/{channel}01/picture", login)
            for number, path in enumerate(PATHS, 1):
                self._stream(path, f"{rtsp}/Channels/{channel}0{number}", login)
            when = f"starttime={begun:%Y%m%dT%H%M%SZ}&endtime={end:%Y%m%dT%H%M%SZ}"
            self._stream("playback", f"{rtsp}/tracks/{channel}01?{when}", login)

    def _dahua(self, device: dict[str, Any]) -> None:
        login, address = (device["user"], device["password"]), f"http://127.0.0.1:{device['http']}/cgi-bin"
        session = requests.Session()
        session.auth = HTTPDigestAuth(*login)
        for path in CGI:
            self._note(_rows(session.get(f"{address}/{path}", timeout=20)))
        rtsp = f"rtsp://127.0.0.1:{device['rtsp']}/cam"
        end = _now()
        for channel in (number for _, number in device["channels"]):
            begun = end - timedelta(hours=2)
            finder = f"{address}/mediaFileFind.cgi?action="
            made = _rows(session.get(f"{finder}factory.create", timeout=20))["result"]
            span = f"condition.StartTime={quote(str(begun))}&condition.EndTime={quote(str(end))}"
            session.get(f"{finder}findFile&object={made}&condition.Channel={channel}&{span}", timeout=20)
            self._note(_rows(session.get(f"{finder}findNextFile&object={made}&count=100", timeout=20)))
            session.get(f"{finder}destroy&object={made}", timeout=20)
            self._snapshot(f"{address}/snapshot.cgi?channel={channel}", login)
            for number, path in enumerate(PATHS):
                self._stream(path, f"{rtsp}/realmonitor?channel={channel}&subtype={number}", login)
            when = f"starttime={begun:%Y_%m_%d_%H_%M_%S}&endtime={end:%Y_%m_%d_%H_%M_%S}"
            self._stream("playback", f"{rtsp}/playback?channel={channel}&{when}", login)

    def _documents(self, answers: list[requests.Response]) -> None:
        for answer in answers:
            answer.raise_for_status()
            self._note(list(ElementTree.fromstring(answer.content).iter()))  # noqa: S314 as scripts do

    def _snapshot(self, url: str, login: tuple[str, str]) -> None:
        if self._wants("snapshot"):
            answer = requests.get(url, auth=HTTPDigestAuth(*login), timeout=20)
            answer.raise_for_status()
            self._picture("snapshot", cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR))

    def _stream(self, path: str, url: str, login: tuple[str, str]) -> None:
        if self._wants(path):
            scheme, _, rest = url.partition("://")
            capture = cv2.VideoCapture(f"{scheme}://{login[0]}:{quote(login[1])}@{rest}")
            good, frame = capture.read()
            capture.release()
            self._picture(path, frame if good else None)

    def _wants(self, path: str) -> bool:
        self.left[path] = self.left.get(path, 0) - 1
        return self.left[path] >= 0

    def _picture(self, path: str, picture: Any) -> None:
        if picture is None:
            raise SystemExit(f"no picture on {path}")
        self.pictures[path] = self.pictures.get(path, 0) + 1

    def _note(self, answer: Any) -> None:
        if not answer:
            raise SystemExit("an answer that says nothing")
        self.facts += 1


def _now() -> datetime:
    """Return the wall clock of the site, as its recorders tell it."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).replace(microsecond=0, tzinfo=None)


def _rows(answer: requests.Response) -> dict[str, str]:
    answer.raise_for_status()
    return dict(line.partition("=")[::2] for line in answer.text.splitlines())


def main() -> None:
    """Read every device; print how many answers and pictures that gave."""
    asked = json.load(sys.stdin)
    script = Script(asked["pictures"])
    for device in asked["devices"]:
        script.read(device)
    print(json.dumps({"facts": script.facts, "pictures": script.pictures}))


if __name__ == "__main__":
    main()

"""Somebody who asks the simulated ISAPI recorder with the right login: documents, searches, keyframes."""

from __future__ import annotations

import requests
from demo_clock import SetClock
from lxml import etree
from patience import PATIENCE_S
from requests.auth import HTTPDigestAuth

from agent.demo.site import SimulatedSite
from drivers.credentials import Credentials
from drivers.http.transport import open_transport
from drivers.model import Credential, Device
from drivers.rtsp.keyframe import Fetched, fetch_keyframe

NOW = SetClock().at
"""08:30:05 UTC, which is 16:30:05 on the site's walls."""
SEARCH = "/ISAPI/ContentMgmt/search"
DAYS = "/ISAPI/ContentMgmt/record/tracks/{track}/dailyDistribution"
WIDE = ("2000-01-01T00:00:00Z", "2037-12-31T23:59:59Z")


class Recorder:
    """The recorder of the site, and somebody who asks it with the right login."""

    def __init__(self, site: SimulatedSite) -> None:
        self.site, self.address, self.login = site, site.devices["nvr"], site.login("nvr")
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = HTTPDigestAuth(*self.login)

    def send(self, method: str, path: str, body: str | bytes = b"") -> requests.Response:
        url = f"http://127.0.0.1:{self.address.port}{path}"
        return self.session.request(method, url, data=body, timeout=PATIENCE_S)

    def get(self, path: str) -> etree._Element:
        reply = self.send("GET", f"/ISAPI/{path}")
        assert reply.status_code == 200, reply.text
        return etree.fromstring(reply.content)

    def search(self, track: int, window: tuple[str, str] = WIDE, most: int = 40, **more: object) -> etree._Element:
        reply = self.send("POST", SEARCH, description(track, window, most, **more))
        assert reply.status_code == 200, reply.text
        return etree.fromstring(reply.content)

    def all_files(self, track: int) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        while True:
            page = self.search(track, searchResultPostion=len(found))
            found += list(zip(texts(page, "startTime"), texts(page, "endTime"), strict=True))
            if texts(page, "responseStatusStrg") != ["MORE"]:
                return found

    def days(self, track: int, year: int, month: int) -> list[bool]:
        body = f"<trackDailyParam><year>{year}</year><monthOfYear>{month}</monthOfYear></trackDailyParam>"
        reply = self.send("POST", DAYS.format(track=track), body)
        assert reply.status_code == 200, reply.text
        return [text == "true" for text in texts(etree.fromstring(reply.content), "record")]

    def keyframe(self, path: str) -> Fetched:
        device = Device(
            "nvr", "127.0.0.1", self.address.port, "hikvision", Credential("nvr", *self.login), self.address.rtsp_port
        )
        with open_transport(device, 5.0, Credentials(None), lambda: NOW) as transport:
            return fetch_keyframe(transport, f"rtsp://192.168.1.64:554{path}")


def description(track: object, window: tuple[str, str], most: object, **more: object) -> str:
    rest = "".join(f"<{name}>{value}</{name}>" for name, value in more.items())
    return (
        '<CMSearchDescription version="1.0" xmlns="http://www.isapi.org/ver20/XMLSchema"><searchID>one</searchID>'
        f"<trackIDList><trackID>{track}</trackID></trackIDList><timeSpanList><timeSpan><startTime>{window[0]}"
        f"</startTime><endTime>{window[1]}</endTime></timeSpan></timeSpanList><maxResults>{most}</maxResults>{rest}"
        "</CMSearchDescription>"
    )


def texts(root: etree._Element, name: str) -> list[str]:
    return [found.text or "" for found in root.iterfind(f".//{{*}}{name}")]

"""A scripted Hikvision recorder on real sockets: ISAPI behind Digest, and searches over made-up footage.

Its regular answers are the files of `fixtures/hikvision`; `SOURCE.md` there says where their shapes come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from devices import PASSWORD, Asked, HttpDevice, clock, device, digest_accepts, http
from lxml import etree

from drivers.credentials import Credentials
from drivers.footage import WantedFootage
from drivers.hikvision.read import read
from drivers.http.transport import Transport, open_transport
from drivers.model import Camera, Device, Observations

FIXTURES = Path(__file__).parents[1] / "fixtures/hikvision"
CAMERAS = tuple(Camera(name, "box", channel=n) for n, name in enumerate(("one", "two", "three"), start=1))
LOCAL_NOW = datetime(2026, 11, 24, 16, 0, 3, tzinfo=UTC)
"""What stands on the wall of the recorder, labelled UTC as the device labels it: eight hours past UTC."""

XML = "application/xml; charset=UTF-8"
TAG_13 = "Tag 13 is invalid (two root tags)"
NUMBER_OF_A_MONTH = timedelta(days=31)

File = tuple[int, datetime, datetime]
"""A piece of footage: its track, begin and end in the recorder's digits."""


def status(http_status: int, code: int, sub: str = "", words: str = "Invalid Operation", more: str = "") -> bytes:
    """Write a ResponseStatus."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ResponseStatus version="2.0" '
        'xmlns="http://www.std-cgi.com/ver20/XMLSchema"><requestURL>/ISAPI/x</requestURL>'
        f"<statusCode>{code}</statusCode><statusString>{words}</statusString>"
        + (f"<subStatusCode>{sub}</subStatusCode>" if sub else "")
        + more
        + "</ResponseStatus>"
    )
    return http(http_status, body.encode(), content_type=XML)


NOT_SUPPORTED = status(403, 4, "notSupport")


def locked(seconds: int = 1680) -> bytes:
    """Write the body of a 401 of a device that has locked us out."""
    return (
        '<?xml version="1.0" encoding="UTF-8" ?><userCheck><statusValue>401</statusValue><statusString>Unauthorized'
        f"</statusString><lockStatus>lock</lockStatus><unlockTime>{seconds}</unlockTime>"
        "<retryLoginTime>0</retryLoginTime></userCheck>"
    ).encode()


def fixture(path: str) -> bytes:
    """Return the regular answer to a path below /ISAPI/."""
    return (FIXTURES / f"{path.replace('/', '.')}.xml").read_bytes()


def hours(track: int, first: datetime, last: datetime) -> list[File]:
    """Return files of one hour each, without a hole; the last one may be shorter."""
    found = []
    while first < last:
        end = min(first + timedelta(hours=1), last)
        found.append((track, first, end))
        first = end
    return found


def at(day: int, hour: int = 0, minute: int = 0, month: int = 11) -> datetime:
    """Return a moment of 2026 in the recorder's digits."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@dataclass
class Nvr:
    """What the recorder is and how it answers. `answers` overrides the answer to a path below /ISAPI/, any method.

    `hidden` parts of the tree are not there. `heeds` is how many tracks of one search it looks at. `footage` is in the
    digits that the device writes, and windows are compared with them as they are.
    """

    answers: dict[str, bytes | Callable[[Asked], bytes | None]] = field(default_factory=dict)
    hidden: tuple[str, ...] = ("System/Video/",)
    footage: list[File] = field(
        default_factory=lambda: [f for n in (1, 2, 3) for f in hours(n * 100 + 1, at(20, month=10), LOCAL_NOW)]
    )
    heeds: int = 99
    wide_fails: bool = False
    password: str = PASSWORD
    challenge_body: bytes = b""
    refusal_body: bytes = b""
    asked: list[tuple[str, str]] = field(default_factory=list)
    searches: list[tuple[list[int], str, str, int, int]] = field(default_factory=list)
    refused: int = 0
    anonymous: int = 0

    def device(self) -> HttpDevice:
        """Make the recorder; use it as a context manager."""
        return HttpDevice(self.answer)

    def answer(self, asked: Asked) -> bytes | None:
        """Answer one HTTP request."""
        if not asked.authorization:
            self.anonymous += 1
            return self._challenge(self.challenge_body)
        if not digest_accepts(asked.authorization, asked.method, self.password):
            self.refused += 1
            return self._challenge(self.refusal_body)
        path = asked.target.removeprefix("/ISAPI/")
        self.asked.append((asked.method, path))
        override = self.answers.get(path)
        if override is not None:
            return override if isinstance(override, bytes) else override(asked)
        if path == "ContentMgmt/search":
            return self._search(etree.fromstring(asked.body))
        if path.endswith("/dailyDistribution"):
            return self._days(int(path.split("/")[3]), etree.fromstring(asked.body))
        file = FIXTURES / f"{path.replace('/', '.')}.xml"
        if not file.exists() or path.startswith(self.hidden):
            return NOT_SUPPORTED
        return http(200, file.read_bytes(), content_type=XML)

    def count(self, word: str) -> int:
        """Return how many requests went to a path that holds a word."""
        return sum(word in path for _, path in self.asked)

    def _challenge(self, body: bytes) -> bytes:
        challenge = 'Digest qop="auth", realm="DS-7616", nonce="abc", stale="FALSE"'
        return http(401, body, ("WWW-Authenticate", challenge), content_type=XML)

    def _search(self, body: etree._Element) -> bytes:
        def said(name: str) -> str:
            return next((one.text or "" for one in body.iter(name)), "0")

        tracks = [int(one.text or "") for one in body.iter("trackID")]
        begin, end = (datetime.fromisoformat(said(name)) for name in ("startTime", "endTime"))
        # The right spelling is not looked at: whoever writes it gets the first page for ever.
        most, position = min(int(said("maxResults")), 50), int(said("searchResultPostion"))
        self.searches.append((tracks, said("startTime"), said("endTime"), most, position))
        if self.wide_fails and end - begin > NUMBER_OF_A_MONTH:
            return status(500, 3, "deviceError", "Device Error", f"<description>{TAG_13}</description>")
        found = sorted(
            (one for one in self.footage if one[0] in tracks[: self.heeds] and one[1] < end and one[2] > begin),
            key=lambda one: (one[1], one[0]),
        )
        page = found[position : position + most]
        state = "NO MATCHES" if not page else "MORE" if position + len(page) < len(found) else "OK"
        return http(200, result(page, state, len(found)), content_type=XML)

    def _days(self, track: int, body: etree._Element) -> bytes:
        year, month = (int(next(body.iter(name)).text or "") for name in ("year", "monthOfYear"))
        first = datetime(year, month, 1, tzinfo=UTC)
        days = [day for n in range(31) if (day := first + timedelta(days=n)).month == month]
        of_track = [one for one in self.footage if one[0] == track]
        held = [any(a < day + timedelta(days=1) and b > day for _, a, b in of_track) for day in days]
        return http(200, month_answer(held if any(held) else []), content_type=XML)


def result(page: list[File], state: str, total: int) -> bytes:
    """Write a CMSearchResult, as the maker's SDK has it."""
    items = "".join(
        "<searchMatchItem><sourceID>{00000000-0000-0000-0000-000000000000}</sourceID>"
        f"<trackID>{track}</trackID><timeSpan><startTime>{a:%Y-%m-%dT%H:%M:%SZ}</startTime>"
        f"<endTime>{b:%Y-%m-%dT%H:%M:%SZ}</endTime></timeSpan><mediaSegmentDescriptor><contentType>video</contentType>"
        "<codecType>H.265-BP</codecType><playbackURI>rtsp://192.168.1.64/Streaming/tracks/1</playbackURI>"
        "</mediaSegmentDescriptor><metadataMatches><metadataDescriptor>recordType.meta.hikvision.com/timing"
        "</metadataDescriptor></metadataMatches></searchMatchItem>"
        for track, a, b in page
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" ?><CMSearchResult version="1.0" '
        'xmlns="http://www.hikvision.com/ver10/XMLSchema"><searchID>{A}</searchID><responseStatus>true</responseStatus>'
        f"<responseStatusStrg>{state}</responseStatusStrg><numOfMatches>{total}</numOfMatches>"
        + (f"<matchList>{items}</matchList>" if page else "")
        + "</CMSearchResult>"
    ).encode()


def month_answer(held: list[bool]) -> bytes:
    """Write a trackDailyDistribution."""
    rows = "".join(
        f"<day><id>{n}</id><dayOfMonth>{n}</dayOfMonth><record>{str(one).lower()}</record></day>"
        for n, one in enumerate(held, start=1)
    )
    return (
        f'<trackDailyDistribution version="1.0" xmlns="x"><dayList>{rows}</dayList></trackDailyDistribution>'.encode()
    )


@contextmanager
def transport_to(
    served: HttpDevice, credentials: Credentials | None = None, deadline_s: float = 20.0, **changes: object
) -> Iterator[Transport]:
    box: Device = replace(device(served.port), driver="hikvision", **changes)  # type: ignore[arg-type]
    with open_transport(box, deadline_s, credentials or Credentials(None), clock) as transport:
        yield transport


def observe(
    nvr: Nvr,
    wanted: WantedFootage = MappingProxyType({}),
    cameras: tuple[Camera, ...] = CAMERAS,
    credentials: Credentials | None = None,
    **changes: object,
) -> Observations:
    """Read the recorder with the real driver, over real sockets."""
    with nvr.device() as served, transport_to(served, credentials, **changes) as transport:  # type: ignore[arg-type]
        return read(cameras, transport, wanted)

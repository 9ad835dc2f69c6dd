"""A scripted ONVIF device: answers SOAP as a test says, behind WS-UsernameToken, HTTP Digest, or no login.

Its regular answers are checked in `test_onvif.py` against the official WSDLs. It is our own fake and no independent
peer; that is `test_peer_ipycam.py`.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime

from devices import NOW, PASSWORD, USER, Asked, HttpDevice, digest_accepts, http
from lxml import etree
from onvif_answers import (
    _NAMESPACE_OF,
    ENVELOPE,
    INTERFACES,
    MASK_OPTIONS,
    MULTICAST,
    PROTOCOLS,
    SECURITY,
    SERVICES,
    STORAGES,
    USERS,
    date_and_time,
    envelope,
    fault,
    mask,
    recording,
    recording_item,
    track_event,
)

__all__ = ["ENVELOPE", "SERVICES", "Script", "envelope", "fault", "mask", "recording", "track_event"]


@dataclass
class Script:
    """What the device is and how it answers. `answers` overrides the answer to `service Operation`.

    No profile uses the video sources of `unplugged` channels.
    """

    login: str = "none"
    password: str = PASSWORD
    clock: Callable[[], datetime] = lambda: NOW
    clock_offset: timedelta = timedelta()
    window: timedelta = timedelta(seconds=300)
    time_needs_login: bool = False
    tells_date: bool = True
    services: tuple[str, ...] = ("device", "media", "media2", "search", "replay", "recording", "security")
    channels: int = 2
    unplugged: tuple[int, ...] = ()
    address: str = ""
    rtsp_port: int = 554
    mask_capability: str = 'Mask="true"'
    masks: str | None = None
    recordings: list[tuple[str, str, list[tuple[str, str]]]] = field(default_factory=list)
    gap_events: list[tuple[str, str, str, str]] = field(default_factory=list)
    audio: bool = False
    retention: str = "PT0S"
    zone: str = ""
    local: timedelta | None = None
    answers: dict[str, Callable[[Asked], bytes | None]] = field(default_factory=dict)
    operations: list[str] = field(default_factory=list)
    good_logins: int = 0
    refused_logins: int = 0

    def device(self) -> HttpDevice:
        """Make the device; use it as a context manager."""
        served = HttpDevice(self.answer)
        self._served = served
        return served

    def answer(self, asked: Asked) -> bytes | None:
        """Answer one HTTP request."""
        if asked.method == "GET":
            if self.login != "none" and not self._digest(asked):
                return self._challenge()
            return http(200, b"\xff\xd8\xff\xe0" + b"jpeg" * 20 + b"\xff\xd9", content_type="image/jpeg")
        body = etree.fromstring(asked.body).find(f"{{{ENVELOPE}}}Body")
        assert body is not None
        operation = etree.QName(body[0]).localname
        service = next(name for name, (_, path) in SERVICES.items() if path == asked.target)
        self.operations.append(operation)
        open_to_all = operation == "GetSystemDateAndTime" and not self.time_needs_login
        if not open_to_all and not (operation == "GetServices" and self.login == "wsse"):
            if self.login == "wsse" and not self._token(asked):
                return self._soap(400, fault())
            if self.login == "digest" and not self._digest(asked):
                return self._challenge()
        override = self.answers.get(f"{service} {operation}")
        if override is not None:
            return override(asked)
        prefix, _ = SERVICES[service]
        try:
            inner = getattr(self, f"_{service}_{operation}")(body[0])
        except AttributeError:
            return self._soap(500, fault("ter:ActionNotSupported", "Optional Action Not Implemented", "s:Receiver"))
        return self._soap(200, envelope(f"<{prefix}:{operation}Response>{inner}</{prefix}:{operation}Response>"))

    def _soap(self, status: int, body: bytes) -> bytes:
        date = [("Date", format_datetime(self._now(), usegmt=True))] if self.tells_date else []
        return http(status, body, *date, content_type="application/soap+xml; charset=utf-8")

    def _now(self) -> datetime:
        return self.clock() + self.clock_offset

    def _challenge(self) -> bytes:
        return http(401, b"", ("WWW-Authenticate", 'Digest realm="cam", nonce="abc", qop="auth"'))

    def _digest(self, asked: Asked) -> bool:
        if not asked.authorization:
            return False
        right = digest_accepts(asked.authorization, asked.method, self.password)
        self._count(right)
        return right

    def _token(self, asked: Asked) -> bool:
        """Check a WS-UsernameToken as the OASIS profile 1.1 section 3.1 has it."""
        token = next(etree.fromstring(asked.body).iter("{*}UsernameToken"), None)
        if token is None:
            return False
        given = {etree.QName(child).localname: child.text or "" for child in token}
        text = base64.b64decode(given["Nonce"]) + given["Created"].encode() + self.password.encode()
        right = base64.b64encode(hashlib.sha1(text, usedforsecurity=False).digest()).decode() == given["Password"]
        created = datetime.fromisoformat(given["Created"])
        right = right and given["Username"] == USER and abs(created - self._now()) <= self.window
        self._count(right)
        return right

    def _count(self, right: bool) -> None:
        self.good_logins += right
        self.refused_logins += not right

    def _base(self) -> str:
        return self.address or f"http://127.0.0.1:{self._served.port}"

    def _device_GetSystemDateAndTime(self, _: etree._Element) -> str:
        now = self._now()
        zone = f"<tt:TimeZone><tt:TZ>{self.zone}</tt:TZ></tt:TimeZone>" if self.zone else ""
        local = "" if self.local is None else date_and_time("LocalDateTime", now + self.local)
        return (
            "<tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
            + zone
            + date_and_time("UTCDateTime", now)
            + local
            + "</tds:SystemDateAndTime>"
        )

    def _device_GetNetworkInterfaces(self, _: etree._Element) -> str:
        return INTERFACES

    def _device_GetNetworkProtocols(self, _: etree._Element) -> str:
        return PROTOCOLS

    def _device_GetUsers(self, _: etree._Element) -> str:
        return USERS

    def _device_GetStorageConfigurations(self, _: etree._Element) -> str:
        return STORAGES

    def _device_GetDeviceInformation(self, _: etree._Element) -> str:
        return (
            "<tds:Manufacturer>Maker</tds:Manufacturer><tds:Model>M-1</tds:Model>"
            "<tds:FirmwareVersion>1.2</tds:FirmwareVersion><tds:SerialNumber>S1</tds:SerialNumber>"
            "<tds:HardwareId>H1</tds:HardwareId>"
        )

    def _device_GetServices(self, _: etree._Element) -> str:
        return "".join(
            f"<tds:Service><tds:Namespace>{_NAMESPACE_OF[SERVICES[name][0]].strip(chr(34))}</tds:Namespace>"
            f"<tds:XAddr>{self._base()}{SERVICES[name][1]}</tds:XAddr>"
            "<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
            for name in self.services
        )

    def _device_GetCapabilities(self, _: etree._Element) -> str:
        base = self._base()
        return (
            f"<tds:Capabilities><tt:Device><tt:XAddr>{base}/onvif/device_service</tt:XAddr></tt:Device>"
            f"<tt:Media><tt:XAddr>{base}/onvif/media</tt:XAddr><tt:StreamingCapabilities/></tt:Media>"
            f"<tt:Extension><tt:Search><tt:XAddr>{base}/onvif/search</tt:XAddr>"
            "<tt:MetadataSearch>false</tt:MetadataSearch></tt:Search>"
            f"<tt:Replay><tt:XAddr>{base}/onvif/replay</tt:XAddr></tt:Replay></tt:Extension></tds:Capabilities>"
        )

    def _profiles(self) -> list[tuple[int, str, int, int]]:
        sizes = [("sub", 640, 360), ("main", 1920, 1080), ("third", 320, 180)]
        plugged = [number for number in range(1, self.channels + 1) if number not in self.unplugged]
        return [(n, name, w, h) for n, (name, w, h) in itertools.product(plugged, sizes)]

    def _source(self, tag: str, number: int) -> str:
        return (
            f'<{tag} token="vsc-{number}"><tt:Name>source</tt:Name><tt:UseCount>3</tt:UseCount>'
            f"<tt:SourceToken>source-{number}</tt:SourceToken>"
            f'<tt:Bounds x="0" y="0" width="1920" height="1080"/></{tag}>'
        )

    def _media_GetProfiles(self, _: etree._Element) -> str:
        return "".join(
            f'<trt:Profiles token="p-{n}-{name}"><tt:Name>{name}</tt:Name>'
            + self._source("tt:VideoSourceConfiguration", n)
            + f'<tt:VideoEncoderConfiguration token="e-{n}-{name}"><tt:Name>e</tt:Name><tt:UseCount>1</tt:UseCount>'
            f"<tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>{w}</tt:Width><tt:Height>{h}</tt:Height>"
            "</tt:Resolution><tt:Quality>5</tt:Quality><tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit>"
            "<tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>2048</tt:BitrateLimit></tt:RateControl>"
            "<tt:H264><tt:GovLength>50</tt:GovLength><tt:H264Profile>Main</tt:H264Profile></tt:H264>"
            f"{MULTICAST}<tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:VideoEncoderConfiguration>"
            + self._sound("tt:AudioEncoderConfiguration", MULTICAST, "<tt:SessionTimeout>PT60S</tt:SessionTimeout>")
            + "</trt:Profiles>"
            for n, name, w, h in self._profiles()
        )

    def _media2_GetProfiles(self, _: etree._Element) -> str:
        return "".join(
            f'<tr2:Profiles token="p-{n}-{name}"><tr2:Name>{name}</tr2:Name><tr2:Configurations>'
            + self._source("tr2:VideoSource", n)
            + f'<tr2:VideoEncoder token="e-{n}-{name}" GovLength="25" Signed="true"><tt:Name>e</tt:Name>'
            f"<tt:UseCount>1</tt:UseCount><tt:Encoding>H265</tt:Encoding><tt:Resolution><tt:Width>{w}</tt:Width><tt:Height>{h}</tt:Height>"
            "</tt:Resolution><tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit>"
            "<tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl><tt:Quality>5</tt:Quality></tr2:VideoEncoder>"
            + self._sound("tr2:AudioEncoder")
            + "</tr2:Configurations></tr2:Profiles>"
            for n, name, w, h in self._profiles()
        )

    def _media2_GetServiceCapabilities(self, _: etree._Element) -> str:
        return (
            f'<tr2:Capabilities SnapshotUri="true" OSD="true" {self.mask_capability}>'
            "<tr2:ProfileCapabilities/><tr2:StreamingCapabilities/></tr2:Capabilities>"
        )

    def _media2_GetMasks(self, _: etree._Element) -> str:
        return mask("m-1", "vsc-1") if self.masks is None else self.masks

    def _media2_GetMaskOptions(self, _: etree._Element) -> str:
        return MASK_OPTIONS

    def _sound(self, tag: str, multicast: str = "", after: str = "") -> str:
        if not self.audio:
            return ""
        return (
            f'<{tag} token="a-1"><tt:Name>a</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>G711</tt:Encoding>'
            f"{'' if after else multicast}<tt:Bitrate>64</tt:Bitrate><tt:SampleRate>8</tt:SampleRate>"
            f"{multicast + after if after else ''}</{tag}>"
        )

    def _media_GetVideoSourceConfigurations(self, _: etree._Element) -> str:
        return "".join(self._source("trt:Configurations", n + 1) for n in range(self.channels))

    def _media2_GetVideoSourceConfigurations(self, _: etree._Element) -> str:
        extra = self._source("tr2:Configurations", 1).replace("vsc-1", "vsc-unused")
        return "".join(self._source("tr2:Configurations", n + 1) for n in range(self.channels)) + extra

    def _osds(self, prefix: str) -> str:
        return "".join(
            f'<{prefix}:OSDs token="o-{number}"><tt:VideoSourceConfigurationToken>vsc-{channel}'
            "</tt:VideoSourceConfigurationToken><tt:Type>Text</tt:Type><tt:Position><tt:Type>UpperLeft</tt:Type>"
            f"</tt:Position><tt:TextString><tt:Type>{kind}</tt:Type>{text}</tt:TextString></{prefix}:OSDs>"
            for number, (channel, kind, text) in enumerate(
                [(1, "Plain", "<tt:PlainText>North &amp; gate</tt:PlainText>"), (1, "DateAndTime", ""), (2, "Date", "")]
            )
        )

    def _media2_GetOSDs(self, _: etree._Element) -> str:
        return self._osds("tr2")

    def _media_GetOSDs(self, _: etree._Element) -> str:
        return self._osds("trt")

    def _token_of(self, asked: etree._Element, name: str) -> str:
        return next(element.text or "" for element in asked.iter(f"{{*}}{name}"))

    def _stream(self, asked: etree._Element) -> str:
        host = self.address.partition("//")[2].partition(":")[0] or "127.0.0.1"
        return f"rtsp://{host}:{self.rtsp_port}/live/{self._token_of(asked, 'ProfileToken')}"

    def _media2_GetStreamUri(self, asked: etree._Element) -> str:
        return f"<tr2:Uri>{self._stream(asked)}</tr2:Uri>"

    def _media2_GetSnapshotUri(self, asked: etree._Element) -> str:
        return f"<tr2:Uri>{self._base()}/snap/{self._token_of(asked, 'ProfileToken')}.jpg</tr2:Uri>"

    def _media1_uri(self, uri: str) -> str:
        return (
            f"<trt:MediaUri><tt:Uri>{uri}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
            "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri>"
        )

    def _media_GetStreamUri(self, asked: etree._Element) -> str:
        return self._media1_uri(self._stream(asked))

    def _media_GetSnapshotUri(self, asked: etree._Element) -> str:
        return self._media1_uri(f"{self._base()}/snap/{self._token_of(asked, 'ProfileToken')}.jpg")

    def _security_GetServiceCapabilities(self, _: etree._Element) -> str:
        return SECURITY

    def _recording_GetRecordings(self, _: etree._Element) -> str:
        return "".join(recording_item(token, source, self.retention) for token, source, _ in self.recordings)

    def _search_FindEvents(self, _: etree._Element) -> str:
        return "<tse:SearchToken>search-2</tse:SearchToken>"

    def _search_GetEventSearchResults(self, _: etree._Element) -> str:
        found = "".join(track_event(*one) for one in self.gap_events)
        return f"<tse:ResultList><tt:SearchState>Completed</tt:SearchState>{found}</tse:ResultList>"

    def _search_GetRecordingSummary(self, _: etree._Element) -> str:
        return (
            "<tse:Summary><tt:DataFrom>1970-01-01T00:00:00Z</tt:DataFrom><tt:DataUntil>2037-01-01T00:00:00Z"
            f"</tt:DataUntil><tt:NumberRecordings>{len(self.recordings)}</tt:NumberRecordings></tse:Summary>"
        )

    def _search_FindRecordings(self, _: etree._Element) -> str:
        return "<tse:SearchToken>search-1</tse:SearchToken>"

    def _search_GetRecordingSearchResults(self, _: etree._Element) -> str:
        found = "".join(recording("tt:RecordingInformation", *one) for one in self.recordings)
        return f"<tse:ResultList><tt:SearchState>Completed</tt:SearchState>{found}</tse:ResultList>"

    def _search_EndSearch(self, _: etree._Element) -> str:
        return "<tse:Endpoint>2026-11-24T08:00:00Z</tse:Endpoint>"

    def _replay_GetReplayUri(self, asked: etree._Element) -> str:
        return f"<trp:Uri>rtsp://127.0.0.1:{self.rtsp_port}/replay/{self._token_of(asked, 'RecordingToken')}</trp:Uri>"

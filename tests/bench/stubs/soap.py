"""What a healthy stub device answers to SOAP: the demo site's replies, which are valid for ONVIF's official WSDLs.

Added here is what stock onvif-zeep asks every device for: an events service in GetCapabilities, and a PullPoint. Logins
are verified as the demo devices verify them. Answers that depend on the question only are made once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from markupsafe import Markup

from agent.demo.onvif import device_service, media_service, recording_service
from agent.demo.onvif.device_view import DeviceView
from agent.demo.onvif.soap import DEVICE, SEARCH, Call, SoapFault, envelope, parse
from agent.demo.world.cameras import CAMERAS, DemoDevice
from agent.demo.world.login import Gate

USER, PASSWORD = "admin", "bench-Pa55"
EVENTS_PATH = "/onvif/event_service"
EVENTS = "http://www.onvif.org/ver10/events/wsdl"

_LISTED_EVENTS = (
    "<tds:Service><tds:Namespace>{namespace}</tds:Namespace><tds:XAddr>{xaddr}</tds:XAddr>"
    "<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service></tds:GetServicesResponse>"
)
_EVENTS_CAPABILITY = (
    "</tt:Device><tt:Events><tt:XAddr>{xaddr}</tt:XAddr>"
    "<tt:WSSubscriptionPolicySupport>false</tt:WSSubscriptionPolicySupport>"
    "<tt:WSPullPointSupport>true</tt:WSPullPointSupport>"
    "<tt:WSPausableSubscriptionManagerInterfaceSupport>false</tt:WSPausableSubscriptionManagerInterfaceSupport>"
    "</tt:Events>"
)
_PULL_POINT = """<?xml version="1.0" encoding="UTF-8"?>
<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope" xmlns:tev="http://www.onvif.org/ver10/events/wsdl"
 xmlns:wsa="http://www.w3.org/2005/08/addressing" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2"><env:Body>
<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference><wsa:Address>{xaddr}/1</wsa:Address>
</tev:SubscriptionReference><wsnt:CurrentTime>{now}</wsnt:CurrentTime>
<wsnt:TerminationTime>{end}</wsnt:TerminationTime></tev:CreatePullPointSubscriptionResponse></env:Body></env:Envelope>"""
_OPERATIONS = device_service.OPERATIONS | media_service.OPERATIONS | recording_service.OPERATIONS
_ARGUMENT = re.compile(rb"<(?:\w+:)?(?:ProfileToken|RecordingToken|ConfigurationToken|Token|Type|Protocol)>[^<]*")
_OPEN_TO_ALL = (DEVICE, "GetSystemDateAndTime")


class SoapDevice:
    """One device with one camera, main and sub stream, a mask, and recordings of 35 days."""

    def __init__(self, name: str, http_port: int, rtsp_port: int, clock: Callable[[], datetime] | None = None) -> None:
        self._now = clock or _now
        self._spec = DemoDevice(name, USER, "CAM-B", f"B-{name}", recorder=True)
        self._camera = CAMERAS[0]
        self._ports = (http_port, rtsp_port)
        self._gate = Gate(USER, PASSWORD, self._now, realm=name)
        self._searches = recording_service.Searches()
        self._made: dict[tuple[str, str, bytes], bytes] = {}

    def answer(self, request: bytes) -> tuple[int, bytes]:
        """Return HTTP status and envelope for one request body."""
        try:
            call = parse(request)
            if (call.namespace, call.operation) != _OPEN_TO_ALL and self._gate.token(call.token) != "granted":
                raise SoapFault("Sender", ("NotAuthorized",), "the sender is not authorized")
            return 200, self._answer(call, request)
        except SoapFault as fault:
            return fault.status, fault.body()

    def _answer(self, call: Call, request: bytes) -> bytes:
        if call.namespace == EVENTS and call.operation == "CreatePullPointSubscription":
            end = self._now() + timedelta(minutes=1)
            return _PULL_POINT.format(xaddr=self._events(), now=_text(self._now()), end=_text(end)).encode()
        if call.namespace == SEARCH and call.operation in ("FindRecordings", "GetRecordingSearchResults", "EndSearch"):
            found = recording_service.search_operations(self._searches)[call.namespace, call.operation]
            return envelope(call.namespace, found(self._view(), call))
        if (call.namespace, call.operation) == _OPEN_TO_ALL:
            return envelope(call.namespace, device_service.get_system_date_and_time(self._view(), call))
        key = (call.namespace, call.operation, b"".join(_ARGUMENT.findall(request)))
        if key not in self._made:
            reply = _OPERATIONS.get((call.namespace, call.operation))
            if reply is None:
                raise SoapFault("Receiver", ("ActionNotSupported",), f"{call.operation} is not supported")
            self._made[key] = envelope(call.namespace, self._with_events(reply(self._view(), call)))
        return self._made[key]

    def _with_events(self, body: Markup) -> Markup:
        text = str(body)
        text = text.replace("</tt:Device>", _EVENTS_CAPABILITY.format(xaddr=self._events()), 1)
        listed = _LISTED_EVENTS.format(namespace=EVENTS, xaddr=self._events())
        return Markup(text.replace("</tds:GetServicesResponse>", listed))  # noqa: S704 fixed text around a reply

    def _view(self) -> DeviceView:
        now = self._now()
        return DeviceView(self._spec, (self._camera,), now, now, *self._ports, {})

    def _events(self) -> str:
        return f"http://127.0.0.1:{self._ports[0]}{EVENTS_PATH}"


def _now() -> datetime:
    return datetime.now(UTC)


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")

"""Serves one simulated device over HTTP: ONVIF over SOAP, and snapshots. The service files decide the answers.

A call is parsed, the login checked, the operation found in one table, the reply sent; anything else is a SOAP Fault.
`DeviceView` is built anew for each request, so that clock, masks and recordings are those of that moment.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from markupsafe import Markup

from agent.demo.onvif import device_service, media_service, recording_service
from agent.demo.onvif.device_view import DeviceView
from agent.demo.onvif.recording_service import Searches, search_operations
from agent.demo.onvif.soap import DEVICE, Call, SoapFault, envelope, parse
from agent.demo.rtsp.server import RtspConnection
from agent.demo.rtsp.target import ONVIF
from agent.demo.scene.scene import jpeg, picture
from agent.demo.world.cameras import DemoCamera, DemoDevice
from agent.demo.world.changes import Changes
from agent.demo.world.http_connection import HttpConnection, Reply
from agent.demo.world.listening import device_servers
from agent.demo.world.login import Gate, Outcome
from agent.demo.world.lying import HONEST, bent

SOAP_TYPE = "application/soap+xml; charset=utf-8"
PRE_AUTH = {(DEVICE, "GetSystemDateAndTime")}
"""What answers without a login. ONVIF Core names more; many devices grant only this one."""
_SNAPSHOT = re.compile(r"/snapshot/(\d+)\.jpg")
_TRACE = """java.lang.NullPointerException: Cannot invoke "String.length()" because "<local4>" is null
\tat com.kiosk.onvif.SoapServlet.service(SoapServlet.java:118)
\tat com.kiosk.http.Worker.run(Worker.java:64)
"""

Operation = Callable[[DeviceView, Call], Markup]


class OnvifDevice:
    """A device with two ports of its own, for HTTP and for RTSP."""

    def __init__(
        self,
        spec: DemoDevice,
        cameras: tuple[DemoCamera, ...],
        password: str,
        clock: Callable[[], datetime],
        changes: Changes,
    ) -> None:
        self.become(spec, cameras)
        self.lying = HONEST
        self._changes = changes
        self._clock = clock
        self._started_at = clock()
        self.gate = Gate(spec.user, password, self.now, realm=f"{spec.model} {spec.serial}")
        self.searches = Searches()
        self._operations: dict[tuple[str, str], Operation] = {
            **device_service.OPERATIONS,
            **media_service.OPERATIONS,
            **recording_service.OPERATIONS,
            **search_operations(self.searches),
        }
        rtsp = partial(RtspConnection, self.view, self.gate, dialect=bent(ONVIF, lambda: self.lying))
        self.http, self.rtsp = device_servers(spec.id, partial(HttpConnection, self, "demo"), rtsp)

    def become(self, spec: DemoDevice, cameras: tuple[DemoCamera, ...]) -> None:
        """Replace the box or its cameras from the next request on; address and login stay."""
        self.spec = spec
        self._cameras = cameras
        self._offset = timedelta(seconds=spec.clock_offset_s)

    def start(self) -> None:
        """Start to answer."""
        self.http.start()
        self.rtsp.start()

    def stop(self) -> None:
        """End every connection and thread."""
        self.http.stop()
        self.rtsp.stop()

    def now(self) -> datetime:
        """The device's own clock."""
        return self._clock() + self._offset

    def view(self) -> DeviceView:
        """State of the device now."""
        return DeviceView(
            self.spec,
            self._cameras,
            self.now(),
            self._started_at,
            self.http.port,
            self.rtsp.port,
            self._changes.active(),
        )

    def answer(self, method: str, target: str, authorization: str | None, data: bytes) -> Reply:
        """Answer one request: SOAP whatever the path, as devices route by the operation's namespace; and snapshots."""
        if method == "POST":
            return self.answer_soap(data, authorization, target)
        return self.answer_get(target, authorization) if method == "GET" else (501, "text/plain", b"", {})

    def told(self, asked: str, reply: Reply) -> Reply:
        """Return what leaves the device in place of a true answer."""
        status, kind, body, headers = reply
        try:
            return (status, kind, self.lying.says(asked, body), headers) if status == 200 else reply
        except SoapFault as fault:
            return fault.status, SOAP_TYPE, fault.body(), {}

    def answer_soap(self, data: bytes, authorization: str | None, target: str) -> Reply:
        """Reply one SOAP call."""
        if self.spec.behaviour == "stack-trace":
            return 500, "text/plain", _TRACE.encode(), {}
        try:
            call = parse(data)
            if (call.namespace, call.operation) not in PRE_AUTH:
                refused = self._refusal(call, authorization, target)
                if refused is not None:
                    return refused
            operation = self._operations.get((call.namespace, call.operation))
            view = self.view()
            if operation is None or call.namespace not in view.namespaces():
                raise SoapFault("Receiver", ("ActionNotSupported",), f"{call.operation} is not supported")
            return 200, SOAP_TYPE, envelope(call.namespace, operation(view, call)), {}
        except SoapFault as fault:
            return fault.status, SOAP_TYPE, fault.body(), {}

    def _refusal(self, call: Call, authorization: str | None, target: str) -> Reply | None:
        """Return the refusal of a call without a good login; None lets it in."""
        outcome: Outcome = self.gate.token(call.token)
        if outcome == "anonymous":
            outcome = self.gate.digest(authorization, "POST", target)
        if outcome == "granted":
            return None
        if self.spec.refusal == "challenge" or outcome == "stale":
            return self._challenge(outcome)
        fault = SoapFault("Sender", ("NotAuthorized",), "the sender is not authorized")
        return fault.status, SOAP_TYPE, fault.body(), {}

    def _challenge(self, outcome: Outcome) -> Reply:
        header = self.gate.challenge(qop=True, stale=outcome == "stale")
        return 401, "text/plain", b"", {"WWW-Authenticate": header}

    def answer_get(self, target: str, authorization: str | None) -> Reply:
        """Reply a request for a snapshot, rendered at this moment."""
        match = _SNAPSHOT.fullmatch(urlsplit(target).path)
        cameras = {camera.channel: camera for camera in self._cameras}
        camera = cameras.get(int(match.group(1))) if match else None
        if self.spec.behaviour == "stack-trace" or camera is None:
            return 404, "text/plain", b"not found\n", {}
        outcome = self.gate.digest(authorization, "GET", target)
        if outcome != "granted":
            return self._challenge(outcome)
        view = self.view()
        image = picture(self.lying.shows(camera), "snapshot", view.now, view.fault(camera))
        return 200, "image/jpeg", jpeg(image), {"Cache-Control": "no-store"}

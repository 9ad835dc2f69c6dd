"""Simulates a Hikvision device: ISAPI over HTTP with Digest, snapshots, and its RTSP.

It can be read and nothing else: every request that would change something is refused and counted. A part of the tree
that is not there is 403 `notSupport`; what lies outside of the tree is 404. What it says is decided in the other files.

Made from field reports, client code and the vendor's headers; no real unit has been read. Each file of `isapi_*.py`
says what is less sure in it.
"""

from __future__ import annotations

import http.server
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from markupsafe import Markup

from agent.demo.isapi import channels, content, system
from agent.demo.isapi.archive import SET_BACK
from agent.demo.isapi.login import LockingGate
from agent.demo.isapi.rtsp import HIKVISION
from agent.demo.isapi.xml import DECLARATION, Answer, Ask, IsapiError, document, not_supported, parse
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.server import RtspConnection
from agent.demo.scene.scene import jpeg, picture
from agent.demo.world.cameras import DemoCamera, DemoDevice
from agent.demo.world.changes import DEVICE_KEY, Changes
from agent.demo.world.listening import LoopbackServer
from agent.demo.world.login import Outcome
from agent.demo.world.lying import HONEST, bent
from drivers.factory import FACTORY

REQUEST_MAX_BYTES = 64 * 1024
XML = "application/xml; charset=UTF-8"
_TREE = "/isapi/"
_PICTURE = "streaming/channels/N/picture"
_NUMBER = re.compile(r"(?<=/)[0-9]{1,6}(?=/|$)")

READS: Mapping[str, Answer] = {
    "system/capabilities": system.capabilities,
    "system/deviceinfo": system.device_info,
    "system/status": system.status,
    "system/time": system.time,
    "system/time/ntpservers": system.ntp_servers,
    "system/time/ntpservers/N": system.ntp_server,
    "system/network/sip": system.sip_servers,
    "system/network/sip/N": system.sip_server,
    "system/network/sip/N/sipinfo": system.sip_info,
    "system/video/inputs/channels/N/privacymask": channels.own_mask,
    "system/video/inputs/channels/N/privacymask/regions": channels.own_mask_regions,
    "system/video/inputs/channels/N/overlays": channels.overlays,
    "security/users": system.users,
    "security/usercheck": system.user_check,
    "security/adminaccesses": system.admin_accesses,
    "streaming/channels": channels.streams,
    "streaming/channels/N": channels.stream,
    "contentmgmt/inputproxy/channels": channels.inputs,
    "contentmgmt/inputproxy/channels/N": channels.one_input,
    "contentmgmt/inputproxy/channels/status": channels.input_states,
    "contentmgmt/inputproxy/channels/N/status": channels.input_state,
    "contentmgmt/inputproxy/channels/N/video/privacymask": channels.proxy_mask,
    "contentmgmt/inputproxy/channels/N/video/privacymask/regions": channels.proxy_mask_regions,
    "contentmgmt/inputproxy/channels/N/video/overlays": channels.overlays,
    "contentmgmt/storage": content.storage,
    "contentmgmt/storage/hdd": content.hdds,
    "contentmgmt/storage/hdd/N/smarttest/status": content.smart,
    "contentmgmt/record/tracks": content.tracks,
    "contentmgmt/record/tracks/N": content.track,
}
"""What GET answers, by path in lower case; N stands for a number."""

SEARCHES: Mapping[str, tuple[str, Answer]] = {
    "contentmgmt/search": ("CMSearchDescription", content.search),
    "contentmgmt/record/tracks/N/dailydistribution": ("trackDailyParam", content.daily_distribution),
    "contentmgmt/logsearch": ("CMSearchDescription", content.log_search),
}
"""The questions that are asked by POST and change nothing: root of the body, and who answers."""

_REFUSED = Markup(
    "<statusValue>401</statusValue><statusString>Unauthorized</statusString><lockStatus>{state}</lockStatus>"
    "<unlockTime>{unlock_s}</unlockTime><retryLoginTime>{tries}</retryLoginTime>"
)
_UNAUTHORIZED = b"<!DOCTYPE html>\n<html><head><title>Document Error: Unauthorized</title></head></html>\n"

Reply = tuple[int, str, bytes, Mapping[str, str]]
"""Status, content type, body, further headers."""


class IsapiDevice:
    """A device that listens on two ports of its own, for HTTP and for RTSP: a recorder, or a camera."""

    def __init__(
        self,
        spec: DemoDevice,
        cameras: tuple[DemoCamera, ...],
        password: str,
        clock: Callable[[], datetime],
        changes: Changes,
    ) -> None:
        self.gate = LockingGate(spec.user, password, clock, realm=f"{spec.model} {spec.serial}")
        self.become(spec, cameras)
        self.lying = HONEST
        self._changes = changes
        self._clock = clock
        self._started_at = self._booted_at = clock()
        self._lock = threading.Lock()
        self._asked: Counter[str] = Counter()
        self._writes_refused = 0
        self.http = LoopbackServer(partial(_HttpConnection, self), f"{spec.id}-http")
        try:
            handler = partial(RtspConnection, self.view, self.gate, dialect=bent(HIKVISION, lambda: self.lying))
            self.rtsp = LoopbackServer(handler, f"{spec.id}-rtsp")
        except OSError:
            self.http.stop()
            raise

    def become(self, spec: DemoDevice, cameras: tuple[DemoCamera, ...]) -> None:
        """Be another box, or have other cameras, from the next request on; address and login stay."""
        self.spec = spec
        self._cameras = cameras
        self._offset = timedelta(seconds=spec.clock_offset_s)
        factory = FACTORY["hikvision"]
        self.gate.also(factory.user, factory.password if spec.factory_login else None)

    def restart(self) -> None:
        """Have just started anew, as after a loss of power; connections stay."""
        self._booted_at = self._clock()

    def start(self) -> None:
        """Answer from now on."""
        self.http.start()
        self.rtsp.start()

    def stop(self) -> None:
        """End every connection and thread."""
        self.http.stop()
        self.rtsp.stop()

    @property
    def asked(self) -> Mapping[str, int]:
        """How many requests came for each path, anonymous ones included; numbers in paths are N.

        What is not there counts as `else`.
        """
        with self._lock:
            return MappingProxyType(dict(self._asked))

    @property
    def writes_refused(self) -> int:
        """How many requests would have changed something."""
        with self._lock:
            return self._writes_refused

    def now(self) -> datetime:
        """The device's own clock."""
        fault = self._changes.active().get(DEVICE_KEY + self.spec.id)
        back = SET_BACK if fault is not None and fault.fault == "clock-set-back" else timedelta(0)
        return self._clock() + self._offset - back

    def view(self) -> DeviceView:
        """What the device knows now."""
        return DeviceView(
            self.spec,
            self._cameras,
            self.now(),
            self._started_at,
            self.http.port,
            self.rtsp.port,
            self._changes.active(),
            max(0, int((self._clock() - self._booted_at).total_seconds())),
        )

    def told(self, asked: str, reply: Reply) -> Reply:
        """Return what leaves the device in place of a true answer."""
        status, kind, body, headers = reply
        try:
            return (status, kind, self.lying.says(asked, body), headers) if status == 200 else reply
        except IsapiError as error:
            return error.status, XML, error.body(asked.partition("\n")[0]), {}

    def answer(self, method: str, target: str, authorization: str | None, data: bytes) -> Reply:
        """Answer one request."""
        path = target.partition("?")[0]
        name, numbers = _named(path)
        known = name in READS or name in SEARCHES or name == _PICTURE
        with self._lock:
            self._asked[name if known else "else"] += 1
            self._writes_refused += method != "GET" and not (method == "POST" and name in SEARCHES)
        outcome = self.gate.digest(authorization, method, target)
        if outcome != "granted":
            return self._unauthorized(outcome)
        try:
            if not path.lower().startswith(_TREE):
                raise IsapiError(404, 4, "invalidOperation")
            if method == "GET" and name == _PICTURE:
                return self._snapshot(numbers[0])
            return 200, XML, DECLARATION.encode() + self._document(method, name, numbers, data).encode(), {}
        except IsapiError as error:
            return error.status, XML, error.body(path), {}

    def _document(self, method: str, name: str, numbers: tuple[int, ...], data: bytes) -> Markup:
        view = self.view()
        if method == "GET" and name in READS:
            return READS[name](Ask(view, numbers))
        if method == "POST" and name in SEARCHES:
            root, search = SEARCHES[name]
            return search(Ask(view, numbers, parse(data, root)))
        raise not_supported() if method == "GET" else IsapiError(403, 4, "methodNotAllowed")

    def _unauthorized(self, outcome: Outcome) -> Reply:
        """Ask for a login; a login that was refused is told how many tries are left, or how long it is locked."""
        headers = {"WWW-Authenticate": self.gate.challenge(qop=True, stale=outcome == "stale")}
        if outcome != "refused":
            return 401, "text/html", _UNAUTHORIZED, headers
        state = self.gate.state()
        body = _REFUSED.format(
            state="lock" if state.locked else "unlock", unlock_s=state.unlock_s, tries=state.tries_left
        )
        return 401, XML, DECLARATION.encode() + document("userCheck", body).encode(), headers

    def _snapshot(self, number: int) -> Reply:
        """A picture, rendered at this moment."""
        view = self.view()
        camera, _ = channels.stream_of(view, number)
        if camera.link != "online":
            raise IsapiError(500, 3, "deviceError")
        image = picture(self.lying.shows(camera), "snapshot", view.now, view.fault(camera))
        return 200, "image/jpeg", jpeg(image), {}


def _named(path: str) -> tuple[str, tuple[int, ...]]:
    """Take a path apart: below the tree, in lower case, with N for each number; and the numbers."""
    below = path.lower().removeprefix(_TREE).rstrip("/")
    return _NUMBER.sub("N", below), tuple(int(digits) for digits in _NUMBER.findall(below))


class _HttpConnection(http.server.BaseHTTPRequestHandler):
    """HTTP/1.1 with keep-alive; a reply leaves in one write."""

    protocol_version = "HTTP/1.1"
    server_version = "App-webs"
    sys_version = ""
    timeout = 30
    wbufsize = 256 * 1024

    def __init__(self, device: IsapiDevice, *args: Any) -> None:
        self._device = device
        super().__init__(*args)

    def do_GET(self) -> None:
        """Documents and snapshots."""
        self._answer()

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "" if self.command == "POST" else "0")
        if not (length.isascii() and length.isdecimal()) or int(length[:9]) > REQUEST_MAX_BYTES:
            self.close_connection = True
            self._send((413 if length.isdecimal() else 411, "text/plain", b"", {}))
            return
        data = self.rfile.read(int(length))
        reply = self._device.answer(self.command, self.path, self.headers.get("Authorization"), data)
        self._send(self._device.told(f"{self.path}\n{data.decode(errors='replace')}", reply))

    def _send(self, reply: Reply) -> None:
        status, content_type, body, headers = reply
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: targets may hold what a log must not."""

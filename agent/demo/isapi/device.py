"""Simulates a Hikvision device: ISAPI over HTTP with Digest, snapshots, and its RTSP.

Read-only: every request that would change something is refused and counted. A part of the tree that a device lacks is
403 `notSupport`; what lies outside of the tree is 404. The other files here decide the answers and name what is less
sure: they are made from field reports, client code and the vendor's headers; no real unit has been read.
"""

import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType

from markupsafe import Markup

from agent.demo.isapi import channels, content, system
from agent.demo.isapi.archive import SET_BACK
from agent.demo.isapi.login import Lockout
from agent.demo.isapi.rtsp import HIKVISION
from agent.demo.isapi.xml import DECLARATION, Answer, IsapiError, IsapiRequest, document, not_supported, parse
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.server import RtspConnection
from agent.demo.scene.scene import jpeg, picture
from agent.demo.world.cameras import DemoCamera, DemoDevice
from agent.demo.world.changes import DEVICE_KEY, Changes
from agent.demo.world.http_connection import HttpConnection, Reply
from agent.demo.world.listening import device_servers
from agent.demo.world.login import Gate, Outcome
from agent.demo.world.lying import HONEST, bent
from agent.demo.world.platform_slots import two_slots
from agent.demo.world.recordings import fault_since
from drivers.http.factory_logins import FACTORY

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
    "system/network/ehome": system.ehome,
    "system/network/ezviz": system.ezviz,
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


class IsapiDevice:
    """A recorder or a camera with two ports of its own, for HTTP and for RTSP."""

    def __init__(
        self,
        spec: DemoDevice,
        cameras: tuple[DemoCamera, ...],
        password: str,
        clock: Callable[[], datetime],
        changes: Changes,
    ) -> None:
        self.lockout = Lockout(clock)
        self.gate = Gate(spec.user, password, clock, f"{spec.model} {spec.serial}", self.lockout.limited)
        self.become(spec, cameras)
        self.lying = HONEST
        self.slots = two_slots(spec.serial)
        self._changes = changes
        self._clock = clock
        self._started_at = self._booted_at = clock()
        self._lock = threading.Lock()
        self._asked: Counter[str] = Counter()
        self._writes_refused = 0
        rtsp = partial(RtspConnection, self.view, self.gate, dialect=bent(HIKVISION, lambda: self.lying))
        self.http, self.rtsp = device_servers(spec.id, partial(HttpConnection, self, "App-webs"), rtsp)

    def become(self, spec: DemoDevice, cameras: tuple[DemoCamera, ...]) -> None:
        """Replace the box or its cameras from the next request on; address and login stay."""
        self.spec = spec
        self._cameras = cameras
        self._offset = timedelta(seconds=spec.clock_offset_s)
        factory = FACTORY["hikvision"]
        self.gate.also(factory.user, factory.password if spec.factory_login else None)

    def restart(self) -> None:
        """Restart the uptime, as after a loss of power; connections stay."""
        self._booted_at = self._clock()

    def start(self) -> None:
        """Start to answer."""
        self.http.start()
        self.rtsp.start()

    def stop(self) -> None:
        """End every connection and thread."""
        self.http.stop()
        self.rtsp.stop()

    @property
    def asked(self) -> Mapping[str, int]:
        """Requests by path, anonymous ones included; numbers in paths are N, unknown paths count as `else`."""
        with self._lock:
            return MappingProxyType(dict(self._asked))

    @property
    def writes_refused(self) -> int:
        """Number of requests that would have changed something."""
        with self._lock:
            return self._writes_refused

    def now(self) -> datetime:
        """The device's own clock."""
        is_set_back = fault_since(self._changes.active(), DEVICE_KEY + self.spec.id, "clock-set-back") is not None
        return self._clock() + self._offset - SET_BACK * is_set_back

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
            max(0, int((self._clock() - self._booted_at).total_seconds())),
            self.slots,
        )

    def answer(self, method: str, target: str, authorization: str | None, data: bytes) -> Reply:
        """Answer one request."""
        path = target.partition("?")[0]
        name, numbers = _resource(path)
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

    def told(self, asked: str, reply: Reply) -> Reply:
        """Return what leaves the device in place of a true answer."""
        status, kind, body, headers = reply
        try:
            return (status, kind, self.lying.says(asked, body), headers) if status == 200 else reply
        except IsapiError as error:
            return error.status, XML, error.body(asked.partition("\n")[0]), {}

    def _document(self, method: str, name: str, numbers: tuple[int, ...], data: bytes) -> Markup:
        view = self.view()
        if method == "GET" and name in READS:
            return READS[name](IsapiRequest(view, numbers))
        if method == "POST" and name in SEARCHES:
            root, search = SEARCHES[name]
            return search(IsapiRequest(view, numbers, parse(data, root)))
        raise not_supported() if method == "GET" else IsapiError(403, 4, "methodNotAllowed")

    def _unauthorized(self, outcome: Outcome) -> Reply:
        """Request a login; the answer to a wrong one has the tries that are left, or how long the lock lasts."""
        headers = {"WWW-Authenticate": self.gate.challenge(qop=True, stale=outcome == "stale")}
        if outcome != "refused":
            return 401, "text/html", _UNAUTHORIZED, headers
        state = self.lockout.state()
        body = _REFUSED.format(
            state="lock" if state.locked else "unlock", unlock_s=state.unlock_s, tries=state.tries_left
        )
        return 401, XML, DECLARATION.encode() + document("userCheck", body).encode(), headers

    def _snapshot(self, number: int) -> Reply:
        view = self.view()
        camera, _ = channels.stream_of(view, number)
        if camera.link != "online":
            raise IsapiError(500, 3, "deviceError")
        image = picture(self.lying.shows(camera), "snapshot", view.now, view.fault(camera))
        return 200, "image/jpeg", jpeg(image), {}


def _resource(path: str) -> tuple[str, tuple[int, ...]]:
    """Split a path: the part below the tree in lower case with N for each number, and the numbers."""
    below = path.lower().removeprefix(_TREE).rstrip("/")
    return _NUMBER.sub("N", below), tuple(int(digits) for digits in _NUMBER.findall(below))

"""Simulates a Dahua recorder: CGI behind Digest, RPC2 with its own login, searches, snapshots, and its RTSP.

It can be read and nothing else. What it says is decided in `answers.py`.

Made from published shapes and client code; no real unit has been read.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from agent.demo.dahua.answers import READS, camera_states, files, items, table, text
from agent.demo.dahua.rtsp import DAHUA
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.server import RtspConnection
from agent.demo.scene.scene import jpeg, picture
from agent.demo.world.cameras import DemoCamera, DemoDevice
from agent.demo.world.changes import Changes
from agent.demo.world.http_connection import HttpConnection, Reply
from agent.demo.world.listening import device_servers
from agent.demo.world.login import Gate
from agent.demo.world.lying import HONEST, bent
from agent.demo.world.platform_slots import two_slots
from drivers.model import Span

PAGE = 100
SESSION = "0123456789abcdef"
RANDOM = "1187467327"

NO_AUTHORITY: Reply = (403, "text/plain", b"Error\r\nAuthority:check failure.\r\n", {})
BAD_REQUEST: Reply = (400, "text/plain", b"Error\r\nBad Request!\r\n", {})


class DahuaDevice:
    """A recorder that listens on two ports of its own, for HTTP and for RTSP."""

    def __init__(
        self,
        spec: DemoDevice,
        cameras: tuple[DemoCamera, ...],
        password: str,
        clock: Callable[[], datetime],
        changes: Changes,
    ) -> None:
        self.gate = Gate(spec.user, password, clock, realm=f"Login to {spec.serial}")
        self._password = password
        self.become(spec, cameras)
        self.lying = HONEST
        self.slots = two_slots(spec.serial)
        self._changes, self._clock, self._started_at = changes, clock, clock()
        self._lock = threading.Lock()
        self._searches: dict[str, list[tuple[int, Span]]] = {}
        self._made = 0
        rtsp = partial(RtspConnection, self.view, self.gate, dialect=bent(DAHUA, lambda: self.lying))
        self.http, self.rtsp = device_servers(spec.id, partial(HttpConnection, self, "demo"), rtsp)

    def become(self, spec: DemoDevice, cameras: tuple[DemoCamera, ...]) -> None:
        """Be another box, or have other cameras, from the next request on; address and login stay."""
        self.spec, self._cameras = spec, cameras
        self._offset = timedelta(seconds=spec.clock_offset_s)

    def start(self) -> None:
        """Answer from now on."""
        self.http.start()
        self.rtsp.start()

    def stop(self) -> None:
        """End every connection and thread."""
        self.http.stop()
        self.rtsp.stop()

    def view(self) -> DeviceView:
        """What the device knows now."""
        now = self._clock() + self._offset
        ports = self.http.port, self.rtsp.port
        changes = self._changes.active()
        return DeviceView(self.spec, self._cameras, now, self._started_at, *ports, changes, slots=self.slots)

    def told(self, asked: str, reply: Reply) -> Reply:
        """Return what leaves the device in place of a true answer."""
        status, kind, body, headers = reply
        return (status, kind, self.lying.says(asked, body), headers) if status == 200 else reply

    def answer(self, method: str, target: str, authorization: str | None, data: bytes) -> Reply:
        """Answer one request."""
        if method == "POST":
            return self._rpc(data)
        outcome = self.gate.digest(authorization, method, target)
        if outcome != "granted":
            headers = {"WWW-Authenticate": self.gate.challenge(qop=True, stale=outcome == "stale")}
            return 401, "text/plain", b"Invalid Authority!", headers
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/cgi-bin/snapshot.cgi":
            return self._snapshot(query.get("channel", "1"))
        action = query.get("action", "")
        if parts.path == "/cgi-bin/mediaFileFind.cgi":
            return self._find(action, query)
        name = query.get("name", "") if action == "getConfig" else action
        return (200, "text/plain", text(READS[name](self.view())), {}) if name in READS else NO_AUTHORITY

    def _snapshot(self, channel: str) -> Reply:
        view = self.view()
        for camera in view.cameras:
            if str(camera.channel) == channel:
                image = picture(self.lying.shows(camera), "snapshot", view.now, view.fault(camera))
                return 200, "image/jpeg", jpeg(image), {}
        return BAD_REQUEST

    def _find(self, action: str, query: Mapping[str, str]) -> Reply:
        name, said = query.get("object", ""), b"OK\r\n"
        with self._lock:
            if action == "factory.create":
                self._made += 1
                self._searches[str(self._made)] = []
                said = text([("result", self._made)])
            elif name not in self._searches:
                return BAD_REQUEST
            elif action == "findFile":
                window = query.get("condition.StartTime", ""), query.get("condition.EndTime", "")
                found = files(self.view(), int(query.get("condition.Channel", "0")), window)
                self._searches[name] = found
                if not found:
                    return BAD_REQUEST
            elif action == "findNextFile":
                most = min(int(query.get("count", "1")), PAGE)
                page, self._searches[name] = self._searches[name][:most], self._searches[name][most:]
                said = items(page)
            elif action == "destroy":
                del self._searches[name]
        return 200, "text/plain", said, {}

    def _rpc(self, data: bytes) -> Reply:
        """Answer a call of RPC2: its login in two steps, and the questions that are asked there."""
        try:
            call: Any = json.loads(data)
            method, params = call["method"], call["params"]
        except (ValueError, KeyError, TypeError):
            return BAD_REQUEST
        if method == "global.login":
            said = self._rpc_login(params)
        elif method == "LogicDeviceManager.getCameraState":
            said = camera_states(self.view())
        elif method == "configManager.getConfig":
            said = table(self.view(), str(params.get("name", "")) if isinstance(params, dict) else "")
        else:
            said = {"result": True}
        return 200, "application/json", json.dumps({"id": call.get("id", 1), "session": SESSION, **said}).encode(), {}

    def _rpc_login(self, params: Mapping[str, Any]) -> dict[str, Any]:
        realm = f"Login to {self.spec.serial}"
        if not params.get("password"):
            challenge = {"encryption": "Default", "random": RANDOM, "realm": realm}
            error = {"code": 268632079, "message": "Component error: login challenge!"}
            return {"error": error, "params": challenge, "result": False}
        user = self.spec.user
        right = _md5(f"{user}:{RANDOM}:{_md5(f'{user}:{realm}:{self._password}')}")
        if params["password"] == right and params.get("userName") == user:
            return {"params": {"keepAliveInterval": 60}, "result": True}
        error = {"code": 268632085, "message": "Component error: User or password not valid!"}
        return {"error": error, "params": {"remainLockSecond": 0, "remainLoginTimes": 3}, "result": False}


def _md5(words: str) -> str:
    return hashlib.md5(words.encode(), usedforsecurity=False).hexdigest().upper()

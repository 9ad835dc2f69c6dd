"""A scripted Dahua recorder on real sockets: CGI behind Digest, RPC2 with its own login, searches that it counts.

Its regular answers are the files of `fixtures/dahua`; `SOURCE.md` there says where their shapes come from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from devices import PASSWORD, USER, Asked, HttpDevice, clock, device, digest_accepts, http

from drivers.credentials import Credentials
from drivers.dahua.read import read
from drivers.footage import WantedFootage
from drivers.http.transport import Transport, open_transport
from drivers.model import Camera, Device, Observations

FIXTURES = Path(__file__).parents[1] / "fixtures/dahua"
CAMERAS = tuple(Camera(name, "box", channel=n) for n, name in enumerate(("one", "two", "three", "four"), start=1))
BAD_REQUEST = http(400, b"Error\r\nBad Request!\r\n")
NOT_IMPLEMENTED = http(501, b"Error\r\nNot Implemented!\r\n")
NO_AUTHORITY = http(403, b"Error\r\nAuthority:check failure.\r\n")
NO_METHOD: dict[str, Any] = {"error": {"code": 268894210, "message": "Component error: Method not found!"}}

File = tuple[str, str, str]
"""A file of footage: its begin and end in the recorder's digits, and the letter in its name."""


def hours(first: str, count: int, letter: str = "R") -> list[File]:
    """Return so many files of one hour each, without a hole."""
    start = datetime.fromisoformat(first)
    moments = [start + timedelta(hours=n) for n in range(count + 1)]
    return [(f"{a:%F %T}", f"{b:%F %T}", letter) for a, b in pairwise(moments)]


def fixture(name: str) -> bytes:
    """Return one regular answer."""
    return (FIXTURES / name).read_bytes()


@dataclass
class Nvr:
    """What the recorder is and how it answers. `answers` overrides the answer to an operation.

    `asked` are the operations in order; `objects` the searches that are open.
    """

    password: str = PASSWORD
    rpc_password: str = PASSWORD
    login: bool = True
    answers: dict[str, bytes | Callable[[Asked], bytes | None]] = field(default_factory=dict)
    footage: dict[int, list[File]] = field(
        default_factory=lambda: {1: hours("2026-10-20 00:00:00", 35 * 24 + 16), 2: hours("2026-11-01 00:00:00", 24)}
    )
    page: int = 1000
    asked: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    objects: dict[str, list[tuple[int, File]]] = field(default_factory=dict)
    made: int = 0
    good: int = 0
    refused: int = 0
    rpc_good: int = 0
    rpc_refused: int = 0
    rpc_open: int = 0

    def device(self) -> HttpDevice:
        """Make the recorder; use it as a context manager."""
        return HttpDevice(self.answer)

    def answer(self, asked: Asked) -> bytes | None:
        """Answer one HTTP request."""
        if asked.method == "POST":
            return self._rpc(asked, json.loads(asked.body))
        operation = operation_of(asked.target)
        if self.login and not asked.authorization:
            return self._challenge()
        if self.login and not digest_accepts(asked.authorization, asked.method, self.password):
            self.refused += 1
            return self._challenge()
        self.good += 1
        self.asked.append(operation)
        self.targets.append(asked.target)
        override = self.answers.get(operation)
        if override is not None:
            return override if isinstance(override, bytes) else override(asked)
        if "mediaFileFind" in asked.target:
            return self._find(operation, parse_qs(urlsplit(asked.target).query))
        file = FIXTURES / f"{operation}.txt"
        return http(200, file.read_bytes()) if file.exists() else NO_AUTHORITY

    def _challenge(self) -> bytes:
        return http(
            401, b"Invalid Authority!", ("WWW-Authenticate", 'Digest realm="Login to X", nonce="n", qop="auth"')
        )

    def _find(self, action: str, query: dict[str, list[str]]) -> bytes:
        if action == "factory.create":
            self.made += 1
            self.objects[str(self.made)] = []
            return http(200, f"result={self.made}\r\n".encode())
        name = query["object"][0]
        if action == "destroy":
            del self.objects[name]
        if action == "findFile":
            channel = int(query["condition.Channel"][0])
            start, end = query["condition.StartTime"][0], query["condition.EndTime"][0]
            found = [one for one in self.footage.get(channel, []) if one[1] > start and one[0] < end]
            self.objects[name] = [(channel - 1, one) for one in found]
            return http(200, b"OK\r\n") if found else BAD_REQUEST
        if action == "findNextFile":
            count = min(int(query["count"][0]), self.page)
            page, self.objects[name] = self.objects[name][:count], self.objects[name][count:]
            return http(200, items(page))
        return http(200, b"OK\r\n")

    def _rpc(self, asked: Asked, call: dict[str, Any]) -> bytes | None:
        method, params = call["method"], call["params"]
        operation = params["name"] if method == "configManager.getConfig" else method.rpartition(".")[2]
        self.asked.append(f"RPC2 {operation}")
        override = self.answers.get(f"RPC2 {operation}")
        if override is not None:
            return override if isinstance(override, bytes) else override(asked)
        if method == "global.login":
            return self._rpc_login(params)
        if method == "global.logout":
            self.rpc_open -= 1
            return said({"result": True})
        assert call["session"] == "0123456789abcdef"
        return http(200, fixture(f"{operation}.json"), content_type="application/json")

    def _rpc_login(self, params: dict[str, Any]) -> bytes:
        if not params["password"]:
            return http(200, fixture("login-challenge.json"))

        def md5(text: str) -> str:
            return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()

        secret = md5(f"{USER}:Login to 4C0048DPAJ00000:{self.rpc_password}")
        right = params["password"] == md5(f"{USER}:1187467327:{secret}") and params["userName"] == USER
        self.rpc_good += right
        self.rpc_open += right
        self.rpc_refused += not right
        return http(200, fixture("login-taken.json" if right else "login-refused.json"))


def operation_of(target: str) -> str:
    """Return what a request asks: its action, or the table whose configuration it reads."""
    parts = urlsplit(target)
    query = parse_qs(parts.query)
    action = query.get("action", [parts.path])[0]
    return query["name"][0] if action == "getConfig" else action


def items(page: list[tuple[int, File]]) -> bytes:
    """Write an answer to findNextFile."""
    lines = [f"found={len(page)}"]
    for number, (channel, (start, end, letter)) in enumerate(page):
        name = f"items[{number}]."
        lines += [f"{name}Channel={channel}", f"{name}EndTime={end}"]
        lines += [f"{name}FilePath=/mnt/dvr/x[{letter}][0@0][0].dav", f"{name}StartTime={start}", f"{name}Type=dav"]
    return "".join(f"{line}\r\n" for line in lines).encode()


def said(answer: dict[str, Any]) -> bytes:
    """Write an answer of RPC2."""
    return http(200, json.dumps({"id": 1, "session": "0123456789abcdef", **answer}).encode())


@contextmanager
def reading(
    nvr: Nvr,
    states: Credentials | None = None,
    password: str | None = PASSWORD,
    deadline_s: float = 20.0,
    **changes: Any,
) -> Iterator[Transport]:
    """Serve a recorder and yield a transport to it."""
    with nvr.device() as served:
        box: Device = replace(device(served.port, password), driver="dahua", **changes)
        with open_transport(box, deadline_s, states or Credentials(None), clock) as transport:
            yield transport


def observe(
    nvr: Nvr, cameras: tuple[Camera, ...] = CAMERAS, wanted: WantedFootage = MappingProxyType({}), **options: Any
) -> Observations:
    """Read a recorder with the real driver over real sockets."""
    with reading(nvr, **options) as transport:
        return read(cameras, transport, wanted)

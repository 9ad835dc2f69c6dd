"""A page of `camwarden ui` on real sockets, and a client that sends what a browser sends, or what an attacker does."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ui_desk import office_for

from agent.deliver.keys.throwaway import Throwaway
from agent.host.web import random_loopback, serve
from agent.host.web_bounds import WebBounds
from agent.onsite.ui.desk import Desk
from agent.onsite.ui.entrance import Entrance
from agent.onsite.ui.routes import app
from agent.onsite.ui.site_desk import SiteDesk


@dataclass
class Client:
    """One tab: its token is that of the last `enter`."""

    host: str
    port: int
    token: str = ""
    trust: ssl.SSLContext | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"{'https' if self.trust else 'http'}://{self.host}:{self.port}"

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str | None] | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        """Send one request with a browser's headers; those given replace them, None leaves one out."""
        sent: dict[str, str | None] = dict(self.headers)
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        data = None
        if method == "POST":
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent |= {"Origin": self.origin, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
        sent |= headers or {}
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        if self.trust is not None:
            connection = http.client.HTTPSConnection(self.host, self.port, timeout=60, context=self.trust)
        try:
            kept = {name: value for name, value in sent.items() if value is not None}
            connection.request(method, path, data, kept)
            answer = connection.getresponse()
            raw, told = answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()
        value = json.loads(raw) if told.get("content-type", "").startswith("application/json") else raw
        return answer.status, value, told

    def get(self, path: str) -> Any:
        """Return what a GET answers that must succeed."""
        status, value, _ = self.ask("GET", path)
        assert status == 200, value
        return value

    def post(self, path: str, body: object) -> Any:
        """Return what a POST answers that must succeed."""
        status, value, _ = self.ask("POST", path, body)
        assert status in (200, 202), value
        return value

    def enter(self, entrance: Entrance) -> Any:
        """Trade a new code, as the page does with the fragment of its link."""
        told = self.post("/api/session", {"code": entrance.new_code()})
        self.token = told["token"]
        return told

    def see(self, camera: str) -> dict[str, str]:
        """Open every picture of a camera; return their digests by path."""
        digests = {}
        for row in self.get(f"/api/camera/{camera}")["paths"]:
            if row["picture"]:
                status, jpeg, told = self.ask("GET", f"/api/camera/{camera}/picture/{row['path']}?w=640")
                assert (status, jpeg[:2]) == (200, b"\xff\xd8")
                digests[row["path"]] = told["x-picture"]
        return digests


@contextmanager
def served(
    desk: Desk,
    entrance: Entrance,
    lang: str = "en",
    office: SiteDesk | None = None,
    tls: Throwaway | None = None,
) -> Iterator[Client]:
    """Serve a desk on an address of this machine while the block runs; with `tls` on 127.0.0.1."""
    ready, end = threading.Event(), threading.Event()
    place: list[tuple[str, int]] = []

    def on_ready(host: str, port: int) -> None:
        place.append((host, port))
        ready.set()

    def run() -> None:
        address = "127.0.0.1" if tls else random_loopback()
        serve(
            app(desk, office or office_for(desk), entrance, lang), (address, 0), WebBounds(),
            on_ready=on_ready, told_to_end=end, tls=tls.context if tls else None,
        )  # fmt: skip

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(20)
        yield Client(*place[0], trust=ssl.create_default_context(cadata=tls.pem) if tls else None)
    finally:
        end.set()
        thread.join(20)

"""A hub's page on real sockets, with people, and a client that sends what a browser sends, or does not."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from city_told import NOW
from patience import PATIENCE_S
from web_page import running

from agent.commands.hub.web.serve import BOUNDS
from agent.contract.chain import utc_text
from agent.hub.domain.people.person import Role
from agent.hub.domain.people.rows import PersonRow
from agent.hub.stores.page.people import People
from agent.hub.web.app import app
from agent.hub.web.asked import Route
from agent.hub.web.people import passwords
from agent.hub.web.people.sessions import new_secret, secret_digest
from agent.hub.web.place import Place
from agent.hub.web.routes import ROUTES

PASSWORD = "a sentence as a password"

_TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')


def add_person(directory: Path, name: str, role: Role, password: str = "", **bound: tuple[str, ...]) -> None:
    """Add a person; without a password: one that only `Client.let_in` lets in."""
    stored = _hashed(password) if password else ""
    with closing(People(directory)) as people:
        people.keep_person(PersonRow(name=name, role=role, password=stored, made_at=utc_text(NOW), **bound))


@cache
def _hashed(password: str) -> str:
    """Return its hash: to make one takes a tenth of a second."""
    return passwords.hashed(password)


@dataclass
class Reply:
    """What was answered."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(eq=False)
class Client:
    """One browser: cookies are kept, and each form carries the token of the page before."""

    port: int
    url: str
    directory: Path
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    address: str = "127.0.0.1"
    token: str = ""

    def send(
        self,
        method: str,
        path: str,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Reply:
        """Send a request as a browser on a page of ours does; a header that is None is left out."""
        told: dict[str, str | None] = {"Host": self.url.partition("://")[2], **self.headers}
        if self.cookies:
            told["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            told |= {"Origin": self.url, "Sec-Fetch-Site": "same-origin"}
            told["Content-Type"] = "application/x-www-form-urlencoded"
        told |= headers or {}
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=PATIENCE_S, source_address=(self.address, 0)
        )
        with closing(connection):
            body = urlencode(form).encode() if form is not None else None
            connection.request(method, path, body, {name: value for name, value in told.items() if value is not None})
            answer = connection.getresponse()
            for one in answer.headers.get_all("Set-Cookie", []):
                name, _, value = one.partition(";")[0].partition("=")
                self.cookies[name] = value
            return Reply(answer.status, dict(answer.headers.items()), answer.read().decode())

    def get(self, path: str, **headers: str) -> Reply:
        """Load a page."""
        return self.send("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path: str, form: Mapping[str, str], headers: Mapping[str, str | None] | None = None) -> Reply:
        """Send a form with the token of this session."""
        return self.send("POST", path, {"token": self.form_token(), **form}, headers)

    def form_token(self) -> str:
        """Return the token that this session's pages carry."""
        found = None if self.token else _TOKEN.search(self.get("/account").text)
        self.token = found[1] if found else self.token
        return self.token

    def log_in(self, name: str, password: str = PASSWORD) -> Reply:
        """Log in by the form."""
        return self.send("POST", "/login", {"name": name, "password": password})

    def let_in(self, name: str) -> Client:
        """Begin a session without the form, which costs a hash."""
        secret = new_secret()
        with closing(People(self.directory)) as people:
            people.keep_session(secret_digest(secret), name, self.address, utc_text(NOW))
        return Client(self.port, self.url, self.directory, {"camwarden-hub": secret}, dict(self.headers), self.address)


@contextmanager
def serving(directory: Path, routes: tuple[Route, ...] = ROUTES, port: int = 0, **more: Any) -> Iterator[Client]:
    """Serve the page of a hub's folder while the block runs, on a free port for 0; `more` is of its `Place`."""
    with closing(People(directory)) as people:
        key = people.form_key()
    settings: dict[str, Any] = {
        "clock": lambda: NOW,
        "mono": time.monotonic,
        "lang": "en",
        "url": "http://hub.test:8480",
    }
    place = Place(directory=directory, form_key=key, **{**settings, **more})
    name = place.url.partition("://")[2]
    names = [name if ":" in name else f"{name}:443"]
    with closing(place.readers), running(app(place, routes), BOUNDS, names, port=port) as one:
        yield Client(one.port, place.url, directory)

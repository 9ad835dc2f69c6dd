"""The four listeners that browsers and strangers reach, each with a count of what its application was handed."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from enrolling import EnrollDesk
from patience import PATIENCE_S
from web_page import page, running, said

from agent.contract.enrollment import PATH, REQUEST_MAX_BYTES
from agent.deliver.keys.throwaway import make_throwaway
from agent.host import prometheus
from agent.host.web_bounds import WebBounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """One of them: how it is asked, and how often its application was.

    `exact`: it takes a Host with its own port alone, and HTTP/1.1 alone. `marks`: what its application answers.
    """

    port: int
    host: str
    method: str
    path: str
    body: bytes
    body_max_bytes: int
    handed_on: Callable[[], int]
    marks: bytes
    exact: bool
    tls: bool

    def connected(self, handshake: bool = True) -> socket.socket:
        """Connect, and secure it where it is TLS."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        if not (self.tls and handshake):
            return plain
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            return context.wrap_socket(plain)
        except OSError:
            plain.close()
            raise

    def head(self, *lines: str, host: str | None = None, target: str | None = None, version: str = "HTTP/1.1") -> bytes:
        """Return a request's head: its own Host first, unless `host` is another one or empty for none."""
        said = [f"Host: {self.host if host is None else host}"] if host != "" else []
        text = [f"{self.method} {self.path if target is None else target} {version}", *said, *lines, "", ""]
        return "\r\n".join(text).encode("latin-1")

    def good(self) -> bytes:
        """Return an honest request."""
        return self.head(*([f"Content-Length: {len(self.body)}"] if self.body else [])) + self.body

    def answer(self, data: bytes) -> bytes:
        """Return all that is answered to bytes of any kind."""
        with self.connected() as client:
            with suppress(OSError):  # it may be ended before all of it is sent
                client.sendall(data)
            return said(client)

    def serves(self) -> bool:
        """Return whether an honest request is answered by the application."""
        before = self.handed_on()
        return self.marks in self.answer(self.good()) and self.handed_on() == before + 1


@contextmanager
def local_page(bounds: WebBounds, folder: Path) -> Iterator[Listener]:
    """Serve a page as `camwarden ui` does."""
    asked: list[str] = []
    with running(page(asked=asked), bounds) as on:
        yield Listener(
            port=on.port, host=f"127.0.0.1:{on.port}", method="POST", path="/api/x", body=b"{}",
            body_max_bytes=bounds.body_max_bytes, handed_on=lambda: len(asked), marks=b"/api/x {}",
            exact=True, tls=False,
        )  # fmt: skip


@contextmanager
def hub_page(bounds: WebBounds, folder: Path) -> Iterator[Listener]:
    """Serve a page as a hub will: over TLS, under names of its own."""
    asked: list[str] = []
    made = make_throwaway("127.0.0.1", datetime.now(UTC), timedelta(hours=2))
    with running(page(asked=asked), bounds, ["hub.example"], made.context) as on:
        yield Listener(
            port=on.port, host=f"Hub.Example:{on.port}", method="GET", path="/sites", body=b"",
            body_max_bytes=bounds.body_max_bytes, handed_on=lambda: len(asked), marks=b"/sites ", exact=True, tls=True,
        )  # fmt: skip


@contextmanager
def metrics_page(bounds: WebBounds, folder: Path) -> Iterator[Listener]:
    """Serve the page of numbers."""
    asked: list[str] = []

    def read() -> str:
        asked.append("")
        return "camwarden_up 1\n"

    with prometheus.serving(("127.0.0.1", 0), read, "--metrics", {"gateway.example"}) as port:
        yield Listener(
            port=port, host="gateway.example", method="GET", path="/metrics", body=b"", body_max_bytes=0,
            handed_on=lambda: len(asked), marks=b"camwarden_up 1", exact=False, tls=False,
        )  # fmt: skip


@contextmanager
def desk_page(bounds: WebBounds, folder: Path) -> Iterator[Listener]:
    """Serve the enrollment desk, which refuses an empty object by its own word."""
    desk = EnrollDesk(folder / "hub")
    try:
        with desk.serving() as (port, told):
            yield Listener(
                port=port, host="127.0.0.1", method="POST", path=PATH, body=b"{}", body_max_bytes=REQUEST_MAX_BYTES,
                handed_on=lambda: len(told.of("refused")), marks=b"malformed", exact=False, tls=True,
            )  # fmt: skip
    finally:
        desk.store.close()


FOUR = {"page": local_page, "hub": hub_page, "metrics": metrics_page, "desk": desk_page}

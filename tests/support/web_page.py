"""A small page on the web listener, in a thread of the test, and raw talk with any HTTP listener."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from patience import PATIENCE_S

from agent.host.web import App, serve
from agent.host.web_bounds import WebBounds

Reply = Callable[[str, bytes], tuple[int, bytes]]


def echo(path: str, body: bytes) -> tuple[int, bytes]:
    return 200, path.encode() + b" " + body


def page(reply: Reply = echo, headers: Collection[tuple[bytes, bytes]] = (), asked: list[str] | None = None) -> App:
    """Return an ASGI application of one function; `asked` gets the path of each request that it saw."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if asked is not None:
            asked.append(scope["path"])
        status, body = reply(scope["path"], (await receive())["body"])
        length = (b"content-length", b"%d" % len(body))
        await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
        await send({"type": "http.response.body", "body": body})

    return app


@dataclass
class Running:
    """A listener that runs: its port, and why it ended once it has."""

    host: str = ""
    port: int = 0
    ended: list[str] = field(default_factory=list)
    thread: threading.Thread | None = None

    def over(self) -> str:
        """Wait until it has ended, and return why."""
        assert self.thread is not None
        self.thread.join(PATIENCE_S)
        return self.ended[0]


@contextmanager
def running(
    app: App,
    bounds: WebBounds,
    names: Collection[str] = (),
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[Running]:
    """Serve while the block runs; `port` 0: on a free one."""
    one, ready, told = Running(), threading.Event(), threading.Event()

    def began(host: str, port: int) -> None:
        one.host, one.port = host, port
        ready.set()

    def run() -> None:
        one.ended.append(serve(app, (host, port), bounds, names, on_ready=began, tls=tls, told_to_end=told))

    one.thread = threading.Thread(target=run, name="page")
    one.thread.start()
    try:
        assert ready.wait(PATIENCE_S)
        yield one
    finally:
        told.set()
        one.thread.join(PATIENCE_S)
        assert not one.thread.is_alive()


def free_port() -> int:
    """Return a port of loopback that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def connected(port: int, host: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection((host, port), timeout=PATIENCE_S)


def said(client: socket.socket) -> bytes:
    """Return all that comes until the other side ends, however it ends."""
    found = b""
    try:
        while chunk := client.recv(65536):
            found += chunk
    except (ConnectionError, ssl.SSLError):
        pass
    return found


def request(port: int, path: str = "/", body: bytes = b"", method: str = "GET", more: bytes = b"") -> bytes:
    """Return the bytes of a request as a browser would send it."""
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    return b"%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s%s\r\n%s" % (
        method.encode(), path.encode(), port, length, more, body,
    )  # fmt: skip


def asked(port: int, data: bytes) -> bytes:
    """Send bytes on a connection of their own, and return all that is answered."""
    with connected(port) as client:
        with suppress(ConnectionError):  # it may be ended before all of it is sent
            client.sendall(data)
        return said(client)

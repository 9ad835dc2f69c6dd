"""Serves an ASGI application to browsers behind bounds: absolute deadlines, caps, exact names, and an end of its own.

uvicorn reads and writes HTTP; bare, it leaves a silent connection and half a head open for ever. Here each connection
is counted when it is accepted, before any TLS, cut at an absolute deadline in each of its parts, and brings one
request. The application sees whole requests only, which `web_bounds.py` decides on. asyncio is in this module, and in
the pages that run on it.
"""

import asyncio
import logging
import secrets
import signal
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Collection, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Final, Literal

import uvicorn

from agent.host.web_bounds import PLAIN, Place, WebBounds, bounded_headers, makes_room, own_hosts, refused
from agent.host.web_connection import Connection
from agent.model.errors import ConfigurationError, os_words
from agent.text.harmless import printable

LOG = logging.getLogger("camwarden.web")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Ended = Literal["idle", "over", "asked", "signal"]

END_WITHIN_S: Final = 2
TICK_S: Final = 0.1
BACKLOG: Final = 256


def random_loopback() -> str:
    """Return an address of this machine that no other program is likely to have, 127.0.0.1 where there is one only.

    It is a host of its own to a browser: cookies and pages of other local programs are of another site. Linux and
    Windows answer on all of 127.0.0.0/8, macOS on 127.0.0.1 alone.
    """
    address = ".".join(["127", *(str(1 + secrets.randbelow(254)) for _ in range(3))])
    try:
        with socket.create_server((address, 0)):
            return address
    except OSError:
        return "127.0.0.1"


def serve(
    app: App,
    address: tuple[str, int],
    bounds: WebBounds,
    names: Collection[str] = (),
    *,
    on_ready: Callable[[str, int], None],
    tls: ssl.SSLContext | None = None,
    told_to_end: threading.Event | None = None,
    option: str = "--port",
) -> Ended:
    """Serve until nobody uses it any more, it is told to end, or a signal comes (SIGINT, SIGTERM). Blocks.

    Threads of the application that still run at its end are waited for: they need deadlines of their own.

    Args:
        app: An ASGI 3 application; it gets requests whole, and no lifespan.
        address: Address and port to listen on; port 0: any free one.
        bounds: Limits for clients.
        names: Accepted hosts beside the address (`own_hosts`).
        on_ready: Called once with address and port when connections are accepted.
        tls: With the server's certificate; None: plain HTTP.
        told_to_end: Whoever sets it ends this.
        option: The option that named the address, for the message.

    Returns:
        Why it ended: "idle", "over" (`lives_s`), "asked" or "signal".

    Raises:
        ConfigurationError: The address cannot be listened on.
    """
    listener = _listening(address, option)
    host, port = listener.getsockname()[:2]
    front = _Front(app, bounds, own_hosts(host, port, names, tls is not None), tls)
    with listener, _signals_noted() as signalled:
        return asyncio.run(front.served(listener, lambda: on_ready(host, port), told_to_end, signalled))


def _listening(address: tuple[str, int], option: str) -> socket.socket:
    host, port = address
    try:
        if not 0 <= port <= 65535:  # create_server would leave its socket open
            raise OverflowError("port must be 0-65535.")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server(address, family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        words = os_words(error) if isinstance(error, OSError) else error
        raise ConfigurationError(
            "{option} {host}:{port}: cannot be listened on: {words}", option=option, host=host, port=port, words=words
        ) from None


@contextmanager
def _signals_noted() -> Iterator[threading.Event]:
    """Note SIGINT and SIGTERM while the block runs; uvicorn hands on those that ended it."""
    noted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield noted
        return
    before = {one: signal.signal(one, lambda *_: noted.set()) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield noted
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


class _Front:
    """Stands between uvicorn and the application: an ASGI application that knows the open connections."""

    def __init__(self, app: App, bounds: WebBounds, hosts: Collection[str], tls: ssl.SSLContext | None) -> None:
        self.bounds, self.tls = bounds, tls
        self._app, self._hosts = app, hosts
        self._open: dict[tuple[str, int], Connection] = {}
        self._used_at_mono = 0.0

    async def served(
        self,
        listener: socket.socket,
        on_ready: Callable[[], None],
        told: threading.Event | None,
        signalled: threading.Event,
    ) -> Ended:
        """Run uvicorn on a listener until one of the ends."""
        asyncio.get_running_loop().set_exception_handler(_failed)
        server = uvicorn.Server(
            uvicorn.Config(
                self,
                loop="asyncio", http=Connection, ws="none", lifespan="off", interface="asgi3",
                log_config=None, log_level=logging.CRITICAL + 1, access_log=False,
                proxy_headers=False, server_header=False, date_header=False, backlog=BACKLOG,
                timeout_graceful_shutdown=END_WITHIN_S, h11_max_incomplete_event_size=self.bounds.head_max_bytes,
            )
        )  # fmt: skip
        serving = asyncio.create_task(server.serve([listener]))
        try:
            while not server.started:
                if serving.done():
                    serving.result()  # raises why
                await asyncio.sleep(0)
            on_ready()
            return await self._end_of(server, told, signalled)
        finally:
            server.should_exit = True
            self._cut(lambda one: one.waits_since_mono is not None)
            await serving
            self._cut(lambda one: True)
            await asyncio.sleep(0)  # so that each cut connection is closed before the loop is

    async def _end_of(self, server: uvicorn.Server, told: threading.Event | None, signalled: threading.Event) -> Ended:
        loop = asyncio.get_running_loop()
        began_at_mono = self._used_at_mono = loop.time()
        lives_s = self.bounds.lives_s
        while not (signalled.is_set() or server.should_exit):
            if told is not None and told.is_set():
                return "asked"
            if lives_s is not None and loop.time() - began_at_mono >= lives_s:
                return "over"
            in_use = any(one.waits_since_mono is None for one in self._open.values())
            if not in_use and loop.time() - self._used_at_mono >= self.bounds.idle_s:
                return "idle"
            await asyncio.sleep(TICK_S)
        return "signal"

    def _cut(self, chosen: Callable[[Connection], bool]) -> None:
        for one in [one for one in self._open.values() if chosen(one)]:
            one.cut()

    def admit(self, connection: Connection) -> bool:
        """Return whether a new connection has a place; the one whose place it has is cut."""
        places = {key: Place(one.peer[0], one.waits_since_mono) for key, one in self._open.items()}
        taken, goes = makes_room(places, connection.peer[0], self.bounds)
        for key in goes:
            self._open[key].cut()
        if taken:
            self._open[connection.peer] = connection
        return taken

    def left(self, connection: Connection) -> None:
        """Free a connection's place."""
        if self._open.get(connection.peer) is connection:
            del self._open[connection.peer]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Read one request whole, have it answered within its time, and give its answer the headers of each."""
        connection = self._open.get(tuple(scope["client"]))
        if connection is None:  # cut, while uvicorn still had its bytes
            return
        answer = _Answer(connection, send, self.bounds.answer_within_s)
        connection.may_last(self.bounds.body_within_s)
        refusal = refused(
            scope["http_version"], scope["method"], scope["raw_path"] + scope["query_string"], scope["path"],
            scope["headers"], self._hosts, self.bounds,
        )  # fmt: skip
        body = await self._body(receive)
        if body is None:
            return
        if refusal is not None:
            await answer.plainly(*refusal)
            return
        connection.is_answered(self.bounds.answer_within_s + END_WITHIN_S)
        try:
            async with asyncio.timeout(self.bounds.answer_within_s) as limit:
                await self._app(scope, _whole(body, receive), answer.send)
        except Exception as error:  # the page goes on, whatever failed
            late = limit.expired()
            LOG.error("%s: %s", printable(scope["path"]), "no answer in time" if late else type(error).__name__)
            LOG.debug("a request failed", exc_info=True)
            await answer.plainly(*((503, "this took too long: try again") if late else (500, "this failed")))
        if answer.status < 400:
            self._used_at_mono = asyncio.get_running_loop().time()

    async def _body(self, receive: Receive) -> bytes | None:
        """Return the body, of a refused one its first bytes; None where the client has gone."""
        cap = self.bounds.body_max_bytes
        body, seen = bytearray(), 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            seen += len(message["body"])
            body += message["body"][: cap - len(body)]
            if not message["more_body"] or seen > 16 * cap:  # a little more is read, so that the refusal arrives
                return bytes(body)


class _Answer:
    """Sends one answer: its headers bounded, and only one whatever fails."""

    def __init__(self, connection: Connection, send: Send, within_s: float) -> None:
        self._connection, self._send, self._within_s = connection, send, within_s
        self._complete = False
        self.status = 0

    async def send(self, message: Message) -> None:
        """Send a part of it."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": bounded_headers(message.get("headers", ()))}
            self._connection.may_last(self._within_s)  # from here it is the client who makes us wait
        elif message["type"] == "http.response.body":
            self._complete = not message.get("more_body", False)
        await self._send(message)

    async def plainly(self, status: int, words: str) -> None:
        """Answer a few words, where nothing was answered yet; cut what was begun."""
        if not self.status:
            body = f"{words}\n".encode()
            length = (b"content-length", b"%d" % len(body))
            await self.send({"type": "http.response.start", "status": status, "headers": [*PLAIN, length]})
            await self.send({"type": "http.response.body", "body": body})
        elif not self._complete:
            self._connection.cut()


def _whole(body: bytes, receive: Receive) -> Receive:
    """Return what an application receives: the body at once, then what uvicorn says of the client's leaving."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return waiting.pop() if waiting else await receive()

    return received


def _failed(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    LOG.debug("a connection failed: %s", context.get("message"), exc_info=context.get("exception"))

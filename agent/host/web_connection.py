"""Bounds each connection of a web page's listener in time and number, before uvicorn reads its bytes.

A connection has its place and its deadline when it is accepted, and the TLS handshake counts as a part of the head.
"""

import asyncio
import logging
import socket
import ssl
import struct
import sys
from contextlib import suppress
from typing import Any, Final, Protocol

from uvicorn.protocols.http.h11_impl import H11Protocol

from agent.host.web_bounds import PLAIN, WebBounds, bounded_headers

LOG = logging.getLogger("camwarden.web")

RESET: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""`struct linger`: on, for no time."""


class Front(Protocol):
    """Where connections belong: `web.py` has the only one."""

    bounds: WebBounds
    tls: ssl.SSLContext | None

    def admit(self, connection: "Connection") -> bool:
        """Return whether a new connection has a place."""
        ...

    def left(self, connection: "Connection") -> None:
        """Free a connection's place."""
        ...


class _Http(H11Protocol):
    """uvicorn's protocol, but for what it answers to bytes that are no HTTP."""

    def send_400_response(self, msg: str) -> None:
        """Refuse with the headers of each answer, and end."""
        lines = [b"%s: %s" % header for header in bounded_headers([*PLAIN, (b"content-length", b"12")])]
        self.transport.write(b"\r\n".join([b"HTTP/1.1 400 Bad Request", *lines, b"", b"no request.\n"]))
        self.transport.close()


class Connection(asyncio.Protocol):
    """Bounds one connection, and hands its bytes to uvicorn's protocol once they are plain."""

    def __init__(self, **given: Any) -> None:
        self._front: Front = given["config"].app
        self._http = _Http(**given)
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._begun = False
        self._early = b""
        self.peer = ("", 0)
        self.waits_since_mono: float | None = self._loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place, or be cut."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream is needed")
        self._transport = transport
        self.peer = tuple((transport.get_extra_info("peername") or ("", 0))[:2])
        if not self._front.admit(self):
            LOG.debug("a connection of %s found no place", self.peer[0])
            self.cut()
            return
        self.may_last(self._front.bounds.head_within_s)
        if self._front.tls is None:
            self._begin(transport)
        else:
            self._securing = self._loop.create_task(self._secure(self._front.tls))

    async def _secure(self, tls: ssl.SSLContext) -> None:
        within_s = self._front.bounds.head_within_s
        with suppress(OSError):
            secured = await self._loop.start_tls(
                self._transport, self, tls, server_side=True, ssl_handshake_timeout=within_s
            )
            if secured is not None:
                self._begin(secured)
                return
        self.cut()
        self._front.left(self)

    def _begin(self, transport: asyncio.Transport) -> None:
        self._begun = True
        self._http.connection_made(transport)
        if self._early:
            self._http.data_received(self._early)

    def may_last(self, seconds: float) -> None:
        """Cut it after so many seconds from now: it is the client who makes us wait."""
        self._deadline(seconds)
        self.waits_since_mono = self._loop.time()

    def is_answered(self, seconds: float) -> None:
        """Cut it after so many seconds from now: the page makes its answer."""
        self._deadline(seconds)
        self.waits_since_mono = None

    def _deadline(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self.cut)

    def cut(self) -> None:
        """End it at once by a reset, so that the system does not hold for it what was to be sent."""
        with suppress(OSError):
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._transport.abort()
        self._front.left(self)

    def data_received(self, data: bytes) -> None:
        """Hand on what came."""
        if self._begun:
            self._http.data_received(data)
        else:  # a client may send its request together with the end of its handshake
            self._early += data

    def eof_received(self) -> None:
        """Close, as asyncio does where nothing is returned."""

    def connection_lost(self, error: Exception | None) -> None:
        """Free the place."""
        if self._timer is not None:
            self._timer.cancel()
        self._front.left(self)
        if self._begun:
            self._http.connection_lost(error)

    def pause_writing(self) -> None:
        """Hand on that the client does not read."""
        self._http.pause_writing()

    def resume_writing(self) -> None:
        """Hand on that it reads again."""
        self._http.resume_writing()

"""Serves TCP on 127.0.0.1 and can be stopped for good: no thread, no socket remains.

Every simulated device listens through this one class; its handler decides the protocol. One device never answers.
"""

import contextlib
import logging
import socket
import socketserver
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

LOG = logging.getLogger("camwarden.demo")

Handler = Callable[[Any, Any, Any], socketserver.BaseRequestHandler]

CONNECTIONS = 256
"""So many at one time; more wait."""


class LoopbackServer(socketserver.TCPServer):
    """Listens on a free port of 127.0.0.1, one thread per connection, which serves the next one after it.

    OpenCV 5 reads its font anew in each thread that writes into a picture: 17 ms, more than all else of the picture.

    `playing`: how many sessions there are, as its connections count them; `most_playing`: how many at one time.

    Not an `http.server.HTTPServer`: that one looks up the machine's own name when it binds.
    """

    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, handler: Handler, name: str) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self._open: set[socket.socket] = set()
        self.playing, self.most_playing = 0, 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._accept_all, name=f"demo-{name}")
        self._serving = ThreadPoolExecutor(CONNECTIONS, f"demo-{name}")

    @property
    def port(self) -> int:
        """The port that the system chose."""
        return int(self.server_address[1])

    def start(self) -> None:
        """Start to accept connections."""
        self._thread.start()

    def stop(self) -> None:
        """Close every connection and wait until every thread has ended. Safe to call twice, or without `start`."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # on Linux this ends a waiting accept
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._serving.shutdown()
        self.server_close()

    def _accept_all(self) -> None:
        """Accept until `stop`; `serve_forever` would poll for the end."""
        while not self._stopping.is_set():
            try:
                connection, address = self.get_request()
            except OSError:
                self._stopping.wait(0.05)  # out of descriptors, or the end
                continue
            self._serving.submit(self._serve, connection, address)

    def _serve(self, connection: socket.socket, address: Any) -> None:
        """Serve one connection to its end."""
        try:
            self.finish_request(connection, address)
        except Exception:  # noqa: BLE001 # whatever a peer provoked
            self.handle_error(connection, address)
        finally:
            self.shutdown_request(connection)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept one connection and store it, so that `stop` can end it."""
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Drop a connection and close it."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def plays(self, by: int) -> None:
        """Count sessions that begin (1) or end (-1)."""
        with self._lock:
            self.playing += by
            self.most_playing = max(self.most_playing, self.playing)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what ended a connection at debug level: peers that leave in the middle are normal here."""
        del request
        LOG.debug("a connection from %s ended badly", client_address, exc_info=True)


def device_servers(name: str, http: Handler, rtsp: Handler) -> tuple[LoopbackServer, LoopbackServer]:
    """Bind the two servers of a device, for HTTP and for RTSP.

    Raises:
        OSError: A port could not be bound; the other one is free again.
    """
    first = LoopbackServer(http, f"{name}-http")
    try:
        return first, LoopbackServer(rtsp, f"{name}-rtsp")
    except OSError:
        first.stop()
        raise


class _Silence(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        """Read until the peer closes."""
        while self.request.recv(4096):
            pass


class HangingDevice:
    """Accepts connections on two ports, reads, and never answers."""

    def __init__(self, name: str) -> None:
        self.http, self.rtsp = device_servers(name, _Silence, _Silence)

    def start(self) -> None:
        """Start to accept."""
        self.http.start()
        self.rtsp.start()

    def stop(self) -> None:
        """End every connection and thread."""
        self.http.stop()
        self.rtsp.stop()

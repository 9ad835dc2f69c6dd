"""The listening side of a scripted device: a free port, a thread per connection, and an end to all of them."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

from patience import PATIENCE_S


class Listening:
    """Accepts on a free port of 127.0.0.1 and lets `serve` have each connection, until `stop`."""

    def __init__(self, serve: Callable[[socket.socket], None], stopping: threading.Event) -> None:
        self._serve, self._stopping = serve, stopping
        self.connections = 0
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.start(self._accept)

    def start(self, run: Callable[[], None]) -> None:
        """Run something in a thread that `stop` waits for."""
        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop(self) -> None:
        """End every connection and wait for every thread."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in list(self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(PATIENCE_S)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(sock)
            self.start(lambda sock=sock: self._serve(sock))  # type: ignore[misc]

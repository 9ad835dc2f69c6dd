"""A wire between a client and a broker that can be slow or go dead without a word."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from patience import PATIENCE_S


class Wire:
    """Forwards both ways. `freeze` stops it without closing anything; `bytes_per_s` makes it slow."""

    def __init__(self, behind: int, bytes_per_s: int = 0) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.connections = 0
        self._behind = behind
        self._bytes_per_s = bytes_per_s
        self._ended = threading.Event()
        self._open: list[socket.socket] = []
        self._frozen: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._run, daemon=True)]

    def freeze(self) -> None:
        """Let the connections that there are carry nothing more; new ones work."""
        self._frozen.update(self._open)

    def _run(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            broker = socket.create_connection(("127.0.0.1", self._behind))
            self._open += [client, broker]
            for one, other in ((client, broker), (broker, client)):
                self._threads.append(threading.Thread(target=self._pour, args=(one, other), daemon=True))
                self._threads[-1].start()

    def _pour(self, one: socket.socket, other: socket.socket) -> None:
        step = max(512, self._bytes_per_s // 20) if self._bytes_per_s else 65_536
        with suppress(OSError):
            while data := one.recv(step):
                if one in self._frozen:
                    continue
                other.sendall(data)
                if self._bytes_per_s and self._ended.wait(len(data) / self._bytes_per_s):
                    return
        if one not in self._frozen:
            for side in (one, other):
                with suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Wire:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for sock in (self._server, *self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE_S)
        for sock in (self._server, *self._open):
            sock.close()

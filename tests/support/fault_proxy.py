"""A TCP relay on 127.0.0.1 that can break in every way a network does. Runs in a thread; use as a context manager."""

from __future__ import annotations

import selectors
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

from patience import PATIENCE_S

_AT_ONCE = 16_384
_TICK_S = 0.02
_RESET = struct.pack("ii", 1, 0)  # linger for 0 s: close sends a reset


@dataclass(eq=False, slots=True)
class _Pair:
    """A client, the server it was led to, and what waits to go to each. `gone`: the network no longer knows them."""

    client: socket.socket
    server: socket.socket
    to_server: bytearray = field(default_factory=bytearray)
    to_client: bytearray = field(default_factory=bytearray)
    gone: bool = False


class Proxy:
    """Leads connections on `port` to `target`; faults are switched from any thread and take effect within 20 ms."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = int(self._listener.getsockname()[1])
        self.accepted_at: list[float] = []
        self._lock = threading.Lock()
        self._pairs: list[_Pair] = []
        self._frozen = False
        self._stopping = threading.Event()
        self._garble, self._garble_from = 0, 1
        self._bytes_per_s: float | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(PATIENCE_S)
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Reset every connection."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in (pair.client, pair.server):
                with suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                end.close()

    def forget(self) -> None:
        """Make every present connection half-open: nothing passes any more, and nobody is told."""
        with self._lock:
            for pair in self._pairs:
                pair.gone = True

    def freeze(self, frozen: bool) -> None:
        """Hold everything back, new connections too, or let it go on."""
        self._frozen = frozen

    def slow(self, bytes_per_s: float | None) -> None:
        """Let so little pass in each direction; None for no limit."""
        self._bytes_per_s = bytes_per_s

    def garble(self, times: int = 1, at_least_bytes: int = 1) -> None:
        """Flip a bit in the middle of the next chunks, of at least so many bytes, on their way to the server."""
        self._garble, self._garble_from = times, at_least_bytes

    @property
    def open(self) -> int:
        """How many connections there are, half-open ones too."""
        with self._lock:
            return len(self._pairs)

    def _run(self) -> None:
        while not self._stopping.is_set():
            with selectors.DefaultSelector() as selector, self._lock:
                if not self._frozen:
                    selector.register(self._listener, selectors.EVENT_READ, None)
                    for pair in self._pairs:
                        self._register(selector, pair)
                ready = selector.select(0)
            if not ready:
                self._stopping.wait(_TICK_S / 10 if self._bytes_per_s is None and not self._frozen else _TICK_S)
                continue
            with self._lock:
                for key, happened in ready:
                    if key.data is None:
                        self._accept()
                    elif key.data in self._pairs:
                        self._move(key.data, key.fileobj, happened)
            if self._bytes_per_s is not None:
                self._stopping.wait(_TICK_S)

    @staticmethod
    def _register(selector: selectors.BaseSelector, pair: _Pair) -> None:
        if pair.gone:
            return
        for end, out, back in (
            (pair.client, pair.to_server, pair.to_client),
            (pair.server, pair.to_client, pair.to_server),
        ):
            wanted = (0 if out else selectors.EVENT_READ) | (selectors.EVENT_WRITE if back else 0)
            if wanted:
                selector.register(end, wanted, pair)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        self.accepted_at.append(time.monotonic())
        try:
            server = socket.create_connection(("127.0.0.1", self._target), timeout=PATIENCE_S)
        except OSError:
            client.close()
            return
        for end in (client, server):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pairs.append(_Pair(client, server))

    def _move(self, pair: _Pair, end: object, happened: int) -> None:
        near, far = (pair.client, pair.server) if end is pair.client else (pair.server, pair.client)
        out, back = (pair.to_server, pair.to_client) if end is pair.client else (pair.to_client, pair.to_server)
        most = _AT_ONCE if self._bytes_per_s is None else max(1, int(self._bytes_per_s * _TICK_S))
        try:
            if happened & selectors.EVENT_READ:
                data = bytearray(near.recv(most))
                if not data:
                    raise ConnectionResetError
                if self._garble and near is pair.client and len(data) >= self._garble_from:
                    self._garble -= 1
                    data[len(data) // 2] ^= 0x10
                out += data
            if happened & selectors.EVENT_WRITE:
                del back[: near.send(back[:most])]
        except BlockingIOError:
            return
        except OSError:
            self._pairs.remove(pair)
            with suppress(OSError):
                far.send(out)
            near.close()
            far.close()

"""Interrupts the daemon's sleep: by signals, and orders of the hub. Flags and one byte in a socket; no locks.

A signal handler runs between any two instructions, also inside another handler. `threading.Event` takes a lock that is
not reentrant: a handler that sets one may wait for itself.
"""

import select
import signal
import socket
import time
from typing import Final, Self

HEARD_TOGETHER_S: Final = 0.05
"""What rings so shortly one after the other is one interruption: a flood of orders costs twenty turns a second."""


class Signals:
    """`stop` and `reload` are requests; whoever acts on `reload` sets it back first."""

    def __init__(self) -> None:
        self.stop = False
        self.reload = False
        self._heard, self._bell = socket.socketpair()
        self._heard.setblocking(False)
        self._bell.setblocking(False)

    def __enter__(self) -> Self:
        """Install the handlers for SIGTERM, SIGINT and SIGHUP; only the main thread may."""
        signal.signal(signal.SIGTERM, lambda *_: self._stop())
        signal.signal(signal.SIGINT, lambda *_: self._stop())
        signal.signal(signal.SIGHUP, lambda *_: self._reload())
        return self

    def __exit__(self, *_: object) -> None:
        """Close the bell. The handlers stay: a second SIGTERM must not cut the end short."""
        self._heard.close()
        self._bell.close()

    def ring(self) -> None:
        """End the present or next rest. Never blocks; from any thread and any handler."""
        try:
            self._bell.send(b"\0")
        except OSError:  # full: it rings already; closed: nobody rests any more
            return

    def rest(self, seconds: float) -> None:
        """Wait so long, or until `ring`."""
        ready, _, _ = select.select([self._heard], [], [], seconds)
        if ready:
            time.sleep(min(HEARD_TOGETHER_S, seconds))
            self._heard.recv(4096)

    def _stop(self) -> None:
        self.stop = True
        self.ring()

    def _reload(self) -> None:
        self.reload = True
        self.ring()

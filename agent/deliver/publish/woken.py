"""Runs a thread that waits for the network, and that other threads can wake and stop."""

import socket
import threading
from collections.abc import Callable


class WokenThread:
    """A daemon thread. It polls `wake_socket` beside its connection, and ends soon after `stopping` is set."""

    def __init__(self, name: str, run: Callable[[], None]) -> None:
        self.stopping = threading.Event()
        self.wake_socket, self._wake_write = socket.socketpair()
        self.wake_socket.setblocking(False)
        self._wake_write.setblocking(False)
        self._thread = threading.Thread(target=run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Make `wake_socket` readable. Never blocks."""
        try:
            self._wake_write.send(b"\0")
        except OSError:  # full: it is awake already; closed: it has stopped
            return

    def stop(self, timeout_s: float) -> bool:
        """End the thread; False if it did not end in time (it is then left behind)."""
        self.stopping.set()
        self.wake()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        if self._thread.is_alive():
            return False
        self.wake_socket.close()
        self._wake_write.close()
        return True

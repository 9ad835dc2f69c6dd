"""Enforces one absolute deadline on all reads of a device, by a thread that shuts its sockets down.

A socket timeout counts per wait: a peer that drips one byte at a time never exceeds it. So every socket of a device is
guarded: at the deadline one thread of the process shuts it down, and its reader returns at once. Callers decide what is
read and report the end.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Final

from drivers.errors import DeadlineExceeded, NameUnknown, NoAnswer, NoRoute, PortClosed, Unreachable

_KINDS: Final[dict[int | None, type[Unreachable]]] = {
    errno.ECONNREFUSED: PortClosed,
    errno.EHOSTUNREACH: NoRoute,
    errno.ENETUNREACH: NoRoute,
    errno.EHOSTDOWN: NoRoute,
}
"""Source: connect(2), ip(7)."""

Address = tuple[str, int]
"""A numeric address and a port, as name resolution gave them."""


class Guard:
    """A second handle on a socket, so that it can be shut down also after TLS took over the first one."""

    def __init__(self, sock: socket.socket, at_mono: float) -> None:
        self.at_mono = at_mono
        self._handle = sock.dup()

    def shut(self) -> None:
        """End both directions; a waiting reader returns."""
        with contextlib.suppress(OSError):
            self._handle.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the handle back."""
        self._handle.close()


class _Watch:
    """The thread that shuts guarded sockets down. It starts with the first guard and ends with the last."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._guards: set[Guard] = set()
        self._running = False
        self._wakes_mono = 0.0

    def add(self, guard: Guard) -> None:
        with self._changed:
            self._guards.add(guard)
            if not self._running:
                threading.Thread(target=self._run, name="camwarden-deadline", daemon=True).start()
                self._running = True
            self._changed.notify()

    def move(self, guard: Guard, at_mono: float) -> None:
        with self._changed:
            guard.at_mono = at_mono
            # Woken only where it would sleep too long: most guards end later than the one it waits for.
            if at_mono < self._wakes_mono:
                self._changed.notify()

    def remove(self, guard: Guard) -> None:
        with self._changed:
            self._guards.discard(guard)
            self._changed.notify()
            guard.close()

    def _run(self) -> None:
        with self._changed:
            while self._guards:
                now = time.monotonic()
                due = [guard for guard in self._guards if guard.at_mono <= now]
                for guard in due:
                    guard.shut()
                    self._guards.discard(guard)
                if not due:
                    self._wakes_mono = min(guard.at_mono for guard in self._guards)
                    self._changed.wait(self._wakes_mono - now)
            self._running = False


_WATCH = _Watch()


class Deadline:
    """The moment, on the monotonic clock, after which nothing more is asked of a device."""

    def __init__(self, seconds: float) -> None:
        self._at_mono = time.monotonic() + seconds
        self._seconds = seconds
        self._stopped = threading.Event()

    @property
    def passed(self) -> bool:
        """Whether the time is used up."""
        return time.monotonic() >= self._at_mono

    def remaining_s(self) -> float:
        """Return the seconds left, always more than zero. Raises DeadlineExceeded."""
        left_s = self._at_mono - time.monotonic()
        if left_s <= 0:
            raise DeadlineExceeded(f"the device's {self._seconds:g} s are used up")
        return left_s

    def within(self, seconds: float) -> Deadline:
        """Return a deadline `seconds` from now, or this one where it is nearer."""
        return self if seconds >= self.remaining_s() else Deadline(seconds)

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond the deadline. Raises DeadlineExceeded."""
        self._stopped.wait(min(seconds, self.remaining_s()))
        self.remaining_s()

    @contextlib.contextmanager
    def guarding(self, sock: socket.socket) -> Iterator[None]:
        """Shut `sock` down when the deadline passes inside the block."""
        guard = self.guard(sock)
        try:
            yield
        finally:
            self.release(guard)

    def guard(self, sock: socket.socket) -> Guard:
        """Shut `sock` down when the deadline passes, until `release`."""
        guard = Guard(sock, self._at_mono)
        _WATCH.add(guard)
        return guard

    def limit(self, guard: Guard, until_mono: float) -> None:
        """Let a guard end earlier than the deadline, or, with infinity, with it again."""
        _WATCH.move(guard, min(self._at_mono, until_mono))

    @staticmethod
    def release(guard: Guard) -> None:
        """End a guard. May be called more than once."""
        _WATCH.remove(guard)


def resolve(host: str) -> tuple[str, ...]:
    """Return a host name's numeric addresses, best first, or none. Not interruptible: call before a deadline starts."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def connect(addresses: Sequence[str], port: int, deadline: Deadline) -> socket.socket:
    """Connect to the first address that answers. Raises DeadlineExceeded; Unreachable, whose kind is the reason."""
    if not addresses:
        raise NameUnknown("the host name has no address")
    last: OSError | OverflowError = OSError()
    for number, address in enumerate(addresses):
        # An address that swallows packets must leave time for the others.
        timeout_s = deadline.remaining_s() / (len(addresses) - number)
        try:
            sock = socket.create_connection((address, port), timeout=timeout_s)
        except (OSError, OverflowError) as error:
            last = error
            continue
        try:
            sock.settimeout(deadline.remaining_s())
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            sock.close()
            raise
        return sock
    if isinstance(last, TimeoutError) and deadline.passed:
        raise NoAnswer(f"no connection to port {port} within the device's time")
    deadline.remaining_s()
    words = getattr(last, "strerror", None) or str(last) or type(last).__name__
    raise _KINDS.get(getattr(last, "errno", None), Unreachable)(f"no connection to port {port}: {words}")

"""Caches logins in use: which calls of a device need one, and the Digest nonce that it still accepts.

Each answered challenge is a new login on the device, and some makers log one as failed. So a nonce is cached from one
cycle to the next, as long as the device takes it, in the memory of the process only: its counter must rise with each
use, and two processes that shared one would make each other's requests look like replays. A command run by hand, and a
restarted daemon, make one login of their own.
"""

import threading
from dataclasses import dataclass, replace

from drivers.authentication import Challenge
from drivers.model import Device

_MAX_KEPT = 4096

Operation = tuple[str, str]
"""A SOAP operation: the namespace of its service, and its name."""


@dataclass(frozen=True, slots=True)
class CachedNonce:
    """A challenge in use. `used` counts how often its nonce was answered.

    `tells_stale`: whether the device reports an expired nonce, so that a refusal without that word is a refusal. None:
    not known yet. False: it has the word, and did not use it when it should have.
    """

    challenge: Challenge | None
    used: int = 0
    tells_stale: bool | None = None


class Nonces:
    """Cached logins by device and login: a nonce for each port, and operations that asked for a token. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[object, ...], CachedNonce] = {}
        self._closed: dict[tuple[object, ...], frozenset[Operation]] = {}

    def of(self, device: Device, port: int) -> CachedNonce | None:
        """Return what is in use; None where the device has to be asked."""
        with self._lock:
            return self._kept.get(_key(device, port))

    def keep(self, device: Device, port: int, kept: CachedNonce) -> None:
        """Remember what the device just took."""
        with self._lock:
            key = _key(device, port)
            self._kept.pop(key, None)
            self._kept[key] = kept
            while len(self._kept) > _MAX_KEPT:
                del self._kept[next(iter(self._kept))]

    def drop(self, device: Device, port: int) -> None:
        """Forget the nonce, but not what was learned of the device."""
        with self._lock:
            key = _key(device, port)
            if key in self._kept:
                self._kept[key] = replace(self._kept[key], challenge=None, used=0)

    def closed(self, device: Device) -> frozenset[Operation]:
        """Return the operations that did not answer without a login. Only their answers prove that one was taken."""
        with self._lock:
            return self._closed.get(_key(device, 0), frozenset())

    def keep_closed(self, device: Device, operations: frozenset[Operation]) -> None:
        """Remember which operations did not answer without a login, after the login was taken; none: forget them."""
        with self._lock:
            key = _key(device, 0)
            self._closed.pop(key, None)
            if operations:
                self._closed[key] = operations
            while len(self._closed) > _MAX_KEPT:
                del self._closed[next(iter(self._closed))]


def _key(device: Device, port: int) -> tuple[object, ...]:
    return (device.id, device.host, device.tls, device.credential, port)

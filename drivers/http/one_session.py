"""Locks a device for one session at a time, across processes: service and commands take turns.

The lock is a file beside the states of logins, which all of them share already; it ends with its process. Where there
is no such file, nobody else is expected, and where it cannot be opened, nothing can be coordinated: the session begins.
Waiting counts against the device's one deadline.

Source: ONVIF and vendors' manuals name no number of sessions that every device can bear; some small cameras bear one.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from drivers.deadline import Deadline
from drivers.errors import DeadlineExceeded, InUse
from drivers.file_lock import open_private, try_lock
from drivers.model import Device

FOLDER: Final = "sessions"
AGAIN_AFTER_S: Final = 0.05


@contextmanager
def one_session(directory: Path | None, device: Device, deadline: Deadline) -> Iterator[None]:
    """Hold the device for this session while the block runs.

    Args:
        directory: Where the states of logins are; None: no other process is expected.
        device: Its host and port are what is held.
        deadline: How long at most another session is waited for.

    Raises:
        InUse: Another session lasted until the deadline.
    """
    descriptor = _opened(directory, device)
    if descriptor is None:
        yield
        return
    try:
        _wait(descriptor, deadline)
        yield
    finally:
        os.close(descriptor)


def session_file(directory: Path, device: Device) -> Path:
    """Return the lock file of a device."""
    place = f"{device.host.lower()}:{device.port}"
    return directory / FOLDER / f"{hashlib.sha256(place.encode()).hexdigest()[:16]}.lock"


def _opened(directory: Path | None, device: Device) -> int | None:
    if directory is None:
        return None
    path = session_file(directory, device)
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return None
    return open_private(path)


def _wait(descriptor: int, deadline: Deadline) -> None:
    try:
        while not try_lock(descriptor):
            deadline.pause(AGAIN_AFTER_S)
    except DeadlineExceeded:
        raise InUse("another look of camwarden has a session with it, and did not end in time") from None

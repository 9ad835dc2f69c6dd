"""Notifies systemd of the service's state: ready, status line, alive, reloading, stopping.

Every function sends one datagram to the socket in `NOTIFY_SOCKET` and does nothing without one. None raises: a service
that cannot reach its manager must still work. When to notify is decided by `agent/service/daemon/loop.py`.

Source: sd_notify(3), sd_watchdog_enabled(3).
"""

import logging
import os
import socket
import time
from collections.abc import Mapping

log = logging.getLogger("camwarden.notify")

STATUS_MAX_CHARS = 200
SEND_TIMEOUT_S = 1.0
"""A manager that does not read must not stop us."""


def ready(text: str = "") -> bool:
    """Notify that the service is up, or that a reload is over."""
    return _send("READY=1", *_status(text))


def status(text: str) -> bool:
    """Set the line that `systemctl status` shows."""
    return _send(*_status(text))


def watchdog() -> bool:
    """Notify of progress. Call it only where there is some."""
    return _send("WATCHDOG=1")


def reloading() -> bool:
    """Notify of a reload, which `ready` ends."""
    return _send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


def stopping() -> bool:
    """Notify that the service is stopping."""
    return _send("STOPPING=1")


def watchdog_interval_s(environ: Mapping[str, str], pid: int) -> float:
    """Return half of the unit's watchdog limit in seconds; 0.0 without one, or where it is for another `pid`."""
    try:
        watched = int(environ.get("WATCHDOG_PID", pid))
        limit_us = int(environ.get("WATCHDOG_USEC", 0))
    except ValueError:
        return 0.0
    return limit_us / 2e6 if watched == pid and limit_us > 0 else 0.0


def _status(text: str) -> tuple[str, ...]:
    line = " ".join(text.split())[:STATUS_MAX_CHARS]
    return (f"STATUS={line}",) if line else ()


def _send(*fields: str) -> bool:
    """Send the fields; return whether the manager got them."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not fields or address[:1] not in ("/", "@"):
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.settimeout(SEND_TIMEOUT_S)
            sender.sendto("\n".join(fields).encode("utf-8", "replace"), address)
    except OSError as error:
        log.debug("systemd was not told %s: %s", fields[0], error.strerror)
        return False
    return True

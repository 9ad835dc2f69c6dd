"""A driver for tests of the probe: what each device does is told by its address. Implements `read` as drivers do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from patience import PATIENCE_S

from drivers.errors import Malformed, Refused
from drivers.footage import WantedFootage
from drivers.http.transport import Transport
from drivers.model import Camera, Identity, Observation, Observations

HEALTHY, REFUSED, MALFORMED, BUG, STUCK = (f"192.0.2.{n}" for n in range(1, 6))
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
RELEASE = threading.Event()
"""Set by a test to let stuck devices go, so that no thread outlives it."""


def _healthy(device: str) -> Observations:
    return (Observation(f"device:{device}", Identity("ACME", "N8", "1.0", device), NOW, "scripted"),)


def _raises(error: Exception) -> Callable[[str], Observations]:
    def act(device: str) -> Observations:
        raise error

    return act


def _stuck(device: str) -> Observations:
    RELEASE.wait(PATIENCE_S)
    return _healthy(device)


ACTS: dict[str, Callable[[str], Observations]] = {
    HEALTHY: _healthy,
    REFUSED: _raises(Refused("login refused")),
    MALFORMED: _raises(Malformed("no envelope")),
    BUG: _raises(RuntimeError("secret-in-a-message")),
    STUCK: _stuck,
}


def read(cameras: tuple[Camera, ...], transport: Transport, wanted: WantedFootage) -> Observations:
    """Do what the device's address says."""
    return ACTS[transport.device.host](transport.device.id)

"""Where a cycle touches the world: what it is handed by the daemon, by a command, or by a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from agent.look import Judge
from agent.previous import Previous
from agent.publish_status import DeliveryStatus
from drivers.credentials import Credentials


def _nothing() -> None:
    """Go on."""


@dataclass(frozen=True, slots=True)
class Rim:
    """Refused credentials, the picture worker, the clock of the network side, and pictures of the cycle before.

    `progress` is called while the cycle advances; it may raise to end it. `wait` is called with the seconds between two
    rounds; where there is only one round it is not called. `delivery`: how delivery stands, None where this process
    delivers nothing.
    """

    credentials: Credentials
    judge: Judge
    clock: Callable[[], datetime]
    progress: Callable[[], None] = _nothing
    previous: Previous = field(default_factory=Previous)
    wait: Callable[[float], None] = lambda seconds: None
    delivery: DeliveryStatus | None = None

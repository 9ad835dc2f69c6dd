"""A desk of the local page for the simulated site, with clocks that a test moves."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.commands.ui import replace_site
from agent.onsite.ui.desk import Desk, Place
from agent.onsite.ui.entrance import Entrance
from agent.onsite.ui.openings import Openings
from agent.site.config.load import load
from drivers.credentials import Credentials
from masking.worker.client import Worker


@dataclass
class Moved:
    """A clock and a monotonic clock that go by themselves, and further when a test says so."""

    ahead_s: float = 0.0
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead_s)

    def mono(self) -> float:
        return (self.now() - self.began_at).total_seconds()


@dataclass
class OnDesk:
    """A desk, its entrance and its clock."""

    desk: Desk
    entrance: Entrance
    clock: Moved
    config: Path


def desk_of(config: Path, worker: Worker, by: str = "Li Na", *, may_edit: bool = True) -> OnDesk:
    """Return a desk that saves in this process."""
    site, clock, raw = load(config), Moved(), config.read_bytes()
    directory = site.storage.directory
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = Place(
        config=config, by=by, clock=clock.now, credentials=Credentials(directory / "credentials.json"),
        judge=worker.judge, look_judge=worker.judge, save=lambda text, before: replace_site(config, text, before),
        note=Openings(directory, by, clock.now).note, may_edit=may_edit,
    )  # fmt: skip
    desk = Desk(place, site, raw.decode(), hashlib.sha256(raw).hexdigest())
    return OnDesk(desk, Entrance(clock.mono), clock, config)

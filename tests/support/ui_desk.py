"""A desk of the local page for the simulated site, with clocks that a test moves."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from patience import PATIENCE_S
from pictures import ZONE, jpeg, masked, polygon, scene
from pictures import Mask as Drawn

from agent.commands.ui.office import office_of
from agent.onsite.ui import desk as desk_module
from agent.onsite.ui.desk import Desk, Place
from agent.onsite.ui.entrance import Entrance
from agent.onsite.ui.openings import Openings
from agent.onsite.ui.replacing import accept_drawn, replace_site
from agent.onsite.ui.site_desk import SiteDesk
from agent.onsite.ui.values import State
from agent.site.config.load import load
from agent.site.config.site import Site
from drivers.credentials import Credentials
from drivers.model import Identity, Mask, Masks, Observation, Observations, Picture
from drivers.picture import PathName, Stream, Streams
from masking.worker.client import Worker

HOSTILE = '<img src=x onerror=alert(1)>"\x1b[2J'
SOLID = Drawn("solid")


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


def drawn_pictures(site: Site, at: datetime) -> tuple[Observations, tuple[Picture, ...]]:
    """Return what a look would bring of each camera: a device's mask over its zone, and pictures that show it."""
    told: list[Observation] = []
    pictures: list[Picture] = []
    for number, one in enumerate(site.cameras):
        name = one.camera.id
        mask = Mask("1", polygon(ZONE), "Color", True, "#000000")
        values = (Masks((mask,)), Streams((Stream("main", "rtsp://192.0.2.1/1"), Stream("sub", "rtsp://192.0.2.1/2"))))
        told += [Observation(f"camera:{name}", value, at, "test") for value in values]
        told.append(Observation(f"device:{one.camera.device}", Identity(HOSTILE, "M", "1", str(number)), at, "test"))
        for path, seed in (("main", 2 * number), ("sub", 2 * number + 1)):
            data = jpeg(masked(scene(seed), ZONE, SOLID))
            pictures.append(Picture(name, cast(PathName, path), at, data, "jpeg"))
    return tuple(told), tuple(pictures)


def hand_in(on_desk: OnDesk, ids: tuple[str, ...] = ()) -> None:
    """Let a look end on a desk whose devices exist in no network: what it brings is `drawn_pictures`."""

    def brought(site: Site, *rest: object) -> tuple[Observations, tuple[Picture, ...]]:
        return drawn_pictures(site, on_desk.clock.now())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk_module, "look", brought)
        on_desk.desk.start_look(ids)
        assert on_desk.desk.wait_for_look(PATIENCE_S)


def office_for(desk: Desk, worker: Worker | None = None) -> SiteDesk:
    """Return the desk of the site's screen, with a worker of its own where none is given."""
    place = desk.place
    made = office_of(worker or Worker(), place.credentials, place.clock, desk.state.site.storage.runtime)
    return SiteDesk(desk, lambda: made)


def with_look_of(on_desk: OnDesk, looked: State) -> None:
    """Give a desk what another one of the same cameras has seen: a look costs most."""
    state = on_desk.desk.state
    on_desk.desk.state = replace(
        state, told=looked.told, pictures=looked.pictures, looks=looked.looks, progress=looked.progress
    )


def desk_of(config: Path, worker: Worker, by: str = "Li Na", *, may_edit: bool = True) -> OnDesk:
    """Return a desk that saves in this process."""
    site, clock, raw = load(config), Moved(), config.read_bytes()
    directory = site.storage.directory
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = Place(
        config=config, by=by, clock=clock.now, credentials=Credentials(directory / "credentials.json"),
        judge=worker.judge, look_judge=worker.judge,
        save=lambda text, before: replace_site(config, text.encode(), before, accept_drawn),
        note=Openings(directory, by, clock.now).note, may_edit=may_edit,
    )  # fmt: skip
    desk = Desk(place, site, raw.decode(), hashlib.sha256(raw).hexdigest())
    return OnDesk(desk, Entrance(clock.mono), clock, config)

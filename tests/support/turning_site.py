"""A site of one camera whose pictures are drawn, through the real cycle: worker, spool, memory and approvals on disk.

Only the network is left out: `Street.show` says what the camera delivers, and every probe takes it from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pictures
import pytest
from pictures import Picture, jpeg, masked, polygon
from sites import NOW, observed

from agent.cli import main
from agent.commands.masks import approving, looking
from agent.contract.signing_keys import load_or_create_signer
from agent.deliver.spool.seal import seal_for
from agent.deliver.spool.spool import Spool
from agent.judge.memory import memory
from agent.model.finding import Finding, Moment
from agent.observe.probe.devices import ProbeResult
from agent.onsite.masks_look import look
from agent.service.cycle import cycle
from agent.service.cycle.environment import Environment
from agent.site.config.load import load
from agent.site.config.site import Site
from drivers.credentials import Credentials
from drivers.details import Movable
from drivers.model import Device, Mask, Masks
from drivers.model import Picture as Taken
from drivers.picture import PathName, Stream, Streams
from masking.worker.client import Worker

STEP = timedelta(minutes=15)
HEAD = '[site]\nid = "dt0001"\ncity = "140200"\ndivision = "140200"\n'
CAMERA = '[[device]]\nid = "box"\nhost = "192.0.2.1"\n\n[[camera]]\nid = "dome"\ndevice = "box"\nrecorded = false\n'


@cache
def _scene(number: int) -> Picture:
    return pictures.scene(number, 720, 405)


def toml_zone(table: str, name: str, box: pictures.Box) -> str:
    points = [list(point) for point in polygon(box)]
    return f'[[{table}]]\nname = "{name}"\npolygon = {points}\neffect = "color"\n'


def taken(
    scene: int, seed: int, light: pictures.Light = "day", box: pictures.Box | None = None, **move: float
) -> Picture:
    """Draw a scene in some light with the noise of one moment, moved as told, and a black mask on `box`."""
    return _taken(scene, seed, light, box, move.get("turn", 0.0), move.get("right", 0.0)).copy()


@lru_cache(64)  # sites of one file begin with the same looks
def _taken(
    scene: int, seed: int, light: pictures.Light, box: pictures.Box | None, turn: float, right: float
) -> Picture:
    wide = _scene(scene)
    matrix = cv2.getRotationMatrix2D((360, 202.5), turn, 1.0)
    matrix[:, 2] += (right, 0.0)
    moved = np.asarray(cv2.warpAffine(wide, matrix, (720, 405), borderMode=cv2.BORDER_REFLECT), np.uint8)
    picture = pictures.lit(moved[22:382, 40:680], light, seed)
    return picture if box is None else masked(picture, box, pictures.Mask("solid"))


@dataclass
class Street:
    """The camera: what it shows on each path, which masks its device lists, and the agent that looks at it."""

    config: Path
    site: Site
    worker: Worker
    env: Environment
    spool: Spool
    paths: tuple[PathName, ...] = ("main", "sub")
    masks: tuple[Mask, ...] = ()
    now: datetime = NOW
    draw: Callable[[PathName, int], Picture | None] = lambda path, seed: None
    seed: int = 0

    def fetch(self, *rest: object) -> ProbeResult:
        """Deliver what a probe would."""
        streams = Streams(tuple(Stream(path, f"rtsp://192.0.2.1/{path}") for path in self.paths))
        self.seed += 1
        drawn = [(path, self.draw(path, self.seed)) for path in self.paths]
        shots = tuple(Taken("dome", path, self.now, jpeg(one), "jpeg") for path, one in drawn if one is not None)
        return ProbeResult(observed("camera:dome", streams, Masks(self.masks), Movable(True)), shots)

    def show(self, draw: Callable[[PathName, int], Picture | None]) -> None:
        self.draw = draw

    def cycle(self, count: int = 1, meanwhile: Callable[[], object] = lambda: None) -> dict[str, Finding]:
        """Run cycles as the daemon does, 15 minutes apart; return the findings of the last by their keys.

        `meanwhile` is done between a look and what is kept of it.
        """
        signer = load_or_create_signer(self.site.storage.directory / "key.pem")
        findings: tuple[Finding, ...] = ()
        for _ in range(count):
            self.now += STEP
            moment = Moment(self.now, 0, "boot", True)
            seen = cycle.see(self.site, self.env, moment, memory.from_json(self.spool.read_memory()))
            meanwhile()
            cycle.tell(self.site, seen, self.spool, signer, moment)
            findings = seen.findings
        return {finding.key: finding for finding in findings}

    def command(self, *words: str) -> int:
        """Run `camwarden masks` on this site."""
        return main(["masks", *words, "--config", str(self.config), "--lang", "en", "--no-color"])


@dataclass
class StreetReading:
    """Gives what the camera delivers, as `Reading` does."""

    street: Street
    waiting: list[Device] = field(default_factory=list)

    def ask(self, part: Site, *rest: object, in_s: float = 0.0, **more: bool) -> None:
        del more
        self.street.now += timedelta(seconds=in_s)
        self.waiting += part.devices

    def arrivals(self) -> Iterator[tuple[Device, ProbeResult]]:
        while self.waiting:
            yield self.waiting.pop(0), self.street.fetch()


@contextmanager
def street(folder: Path, worker: Worker, declared: str, patch: pytest.MonkeyPatch) -> Iterator[Street]:
    """Run a site whose camera has what is `declared` below its table."""
    config = folder / "site.toml"
    text = HEAD + f'\n[storage]\ndirectory = "{folder / "state"}"\nruntime = "{folder / "run"}"\n\n' + CAMERA + declared
    config.write_text(text, encoding="utf-8")
    site = load(config)
    directory = site.storage.directory
    directory.mkdir(parents=True)
    signer = load_or_create_signer(directory / "key.pem")
    with _open_spool(directory / "spool.db", seal_for(site, signer, lambda: NOW)) as spool:
        made = Street(config, site, worker, Environment(Credentials(None), worker.judge, lambda: NOW), spool)
        made.env = Environment(Credentials(None), worker.judge, lambda: made.now)
        patch.setattr(look, "probe", made.fetch)
        patch.setattr(cycle, "Reading", lambda *rest: StreetReading(made))
        patch.setattr(looking, "APART_S", 0.0)
        patch.setattr(looking, "utc_now", lambda: made.now)
        patch.setattr(approving, "utc_now", lambda: made.now)
        yield made


@contextmanager
def _open_spool(path: Path, seal: Any) -> Iterator[Spool]:
    spool = Spool.open(path, 64 * 1024 * 1024, now=NOW, seal=seal)
    try:
        yield spool
    finally:
        spool.close()

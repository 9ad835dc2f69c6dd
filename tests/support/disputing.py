"""A site whose owner disputes findings: real cycles into a real spool, an order desk, and its people's commands."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from camera_cycles import camera_cycle
from contract_schemas import fits
from delivery import Maker, moment

from agent.contract.orders import Order, Result
from agent.contract.orders_json import read_result
from agent.contract.signing_keys import PublicKey, jwk_set
from agent.deliver.publish.publisher import Publisher
from agent.deliver.spool.spool import Spool
from agent.judge.memory import memory as state
from agent.model.finding import Envelope, Status
from agent.service.daemon.names import NameTeller
from agent.service.orders.desk import OrderDesk
from agent.site.config.load import load
from agent.site.config.site import Hub

GATE = "camera:gate"


class DisputedSite:
    """A site of two cameras in a folder; it answers the hub through its `publisher`, if it has one.

    `rung` is set when the hub orders something; `said` is all that the desk has answered.
    """

    def __init__(self, folder: Path, hub_keys: Mapping[str, PublicKey], hub: Hub | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.config = folder, folder / "site.toml"
        pinned = folder / "hub.jwks.json"
        pinned.write_text(json.dumps(jwk_set(hub_keys)))
        at_hub = f'[hub]\nhost = "127.0.0.1"\ntls = false\njwks = "{pinned}"\n' if hub_keys else ""
        self.config.write_text(
            f'[site]\nid = "S1"\ncity = "datong"\ndivision = "140200"\n[storage]\ndirectory = "{folder}"\n'
            f'runtime = "{folder}"\n[[device]]\nid = "nvr"\nhost = "192.0.2.1"\ndriver = "onvif"\n'
            + "".join(
                f'[[camera]]\nid = "{name}"\ndevice = "nvr"\nchannel = {number}\n'
                for number, name in enumerate(("gate", "yard"), 1)
            )
            + at_hub
        )
        loaded = load(self.config)
        self.maker = Maker(folder, replace(loaded, hub=replace(hub, jwks=pinned) if hub and hub_keys else loaded.hub))
        self.spool: Spool = self.maker.open()
        self.rung = threading.Event()
        self.publisher: Publisher | None = None
        self.said: list[Any] = []
        self._keys = hub_keys
        self.desk = self.open_desk()
        self.bodies: dict[str, list[Any]] = {}

    def open_desk(self) -> OrderDesk:
        """Begin anew, as after a restart."""
        return OrderDesk(self.maker.site, self.spool, self.maker.signer, self._keys, self._say, self.rung.set)

    def _say(self, message: Any) -> None:
        self.said.append(message)
        if self.publisher is not None:
            self.publisher.say(message)

    def results(self) -> list[Result]:
        """Return what became of the hub's commands, as it is told."""
        keys = {self.maker.signer.kid: self.maker.signer.public}
        return [read_result(one.payload, one.jws, keys) for one in self.said if "/cmd-result/" in one.topic]

    def cycle(self, at: datetime, **found: Status) -> tuple[Envelope, ...]:
        """Run a cycle in which cameras are online or not; `bodies` are those of its reports by stream."""
        envelopes = camera_cycle(self.maker, self.spool, at, found)
        self.bodies = {"event": [], "config": [], "health": []}
        for one in envelopes:
            fits(one.report.payload)
            self.bodies[one.report.stream].append(json.loads(one.report.payload)["body"])
        NameTeller(self.maker.site, self.maker.signer, self._say).tell(1, at)
        return envelopes

    def take(self, at: datetime, *orders: Order) -> None:
        """Decide what the hub has ordered, as the daemon does between two cycles."""
        for one in orders:
            self.desk.hear(one)
        self.desk.take(self.maker.site, moment(at), 1)

    def statuses(self) -> dict[str, Status]:
        """Return the status of each finding as the next cycle remembers it."""
        return {key: known.status for key, known in state.from_json(self.spool.read_memory()).known.items()}

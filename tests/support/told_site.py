"""A simulated site whose agent looks and tells as the daemon does: memory in the spool, reports as they are signed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from demo_clock import SetClock
from smaller_site import unhurried

from agent.contract.signing_keys import load_or_create_signer
from agent.deliver.spool.seal import seal_for
from agent.deliver.spool.spool import Spool
from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import DemoCamera, DemoDevice
from agent.judge.memory import memory
from agent.model.finding import Envelope, Finding, Moment
from agent.service.cycle import cycle
from agent.service.cycle.environment import Environment
from agent.site.config.load import load
from drivers.credentials import Credentials
from masking.worker.client import Worker

QUARTER = timedelta(minutes=15)


@dataclass
class Told:
    """The site, what its agent found last, and what it has told up to now."""

    devices: SimulatedSite
    config: Path
    clock: SetClock
    worker: Worker
    spool: Spool
    synced: bool = True
    findings: dict[str, Finding] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    signed: list[Envelope] = field(default_factory=list)

    def cycle(self, count: int = 1, step: timedelta = QUARTER) -> None:
        """Run cycles; `reports` holds the newest of each stream."""
        for _ in range(count):
            self.clock.at += step
            site = load(self.config)
            signer = load_or_create_signer(site.storage.directory / "key.pem")
            moment = Moment(self.clock(), 0, "boot", self.synced)
            env = Environment(
                Credentials(None), self.worker.judge, self.clock, confinement=lambda: self.worker.confinement
            )
            seen = cycle.see(site, env, moment, memory.from_json(self.spool.read_memory()))
            self.findings = {one.key: one for one in seen.findings}
            for envelope in cycle.tell(site, seen, self.spool, signer, moment):
                body = json.loads(envelope.report.payload)["body"]
                self.signed.append(envelope)
                self.reports[envelope.report.stream] = body
                self.events += [body] if envelope.report.stream == "event" else []

    def switch_off(self, device: str) -> None:
        """Let nothing answer any more where the device did."""
        port = self.devices.devices[device].port
        text = self.config.read_text("utf-8")
        assert text.count(f"port = {port}\n") == 1
        self.config.write_text(text.replace(f"port = {port}\n", "port = 1\n"), "utf-8")

    def switch_on(self, device: str) -> None:
        """Let it answer again."""
        port = self.devices.devices[device].port
        text = self.config.read_text("utf-8")
        self.config.write_text(text.replace("port = 1\n", f"port = {port}\n"), "utf-8")


@contextmanager
def told_site(
    folder: Path, worker: Worker, devices: Sequence[DemoDevice], cameras: Sequence[DemoCamera], more: str = ""
) -> Iterator[Told]:
    """Run a site. `more` is added to its site.toml."""
    clock = SetClock()
    with SimulatedSite(clock, devices, cameras) as simulated:
        config = unhurried(simulated.write_config(folder, {"host": "127.0.0.1", "tls": False, "confirm": "broker"}))
        text = config.read_text("utf-8").partition("[discovery]")  # a site whose network nobody listens to
        config.write_text(text[0] + "[storage]" + text[2].partition("[storage]")[2] + more, "utf-8")
        site = load(config)
        signer = load_or_create_signer(site.storage.directory / "key.pem")
        spool = Spool.open(site.storage.directory / "spool.db", 64 << 20, now=clock(),
                           seal=seal_for(site, signer, clock))  # fmt: skip
        try:
            yield Told(simulated, config, clock, worker, spool)
        finally:
            spool.close()

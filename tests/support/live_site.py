"""A site of two cameras that reports to a hub in cycles of its own, and what `hub report` then says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import delivery
import pytest
from contract_schemas import fits
from delivery import Maker, moment
from hubdesk import Desk
from sites import DECLARED, camera, healthy_camera, healthy_device, observed, observed_at, without

from agent.cli import main
from agent.judge.checks.table import run_checks
from agent.judge.memory import memory as state
from agent.judge.memory.notes import Plan, write_note
from agent.observe.facts.facts import gather
from agent.observe.remembered.value import Remembered
from agent.service.cycle.cycle import CycleResult, tell
from agent.site.config.site import Storage
from agent.site.declarations.standing import Declaration
from drivers.details import Host
from drivers.model import Device, Identity, Observation, Unavailable

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FIRST = date(2026, 11, 2)
NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
"""Noon in China on `FIRST`."""


class Live:
    """A site of two cameras on two devices that reports to a hub in cycles of its own."""

    def __init__(self, folder: Path, desk: Desk, name: str = "S1", division: str = "140202") -> None:
        folder = folder / name
        cameras = (camera("gate", "boxa"), camera("yard", "boxb"))
        words = (Declaration("maintainer", f"维护{name}", "Li", date(2026, 1, 31)),)
        site = replace(
            delivery.site(name), division=division, cameras=cameras, declarations=(*DECLARED, *words),
            devices=tuple(Device(box, "192.0.2.1", 80, "onvif") for box in ("boxa", "boxb")),
            storage=Storage(folder, folder),
        )  # fmt: skip
        folder.mkdir()
        self.desk, self.folder, self.site = desk, folder, site
        self.maker = Maker(folder, site)
        self.spool = self.maker.open(now=NOON)
        desk.birth(self.maker, self.spool.epoch, at=NOON)
        desk.vouch(self.maker)
        self.bodies: dict[str, Any] = {}

    def day(self, number: int, silent: tuple[str, ...] = (), hours: range = range(24)) -> None:
        """Look every hour of a day, by the clocks in China, with these devices silent; hand in all that is told."""
        begin = NOON - 12 * HOUR + number * DAY
        for hour in hours:
            self.look(begin + hour * HOUR, silent)

    def look(self, at: datetime, silent: tuple[str, ...] = ()) -> None:
        seen: tuple[Observation, ...] = observed("site", Host(0.1, 0.4, 50_000_000_000, 100_000_000_000, 60))
        for name, box in (("gate", "boxa"), ("yard", "boxb")):
            if box in silent:
                seen += observed(f"device:{box}", Unavailable("identity", "deadline"))
                seen += observed(f"camera:{name}", Unavailable("streams", "deadline"))
            else:
                model = Identity("ACME", f"MODEL-{box}", "1.0", "42")
                seen += without(healthy_device(box), Identity, Host) + observed(f"device:{box}", model)
                seen += healthy_camera(name)
        memory = state.from_json(self.spool.read_memory())
        facts = replace(gather(observed_at(seen, at)), remembered=Remembered(assessed=memory.remembered.assessed))
        findings = run_checks(self.site, facts, at)
        envelopes = tell(self.site, CycleResult(facts, findings, memory), self.spool, self.maker.signer, moment(at))
        for envelope in envelopes:
            fits(envelope.report.payload)
            told = self.desk.send(envelope, self.site.id, at=at)
            assert told["event"] == "verified", told
            self.bodies[envelope.report.stream] = json.loads(envelope.report.payload)["body"]
        self.desk.name(self.maker, envelopes, at)

    def plan(self, subject: str, begin: datetime, until: datetime, said_at: datetime | None = None) -> str:
        note = Plan(subject, begin, until, "王工", said_at or begin - HOUR, "换硬盘")
        return write_note(self.folder, note, begin)


def reported(desk: Desk, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["hub", "report", *words, "--data", str(desk.directory), "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def numbers(row: dict[str, Any], figure: str = "online") -> tuple[float, ...]:
    one = row["figures"][figure]
    return one["numerator"], one["denominator"], one["unknown"], one["excluded"]

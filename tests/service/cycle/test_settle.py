"""Changed footage that somebody looked into: a fail until he says so, told no more after the next look."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from delivery import Maker
from footage_looks import CYCLE, remembered
from patience import PATIENCE_S
from sites import DAY, NOW, camera, observed
from sites import site as site_of

from agent.cli import main
from agent.judge.memory.memory import Memory, to_json
from agent.judge.memory.notes import Settled, read_notes
from agent.model.finding import Moment
from agent.observe.footage.days import Footage
from agent.observe.remembered.value import Remembered
from agent.service.cycle import cycle
from agent.service.cycle.environment import Environment
from agent.site.config.site import Storage
from drivers.credentials import Credentials
from drivers.model import Observations, Recordings, Span
from masking.worker.client import Worker


def held(*spans: tuple[timedelta, timedelta]) -> Observations:
    whole = tuple(Span(NOW - start, NOW - end) for start, end in spans)
    return observed("camera:gate", Recordings(whole, listed=(Span(whole[0].start_at, whole[-1].end_at),)))


def with_a_day_missing() -> Footage:
    looks = (held((40 * DAY, 0 * DAY)), *[held((40 * DAY, 6 * DAY), (4 * DAY, 0 * DAY))] * 2)
    footage = remembered(site_of(camera()), [(one, NOW + number * CYCLE) for number, one in enumerate(looks)])
    assert footage["gate"].changes
    return footage


@pytest.mark.parametrize("subject", ["camera:gate", "device:box"])
def test_settled_changes_leave_the_memory_at_the_next_look(
    tmp_path: Path, subject: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site.toml").write_text(
        f'[site]\nid = "dt0001"\ncity = "datong"\ndivision = "140200"\n[storage]\ndirectory = "{tmp_path}"\n'
        '[[device]]\nid = "box"\nhost = "192.0.2.1"\ndriver = "onvif"\n[[camera]]\nid = "gate"\ndevice = "box"\n'
    )
    memory = Memory(remembered=Remembered(footage=with_a_day_missing()))
    maker = Maker(tmp_path)
    spool = maker.open()
    made, _ = maker.envelopes([], spool.heads(), spool.epoch)
    spool.commit(made, to_json(memory), NOW)
    words = ["findings", "settle", "recording-tamper", subject, "--by", "Li", "--why", "a disk was changed", "--json"]
    assert main(["--config", str(tmp_path / "site.toml"), *words]) == 0
    spool.close()
    (note,) = read_notes(tmp_path, "dt0001")
    assert isinstance(note, Settled)
    assert json.loads(capsys.readouterr().out)["note"]["changes"] == list(note.changes)
    site = replace(site_of(), storage=Storage(tmp_path, tmp_path), cameras=(camera(),))
    with Worker(timeout_s=PATIENCE_S) as worker:
        env = Environment(Credentials(tmp_path / "credentials.json"), worker.judge, lambda: NOW)
        seen = cycle.see(site, env, Moment(NOW, 0, "boot", True), memory)
    assert memory.remembered.footage["gate"].changes
    assert seen.memory.remembered.footage["gate"].changes == ()

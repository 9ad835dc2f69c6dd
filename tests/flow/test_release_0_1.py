"""What release 0.1 left on disk is taken over: a spool with its memory, the history, and the hub's database."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from pathlib import Path

import pytest
from delivery import Maker

from agent.cli import main
from agent.deliver.spool.spool import Spool
from agent.host.clock import utc_now
from agent.hub.stores.store import Store
from agent.judge.memory import memory as state
from agent.judge.memory.history import oldest_stored
from agent.model import exits
from agent.observe.remembered.table import REMEMBERED
from agent.service.cycle.kept_for import memory_of_site
from agent.site.config.load import load

ARCHIVE = next(p for p in Path(__file__).parents if p.name == "tests") / "fixtures/release-0.1/site.tar.xz"
SITE_ID = "dt0001"


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """Lay out what release 0.1 left, as the gateway's disk has it."""
    subprocess.run(["tar", "-xf", ARCHIVE, "-C", tmp_path], check=True)
    config = tmp_path / "site.toml"
    text = config.read_text("utf-8").replace("/srv/demo/agent", str(tmp_path)).replace("/srv/demo", str(tmp_path))
    config.write_text(text, "utf-8")
    names = sorted(set(re.findall(r'(?m)^credential = "(.+)"$', text)))
    logins = "".join(f'[credential.{name}]\nuser = "viewer"\npassword = "x"\n' for name in names)
    (tmp_path / "secrets.toml").write_text(logins, "utf-8")
    (tmp_path / "secrets.toml").chmod(0o600)
    return tmp_path


def memory_text(left: Path) -> str:
    with sqlite3.connect(left / "state/spool.db") as db:
        (text,) = db.execute("SELECT value FROM meta WHERE name = 'memory'").fetchone()
    return str(text)


def test_its_site_file_is_read(left: Path) -> None:
    assert len(load(left / "site.toml").cameras) > 10


def test_its_spool_goes_on_with_its_epoch_numbers_and_memory(left: Path) -> None:
    maker = Maker(left)  # another key: what the old one signed stays as it is
    text = memory_text(left)
    spool = Spool.open(left / "state/spool.db", 8 << 20, now=utc_now(), seal=maker.seal)
    try:
        assert spool.epoch and {name: head.seq for name, head in spool.heads().items()}["health"] >= 1
        assert spool.read_memory() == text
        assert spool.begin(utc_now()) == (), "neither damaged nor another one's"
    finally:
        spool.close()
    assert list((left / "state").glob("spool.db.corrupt*")) == []


def test_its_memory_is_taken_over_area_by_area(left: Path) -> None:
    kept = state.from_json(memory_text(left))
    written = json.loads(memory_text(left))
    assert kept.known and kept.known.keys() == written["known"].keys()
    full = {name for name in REMEMBERED if written.get(name)}
    assert full >= {"looked", "footage", "identities", "pooled", "quality"}
    assert {name for name in REMEMBERED if getattr(kept.remembered, name)} >= full
    assert len(kept.remembered.footage) == len(written["footage"])
    ours = memory_of_site(kept, SITE_ID)
    assert (ours.site, ours.remembered) == (SITE_ID, kept.remembered), "it kept no name: it is this site's"
    assert state.from_json(state.to_json(ours)) == ours


def test_its_history_reaches_back_as_far_as_it_did(left: Path) -> None:
    assert oldest_stored(left / "state") is not None


def test_its_hub_goes_on(left: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Store(left / "hub").close()  # as the running hub opens it: that brings it up to date
    assert main(["hub", "status", "--data", str(left / "hub"), "--json", "--lang", "en"]) in (exits.OK, exits.FAILS)
    shown = json.loads(capsys.readouterr().out)
    assert SITE_ID in json.dumps(shown)
    with sqlite3.connect(left / "hub/hub.db") as db:
        reports = db.execute("SELECT count(*) FROM report").fetchone()[0]
        tellings = db.execute("SELECT count(*) FROM report WHERE seal IS NOT NULL").fetchone()[0]
    assert reports == tellings > 3

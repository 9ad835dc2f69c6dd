"""A ledger meets real devices: filled in and compared with what a simulated recorder says over its own protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ledgers import csv_text

from agent.cli import main
from agent.demo.isapi.device import IsapiDevice
from agent.demo.world.cameras import CAMERAS, DemoCamera, DemoDevice
from agent.demo.world.changes import Changes
from agent.model import exits
from agent.onsite.ledger.rows import read

PASSWORD = "look-Pa55"
ROWS = [["门", "127.0.0.1", 1], ["院", "127.0.0.1", 2]]


def clock() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def recorder() -> Iterator[IsapiDevice]:
    cameras = tuple(DemoCamera(f"c{n}", "nvr", n, f"Camera {n}", "", CAMERAS[0].place, "") for n in (1, 2))
    spec = DemoDevice("nvr", "viewer", "DS-7632", "N32-1", recorder=True, driver="hikvision")
    device = IsapiDevice(spec, cameras, PASSWORD, clock, Changes(clock))
    device.start()
    yield device
    device.stop()


@pytest.fixture
def config(recorder: IsapiDevice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a site of a ledger and fill in the one password, as a contractor does."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    headings = ["摄像机名称", "录像机IP", "通道号"]
    Path("l.csv").write_text(csv_text(ROWS, headings, ""), "utf-8")
    given = {
        "city": "datong", "division": "140213", "recorder_port": recorder.http.port, "driver": "hikvision",
        "rtsp_port": recorder.rtsp.port, "user": "viewer",
    }  # fmt: skip
    sets = [word for key, value in given.items() for word in ("--set", f"{key}={value}")]
    assert main(["ledger", "import", "l.csv", "--out", "site", "--site", "dt1", *sets, "-q"]) == exits.OK
    secrets = Path("site/secrets.toml")
    secrets.write_text(secrets.read_text().replace('password = ""', f'password = "{PASSWORD}"'))
    return Path("site/site.toml")


def test_an_export_is_filled_in_by_the_devices_and_a_diff_holds_the_ledger_to_them(
    config: Path, recorder: IsapiDevice, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ledger", "export", "--config", str(config), "--look", "--out", "seen.csv"]) == exits.OK
    entries = read(Path("seen.csv").read_bytes(), {}).entries
    assert [entry.values.get("channel") for entry in entries] == [1, 2]
    assert all(entry.values.get("model") for entry in entries), [dict(entry.values) for entry in entries]
    text = Path("seen.csv").read_text("utf-8-sig").replace(str(entries[1].values["model"]), "DS-OTHER", 2)
    Path("other.csv").write_text(text, "utf-8")
    capsys.readouterr()
    assert main(["ledger", "diff", "other.csv", "--config", str(config), "--look", "--json", "-q"]) == exits.FAILS
    found = json.loads(capsys.readouterr().out)["differences"]
    # The simulated recorder gives the cameras behind it one serial number, which is rightly told too.
    same_serial = ("duplicate", "ledger", "serial")
    assert {(one["kind"], one["against"], one["key"]) for one in found} == {("differs", "seen", "model"), same_serial}
    assert recorder.writes_refused == 0

"""A recorder's name groups its cameras and its address is said once; no advice and no meaning breaks a later import."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.cli import main
from agent.model import exits
from agent.site.config.load import load

SITE = ("--site", "dt0001", "--set", "city=datong", "--set", "division=140200")
NAMED = "摄像机名称,录像机,通道号\nA,NVR1,1\nB,nvr 1,2\nC,一号机,1\n"


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    yield


def take(tmp_path: Path, text: str, *more: str, action: str = "import") -> int:
    path = tmp_path / "ledger.csv"
    path.write_text(text, "utf-8")
    return main(["ledger", action, str(path), "--out", str(tmp_path / "site"), *more])


def devices(tmp_path: Path) -> list[tuple[str, str]]:
    return [(device.id, device.host) for device in load(tmp_path / "site" / "site.toml").devices]


def cameras(tmp_path: Path) -> dict[str, tuple[str, str, int]]:
    found = [one.camera for one in load(tmp_path / "site" / "site.toml").cameras]
    return {camera.name: (camera.id, camera.device, camera.channel) for camera in found}


class Terminal(io.StringIO):
    """Answers that come from a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_recorder_without_an_address_is_one_mistake_with_its_remedy_which_is_needed_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert take(tmp_path, NAMED, *SITE) == exits.CONFIG
    told = capsys.readouterr().err.splitlines()
    assert told[0].endswith("3 cameras")
    assert told[1:] == [
        'ledger.csv: B2: recorder NVR1 has no address (cameras behind it: 2): --recorder "NVR1=ADDRESS", or fill in '
        "录像机IP in one of its rows",
        'ledger.csv: B4: recorder 一号机 has no address (cameras behind it: 1): --recorder "一号机=ADDRESS", or '
        "fill in 录像机IP in one of its rows",
        "nothing was written: 2 mistakes",
    ]
    said = ("--recorder", "NVR1=192.0.2.11", "--recorder", "一号机=192.0.2.12")
    assert take(tmp_path, NAMED, *SITE, *said) == exits.OK
    assert devices(tmp_path) == [("NVR1", "192.0.2.11"), ("nvr-1", "192.0.2.12")]
    before = (tmp_path / "site" / "site.toml").read_bytes()
    assert take(tmp_path, NAMED) == exits.OK  # the site's file knows both by their cameras
    assert (tmp_path / "site" / "site.toml").read_bytes() == before
    assert take(tmp_path, NAMED, "--recorder", "NVR1=192.0.2.77") == exits.OK
    assert devices(tmp_path) == [("NVR1", "192.0.2.77"), ("nvr-1", "192.0.2.12")]
    for wrong in ("NVR1", "=192.0.2.1", "NVR1=http://192.0.2.1/"):
        assert take(tmp_path, NAMED, "--recorder", wrong) == exits.USAGE


def test_a_terminal_is_asked_for_each_address_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("192.0.2.300\n192.0.2.11\n192.0.2.12\n"))
    assert take(tmp_path, NAMED, *SITE) == exits.OK
    told = capsys.readouterr().out
    assert told.count("address of recorder NVR1 (cameras behind it: 2; empty: later):") == 2
    assert '"192.0.2.300" is no address' in told and told.count("address of recorder 一号机") == 1
    assert devices(tmp_path) == [("NVR1", "192.0.2.11"), ("nvr-1", "192.0.2.12")]


def test_the_address_in_one_row_is_that_of_all_rows_of_the_name(tmp_path: Path) -> None:
    text = "摄像机名称,录像机名称,录像机IP,录像机端口,录像机品牌,通道号\nA,NVR1,192.0.2.11,8080,海康,1\nB,NVR1,,,,2\n"
    assert take(tmp_path, text, *SITE) == exits.OK
    (device,) = load(tmp_path / "site" / "site.toml").devices
    assert (device.id, device.host, device.port, device.driver) == ("NVR1", "192.0.2.11", 8080, "hikvision")
    assert cameras(tmp_path) == {"A": ("cam-1", "NVR1", 1), "B": ("cam-2", "NVR1", 2)}


def test_cameras_with_addresses_of_their_own_need_no_recorder_and_its_channels_are_not_theirs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "摄像机名称,录像机,IP地址,通道号\nA,NVR1,192.0.2.8,4\nB,NVR1,192.0.2.9,5\n"
    assert take(tmp_path, text, *SITE) == exits.OK
    assert 'its cameras (2) are read by themselves; --recorder "NVR1=ADDRESS"' in capsys.readouterr().err
    assert cameras(tmp_path) == {"A": ("cam-1", "device-1", 1), "B": ("cam-2", "device-2", 1)}
    assert take(tmp_path, text, "--recorder", "NVR1=192.0.2.1") == exits.OK
    after = cameras(tmp_path)
    assert [after[name][0] for name in "AB"] == ["cam-1", "cam-2"] and after["B"][2] == 5


def test_a_wrong_meaning_is_not_remembered_where_nothing_was_written_and_advice_does_not_lead_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "state" / "camwarden" / "ledger-headings.json"
    text = "摄像机名称,IP地址,录像机编组\nA,192.0.2.1,NVR1\n"
    assert take(tmp_path, text, *SITE, "--map", "录像机编组=recorded") == exits.CONFIG
    assert not kept.exists()
    capsys.readouterr()
    assert take(tmp_path, text.replace("录像机编组", "是否录相"), *SITE) == exits.OK
    assert 'column C is not read: "是否录相"\n' in capsys.readouterr().err  # NVR1 is neither yes nor no
    assert take(tmp_path, text, "--map", "录像机编组=recorder", "--force") == exits.OK
    assert json.loads(kept.read_text("utf-8"))["headings"] == {"录像机编组": "recorder"}
    capsys.readouterr()
    assert take(tmp_path, text) == exits.OK
    assert '"录像机编组" is read as recorder, as you said: --map "录像机编组=" forgets that' in capsys.readouterr().err
    assert take(tmp_path, "摄像机名称,IP地址,x\nA,192.0.2.300,1\n", "--map", "录像机编组=") == exits.CONFIG
    assert json.loads(kept.read_text("utf-8"))["headings"] == {}  # forgotten at once


@pytest.mark.parametrize("action", ["import", "render"])
def test_many_sites_without_a_site_column_are_one_mistake_with_its_remedy(
    action: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{school},{school}{n},192.168.1.{n}\n" for school in ("一小", "二小", "三小") for n in range(1, 40)]
    text = "单位名称,摄像机名称,IP地址\n" + "".join(rows)
    site = SITE if action == "import" else SITE[2:]
    assert take(tmp_path, text, *site, action=action) == exits.CONFIG
    assert capsys.readouterr().err.splitlines() == [
        "ledger.csv (CSV, UTF-8, separated by ,): 117 cameras",
        "ledger.csv: the rows are of 3 sites by site name: 一小 (39), 二小 (39), 三小 (39); give each row its 站点编号 "
        'and take all with camwarden ledger render, or take one with ledger import --where "site_name=VALUE"',
        "nothing was written: 1 mistakes",
    ]
    if action == "import":
        assert take(tmp_path, text, *SITE, "--where", "site_name=二小") == exits.OK
        assert "78 rows belong to other sites" in capsys.readouterr().err and len(cameras(tmp_path)) == 39
        assert take(tmp_path, text, *SITE, "--where", "site_name=四小") == exits.USAGE


def test_places_that_many_rows_claim_are_one_mistake_where_no_row_names_its_site(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{school}{n},192.168.1.{n}\n" for school in ("一小", "二小", "三小") for n in range(1, 40)]
    assert take(tmp_path, "摄像机名称,IP地址\n" + "".join(rows), *SITE) == exits.CONFIG
    told = capsys.readouterr().err.splitlines()[1:]
    assert len(told) == 2 and "117 rows have an address and channel that" in told[0] and "站点编号" in told[0]


def test_ids_stay_when_rows_are_sorted_moved_renamed_given_codes_and_ports(tmp_path: Path) -> None:
    head = "摄像机名称,IP地址,HTTP端口,国标编码\n"
    assert take(tmp_path, head + "A,192.0.2.1,,\nB,192.0.2.2,,\nC,192.0.2.3,,\n", *SITE) == exits.OK
    before = {name: (id_, device) for name, (id_, device, _) in cameras(tmp_path).items()}
    coded = "14021300001310000009"
    again = f"C,192.0.2.3,8080,\nNew,192.0.2.4,,\nB,192.0.2.22,,\nA,192.0.2.1,,{coded}\n"
    assert take(tmp_path, head + again) == exits.OK
    after = {name: (id_, device) for name, (id_, device, _) in cameras(tmp_path).items()}
    assert {name: after[name] for name in before} == before and len(after) == 4
    assert take(tmp_path, head + again.replace("A,192.0.2.1", "Gate,192.0.2.1")) == exits.OK
    assert cameras(tmp_path)["Gate"][0] == before["A"][0]


def test_no_camera_of_the_file_is_given_to_two_rows(tmp_path: Path) -> None:
    head, codes = "摄像机名称,国标编码,录像机IP,通道号\n", ("14021300001310000001", "14021300001310000002")
    assert take(tmp_path, f"{head}A,{codes[0]},192.0.2.1,1\n", *SITE) == exits.OK
    moved = f"B,{codes[1]},192.0.2.1,1\nA,{codes[0]},192.0.2.1,2\n"
    assert take(tmp_path, head + moved) == exits.OK
    found = cameras(tmp_path)
    assert found["A"][0] == "cam-000001" and found["B"][0] == "cam-000002"

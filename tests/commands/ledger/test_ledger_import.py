"""`ledger import` and `render`: all rows or none, mistakes at their cells, nothing that a person wrote is lost."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli
from ledgers import PASSWORD, csv_text, school, xlsx

from agent.cli import main
from agent.model import exits
from agent.site.config.load import load
from agent.site.config.site import Site
from agent.site.toml.edit import unmarked

HEAD = "站点编号,摄像机名称,国标编码,IP地址,通道号,城市\n"
JWKS = b'{"keys": []}'


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    yield


def ledger(tmp_path: Path, text: str | bytes, name: str = "ledger.csv") -> str:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def take(tmp_path: Path, text: str | bytes, *more: str, out: str = "site") -> int:
    return main(["ledger", "import", ledger(tmp_path, text), "--out", str(tmp_path / out), *more])


def made(tmp_path: Path, out: str = "site") -> Site:
    return load(tmp_path / out / "site.toml")


SCHOOL = ("--site", "dt0001", "--set", "city=datong")


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_forty_cameras_become_a_valid_site_without_a_question(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = xlsx(school()) if form == "xlsx" else csv_text(school()).encode("gb18030")
    assert take(tmp_path, data, *SCHOOL) == exits.OK
    site = made(tmp_path)
    assert (site.id, site.division, len(site.devices), len(site.cameras)) == ("dt0001", "140213", 7, 40)
    behind = [c.camera for c in site.cameras if c.camera.device == "nvr-1"]
    assert [camera.channel for camera in behind] == list(range(1, 13))
    alone = next(device for device in site.devices if device.host == "192.0.2.140")
    assert (alone.driver, alone.port) == ("hikvision", 80)
    watched = next(c for c in site.cameras if c.camera.name == "传达室枪机1")
    assert (watched.retention_days, watched.recorded, watched.camera.code) == (90, True, "14021300001310000004")
    site_file, secrets = tmp_path / "site" / "site.toml", tmp_path / "site" / "secrets.toml"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (site_file, secrets)] == [0o644, 0o600]
    assert tomli.loads(secrets.read_text("utf-8")) == {"credential": {"cameras": {"user": "admin", "password": ""}}}
    told = capsys.readouterr()
    assert 'column M ("密码") holds passwords and was not read: write them into secrets.toml' in told.err
    written = site_file.read_bytes() + secrets.read_bytes() + told.out.encode() + told.err.encode()
    assert PASSWORD.encode() not in written
    assert main(["config", "validate", "--config", str(site_file)]) == exits.OK


def test_every_mistake_is_told_at_once_by_its_cell_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = (
        "dt1,A,14021300001310000001,192.168.1.300,1,datong\n"
        "dt1,B,14021300001310000002,192.0.2.2,0,datong\n"
        "dt1,C,14021300001310000003,192.0.2.3,,datong\n"
        "dt1,D,14021300001310000003,192.0.2.4,,datong\n"
        "dt1,E,,192.0.2.9,7,datong\n"
        "dt1,F,,192.0.2.9,7,datong\n"
        "dt1,G,,192.0.2.8,,datong\n"
        "dt1,H,,192.0.2.8,,linfen\n"
        "dt1,I,,,3,datong\n"
        ",J,,192.0.2.5,,datong\n"
    )
    assert take(tmp_path, HEAD + rows, "--site", "dt1") == exits.CONFIG
    assert not (tmp_path / "site").exists()
    told = [line.removeprefix("ledger.csv: ") for line in capsys.readouterr().err.splitlines() if ".csv: " in line]
    assert told == [
        'D2: "192.168.1.300" is no address: write it like 192.0.2.64',
        'E3: "0" is no whole number from 1 to 1024',
        "C5: code 14021300001310000003 stands in C4 too: each camera has its own",
        "E7: channel 7 stands in E6 too: each camera has its own",
        "D8: 192.0.2.8 stands in several rows: fill in the channel of each",
        "F9: city differs from F2, and both belong to one site or device: correct one of them",
        "D9: 192.0.2.8 stands in several rows: fill in the channel of each",
        "B10: has no address: fill in its IP地址, or 录像机IP and 通道号 of its recorder",
    ]


def test_bad_rows_can_be_skipped_and_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "dt1,A,,192.0.2.300,,datong\ndt1,B,14021300001310000002,192.0.2.2,,datong\ndt1,C,,x y,,datong\n"
    assert take(tmp_path, HEAD + rows, "--skip-bad") == exits.OK
    assert [c.camera.name for c in made(tmp_path).cameras] == ["B"]
    assert "2 rows were left out: 2, 4" in capsys.readouterr().err
    only_bad = "dt1,A,,192.0.2.300,,datong\n"
    assert take(tmp_path, HEAD + only_bad, "--skip-bad", out="none") == exits.CONFIG
    assert not (tmp_path / "none").exists()


def test_what_the_site_lacks_is_asked_for_by_column_and_can_be_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "摄像机名称,IP地址\nA,192.0.2.1\n"
    assert take(tmp_path, text, "--lang", "zh_CN") == exits.CONFIG
    told = capsys.readouterr().err
    assert "台账中没有“城市代码”：请增加该列，或使用 --set city=值" in told and "行政区划代码" in told  # noqa: RUF001
    assert take(tmp_path, text, *SCHOOL, "--set", "division=140200") == exits.OK
    for wrong in ("city", "town=x", "city=大同", "division=14020"):
        assert take(tmp_path, text, *SCHOOL, "--set", wrong) == exits.USAGE


def test_one_address_with_channels_is_one_device_and_users_become_logins(tmp_path: Path) -> None:
    text = (
        "摄像机名称,IP地址,通道号,用户名,端口\nA,192.0.2.1,D1,admin,8000\nB,192.0.2.1,D2,admin,8000\n"
        "C,192.0.2.2,,root,8080\nD,192.0.2.3,,值班员,37777\n"
    )
    assert take(tmp_path, text, *SCHOOL, "--set", "division=140200") == exits.OK
    site = made(tmp_path)
    assert [(d.id, d.port, d.credential.name if d.credential else "") for d in site.devices] == [
        ("nvr-1", 80, "cameras-admin"), ("device-1", 8080, "cameras-root"), ("device-2", 80, "cameras-3"),
    ]  # fmt: skip
    assert [(c.camera.id, c.camera.device, c.camera.channel) for c in site.cameras][:2] == [
        ("cam-1", "nvr-1", 1), ("cam-2", "nvr-1", 2),
    ]  # fmt: skip


def test_a_second_import_changes_what_the_ledger_says_and_keeps_all_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert take(tmp_path, xlsx(school(4)), *SCHOOL) == exits.OK
    folder = tmp_path / "site"
    secrets = folder / "secrets.toml"
    secrets.write_text(secrets.read_text("utf-8").replace('password = ""', 'password = "x"  # of 2025'), "utf-8")
    before = (folder / "site.toml").read_bytes()
    assert take(tmp_path, xlsx(school(4)), *SCHOOL) == exits.OK
    assert (folder / "site.toml").read_bytes() == before
    text = (folder / "site.toml").read_text("utf-8")
    zone = "\n  # The neighbour asked for it.\n  [[camera.private_zone]]\n"
    zone += '  name = "w"\n  polygon = [[0.1, 0.1], [0.4, 0.1], [0.4, 0.5]]\n'
    text = text.replace('name = "东大门半球1"\n', 'name = "东大门半球1"  # seen from the street\n')
    text, _ = unmarked(text)
    cameras = text.split("[[camera]]")
    cameras[1] = cameras[1].rstrip("\n") + "\n" + zone + "\n"
    (folder / "site.toml").write_text("[[camera]]".join(cameras), "utf-8")
    rows = school(5)
    rows[0][1], rows[0][4], rows[1][3] = "东大门", "192.0.2.222", "门厅"
    capsys.readouterr()
    assert take(tmp_path, xlsx(rows)) == exits.USAGE
    told = capsys.readouterr()
    assert "--force" in told.err and "东大门半球1" in told.out and "门厅" in told.out
    assert take(tmp_path, xlsx(rows), "--force") == exits.OK
    after = (folder / "site.toml").read_text("utf-8")
    assert 'name = "东大门"  # seen from the street' in after and "# The neighbour asked for it." in after
    site = made(tmp_path)
    assert len(site.cameras) == 5 and site.cameras[0].zones[0].name == "w"
    assert site.cameras[1].camera.placement == "门厅"
    assert 'password = "x"  # of 2025' in secrets.read_text("utf-8")
    assert take(tmp_path, xlsx(rows[1:])) == exits.OK  # what it wrote itself needs no force
    assert "1 cameras stand in site.toml and in no row" in capsys.readouterr().err and len(made(tmp_path).cameras) == 5


def test_what_a_person_adds_at_the_end_of_the_file_stays(tmp_path: Path) -> None:
    """The end is behind the line that says who wrote the file, and there `declare` and most people add tables."""
    assert take(tmp_path, xlsx(school(2)), *SCHOOL) == exits.OK
    path = tmp_path / "site" / "site.toml"
    path.write_text(path.read_text("utf-8") + "\n[policy]\nclock_warn_s = 2\n", "utf-8")
    rows = school(2)
    rows[0][1] = "东大门"
    assert take(tmp_path, xlsx(rows), "--force") == exits.OK
    site = made(tmp_path)
    assert site.policy.clock_warn_s == 2 and "东大门" in [one.camera.name for one in site.cameras]


def test_a_moved_device_keeps_its_ids_and_a_new_login_is_added_to_the_secrets(tmp_path: Path) -> None:
    text = "摄像机名称,国标编码,IP地址,凭据\nA,14021300001310000001,192.0.2.1,gate\n"
    assert take(tmp_path, text, *SCHOOL) == exits.OK
    moved = "摄像机名称,国标编码,设备标识,IP地址,HTTP端口,凭据\nA,14021300001310000001,device-1,192.0.2.77,8080,yard\n"
    assert take(tmp_path, moved) == exits.OK
    (device,), (camera,) = made(tmp_path).devices, made(tmp_path).cameras
    assert (device.id, device.host, device.port, camera.camera.id) == ("device-1", "192.0.2.77", 8080, "cam-000001")
    names = tomli.loads((tmp_path / "site/secrets.toml").read_text("utf-8"))["credential"]
    assert list(names) == ["gate", "yard"]


def test_a_new_address_in_the_ledger_moves_the_device_that_its_cameras_are_read_through(tmp_path: Path) -> None:
    text = "摄像机名称,国标编码,录像机IP,通道号\n"
    rows = [f"A{n},1402130000131000000{n},192.0.2.1,{n}\n" for n in (1, 2, 3)]
    assert take(tmp_path, text + "".join(rows), *SCHOOL) == exits.OK
    moved = [row.replace("192.0.2.1", "192.0.2.99") for row in rows]
    assert take(tmp_path, text + "".join(moved)) == exits.OK
    assert [(d.id, d.host) for d in made(tmp_path).devices] == [("nvr-1", "192.0.2.99")]
    split = [moved[0], moved[1], moved[2].replace("192.0.2.99", "192.0.2.50")]
    assert take(tmp_path, text + "".join(split)) == exits.OK
    assert [(d.id, d.host) for d in made(tmp_path).devices] == [("nvr-1", "192.0.2.99"), ("nvr-2", "192.0.2.50")]


def test_a_file_whose_lines_cannot_be_changed_singly_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    text = 'site = {id = "dt0001", name = "old", city = "datong", division = "140200"}\n'
    (folder / "site.toml").write_text(text)
    assert take(tmp_path, "站点名称,摄像机名称,IP地址\nnew,A,192.0.2.1\n", "--force") == exits.USAGE
    assert "site.toml:1 is written in a way that cannot be changed by itself" in capsys.readouterr().err
    assert (folder / "site.toml").read_text() == text and [p.name for p in folder.iterdir()] == ["site.toml"]


def test_a_hub_is_in_force_only_with_its_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "摄像机名称,IP地址,监管平台地址\nA,192.0.2.1,hub.example.org\n"
    assert take(tmp_path, text, *SCHOOL, "--set", "division=140200") == exits.OK
    assert made(tmp_path).hub is None and '# host = "hub.example.org"' in (tmp_path / "site/site.toml").read_text()
    assert "give its public keys with --hub-jwks FILE" in capsys.readouterr().err
    keys = ledger(tmp_path, JWKS, "keys.json")
    assert take(tmp_path, text, "--hub-jwks", keys) == exits.OK
    hub = made(tmp_path).hub
    assert hub is not None and hub.host == "hub.example.org" and hub.jwks == tmp_path / "site/hub-jwks.json"


def test_declarations_need_a_person_and_stand_in_one_row_per_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        "摄像机名称,IP地址,安装场所类型,是否联网,维护单位,安装高度,经度,纬度\n"
        "A,192.0.2.1,entrance,是,金盾公司,3.5米,113.2951,40.08273\n"
        "B,192.0.2.2,entrance,否,金盾公司,3,,\n"
    )
    assert take(tmp_path, text, *SCHOOL, "--set", "division=140200") == exits.OK
    assert "somebody's word and were not taken" in capsys.readouterr().err and made(tmp_path).declarations == ()
    assert take(tmp_path, text, "--by", "李娜") == exits.OK
    found = [(d.duty, d.value, d.by, d.cameras) for d in made(tmp_path).declarations]
    assert found == [
        ("zone-type", "entrance", "李娜", ("cam-1", "cam-2")),
        ("linked", True, "李娜", ("cam-1",)),
        ("maintainer", "金盾公司", "李娜", ("cam-1", "cam-2")),
        ("height-m", 3.5, "李娜", ("cam-1",)),
        ("position", "113.2951, 40.08273", "李娜", ("cam-1",)),
        ("linked", False, "李娜", ("cam-2",)),
        ("height-m", 3, "李娜", ("cam-2",)),
    ]
    assert take(tmp_path, text, "--by", "李娜") == exits.OK
    assert len(made(tmp_path).declarations) == len(found)
    assert take(tmp_path, text.replace("entrance", "nowhere", 1), "--by", "李娜") == exits.CONFIG
    assert '"nowhere" is no answer here' in capsys.readouterr().err


def test_what_headings_mean_is_remembered_until_it_is_forgotten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "摄像机名称,IP地址,立杆编号\nA,192.0.2.1,G-7\n"
    more = (*SCHOOL, "--set", "division=140200")
    assert take(tmp_path, text, *more, "--map", "立杆编号=placement", out="a") == exits.OK
    assert take(tmp_path, text, *more, out="b") == exits.OK
    assert made(tmp_path, "b").cameras[0].camera.placement == "G-7"
    assert '"立杆编号" is read as placement, as you said' in capsys.readouterr().err
    assert take(tmp_path, text, *more, "--map", "立杆编号=", out="c") == exits.OK
    assert take(tmp_path, text, *more, out="d") == exits.OK
    assert made(tmp_path, "d").cameras[0].camera.placement == ""
    for wrong in ("x", "x=nothing", "密码=name", "=name"):
        assert take(tmp_path, text, *more, "--map", wrong) == exits.USAGE


def test_names_cannot_break_the_file_or_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = ['=cmd|"/C calc"!A0', "\x1b[2Jx", '"""\n[[device]]', "[red]x[/red]", "\u202egpj", "'''", "#", "a\\u0041"]
    rows = [[name, f"192.0.2.{n}"] for n, name in enumerate(hostile, start=1)]
    text = csv_text(rows, ["摄像机名称", "IP地址"], "")
    assert take(tmp_path, text, *SCHOOL, "--set", "division=140200") == exits.OK
    assert len(made(tmp_path).cameras) == len(hostile) and len(made(tmp_path).devices) == len(hostile)
    rows[0] = ["\x1b]0;owned\x07", "192.0.2.300\x1b[2J"]
    assert take(tmp_path, csv_text(rows, ["摄像机名称", "IP地址"], ""), "--json") == exits.CONFIG
    told = capsys.readouterr()
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", told.out + told.err)


def test_json_says_what_was_read_written_and_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert take(tmp_path, xlsx(school(4)), *SCHOOL, "--json", "-q") == exits.OK
    said = json.loads(capsys.readouterr().out)
    assert said["schema"] == "camwarden-ledger-import/1" and said["passwords"] == ["M"]
    assert said["columns"]["C"] == "code" and said["problems"] == []
    assert [Path(path).name for path in said["written"]] == ["site.toml", "secrets.toml"]
    assert take(tmp_path, HEAD + "dt1,A,,192.0.2.300,,datong\n", "--json", "-q", out="other") == exits.CONFIG
    said = json.loads(capsys.readouterr().out)
    assert said["written"] == [] and [one["cell"] for one in said["problems"]] == ["", "D2"]


def test_a_recorders_maker_says_how_it_is_read_and_a_cameras_does_not(tmp_path: Path) -> None:
    text = "摄像机名称,录像机IP,通道号,品牌,录像机品牌\nA,192.0.2.1,1,大华,海康威视\nB,192.0.2.2,1,大华,\n"
    assert take(tmp_path, text, *SCHOOL, "--set", "division=140200") == exits.OK
    assert [device.driver for device in made(tmp_path).devices] == ["hikvision", "onvif"]


def test_a_site_of_three_thousand_cameras_is_taken_in(tmp_path: Path) -> None:
    rows = [[f"摄像机{n}", f"10.0.{n >> 8}.{n & 255}"] for n in range(1, 3001)]
    text = csv_text(rows, ["摄像机名称", "IP地址"], "")
    assert take(tmp_path, text, *SCHOOL, "--set", "division=140200", "-q") == exits.OK
    assert len(made(tmp_path).cameras) == 3000


def test_files_that_cannot_be_read_or_written_end_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ledger", "import", str(tmp_path / "none.xlsx"), "--out", str(tmp_path / "x")]) == exits.USAGE
    (tmp_path / "file").write_text("x")
    assert take(tmp_path, xlsx(school(4)), *SCHOOL, out="file/site") == exits.USAGE
    assert take(tmp_path, b"\x89PNG\0", *SCHOOL) == exits.CONFIG
    assert len([line for line in capsys.readouterr().err.splitlines() if line.startswith("camwarden: ")]) == 3

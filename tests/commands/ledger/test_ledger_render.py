"""`ledger render`: a valid folder per site of a city's ledger, or none at all, and a page that says how to go on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ledgers import PASSWORD

from agent.cli import main
from agent.model import exits
from agent.site.config.load import load

HEAD = "站点编号,摄像机名称,国标编码,IP地址,通道号,城市\n"
JWKS = b'{"keys": []}'


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def ledger(tmp_path: Path, text: str | bytes, name: str = "ledger.csv") -> str:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


CITY = "站点编号,站点名称,城市代码,行政区划代码,摄像机名称,IP地址,录像机IP,通道号,用户名,密码\n"


def city(sites: int, cameras: int) -> str:
    rows = [
        f"s{n:03d},第{n}中学,datong,140213,摄像机{c},192.0.2.{c},198.51.100.{n % 250},{c},admin,{PASSWORD}\n"
        for n in range(1, sites + 1)
        for c in range(1, cameras + 1)
    ]
    return CITY + "".join(rows)


def test_render_makes_a_valid_folder_per_site_and_says_how_each_is_enrolled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys, out = ledger(tmp_path, JWKS, "keys.json"), tmp_path / "sites"
    arguments = ["ledger", "render", ledger(tmp_path, city(5, 3)), "--out", str(out), "--hub-jwks", keys]
    assert main([*arguments, "--set", "hub_host=hub.example.org"]) == exits.OK
    assert sorted(p.name for p in out.iterdir()) == ["README.md", "s001", "s002", "s003", "s004", "s005"]
    for folder in (p for p in out.iterdir() if p.is_dir()):
        site = load(folder / "site.toml")
        assert (site.id, len(site.cameras), len(site.devices)) == (folder.name, 3, 1) and site.hub is not None
        assert sorted(p.name for p in folder.iterdir()) == ["hub-jwks.json", "secrets.toml", "site.toml"]
    page = (out / "README.md").read_text("utf-8")
    assert "| s003 | 第3中学 | 3 | cameras | `camwarden hub trust add s003 THUMBPRINT` |" in page
    assert main([*arguments, "--set", "hub_host=hub.example.org", "--json", "-q"]) == exits.OK
    assert [one["written"] for one in json.loads((capsys.readouterr().out.splitlines() and "{}") or "{}") or []] == []
    every = b"".join(p.read_bytes() for p in out.rglob("*") if p.is_file())
    assert PASSWORD.encode() not in every


def test_render_writes_no_site_where_one_row_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = city(3, 2).replace("198.51.100.2,1", "198.51.100.999,1")
    out = tmp_path / "sites"
    assert main(["ledger", "render", ledger(tmp_path, text), "--out", str(out)]) == exits.CONFIG
    assert not out.exists() and 'G4: "198.51.100.999" is no address' in capsys.readouterr().err
    assert main(["ledger", "render", ledger(tmp_path, text), "--out", str(out), "--skip-bad"]) == exits.OK
    assert len(load(out / "s002/site.toml").cameras) == 1
    (out / "s001/site.toml").write_text((out / "s001/site.toml").read_text("utf-8") + "# mine\n", "utf-8")
    renamed = text.replace("第1中学", "一中").replace("第3中学", "三中")
    assert main(["ledger", "render", ledger(tmp_path, renamed), "--out", str(out), "--skip-bad"]) == exits.USAGE
    assert load(out / "s003/site.toml").name == "第3中学"
    assert "a person changed site.toml of s001; nothing was written" in capsys.readouterr().err


def test_one_code_at_two_sites_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"s{n},A,14021300001310000001,192.0.2.1,,datong\n" for n in (1, 2))
    out = tmp_path / "sites"
    assert main(["ledger", "render", ledger(tmp_path, HEAD + rows), "--out", str(out)]) == exits.CONFIG
    assert "C3: code 14021300001310000001 stands in C2 too" in capsys.readouterr().err and not out.exists()


def test_of_several_sites_one_must_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["ledger", "import", ledger(tmp_path, city(3, 2)), "--out", str(tmp_path / "site")]
    assert main(asked) == exits.USAGE
    assert "s001, s002, s003" in capsys.readouterr().err
    assert main([*asked, "--site", "s002"]) == exits.OK
    assert load(tmp_path / "site/site.toml").id == "s002" and "4 rows belong to other sites" in capsys.readouterr().err

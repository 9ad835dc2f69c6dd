"""What runs on Windows runs where its lacks are played on Linux (`like_windows.py`); the rest says where it runs."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from delivery import Maker
from hubdesk import chain_of

from agent import cli
from agent.contract.envelope import flatten
from agent.demo.onvif.announcing import Announcer
from agent.host.files import portable_name
from agent.model import exits
from agent.site.config.load import load

LIKE_WINDOWS = Path(__file__).parents[1] / "support" / "like_windows.py"
HEADINGS = "站点编号,摄像机名称,国标编码,IP地址,通道号,城市\r\n"
ROWS = "dt0001,大门,14021300001310000001,192.0.2.7,1,datong\r\ncon,A:B*?,14021300001310000002,192.0.2.8,1,datong\r\n"
WINDOWS_PATH = "[storage]\r\ndirectory = 'C:\\camwarden\\state'\r\n"

Done = Mapping[str, tuple[int, str, str]]


def commands(device: str) -> dict[str, tuple[str, str]]:
    """Return the command lines by what they show, each with its answers."""
    site = "--config site/site.toml"
    return {
        "import": ("ledger import ledger.csv --site dt0001 --set division=140213 --out site", ""),
        "render": ("ledger render ledger.csv --set division=140213 --out sites", ""),
        "export": (f"ledger export {site}", ""),
        "diff": (f"ledger diff ledger.csv {site}", ""),
        "declare": (f"declare {site} --by Li --lang zh_CN", "1\n"),
        "declared": (f"declare --list --json {site}", ""),
        "validate": (f"config validate {site} --lang zh_CN", ""),
        "validate crlf": ("config validate crlf.toml", ""),
        "validate folder": ("config validate site", ""),
        "validate none": ("config validate none.toml", ""),
        "show": (f"config show {site}", ""),
        "status": (f"filing status {site} --json", ""),
        "discover": (f"discover --address {device} --json", ""),
        "discover nothing": ("discover --plan", ""),
        "verify": ("verify reports --jwks keys.json --json", ""),
        "rules": (f"rules list {site}", ""),
        "look": (f"filing export {site} --lang zh_CN", ""),
        "look too": (f"ledger diff ledger.csv --look {site}", ""),
        **{f"refused {name}": (f"{name} --lang zh_CN", "") for name in cli.COMMANDS.keys() - cli.ON_WINDOWS},
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "ledger.csv").write_bytes((HEADINGS + ROWS).encode("gb18030"))
    head = '[site]\r\nid = "dt0001"\r\ncity = "datong"\r\ndivision = "140213"\r\n'
    (folder / "crlf.toml").write_bytes(b"\xef\xbb\xbf" + (head + WINDOWS_PATH).encode())
    maker = Maker(folder / "maker")
    (folder / "reports").mkdir()
    for one in chain_of(maker, 3):
        name = f"{one.report.stream}-{one.report.seq:04}.jws.json"
        (folder / "reports" / name).write_bytes(flatten(one.report.payload, one.jws))
    (folder / "keys.json").write_text(json.dumps({"keys": [dict(maker.signer.jwk)]}))
    return folder


@pytest.fixture(scope="module")
def done(folder: Path) -> Done:
    """Run all in one process, which has seen nothing of this system before."""
    announcer = Announcer({"recorder": 8001})
    announcer.start()
    try:
        wanted = commands(announcer.address)
        ran = subprocess.run(
            [sys.executable, "-P", LIKE_WINDOWS], cwd=folder, capture_output=True, text=True, check=True, timeout=300,
            input=json.dumps([(words.split(), answers) for words, answers in wanted.values()]),
            env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "LOCALAPPDATA": str(folder)},
        )  # fmt: skip
    finally:
        announcer.stop()
    return {name: tuple(one) for name, one in zip(wanted, json.loads(ran.stdout), strict=True)}


def test_what_is_promised_for_windows_runs_where_its_lacks_are_played(done: Done, folder: Path) -> None:
    ended = {name: code for name, (code, _, _) in done.items() if not name.startswith(("refused", "look"))}
    assert ended == {
        **dict.fromkeys(ended, exits.OK),
        "status": exits.UNCHECKED,
        "validate folder": exits.CONFIG,
        "validate none": exits.CONFIG,
    }, {name: one for name, one in done.items() if ended.get(name)}
    assert [one["verdict"] for one in json.loads(done["verify"][1])["files"]] == ["verified"] * 3
    assert [row["xaddrs"] != "" for row in json.loads(done["discover"][1])["found"]] == [True]
    assert [row.value for row in load(folder / "site" / "site.toml").declarations] == ["7-1"]
    assert (folder / "dt0001.xlsx").stat().st_size > 1000


def test_each_line_there_is_told_in_words(done: Done) -> None:
    said = "".join(err for _, _, err in done.values())
    assert "internal error" not in said and "Traceback" not in said
    assert "is not a file" in done["validate folder"][2]


def test_names_that_windows_reserves_are_not_given_to_folders(done: Done, folder: Path) -> None:
    assert sorted(path.name for path in (folder / "sites").iterdir()) == ["README.md", "con_", "dt0001"]
    assert load(folder / "sites" / "con_" / "site.toml").id == "con"
    assert [portable_name(one) for one in ("con", "NUL.xlsx", "com1", "dt0001.xlsx", "console", "com0")] == [
        "con_", "NUL_.xlsx", "com1_", "dt0001.xlsx", "console", "com0",
    ]  # fmt: skip


def test_what_judges_pictures_or_serves_says_where_it_runs(done: Done) -> None:
    refused = {name: one for name, one in done.items() if name.startswith(("refused", "look"))}
    assert {name for name in refused if name.startswith("look")} == {"look", "look too"}
    assert {f"refused {name}" for name in ("check", "masks", "run", "demo", "hub")} <= refused.keys()
    for name, (code, out, err) in refused.items():
        assert (code, out, err.count("\n")) == (exits.UNAVAILABLE, "", 1), (name, err)
        assert "wsl" in err and "WSL" in err


def test_a_path_of_windows_is_told_where_it_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "site.toml"
    head = '[site]\nid = "dt0001"\ncity = "datong"\ndivision = "140213"\n'
    path.write_text(head + WINDOWS_PATH)
    assert cli.main(["config", "validate", str(path), "--lang", "en"]) == exits.CONFIG
    assert "directory is a path of Windows; write the path on this computer" in capsys.readouterr().err
    for wrong in ("C:\\camwarden", "C:\\Users\\x"):
        path.write_text(head + f'[storage]\ndirectory = "{wrong}"\n')
        assert cli.main(["config", "validate", str(path), "--lang", "en"]) == exits.CONFIG
        assert "site.toml:6: not TOML" in (err := capsys.readouterr().err)
        assert "a text with a backslash stands in single quotes: 'C:\\site'" in err


@pytest.mark.parametrize("encoding", ["cp936", "cp1252", "ascii"])
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_console_that_cannot_show_a_text_still_gets_the_rest(
    encoding: str, lang: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "site.toml"
    name = "大门 \U0001f600 ø"
    path.write_text(f'[site]\nid = "dt0001"\nname = "{name}"\ncity = "datong"\ndivision = "140213"\n', "utf-8")
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
    for words in (["config", "show"], ["filing", "status"], ["declare", "--list"]):
        assert cli.main([*words, "--config", str(path), "--lang", lang]) in (exits.OK, exits.UNCHECKED)
    shown = written.getvalue().decode(encoding)
    assert "dt0001" in shown
    assert encoding != "cp936" or lang != "zh_CN" or "未登记" in shown

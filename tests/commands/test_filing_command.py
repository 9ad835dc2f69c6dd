"""`camwarden filing` at the simulated site: export, hand in, compare, and a change that the service then tells of."""

from __future__ import annotations

import csv
import io
import json
import stat
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from dossiers import members, packed
from smaller_site import unhurried
from warm import one_worker

from agent.cli import main
from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES
from agent.observe.facts.facts import Facts
from agent.observe.facts.filed_file import read_filed
from agent.onsite.filing.status import filing_status
from agent.onsite.one_look.result import CheckResult
from agent.service.cycle import environment
from agent.service.cycle.cycle import CycleResult
from agent.site.config.load import load
from agent.text.translate import LANGUAGES
from agent.verify.archive import pack

DESIGN, CONTRACT = b"%PDF design", b"%PDF contract"
LISTS = {"devices.csv", "cameras.csv", "streams.csv", "footage.csv", "parameters.csv"}
NAMES = {"dossier.json", "manifest.json", *LISTS, *(f"dossier.{lang}.html" for lang in LANGUAGES)}


class OnSite:
    """A recorder with a gate and a corridor, the papers of the site, and whoever files it."""

    def __init__(self, simulated: SimulatedSite, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.simulated, self.folder, self.capsys = simulated, folder, capsys
        self.config = unhurried(
            simulated.write_config(folder, {"host": "127.0.0.1", "confirm": "broker", "tls": False})
        )
        text = self.config.read_text("utf-8")
        self.config.write_text(text.partition("[[declaration]]")[0], "utf-8")  # nobody has said anything yet
        self.papers = folder / "papers"
        self.papers.mkdir()
        (self.papers / "drawing of <b>.PDF").write_bytes(DESIGN)
        (self.papers / "contract.pdf").write_bytes(CONTRACT)
        (self.papers / "shopping list.txt").write_bytes(b"milk")

    def run(self, *words: str) -> tuple[int, str, str]:
        self.capsys.readouterr()
        code = main(["--config", str(self.config), "--no-color", *words])
        out, err = self.capsys.readouterr()
        return code, out, err

    def declare(self, *words: str) -> None:
        code, _, err = self.run("declare", "--quiet", "--by", "Li Na", *words)
        assert (code, err) == (0, "")

    def paper(self, duty: str, name: str) -> None:
        self.declare("--set", f"{duty}={duty} 7", "--paper", str(self.papers / name), "--paper-date", "2026-10-01")

    def export(self, name: str, *words: str) -> tuple[Path, int, str, str]:
        path = self.folder / name
        code, out, err = self.run("filing", "export", "--out", str(path), *words)
        return path, code, out, err

    def edit(self, before: str, after: str) -> None:
        text = self.config.read_text("utf-8")
        assert before in text
        self.config.write_text(text.replace(before, after, 1), "utf-8")


@pytest.fixture(scope="module", autouse=True)
def warm() -> Iterator[None]:
    with one_worker(environment):
        yield


@pytest.fixture
def on_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[OnSite]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "own"))
    cameras = [camera for camera in CAMERAS if camera.id in ("gate", "corridor")]
    with SimulatedSite(lambda: datetime.now(UTC), DEVICES[:1], cameras) as simulated:
        yield OnSite(simulated, tmp_path, capsys)


def test_a_dossier_is_written_handed_in_compared_and_a_change_is_then_told(on_site: OnSite) -> None:
    on_site.paper("paper-design", "drawing of <b>.PDF")
    on_site.declare("--set", "paper-other=none", "--set", "acceptance-date=2026-11-01", "--set", "national-class=7-2")
    path, code, _, err = on_site.export("first.zip", "--documents", str(on_site.papers), "--sample", "1")
    assert code == 0, "papers are missing, and it was written"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    files = members(path.read_bytes())
    assert set(files) == {*NAMES, "papers/1-design.pdf"}
    assert files["papers/1-design.pdf"] == DESIGN
    for said in ("paper-contract, paper-acceptance, paper-device-list", "shopping list.txt", "contract.pdf",
                 "it stays here until you hand it in"):  # fmt: skip
        assert said in err
    content: Any = json.loads(files["dossier.json"])
    (box,) = content["inventory"]["devices"]
    assert (box["model"], box["serial"], box["kind"]) == ("DS-R6", "R6-000117", "recorder")
    gate = content["inventory"]["cameras"][0]
    assert [one["measured_codec"] for one in gate["streams"]] == ["H264", "H264"]
    assert b"R6-000117" in files["devices.csv"] and b"R6-000117" in files["dossier.zh_CN.html"]
    secrets = (on_site.folder / "secrets.toml").read_text()
    (password,) = (line.split('"')[1] for line in secrets.splitlines() if line.startswith("password"))
    assert not [name for name, data in files.items() if password.encode() in data]

    assert on_site.run("verify", str(path))[0] == 3, "nobody says yet whose key it is"
    code, out, _ = on_site.run("filing", "export", "--json", "--out", str(on_site.folder / "again.zip"))
    told = json.loads(out)
    assert (told["site_key"], told["unread"], told["left_out"]) == (False, [], [])
    assert on_site.run("verify", str(path), "--kid", told["kid"])[0] == 0

    code, out, err = on_site.run("filing", "compare", str(path), "--filed", "2026-11-20")
    assert (code, err) == (0, "")
    assert "nothing has changed since it was filed" in out
    site = load(on_site.config)
    filed = read_filed(site.storage.directory, site.id)
    assert filed is not None
    assert (filed.at, filed.cameras, filed.devices[0].serial) == (date(2026, 11, 20), ("gate", "corridor"), "R6-000117")

    on_site.declare("--set", "filed-cameras=2", "--set", "filed-storage-days=30")
    on_site.edit('name = "Corridor 2"', 'name = "Corridor 3"')
    on_site.edit('id = "corridor"', 'id = "passage"')
    code, out, _ = on_site.run("filing", "compare", str(path), "--filed", "2026-11-20", "--json")
    told = json.loads(out)
    assert (code, told["change_due"], told["kept"]) == (1, True, True)
    assert [(one["kind"], one["subject"]) for one in told["changes"]] == [
        ("removed", "camera:corridor"),
        ("added", "camera:passage"),
    ]
    (change,) = [one for one in told["findings"] if one["check"] == "filing-change-pending"]
    assert (change["status"], change["reason"]) == ("warn", "changed")
    site = load(on_site.config)
    status = filing_status(site, read_filed(site.storage.directory, site.id), datetime.now(UTC))
    assert "changed" in [one.reason for one in status.changes], "the next look of the service says so too"

    code, out, err = on_site.run("filing", "compare", str(path), "--filed", "2026-11-01")
    assert "the filing of 2026-11-20 is kept, which is later" in err
    kept = read_filed(site.storage.directory, site.id)
    assert kept is not None and kept.at == date(2026, 11, 20)


def test_nothing_is_overwritten_and_that_is_known_before_a_device_is_asked(
    on_site: OnSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.commands.check.looking.see", lambda *given, **more: pytest.fail("a device was asked"))
    there = on_site.folder / "there.zip"
    there.write_bytes(b"mine")
    for words in (("--out", str(there)), ("--out", "/nowhere/at/all.zip"), ("--documents", str(there))):
        code, _, err = on_site.run("filing", "export", *words)
        assert code == 2 and err.count("\n") == 1
    assert there.read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("make", "code", "said"),
    [
        (lambda: packed(), 2, "compare it with the one on the printed pages"),
        (lambda: pack({**members(packed()), "devices.csv": b"x"}), 1, "not the file that the manifest names"),
        (lambda: pack({"a.json": b"{}"}), 78, "no dossier"),
        (lambda: b"no ZIP", 78, "neither a folder nor a sound ZIP"),
    ],
    ids=["unknown-key", "changed", "no-dossier", "no-zip"],
)
def test_only_a_whole_dossier_of_a_known_key_is_compared(
    make: Any, code: int, said: str, on_site: OnSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.commands.check.looking.see", lambda *given, **more: pytest.fail("a device was asked"))
    path = on_site.folder / "given.zip"
    path.write_bytes(make())
    found, _, err = on_site.run("filing", "compare", str(path))
    assert found == code and said in err
    site = load(on_site.config)
    assert read_filed(site.storage.directory, site.id) is None


def test_the_dossier_of_another_site_is_not_taken_for_this_one(on_site: OnSite) -> None:
    path, _, _, _ = on_site.export("mine.zip")
    on_site.edit(f'id = "{load(on_site.config).id}"', 'id = "dt9999"')
    why = json.loads(on_site.run("verify", str(path), "--json")[1])["files"][0]["why"]
    thumbprint = why.split("with the key ")[1].split(",")[0]
    code, _, err = on_site.run("filing", "compare", str(path), "--kid", thumbprint)
    assert code == 2 and "not of dt9999" in err


def test_status_shows_what_the_next_step_is_in_both_languages(on_site: OnSite) -> None:
    code, out, _ = on_site.run("filing", "status")
    assert code == 3 and "paper-device-list" in out and "next step: declare what the deadlines depend on" in out
    code, out, _ = on_site.run("filing", "status", "--lang", "zh_CN")
    assert code == 3 and "备案期限" in out and "下一步" in out
    code, out, _ = on_site.run("filing", "status", "--json")
    assert json.loads(out)["schema"] == "camwarden-filing-status/1"


def test_a_device_that_does_not_answer_is_in_the_dossier_as_unread(on_site: OnSite) -> None:
    text = on_site.config.read_text("utf-8")
    port = next(line for line in text.splitlines() if line.startswith("port = "))
    on_site.edit(port, "port = 9")
    path, code, _, err = on_site.export("silent.zip")
    assert code == 0 and "recorder (unreachable)" in err
    rows = list(csv.reader(io.StringIO(members(path.read_bytes())["devices.csv"].decode("utf-8-sig"))))
    assert rows[1][0] == "recorder" and rows[1][-1].startswith("not read: ")


def test_a_look_that_was_broken_off_makes_no_dossier_and_keeps_nothing(
    on_site: OnSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _, _, _ = on_site.export("whole.zip")
    broken_off = CheckResult(load(on_site.config), CycleResult(Facts({}), ()), datetime.now(UTC), interrupted=True)
    for command in ("filing.export", "filing.compare"):
        monkeypatch.setattr(f"agent.commands.{command}.look_at_site", lambda *given: broken_off)
    other, code, _, err = on_site.export("other.zip")
    assert (code, other.exists()) == (130, False) and "no dossier was written" in err
    code, _, err = on_site.run("filing", "compare", str(path))
    assert code == 130 and "nothing kept" in err
    assert read_filed(load(on_site.config).storage.directory, load(on_site.config).id) is None

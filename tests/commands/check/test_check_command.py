"""`check` as people run it: a single address, a Ctrl-C in the middle, tables, spreadsheets, and what is left out."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console
from sites import NOW, camera, gateway, healthy, observed, site
from smaller_site import only

from agent.cli import main
from agent.commands.check.progress import Progress
from agent.commands.check.show import BOM, result_csv, result_json
from agent.commands.terminal.tables import findings_table
from agent.demo.children import command
from agent.demo.site import SimulatedSite
from agent.judge.checks.table import run_checks
from agent.model.errors import UsageError
from agent.model.finding import Finding, Message, Source
from agent.observe.facts.facts import gather
from agent.onsite.one_look.anonymise import anonymous
from agent.onsite.one_look.result import CheckResult
from agent.service.cycle.cycle import CycleResult
from agent.text.translate import render
from drivers.details import Account, Accounts, Interface, Interfaces
from drivers.model import Device, Identity, Unavailable

HOSTILE = '=HYPERLINK("http://x")\x1b[31m[bold]'


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SimulatedSite, Path]]:
    out = tmp_path_factory.mktemp("site")
    with SimulatedSite(lambda: datetime.now(UTC)) as simulated:
        hub = {"host": "127.0.0.1", "port": 1, "tls": False, "confirm": "broker"}
        yield simulated, simulated.write_config(out, hub)


@pytest.fixture(scope="module")
def roof(demo: tuple[SimulatedSite, Path]) -> Path:
    """The configuration of the camera alone whose clock is fast."""
    config = demo[1].with_name("roof.toml")
    config.write_text(only(demo[1].read_text("utf-8"), ("roof",), ("roof",)), "utf-8")
    return config


def password_file(folder: Path, password: str) -> str:
    path = folder / "password"
    path.write_text(f"{password}\n")
    path.chmod(0o600)
    return str(path)


def of_host(simulated: SimulatedSite, device: str, *more: str) -> list[str]:
    return ["check", "--host", f"127.0.0.1:{simulated.devices[device].port}", "--lang", "en", *more]


def test_a_recorder_is_looked_at_by_its_address_alone_and_shows_all_its_channels(
    demo: tuple[SimulatedSite, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    simulated, _ = demo
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    user, password = simulated.login("recorder")
    secret = password_file(tmp_path, password)
    main(of_host(simulated, "recorder", "--user", user, "--password-file", secret, "--json"))
    printed = capsys.readouterr()
    result = json.loads(printed.out)
    assert [one["channel"] for one in result["cameras"]] == [1, 2, 3, 4, 5, 6]
    assert {one["online"] for one in result["cameras"]} == {"pass"}
    assert password not in printed.out + printed.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["password"], "nothing of it is kept"


def test_a_wrong_password_is_sent_to_an_address_once(
    demo: tuple[SimulatedSite, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulated, _ = demo
    before = dict(simulated.failed_logins)
    secret = password_file(tmp_path, "not-the-password")
    words = of_host(simulated, "lobby", "--user", "viewer", "--password-file", secret, "--json")
    assert main(words) == 4
    (found,) = [f for f in json.loads(capsys.readouterr().out)["findings"] if f["check"] == "camera-online"]
    assert found["next_step"] == "check user and password before the next run: a few wrong ones lock the account"
    after = {name: count - before[name] for name, count in simulated.failed_logins.items()}
    assert {name: count for name, count in after.items() if count} == {"lobby": 1}


def test_without_a_login_an_address_is_asked_what_it_tells_everybody(
    demo: tuple[SimulatedSite, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    simulated, _ = demo
    before = dict(simulated.failed_logins)
    assert main(of_host(simulated, "lobby", "--json")) == 4
    (found,) = [f for f in json.loads(capsys.readouterr().out)["findings"] if f["check"] == "camera-online"]
    assert found["message"] == "it asks for a login, and none was given: add --user and --ask-password"
    assert dict(simulated.failed_logins) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--user", "admin"], "only with --host"),
        (["--host", "192.0.2.1", "--user", "admin"], "add --ask-password"),
        (["--host", "192.0.2.1", "--ask-password"], "a password without --user"),
        (["--host", "http://192.0.2.1/"], "is no host"),
        (["--host", "admin@192.0.2.1"], "is no host"),
        (["--host", "192.0.2.1:99999"], "is no host"),
        (["--host", ""], "is no host"),
        (["--csv", "--json"], "choose one"),
        (["--host", "192.0.2.1", "--user", "a", "--password-file", "/nonexistent/file"], "No such file"),
    ],
)
def test_options_that_do_not_go_together_are_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_password_file_that_others_can_read_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "password"
    path.write_text("secret-word\n")
    path.chmod(0o644)
    assert main(["check", "--host", "192.0.2.1", "--user", "admin", "--password-file", str(path)]) == 77
    said = capsys.readouterr().err
    assert "chmod 600" in said
    assert "secret-word" not in said


def test_a_closed_port_is_told_as_one_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--host", "127.0.0.1:1", "--json", "--driver", "onvif"]) == 1
    (found,) = [f for f in json.loads(capsys.readouterr().out)["findings"] if f["check"] == "camera-online"]
    assert (found["reason"], found["evidence"]["cause"]) == ("unreachable", "port-closed")
    assert "port 1" in found["message"]


def test_ctrl_c_keeps_what_is_done_and_says_what_is_not(demo: tuple[SimulatedSite, Path], tmp_path: Path) -> None:
    _, config = demo
    slow = config.with_name("slow.toml")
    text = config.read_text().replace("period_s = 60", "period_s = 900")
    slow.write_text(text.replace("deadline_s = 6", "deadline_s = 110"))
    words = command("check", "--config", slow, "--json", "-v", "--rounds", "1", "--lang", "en")
    running = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "HOME": str(tmp_path)}
    )
    assert running.stderr is not None
    done: set[str] = set()
    for line in running.stderr:
        if ": done" in line:
            done.add(line.split("device ")[1].split(":")[0])
        if len(done) == 6:
            break
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=60)  # less than the time that the hanging device has
    assert running.returncode == 130
    result = json.loads(out)
    assert result["interrupted"] is True
    online = {one["id"]: one["online"] for one in result["cameras"]}
    assert online["gate"] == online["lobby"] == "pass"
    (stairs,) = [f for f in result["findings"] if (f["check"], f["subject"]) == ("camera-online", "camera:stairs")]
    assert (stairs["status"], stairs["reason"], stairs["next_step"]) == ("unknown", "interrupted", "check again")


def test_the_first_ctrl_c_ends_the_waiting_and_the_second_the_command() -> None:
    progress = Progress(site(camera()))
    with pytest.raises(KeyboardInterrupt):
        progress.interrupt(signal.SIGINT, None)
    progress.stage("box", "reading")
    progress.interrupt(signal.SIGINT, None)
    assert progress.watch.stop()
    progress.wait(86_400.0)  # comes back: nothing is waited for any more
    with pytest.raises(KeyboardInterrupt):
        progress.interrupt(signal.SIGINT, None)


@pytest.mark.parametrize(
    ("lang", "head"), [("en", "1 of 3 devices done, at most 15 s left"), ("zh_CN", "已完成 1/3 台设备")]
)
def test_the_display_says_who_is_read_since_when_and_how_long_it_can_take(lang: str, head: str) -> None:
    now = [0.0]
    three = site(camera("a", "a"), camera("b", "b"), camera("c", "c"))
    progress = Progress(three, lang, lambda: now[0])
    for name in ("a", "b"):
        progress.stage(name, "reading")
    progress.stage("a", "done")
    now[0] = 5.0
    console = Console(file=io.StringIO(), width=80)
    with console.capture() as shown:
        console.print(progress)
    lines = shown.get().splitlines()
    assert head in lines[0]
    assert len(lines) == 2
    assert lines[1].strip().startswith("b")
    assert " 5 " in lines[1]


def checked(*more: Finding) -> CheckResult:
    """Return a result in which the device's texts and addresses stand wherever they can."""
    device = Device("box", "192.0.2.64", 80, "onvif")
    a_site = replace(site(camera("gate"), devices=(device,)), devices=(device,), digest="c" * 64)
    facts = gather(
        gateway()
        + observed(
            "device:box",
            Identity("ACME", "N8", "1.0", "SN-0042-A"),
            Interfaces((Interface("eth0", "AA:BB:CC:DD:EE:01", ("192.0.2.64/24",)),)),
            Accounts((Account("wang", "Administrator"),)),
        )
        + observed("camera:gate", Unavailable("streams", "unreachable", "GET 192.0.2.64: SN-0042-A is away"))
    )
    return CheckResult(a_site, CycleResult(facts, (*run_checks(a_site, facts, NOW), *more)), NOW)


def finding(subject: str, text: str) -> Finding:
    said = Message("seen {name}", {"name": text}, next_step="ask {name}")
    return Finding("video-quality", subject, "fail", "minor", said, Source("rule", "1"), "x", {"detail": text})


def test_addresses_serial_numbers_and_accounts_are_left_out_and_names_stay() -> None:
    told = "10.1.2.3 aa-bb-cc-dd-ee-ff fe80::1 SN-0042-A wang-2 at 12:30:05, version 1.2.3.4.5"
    before = checked(finding("camera:gate", told))
    result = anonymous(before)
    text = json.dumps(result_json(result)) + result_csv(result, "en", everything=True) + repr(result)
    for hidden in ("192.0.2.64", "SN-0042-A", "AA:BB:CC:DD:EE:01", "10.1.2.3", "aa-bb-cc-dd-ee-ff", "fe80::1"):
        assert hidden not in text, hidden
    for kept in ("camera:gate", "12:30:05", "1.2.3.4.5", "ACME", "N8"):
        assert kept in text, kept
    shown = result.seen.findings[-1]
    assert "[serial 1]" in str(shown.message)
    (account,) = result.seen.facts.one("device:box", Accounts).accounts  # type: ignore[union-attr]
    assert account.name == "[account 1]"
    assert [f.key for f in result.seen.findings] == [f.key for f in before.seen.findings]
    assert [f.caused_by for f in result.seen.findings] == [f.caused_by for f in before.seen.findings]


def test_a_sentence_within_a_sentence_is_still_translated_once_addresses_are_left_out() -> None:
    inner = Message("{word} is none of them", {"word": "10.1.2.3"})
    outer = Message("{what}; so it is with {count} more of {device}", {"what": inner, "count": 2, "device": "box"})
    error = Message("{why}", {"why": UsageError(inner)})
    before = checked(*(replace(finding("camera:gate", "x"), message=one) for one in (outer, error)))
    shown = [render(one.message, "zh_CN") for one in anonymous(before).seen.findings[-2:]]
    assert shown[0].endswith("不在其中；box 另有 2 项情况相同")  # noqa: RUF001
    assert shown[1].endswith("不在其中") and "10.1.2.3" not in "".join(shown)


def test_the_json_says_of_each_pass_what_it_rests_on_and_tells_told_from_seen() -> None:
    a_site, facts = site(camera()), gather(healthy())
    rows = result_json(CheckResult(a_site, CycleResult(facts, run_checks(a_site, facts, NOW)), NOW))["findings"]
    assert isinstance(rows, list)
    passes = [row for row in rows if row["status"] == "pass"]
    assert passes and [row["check"] for row in passes if not row["rests_on"]] == []
    assert [row["check"] for row in rows if row["status"] != "pass" and row["rests_on"]] == []
    levels = {one["kind"]: one["level"] for row in passes for one in row["rests_on"]}
    assert (levels["Clock"], levels["PictureSeen"]) == ("told", "seen")
    (clock,) = [row for row in passes if row["check"] == "clock-offset"]
    assert (clock["level"], clock["oldest_age_s"]) == ("told", 0)


def test_no_cell_of_the_spreadsheet_is_a_formula_and_excel_reads_its_chinese() -> None:
    text = result_csv(checked(finding("camera:gate", HOSTILE)), "zh_CN", everything=True)
    assert text.startswith(BOM)
    rows = list(csv.DictReader(io.StringIO(text.removeprefix(BOM))))
    assert any("不合格" in row["status"] for row in rows)
    assert "\x1b" not in text
    named = checked(dataclasses.replace(finding("camera:gate", "x"), message=Message(HOSTILE.replace("{", ""))))
    cells = [cell for row in csv.reader(io.StringIO(result_csv(named, "en", everything=True))) for cell in row]
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_the_table_shows_hostile_texts_as_text_and_the_next_step_on_a_line_of_its_own(lang: str) -> None:
    result = checked(finding("camera:gate", HOSTILE))
    console = Console(file=io.StringIO(), width=80, color_system="truecolor", force_terminal=True)
    with console.capture() as shown:
        console.print(findings_table(result.site, result.seen.findings, lang, {}))
    text = shown.get()
    assert "\x1b[31m[bold]" not in text
    assert "[bold]" in text
    assert any(line.split("→")[-1].strip().startswith("ask") for line in text.splitlines() if "→" in line)


def test_quiet_prints_nothing_and_the_exit_code_tells(roof: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(roof), "--quiet", "--rounds", "1"]) == 1
    assert capsys.readouterr().out == ""


def test_the_spreadsheet_reaches_a_file_as_it_is_read_there(roof: Path) -> None:
    words = command("check", "--config", roof, "--csv", "--rounds", "1", "--lang", "zh_CN")
    done = subprocess.run(words, capture_output=True, env={**os.environ, "LC_ALL": "C"}, check=False, timeout=100)
    assert done.returncode == 1
    assert done.stdout.startswith(b"\xef\xbb\xbf")
    assert "设备时钟快" in done.stdout.decode("utf-8-sig")
    assert b"Traceback" not in done.stderr

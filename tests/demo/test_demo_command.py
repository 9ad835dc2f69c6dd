"""`camwarden demo` as a newcomer runs it: one command, a table, two files, and nothing left running."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from here_run import run_here
from patience import PATIENCE_S, waits
from picture_words import PICTURES, WORDS, is_whole, words_of
from stores_walked import unnamed

from agent.cli import main
from agent.commands import demo as demo_command
from agent.demo.children import command
from agent.model import exits
from agent.model.finding import Finding, Message, Source, Status
from agent.onsite.privacy.stores import Folder
from agent.text.translate import render

ROOT = Path(__file__).parents[2]
SILENT = {"camera:stairs", "device:stairs"}
DEADLINE_S = 30
"""What each device of the demo has: on a busy machine the shipped six seconds are too few to see all of it."""
UNHURRIED = """
import sys
from agent.cli import main
from agent.demo import site_config
site_config.DEADLINE_S = int(sys.argv[1])
sys.exit(main(sys.argv[2:]))
"""


def processes_that_mention(text: str) -> list[str]:
    """Return the command lines of running processes that name this text, or run inside it."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder that one demo wrote, and the object that it printed."""
    out = tmp_path_factory.mktemp("demo") / "demo-out"
    asked = [sys.executable, "-P", "-c", UNHURRIED, str(DEADLINE_S), "demo", "--out", str(out), "--json"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out, json.loads(done.stdout)


def test_one_cycle_on_the_embedded_broker(ran: tuple[Path, dict[str, Any]]) -> None:
    out, result = ran
    assert result["reports"]["verified"] == result["reports"]["sent"] == result["reports"]["confirmed"] > 0
    assert result == json.loads((out / "result.json").read_text())
    assert (out / "hub.html").stat().st_size > 10_000
    verified = main(["verify", str(out / "report.html"), "--data", str(out / "hub")])
    assert verified == exits.OK, "the hand-over report is signed with the key that the hub trusts"
    assert processes_that_mention(str(out)) == []


def test_each_file_that_agent_and_hub_wrote_has_a_row_in_the_table_of_stores(ran: tuple[Path, dict[str, Any]]) -> None:
    """The table says what of people is in it, how long it stays, and what deletes it."""
    out, _ = ran
    folders: dict[str, Folder] = {"agent/state": "state", "agent/runtime": "runtime", "hub": "hub"}
    assert [one for name, folder in folders.items() for one in unnamed(out / name, folder)] == []


def test_the_pictures_of_the_first_pages_show_the_report_of_today(ran: tuple[Path, dict[str, Any]]) -> None:
    """Only the demo's one silent device misses its deadline; what others missed, the picture cannot show."""
    out, result = ran
    report = (out / "report.html").read_text("utf-8")
    late = {one["subject"] for one in result["findings"] if one.get("reason") == "deadline"} - SILENT
    assert (late, is_whole(report)) == (set(), True)
    assert words_of(report) == WORDS.read_text("utf-8"), "the pictures show another report: make picture"


def test_days_and_times_make_a_picture_no_older_and_figures_do() -> None:
    page = "<header>Site <b>checked at</b> {}</header><section class='first'>{} fail</section><section>more</section>"
    words = words_of(page.format("2026-11-25 09:40", 9))
    assert words == words_of(page.format("2026-12-01T10:00:05+08:00", 9))
    assert words != words_of(page.format("2026-11-25 09:40", 10))
    assert "9 fail" in words and "more" not in words


def test_each_first_page_shows_its_picture() -> None:
    for lang, name in (("en", "README.md"), ("zh_CN", "README.zh.md")):
        assert f"](packaging/{PICTURES[lang].name})" in (ROOT / name).read_text("utf-8")


def test_ctrl_c_ends_everything_that_was_started(tmp_path: Path) -> None:
    out = tmp_path / "demo-out"
    child = subprocess.Popen(
        command("demo", "--out", out, "--watch"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        assert child.stdout is not None
        for line in child.stdout:
            if "untrusted" in line or "unverified" in line:
                break
        assert len(processes_that_mention(str(out))) > 1
        os.killpg(child.pid, signal.SIGINT)
        child.communicate(timeout=PATIENCE_S)
        assert child.returncode == 130
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
    waits(lambda: processes_that_mention(str(out)) == [])


def refused(out: Path) -> subprocess.CompletedProcess[str]:
    """Run the demo into a folder that it does not take, in this process, whose answer to SIGTERM stays as it was."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        return run_here("demo", "--out", out, environ=os.environ.copy())
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    done = refused(tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "choose another with --out" in done.stderr
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_without_its_extra_the_demo_says_what_to_install(tmp_path: Path) -> None:
    """The package iotcore is not part of a plain installation."""
    code = "import sys; sys.modules['iotcore'] = None; from agent.cli import main; sys.exit(main(['demo']))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 69
    assert done.stderr == "camwarden: this command needs the package iotcore: pip install 'camwarden[demo]'\n"


def test_an_unwritable_folder_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = refused(tmp_path / "file" / "x")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_change_that_a_busy_machine_misses_is_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first look after the change misses it, the second one tells it, in the reader's language."""
    rows = [{"camera-online camera:gate": standing(status)} for status in ("pass", "fail")]
    said: list[str] = []
    monkeypatch.setattr(demo_command.simulation, "another_cycle", lambda demo: said.append("look"))
    monkeypatch.setattr(demo_command.simulation, "delivered", lambda demo: None)
    monkeypatch.setattr(demo_command, "_findings", lambda what: rows.pop(0))
    before = {"camera-online camera:gate": standing("pass")}
    told = lambda line: said.append(str(line))  # noqa: E731
    after, changed = demo_command._look_until_told(object(), "gate", before, told, "zh_CN")  # type: ignore[arg-type]
    assert said == ["look", "nothing of gate has changed at the hub yet: looking once more", "look"]
    assert [one.status for one in after.values()] == ["fail"]
    assert [render(line, "zh_CN") for line in changed] == [
        "camera-online 由“合格”变为“不合格”\uff1a未在网络上查询设备\uff1a请在 [discovery] 中写明网络"
    ]


def standing(status: Status) -> Finding:
    said = Message("{text}", {"text": "nobody is asked on the network: name networks under [discovery]"})
    return Finding("camera-online", "camera:gate", status, "major", said, Source("x", "1"), "", {}, "")

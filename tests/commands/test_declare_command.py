"""`camwarden declare`: each answer stands in site.toml at once, and nothing else of the file changes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pty
import select
import signal
import stat
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from here_run import run_here
from patience import PATIENCE_S, waits

from agent.model import exits
from agent.model.errors import UsageError
from agent.site.config.add_declaration import append_declarations, read_value, row_toml
from agent.site.config.load import load
from agent.site.config.site import Site
from agent.site.declarations.standing import Declaration
from agent.site.declarations.table import BY_ID
from agent.text.day import read_day_text

CAMWARDEN = Path(sys.executable).parent / "camwarden"
HEAD = '# mine\n[site]\nid = "datong017"\ncity = "140200"\ndivision = "140200"\n'
CAMERAS = (("gate", "nvr1", 1), ("yard", "nvr1", 2), ("hall", "nvr2", 1), ("road", "nvr2", 2))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    text = HEAD + "".join(f'[[device]]\nid = "nvr{n}"\nhost = "192.0.2.{n}"\n' for n in (1, 2))
    for name, device, channel in CAMERAS:
        text += f'[[camera]]\nid = "{name}"\ndevice = "{device}"\nchannel = {channel}\n'
    (tmp_path / "site.toml").write_text(text + "# the end")
    return tmp_path / "site.toml"


ENVIRON = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "COLUMNS": "160"}


def declare(path: Path, *arguments: str, answers: str = "", lang: str = "en") -> subprocess.CompletedProcess[str]:
    words = ("declare", "--config", path, "--lang", lang, *arguments)
    return run_here(*words, answers=answers, environ=ENVIRON)


def declare_in_a_child(path: Path, *arguments: str, answers: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CAMWARDEN, "declare", "--config", path, "--lang", "en", *arguments],
        input=answers, capture_output=True, text=True, timeout=60, check=False, env=ENVIRON,
    )  # fmt: skip


def said(site: Site) -> list[tuple[str, object, tuple[str, ...]]]:
    return [(row.duty, row.value, row.cameras) for row in site.declarations]


def test_one_answer_may_be_for_all_cameras_of_one_recorder_or_for_some(path: Path) -> None:
    before = path.read_bytes()
    done = declare_in_a_child(
        path, "--by", "Li Na, site manager", answers="2\nn\nn\ny\n6\nlist\n2\nroad\nentrance\ny\n\n"
    )
    assert done.returncode == 0, done.stderr
    assert said(load(path)) == [
        ("national-class", "7-2", ()),
        ("key-target", False, ()),
        ("zone-type", "hall", ("gate", "yard")),
        ("zone-type", "road", ("road",)),
        ("zone-type", "entrance", ("hall",)),
    ]
    assert {row.by for row in load(path).declarations} == {"Li Na, site manager"}
    assert path.read_bytes().startswith(before + b"\n\n[[declaration]]\n")
    assert "Counter-Terrorism Law, article 32(3): A key target" in done.stdout
    assert done.stdout.splitlines()[-1] == f"5 answers are kept in {path}; 1 declarations are open"


def test_the_end_of_the_answers_keeps_those_before_it(path: Path) -> None:
    done = declare(path, "--by", "Li Na", answers="1\n")
    assert done.returncode == 0
    assert said(load(path)) == [("national-class", "7-1", ())]


def test_an_empty_line_skips_and_a_wrong_answer_is_asked_again_in_words(path: Path) -> None:
    done = declare(path, "--by", "Li Na", answers="\nperhaps\nyes\n")
    assert said(load(path)) == [("key-target", True, ())]
    assert "perhaps is no answer to this (yes or no)" in done.stdout
    again = declare(path, "--by", "Li Na", answers="8\n8\n8\n")
    assert again.returncode == exits.USAGE
    assert "8 is no answer to this (number or word)" in again.stderr
    assert len(load(path).declarations) == 1


def test_who_answers_is_asked_once(path: Path) -> None:
    done = declare(path, answers="2\n王芳(保卫处)\nyes\n", lang="zh_CN")
    assert [row.by for row in load(path).declarations] == ["王芳(保卫处)"] * 2
    assert done.stdout.count("登记人姓名和职务") == 1
    assert "是否为防范恐怖袭击重点目标" in done.stdout


def test_a_forbidden_place_is_written_down_and_told_at_once(path: Path) -> None:
    done = declare(path, "--by", "Li Na", answers="\n\ny\ntoilet\n")
    assert said(load(path)) == [("zone-type", "toilet", ("gate", "yard", "hall", "road"))]
    assert "No camera may hang there, masked or not" in done.stdout


def test_of_a_paper_only_digest_and_date_are_kept(path: Path) -> None:
    paper = path.parent / "design.pdf"
    paper.write_bytes(b"secret drawing")
    declare(path, "--by", "Li Na", "--set", "national-class=7-2", "--set", "place-category=8", "--set", "scope=yes")
    answers = f"\n\n\n\n\n\n\nD 2026-1\n{path.parent}/missing\n{paper}\n20260130\n2030-01-31\n"
    done = declare(path, "--by", "Li Na", "--profile", "filing", answers=answers)
    row = load(path).declarations[-1]
    assert BY_ID[row.duty].kind == "paper"
    assert (row.value, row.document_at, row.until) == ("D 2026-1", date(2026, 1, 30), date(2030, 1, 31))
    assert row.sha256 == hashlib.sha256(b"secret drawing").hexdigest()
    assert "missing is not there or is no file" in done.stdout
    assert "secret" not in path.read_text()


def test_a_word_that_ends_is_offered_with_what_it_was(path: Path) -> None:
    append_declarations(path, (Declaration("key-target", False, "Li Na", date(2019, 1, 31), date(2020, 1, 31)),))
    done = declare(path, "--by", "Li Na", answers="\nno\n2035-12-31\n")
    assert "until now: false" in done.stdout
    assert [(row.value, row.until) for row in load(path).declarations][-1] == (False, date(2035, 12, 31))


def test_scripts_declare_without_being_asked(path: Path) -> None:
    arguments = ["--by", "Li Na", "--set", "linked=true", "--set", "zone-type=yard", "--cameras", "yard,gate"]
    done = declare(path, *arguments, "--json")
    assert said(load(path)) == [("linked", True, ("yard", "gate")), ("zone-type", "yard", ("yard", "gate"))]
    told = json.loads(done.stdout)
    assert told["schema"] == "camwarden-declare/1"
    assert {line["duty"]: line["cameras"] for line in told["open"]}["linked"] == ["hall", "road"]
    assert [row["duty"] for row in told["declared"]] == ["linked", "zone-type"]
    private = next(one for one in told["elsewhere"] if one["what"] == "private-area")
    assert private["missing"] == ["gate", "yard", "hall", "road"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--set", "linkd=true"], "--set linkd=true: write DUTY=VALUE with a duty that camwarden declare --list shows"),
        (["--set", "linked=perhaps"], "--set linked=perhaps: the value must be true or false"),
        (["--set", "linked=yes", "--cameras", "roof"], "no camera has the id roof: camwarden config show lists them"),
        (["--set", "linked=yes", "--group", "out"], "no group has the name out: write it as a [[group]] first"),
        (["--set", "paper-design=D1", "--sha256", "a" * 64], "a paper has a date and a digest: give --paper-date DAY"),
        (["--set", "key-target=yes", "--cameras", "gate"], "key-target is about the whole site, not about single"),
        (["--set", "paper-design=D1"], "paper-design is a paper, and its date and digest are missing"),
        (["--set", "linked=\x1b[31m"], "--set linked=\ufffd[31m: the value must be true or false"),
        (["--set", "linked=yes", "--until", "soon"], "soon is no day: write it as 2026-01-31"),
    ],
)
def test_what_is_wrong_on_the_command_line_changes_nothing(path: Path, arguments: list[str], told: str) -> None:
    before = path.read_bytes()
    done = declare(path, "--by", "Li Na", *arguments)
    assert done.returncode in (exits.USAGE, exits.CONFIG)
    assert told in done.stderr
    assert path.read_bytes() == before


def test_the_files_rights_stay_and_a_link_stays_one(path: Path) -> None:
    path.chmod(0o640)
    link = path.parent / "link.toml"
    link.symlink_to(path)
    append_declarations(link, (Declaration("key-target", False, "Li Na", date(2026, 1, 31)),))
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert said(load(path)) == [("key-target", False, ())]


def test_declarations_written_as_one_value_are_left_alone(path: Path) -> None:
    path.write_text("declaration = []\n" + path.read_text())
    before = path.read_bytes()
    with pytest.raises(UsageError, match="holds its declarations as one value"):
        append_declarations(path, (Declaration("key-target", False, "Li Na", date(2026, 1, 31)),))
    assert path.read_bytes() == before


@pytest.mark.parametrize("value", ['a "quoted" \\ text', "= 1 + 1", "大同\u3000市", "[[declaration]]"])
def test_no_text_leaves_its_quotes(path: Path, value: str) -> None:
    row = Declaration("legal-unit", value.replace("\u3000", " "), 'Li "Na"', date(2026, 1, 31))
    assert load_again(path, row) == row


def load_again(path: Path, row: Declaration) -> Declaration:
    (found,) = append_declarations(path, (row,)).declarations
    assert row_toml(found) == row_toml(row)
    return found


def test_the_list_is_for_people_and_shows_nothing_that_is_not_applicable(path: Path) -> None:
    declare(path, "--by", "Li Na", "--set", "national-class=9", "--set", "zone-type=hall")
    shown = declare(path, "--list", "--profile", "filing").stdout
    assert "filing-national" not in shown.split("can be declared too")[0]
    assert "Which public security organ supervises it?" in shown
    assert "not_applicable" not in shown


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-01-31", "2026-01-31"), ("2026/1/31", "2026-01-31"), ("20260131", "2026-01-31"),
     ("2026年1月31日", "2026-01-31"), ("2026131", None), ("31.1.2026", None), ("2026-02-30", None), ("", None)],
)  # fmt: skip
def test_days_as_people_write_them(text: str, day: str | None) -> None:
    assert read_day_text(text) == (date.fromisoformat(day) if day else None)


@pytest.mark.parametrize(
    ("duty", "text", "value"),
    [
        ("key-target", "是", True), ("key-target", "N", False), ("place-category", "8", "8"),
        ("national-class", "9", "9"), ("national-class", "2", "7-2"), ("height-m", "3.5", 3.5),
        ("filed-cameras", "64", 64), ("required-points", "P1、P2, P3", ("P1", "P2", "P3")),
        ("required-points", "none", "none"), ("paper-other", "NONE", "none"), ("main-project-date", "none", "none"),
    ],
)  # fmt: skip
def test_answers_as_people_write_them(duty: str, text: str, value: object) -> None:
    assert read_value(BY_ID[duty], text) == value


def test_on_a_terminal_ctrl_c_keeps_what_was_answered(path: Path) -> None:
    main, terminal = pty.openpty()
    process = subprocess.Popen(
        [CAMWARDEN, "declare", "--config", path, "--by", "Li Na", "--lang", "en"],
        stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm"},
    )  # fmt: skip
    os.close(terminal)
    try:
        shown = read_until(main, "national-class (number or word):")
        os.write(main, b"2\n")
        shown += read_until(main, "key-target (yes or no):")
        waits(lambda: is_asleep(process.pid))
        process.send_signal(signal.SIGINT)
        shown += read_until(main, "declarations are open")
        assert process.wait(PATIENCE_S) == exits.INTERRUPTED
    finally:
        process.kill()
        process.wait()
        os.close(main)
    assert said(load(path)) == [("national-class", "7-2", ())]
    assert "Traceback" not in shown


def is_asleep(pid: int) -> bool:
    """Tell whether a process waits: readline misses a signal that comes after the question and before it does."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def read_until(main: int, text: str) -> str:
    """Return what the terminal shows up to a text."""
    shown = ""
    deadline = time.monotonic() + PATIENCE_S
    while (
        text not in shown and (left_s := deadline - time.monotonic()) > 0 and select.select([main], [], [], left_s)[0]
    ):
        with contextlib.suppress(OSError):
            shown += os.read(main, 4096).decode()
    assert text in shown, shown
    return shown

"""A new user's way: from a school's ledger to a signed report, few questions asked, and no login without a password."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest
from at_terminal import at_terminal
from here_run import run_here
from school import ANSWERS, CAMERAS_IN_LEDGER, PASSWORD, running, write_ledgers

from agent.demo.site import SimulatedSite
from agent.model import exits
from agent.site.config.load import load

ROOT = Path(__file__).parents[2]
QUESTIONS_MAX = 10
OPEN_LINES_MAX = 5
SITE = ("--site", "dt0001", "--set", "city=datong")
WITHIN_S = 300


@pytest.fixture(scope="module")
def school() -> Iterator[SimulatedSite]:
    with running() as site:
        yield site


@pytest.fixture
def ledgers(school: SimulatedSite, tmp_path: Path) -> dict[str, str]:
    return write_ledgers(school, tmp_path)


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(home / "state"), "LC_ALL": "C.UTF-8"}


def program(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "agent", *arguments]


def started(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Start a command in the user's folder, without a terminal."""
    return subprocess.run(
        program(*arguments), cwd=home, env=environment(home), stdin=subprocess.DEVNULL,
        capture_output=True, encoding="utf-8", timeout=WITHIN_S, check=False,
    )  # fmt: skip


def camwarden(home: Path, *arguments: str, answers: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run a command as `started` does, in this process: for what it says and writes.

    Who asks more questions than there are answers finds the end of them.
    """
    with chdir(home):
        return run_here(*arguments, answers=lines(answers), environ=environment(home))


def lines(answers: tuple[str, ...]) -> str:
    return "".join(f"{one}\n" for one in answers)


def without_a_hurry(config: Path) -> None:
    """Give each device time: none hangs here, and a busy machine must not cost an answer."""
    config.write_text(config.read_text("utf-8") + "\n[probe]\ndeadline_s = 120\n", "utf-8")


def test_from_a_gb18030_ledger_to_a_signed_report_with_few_questions(
    school: SimulatedSite, ledgers: dict[str, str], tmp_path: Path
) -> None:
    taken = ("ledger", "import", ledgers["csv"], "--out", "site", *SITE, "--ask-password")
    question = ("password of viewer", PASSWORD)
    seen = at_terminal(program(*taken), [question], cwd=tmp_path, env=environment(tmp_path), within_s=WITHIN_S)
    assert seen.code == exits.OK, seen.shown
    assert PASSWORD not in seen.shown
    config = tmp_path / "site" / "site.toml"
    next_steps = [line.strip() for line in seen.shown.splitlines() if "camwarden " in line]
    assert next_steps == [
        "then answer what no device can say: camwarden declare --config site/site.toml",
        "then look at the site: camwarden check --config site/site.toml --report site/report.html",
    ]
    assert (tmp_path / "site" / "secrets.toml").stat().st_mode & 0o777 == 0o600

    asked = ("Wang, security office", *ANSWERS[1:])
    declared = camwarden(tmp_path, "declare", "--config", "site/site.toml", answers=(ANSWERS[0], *asked))
    assert declared.returncode == exits.OK, declared.stderr
    assert "0 declarations are open" in declared.stdout, declared.stdout
    assert 1 + 1 + len(asked) <= QUESTIONS_MAX

    without_a_hurry(config)
    checked = started(
        tmp_path, "check", "--config", "site/site.toml", "--rounds", "1", "--sample", "1", "--json",
        "--report", "site/report.html",
    )  # fmt: skip
    assert checked.returncode == exits.FAILS, checked.stderr
    online = [camera["online"] for camera in json.loads(checked.stdout)["cameras"]]
    assert online == ["pass"] * CAMERAS_IN_LEDGER
    assert set(school.failed_logins.values()) == {0}
    proved = camwarden(tmp_path, "verify", "site/report.html")
    assert proved.returncode in (exits.OK, exits.UNCHECKED), proved.stdout + proved.stderr
    report = (tmp_path / "site" / "report.html").read_text("utf-8")
    assert all(camera.camera.name in report for camera in load(config).cameras)
    assert PASSWORD not in report + declared.stdout + checked.stdout + checked.stderr


def test_an_excel_ledger_gives_the_same_site_as_its_csv(ledgers: dict[str, str], tmp_path: Path) -> None:
    for kind, path in ledgers.items():
        done = camwarden(
            tmp_path, "ledger", "import", path, "--out", kind, *SITE, "--ask-password", answers=(PASSWORD,)
        )
        assert done.returncode == exits.OK, done.stderr
    assert load(tmp_path / "xlsx/site.toml").cameras == load(tmp_path / "csv/site.toml").cameras
    devices = load(tmp_path / "xlsx/site.toml").devices
    assert {device.credential.password for device in devices if device.credential} == {PASSWORD}


def test_a_ledger_leaves_few_lines_to_declare(ledgers: dict[str, str], tmp_path: Path) -> None:
    camwarden(tmp_path, "ledger", "import", ledgers["xlsx"], "--out", "site", *SITE)
    listed = camwarden(tmp_path, "declare", "--list", "--json", "--config", "site/site.toml")
    assert 0 < len(json.loads(listed.stdout)["open"]) <= OPEN_LINES_MAX


def test_without_passwords_no_login_is_sent_and_each_device_says_what_is_missing(
    school: SimulatedSite, ledgers: dict[str, str], tmp_path: Path
) -> None:
    before = dict(school.failed_logins)
    taken = camwarden(tmp_path, "ledger", "import", ledgers["xlsx"], "--out", "site", *SITE)
    assert "next: write the password of each login (cameras) into site/secrets.toml" in taken.stderr
    without_a_hurry(tmp_path / "site/site.toml")
    done = camwarden(tmp_path, "check", "--config", "site/site.toml", "--rounds", "1", "--json")
    assert done.returncode == exits.REFUSED, done.stderr
    told = {
        (finding["evidence"].get("cause"), finding["next_step"])
        for finding in json.loads(done.stdout)["findings"]
        if finding["check"] == "camera-online" and not finding["caused_by"]
    }
    assert told == {("no-password", "write the password of [credential.cameras] into secrets.toml")}
    assert dict(school.failed_logins) == before


def test_an_answer_that_is_left_out_leaves_the_login_for_later(ledgers: dict[str, str], tmp_path: Path) -> None:
    for answers in (("",), ()):
        folder = f"site-{len(answers)}"
        taken = ("ledger", "import", ledgers["xlsx"], "--out", folder, *SITE, "--ask-password")
        done = camwarden(tmp_path, *taken, answers=answers)
        assert done.returncode == exits.OK
        assert "write the password of each login (cameras)" in done.stderr
        assert 'password = ""' in (tmp_path / folder / "secrets.toml").read_text()


def test_passwords_that_are_there_are_neither_asked_for_nor_changed(ledgers: dict[str, str], tmp_path: Path) -> None:
    taken = ("ledger", "import", ledgers["xlsx"], "--out", "site", *SITE, "--ask-password")
    camwarden(tmp_path, *taken, answers=(PASSWORD,))
    kept = (tmp_path / "site/secrets.toml").read_bytes()
    again = camwarden(tmp_path, *taken, answers=("another",))
    assert "password of viewer" not in again.stdout + again.stderr
    assert (tmp_path / "site/secrets.toml").read_bytes() == kept


def test_a_password_that_cannot_be_typed_writes_nothing(ledgers: dict[str, str], tmp_path: Path) -> None:
    taken = ("ledger", "import", ledgers["xlsx"], "--out", "site", *SITE, "--ask-password")
    done = camwarden(tmp_path, *taken, answers=("a\x1bb",))
    assert done.returncode == exits.USAGE
    assert not (tmp_path / "site/secrets.toml").exists()

"""`camwarden start`: from nothing to a verdict; no login before an address is confirmed; a refusal stops the group."""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from at_terminal import CTRL_C, KILL, Session, at_terminal
from here_run import run_here
from patience import PATIENCE_S

from agent.cli import main
from agent.commands.start import command
from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES
from agent.host.clock import utc_now
from agent.model import exits
from agent.site.config.load import load

PASSWORD = 'school "pw" \\17'
WRONG = "not-the-password"
Done = subprocess.CompletedProcess[str]


@contextmanager
def devices(*names: str, password: str = PASSWORD) -> Iterator[SimulatedSite]:
    """Let some devices of the simulated site answer, with one login for all of them, or each with its own ("")."""
    boxes = [replace(one, user="viewer") for one in DEVICES if one.id in names]
    cameras = [one for one in CAMERAS if one.device in names]
    with SimulatedSite(utc_now, boxes, cameras, password=password) as site:
        yield site


def places(site: SimulatedSite) -> list[str]:
    return [f"{one.host}:{one.port}" for one in site.devices.values()]


def start(home: Path, *arguments: str | Path, answers: str = "") -> Done:
    environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "COLUMNS": "120", "HOME": str(home)}
    return run_here("start", "--out", home / "site", "--unconfined", *arguments, answers=answers, environ=environ)


def answers_file(home: Path, **values: str) -> Path:
    path = home / "answers.toml"
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items()), "utf-8")
    path.chmod(0o600)
    return path


def test_from_answers_to_the_verdict_with_each_bad_mask_named(tmp_path: Path) -> None:
    with devices("recorder", "lobby") as site:
        given = answers_file(tmp_path, name="dt0017", user="viewer", password=PASSWORD)
        done = start(tmp_path, "--answers", given, "--json", "--host", *places(site))
    assert done.returncode == exits.FAILS, done.stderr
    told = json.loads(done.stdout)
    worst = {(one["subject"], one["status"]) for one in told["harms"][0]["findings"]}
    names = {f"camera:{one.camera.id}": one.camera.name for one in load(tmp_path / "site/site.toml").cameras}
    assert {(names[subject], status) for subject, status in worst} == {
        ("Playground", "fail"), ("Reception", "fail"), ("Lobby", "fail"), ("Corridor 2", "warn"),
    }  # fmt: skip
    assert (told["schema"], told["interrupted"], len(told["cameras"])) == ("camwarden-start/1", False, 7)
    assert told["next"][1] == f"camwarden declare --config {tmp_path}/site/site.toml"
    assert stat.S_IMODE((tmp_path / "site/secrets.toml").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "site/report.html").stat().st_mode) == 0o600
    assert load(tmp_path / "site/site.toml").id == "dt0017"
    for text in (done.stdout, done.stderr, (tmp_path / "site/site.toml").read_text("utf-8")):
        assert PASSWORD not in text and json.dumps(PASSWORD)[1:-1] not in text


def test_a_refusal_stops_the_group_and_the_right_password_goes_on(tmp_path: Path) -> None:
    with devices("roof", "store", "annex") as site:
        wrong = answers_file(tmp_path, user="viewer", password=WRONG)
        done = start(tmp_path, "--answers", wrong, "--host", *places(site))
        assert done.returncode == exits.REFUSED, done.stdout
        assert sorted(site.failed_logins.values()) == [0, 0, 1], "one device was tried, and once"
        assert "refused the login of viewer. No other device of this group was asked" in done.stdout
        assert f"camwarden start --out {tmp_path}/site" in done.stdout
        again = start(tmp_path, "--answers", wrong)
        assert again.returncode == exits.REFUSED
        assert sorted(site.failed_logins.values()) == [0, 0, 1], "what was refused is not sent again"
        right = answers_file(tmp_path, user="viewer", password=PASSWORD)
        good = start(tmp_path, "--answers", right, "--json")
        assert json.loads(good.stdout)["groups"] == [
            {"name": "onvif", "login": "accepted", "settled_by": "device-127-0-0-1"}
        ]
        assert sorted(site.failed_logins.values()) == [0, 0, 1]
        assert WRONG not in done.stdout + done.stderr + (tmp_path / "site/secrets.toml").read_text("utf-8")


def test_a_device_with_another_login_keeps_nobody_from_going_on_and_is_asked_for_like_a_group(tmp_path: Path) -> None:
    with devices("roof", "store", password="") as site:
        words = [site.login(name)[1] for name in ("roof", "store")]
        given = f"\nviewer\n{words[1]}\nyes\n\n{words[0]}\n"
        done = start(tmp_path, "--host", *places(site), answers=given)
        assert "refused by device-127-0-0-1, once each" in done.stdout, done.stdout + done.stderr
        assert done.stdout.count("login accepted by 1 of") == 2
        assert dict(site.failed_logins) == {"roof": 1, "store": 0}
        logins = {one.id: one.credential for one in load(tmp_path / "site/site.toml").devices}
    assert [(one.name, one.password) for one in logins.values() if one] == [
        ("onvif-device-127-0-0-1", words[0]), ("onvif", words[1]),
    ]  # fmt: skip


def test_only_confirmed_addresses_are_configured_and_get_the_login(tmp_path: Path) -> None:
    with devices("roof", "store", "annex") as site:
        asked = ("--address", site.responder)
        done = start(tmp_path, *asked, answers=f"School 17\n-2\nviewer\n{WRONG}\n")
        assert "Which are yours?" in done.stdout
        assert [one.id for one in load(tmp_path / "site/site.toml").devices] == ["roof", "annex"]
        assert (site.failed_logins["roof"], site.failed_logins["store"]) == (1, 0)
        assert load(tmp_path / "site/site.toml").name == "School 17"


def test_an_address_is_added_by_hand_and_shown_before_it_counts(tmp_path: Path) -> None:
    with devices("roof", "store") as site:
        roof, store = places(site)
        done = start(tmp_path, "--address", "127.0.0.1:9", answers=f"\nnowhere/\n{roof}\nall, {store}\nall\nnone\n")
        assert "Nothing was found." in done.stdout and "nowhere/ is no number of the list" in done.stdout
        assert {f"{one.host}:{one.port}" for one in load(tmp_path / "site/site.toml").devices} == {roof, store}
        assert set(site.failed_logins.values()) == {0}


def test_what_was_interrupted_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with devices("roof") as site:
        broken = start(tmp_path, "--host", *places(site), answers="School 17\n")
        assert broken.returncode == exits.USAGE
        assert f"go on with camwarden start --out {tmp_path}/site" in broken.stderr
        on = start(tmp_path, answers=f"viewer\n{PASSWORD}\n")
        assert on.returncode in (exits.OK, exits.FAILS, exits.UNCHECKED), on.stderr
        assert "called" not in on.stdout and "login accepted by 1 of 1 devices" in on.stdout
        third = start(tmp_path, answers="")
        assert "user, viewing rights" not in third.stdout, "every question is answered"
        reports = {path.name for path in (tmp_path / "site").glob("report*")}
        assert reports == {"report.html", "report-2.html"}, "one of each look, none overwritten"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"id": "no id"}, "id must be 1 to 23"),
        ({"devices": "7"}, "7 is none of them"),
        ({"host": "192.0.2.1"}, "unknown key host"),
    ],
)
def test_a_wrong_file_of_answers_is_one_line_and_writes_no_site(
    values: dict[str, str], says: str, tmp_path: Path
) -> None:
    done = start(tmp_path, "--answers", answers_file(tmp_path, **values), "--address", "127.0.0.1:9")
    assert says in done.stderr
    assert done.returncode == exits.USAGE
    assert not (tmp_path / "site/site.toml").exists()


def test_nobody_is_asked_where_the_answer_is_json(tmp_path: Path) -> None:
    assert "--json asks nothing" in start(tmp_path, "--json").stderr


def test_a_cut_before_the_site_was_written_leaves_nothing_in_the_way_but_a_password_stays(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    secrets = tmp_path / "site/secrets.toml"
    secrets.write_text('[credential.onvif]\nuser = "admin"\npassword = ""\n')
    done = start(tmp_path, "--host", "127.0.0.1:9", answers="\nnone\n")
    assert done.returncode in (exits.FAILS, exits.UNCHECKED), done.stderr
    (tmp_path / "site/site.toml").unlink()
    secrets.write_text('[credential.onvif]\nuser = "admin"\npassword = "mine"\n')
    done = start(tmp_path, "--host", "127.0.0.1:9", answers="\nnone\n")
    assert (done.returncode, "is there already and is not overwritten" in done.stderr) == (exits.USAGE, True)
    assert '"mine"' in secrets.read_text()


def test_a_group_has_its_own_login_in_a_file_with_its_password_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text(f"{PASSWORD}\n")
    (tmp_path / "pw").chmod(0o600)
    given = tmp_path / "answers.toml"
    given.write_text(f'user = "viewer"\n[onvif]\nuser = "viewer"\npassword_file = "{tmp_path}/pw"\n')
    with devices("roof") as site:
        done = start(tmp_path, "--answers", given, "--json", "--host", *places(site))
    assert json.loads(done.stdout)["groups"][0]["login"] == "accepted"


def at_a_terminal(home: Path, answers: list[tuple[str, str]], *arguments: str) -> Session:
    root = Path(__file__).parents[2]
    env = {"PATH": os.environ["PATH"], "LANG": "zh_CN.UTF-8", "HOME": str(home), "PYTHONPATH": str(root)}
    words = [sys.executable, "-P", "-m", "agent", *arguments]
    return at_terminal(words, answers, cwd=home, env=env, within_s=PATIENCE_S)


def test_camwarden_alone_on_a_terminal_is_the_guide_and_ctrl_c_keeps_what_was_answered(tmp_path: Path) -> None:
    with devices("roof") as site:
        (place,) = places(site)
        answers = [("站点叫什么", "大同17中"), ("摄像机在哪里", place), ("哪些是本站点", ""), ("用户名", CTRL_C)]
        seen = at_a_terminal(tmp_path, answers)
        assert seen.code == exits.INTERRUPTED, seen.shown
        assert "继续请运行 camwarden start --out camwarden-site" in seen.shown
        assert load(tmp_path / "camwarden-site/site.toml").name == "大同17中"
        on = at_a_terminal(tmp_path, [("用户名", "viewer"), ("密码", PASSWORD)], "start")
        assert (on.typed, site.failed_logins["roof"]) == (2, 0), on.shown
        assert "继续处理 camwarden-site" in on.shown and "隐私内容可能被看到" not in on.shown
        assert PASSWORD not in seen.shown + on.shown


def test_where_the_power_went_at_a_question_the_next_start_goes_on(tmp_path: Path) -> None:
    """A person knows the answers before: each is asked again only where it had not been given."""
    steps = ("站点叫什么", "摄像机在哪里", "哪些是本站点", "用户名", "密码")
    with devices("roof") as site:
        given = dict(zip(steps, ("大同17中", places(site)[0], "", "viewer", PASSWORD), strict=True))
        for question in (steps[0], steps[2], steps[4]):
            number = steps.index(question)
            home = tmp_path / str(number)
            home.mkdir()
            before = [(step, given[step]) for step in steps[:number]]
            dead = at_a_terminal(home, [*before, (question, KILL)])
            assert dead.code == -signal.SIGKILL, dead.shown
            is_written = (home / "camwarden-site/site.toml").exists()
            assert is_written is (question in ("用户名", "密码")), (
                "nothing is written before the addresses are confirmed"
            )
            left = [step for step in steps[-2:] if is_written] or list(steps)
            on = at_a_terminal(home, [(step, given[step]) for step in left], "start")
            assert on.typed == len(left) and on.code in (exits.OK, exits.FAILS, exits.UNCHECKED), on.shown
            assert [one.id for one in load(home / "camwarden-site/site.toml").devices] == ["device-127-0-0-1"]
        assert site.failed_logins["roof"] == 0


def test_the_folder_is_named_by_its_file_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = argparse.Namespace(out=None, config=tmp_path / "site.toml")
    assert command.folder_of(args) == tmp_path
    assert main(["start", "--config", str(tmp_path / "other.toml")]) == exits.USAGE
    assert "name it with --out DIR" in capsys.readouterr().err


def test_the_guide_keeps_away_from_a_gateway_that_has_its_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site.toml").touch()
    monkeypatch.setattr(command, "CONFIG", tmp_path / "site.toml")
    assert main(["start"]) == exits.USAGE
    assert "this gateway has its site (camwarden status)" in capsys.readouterr().err


def test_what_is_said_to_go_on_names_the_devices_again_while_nothing_of_the_site_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert main(["start", "--host", "192.0.2.7:8080", "--out", str(tmp_path / "site")]) == exits.USAGE
    assert f"go on with camwarden start --out {tmp_path}/site --host 192.0.2.7:8080\n" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()

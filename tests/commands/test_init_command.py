"""`camwarden init`: few questions, what is sent is said first, files that the loader takes, nothing overwritten."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from at_terminal import at_terminal
from here_run import run_here
from patience import PATIENCE_S

from agent.cli import main
from agent.commands.init.answers import KEYS
from agent.demo.onvif.announcing import Announcer
from agent.model import exits
from agent.site.config.load import load

CAMWARDEN = Path(sys.executable).parent / "camwarden"
PASSWORD = 'hunter2 "=$\\#'
ENVIRON = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "COLUMNS": "160"}


@pytest.fixture
def announcer() -> Iterator[Announcer]:
    one = Announcer({"recorder": 8001, "roof": 8002})
    one.start()
    yield one
    one.stop()


def init(out: Path, *, answers: str, lang: str = "en") -> subprocess.CompletedProcess[str]:
    return run_here("init", "--out", out, "--lang", lang, answers=answers, environ=ENVIRON)


def init_in_a_child(out: Path, answers: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CAMWARDEN, "init", "--out", out, "--lang", "en"],
        input=answers, capture_output=True, text=True, timeout=60, check=False, env=ENVIRON,
    )  # fmt: skip


def answers_file(folder: Path, mode: int = 0o600, **values: str) -> Path:
    path = folder / "answers.toml"
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items()))
    path.chmod(mode)
    return path


def test_answers_through_a_pipe_make_a_site_that_the_loader_takes(tmp_path: Path, announcer: Announcer) -> None:
    given = ["datong017", "大同17号", "", announcer.address, "monitor", PASSWORD, "all", "none"]
    done = init_in_a_child(tmp_path / "new", answers="\n".join(given) + "\n")
    assert done.returncode == 0, done.stderr
    site = load(tmp_path / "new/site.toml")
    assert (site.id, site.name, site.city, site.division) == ("datong017", "大同17号", "140200", "140200")
    assert site.discovery.addresses == (announcer.address,)
    assert {(d.id, d.host, d.port) for d in site.devices} == {
        ("recorder", "127.0.0.1", 8001), ("roof", "127.0.0.1", 8002),
    }  # fmt: skip
    logins = {(d.credential.user, d.credential.password) for d in site.devices if d.credential}
    assert logins == {("monitor", PASSWORD)}
    assert stat.S_IMODE((tmp_path / "new/secrets.toml").stat().st_mode) == 0o600
    assert PASSWORD not in done.stdout + done.stderr
    assert PASSWORD not in (tmp_path / "new/site.toml").read_text()
    assert f"camwarden declare --config {tmp_path}/new/site.toml" in done.stdout
    assert len(given) <= 8, "no more questions than promised"


def test_what_is_sent_is_said_before_the_devices_are_shown(tmp_path: Path, announcer: Announcer) -> None:
    given = ["datong017", "", "", announcer.address, "none", "none", "none"]
    done = init(tmp_path / "new", answers="\n".join(given) + "\n")
    assert "no login is sent:" in done.stderr
    assert load(tmp_path / "new/site.toml").devices == ()
    assert not (tmp_path / "new/secrets.toml").exists()


def test_the_login_goes_only_to_the_devices_that_were_picked(tmp_path: Path, announcer: Announcer) -> None:
    given = ["datong017", "", "", announcer.address, "monitor", PASSWORD, "9", "2", "none"]
    done = init(tmp_path / "new", answers="\n".join(given) + "\n")
    assert "9 is none of them" in done.stdout
    assert [d.id for d in load(tmp_path / "new/site.toml").devices] == ["roof"]


def test_a_wrong_answer_is_asked_again_and_a_third_one_ends_it(tmp_path: Path) -> None:
    done = init(tmp_path / "new", answers="点位\ndatong017\n\n14\n140213\nnowhere/\nnone\nnone\nnone\n", lang="zh_CN")
    assert done.returncode == 0, done.stderr
    assert load(tmp_path / "new/site.toml").division == "140213"
    assert "须为 1 至 23 位字母或数字" in done.stdout
    ended = init(tmp_path / "other", answers="-\n-\n-\n")
    assert ended.returncode == exits.USAGE
    assert not (tmp_path / "other").exists()


def test_answers_that_end_early_write_nothing(tmp_path: Path) -> None:
    done = init(tmp_path / "new", answers="datong017\n\n")
    assert (done.returncode, done.stderr) == (
        exits.USAGE,
        "camwarden: the answers ended before the last question: nothing was written; answer on a "
        "terminal, or give --answers FILE\n",
    )
    assert not (tmp_path / "new").exists()


def test_an_empty_secrets_file_as_an_installation_leaves_it_is_filled_or_left(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.touch(0o600)
    assert init(tmp_path, answers="datong017\n\n\nnone\nnone\nnone\n").returncode == exits.OK
    assert secrets.read_bytes() == b""
    (tmp_path / "site.toml").unlink()
    assert init(tmp_path, answers="datong017\n\n\nnone\nadmin\npassword\nnone\n").returncode == exits.OK
    assert 'user = "admin"' in secrets.read_text("utf-8") and secrets.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["site.toml", "secrets.toml"])
def test_nothing_that_is_there_is_overwritten(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    done = init(tmp_path, answers="datong017\n\n\nnone\nnone\nnone\n")
    assert done.returncode == exits.USAGE
    assert f"{tmp_path / name} is there already and is not overwritten" in done.stderr
    assert (tmp_path / name).read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_of_answers_asks_nothing(
    tmp_path: Path, announcer: Announcer, capsys: pytest.CaptureFixture[str]
) -> None:
    path = answers_file(tmp_path, id="s1", name="School", city="datong", network=announcer.address, user="monitor",
                        password=PASSWORD, devices="1", hub="hub.example.org")  # fmt: skip
    assert main(["init", "--answers", str(path), "--out", str(tmp_path / "new"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["devices"], told["failed"]) == ("camwarden-init/1", ["recorder"], [])
    site = load(tmp_path / "new/site.toml")
    assert site.city == "datong"
    assert site.hub is not None
    assert (site.hub.host, site.hub.confirm) == ("hub.example.org", "broker")


def test_the_hubs_keys_count_where_they_are_already(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new/hub-jwks.json").write_text("{}")
    path = answers_file(tmp_path, id="s1", network="none", user="none", hub="hub.example.org")
    assert main(["init", "--answers", str(path), "--out", str(tmp_path / "new"), "--quiet"]) == 0
    hub = load(tmp_path / "new/site.toml").hub
    assert hub is not None
    assert hub.confirm == "hub"


@pytest.mark.parametrize(
    ("values", "mode", "told"),
    [
        ({"id": "s-1"}, 0o600, "id: it must be 1 to 23 of 0-9, A-Z, a-z"),
        ({}, 0o600, "id: it must be 1 to 23 of 0-9, A-Z, a-z"),
        ({"id": "s1", "division": "14"}, 0o600, "division: it must be six digits, such as 140213"),
        ({"id": "s1", "network": "10.0.0.0/8"}, 0o600, "network: that is too large: name the networks"),
        ({"id": "s1", "network": "http://x"}, 0o600, "network: http://x is no network or address"),
        ({"id": "s1", "network": "none", "hub": "mqtt://x"}, 0o600, "hub: write a name or address alone"),
        ({"id": "s1", "city": "大同"}, 0o600, "city must be 1 to 64 of 0-9, A-Z, a-z, _ and -"),
        ({"id": "s1", "pasword": "x"}, 0o600, f"unknown key pasword; known here: {', '.join(KEYS)}"),
        ({"id": "s1", "password": PASSWORD}, 0o644, "mode 0644 lets others at the password; chmod 0600"),
    ],
)
def test_a_wrong_file_of_answers_ends_in_one_line(
    values: dict[str, str], mode: int, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = answers_file(tmp_path, mode, **values)
    assert main(["init", "--answers", str(path), "--out", str(tmp_path / "new")]) == exits.USAGE
    said = capsys.readouterr().err
    assert told in said
    assert PASSWORD not in said
    assert not (tmp_path / "new").exists()


def test_on_a_terminal_the_password_is_not_shown(tmp_path: Path) -> None:
    asked = (
        ("Id of the site", "datong017"), ("call the site", ""), ("Division", ""), ("Where are the", "none"),
        ("User of the", "monitor"), ("password", PASSWORD), ("broker", "none"),
    )  # fmt: skip
    words = [CAMWARDEN, "init", "--out", tmp_path / "new", "--lang", "en"]
    seen = at_terminal(words, asked, cwd=tmp_path, env=ENVIRON, within_s=PATIENCE_S)
    assert (seen.code, seen.typed) == (0, len(asked)), seen.shown
    assert PASSWORD not in seen.shown
    assert PASSWORD in (tmp_path / "new/secrets.toml").read_text().replace("\\\\", "\\").replace('\\"', '"')

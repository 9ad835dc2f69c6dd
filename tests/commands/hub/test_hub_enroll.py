"""`camwarden hub enroll` as the hub's team uses it: text, `--json`, CSV, exit codes, and one line for each mistake."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.cli import main
from agent.contract.enrollment_token import read_token

INIT = ("init", "--address", "hub.example.org:8890", "--broker", "broker.example.org")


def enroll(data: Path, *words: object, lang: str = "en") -> int:
    return main(["hub", "enroll", *(str(word) for word in words), "--data", str(data), "--lang", lang])


@pytest.fixture
def data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert enroll(tmp_path / "hub", *INIT) == 0
    capsys.readouterr()
    return tmp_path / "hub"


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    told = json.loads(capsys.readouterr().out)
    assert isinstance(told, dict) and told["schema"] == "camwarden-hub-enroll/1"
    return told


def test_init_makes_everything_once_and_never_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert enroll(tmp_path, *INIT) == 0
    assert "keep ca.key safe" in capsys.readouterr().out
    made = {path.name: path.read_bytes() for path in (tmp_path / "enroll").iterdir()}
    assert {"ca.crt", "ca.key", "ca.crl", "broker.crt", "broker.key", "hub.crt", "hub.key", "desk.crt"} <= set(made)
    assert enroll(tmp_path, *INIT) == 2
    assert "not made anew" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (tmp_path / "enroll").iterdir()} == made


def test_init_that_was_cut_off_is_done_by_the_next_one(tmp_path: Path) -> None:
    assert enroll(tmp_path, *INIT) == 0
    (tmp_path / "enroll" / "desk.json").unlink()
    assert enroll(tmp_path, *INIT) == 0
    assert enroll(tmp_path, "token", "--site", "S1") == 0


def test_a_broker_that_has_a_certificate_already_gets_none(tmp_path: Path, data: Path) -> None:
    other = tmp_path / "other"
    assert enroll(other, *INIT, "--broker-ca", data / "enroll" / "ca.crt") == 0
    assert not (other / "enroll" / "broker.crt").exists()
    both = (other / "enroll" / "authorities.crt").read_bytes()
    assert both.count(b"BEGIN CERTIFICATE") == 2 and (data / "enroll" / "ca.crt").read_bytes() in both


def test_a_private_key_beside_the_broker_s_authority_is_given_to_nobody(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What stands in authorities.crt goes to every gateway."""
    both, other = tmp_path / "broker.pem", tmp_path / "other"
    both.write_bytes((data / "enroll" / "broker.key").read_bytes() + (data / "enroll" / "ca.crt").read_bytes())
    assert enroll(other, *INIT, "--broker-ca", both) == 0
    text = (other / "enroll" / "authorities.crt").read_bytes()
    assert text.count(b"BEGIN CERTIFICATE") == 2 and b"PRIVATE" not in text
    both.write_bytes((data / "enroll" / "broker.key").read_bytes())
    assert enroll(tmp_path / "third", *INIT, "--broker-ca", both) == 2
    assert "the --broker-ca file is not in PEM form" in capsys.readouterr().err
    assert not (tmp_path / "third").exists()


def test_tokens_of_several_sites_come_as_text_json_and_csv(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sites = ("--site", "S1", "--site", "S2")
    assert enroll(data, "token", *sites) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [(line[0], read_token(line[2]).site) for line in lines] == [("S1", "S1"), ("S2", "S2")]
    assert enroll(data, "token", *sites, "--json") == 0
    tokens = printed(capsys)["tokens"]
    assert isinstance(tokens, list) and [read_token(one["token"]).name for one in tokens] == [t["name"] for t in tokens]
    assert enroll(data, "token", *sites, "--csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["site"], read_token(row["token"]).host) for row in rows] == [
        ("S1", "hub.example.org"),
        ("S2", "hub.example.org"),
    ]


def test_a_token_lasts_a_day_or_as_long_as_it_is_told(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, lasts in ((), timedelta(days=1)), (("--valid", "30m"), timedelta(minutes=30)):
        assert enroll(data, "token", "--site", "S1", "--json", *words) == 0
        tokens = printed(capsys)["tokens"]
        assert isinstance(tokens, list)
        left = read_token(tokens[0]["token"]).expires_at - datetime.now(UTC)
        assert abs(left - lasts) < timedelta(minutes=1)


def test_every_site_of_a_rendered_folder_gets_a_token_and_its_file(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for site in ("S1", "S2"):
        (tmp_path / "sites" / site).mkdir(parents=True)
        text = f'[site]\nid = "{site}"\ncity = "datong"\ndivision = "140200"\n'
        (tmp_path / "sites" / site / "site.toml").write_text(text)
    assert enroll(data, "token", "--sites", tmp_path / "sites", "--csv", "--write") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    for row in rows:
        path = tmp_path / "sites" / row["site"] / "enroll-token"
        assert path.read_text().strip() == row["token"] and path.stat().st_mode & 0o777 == 0o600
    assert [row["site"] for row in rows] == ["S1", "S2"]


def test_list_tells_what_each_site_was_given_and_never_a_secret(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    enroll(data, "token", "--site", "S1", "--json")
    tokens = printed(capsys)["tokens"]
    assert isinstance(tokens, list)
    enroll(data, "token", "--site", "S1", "--quiet")
    capsys.readouterr()
    assert enroll(data, "list", "--json") == 0
    told = printed(capsys)
    assert isinstance(told["tokens"], list)
    assert [one["state"] for one in told["tokens"]] == ["revoked", "unused"]
    assert tokens[0]["token"][30:60] not in json.dumps(told)
    assert enroll(data, "list") == 0
    assert "token unused, good until" in capsys.readouterr().out
    assert enroll(data, "list", lang="zh_CN") == 0
    assert "接入令牌未使用" in capsys.readouterr().out


def test_revoke_says_which_file_the_broker_must_read(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    enroll(data, "token", "--site", "S1")
    capsys.readouterr()
    assert enroll(data, "revoke", "S1") == 0
    assert f"{data / 'enroll' / 'ca.crl'} again" in capsys.readouterr().out
    assert enroll(data, "revoke", "S1", "--json") == 0
    assert printed(capsys)["revoked"] == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("revoke", "S9"), 2, "never enrolled"),
        (("token", "--site", "../x"), 2, "invalid site_id value"),
        (("token", "--site", "S1", "--valid", "31d"), 2, "invalid duration value"),
        (("token", "--site", "S1", "--valid", "0h"), 2, "invalid duration value"),
        (("token", "--site", "S1", "--write"), 2, "--write needs --sites"),
        (("token", "--site", "S1", "--csv", "--json"), 2, "choose one"),
        (("token", "--sites", "."), 2, "no site's folder is here"),
        (("token",), 2, "required"),
        (("init", "--address", "hub", "--broker", "b"), 2, "invalid host_and_port value"),
        (("init", "--address", "h:1", "--broker", "http://b"), 2, "invalid broker value"),
    ],
)
def test_a_mistake_is_one_line(
    data: Path, words: tuple[str, ...], code: int, said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert enroll(data, *words) == code
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", ["desk.json", "ca.key", "ca.crt", "authorities.crt", "desk.crt", "enroll.db"])
def test_a_broken_or_missing_file_of_the_desk_is_one_line(
    data: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    enroll(data, "token", "--site", "S1")
    capsys.readouterr()
    path = data / "enroll" / name
    for suffix in ("-wal", "-shm"):
        path.with_name(name + suffix).unlink(missing_ok=True)
    path.write_bytes(b"\xffrubbish" * 99)
    assert enroll(data, "token", "--site", "S1") == 78
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "restore" in error


def test_without_init_each_action_says_what_comes_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("list",), ("token", "--site", "S1"), ("serve",), ("revoke", "S1")):
        assert enroll(tmp_path, *words) == 78
        assert "camwarden hub enroll init" in capsys.readouterr().err

"""`camwarden notify` says what became of a test message and what to do next, and what waits, without a secret."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mail_server import MAILBOX, PASSWORD, posting
from robots import SECRET, TOKEN, Robot
from webhook_server import Hook, serving

from agent.cli import main
from agent.model import exits
from agent.model.finding import Message
from agent.service.alerts import outbox_file
from agent.service.alerts.notices import Notice, Outbox

NOW = datetime(2026, 11, 25, 0, 5, tzinfo=UTC)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def robot() -> Iterator[Hook]:
    with serving() as served:
        yield served


@pytest.fixture
def place(tmp_path: Path, robot: Hook) -> Iterator[Path]:
    """A site with a DingTalk robot that asks for a keyword, and a mail server without a login."""
    with posting(login=False) as post:
        (tmp_path / "site.toml").write_text(
            f'[site]\nid = "S1"\ncity = "datong"\ndivision = "140200"\n[storage]\ndirectory = "{tmp_path}"\n'
            f'runtime = "{tmp_path}"\n[[notify]]\nname = "duty"\nkind = "dingtalk"\ncredential = "robot"\n'
            f'sign_credential = "sign"\n[[notify]]\nname = "office"\nkind = "mail"\n[notify.mail]\nhost = "127.0.0.1"\n'
            f'port = {post.port}\ntls = "none"\nsender = "{MAILBOX}"\nto = ["{MAILBOX}"]\n'
        )
        secrets = tmp_path / "secrets.toml"
        secrets.write_text(
            f'[credential.robot]\nuser = "robot"\npassword = "{robot.url(f"/robot/send?access_token={TOKEN}")}"\n'
            f'[credential.sign]\nuser = "robot"\npassword = "{SECRET}"\n'
        )
        secrets.chmod(0o600)
        yield tmp_path


@pytest.fixture
def notify(place: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: str) -> tuple[int, str, str]:
        code = main(["--config", str(place / "site.toml"), "notify", *words])
        out, err = capsys.readouterr()
        assert not any(secret in out + err for secret in (TOKEN, SECRET, PASSWORD))
        return code, out, err

    return run


def asks(robot: Hook, **changes: object) -> None:
    robot.judge = Robot(datetime.now(UTC).timestamp(), **{"secret": SECRET, **changes}).dingtalk  # type: ignore[arg-type]


def test_a_message_that_is_taken_says_that_it_is_a_test(notify: Run, robot: Hook) -> None:
    asks(robot, keyword="camwarden")
    code, out, _ = notify("test")
    assert code == exits.OK
    assert out.splitlines() == [
        "duty (dingtalk) took the message: look whether it is there, with its site and time",
        "office (mail) took the message: look whether it is there, with its site and time",
    ]
    (body,) = robot.bodies()
    assert "this is a test: nothing has happened" in body["text"]["content"] or "测试" in body["text"]["content"]


def test_a_refusal_has_its_remedy_in_both_languages_and_an_exit_code(notify: Run, robot: Hook) -> None:
    asks(robot, keyword="alarm")
    code, out, _ = notify("test", "duty")
    assert code == exits.REFUSED
    assert out == (
        "duty (dingtalk) was not told: the robot misses its keyword in the message (number 310000): "
        "add the keyword camwarden to the robot, or let it check a signature instead\n"
    )
    code, out, _ = notify("test", "duty", "--lang", "zh_CN")
    assert "请为机器人添加关键词 camwarden" in out
    code, out, _ = notify("test", "--json")
    told = {row["name"]: row for row in json.loads(out)["tests"]}
    assert code == exits.REFUSED
    assert told["office"] == {"name": "office", "kind": "mail", "delivered": True, "why": None, "next_step": None}
    assert told["duty"]["next_step"].startswith("add the keyword camwarden")


def test_nobody_there_is_no_refusal(notify: Run, robot: Hook) -> None:
    robot.status, robot.answer = 503, b""
    code, out, _ = notify("test", "duty")
    assert code == exits.UNAVAILABLE
    assert "HTTP 503" in out


def test_an_unknown_name_and_a_site_without_receivers(notify: Run, place: Path) -> None:
    code, _, err = notify("test", "nobody")
    assert code == exits.USAGE
    assert "duty, office" in err
    text = (place / "site.toml").read_text().partition("[[notify]]")[0]
    (place / "site.toml").write_text(text)
    for action in ("test", "list"):
        code, _, err = notify(action)
        assert code == exits.USAGE
        assert "[[notify]]" in err


def test_list_says_what_waits_and_why_and_needs_no_secrets(notify: Run, place: Path) -> None:
    (place / "secrets.toml").unlink()
    code, out, _ = notify("list")
    assert code == exits.OK
    assert out.splitlines()[0] == "duty (dingtalk); 0 wait; 0 told and not over"
    waits = Notice(key="camera-online camera:gate", change="new", severity="major", since=NOW, name="大门")
    box = Outbox(
        waiting={waits.key: waits}, tries=3, next_at=NOW, delivered_at=NOW,
        why=Message("the robot does not know this address (number {number})", {"number": 300001}, "copy it again"),
    )  # fmt: skip
    assert outbox_file.write(outbox_file.path_of(place, "duty"), box)
    code, out, _ = notify("list")
    assert out.splitlines()[0] == (
        "duty (dingtalk); 1 wait; 0 told and not over; last message 2026-11-25 08:05; attempt 3 failed; "
        "next try 2026-11-25 08:05; the robot does not know this address (number 300001): copy it again"
    )
    code, out, _ = notify("list", "--lang", "zh_CN")
    assert "机器人不认识此地址（错误码 300001）" in out  # noqa: RUF001 - Chinese
    code, out, _ = notify("list", "--json")
    row = json.loads(out)["receivers"][0]
    assert (row["waiting"], row["tries"], row["next_at"]) == (1, 3, "2026-11-25T00:05:00Z")
    assert "gate" not in out
